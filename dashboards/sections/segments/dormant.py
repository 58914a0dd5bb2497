"""Customers who went quiet."""

import polars as pl

from dashboards import consent, filters, frame, levels
from dashboards.frame import Frame
from dashboards.queries import segments
from dashboards.sections.segments.lists import BELOW, nothing
from dashboards.tables import Column

DORMANT = "mart_dormant"


def show_dormant(page: Frame) -> None:
    """Lost customers and leads nobody spoke to for 90 days, whom to approach first first."""
    text, formats = page.text, page.formats
    kinds = segments.dormant_kinds(page.snapshot)
    title = text("segments.dormant")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        definition=text("segments.dormant_help"),
        notes=[text("segments.dormant_note")],
    )
    if kinds.is_empty():
        nothing(page, "dormant")
        return
    by_kind = {row["dormant_kind"]: row for row in kinds.to_dicts()}
    kind = filters.segments(
        "kind",
        tuple(by_kind),
        default=next(iter(by_kind)),
        label=text("segments.dormant_kind"),
        show=lambda name: text(
            "segments.dormant_count",
            kind=text.code("segments.dormant_name", name),
            count=formats.count(by_kind[name]["customer_count"]),
        ),
        clears=BELOW,
    )
    rows = segments.dormant(page.snapshot, kind)
    levels.show_match(page, rows.total("last_mrr"), by_kind[kind]["last_mrr"], formats.money)
    answers = {
        True: text("customer.said_yes"),
        False: text("customer.said_no"),
        None: text("customer.unsaid"),
    }

    def words(name: str, values: list[str]) -> pl.Series:
        return pl.Series(name, values, dtype=pl.String)

    def in_words(rows: pl.DataFrame) -> pl.DataFrame:
        listed = rows.to_dicts()
        return levels.named(page, rows).with_columns(
            words(
                "why",
                [
                    row["lost_reason"] or text.code("churn_reason", row["reason_code"] or "none")
                    for row in listed
                ],
            ),
            words(
                "contact",
                [text.code("contact_kind", row["last_contact_kind"] or "") for row in listed],
            ),
            words("email", [answers[row["has_email_consent"]] for row in listed]),
            words("phone", [answers[row["has_phone_consent"]] for row in listed]),
        )

    levels.show(
        page,
        levels.of_customers(page, title, DORMANT, label=text("segments.choose_customer")),
        rows,
        [
            Column("reapproach_rank", text("segments.order"), "count"),
            Column("customer", text("column.customer"), is_pinned=True),
            Column("last_mrr", text("segments.last_mrr"), "money"),
            Column("last_deal_amount", text("segments.last_deal"), "money"),
            Column("churned_on", text("retention.churned_on"), "date"),
            Column("why", text("column.reason")),
            Column("last_contact_date", text("customer.fact.last_contact_date"), "date"),
            Column("contact", text("segments.contact_kind")),
            Column("silent_days", text("segments.silent_days"), "count"),
            Column("owner", text("customer.fact.owner")),
            Column("email", text("segments.consent_email")),
            Column("phone", text("segments.consent_phone")),
        ],
        describe=levels.of_name,
        in_words=in_words,
        more=lambda: consent.offer(page, "dormant", rows.all),
    )
