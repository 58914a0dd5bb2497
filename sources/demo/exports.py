"""Writes the demo company into the files its systems would export, planted mistakes included.

CRM: CSV in CP932 with Japanese headers. Billing, bank, usage, reference: UTF-8 CSV with the
canonical headers. Support: JSON. Files are named so that the presets of the product take them.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sources.demo import words
from sources.demo.company import (
    Company,
    Contact,
    Customer,
    Deal,
    Interaction,
    Invoice,
    Segment,
    Ticket,
    add_months,
    month_end,
)
from sources.demo.selling import campaign_of
from sources.entities import entities

TIME_ZONE = ZoneInfo("Asia/Tokyo")
# Older full exports delivered beside the last one, in months before it.
EARLIER_EXPORTS = (2, 1)
# Somebody entered a paper invoice into the accounts of the last complete month and nowhere else.
ENTERED_BY_HAND = 11_000

# The newest transfers, which nobody has posted in billing yet: what the bank shows beside the name
# and amount of the invoice. As it is; less the bank's fee; paid by somebody else; paid in part.
UNPOSTED = (
    {},
    {"kept_back": 440},
    {"payer_name_kana": "ヤマテグループケイリセンター"},
    {"kept_back": 5_000},
)

Row = dict[str, object]


@dataclass(frozen=True)
class Mistake:
    """A mistake planted in a file: where it stands, as an editor counts lines, and what it is.

    `kind` is the reason code it must be refused with, `repeated`, or `differs`: a control total
    that the documents do not add up to.
    """

    path: Path
    line: int
    column: str | None
    text: str
    kind: str


def write_exports(inbox: Path, company: Company, until: date) -> list[Mistake]:
    """Writes all files into `inbox/<system>/`; returns the mistakes planted in the last ones."""
    for months in EARLIER_EXPORTS:
        exported_on = month_end(add_months(until, -months))
        _write_crm(inbox, company, exported_on)
        _write_billing(inbox, company, exported_on)
    last = {**_write_crm(inbox, company, until), **_write_billing(inbox, company, until)}
    last |= _write_once(inbox, company, until)
    last |= _write_consents(inbox, company, until)
    planted = [*_plant_mistakes(last), *_refuse_an_invoice(inbox, until)]
    return [*planted, *_write_control_totals(inbox, company, until)]


def _stamp(exported_on: date) -> str:
    return f"{exported_on:%Y%m%d}"


def _write_csv(path: Path, rows: Iterable[Row], encoding: str = "utf-8") -> Path:
    rows = list(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


# ------------------------------------------------------------------------------------------------
# The systems
# ------------------------------------------------------------------------------------------------


def _write_crm(inbox: Path, company: Company, exported_on: date) -> dict[str, Path]:
    tables: dict[str, Iterable[Row]] = {
        "accounts": _accounts(company, exported_on),
        "contacts": (
            _contact(contact)
            for contact in company.contacts
            if contact.customer.signed_up_on <= exported_on
        ),
        "deals": (
            _deal(deal, exported_on) for deal in company.deals if deal.opened_on <= exported_on
        ),
        "interactions": (
            _interaction(interaction)
            for interaction in company.interactions
            if interaction.day <= exported_on
        ),
        "campaigns": (
            {
                "campaign_id": campaign.campaign_id,
                "name": campaign.name,
                "channel": campaign.channel,
                "start_date": campaign.start,
                "end_date": campaign.end,
            }
            for campaign in company.campaigns
            if campaign.start <= exported_on
        ),
        "campaign_costs": (
            {
                "campaign_id": cost.campaign_id,
                "month": cost.month,
                "purpose": cost.purpose,
                "cost_native": cost.cost,
                "currency": "JPY",
            }
            for cost in company.campaign_costs
            if cost.month <= exported_on
        ),
    }
    written = {}
    for name, table in tables.items():
        headers = {column.name: column.ja for column in entities()[f"crm.{name}"].columns}
        rows = [{headers[column]: value for column, value in row.items()} for row in table]
        if rows:
            path = inbox / "crm" / f"{name}_{_stamp(exported_on)}.csv"
            written[name] = _write_csv(path, rows, "cp932")
    return written


def _contact(contact: Contact) -> Row:
    return {
        "contact_id": contact.contact_id,
        "account_id": contact.customer.account_id,
        "name": contact.name,
        "name_kana": contact.name_kana,
        "title": contact.title,
        "department": contact.department,
        "email": contact.email,
        "phone": contact.phone,
        "is_primary": _bool(contact.is_primary),
    }


def _deal(deal: Deal, exported_on: date) -> Row:
    """The deal as it stood: an open one moves on as its expected day comes nearer."""
    is_closed = deal.closed_on is not None and deal.closed_on <= exported_on
    if is_closed:
        stage, changed_on = ("受注" if deal.outcome == "won" else "失注"), deal.closed_on
    else:
        for days, name in ((30, "見積提出"), (60, "提案"), (10_000, "ヒアリング")):
            if (deal.expected_on - exported_on).days <= days:
                stage = name
                changed_on = max(deal.opened_on, deal.expected_on - timedelta(days=days))
                break
    probability = {"受注": "1", "失注": "0", "見積提出": "0.7", "提案": "0.5"}.get(stage, "0.3")
    return {
        "deal_id": deal.deal_id,
        "account_id": deal.customer.account_id,
        "deal_type": deal.deal_type,
        "name": deal.name,
        "stage": stage,
        "stage_changed_date": changed_on,
        "probability": probability,
        "amount_native": deal.amount,
        "currency": deal.currency,
        "expected_close_date": deal.expected_on,
        "closed_date": deal.closed_on if is_closed else None,
        "outcome": deal.outcome if is_closed else "open",
        "lost_reason": deal.lost_reason if is_closed else "",
        "contract_id": deal.contract_id if deal.deal_type == "renewal" or is_closed else "",
        "owner": deal.customer.owner,
    }


def _interaction(interaction: Interaction) -> Row:
    hour, minute = divmod(interaction.minute, 60)
    return {
        "interaction_id": interaction.interaction_id,
        "account_id": interaction.customer.account_id,
        "kind": interaction.kind,
        "direction": interaction.direction,
        "at": f"{interaction.day} {hour:02d}:{minute:02d}:00",
        "owner": interaction.owner,
    }


def _write_consents(inbox: Path, company: Company, until: date) -> dict[str, Path]:
    """Who may be written to: one file over the whole window."""
    headers = {column.name: column.ja for column in entities()["crm.consents"].columns}
    path = inbox / "crm" / f"consents_{_stamp(until)}.csv"
    named = (
        {headers[column]: value for column, value in row.items()}
        for row in _consents(company, until)
    )
    return {"consents": _write_csv(path, named, "cp932")}


def _consents(company: Company, until: date) -> Iterator[Row]:
    """Asked at sign-up; some say no, some change their mind later."""
    for customer in company.customers:
        chance = random.Random(f"consent/{customer.number}")
        for channel in ("email", "dm" if customer.kind == "company" else "line"):
            changed_on, granted = customer.signed_up_on, chance.random() < 0.85
            if granted and chance.random() < 0.08:
                changed_on = min(changed_on + timedelta(days=chance.randint(20, 300)), until)
                granted = False
            yield {
                "account_id": customer.account_id,
                "contact_id": "",
                "channel": channel,
                "granted": _bool(granted),
                "changed_at": f"{changed_on} 10:00:00",
            }


def _accounts(company: Company, exported_on: date) -> Iterator[Row]:
    for lead in company.leads:
        if lead.signed_up_on <= exported_on:
            yield _account(lead, lead.account_id, "", lead.name)
    for customer in company.customers:
        if customer.signed_up_on > exported_on:
            continue
        yield _account(customer, customer.account_id, customer.billing_customer_id, customer.name)
        # Somebody in sales entered every fortieth customer a second time, with another spelling.
        if customer.number % 40 == 17:
            yield _account(customer, f"A9{customer.number:04d}", "", customer.name_kana)


def _account(customer: Customer, account_id: str, billing_customer_id: str, name: str) -> Row:
    return {
        "account_id": account_id,
        "kind": "法人" if customer.kind == "company" else "個人",
        "name": name,
        "name_kana": customer.name_kana,
        "industry": customer.industry,
        "employees": customer.employees,
        "phone": customer.phone,
        "email": customer.email,
        "postal_code": customer.postal_code,
        "prefecture": customer.prefecture,
        "address": customer.address,
        "owner": customer.owner,
        "acquisition_channel": customer.channel,
        "campaign_id": campaign_of(customer.channel, customer.signed_up_on),
        "billing_customer_id": billing_customer_id,
        "created_date": f"{customer.signed_up_on:%Y/%m/%d}",
    }


def _write_billing(inbox: Path, company: Company, exported_on: date) -> dict[str, Path]:
    unposted = _unposted(company)
    tables: dict[str, Iterable[Row]] = {
        "billing_customers": (
            {
                "billing_customer_id": customer.billing_customer_id,
                "account_id": customer.account_id,
                "name": customer.name,
                "name_kana": customer.name_kana,
                "email": customer.email,
                "payment_method": customer.payment_method,
                "created_date": customer.signed_up_on,
            }
            for customer in company.customers
            if customer.signed_up_on <= exported_on
        ),
        "plans": (
            {
                "plan_id": plan.plan_id,
                "name": plan.name,
                "product": "シゴトノート",
                "plan_rank": plan.rank,
                "is_addon": _bool(plan.is_addon),
                "interval_unit": plan.interval_unit,
                "interval_count": 1,
                "list_price_native": plan.price,
                "currency": plan.currency,
                "tax_rate": plan.tax_rate,
            }
            for plan in words.PLANS
        ),
        "subscriptions": (
            _subscription(segment, exported_on)
            for segment in company.segments
            if segment.known_from <= exported_on
        ),
        "subscription_pauses": (
            {
                "contract_id": pause.contract_id,
                "pause_start_date": pause.start,
                "pause_end_date": pause.end,
            }
            for pause in company.pauses
            if pause.known_from <= exported_on
        ),
        "subscription_discounts": (
            {
                "contract_id": discount.contract_id,
                "line_id": "",
                "discount_id": f"D{discount.contract_id[1:]}",
                "percent": discount.percent,
                "start_date": discount.start,
                "end_date": discount.end,
            }
            for discount in company.discounts
            if discount.start <= exported_on
        ),
        "cancel_requests": (
            {
                "contract_id": request.contract_id,
                "requested_at": f"{request.requested_on} 10:15:00",
                "effective_date": request.effective_date,
                "reason_code": request.reason_code,
                "reason_text": request.reason_text,
                "initiated_by": request.initiated_by,
            }
            for request in company.cancel_requests
            if request.requested_on <= exported_on
        ),
        "invoices": (
            _invoice(invoice, exported_on, is_posted=invoice.invoice_id not in unposted)
            for invoice in company.invoices
            if invoice.issued_on <= exported_on
        ),
        "invoice_lines": (
            row
            for invoice in company.invoices
            if invoice.issued_on <= exported_on
            for row in _invoice_lines(invoice)
        ),
        "payments": (
            _payment(invoice)
            for invoice in company.invoices
            if invoice.paid_on
            and invoice.paid_on <= exported_on
            and invoice.invoice_id not in unposted
        ),
    }
    written = {}
    for name, rows in tables.items():
        rows = list(rows)
        if rows:
            path = inbox / "billing" / f"{name}_{_stamp(exported_on)}.csv"
            written[name] = _write_csv(path, rows)
    return written


def _transfers(company: Company) -> list[Invoice]:
    """The invoices paid by transfer, in the order the money came."""
    return sorted(
        (
            invoice
            for invoice in company.invoices
            if invoice.paid_on and invoice.customer.payment_method == "transfer"
        ),
        key=lambda invoice: (invoice.paid_on, invoice.invoice_id),
    )


def _unposted(company: Company) -> dict[str, dict]:
    """Per id of an invoice whose transfer billing does not know of: how the bank shows it."""
    newest = _transfers(company)[-len(UNPOSTED) :]
    return {invoice.invoice_id: how for invoice, how in zip(newest, UNPOSTED, strict=False)}


def _bank_transaction(invoice: Invoice, how: dict) -> Row:
    return {
        "transaction_id": invoice.invoice_id.replace("INV", "TRF"),
        "booked_date": invoice.paid_on,
        "amount_native": invoice.total - how.get("kept_back", 0),
        "currency": "JPY",
        "payer_name_kana": how.get("payer_name_kana", invoice.customer.bank_name),
        "memo": "振込",
    }


def _last_complete_month(until: date) -> date:
    """The first day of it: the month of `until` when it ends on that day, else the one before."""
    month = until.replace(day=1)
    return month if until == month_end(until) else add_months(month, -1)


def _write_control_totals(inbox: Path, company: Company, until: date) -> list[Mistake]:
    """What billing's own monthly report says, typed into Japanese headers (CP932)."""
    headers = {column.name: column.ja for column in entities()["billing.control_totals"].columns}
    last_month = _last_complete_month(until)
    totals: dict[tuple[date, str], list[int]] = {}
    for invoice in company.invoices:
        month = invoice.issued_on.replace(day=1)
        if month <= last_month:
            totals.setdefault((month, invoice.segment.plan.currency), []).append(invoice.total)
    rows = [
        {
            headers["month"]: f"{month:%Y年%m月}",
            headers["currency"]: currency,
            headers["total_native"]: sum(amounts)
            + (ENTERED_BY_HAND if (month, currency) == (last_month, "JPY") else 0),
            headers["document_count"]: len(amounts),
        }
        for (month, currency), amounts in sorted(totals.items())
    ]
    if not rows:
        return []
    path = inbox / "billing" / f"月次集計_{_stamp(until)}.csv"
    _write_csv(path, rows, "cp932")
    return [
        Mistake(path, line, headers["total_native"], str(row[headers["total_native"]]), "differs")
        for line, row in enumerate(rows, start=2)
        if row[headers["month"]] == f"{last_month:%Y年%m月}" and row[headers["currency"]] == "JPY"
    ]


