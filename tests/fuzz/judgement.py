"""Lands many random companies in one folder, builds once, and compares with the reference.

Companies do not know of each other, so a difference names the company it is in; it is made smaller
by judging every version of that company with one record or delivery less, all in one build.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from dagster_project.compute.cash_application import ALLOCATIONS_SCHEMA
from dagster_project.compute.identity import BILLING_CUSTOMERS, LINKS_SCHEMA
from tests.dbt.conftest import Built, Landed, record_key
from tests.fuzz.companies import yen_rates
from tests.fuzz.reference import KEYS, Company, Delivery, Movement, Policy, Rate, current, movements

FX_RECEIVED_AT = datetime.fromisoformat("2024-01-01")
FX_EXPORTED_AT = datetime.fromisoformat("2027-02-01")
# Both sides round a foreign amount once per row; the reference rounds nothing after the month.
FOREIGN_TOLERANCE = Decimal("0.0005")


@dataclass(frozen=True)
class Question:
    """Under which policy, as of which day and with whose knowledge companies are judged."""

    as_of: date
    policy: Policy = field(default_factory=Policy)
    known_at: datetime | None = None


@dataclass(frozen=True)
class Difference:
    """One customer and month where the two answers differ."""

    company: str
    customer: str
    month: date
    reference: dict[str, Decimal]
    published: dict[str, Decimal]


class Pack(Landed):
    """A landed folder that writes one file per entity instead of one per delivery."""

    def _write(self, table: str, name: str, frame: pl.DataFrame) -> None:
        if name in ("_schema", "all"):
            super()._write(table, name, frame)
        else:
            self.frames = getattr(self, "frames", defaultdict(list))
            self.frames[table].append(frame)

    def flush(self) -> None:
        for table, frames in getattr(self, "frames", {}).items():
            super()._write(table, "packed", pl.concat(frames))


def build(
    folder: Path, companies: Iterable[Company], rates: list[Rate], question: Question
) -> Built:
    """One dbt build of the movements with their data tests, over all the companies together."""
    pack = Pack(folder)
    links = []
    for company in companies:
        for delivery in company.deliveries:
            pack.deliver(
                delivery.entity,
                delivery.rows,
                exported_at=delivery.exported_at,
                received_at=delivery.received_at,
                feed=f"{company.name}-{delivery.entity}",
                system=company.name,
                coverage=delivery.coverage,
                quarantined=delivery.quarantined,
                content=f"{delivery.order:03d}",
            )
        links += [
            {
                "source_system": company.name,
                "entity": BILLING_CUSTOMERS,
                "source_id": billing_customer,
                "record_key": f"{company.name}/{billing_customer}",
                "customer_key": customer,
                "match_rule": "self",
                "match_score": 1.0,
            }
            for billing_customer, customer in company.customer_of.items()
        ]
    pack.deliver(
        "reference.fx_rates",
        [
            {"date": one.day, "from_currency": one.currency, "to_currency": "JPY", "rate": one.rate}
            for one in rates
        ],
        exported_at=FX_EXPORTED_AT,
        received_at=FX_RECEIVED_AT,
        system="rates",
    )
    pack.flush()
    identity = folder / "identity" / "live"
    identity.mkdir(parents=True)
    pl.DataFrame(links, schema=LINKS_SCHEMA).write_parquet(identity / "links.parquet")
    write_allocations(folder, companies, question)
    policy = question.policy
    return pack.build(
        "+fct_mrr_movement",
        "+fct_churn_event",
        "--indirect-selection",
        "cautious",
        as_of=question.as_of.isoformat(),
        known_at=question.known_at.isoformat(" ") if question.known_at else None,
        policy={
            "lapse_grace_days": policy.lapse_grace_days,
            "past_due_grace_days": policy.past_due_grace_days,
            "max_pause_days": policy.max_pause_days,
            "fx_mode": policy.fx_mode,
            "history_start": policy.history_start.isoformat() if policy.history_start else None,
        },
    )


def write_allocations(folder: Path, companies: Iterable[Company], question: Question) -> None:
    """What the cash application says of payments that name their invoice: they settle it."""
    allocations = [
        {
            "receipt_key": f"{company.name}/{payment['payment_id']}",
            "invoice_key": record_key("billing.invoices", company.name, payment["invoice_id"]),
            "allocated_date": payment["paid_date"],
            "allocated_native": payment["amount_native"],
            "fee_diff_native": Decimal(0),
            "match_rule": "reported",
            "is_reported": True,
        }
        for company in companies
        for payment in current(company, "billing.payments", question.known_at)
    ]
    live = folder / "cash" / "allocations" / "live"
    live.mkdir(parents=True)
    pl.DataFrame(allocations, schema=ALLOCATIONS_SCHEMA).write_parquet(live / "all.parquet")


def published_movements(built: Built) -> dict[Movement, Decimal]:
    rows = built.rows(
        """
        select customer_key, month, movement_type, sum(mrr_change)
        from main.fct_mrr_movement
        group by customer_key, month, movement_type
        """
    )
    return {(customer, month, kind): change for customer, month, kind, change in rows if change}


def differences(
    reference: dict[Movement, Decimal], published: dict[Movement, Decimal]
) -> list[Difference]:
    """By company, customer and month; empty when the answers are the same."""
    found: dict[tuple[str, date], None] = {}
    for movement in sorted(reference.keys() | published.keys()):
        customer, month, _ = movement
        there, here = reference.get(movement, Decimal(0)), published.get(movement, Decimal(0))
        # a rate makes fractions of a yen: everything else must be equal to the last digit
        if there != here and abs(there - here) > FOREIGN_TOLERANCE:
            found[customer, month] = None
    return [
        Difference(
            customer.split("/")[0],
            customer,
            month,
            {k: v for (c, m, k), v in reference.items() if (c, m) == (customer, month)},
            {k: v for (c, m, k), v in published.items() if (c, m) == (customer, month)},
        )
        for customer, month in found
    ]


def judge(
    new_folder: Callable[[], Path], companies: list[Company], question: Question
) -> list[Difference]:
    """Companies get the names co0000 … here; their customers are called `<company>/<customer>`."""
    named = [as_named(company, f"co{number:04d}") for number, company in enumerate(companies)]
    rates = yen_rates()
    expected, _ = movements(named, rates, question.as_of, question.policy, question.known_at)
    built = build(new_folder(), named, rates, question)
    return differences(expected, published_movements(built))


def as_named(company: Company, name: str) -> Company:
    """The company under another name, its customers called after it (for the reference)."""
    customers = {
        billing: f"{name}/{customer.split('/')[-1]}"
        for billing, customer in company.customer_of.items()
    }
    return replace(company, name=name, customer_of=customers)


# ---------------------------------------------------------------------------------------- smaller


def shrink(
    new_folder: Callable[[], Path], companies: list[Company], question: Question, rounds: int = 15
) -> list[Company]:
    """The smallest versions found that still differ, all made smaller together, a build a round."""
    for _ in range(rounds):
        candidates = [
            (place, candidate)
            for place, company in enumerate(companies)
            for candidate in smaller(company)
        ]
        if not candidates:
            break
        found = judge(new_folder, [candidate for _, candidate in candidates], question)
        wrong = {int(one.company.removeprefix("co")) for one in found}
        if not wrong:
            break
        # the biggest cut stands first
        for number in sorted(wrong, reverse=True):
            place, candidate = candidates[number]
            companies = [*companies[:place], candidate, *companies[place + 1 :]]
    return companies


def smaller(company: Company) -> Iterable[Company]:
    """Of one export only, of one contract, without a contract, entity, export or record."""
    exports = sorted({delivery.order for delivery in company.deliveries})
    contracts = sorted(
        {
            row["contract_id"]
            for one in company.deliveries
            for row in one.rows
            if row.get("contract_id")
        }
    )
    entities = sorted({one.entity for one in company.deliveries})
    records = sorted(
        {(one.entity, key_of(one, row)) for one in company.deliveries for row in one.rows}, key=repr
    )
    if len(exports) > 1:
        for order in exports:
            yield _with(company, [one for one in company.deliveries if one.order == order])
    if len(contracts) > 1:
        for only in contracts:
            yield _filtered(company, lambda _, row, only=only: row.get("contract_id") == only)
        for gone in contracts:
            yield _filtered(company, lambda _, row, gone=gone: row.get("contract_id") != gone)
    for entity in entities:
        yield _with(company, [one for one in company.deliveries if one.entity != entity])
    if len(exports) > 1:
        for order in exports:
            yield _with(company, [one for one in company.deliveries if one.order != order])
    for record in records:
        yield _filtered(
            company, lambda one, row, gone=record: (one.entity, key_of(one, row)) != gone
        )


def key_of(delivery: Delivery, row: dict) -> tuple:
    return tuple(row.get(column) for column in KEYS[delivery.entity])


def _with(company: Company, deliveries: list[Delivery]) -> Company:
    return replace(company, deliveries=tuple(deliveries))


def _filtered(company: Company, keep: Callable[[Delivery, dict], bool]) -> Company:
    return _with(
        company,
        [
            replace(one, rows=tuple(row for row in one.rows if keep(one, row)))
            for one in company.deliveries
        ],
    )


# ------------------------------------------------------------------------------------------- told


def told(company: Company, question: Question, found: list[Difference]) -> str:
    """What a person needs to decide which side is wrong."""
    lines = [f"as of {question.as_of}, known at {question.known_at}, {question.policy}"]
    for delivery in sorted(company.deliveries, key=lambda one: (one.entity, one.order)):
        lines.append(
            f"{delivery.entity} exported {delivery.exported_at} received {delivery.received_at} "
            f"{delivery.coverage} order {delivery.order} quarantined {delivery.quarantined}"
        )
        lines += [
            "    " + json.dumps({k: v for k, v in row.items() if v is not None}, default=str)
            for row in delivery.rows
        ]
    for one in found:
        lines.append(f"{one.customer} {one.month}")
        lines.append(f"    reference {dict((k, str(v)) for k, v in one.reference.items())}")
        lines.append(f"    published {dict((k, str(v)) for k, v in one.published.items())}")
    return "\n".join(lines)
