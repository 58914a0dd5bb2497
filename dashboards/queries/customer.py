"""Everything about one customer: who it is, what it pays, what happened and where that was read."""

import polars as pl

from dashboards.queries.cache import cached
from dashboards.warehouse import Snapshot, rows


@cached
def count(snapshot: Snapshot) -> int:
    """How many customers there are."""
    return rows(snapshot, "select count(*) as customer_count from mart_customer_360").item()


@cached
def largest(snapshot: Snapshot, at_most: int) -> pl.DataFrame:
    """Grain: one row per customer, those with most MRR, the most first."""
    return rows(
        snapshot,
        "select * from mart_customer_360 order by mrr desc, customer_key limit ?",
        (at_most,),
    )


@cached
def by_kana(snapshot: Snapshot, at_most: int) -> pl.DataFrame:
    """Grain: one row per customer in the order of the syllabary, names without kana last. Needs
    the right to people.
    """
    return rows(
        snapshot,
        """
        select customers.*
        from mart_customer_360 as customers
        left join pii.dim_customer as people on customers.customer_key = people.customer_key
        order by people.display_name_kana nulls last, people.display_name, customers.customer_key
        limit ?
        """,
        (at_most,),
    )


@cached
def named_by(snapshot: Snapshot, customer_keys: tuple[str, ...]) -> pl.DataFrame:
    """Grain: one row per customer of these keys, the one with most MRR first."""
    return rows(
        snapshot,
        """
        select *
        from mart_customer_360
        where customer_key in (select unnest(?))
        order by mrr desc, customer_key
        """,
        [list(customer_keys)],
    )


@cached
def overview(snapshot: Snapshot, customer_key: str) -> dict | None:
    """The customer's row of mart_customer_360; None where there is no such customer."""
    found = rows(
        snapshot, "select * from mart_customer_360 where customer_key = ?", (customer_key,)
    )
    return found.row(0, named=True) if found.height else None


@cached
def attributes(snapshot: Snapshot, customer_key: str) -> dict:
    """What the sources say about the customer (dim_customer), without personal columns."""
    return rows(snapshot, "select * from dim_customer where customer_key = ?", (customer_key,)).row(
        0, named=True
    )


@cached
def person(snapshot: Snapshot, customer_key: str) -> dict | None:
    """The customer's personal columns; None without the right to people."""
    if not snapshot.has_personal_columns:
        return None
    found = rows(
        snapshot,
        """
        select display_name, display_name_kana, email, postal_code, gender
        from pii.dim_customer
        where customer_key = ?
        """,
        (customer_key,),
    )
    return found.row(0, named=True) if found.height else {}


@cached
def relatives(snapshot: Snapshot, customer_key: str, parent_key: str | None) -> pl.DataFrame:
    """Grain: one row per customer of the same house: its parent, and those it is parent of."""
    return rows(
        snapshot,
        """
        select customer_key, parent_customer_key, first_paid_month
        from dim_customer
        where customer_key = ? or parent_customer_key = ?
        order by parent_customer_key nulls first, customer_key
        """,
        (parent_key, customer_key),
    )


@cached
def health(snapshot: Snapshot, customer_key: str) -> dict | None:
    """Health score and band; None for a customer who does not pay."""
    found = rows(
        snapshot, "select * from mart_customer_health where customer_key = ?", (customer_key,)
    )
    return found.row(0, named=True) if found.height else None