def _refuse_an_invoice(inbox: Path, until: date) -> list[Mistake]:
    """Spoils the tax of one invoice of the last complete month wherever it was exported."""
    month = _last_complete_month(until)
    mistakes = []
    chosen = None
    for path in sorted((inbox / "billing").glob("invoices_*.csv"), reverse=True):
        lines = _lines(path, "utf-8")
        place = {name: index for index, name in enumerate(lines[0])}
        for index, line in enumerate(lines[1:], start=1):
            is_of_month = line[place["issue_date"]].startswith(f"{month:%Y-%m}")
            if chosen is None and is_of_month and line[place["currency"]] == "JPY":
                chosen = line[place["invoice_id"]]
            if line[place["invoice_id"]] == chosen:
                line[place["tax_native"]] = "非課税"
                _rewrite(path, "utf-8", lines)
                mistakes.append(
                    Mistake(path, index + 1, "tax_native", "非課税", "unreadable_number")
                )
    return mistakes


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _subscription(segment: Segment, exported_on: date) -> Row:
    is_end_known = segment.end_known_from is None or segment.end_known_from <= exported_on
    return {
        "contract_id": segment.contract_id,
        "line_id": segment.line_id,
        "segment_start_date": segment.start,
        "segment_end_date": segment.end if is_end_known else None,
        "billing_customer_id": f"B{segment.contract_id[1:]}",
        "plan_id": segment.plan.plan_id,
        "quantity": segment.quantity,
        "unit_price_native": 0 if segment.is_trial else segment.plan.price,
        "price_includes_tax": "false",
        "tax_rate": segment.plan.tax_rate,
        "currency": segment.plan.currency,
        "interval_unit": segment.plan.interval_unit,
        "interval_count": 1,
        "is_trial": _bool(segment.is_trial),
        "term_months": 12 if segment.plan.is_yearly else None,
        "notice_days": 30 if segment.plan.is_yearly else None,
        "auto_renew": _bool(not segment.plan.is_yearly),
    }


