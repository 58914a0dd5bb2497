"""請求・入金: what is owed, what came in and settled what, why billed MRR is not contract MRR.

One view at a time, named in the URL; every view goes down to customers and invoices.
"""

import shlex
from collections.abc import Sequence
from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import charts, filters, frame, levels, source_line, tables, tiles
from dashboards.aging import NOT_DUE, bucket_name
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import cash
from dashboards.tables import Column

MONTHS_SHOWN = 24
MONTHS_OF_HISTORY = 13
STATES = ("review", "unmatched", "partial", "unapplied", "matched")  # what waits comes first
NEEDS_DECISION = ("review", "unmatched")
INVOICES = "billing.invoices"  # the entity invoices were landed as
BELOW_BUCKET = ("customer", "invoice")


def main(page: Frame) -> None:
    """KPI of the newest month → one of the views."""
    months = cash.months(page.snapshot)
    show_tiles(page, months)
    view = filters.segments(
        "view",
        tuple(VIEWS),
        default=next(iter(VIEWS)),
        label=page.text("cash.view"),
        show=lambda name: page.text(f"cash.view_name.{name}"),
        clears=("bucket", "state", "item", "currency", "customer", "invoice", "receipt"),
    )
    VIEWS[view](page)


def show_tiles(page: Frame, months: pl.DataFrame) -> None:
    """The newest month's receivables, billing, receipts and DSO, and the month's failures."""
    if months.is_empty():
        return
    text = page.text
    history = months.tail(MONTHS_OF_HISTORY).to_dicts()
    now, before = history[-1], history[-2] if len(history) > 1 else {}
    st.caption(text("cash.tiles_month", month=page.formats.month(now["month"])))
    with st.container(key="tiles"):
        for column, kind, is_more_better in (
            ("ar_balance", "money", False),
            ("billed_incl_tax", "money", True),
            ("collected", "money", True),
            ("dso_days", "ratio", False),
        ):
            reason = now.get(f"{column}_null_reason")
            line = [float("nan" if row[column] is None else row[column]) for row in history]
            name = page.metric_name("mart_cash_monthly", column)
            tiles.show(
                text("cash.in_days", name=name) if column == "dso_days" else name,
                kind,
                now[column],
                before.get(column),
                page.formats,
                compared_with=text("home.to_previous_month"),
                without_change=text.code("null_reason", reason)
                if reason
                else text("home.nothing_to_compare"),
                definition=page.definition("mart_cash_monthly", column),
                is_more_better=is_more_better,
                line=line if len(line) > 1 else None,
            )


def nothing(page: Frame, what: str) -> None:
    """What to deliver so that the view fills."""
    st.info(page.text(f"cash.empty.{what}"), icon=":material/inbox:")


# ---- receivables by due date ----


def show_aging(page: Frame) -> None:
    """Buckets by days overdue → customers → invoices → what settled the invoice."""
    text, formats = page.text, page.formats
    buckets = cash.buckets(page.snapshot)
    title = text("cash.aging")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[("mart_ar_aging", "balance")],
        notes=[text("cash.aging_note")],
    )
    if buckets.is_empty():
        nothing(page, "aging")
        return
    bars = [
        charts.Bar(
            bucket_name(page, row["bucket"]),
            formats.money_pixels(row["balance"]),
            formats.money(row["balance"]),
            "level" if row["bucket"] in NOT_DUE else "less",
            {"bucket": row["bucket"]},
        )
        for row in buckets.to_dicts()
    ]
    charts.show(
        charts.bars(bars, formats.money_unit(), page.is_dark),
        key="aging",
        alt=title,
        clears=BELOW_BUCKET,
    )
    in_words = buckets.with_columns(
        pl.Series("bucket_name", [bucket_name(page, code) for code in buckets["bucket"]])
    )
    bucket = levels.show(
        page,
        levels.Level(
            "bucket", "bucket", title, text("cash.choose_bucket"), "mart_ar_aging", BELOW_BUCKET
        ),
        in_words,
        [
            Column("bucket_name", text("cash.bucket"), is_pinned=True),
            Column("balance", text("cash.balance"), "money"),
            Column("customer_count", text("column.customers"), "count"),
            Column("invoice_count", text("cash.invoices"), "count"),
        ],
        describe=lambda row: row["bucket_name"],
    )
    if bucket is not None:
        show_bucket(page, bucket)


