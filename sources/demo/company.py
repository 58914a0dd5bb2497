"""A believable subscription company, simulated: who signs up, pays, pauses, changes, stops, owes.

Everything follows from the seed and the window of months. Each fact carries the day it became
known, so that an export of any day can be cut from it. How facts are spelled in files stands in
exports.py.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from sources.demo import words
from sources.demo.words import Plan

T = TypeVar("T")

ONE_DAY = timedelta(days=1)
TRIAL_DAYS = 30


@dataclass(frozen=True)
class Customer:
    number: int
    kind: str  # company | person
    name: str
    name_kana: str
    bank_name: str
    email: str
    phone: str
    postal_code: str
    prefecture: str
    address: str
    industry: str
    employees: int | None
    channel: str
    owner: str
    payment_method: str
    signed_up_on: date
    is_foreign: bool

    @property
    def account_id(self) -> str:
        return f"A{self.number:05d}"

    @property
    def billing_customer_id(self) -> str:
        return f"B{self.number:05d}"


@dataclass(frozen=True)
class Segment:
    """One contract line at one price. `end` is the last day of service; it stands in the system
    from `end_known_from` on (the day the row itself did, if not said)."""

    contract_id: str
    line_id: str
    plan: Plan
    quantity: int
    start: date
    end: date | None
    known_from: date
    end_known_from: date | None = None
    is_trial: bool = False

    def ended(self, last_day: date, known_from: date) -> Segment:
        return replace(self, end=last_day, end_known_from=known_from)


@dataclass(frozen=True)
class Pause:
    contract_id: str
    start: date
    end: date
    known_from: date


@dataclass(frozen=True)
class Discount:
    contract_id: str
    percent: int
    start: date
    end: date | None


@dataclass(frozen=True)
class CancelRequest:
    contract_id: str
    requested_on: date
    effective_date: date
    reason_code: str
    reason_text: str
    initiated_by: str


@dataclass(frozen=True)
class Invoice:
    invoice_id: str
    customer: Customer
    segment: Segment
    issued_on: date
    due_on: date
    service_start: date
    service_end: date
    line_type: str
    amount: Decimal  # ex tax, before the discount
    discount: Decimal
    tax: Decimal
    paid_on: date | None

    @property
    def total(self) -> Decimal:
        return self.amount - self.discount + self.tax


@dataclass(frozen=True)
class Ticket:
    ticket_id: str
    customer: Customer
    asked_on: date
    minute: int  # of the day, local
    topic: tuple
    first_reply_minutes: int | None
    resolved_hours: int | None
    csat: int | None
    assignee: str


@dataclass(frozen=True)
class Contact:
    contact_id: str
    customer: Customer
    name: str
    name_kana: str
    title: str
    department: str
    email: str
    phone: str
    is_primary: bool


@dataclass(frozen=True)
class Deal:
    """A deal of the CRM; `outcome` and `lost_reason` are known from `closed_on` on."""

    deal_id: str
    customer: Customer
    deal_type: str
    name: str
    contract_id: str
    amount: Decimal
    currency: str
    opened_on: date
    expected_on: date
    closed_on: date | None
    outcome: str
    lost_reason: str = ""


@dataclass(frozen=True)
class Interaction:
    interaction_id: str
    customer: Customer
    kind: str
    direction: str
    day: date
    minute: int  # of the day, local
    owner: str


@dataclass(frozen=True)
class Survey:
    response_id: str
    customer: Customer
    day: date
    nps: int


@dataclass(frozen=True)
class Campaign:
    campaign_id: str
    name: str
    channel: str
    start: date
    end: date | None


@dataclass(frozen=True)
class CampaignCost:
    campaign_id: str
    month: date
    purpose: str
    cost: Decimal


@dataclass
class Company:
    customers: list[Customer] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    discounts: list[Discount] = field(default_factory=list)
    cancel_requests: list[CancelRequest] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    usage: list[tuple[Customer, date, str, int, int, int]] = field(default_factory=list)
    fx_rates: list[tuple[date, Decimal]] = field(default_factory=list)
    leads: list[Customer] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    campaign_costs: list[CampaignCost] = field(default_factory=list)

    def add(self, other: Company) -> None:
        """Appends the facts of another company, in their order."""
        for fact in fields(self):
            getattr(self, fact.name).extend(getattr(other, fact.name))


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The same day of a later (or earlier) month, or that month's last day if it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return first.replace(day=min(day.day, calendar.monthrange(first.year, first.month)[1]))


def simulate(customers: int, months: int, seed: int, until: date) -> Company:
    """The company's facts up to and including the day `until`; invoices by date of issue."""
    first_month = add_months(until.replace(day=1), 1 - months)
    company = Company()
    # Growth: an opening crowd in the first month, then a little more each month.
    weights = [months * 0.15 + 1] + [1 + month / months for month in range(1, months)]
    for number in range(1, customers + 1):
        # One generator per customer: a larger company is the smaller one plus others.
        chance = random.Random(f"{seed}/{number}")
        month = add_months(first_month, chance.choices(range(months), weights)[0])
        signed_up_on = _day_in_month(chance, month)
        if signed_up_on > until:
            signed_up_on = until
        company.add(_live(make_customer(chance, number, signed_up_on), chance, until))
    company.invoices.sort(key=lambda invoice: (invoice.issued_on, invoice.invoice_id))
    _add_fx_rates(company, first_month, seed, until)
    return company


