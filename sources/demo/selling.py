"""What sales and marketing of the demo company did: contacts, deals, talks, campaigns, surveys.

It follows from the simulated contracts and its own random streams, so that the contracts of a seed
stay what they are. Facts carry the day they became known, like those of company.py.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from sources.demo import words
from sources.demo.company import (
    ONE_DAY,
    Campaign,
    CampaignCost,
    Company,
    Contact,
    Customer,
    Deal,
    Interaction,
    Segment,
    Survey,
    add_months,
    make_customer,
)

# A renewal deal is opened this long before the term ends, and moves on as the end comes nearer.
RENEWAL_OPENED_DAYS = 120
CUSTOMERS_PER_LEAD = 8
# Leads are numbered far above customers, so that a larger company keeps the smaller one's ids.
FIRST_LEAD_NUMBER = 80_001
NEWSLETTER = "C-NEWS"


def add_sales(company: Company, seed: int, until: date) -> None:
    """Adds the facts of sales and marketing up to the day `until`."""
    segments: dict[str, list[Segment]] = defaultdict(list)
    for segment in company.segments:
        segments[segment.contract_id].append(segment)
    cancelled = {request.contract_id: request.requested_on for request in company.cancel_requests}
    for customer in company.customers:
        chance = random.Random(f"{seed}/{customer.number}/sales")
        contract_id = f"K{customer.number:05d}"
        own = sorted(
            (one for one in segments[contract_id] if one.line_id == "1"),
            key=lambda segment: segment.start,
        )
        last_day = max(min(one.end or until, until) for one in own)
        if customer.kind == "company":
            company.contacts.extend(_contacts(customer, chance))
            company.deals.append(_first_deal(customer, own[0]))
            company.deals.extend(_renewal_deals(customer, own, cancelled.get(contract_id), until))
        company.interactions.extend(_interactions(customer, last_day, chance, until))
        company.surveys.extend(_surveys(customer, last_day, chance))
    _add_leads(company, seed, until)
    _add_campaigns(company, seed, until)


def _contacts(customer: Customer, chance: random.Random) -> Iterator[Contact]:
    for position in range(1, 2 + (chance.random() < 0.4)):
        family, given = chance.choice(words.FAMILY_NAMES), chance.choice(words.GIVEN_NAMES)
        title, department = chance.choice(words.CONTACT_TITLES)
        yield Contact(
            contact_id=f"P{customer.number:05d}-{position}",
            customer=customer,
            name=f"{family[0]} {given[0]}",
            name_kana=f"{family[1]} {given[1]}",
            title=title,
            department=department,
            email=f"{given[2]}.{family[2]}@{customer.email.split('@')[1]}",
            # the first at a number of their own, the next through the switchboard
            phone=f"090-0000-{customer.number % 10000:04d}" if position == 1 else customer.phone,
            is_primary=position == 1,
        )


def _first_deal(customer: Customer, segment: Segment) -> Deal:
    return Deal(
        deal_id=f"N{customer.number:05d}",
        customer=customer,
        deal_type="new",
        name="新規契約",
        contract_id=segment.contract_id,
        amount=segment.plan.price * segment.quantity,
        currency=segment.plan.currency,
        opened_on=customer.signed_up_on - timedelta(days=30),
        expected_on=customer.signed_up_on,
        closed_on=customer.signed_up_on,
        outcome="won",
    )


def _renewal_deals(
    customer: Customer, segments: list[Segment], cancelled_on: date | None, until: date
) -> Iterator[Deal]:
    """One deal per yearly term; what became of it is known when the next term is, or is not."""
    terms = [one for one in segments if one.plan.is_yearly and not one.is_trial]
    for number, term in enumerate(terms, start=1):
        next_term = terms[number] if number < len(terms) else None
        closed_on, outcome, reason = None, "open", ""
        if next_term:
            closed_on, outcome = next_term.known_from, "won"
        elif cancelled_on and cancelled_on <= term.end:
            closed_on, outcome, reason = cancelled_on, "lost", "解約"
        elif term.end + timedelta(days=45) <= until:
            closed_on, outcome, reason = term.end + timedelta(days=45), "lost", "連絡なし"
        amount = (next_term or term).quantity * term.plan.price
        yield Deal(
            deal_id=f"R{customer.number:05d}-{number}",
            customer=customer,
            deal_type="renewal",
            name=f"契約更新 {term.end:%Y年%m月}",
            contract_id=term.contract_id,
            amount=amount,
            currency=term.plan.currency,
            opened_on=term.end - timedelta(days=RENEWAL_OPENED_DAYS),
            expected_on=term.end,
            closed_on=closed_on,
            outcome=outcome,
            lost_reason=reason,
        )


def _interactions(
    customer: Customer, last_day: date, chance: random.Random, until: date
) -> Iterator[Interaction]:
    """Companies are called and visited; everybody gets the newsletter and some open it."""
    number = 0
    if customer.kind == "company":
        day = customer.signed_up_on - timedelta(days=chance.randint(10, 40))
        # some customers are looked after well, some hardly at all
        rhythm = chance.choice((25, 45, 45, 90, 150))
        while True:
            day += timedelta(days=1 + int(chance.expovariate(1 / rhythm)))
            if day > min(last_day + timedelta(days=60), until):
                break
            if day.weekday() >= 5:
                continue
            number += 1
            kind, direction, _ = chance.choices(
                words.INTERACTIONS, [weight for *_, weight in words.INTERACTIONS]
            )[0]
            yield Interaction(
                f"I{customer.number:05d}-{number}",
                customer,
                kind,
                direction,
                day,
                chance.randint(9 * 60, 18 * 60 - 1),
                customer.owner,
            )
    month = add_months(customer.signed_up_on.replace(day=1), 1)
    while month <= min(last_day, until):
        if chance.random() < 0.3:
            number += 1
            yield Interaction(
                f"I{customer.number:05d}-{number}", customer, "campaign_open", "in", month, 605, ""
            )
        month = add_months(month, 1)


def _surveys(customer: Customer, last_day: date, chance: random.Random) -> Iterator[Survey]:
    """A recommendation question twice a year; a third answers, who leaves soon less kindly."""
    day, number = customer.signed_up_on + timedelta(days=90), 0
    while day <= last_day:
        if chance.random() < 0.33:
            number += 1
            is_leaving = (last_day - day).days < 100
            kind = (3, 8) if is_leaving and chance.random() < 0.5 else (6, 10)
            yield Survey(f"S{customer.number:05d}-{number}", customer, day, chance.randint(*kind))
        day += timedelta(days=182)


def _add_leads(company: Company, seed: int, until: date) -> None:
    """Companies that asked and never signed, each with a lost or forgotten deal."""
    if not company.customers:
        return
    first_day = min(customer.signed_up_on for customer in company.customers)
    for index in range(len(company.customers) // CUSTOMERS_PER_LEAD):
        number = FIRST_LEAD_NUMBER + index
        chance = random.Random(f"{seed}/{number}/lead")
        asked_on = first_day + timedelta(days=chance.randint(0, max(0, (until - first_day).days)))
        lead = make_customer(chance, number, asked_on, kind="company")
        company.leads.append(lead)
        plan, seats = chance.choice((words.LIGHT, words.STANDARD, words.PRO)), chance.randint(3, 60)
        closed_on = asked_on + timedelta(days=chance.randint(20, 120))
        is_lost = chance.random() < 0.6 and closed_on <= until
        company.deals.append(
            Deal(
                deal_id=f"N{number:05d}",
                customer=lead,
                deal_type="new",
                name="新規商談",
                contract_id="",
                amount=plan.price * seats,
                currency="JPY",
                opened_on=asked_on,
                expected_on=asked_on + timedelta(days=60),
                closed_on=closed_on if is_lost else None,
                outcome="lost" if is_lost else "open",
                lost_reason=chance.choice(("価格", "時期尚早", "他社")) if is_lost else "",
            )
        )
        company.interactions.append(
            Interaction(f"I{number:05d}-1", lead, "call", "out", asked_on, 650, lead.owner)
        )


def _add_campaigns(company: Company, seed: int, until: date) -> None:
    """One campaign per channel and half-year, a newsletter for those who are customers already."""
    if not company.customers:
        return
    month = min(customer.signed_up_on for customer in company.customers).replace(day=1)
    first_month = month
    while month <= until:
        chance = random.Random(f"{seed}/{month}/campaigns")
        for channel, monthly_cost in words.CHANNEL_COSTS.items():
            campaign_id = campaign_of(channel, month)
            if not any(one.campaign_id == campaign_id for one in company.campaigns):
                start = max(first_month, month.replace(month=1 if month.month <= 6 else 7))
                end = add_months(month.replace(month=1 if month.month <= 6 else 7), 6) - ONE_DAY
                company.campaigns.append(
                    Campaign(campaign_id, f"{channel} {campaign_id[-6:]}", channel, start, end)
                )
            cost = Decimal(int(monthly_cost * len(company.customers) * chance.uniform(0.7, 1.3)))
            company.campaign_costs.append(CampaignCost(campaign_id, month, "acquisition", cost))
        news = Decimal(int(150 * len(company.customers) * chance.uniform(0.9, 1.1)))
        company.campaign_costs.append(CampaignCost(NEWSLETTER, month, "retention", news))
        month = add_months(month, 1)
    company.campaigns.append(
        Campaign(NEWSLETTER, "既存顧客ニュースレター", "メール", first_month, None)
    )


def campaign_of(channel: str, day: date) -> str:
    """The campaign of a channel that ran on that day."""
    code = words.CHANNEL_CODES[channel]
    return f"C-{code}-{day.year}H{1 if day.month <= 6 else 2}"