def show_bucket(page: Frame, bucket: dict) -> None:
    """The customers who owe in the bucket."""
    text, formats = page.text, page.formats
    customers = levels.named(page, cash.bucket_customers(page.snapshot, bucket["bucket"]))
    title = text(
        "cash.bucket_customers",
        bucket=bucket["bucket_name"],
        count=formats.count(customers.height),
        sum=formats.money(bucket["balance"]),
    )
    st.markdown(title)
    total = sum(customers["balance"], Decimal(0))
    levels.show_match(page, total, bucket["balance"], formats.money)
    customer = levels.show(
        page,
        levels.Level(
            "customer",
            "customer_key",
            title,
            text("cash.choose_customer"),
            "mart_ar_aging_customer",
            ("invoice",),
        ),
        customers,
        [
            Column("customer", text("column.customer"), is_pinned=True),
            Column("balance", text("cash.balance"), "money"),
            Column("invoice_count", text("cash.invoices"), "count"),
            Column("longest_overdue_days", text("cash.longest_overdue"), "count"),
        ],
        describe=lambda row: row["customer"],
    )
    if customer is not None:
        show_open_invoices(page, bucket, customer)


def show_open_invoices(page: Frame, bucket: dict, customer: dict) -> None:
    """The customer's open invoices of the bucket."""
    text, formats = page.text, page.formats
    invoices = cash.bucket_invoices(page.snapshot, bucket["bucket"], customer["customer_key"])
    title = text(
        "cash.open_invoices",
        customer=literal(customer["customer"]),
        bucket=bucket["bucket_name"],
        sum=formats.money(customer["balance"]),
    )
    st.markdown(title)
    total = sum(invoices["balance"], Decimal(0))
    levels.show_match(page, total, customer["balance"], formats.money)
    invoice = levels.show(
        page,
        levels.Level("invoice", "invoice_key", title, text("cash.choose_invoice"), "mart_ar_aging"),
        native(page, invoices, "total_native", "balance_native"),
        [
            Column("invoice_id", text("cash.invoice_id"), is_pinned=True),
            Column("due_date", text("cash.due_date"), "date"),
            Column("overdue_days", text("cash.overdue_days"), "count"),
            Column("balance", text("cash.balance"), "money"),
            Column("balance_native_text", text("cash.balance_native")),
            Column("total_native_text", text("cash.total_native")),
            Column("issue_date", text("cash.issue_date"), "date"),
        ],
        describe=lambda row: row["invoice_id"],
    )
    if invoice is not None:
        show_invoice(page, invoice["invoice_key"])


def show_invoice(page: Frame, invoice_key: str) -> None:
    """One invoice: what was billed, what settled it, what is owed; and its lines."""
    text, formats = page.text, page.formats
    found = cash.invoice(page.snapshot, invoice_key)
    if found.is_empty():
        return
    invoice = found.row(0, named=True)
    st.markdown(text("cash.invoice", invoice=literal(invoice["invoice_id"])))
    parts = pl.DataFrame(
        {
            "what": [text(f"cash.invoice_part.{name}") for name in INVOICE_PARTS],
            "amount": [
                formats.native(invoice[name], invoice["currency"]) for name in INVOICE_PARTS
            ],
        }
    )
    tables.show(
        parts,
        [Column("what", text("column.heading")), Column("amount", text("column.value"))],
        formats,
        key="invoice_parts",
        alt=text("cash.invoice_lines"),
    )
    show_invoice_lines(page, invoice_key)
    if invoice["file_name"]:
        st.markdown(text("cash.invoice_source", source=literal(source_line.name(page, invoice))))
        source_line.show(page, invoice, INVOICES)