def _pick(chance: random.Random, weighted: Sequence[T]) -> T:
    """One of the tuples whose last item is their weight."""
    return chance.choices(weighted, [item[-1] for item in weighted])[0]


def _day_in_month(chance: random.Random, month: date) -> date:
    return month.replace(day=chance.randint(1, month_end(month).day))


def make_customer(
    chance: random.Random, number: int, signed_up_on: date, kind: str | None = None
) -> Customer:
    """Who signs up (or asks): a person or a company, `kind` where it is given."""
    prefecture, town, postal, _ = _pick(chance, words.PREFECTURES)
    if kind is None:
        kind = "person" if chance.random() < 0.3 else "company"
    is_foreign = kind == "company" and chance.random() < 0.06
    industry, employees = "", None
    if kind == "person":
        family, given = chance.choice(words.FAMILY_NAMES), chance.choice(words.GIVEN_NAMES)
        name, kana = f"{family[0]} {given[0]}", f"{family[1]} {given[1]}"
        bank_name = f"{family[1]} {given[1]}"
        email = f"{given[2]}.{family[2]}{number}@mail.example"
        method = chance.choices(("card", "convenience_store"), (9, 1))[0]
    elif is_foreign:
        name, kana, domain = chance.choice(words.FOREIGN_COMPANIES)
        bank_name, email, method = name.upper(), f"ap{number}@{domain}.example", "card"
        prefecture, town, postal = "", "", ""
    else:
        word, trade = chance.choice(words.COMPANY_WORDS), chance.choice(words.TRADES)
        form, bank_form = chance.choice(words.COMPANY_FORMS)
        name, kana = form.format(word[0] + trade[0]), word[1] + trade[1]
        bank_name = bank_form.format(kana)
        email = f"keiri@{word[2]}-{trade[2]}{number}.example"
        method = chance.choices(("transfer", "direct_debit", "card"), (5, 3, 2))[0]
        industry, employees = trade[3], int(chance.lognormvariate(3.4, 0.9)) + 2
    return Customer(
        number=number,
        kind=kind,
        name=name,
        name_kana=kana,
        bank_name=bank_name,
        email=email,
        phone=f"0{chance.choice((3, 6))}-0000-{number % 10000:04d}",
        postal_code=f"{postal}{chance.randint(1, 69):02d}" if postal else "",
        prefecture=prefecture,
        address=f"{town}{chance.randint(1, 9)}-{chance.randint(1, 20)}" if town else "",
        industry=industry,
        employees=employees,
        channel=_pick(chance, words.CHANNELS)[0],
        owner=chance.choice(words.OWNERS) if kind == "company" else "",
        payment_method=method,
        signed_up_on=signed_up_on,
        is_foreign=is_foreign,
    )


