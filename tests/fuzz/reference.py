"""Contract-basis MRR and movements, slow and obvious, in plain Python.

Written from METRICS.md (sections 1 and 2.1, G-02, G-05, G-37, G-40, G-41), ENTITIES.md and
dbt/DECISIONS.md, never from the models it judges. Every question is asked anew of every contract
line at every month end; nothing is kept from one month to the next. Rows are those landed: ends
of segments exclusive, ends of pauses, discounts and cancel requests inclusive, instants naive UTC.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

DAY = timedelta(days=1)
TOKYO = timedelta(hours=9)  # Japan has no summer time
RATE_MAX_AGE_DAYS = 31

# unit: months in one of it, as D16 says
MONTHS_IN = {
    "month": Fraction(1),
    "year": Fraction(12),
    "week": Fraction(12, 52),
    "day": Fraction(12, 365),
}


@dataclass(frozen=True)
class Policy:
    """The policy vars that this reference knows, with their defaults."""

    lapse_grace_days: int = 30
    past_due_grace_days: int = 60
    max_pause_days: int = 180
    fx_mode: str = "month_end"
    history_start: date | None = None


@dataclass(frozen=True)
class Delivery:
    """One file of one entity of one company. `order` decides between equal export times."""

    entity: str
    rows: tuple[dict, ...]
    exported_at: datetime
    received_at: datetime
    order: int
    coverage: str = "full"
    quarantined: int = 0


@dataclass(frozen=True)
class Company:
    """What one company delivered. customer_of: billing customer id -> customer."""

    name: str
    deliveries: tuple[Delivery, ...]
    customer_of: dict[str, str]


@dataclass(frozen=True)
class Rate:
    """Yen for one unit of a currency on a day."""

    day: date
    currency: str
    rate: Decimal


@dataclass(frozen=True)
class Standing:
    """How a customer stands on one day: what they pay a month, by currency; held up by a pause."""

    native: dict[str, Decimal] = field(default_factory=dict)
    is_paused: bool = False

    @property
    def pays(self) -> bool:
        return bool(self.native)

    def converted(self, rates: dict[str, Decimal]) -> Decimal:
        return sum((rates[c] * amount for c, amount in self.native.items()), Decimal(0))


# ---------------------------------------------------------------------------------------- calendar


def month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_ends(first: date, last: date) -> list[date]:
    """Every month end from the month of `first` to the last one that is not after `last`."""
    ends = []
    end = month_end(first)
    while end <= last:
        ends.append(end)
        end = month_end(end + DAY)
    return ends


def plus_interval(day: date, unit: str, count: int) -> date:
    """`day` and so many units later, held to the last day of a shorter month."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def local_date(instant: datetime) -> date:
    return (instant + TOKYO).date()


# -------------------------------------------------------------------------- which records count

KEYS = {
    "billing.subscriptions": ("contract_id", "line_id", "segment_start_date"),
    "billing.subscription_pauses": ("contract_id", "pause_start_date"),
    "billing.subscription_discounts": ("contract_id", "line_id", "discount_id"),
    "billing.cancel_requests": ("contract_id", "requested_at"),
    "billing.invoices": ("invoice_id",),
    "billing.payments": ("payment_id",),
    "billing.credit_notes": ("credit_note_id",),
}


def in_order(company: Company, entity: str, known_at: datetime | None) -> list[Delivery]:
    known = [
        delivery
        for delivery in company.deliveries
        if delivery.entity == entity and (known_at is None or delivery.received_at <= known_at)
    ]
    return sorted(known, key=lambda delivery: (delivery.exported_at, delivery.order))


def is_complete(delivery: Delivery) -> bool:
    """Absence from it deletes: a full export read without a bad row."""
    return delivery.coverage == "full" and delivery.quarantined == 0


def current(company: Company, entity: str, known_at: datetime | None) -> list[dict]:
    """The records that stand after the last delivery."""
    standing: dict[tuple, dict] = {}
    for delivery in in_order(company, entity, known_at):
        if is_complete(delivery):
            standing = {}
        for row in delivery.rows:
            standing[tuple(row.get(column) for column in KEYS[entity])] = row
    return list(standing.values())