def show_invoice_lines(page: Frame, invoice_key: str) -> None:
    """The lines of an invoice."""
    text = page.text
    lines = native(page, cash.invoice_lines(page.snapshot, invoice_key), "amount_native")
    if lines.is_empty():
        return
    title = text("cash.invoice_lines")
    st.markdown(title)
    levels.show(
        page,
        levels.Level("lines", "line_no", title, "", "fct_invoice_line"),
        lines.with_columns(
            pl.Series("type_name", [text.code("line_type", code) for code in lines["line_type"]])
        ),
        [
            Column("line_no", text("cash.line_no"), "count"),
            Column("type_name", text("cash.line_type")),
            Column("plan_id", text("column.plan_id")),
            Column("contract_id", text("column.contract_id")),
            Column("amount_native_text", text("cash.amount_native")),
            Column("service_start_date", text("cash.service_start"), "date"),
            Column("service_end_excl", text("cash.service_end_excl"), "date"),
        ],
        describe=str,
        is_chosen_here=False,
    )


INVOICE_PARTS = (
    "total_native",
    "allocated_native",
    "fee_diff_native",
    "credited_native",
    "settled_otherwise_native",
    "balance_native",
)


def native(page: Frame, rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The rows with `<column>_text`: the amount with its currency."""
    return rows.with_columns(
        pl.Series(
            f"{column}_text",
            [page.formats.native(row[column], row["currency"]) for row in rows.to_dicts()],
            dtype=pl.String,
        )
        for column in columns
    )


# ---- receipts and what they settled ----


def show_application(page: Frame) -> None:
    """Receipts by state → the receipts → how to accept, take back or name the payer."""
    text, formats = page.text, page.formats
    states = cash.receipt_states(page.snapshot)
    title = text("cash.application")
    frame.heading(
        page,
        title,
        unit=text("cash.contract_currency"),
        definition=text("cash.application_help"),
        notes=[text("cash.application_note")],
    )
    if states.is_empty():
        nothing(page, "application")
        return
    waiting = states.filter(pl.col("application_status").is_in(NEEDS_DECISION))
    count = sum(waiting["receipt_count"])
    if count:
        st.warning(
            text("cash.waiting", count=formats.count(count)), icon=":material/pending_actions:"
        )
    else:
        st.success(text("cash.nothing_waits"), icon=":material/task_alt:")
    named = [text.code("application_status", code) for code in states["application_status"]]
    levels.show(
        page,
        levels.Level("states", "application_status", title, "", "mart_cash_application"),
        with_words(page, native(page, states, "amount_native")).with_columns(
            pl.Series("state_name", named, dtype=pl.String)
        ),
        [
            Column("state_name", text("column.state"), is_pinned=True),
            Column("how", text("cash.how")),
            Column("why", text("column.reason")),
            Column("receipt_count", text("cash.receipt_count"), "count"),
            Column("amount_native_text", text("cash.received_amount")),
        ],
        describe=str,
        is_chosen_here=False,
    )
    present = [name for name in STATES if name in set(states["application_status"])]
    state = filters.segments(
        "state",
        present,
        default=present[0],
        label=text("cash.choose_state"),
        show=lambda name: text.code("application_status", name),
        clears=("receipt",),
    )
    show_receipts(page, state, states.filter(pl.col("application_status") == state))


def show_receipts(page: Frame, state: str, summary: pl.DataFrame) -> None:
    """The receipts of one state, and what may be done with the chosen one."""
    text, formats = page.text, page.formats
    receipts = cash.receipts(page.snapshot, state)
    count = sum(summary["receipt_count"])
    st.markdown(
        text(
            "cash.receipts",
            state=text.code("application_status", state),
            count=formats.count(receipts.height),
        )
    )
    levels.show_match(page, receipts.height, count, formats.count)
    listed = with_words(page, levels.named(page, native(page, receipts, "amount_native")))
    receipt = levels.show(
        page,
        levels.Level(
            "receipt",
            "receipt_key",
            text("cash.application"),
            text("cash.choose_receipt"),
            "mart_cash_application",
        ),
        listed,
        [
            Column("received_date", text("cash.received_date"), "date"),
            Column("source_id", text("cash.receipt_id")),
            Column("customer", text("column.customer")),
            Column("amount_native_text", text("cash.received_amount")),
            Column("how", text("cash.how")),
            Column("why", text("column.reason")),
            Column("settled_invoice_ids", text("cash.settled_invoices")),
            Column("proposal_invoice_ids", text("cash.proposal")),
            Column("decided_by", text("cash.decided_by")),
        ],
        describe=lambda row: text(
            "cash.receipt_name",
            receipt=row["source_id"],
            date=formats.date(row["received_date"]),
            amount=row["amount_native_text"],
        ),
    )
    if receipt is not None:
        show_decision(page, state, receipt)


def show_decision(page: Frame, state: str, receipt: dict) -> None:
    """The commands that accept, take back or name the payer, ready to copy."""
    text = page.text
    st.markdown(text("cash.receipt", receipt=literal(receipt["source_id"])))
    payer = cash.payer(page.snapshot, receipt["receipt_key"])
    facts = [
        text("cash.fact_payer", payer=literal(payer)) if payer else "",
        text("cash.fact_proposal", invoices=literal(receipt["proposal_invoice_ids"]))
        if receipt["proposal_invoice_ids"]
        else "",
        text(
            "cash.fact_decided",
            by=literal(receipt["decided_by"]),
            at=page.formats.instant(receipt["decided_at"]),
            why=literal(receipt["decision_reason"] or ""),
        )
        if receipt["decided_by"]
        else "",
    ]
    st.markdown("\n".join(fact for fact in facts if fact) or text("cash.fact_none"))
    for name, command in commands_for(page, state, receipt, payer):
        st.caption(text(f"cash.command.{name}"))
        st.code(command, language="shell", wrap_lines=True)
    st.caption(text("cash.command_note"))


def commands_for(
    page: Frame, state: str, receipt: dict, payer: str | None
) -> Sequence[tuple[str, str]]:
    """What may be done with a receipt in this state, as commands; values are quoted for a shell."""
    text = page.text
    why = shlex.quote(text("cash.command_reason"))
    key = shlex.quote(receipt["receipt_key"])
    home = shlex.quote(str(page.home))
    start = ("keizoku", "--home", home, "cash")
    accept = ("accept", " ".join((*start, "accept", key, "--reason", why)))
    choose = (
        "choose",
        " ".join(
            (*start, "accept", key, "--invoice", text("cash.command_invoice"), "--reason", why)
        ),
    )
    reject = ("reject", " ".join((*start, "reject", key, "--reason", why)))
    if state in ("matched", "partial"):
        return [reject]
    found = [accept] if receipt["proposal_invoice_ids"] else []
    found.append(choose)
    if payer and state == "unmatched":
        alias = (*start, "alias", shlex.quote(payer), text("cash.command_customer"))
        found.append(("alias", " ".join((*alias, "--reason", why))))
    return found


def with_words(page: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `how` (the rule that matched) and `why` (the reason) in words."""
    text = page.text
    none = text("format.missing")
    return rows.with_columns(
        pl.Series(
            "how",
            [text.code("match_rule", code) if code else none for code in rows["match_rule"]],
            dtype=pl.String,
        ),
        pl.Series(
            "why",
            [text.code("match_reason", code) if code else none for code in rows["reason"]],
            dtype=pl.String,
        ),
    )


# ---- billing and receipts by month ----


def show_months(page: Frame) -> None:
    """Billed, collected, owed and DSO by month."""
    text, formats = page.text, page.formats
    months = cash.months(page.snapshot)
    title = text("cash.months")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[("mart_cash_monthly", "collected")],
    )
    if months.is_empty():
        nothing(page, "months")
        return
    shown = months.tail(MONTHS_SHOWN)
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            page.metric_name("mart_cash_monthly", column),
            formats.money_pixels(row[column]),
            formats.money(row[column]),
        )
        for row in shown.to_dicts()
        for column in ("billed_incl_tax", "collected")
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="months", alt=title)

    name = page.metric_name("mart_cash_monthly", "dso_days")
    frame.heading(
        page,
        name,
        unit=text("cash.days"),
        metrics=[("mart_cash_monthly", "dso_days")],
    )
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            name,
            row["dso_days"],
            formats.ratio(row["dso_days"], row["dso_days_null_reason"]),
        )
        for row in shown.to_dicts()
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=text("cash.days"),
        is_dark=page.is_dark,
        mark="line",
    )
    charts.show(chart, key="dso", alt=name)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        *(
            Column(column, page.metric_name("mart_cash_monthly", column), kind)
            for column, kind in (
                ("billed_incl_tax", "money"),
                ("collected", "money"),
                ("ar_balance", "money"),
                ("dso_days", "ratio"),
            )
        ),
    ]
    tables.show(shown.reverse(), columns, formats, key="months_table", alt=title)
    levels.reasons(page, shown, columns)
    tables.download(page, lambda: months, columns, name="cash_monthly", key="months_csv")