@cached
def health_parts(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per component of the health score, the heaviest first."""
    return rows(
        snapshot,
        """
        select component, weight, component_score, contribution_score, reason_code
        from mart_customer_health_component
        where customer_key = ?
        order by weight desc, component
        """,
        (customer_key,),
    )


@cached
def risk(snapshot: Snapshot, customer_key: str) -> dict | None:
    """The customer's row of mart_at_risk; None where there is no reason to worry."""
    found = rows(snapshot, "select * from mart_at_risk where customer_key = ?", (customer_key,))
    return found.row(0, named=True) if found.height else None


@cached
def risk_reasons(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per reason to worry, the one that calls for action first."""
    return rows(
        snapshot,
        """
        select reason_no, reason_ja, reason_en, evidence_key, evidenced_on, evidence_count
        from mart_at_risk_reason
        where customer_key = ?
        order by reason_no
        """,
        (customer_key,),
    )


@cached
def rfm(snapshot: Snapshot, customer_key: str) -> dict | None:
    """The customer's place among all (mart_rfm); None where nothing was invoiced in a year."""
    found = rows(snapshot, "select * from mart_rfm where customer_key = ?", (customer_key,))
    return found.row(0, named=True) if found.height else None


@cached
def segments(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per attribute figures can be cut by, and the customer's value of it."""
    return rows(
        snapshot,
        """
        select segment_attribute, segment_value
        from bridge_customer_segment
        where customer_key = ? and segment_attribute != 'all'
        order by segment_attribute
        """,
        (customer_key,),
    )


# ---- who it is ----


@cached
def records(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per source record that is this customer, and the rule that says so."""
    return rows(
        snapshot,
        """
        select record_key, source_system, source_entity, source_id, match_rule, match_score
        from bridge_customer_identity
        where customer_key = ?
        order by source_entity, source_system, source_id
        """,
        (customer_key,),
    )


@cached
def evidence(snapshot: Snapshot, customer_key: str) -> dict[str, str]:
    """What matched, as JSON, by record; none without the right to people."""
    if not snapshot.has_personal_columns:
        return {}
    found = rows(
        snapshot,
        """
        select record_key, evidence_json
        from pii.bridge_customer_identity
        where
            evidence_json is not null
            and record_key in (
                select record_key from bridge_customer_identity where customer_key = ?
            )
        """,
        (customer_key,),
    )
    return dict(found.iter_rows())


@cached
def doubts(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per source record a person has to decide about, on either side."""
    return rows(
        snapshot,
        """
        select source_system, source_id, customer_key, candidate_customer_key, review_reason
        from obs_identity_review
        where customer_key = ? or candidate_customer_key = ?
        order by source_system, source_id
        """,
        (customer_key, customer_key),
    )


@cached
def history(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per period of constant attributes, the oldest first."""
    return rows(
        snapshot,
        """
        select *
        from dim_customer_history
        where customer_key = ?
        order by valid_from, valid_to nulls last
        """,
        (customer_key,),
    )


# ---- what happened ----


@cached
def movements(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per movement of the customer's MRR, the oldest first."""
    return rows(
        snapshot,
        """
        select
            movements.movement_key,
            movements.month,
            months.month_end,
            movements.movement_type,
            movements.movement_reason,
            movements.mrr_change,
            movements.mrr_after
        from fct_mrr_movement as movements
        inner join dim_month as months on movements.month = months.month
        where movements.customer_key = ?
        order by movements.month, movements.movement_type
        """,
        (customer_key,),
    )


@cached
def mrr_by_month(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per month from the customer's first movement on: MRR at its end."""
    return rows(
        snapshot,
        """
        select months.month, months.month_end, sum(movements.mrr_change) as mrr
        from fct_mrr_movement as movements
        inner join dim_month as months on movements.month <= months.month
        where movements.customer_key = ?
        group by months.month, months.month_end
        order by months.month
        """,
        (customer_key,),
    )


@cached
def pieces(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per piece of constant state and price of a contract, the oldest first."""
    return rows(
        snapshot,
        """
        select
            segments.*,
            coalesce(plans.plan_name, segments.plan_id) as plan_name,
            deliveries.file_name
        from fct_subscription_segment as segments
        left join dim_plan as plans
            on
                segments.source_system = plans.source_system
                and segments.plan_id = plans.plan_id
                and plans.is_current
        left join obs_load_manifest as deliveries
            on
                segments.delivery_id = deliveries.delivery_id
                and deliveries.entity = 'billing.subscriptions'
        where segments.customer_key = ?
        order by segments.contract_id, segments.line_id, segments.piece_start_date
        """,
        (customer_key,),
    )


@cached
def contracts(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per contract line, the newest first, with the name of its plan."""
    return rows(
        snapshot,
        """
        select contracts.*, coalesce(plans.plan_name, contracts.plan_id) as plan_name
        from dim_subscription as contracts
        left join dim_plan as plans
            on
                contracts.source_system = plans.source_system
                and contracts.plan_id = plans.plan_id
                and plans.is_current
        where contracts.customer_key = ?
        order by contracts.first_start_date desc, contracts.contract_id, contracts.line_id
        """,
        (customer_key,),
    )


@cached
def churns(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per time the customer left."""
    return rows(
        snapshot,
        """
        select churn_key, churned_on, churn_kind, reason_code, mrr_lost, contract_id
        from fct_churn_event
        where customer_key = ?
        order by churned_on
        """,
        (customer_key,),
    )


@cached
def invoices(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per invoice, the newest first, with the line it was read from."""
    return rows(
        snapshot,
        """
        select invoices.*, deliveries.file_name
        from fct_invoice as invoices
        left join obs_load_manifest as deliveries
            on
                invoices.delivery_id = deliveries.delivery_id
                and deliveries.entity = 'billing.invoices'
        where invoices.customer_key = ?
        order by invoices.issue_date desc, invoices.invoice_id, invoices.invoice_key
        """,
        (customer_key,),
    )


@cached
def payments(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per receipt, the newest first, with the line it was read from."""
    return rows(
        snapshot,
        """
        select receipts.*, deliveries.file_name
        from fct_payment as receipts
        left join obs_load_manifest as deliveries
            on
                receipts.delivery_id = deliveries.delivery_id
                and (
                    (receipts.origin = 'payment' and deliveries.entity = 'billing.payments')
                    or (
                        receipts.origin = 'bank'
                        and deliveries.entity = 'billing.bank_transactions'
                    )
                )
        where receipts.customer_key = ?
        order by receipts.received_date desc, receipts.source_id, receipts.receipt_key
        """,
        (customer_key,),
    )


@cached
def settled(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per receipt of the customer and invoice it settled."""
    return rows(
        snapshot,
        """
        select allocations.receipt_key, invoices.invoice_id
        from fct_payment_allocation as allocations
        inner join fct_invoice as invoices on allocations.invoice_key = invoices.invoice_key
        where invoices.customer_key = ?
        order by allocations.receipt_key, invoices.invoice_id
        """,
        (customer_key,),
    )


@cached
def inquiries(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per inquiry, the newest first, with the line it was read from."""
    return rows(
        snapshot,
        """
        select inquiries.*, deliveries.file_name
        from fct_inquiry as inquiries
        left join obs_load_manifest as deliveries
            on
                inquiries.delivery_id = deliveries.delivery_id
                and deliveries.entity = 'inquiry.tickets'
        where inquiries.customer_key = ?
        order by inquiries.asked_at desc, inquiries.inquiry_key
        """,
        (customer_key,),
    )


@cached
def requesters(snapshot: Snapshot, customer_key: str) -> dict[str, tuple[str | None, str | None]]:
    """Name and e-mail of who asked, by inquiry; none without the right to people."""
    if not snapshot.has_personal_columns:
        return {}
    found = rows(
        snapshot,
        """
        select inquiry_key, requester_name, requester_email
        from pii.fct_inquiry
        where inquiry_key in (select inquiry_key from fct_inquiry where customer_key = ?)
        """,
        (customer_key,),
    )
    return {key: (name, email) for key, name, email in found.iter_rows()}


@cached
def contacts(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per contact the CRM knows at the customer, with the line it was read from."""
    return rows(
        snapshot,
        """
        select contacts.*, deliveries.file_name
        from dim_contact as contacts
        left join obs_load_manifest as deliveries
            on
                contacts.delivery_id = deliveries.delivery_id
                and deliveries.entity = 'crm.contacts'
        where contacts.customer_key = ?
        order by contacts.contact_id, contacts.contact_key
        """,
        (customer_key,),
    )


@cached
def contact_people(snapshot: Snapshot, contact_keys: tuple[str, ...]) -> dict[str, dict]:
    """Name, kana, e-mail and telephone by contact in the order of the syllabary; none without the
    right to people.
    """
    if not snapshot.has_personal_columns:
        return {}
    found = rows(
        snapshot,
        """
        select contact_key, contact_name, contact_name_kana, email, phone
        from pii.dim_contact
        where contact_key in (select unnest(?))
        order by contact_name_kana nulls last, contact_name, contact_key
        """,
        [list(contact_keys)],
    )
    return {row["contact_key"]: row for row in found.to_dicts()}


@cached
def interactions(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per call, visit, mail or other contact, with the line it was read from."""
    return rows(
        snapshot,
        """
        select interactions.*, deliveries.file_name
        from fct_interaction as interactions
        left join obs_load_manifest as deliveries
            on
                interactions.delivery_id = deliveries.delivery_id
                and deliveries.entity = 'crm.interactions'
        where interactions.customer_key = ?
        order by interactions.interacted_at desc, interactions.interaction_key
        """,
        (customer_key,),
    )


@cached
def actions(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per approach somebody of ours recorded, the newest first."""
    return rows(
        snapshot,
        """
        select approach_key, acted_on, action_code, outcome_code, recorded_by
        from mart_approach_action
        where customer_key = ?
        order by acted_on desc, approach_key
        """,
        (customer_key,),
    )