def current_contracts(
    company: Company, known_at: datetime | None
) -> dict[str, tuple[list[dict], date | None]]:
    """contract -> its segments, and the day it vanished (None while the export names it)."""
    contracts: dict[str, tuple[dict[tuple, dict], date | None]] = {}
    for delivery in in_order(company, "billing.subscriptions", known_at):
        named: dict[str, dict[tuple, dict]] = defaultdict(dict)
        for row in delivery.rows:
            named[row["contract_id"]][row["line_id"], row["segment_start_date"]] = row
        if is_complete(delivery):
            for contract, (segments, vanished_on) in contracts.items():
                if contract not in named and vanished_on is None:
                    contracts[contract] = (segments, local_date(delivery.exported_at))
        for contract, segments in named.items():
            before, vanished_on = contracts.get(contract, ({}, None))
            stays = {} if is_complete(delivery) or vanished_on else before
            contracts[contract] = (stays | segments, None)
    return {c: (list(segments.values()), day) for c, (segments, day) in contracts.items()}


# ------------------------------------------------------------------------------- one contract line


@dataclass(frozen=True)
class Life:
    """One segment of a line and when it is in service: [start, end), end None = open."""

    customer: str
    contract: str
    line: str
    is_first_line: bool
    row: dict
    start: date
    end: date | None
    vanished_on: date | None
    # the first day of the line's next segment, whatever its terms
    next_start: date | None
    # the first day on which a cancel request lets nothing be carried in grace
    carried_until: date | None

    def runs_on(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


def earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def lives_of(company: Company, known_at: datetime | None) -> list[Life]:
    requests = [
        row
        for row in current(company, "billing.cancel_requests", known_at)
        if row.get("withdrawn_at") is None
    ]
    lives = []
    for contract, (rows, vanished_on) in current_contracts(company, known_at).items():
        for line in sorted({row["line_id"] for row in rows}):
            segments = sorted(
                (row for row in rows if row["line_id"] == line),
                key=lambda row: row["segment_start_date"],
            )
            for place, row in enumerate(segments):
                start = row["segment_start_date"]
                after = segments[place + 1 :]
                next_start = after[0]["segment_start_date"] if after else None
                own_end = earliest(row["segment_end_excl"], next_start)
                end, carried_until = own_end, None
                for request in requests:
                    if request["contract_id"] != contract:
                        continue
                    last_day = request.get("effective_date")
                    took_effect = last_day or local_date(request["requested_at"])
                    if took_effect < start or (next_start and took_effect >= next_start):
                        continue  # of another life of the contract
                    if row["segment_end_excl"] is None and last_day:
                        end = earliest(end, last_day + DAY)
                    carried_until = earliest(
                        carried_until,
                        local_date(request["requested_at"]),
                        last_day + DAY if last_day else None,
                    )
                lives.append(
                    Life(
                        customer=company.customer_of[row["billing_customer_id"]],
                        contract=contract,
                        line=line,
                        is_first_line=line == min(row["line_id"] for row in rows),
                        row=row,
                        start=start,
                        end=earliest(end, vanished_on),
                        vanished_on=vanished_on,
                        next_start=next_start,
                        carried_until=carried_until,
                    )
                )
    return [life for life in lives if life.end is None or life.start < life.end]


@dataclass(frozen=True)
class Books:
    """All that stands beside the contracts of a company."""

    pauses: list[dict]
    discounts: list[dict]
    invoices: list[dict]
    payments: list[dict]
    credit_notes: list[dict]


def books_of(company: Company, known_at: datetime | None) -> Books:
    names = (
        "subscription_pauses",
        "subscription_discounts",
        "invoices",
        "payments",
        "credit_notes",
    )
    return Books(*(current(company, f"billing.{name}", known_at) for name in names))


def monthly_amount(life: Life, day: date, books: Books) -> Decimal:
    """Ex tax, per month, net of recurring discounts, in the currency of the segment, on `day`."""
    row = life.row
    if row.get("is_trial"):
        return Decimal(0)
    gross = gross_of(row)
    unit, count = row["interval_unit"], row["interval_count"]
    off = Fraction(0)
    for discount in books.discounts:
        if discount["contract_id"] != life.contract:
            continue
        of_whole_contract = discount.get("line_id") is None
        if not of_whole_contract and discount["line_id"] != life.line:
            continue
        start = discount["start_date"]
        end = discount["end_date"] + DAY if discount.get("end_date") else None
        if discount.get("max_invoices"):
            end = earliest(end, plus_interval(start, unit, count * discount["max_invoices"]))
        lasts_longer = end is None or end > plus_interval(start, unit, count)
        if lasts_longer and start <= day and (end is None or day < end):
            if discount.get("percent") is not None:
                off += gross * Fraction(discount["percent"]) / 100
            elif not of_whole_contract or life.is_first_line:
                off += Fraction(discount["amount_native"])
    net = max(gross - off, Fraction(0))
    if row["price_includes_tax"]:
        net /= 1 + Fraction(row["tax_rate"])
    exact = net / (MONTHS_IN[unit] * count)
    return half_up(exact)


def half_up(exact: Fraction) -> Decimal:
    scaled = exact * 1_000_000
    return Decimal(int(scaled + Fraction(1, 2))).scaleb(-6)


def pause_on(life: Life, day: date, books: Books) -> dict | None:
    for pause in books.pauses:
        if pause["contract_id"] == life.contract and pause["pause_start_date"] <= day:
            last = pause.get("pause_end_date")
            if last is None or day <= last:
                return pause
    return None


def is_past_due(life: Life, day: date, books: Books, policy: Policy) -> bool:
    """An invoice of the contract was due more than so many days ago and is not settled by then."""
    for invoice in books.invoices:
        if invoice.get("contract_id") != life.contract or invoice["document_type"] != "invoice":
            continue
        if invoice.get("due_date") is None:
            continue
        if (day - invoice["due_date"]).days <= policy.past_due_grace_days:
            continue
        settled_on = settlement(invoice, books)
        if settled_on is None or day < settled_on:
            return True
    return False


def settlement(invoice: dict, books: Books) -> date | None:
    """The day from which nothing was open any more; None while something is."""
    payments = [
        (payment["paid_date"], payment["amount_native"])
        for payment in books.payments
        if payment["invoice_id"] == invoice["invoice_id"]
    ]
    credits = [
        (note["issue_date"], note["amount_native"] + (note.get("tax_native") or 0))
        for note in books.credit_notes
        if note["invoice_id"] == invoice["invoice_id"]
    ]
    paid_date, balance = invoice.get("paid_date"), invoice.get("balance_native")
    covered_on, covered = None, Decimal(0)
    for day, amount in sorted(payments + credits):
        covered += amount
        if covered >= invoice["total_native"]:
            covered_on = day
            break
    if balance is not None and balance > 0:
        return None
    if balance is not None or (paid_date and not payments):
        latest = max((day for day, _ in payments + credits), default=None)
        return paid_date or covered_on or latest or invoice["due_date"]
    return covered_on


def gross_of(row: dict) -> Fraction:
    gross = Fraction(row["quantity"]) * Fraction(row["unit_price_native"])
    return max(gross, Fraction(row.get("committed_minimum_native") or 0))


def has_price(row: dict) -> bool:
    return not row.get("is_trial") and gross_of(row) > 0


def is_in_grace(life: Life, day: date, lives: list[Life], books: Books, policy: Policy) -> bool:
    """Ran out without a request, not long ago, and nothing has taken its place yet."""
    if life.end is None or day < life.end:
        return False
    last_day = life.end - DAY
    if (day - last_day).days > policy.lapse_grace_days:
        return False
    if any(
        stop and day >= stop for stop in (life.vanished_on, life.carried_until, life.next_start)
    ):
        return False
    if pause_on(life, last_day, books):
        return False
    return not any(
        other.customer == life.customer and life.end <= other.start <= day and has_price(other.row)
        for other in lives
    )


def standing_of(lives: list[Life], day: date, books: Books, policy: Policy) -> dict[str, Standing]:
    """customer -> how they stand at the end of that day."""
    native: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    paused: set[str] = set()
    for life in lives:
        if life.runs_on(day):
            amount = monthly_amount(life, day, books)
        elif is_in_grace(life, day, lives, books, policy):
            amount = monthly_amount(life, life.end - DAY, books)
        else:
            continue
        if amount == 0 or is_past_due(life, day, books, policy):
            continue
        pause = pause_on(life, day, books)
        if pause is None:
            native[life.customer][life.row["currency"]] += amount
        elif (day - pause["pause_start_date"]).days <= policy.max_pause_days:
            paused.add(life.customer)
    return {
        customer: Standing(dict(native.get(customer, {})), customer in paused)
        for customer in {life.customer for life in lives}
    }


# ---------------------------------------------------------------------------------------- movements


def rates_on(rates: Iterable[Rate], day: date) -> dict[str, Decimal]:
    """The last rate of each currency on or before the day."""
    on = {"JPY": Decimal(1)}
    for rate in sorted(rates, key=lambda rate: rate.day):
        if rate.day <= day and (day - rate.day).days <= RATE_MAX_AGE_DAYS:
            on[rate.currency] = rate.rate
    return on


Movement = tuple[str, date, str]  # customer, first day of the month, type


def movements(
    companies: Iterable[Company],
    rates: list[Rate],
    as_of: date,
    policy: Policy,
    known_at: datetime | None = None,
) -> tuple[dict[Movement, Decimal], date | None]:
    """(customer, month, type) -> change in yen, zeros left out; and the first month shown."""
    facts = {
        company.name: (lives_of(company, known_at), books_of(company, known_at))
        for company in companies
    }
    starts = [life.start for lives, _ in facts.values() for life in lives]
    if not starts:
        return {}, None
    ends = month_ends(min(starts), as_of)
    standings: dict[date, dict[str, Standing]] = {}
    for end in ends:
        standings[end] = {}
        for lives, books in facts.values():
            standings[end] |= standing_of(lives, end, books, policy)
    paid = [end for end in ends if any(one.pays for one in standings[end].values())]
    if not paid:
        return {}, None
    first_shown = policy.history_start or paid[0].replace(day=1)

    found: dict[Movement, Decimal] = {}
    for customer in sorted({name for end in ends for name in standings[end]}):
        has_paid = False
        for place, end in enumerate(ends):
            now = standings[end][customer]
            before = standings[ends[place - 1]][customer] if place else Standing()
            had_paid, has_paid = has_paid, has_paid or now.pays
            month = end.replace(day=1)
            if month < first_shown.replace(day=1):
                continue
            # constant currency: every month at the rate of the first month shown
            fixed_day = month_end(first_shown) if policy.fx_mode == "constant" else None
            rate_day = fixed_day or end
            last_rate_day = fixed_day or ends[place - 1]
            after = now.converted(rates_on(rates, rate_day))
            if month == first_shown.replace(day=1):
                changes = {"opening": after}
            else:
                began = before.converted(rates_on(rates, last_rate_day)) if place else Decimal(0)
                carried = before.converted(rates_on(rates, rate_day))
                changes = {
                    movement_type(before, now, had_paid, after - carried): after - carried,
                    "fx": carried - began,
                }
            found |= {(customer, month, kind): change for kind, change in changes.items() if change}
    return found, first_shown


def movement_type(before: Standing, now: Standing, had_paid: bool, change: Decimal) -> str:
    if not before.pays and now.pays:
        if before.is_paused:
            return "resume"
        return "reactivation" if had_paid else "new"
    if before.pays and not now.pays:
        return "pause" if now.is_paused else "churn"
    return "expansion" if change > 0 else "contraction"