# ---- ways to pay ----


def show_mix(page: Frame) -> None:
    """The share of each way to pay, by month, and the month's figures."""
    text, formats = page.text, page.formats
    mix = cash.mix(page.snapshot)
    title = text("cash.mix")
    frame.heading(
        page,
        title,
        unit=text("cash.percent"),
        metrics=[("mart_payment_mix", "collected_share_rate")],
        notes=[page.metric_name("mart_payment_mix", "collected_share_rate")],
    )
    if mix.is_empty():
        nothing(page, "mix")
        return
    months = {f"{month:%Y-%m}": month for month in mix["month"].unique().sort()}
    first = list(months.values())[-MONTHS_SHOWN:][0]
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            text.code("payment_method", row["payment_method"]),
            row["collected_share_rate"],
            formats.rate(row["collected_share_rate"], row["collected_share_rate_null_reason"]),
            {"month": f"{row['month']:%Y-%m}"},
        )
        for row in mix.filter(pl.col("month") >= first).to_dicts()
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=text("cash.percent"),
        is_dark=page.is_dark,
        mark="stacked",
        axis_format="%",
    )
    charts.show(chart, key="mix", alt=title)
    month = choose_month(page, months)
    of_month = mix.filter(pl.col("month") == month).sort("mrr", descending=True)
    columns = [
        Column("method", text("cash.method"), is_pinned=True),
        Column("customer_count", text("column.customers"), "count"),
        *(
            Column(column, page.metric_name("mart_payment_mix", column), kind)
            for column, kind in (("customer_share_rate", "rate"), ("mrr_share_rate", "rate"))
        ),
        Column("mrr", text("cash.mrr"), "money"),
        Column("collected", text("cash.collected"), "money"),
        Column(
            "collected_share_rate",
            page.metric_name("mart_payment_mix", "collected_share_rate"),
            "rate",
        ),
    ]
    in_words = method_names(page, of_month)
    tables.show(in_words, columns, formats, key="mix_table", alt=title)
    levels.reasons(page, of_month, columns)
    tables.download(
        page,
        lambda: method_names(page, mix),
        [Column("month", text("column.month"), "month"), *columns],
        name="payment_mix",
        key="mix_csv",
    )