def _invoice(invoice: Invoice, exported_on: date, *, is_posted: bool) -> Row:
    is_paid = is_posted and invoice.paid_on and invoice.paid_on <= exported_on
    paid_on = invoice.paid_on if is_paid else None
    return {
        "invoice_id": invoice.invoice_id,
        "billing_customer_id": invoice.customer.billing_customer_id,
        "contract_id": invoice.segment.contract_id,
        "issue_date": invoice.issued_on,
        "due_date": invoice.due_on,
        "currency": invoice.segment.plan.currency,
        "subtotal_native": invoice.amount - invoice.discount,
        "tax_native": invoice.tax,
        "total_native": invoice.total,
        "balance_native": 0 if paid_on else invoice.total,
        "paid_date": paid_on,
        "status": "paid" if paid_on else "open",
        "payment_method": invoice.customer.payment_method,
        "document_type": "invoice",
    }


def _invoice_lines(invoice: Invoice) -> Iterator[Row]:
    line = {
        "invoice_id": invoice.invoice_id,
        "line_no": 1,
        "contract_id": invoice.segment.contract_id,
        "plan_id": invoice.segment.plan.plan_id,
        "line_type": invoice.line_type,
        "description": f"{invoice.segment.plan.name} {invoice.service_start:%Y年%m月}分",
        "quantity": invoice.segment.quantity,
        "amount_native": invoice.amount,
        "tax_rate": invoice.segment.plan.tax_rate,
        "service_start_date": invoice.service_start,
        "service_end_date": invoice.service_end,
    }
    yield line
    if invoice.discount:
        yield {
            **line,
            "line_no": 2,
            "line_type": "discount",
            "description": "割引",
            "quantity": 1,
            "amount_native": -invoice.discount,
        }