def _first_plan(chance: random.Random, customer: Customer) -> tuple[Plan, int]:
    if customer.kind == "person":
        return words.PERSONAL, 1
    if customer.is_foreign:
        return words.GLOBAL, chance.randint(5, 60)
    plan = chance.choices(
        (words.LIGHT, words.STANDARD, words.PRO, words.STANDARD_YEAR, words.PRO_YEAR),
        (30, 28, 12, 20, 10),
    )[0]
    return plan, max(2, min(120, int(customer.employees * chance.uniform(0.2, 0.8))))


def _live(customer: Customer, chance: random.Random, until: date) -> Company:
    """All facts of one customer: the contract from sign-up to `until`, and what follows from it."""
    life = Company(customers=[customer])
    contract_id = f"K{customer.number:05d}"
    plan, quantity = _first_plan(chance, customer)
    start = customer.signed_up_on
    will_pay = True
    if chance.random() < 0.35:
        trial_end = start + timedelta(days=TRIAL_DAYS - 1)
        life.segments.append(
            Segment(contract_id, "1", plan, quantity, start, trial_end, start, is_trial=True)
        )
        will_pay = chance.random() < 0.7
        start = trial_end + ONE_DAY
    stops_paying_on = None
    if will_pay and start <= until:
        if chance.random() < 0.2:
            length = chance.choice((3, 6, 12, None))
            end = add_months(start, length) - ONE_DAY if length else None
            life.discounts.append(Discount(contract_id, chance.choice((10, 20, 30)), start, end))
        first = Segment(contract_id, "1", plan, quantity, start, None, start)
        if plan.is_yearly:
            _live_by_year(life, first, chance, until)
        else:
            stops_paying_on = _live_by_month(life, first, chance, until)
    life.segments = [segment for segment in life.segments if segment.known_from <= until]
    _add_invoices(life, stops_paying_on, chance, until)
    _add_tickets(life, chance, until)
    _add_usage(life, chance, until)
    return life