def method_names(page: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `method`: the way to pay in words."""
    words = [page.text.code("payment_method", code) for code in rows["payment_method"]]
    return rows.with_columns(pl.Series("method", words, dtype=pl.String))


def choose_month(page: Frame, months: dict) -> object:
    """The month in the URL, the newest when it names none."""
    chosen = filters.select(
        "month",
        list(reversed(months)),
        default=next(reversed(months)),
        label=page.text("home.month"),
        show=lambda name: page.formats.month(months[name]),
        clears=("customer", "invoice"),
        width=200,
    )
    return months[chosen]


# ---- failures and recovery ----


def show_failures(page: Frame) -> None:
    """How often collecting fails at the first attempt, what comes back, and why it failed."""
    text, formats = page.text, page.formats
    dunning = cash.dunning(page.snapshot)
    title = text("cash.failures")
    rates = ("payment_failure_rate", "payment_recovery_rate", "involuntary_loss_rate")
    frame.heading(
        page,
        title,
        unit=text("cash.percent"),
        metrics=[("mart_dunning", column) for column in rates],
        notes=[text("cash.failures_note")],
    )
    if dunning.is_empty():
        nothing(page, "failures")
        return
    shown = dunning.tail(MONTHS_SHOWN)
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            page.metric_name("mart_dunning", column),
            row[column],
            formats.rate(row[column], row[f"{column}_null_reason"]),
        )
        for column in rates
        for row in shown.to_dicts()
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=text("cash.percent"),
        is_dark=page.is_dark,
        mark="line",
        axis_format="%",
    )
    charts.show(chart, key="failures", alt=title)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("first_attempt_count", text("cash.first_attempts"), "count"),
        Column("failed_first_attempt_count", text("cash.failed"), "count"),
        Column("recovered_count", text("cash.recovered"), "count"),
        Column("lost_count", text("cash.lost"), "count"),
        *(Column(column, page.metric_name("mart_dunning", column), "rate") for column in rates),
    ]
    tables.show(shown.reverse(), columns, formats, key="failures_table", alt=title)
    levels.reasons(page, shown, columns)
    tables.download(page, lambda: dunning, columns, name="dunning", key="failures_csv")
    month = choose_month(
        page, {f"{row['month']:%Y-%m}": row["month"] for row in dunning.to_dicts()}
    )
    show_codes(page, month, dunning.filter(pl.col("month") == month).row(0, named=True))


def show_codes(page: Frame, month, above: dict) -> None:
    """Why the month's first attempts failed."""
    text, formats = page.text, page.formats
    codes = cash.failures(page.snapshot, month)
    st.markdown(text("cash.codes", month=formats.month(month)))
    total = sum(codes["failed_first_attempt_count"])
    levels.show_match(page, total, above["failed_first_attempt_count"], formats.count)
    if codes.is_empty():
        return
    in_words = codes.with_columns(
        pl.Series("code", [text.code("failure_code", code) for code in codes["failure_code"]])
    )
    columns = [
        Column("code", text("column.reason"), is_pinned=True),
        Column("failed_first_attempt_count", text("cash.failed"), "count"),
        Column("failure_share_rate", text("cash.failure_share"), "rate"),
        Column("recovered_count", text("cash.recovered"), "count"),
        Column("lost_count", text("cash.lost"), "count"),
        Column("recovery_rate", text("cash.recovery_rate"), "rate"),
    ]
    tables.show(in_words, columns, formats, key="codes", alt=text("cash.failures"))
    levels.reasons(page, codes, columns)
    tables.download(page, lambda: in_words, columns, name="dunning_code", key="codes_csv")


# ---- deferred revenue ----


def show_deferred(page: Frame) -> None:
    """Billed and not yet earned at each month-end → customers → invoice lines."""
    text, formats = page.text, page.formats
    by_month = cash.deferred_by_month(page.snapshot)
    title = text("cash.deferred")
    if by_month.is_empty():
        frame.heading(
            page,
            title,
            unit=text("cash.contract_currency"),
            metrics=[("mart_deferred_revenue", "deferred_native")],
        )
        nothing(page, "deferred")
        return
    currencies = by_month["currency"].unique().sort().to_list()
    currency = filters.segments(
        "currency",
        currencies,
        default=formats.currency if formats.currency in currencies else currencies[0],
        label=text("cash.currency"),
        show=str,
        clears=("customer", "invoice"),
    )
    frame.heading(
        page,
        title,
        unit=currency,
        metrics=[("mart_deferred_revenue", "deferred_native")],
        notes=[text("cash.deferred_note")],
    )
    of_currency = by_month.filter(pl.col("currency") == currency)
    shown = of_currency.tail(MONTHS_SHOWN)
    names = {
        column: page.metric_name("mart_deferred_revenue", column)
        for column in ("deferred_native", "recognised_native")
    }
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            name,
            row[column],
            formats.native(row[column], currency),
        )
        for row in shown.to_dicts()
        for column, name in names.items()
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=currency,
        is_dark=page.is_dark,
    )
    charts.show(chart, key="deferred", alt=title)
    months = {f"{row['month']:%Y-%m}": row["month"] for row in of_currency.to_dicts()}
    month = choose_month(page, months)
    above = of_currency.filter(pl.col("month") == month).row(0, named=True)
    show_deferred_customers(page, month, currency, above, names)


