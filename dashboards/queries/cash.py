"""Receivables, receipts and what they settled, ways to pay, deferred revenue, billed MRR."""

from datetime import date
from decimal import Decimal

import polars as pl

from dashboards.queries.cache import cached
from dashboards.queries.listing import Listing
from dashboards.warehouse import Snapshot, rows


@cached
def months(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month, oldest first; all of mart_cash_monthly."""
    return rows(snapshot, "select * from mart_cash_monthly order by month")


@cached
def rollforward(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month, oldest first: how receivables became those of its end."""
    return rows(snapshot, "select * from mart_receivables_rollforward order by month")


# ---- receivables by due date ----


@cached
def buckets(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per aging bucket with something owed, not yet due first."""
    return rows(
        snapshot,
        """
        select
            bucket,
            bucket_no,
            count(distinct customer_key) as customer_count,
            count(*) as invoice_count,
            sum(balance) as balance
        from mart_ar_aging
        group by bucket, bucket_no
        order by bucket_no
        """,
    )


def bucket_customers(snapshot: Snapshot, bucket: str) -> Listing:
    """Grain: one row per customer with something owed in the bucket, the largest first."""
    return Listing(
        snapshot,
        """
        select customer_key, invoice_count, balance, longest_overdue_days
        from mart_ar_aging_customer
        where bucket = ?
        order by balance desc, customer_key
        """,
        (bucket,),
    )


@cached
def bucket_invoices(snapshot: Snapshot, bucket: str, customer_key: str) -> pl.DataFrame:
    """Grain: one row per open invoice of the customer in the bucket, the oldest first."""
    return rows(
        snapshot,
        """
        select
            invoice_key, invoice_id, issue_date, due_date, overdue_days, currency, total_native,
            balance_native, balance
        from mart_ar_aging
        where bucket = ? and customer_key = ?
        order by due_date, invoice_id, invoice_key
        """,
        (bucket, customer_key),
    )


@cached
def invoice(snapshot: Snapshot, invoice_key: str) -> pl.DataFrame:
    """One row: the invoice with what settled it, and the place it was read from."""
    return rows(
        snapshot,
        """
        select invoices.*, deliveries.file_name
        from fct_invoice as invoices
        left join obs_load_manifest as deliveries
            on
                invoices.delivery_id = deliveries.delivery_id
                and deliveries.entity = 'billing.invoices'
        where invoices.invoice_key = ?
        """,
        (invoice_key,),
    )


@cached
def invoice_lines(snapshot: Snapshot, invoice_key: str) -> pl.DataFrame:
    """Grain: one row per line of the invoice."""
    return rows(
        snapshot,
        """
        select
            line_no, contract_id, plan_id, line_type, currency, amount_native, tax_rate,
            service_start_date, service_end_excl
        from fct_invoice_line
        where invoice_key = ?
        order by line_no
        """,
        (invoice_key,),
    )


# ---- receipts ----


@cached
def receipt_states(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per state, reason and currency of receipts, with its count and sums."""
    return rows(
        snapshot,
        """
        select
            application_status,
            match_rule,
            reason,
            currency,
            count(*) as receipt_count,
            sum(amount_native) as amount_native,
            sum(unmatched_native) as unmatched_native,
            sum(unapplied_native) as unapplied_native
        from mart_cash_application
        group by application_status, match_rule, reason, currency
        order by application_status, match_rule, reason, currency
        """,
    )


def receipts(snapshot: Snapshot, application_status: str) -> Listing:
    """Grain: one row per receipt in the state, newest first."""
    return Listing(
        snapshot,
        """
        select
            receipt_key, source_id, customer_key, received_date, currency, amount_native,
            match_rule, reason, settled_invoice_ids, allocated_native, fee_diff_native,
            unapplied_native, unmatched_native, proposal_invoice_ids, decided_by, decided_at,
            decision_reason
        from mart_cash_application
        where application_status = ?
        order by received_date desc, receipt_key
        """,
        (application_status,),
    )


@cached
def payer(snapshot: Snapshot, receipt_key: str) -> str | None:
    """Who paid, as the bank or the payment says; None without the right to people."""
    if not snapshot.has_personal_columns:
        return None
    found = rows(
        snapshot,
        "select payer_name from pii.mart_cash_application where receipt_key = ?",
        (receipt_key,),
    )
    return found.item() if found.height else None


# ---- ways to pay, failures ----


@cached
def mix(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month and payment method; all of mart_payment_mix."""
    return rows(snapshot, "select * from mart_payment_mix order by month, payment_method")


@cached
def dunning(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month with first attempts to collect, oldest first."""
    return rows(snapshot, "select * from mart_dunning order by month")


@cached
def failures(snapshot: Snapshot, month: date) -> pl.DataFrame:
    """Grain: one row per failure code of the month, the most frequent first."""
    return rows(
        snapshot,
        """
        select * from mart_dunning_code
        where month = ?
        order by failed_first_attempt_count desc, failure_code
        """,
        (month,),
    )


# ---- deferred revenue ----


@cached
def deferred_by_month(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month and currency, oldest first."""
    return rows(
        snapshot,
        """
        select
            month,
            currency,
            sum(recognised_native) as recognised_native,
            sum(deferred_native) as deferred_native
        from mart_deferred_revenue
        group by month, currency
        order by month, currency
        """,
    )


def deferred_customers(snapshot: Snapshot, month: date, currency: str) -> Listing:
    """Grain: one row per customer with something earned or deferred in the month."""
    return Listing(
        snapshot,
        """
        select
            customer_key,
            count(*) as line_count,
            sum(recognised_native) as recognised_native,
            sum(deferred_native) as deferred_native
        from mart_deferred_revenue
        where month = ? and currency = ?
        group by customer_key
        order by deferred_native desc, recognised_native desc, customer_key
        """,
        (month, currency),
    )


@cached
def deferred_lines(
    snapshot: Snapshot, month: date, currency: str, customer_key: str
) -> pl.DataFrame:
    """Grain: one row per invoice line of the customer that counts in the month."""
    return rows(
        snapshot,
        """
        select
            lines.invoice_line_key,
            lines.invoice_key,
            invoices.invoice_id,
            lines.line_no,
            lines.line_type,
            lines.currency,
            lines.amount_native,
            lines.service_start_date,
            lines.service_end_excl,
            lines.recognised_native,
            lines.deferred_native
        from mart_deferred_revenue as lines
        left join fct_invoice as invoices on lines.invoice_key = invoices.invoice_key
        where lines.month = ? and lines.currency = ? and lines.customer_key = ?
        order by lines.deferred_native desc, invoices.invoice_id, lines.line_no
        """,
        (month, currency, customer_key),
    )


# ---- contract MRR to billed MRR ----


@cached
def bridge(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month and bridge item, oldest first."""
    return rows(
        snapshot,
        """
        select
            month, bridge_item, item_order, mrr_change, customer_count, contract_mrr, billed_mrr
        from mart_mrr_bridge
        order by month, item_order
        """,
    )


def differences(snapshot: Snapshot, month: date, bridge_item: str) -> Listing:
    """Grain: one row per customer and contract the item makes differ, the largest first."""
    return Listing(
        snapshot,
        """
        select
            bridge_key, customer_key, contract_id, mrr_change, contract_mrr, billed_mrr
        from fct_mrr_bridge
        where month = ? and bridge_item = ?
        order by abs(mrr_change) desc, bridge_key
        """,
        (month, bridge_item),
    )


@cached
def difference_sum(snapshot: Snapshot, month: date, bridge_item: str) -> Decimal:
    """The sum of what the item adds in the month, over all customers and contracts."""
    total = rows(
        snapshot,
        """
        select sum(mrr_change) as mrr_change
        from fct_mrr_bridge
        where month = ? and bridge_item = ?
        """,
        (month, bridge_item),
    ).item()
    return total or Decimal(0)