def _payment(invoice: Invoice) -> Row:
    return {
        "payment_id": invoice.invoice_id.replace("INV", "PAY"),
        "billing_customer_id": invoice.customer.billing_customer_id,
        "invoice_id": invoice.invoice_id,
        "paid_date": invoice.paid_on,
        "amount_native": invoice.total,
        "currency": invoice.segment.plan.currency,
        "method": invoice.customer.payment_method,
    }


def _write_once(inbox: Path, company: Company, until: date) -> dict[str, Path]:
    """The systems that send one file over the whole window."""
    unposted = _unposted(company)
    tables: dict[str, tuple[Path, list[Row]]] = {
        "bank_transactions": (
            inbox / "bank" / f"bank_transactions_{_stamp(until)}.csv",
            [
                _bank_transaction(invoice, unposted.get(invoice.invoice_id, {}))
                for invoice in _transfers(company)
            ],
        ),
        "usage_days": (
            inbox / "usage" / f"usage_days_{_stamp(until)}.csv",
            [
                {
                    "billing_customer_id": customer.billing_customer_id,
                    "date": day,
                    "feature": feature,
                    "active_users": users,
                    "events": events,
                    "seats_used": min(users, seats),
                }
                for customer, day, feature, users, events, seats in company.usage
            ],
        ),
        "surveys": (
            inbox / "support" / f"surveys_{_stamp(until)}.csv",
            [
                {
                    "response_id": survey.response_id,
                    "account_id": survey.customer.account_id,
                    "survey": "NPS",
                    "answered_at": f"{survey.day} 12:00:00",
                    "nps": survey.nps,
                }
                for survey in company.surveys
            ],
        ),
        "company_calendar": (
            inbox / "reference" / f"company_calendar_{_stamp(until)}.csv",
            [
                {"date": date(year, month, day), "is_closed": "true", "name": "年末年始休業"}
                for year in range(company.fx_rates[0][0].year, until.year + 1)
                for month, day in ((12, 29), (12, 30), (12, 31), (1, 2), (1, 3))
            ],
        ),
        "fx_rates": (
            inbox / "reference" / f"fx_rates_{_stamp(until)}.csv",
            [
                {"date": day, "from_currency": "USD", "to_currency": "JPY", "rate": rate}
                for day, rate in company.fx_rates
            ],
        ),
        "churn_reason_map": (
            inbox / "reference" / f"churn_reason_map_{_stamp(until)}.csv",
            [
                {"code": code, "label_ja": label_ja, "label_en": label_en, "group": group}
                for code, _, label_ja, label_en, group, _ in words.CHURN_REASONS
            ],
        ),
    }
    written = {name: _write_csv(path, rows) for name, (path, rows) in tables.items() if rows}
    written["tickets"] = _write_tickets(inbox, company, until)
    return written