def show_deferred_customers(page: Frame, month, currency: str, above: dict, names: dict) -> None:
    """The customers behind a month's deferred revenue, and the lines of one of them."""
    text, formats = page.text, page.formats
    customers = levels.named(page, cash.deferred_customers(page.snapshot, month, currency))
    st.markdown(
        text(
            "cash.deferred_customers",
            month=formats.month(month),
            count=formats.count(customers.height),
            sum=formats.native(above["deferred_native"], currency),
        )
    )

    def amount(value: Decimal) -> str:
        return formats.native(value, currency)

    total = sum(customers["deferred_native"], Decimal(0))
    levels.show_match(page, total, above["deferred_native"], amount)
    both = [Column(f"{column}_text", name) for column, name in names.items()]
    with_currency = customers.with_columns(pl.lit(currency).alias("currency"))
    customer = levels.show(
        page,
        levels.Level(
            "customer",
            "customer_key",
            text("cash.deferred"),
            text("cash.choose_customer"),
            "mart_deferred_revenue",
            ("invoice",),
        ),
        native(page, with_currency, *names),
        [
            Column("customer", text("column.customer"), is_pinned=True),
            *both,
            Column("line_count", text("cash.lines"), "count"),
        ],
        describe=lambda row: row["customer"],
    )
    if customer is None:
        return
    lines = cash.deferred_lines(page.snapshot, month, currency, customer["customer_key"])
    st.markdown(
        text(
            "cash.deferred_lines",
            customer=literal(customer["customer"]),
            sum=amount(customer["deferred_native"]),
        )
    )
    total = sum(lines["deferred_native"], Decimal(0))
    levels.show_match(page, total, customer["deferred_native"], amount)
    in_words = native(page, lines, "amount_native", *names).with_columns(
        pl.Series("type_name", [text.code("line_type", code) for code in lines["line_type"]])
    )
    line = levels.show(
        page,
        levels.Level(
            "invoice",
            "invoice_line_key",
            text("cash.deferred"),
            text("cash.choose_invoice"),
            "mart_deferred_revenue",
        ),
        in_words,
        [
            Column("invoice_id", text("cash.invoice_id"), is_pinned=True),
            Column("type_name", text("cash.line_type")),
            Column("amount_native_text", text("cash.amount_native")),
            *both,
            Column("service_start_date", text("cash.service_start"), "date"),
            Column("service_end_excl", text("cash.service_end_excl"), "date"),
        ],
        describe=lambda row: text("cash.line_name", invoice=row["invoice_id"], line=row["line_no"]),
    )
    if line is not None:
        show_invoice(page, line["invoice_key"])