def _live_by_month(
    life: Company, running: Segment, chance: random.Random, until: date
) -> date | None:
    """Adds the segments of a monthly contract; returns the day its customer stops paying."""
    if running.plan in (words.STANDARD, words.PRO) and chance.random() < 0.25:
        life.segments.append(replace(running, line_id="2", plan=words.SECURITY))
    month = add_months(running.start.replace(day=1), 1)
    while month <= until:
        day = _day_in_month(chance, month)
        age = (month.year - running.start.year) * 12 + month.month - running.start.month
        loss = running.plan.monthly_loss * (1.6 if age <= 3 else 1.0)
        roll = chance.random()
        month = add_months(month, 1)
        if day > until or day <= running.start:
            continue
        if roll < loss:
            last_day = month_end(day) if chance.random() < 0.7 else month_end(add_months(day, 1))
            _cancel(life, running.contract_id, day, last_day, chance)
            _end_lines(life, running, last_day, known_from=day)
            comes_back_on = add_months(last_day + ONE_DAY, chance.randint(2, 5))
            if chance.random() > 0.12 or comes_back_on > until:
                return None
            running = replace(running, start=comes_back_on, known_from=comes_back_on)
            month = add_months(comes_back_on.replace(day=1), 1)
        elif roll < loss + 0.008:  # stops paying; billing closes the contract four months later
            closed_on = month_end(add_months(day, 4))
            if closed_on <= until:
                life.cancel_requests.append(
                    CancelRequest(
                        running.contract_id, closed_on, closed_on, "unpaid", "", "payment"
                    )
                )
                _end_lines(life, running, closed_on, known_from=closed_on)
            else:
                life.segments.append(running)
            return day
        elif roll < 0.06 and running.plan is not words.PERSONAL:
            more = running.quantity + chance.randint(1, 1 + running.quantity // 4)
            running = _changed(life, running, day, quantity=more)
        elif roll < 0.075 and running.plan in words.UPGRADES:
            running = _changed(life, running, day, plan=words.UPGRADES[running.plan])
        elif roll < 0.082 and running.plan in words.DOWNGRADES:
            running = _changed(life, running, day, plan=words.DOWNGRADES[running.plan])
        elif roll < 0.095 and running.quantity > 3:
            running = _changed(life, running, day, quantity=running.quantity - 2)
        elif roll < 0.103:
            pause_start = month_end(day) + ONE_DAY
            pause_end = add_months(pause_start, chance.randint(1, 3)) - ONE_DAY
            life.pauses.append(Pause(running.contract_id, pause_start, pause_end, day))
            month = add_months(pause_end.replace(day=1), 1)
    life.segments.append(running)
    return None


def _end_lines(life: Company, running: Segment, last_day: date, known_from: date) -> None:
    """Adds the main line's last segment and ends an add-on that still runs."""
    life.segments = [
        line.ended(last_day, known_from) if line.end is None else line for line in life.segments
    ]
    life.segments.append(running.ended(last_day, known_from))


def _changed(life: Company, running: Segment, day: date, **change: object) -> Segment:
    """Ends the running segment the day before `day`; returns the one that opens on it."""
    life.segments.append(running.ended(day - ONE_DAY, day))
    return replace(running, start=day, known_from=day, **change)


def _live_by_year(life: Company, running: Segment, chance: random.Random, until: date) -> None:
    """Adds the segments of a yearly contract: each term is renewed on time, late, or not at all."""
    while True:
        term_end = add_months(running.start, 12) - ONE_DAY
        life.segments.append(replace(running, end=term_end))
        if term_end > until:
            return
        roll = chance.random()
        if roll < 0.13:
            asked_on = term_end - timedelta(days=45)
            _cancel(life, running.contract_id, asked_on, term_end, chance)
            return
        if roll < 0.18:  # lapses without a word
            return
        late = chance.randint(5, 25) if roll < 0.32 else 0
        start = term_end + ONE_DAY + timedelta(days=late)
        known_from = start + timedelta(days=3) if late else start - timedelta(days=30)
        quantity = max(2, running.quantity + chance.choice((-2, 0, 0, 1, 2, 5)))
        running = replace(running, start=start, known_from=known_from, quantity=quantity)


def _cancel(
    life: Company, contract_id: str, day: date, last_day: date, chance: random.Random
) -> None:
    code, text, *_ = _pick(chance, words.CHURN_REASONS)
    life.cancel_requests.append(CancelRequest(contract_id, day, last_day, code, text, "customer"))


def _round_down(amount: Decimal, plan: Plan) -> Decimal:
    return amount.quantize(Decimal(1) if plan.currency == "JPY" else Decimal("0.01"), "ROUND_DOWN")


def _add_invoices(
    life: Company, stops_paying_on: date | None, chance: random.Random, until: date
) -> None:
    """One invoice per service period: the term of a yearly contract, else the calendar month."""
    for segment in life.segments:
        if segment.is_trial:
            continue
        last_day = min(segment.end or until, until)
        service_start = segment.start
        while service_start <= last_day:
            if segment.plan.is_yearly:
                service_end = segment.end
            else:
                service_end = min(month_end(service_start), segment.end or date.max)
            if not any(pause.start <= service_start <= pause.end for pause in life.pauses):
                invoice = _make_invoice(life, segment, service_start, service_end, chance)
                is_owed = stops_paying_on is not None and service_start > stops_paying_on
                if is_owed or invoice.paid_on > until:
                    invoice = replace(invoice, paid_on=None)
                life.invoices.append(invoice)
            service_start = service_end + ONE_DAY


def _make_invoice(
    life: Company,
    segment: Segment,
    service_start: date,
    service_end: date,
    chance: random.Random,
) -> Invoice:
    """The invoice of one service period with the day it is paid, were it paid."""
    [customer] = life.customers
    amount, line_type = segment.plan.price * segment.quantity, "recurring"
    served, days = (service_end - service_start).days + 1, month_end(service_start).day
    if not segment.plan.is_yearly and served < days:
        amount, line_type = amount * served / days, "proration"
    amount = _round_down(amount, segment.plan)
    percent = sum(
        discount.percent
        for discount in life.discounts
        if discount.start <= service_start and service_start <= (discount.end or date.max)
    )
    discount = _round_down(amount * percent / 100, segment.plan)
    due_on = month_end(service_start)
    if chance.random() < 0.03:
        paid_on = due_on + timedelta(days=chance.randint(3, 40))
    else:
        paid_on = max(service_start, due_on - timedelta(days=chance.randint(0, 12)))
    return Invoice(
        invoice_id=f"INV-{service_start:%Y%m%d}-{customer.number:05d}-{segment.line_id}",
        customer=customer,
        segment=segment,
        issued_on=service_start,
        due_on=due_on,
        service_start=service_start,
        service_end=service_end,
        line_type=line_type,
        amount=amount,
        discount=discount,
        tax=_round_down((amount - discount) * segment.plan.tax_rate, segment.plan),
        paid_on=paid_on,
    )


def _served_until(segments: list[Segment], until: date) -> date:
    """The last day the customer could use the product."""
    return max(min(segment.end or until, until) for segment in segments)


def _add_tickets(life: Company, chance: random.Random, until: date) -> None:
    """About one ticket in four months, more in the last weeks of those who leave."""
    [customer] = life.customers
    last_day = _served_until(life.segments, until)
    is_leaving = last_day < until
    day = life.segments[0].start
    number = 0
    while True:
        rate = 18 if is_leaving and (last_day - day).days < 90 else 110
        day += timedelta(days=1 + int(chance.expovariate(1 / rate)))
        if day > last_day:
            return
        if day.weekday() >= 5:
            continue
        number += 1
        reply = int(chance.lognormvariate(4.4, 0.9)) + 5 if chance.random() < 0.95 else None
        solved = chance.randint(1, 72) if reply and chance.random() < 0.93 else None
        life.tickets.append(
            Ticket(
                ticket_id=f"{customer.number * 1000 + number}",
                customer=customer,
                asked_on=day,
                minute=chance.randint(9 * 60, 18 * 60),
                topic=_pick(chance, words.TICKET_TOPICS),
                first_reply_minutes=reply,
                resolved_hours=solved + reply // 60 + 1 if solved else None,
                csat=chance.choices((5, 4, 3, 2, 1), (40, 30, 15, 10, 5))[0]
                if solved and chance.random() < 0.35
                else None,
                assignee=chance.choice(words.SUPPORT_STAFF),
            )
        )


USAGE_DAYS = 92


def _add_usage(life: Company, chance: random.Random, until: date) -> None:
    """Daily use over the last quarter, weekdays only, dwindling before a customer leaves."""
    [customer], segments = life.customers, life.segments
    last_day = _served_until(segments, until)
    is_leaving = last_day < until or any(
        segment.end_known_from and segment.end and segment.end >= until for segment in segments
    )
    habit = chance.betavariate(4, 2)
    day = max(segments[0].start, until - timedelta(days=USAGE_DAYS - 1))
    while day <= last_day:
        if day.weekday() < 5:
            fade = min(1.0, (last_day - day).days / 60) if is_leaving else 1.0
            seats = next((s.quantity for s in reversed(segments) if s.start <= day), 1)
            users = sum(chance.random() < habit * fade for _ in range(min(seats, 20)))
            if users:
                feature = chance.choice(words.FEATURES)
                events = users * chance.randint(3, 25)
                life.usage.append((customer, day, feature, users, events, seats))
        day += ONE_DAY


def _add_fx_rates(company: Company, first_month: date, seed: int, until: date) -> None:
    """Yen per dollar at every month end of the window, and on its last day."""
    chance = random.Random(f"{seed}/fx")
    rate = Decimal(148)
    day = month_end(add_months(first_month, -1))
    while day <= until:
        company.fx_rates.append((day, rate))
        rate += Decimal(chance.randint(-30, 32)) / 10
        if day == until:
            return
        day = min(month_end(day + ONE_DAY), until)