def _write_tickets(inbox: Path, company: Company, until: date) -> Path:
    tickets = [
        _ticket(ticket)
        for ticket in sorted(
            company.tickets, key=lambda ticket: (ticket.asked_on, ticket.ticket_id)
        )
    ]
    path = inbox / "support" / f"tickets_{_stamp(until)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"tickets": tickets}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _ticket(ticket: Ticket) -> dict:
    topic, subject, body, is_complaint, _ = ticket.topic
    asked_at = datetime.combine(ticket.asked_on, time(), TIME_ZONE) + timedelta(
        minutes=ticket.minute
    )
    replied_at = solved_at = None
    if ticket.first_reply_minutes:
        replied_at = asked_at + timedelta(minutes=ticket.first_reply_minutes)
    if ticket.resolved_hours:
        solved_at = asked_at + timedelta(hours=ticket.resolved_hours)
    return {
        "ticket_id": ticket.ticket_id,
        "account_id": ticket.customer.account_id,
        "billing_customer_id": ticket.customer.billing_customer_id,
        "requester_email": ticket.customer.email,
        "requester_name": ticket.customer.name,
        "channel": "email" if ticket.minute % 3 else "web",
        "subject": subject,
        "body": body,
        "topic": topic,
        "is_complaint": is_complaint,
        "priority": "high" if is_complaint else "normal",
        "status": "solved" if solved_at else "open",
        "assignee": ticket.assignee,
        "asked_at": _instant(asked_at),
        "first_reply_at": _instant(replied_at),
        "resolved_at": _instant(solved_at),
        "csat": ticket.csat,
    }