# ---- contract MRR to billed MRR ----


def show_bridge(page: Frame) -> None:
    """Contract MRR to billed MRR of a month, by reason → the contracts that differ."""
    text, formats = page.text, page.formats
    bridge = cash.bridge(page.snapshot)
    metrics = [("mart_mrr_bridge", "mrr_change")]
    if bridge.is_empty():
        frame.heading(page, text("cash.bridge_empty"), unit=formats.money_unit(), metrics=metrics)
        nothing(page, "bridge")
        return
    months = {f"{month:%Y-%m}": month for month in bridge["month"].unique().sort()}
    month = choose_month(page, months)
    items = bridge.filter(pl.col("month") == month)
    title = text("cash.bridge", month=formats.month(month))
    bars = bridge_steps(page, items)
    start = charts.axis_start(bars)
    notes = [text("chart.cut_axis", start=formats.money_digits(start))] if start else []
    frame.heading(page, title, unit=formats.money_unit(), metrics=metrics, notes=notes)
    charts.show(charts.waterfall(bars, formats.money_unit(), page.is_dark), key="bridge", alt=title)
    total = sum(items["mrr_change"], items["contract_mrr"][0])
    levels.show_match(page, total, items["billed_mrr"][0], formats.money)
    item = levels.show(
        page,
        levels.Level(
            "item",
            "bridge_item",
            title,
            text("cash.choose_item"),
            "mart_mrr_bridge",
            ("difference",),
        ),
        items.with_columns(
            pl.Series("name", [text.code("bridge_item", code) for code in items["bridge_item"]]),
            pl.Series(
                "meaning", [text.code("bridge_meaning", code) for code in items["bridge_item"]]
            ),
        ),
        [
            Column("name", text("column.reason"), is_pinned=True),
            Column("mrr_change", text("cash.difference"), "money"),
            Column("customer_count", text("column.customers"), "count"),
            Column("meaning", text("cash.meaning")),
        ],
        describe=lambda row: row["name"],
    )
    if item is not None:
        show_differences(page, month, item)
    show_bridge_months(page, bridge)


