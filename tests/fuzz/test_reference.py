"""Who judges the judge: the reference must know the golden company, whose figures are typed."""

from datetime import date, datetime
from decimal import Decimal

from tests.end_to_end import golden_company
from tests.fuzz.reference import DAY, Company, Delivery, Policy, Rate, movements

EXPORTED_AT = datetime.fromisoformat("2026-06-30T14:59:59")
NUMBERS = {
    "quantity",
    "unit_price_native",
    "tax_rate",
    "percent",
    "total_native",
    "balance_native",
    "subtotal_native",
    "tax_native",
}
HISTORY_START = golden_company.HISTORY_START


def test_the_reference_gives_every_movement_of_the_golden_company():
    assert _movements_of(Policy(history_start=HISTORY_START)) == golden_company.MOVEMENTS


def test_the_reference_without_grace_changes_the_late_renewal_only():
    expected = golden_company.MOVEMENTS - golden_company.MOVEMENTS_ONLY_WITH_GRACE
    expected |= golden_company.MOVEMENTS_ONLY_WITHOUT_GRACE
    assert _movements_of(Policy(lapse_grace_days=0, history_start=HISTORY_START)) == expected


def _movements_of(policy: Policy) -> set[tuple[date, str, str, Decimal]]:
    entities = [name for name in golden_company.COMPANY if name.startswith("billing.")]
    company = Company(
        "golden",
        tuple(
            Delivery(
                name,
                tuple(_landed(name, row) for row in golden_company.COMPANY[name][0]),
                EXPORTED_AT,
                EXPORTED_AT,
                order=0,
            )
            for name in entities
            if name not in ("billing.billing_customers", "billing.plans", "billing.invoice_lines")
        ),
        {f"C{number:02d}": f"C{number:02d}" for number in range(1, 15)},
    )
    rates = [
        Rate(date.fromisoformat(row["date"]), row["from_currency"], Decimal(row["rate"]))
        for row in golden_company.COMPANY["reference.fx_rates"][0]
    ]
    found, _ = movements([company], rates, golden_company.AS_OF, policy)
    return {(month, customer, kind, change) for (customer, month, kind), change in found.items()}


def _landed(entity: str, text_row: dict[str, str]) -> dict:
    """A row of the golden tables in the types and half-open ends of the landed layer."""
    row: dict = {"line_id": "1"} if entity == "billing.subscriptions" else {}
    for column, text in text_row.items():
        if column.endswith("known_from"):
            continue
        row[column] = _typed(column, text) if text else None
    if entity == "billing.subscriptions":
        last_day = row.pop("segment_end_date")
        row["segment_end_excl"] = last_day + DAY if last_day else None
    return row


def _typed(column: str, text: str) -> object:
    if column.endswith("_date"):
        return date.fromisoformat(text)
    if column == "requested_at":
        return datetime.fromisoformat(text)
    if column in NUMBERS:
        return Decimal(text)
    if text in ("true", "false"):
        return text == "true"
    return int(text) if column == "interval_count" else text