def _instant(at: datetime | None) -> str | None:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


# ------------------------------------------------------------------------------------------------
# Planted mistakes
# ------------------------------------------------------------------------------------------------


def _plant_mistakes(files: dict[str, Path]) -> list[Mistake]:
    """Spoils a few lines of the last exports, each in a way a real export was seen to fail."""
    mistakes = [
        _spoil_cell(files, "accounts", 0.4, "登録日", "2026/02/30", "no_such_date"),
        _spoil_cell(files, "invoices", 0.5, "document_type", "見積書", "unknown_value"),
        _spoil_cell(files, "invoice_lines", 0.3, "amount_native", "一万円", "unreadable_number"),
        _spoil_cell(files, "usage_days", 0.6, "date", "4月の初め", "unreadable_date"),
        _repeat_line(files, "payments", 0.7),
        _add_field(files, "bank_transactions", 0.5),
    ]
    return [mistake for mistake in mistakes if mistake]


def _lines(path: Path, encoding: str) -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file))


def _rewrite(path: Path, encoding: str, lines: list[list[str]]) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(lines)


def _encoding(path: Path) -> str:
    return "cp932" if path.parent.name == "crm" else "utf-8"


def _spoil_cell(
    files: dict[str, Path], name: str, position: float, column: str, text: str, kind: str
) -> Mistake | None:
    """Writes `text` into a column of the line at that share of the file."""
    if name not in files:
        return None
    path = files[name]
    lines = _lines(path, _encoding(path))
    index = max(1, int(len(lines) * position))
    lines[index][lines[0].index(column)] = text
    _rewrite(path, _encoding(path), lines)
    return Mistake(path, index + 1, column, text, kind)


def _repeat_line(files: dict[str, Path], name: str, position: float) -> Mistake | None:
    if name not in files:
        return None
    path = files[name]
    lines = _lines(path, _encoding(path))
    index = max(1, int(len(lines) * position))
    lines.insert(index + 1, lines[index])
    _rewrite(path, _encoding(path), lines)
    return Mistake(path, index + 2, None, ",".join(lines[index]), "repeated")


def _add_field(files: dict[str, Path], name: str, position: float) -> Mistake | None:
    """A comma too many: the memo was typed with one and the system did not quote it."""
    if name not in files:
        return None
    path = files[name]
    lines = _lines(path, _encoding(path))
    index = max(1, int(len(lines) * position))
    lines[index].append("至急")
    _rewrite(path, _encoding(path), lines)
    return Mistake(path, index + 1, None, ",".join(lines[index]), "ragged_row")