def bridge_steps(page: Frame, items: pl.DataFrame) -> list[charts.Step]:
    """The bars from contract MRR to billed MRR; reasons that explain nothing have none."""
    text, formats = page.text, page.formats
    level = items["contract_mrr"][0]
    first = charts.Step(
        text("cash.contract_mrr"), formats.money_pixels(level), None, formats.money(level)
    )
    found = [first]
    for row in items.to_dicts():
        if not row["mrr_change"]:
            continue
        level += row["mrr_change"]
        found.append(
            charts.Step(
                text.code("bridge_item", row["bridge_item"]),
                formats.money_pixels(level),
                formats.money_pixels(row["mrr_change"]),
                formats.money_signed(row["mrr_change"]),
            )
        )
    billed = items["billed_mrr"][0]
    last = charts.Step(
        text("cash.billed_mrr"), formats.money_pixels(billed), None, formats.money(billed)
    )
    return [*found, last]


def show_differences(page: Frame, month, item: dict) -> None:
    """The customers and contracts one reason makes differ."""
    text, formats = page.text, page.formats
    rows = cash.differences(page.snapshot, month, item["bridge_item"])
    st.markdown(
        text(
            "cash.differences",
            item=item["name"],
            month=formats.month(month),
            count=formats.count(rows.height),
            sum=formats.money_signed(item["mrr_change"]),
        )
    )
    total = cash.difference_sum(page.snapshot, month, item["bridge_item"])
    levels.show_match(page, total, item["mrr_change"], formats.money_signed)
    if rows.is_empty():
        return
    levels.show(
        page,
        levels.Level("difference", "bridge_key", item["name"], "", "fct_mrr_bridge"),
        levels.named(page, rows).with_columns(pl.lit(item["name"]).alias("item")),
        [
            Column("customer", text("column.customer"), is_pinned=True),
            Column("contract_id", text("column.contract_id")),
            Column("item", text("column.reason")),
            Column("mrr_change", text("cash.difference"), "money"),
            Column("contract_mrr", text("cash.contract_mrr"), "money"),
            Column("billed_mrr", text("cash.billed_mrr"), "money"),
        ],
        describe=lambda row: row["customer"],
        is_chosen_here=False,
    )


def show_bridge_months(page: Frame, bridge: pl.DataFrame) -> None:
    """Every month's bridge as a table, newest first."""
    text, formats = page.text, page.formats
    items = bridge.unique("bridge_item", maintain_order=True).sort("item_order")["bridge_item"]
    grid = bridge.pivot(
        "bridge_item", index=["month", "contract_mrr", "billed_mrr"], values="mrr_change"
    ).sort("month", descending=True)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("contract_mrr", text("cash.contract_mrr"), "money"),
        *(Column(code, text.code("bridge_item", code), "money") for code in items),
        Column("billed_mrr", text("cash.billed_mrr"), "money"),
    ]
    title = text("cash.bridge_months")
    st.subheader(title, anchor=False)
    tables.show(grid.head(MONTHS_SHOWN), columns, formats, key="bridge_months", alt=title)
    tables.download(page, lambda: grid, columns, name="mrr_bridge", key="bridge_csv")


VIEWS = {
    "aging": show_aging,
    "application": show_application,
    "months": show_months,
    "mix": show_mix,
    "failures": show_failures,
    "deferred": show_deferred,
    "bridge": show_bridge,
}

main(frame.current())
