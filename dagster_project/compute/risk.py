"""要注意顧客: who may leave within three months, why and what to do; ranked only where that holds.

Reasons are rules over facts of the day of the run, each with where it was read. The chance of
leaving is learned from customer-quarters: windows that do not overlap, so that every churn counts
once. Who has announced to leave is not predicted but known: outside the fit and its figures. What
a customer pays and who looks after it is the marts' business.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from dagster_project.compute import skill

HORIZON_MONTHS = 3
RECENT_DAYS = 90
SILENT_DAYS = 90
PATIENCE_DAYS = 7  # a question open for longer is a reason
TERM_DAYS = 90  # as the contract component of health
TOP_SHARE = 0.1  # of the customers, who are at risk by the pattern alone
BACKTEST_KS = (10, 20, 50, 100)
NAMED_FEATURES = 3
ANNOUNCED = "announced"


class Rule(NamedTuple):
    """A reason: where it comes from, what it says, and what to do about it."""

    group: str
    ja: str
    en: str
    action: str


# In the order in which they call for action; {count} and {on} are of the evidence.
RULES = {
    "cancel_requested": Rule(
        "billing",
        "{on} に解約の申込みがあります",
        "Asked to cancel on {on}",
        "win_back",
    ),
    "renewal_deal_lost": Rule(
        "crm",
        "更新商談が失注になっています（満了日 {on}）",
        "The renewal deal is lost (term ends {on})",
        "win_back",
    ),
    "in_grace": Rule(
        "billing",
        "契約は {on} に満了し、更新されていません",
        "The term ended on {on} and is not renewed",
        "collect_papers",
    ),
    "invoice_overdue": Rule(
        "billing",
        "支払期日を過ぎた請求が {count} 件あります（最も古い期日 {on}）",
        "Overdue invoices: {count} (oldest due {on})",
        "settle_payment",
    ),
    "payment_failed": Rule(
        "billing",
        "直近90日に決済の失敗が {count} 件あります（期日 {on} の請求）",
        "Failed payments within 90 days: {count} (invoice due {on})",
        "settle_payment",
    ),
    "complaint": Rule(
        "inquiry",
        "直近90日に苦情が {count} 件あります（最新 {on}）",
        "Complaints within 90 days: {count} (last on {on})",
        "apologise_and_solve",
    ),
    "open_question": Rule(
        "inquiry",
        "7日を超えて未解決の問い合わせが {count} 件あります（最も古い {on}）",
        "Questions open for more than 7 days: {count} (oldest {on})",
        "apologise_and_solve",
    ),
    "usage_dropped": Rule(
        "usage",
        "利用が前の28日の半分未満です（{count} 件）",
        "Use fell below half of the 28 days before (to {count} events)",
        "help_to_use",
    ),
    "health_red": Rule(
        "health",
        "ヘルススコアが赤です",
        "Health is red",
        "call",
    ),
    "term_ends_soon": Rule(
        "billing",
        "契約が {on} に満了します",
        "The term ends on {on}",
        "confirm_renewal",
    ),
    "no_contact": Rule(
        "crm",
        "{on} を最後に連絡がありません",
        "No contact since {on}",
        "call",
    ),
    "pattern": Rule(
        "model",
        "これまでの解約に似た動きです",
        "Looks like customers who left before",
        "call",
    ),
}
ACTIONS = {
    "win_back": ("責任者が理由を聞き、条件を提案する", "Hear the reason and make an offer"),
    "collect_papers": ("更新の書類を回収する", "Collect the renewal papers"),
    "settle_payment": ("支払方法と入金予定を確認する", "Settle how and when it is paid"),
    "apologise_and_solve": (
        "お詫びし、解決の見通しを伝える",
        "Apologise and say when it is solved",
    ),
    "help_to_use": ("使い方を確認し、活用を支援する", "Find out what hinders use and help"),
    "confirm_renewal": ("更新の意思を確認する", "Confirm the renewal"),
    "call": ("電話か訪問で状況を聞く", "Call or visit and ask how things are"),
}


def _one_per_customer(found: str, *, order: str) -> str:
    """Per customer the first row of `found` in this order, and how many there are."""
    return f"""
        with found as ({found}),
        ranked as (
            select
                *,
                row_number() over (partition by customer_key order by {order}) as pick,
                count(*) over (partition by customer_key) as evidence_count
            from found
        )
        select customer_key, evidence_system, evidence_key, evidenced_on, evidence_count
        from ranked
        where pick = 1
    """


QUERIES = {
    "risk_panel": """
        with components as (
            select
                customer_key, observed_date,
                max(case when component = 'usage' then score end) as usage_score,
                max(case when component = 'support' then score end) as support_score,
                max(case when component = 'billing' then score end) as billing_score,
                max(case when component = 'engagement' then score end) as engagement_score,
                max(case when component = 'contract' then reason_code end) as contract_reason,
                max(case when component = 'usage' then reason_code end) as usage_reason,
                max(case when component = 'engagement' then reason_code end) as engagement_reason
            from intermediate.int_health_components_scored
            group by customer_key, observed_date
        )
        select
            observed.customer_key, observed.observed_date, observed.is_current, observed.plan_name,
            cast(observed.mrr as double) as mrr,
            cast(components.usage_score as double) as usage_score,
            cast(components.support_score as double) as support_score,
            cast(components.billing_score as double) as billing_score,
            cast(components.engagement_score as double) as engagement_score,
            components.contract_reason, components.usage_reason, components.engagement_reason,
            cast(used.events as double) as events,
            cast(used.events_before as double) as events_before,
            customers.first_paid_month, customers.customer_type
        from intermediate.int_customer_months_observed as observed
        inner join components
            on observed.customer_key = components.customer_key
            and observed.observed_date = components.observed_date
        left join intermediate.int_health_usage_scored as used
            on observed.customer_key = used.customer_key
            and observed.observed_date = used.observed_date
        left join dim_customer as customers on observed.customer_key = customers.customer_key
    """,
    "risk_churns": "select customer_key, month as churn_month from fct_churn_event",
    "risk_inquiries": """
        select
            customer_key, asked_date, resolved_date, coalesce(is_complaint, false) as is_complaint,
            source_system as evidence_system, ticket_id as evidence_key
        from fct_inquiry
        where customer_key is not null
    """,
    "risk_cancel_requested": _one_per_customer(
        """
            select
                segments.customer_key, segments.source_system as evidence_system,
                segments.contract_id as evidence_key,
                min(segments.cancel_requested_date) as evidenced_on
            from intermediate.int_subscriptions_bounded as segments
            inner join mart_customer_health as health
                on segments.customer_key = health.customer_key
            where segments.cancel_requested_date <= health.as_of_date
                and segments.segment_start_date <= health.as_of_date
                and segments.service_end_excl > health.as_of_date
            group by segments.customer_key, segments.source_system, segments.contract_id
        """,
        order="evidenced_on, evidence_system, evidence_key",
    ),
    # every running line of the customer is to end: one contract of two is no announced churn
    "risk_announced": """
        select segments.customer_key
        from intermediate.int_subscriptions_bounded as segments
        inner join mart_customer_health as health on segments.customer_key = health.customer_key
        where segments.segment_start_date <= health.as_of_date
            and (
                segments.service_end_excl is null
                or segments.service_end_excl > health.as_of_date
            )
            and segments.gross_native > 0 and not segments.is_trial
        group by segments.customer_key
        having count(*) = sum(
            case when segments.cancel_requested_date <= health.as_of_date then 1 else 0 end
        )
    """,
    "risk_renewal_deal_lost": _one_per_customer(
        """
            select
                customer_key, source_system as evidence_system, deal_id as evidence_key,
                term_end_date as evidenced_on
            from mart_renewal_pipeline
            where outcome = 'open' and forecast_state = 'lost' and deal_id is not null
        """,
        order="evidenced_on, evidence_key",
    ),
    "risk_open_terms": """
        select
            customer_key, source_system as evidence_system, contract_id as evidence_key,
            term_end_date as evidenced_on, is_in_grace
        from fct_renewal_term
        where outcome = 'open'
    """,
    "risk_invoice_overdue": _one_per_customer(
        """
            select
                aging.customer_key, invoices.source_system as evidence_system,
                aging.invoice_id as evidence_key, aging.due_date as evidenced_on
            from mart_ar_aging as aging
            inner join fct_invoice as invoices on aging.invoice_key = invoices.invoice_key
            where aging.overdue_days > 0 and aging.customer_key is not null
        """,
        order="evidenced_on, evidence_system, evidence_key",
    ),
    "risk_failed_payments": """
        select
            invoices.customer_key, invoices.source_system as evidence_system,
            invoices.invoice_id as evidence_key, invoices.due_date,
            last_day(attempts.month) as known_on
        from intermediate.int_first_attempts_followed as attempts
        inner join fct_invoice as invoices
            on attempts.source_system = invoices.source_system
            and attempts.invoice_id = invoices.invoice_id
        where attempts.is_failed = 1 and invoices.customer_key is not null
    """,
    "risk_health_red": _one_per_customer(
        """
            select
                health.customer_key, 'keizoku' as evidence_system,
                components.component as evidence_key, health.as_of_date as evidenced_on,
                components.component_score
            from mart_customer_health as health
            inner join mart_customer_health_component as components
                on health.customer_key = components.customer_key
            where health.health_band = 'red' and components.component_score is not null
        """,
        order="component_score, evidence_key",
    ),
    "risk_contacts": _one_per_customer(
        """
            select
                contacts.customer_key, interactions.source_system as evidence_system,
                interactions.interaction_id as evidence_key,
                contacts.last_contact_date as evidenced_on, interactions.at as contacted_at
            from intermediate.int_customer_contacts_latest as contacts
            inner join intermediate.int_customers_identified as identified
                on contacts.customer_key = identified.customer_key
            inner join staging.stg_crm__interactions as interactions
                on identified.source_system = interactions.source_system
                and identified.source_id = interactions.account_id
            where identified.source_entity = 'crm.accounts'
                and interactions.kind not in ('campaign_open', 'campaign_click')
                and cast(interactions.at as date) <= contacts.last_contact_date
        """,
        order="contacted_at desc, evidence_system, evidence_key",
    ),
}

# where the evidence of a reason is read
ENTITIES = {
    "cancel_requested": "billing.subscriptions",
    "renewal_deal_lost": "crm.deals",
    "in_grace": "billing.subscriptions",
    "invoice_overdue": "billing.invoices",
    "payment_failed": "billing.invoices",
    "complaint": "inquiry.tickets",
    "open_question": "inquiry.tickets",
    "usage_dropped": "usage.usage_days",
    "health_red": "mart_customer_health_component",
    "term_ends_soon": "billing.subscriptions",
    "no_contact": "crm.interactions",
    "pattern": "risk_customers",
}
FEATURES = (
    *("usage_score", "support_score", "billing_score", "engagement_score"),
    *("usage_change", "inquiries", "complaints", "failed_payments", "contract_reason"),
    *("tenure_months", "log_mrr", "plan_name", "customer_type"),
)
EVIDENCE = pl.Schema(
    {
        "customer_key": pl.String(),
        "reason_code": pl.String(),
        "evidence_system": pl.String(),
        "evidence_key": pl.String(),
        "evidenced_on": pl.Date(),
        "evidence_count": pl.Int64(),
    }
)
SCHEMAS = {
    "risk_customers": pl.Schema(
        {
            "customer_key": pl.String(),
            "risk_rank": pl.Int64(),
            "ranked_by": pl.String(),
            "p_churn": pl.Float64(),
            "p_churn_null_reason": pl.String(),
            "raising_features": pl.String(),
            "reason_count": pl.Int64(),
            "reason_code": pl.String(),
            "action_code": pl.String(),
            "action_ja": pl.String(),
            "action_en": pl.String(),
        }
    ),
    "risk_reasons": pl.Schema(
        {
            "customer_key": pl.String(),
            "reason_code": pl.String(),
            "reason_no": pl.Int64(),
            "reason_group": pl.String(),
            "reason_ja": pl.String(),
            "reason_en": pl.String(),
            "evidence_entity": pl.String(),
            "evidence_system": pl.String(),
            "evidence_key": pl.String(),
            "evidenced_on": pl.Date(),
            "evidence_count": pl.Int64(),
        }
    ),
    "risk_model_figures": pl.Schema(
        {
            "customer_quarter_count": pl.Int64(),
            "churned_count": pl.Int64(),
            "read_from": pl.Date(),
            "read_to": pl.Date(),
            "held_back_count": pl.Int64(),
            "held_back_churned_count": pl.Int64(),
            "auc": pl.Float64(),
            "auc_error": pl.Float64(),
            "brier": pl.Float64(),
            "base_brier": pl.Float64(),
            "brier_skill": pl.Float64(),
            "lift": pl.Float64(),
            "has_skill": pl.Boolean(),
            "reason": pl.String(),
        }
    ),
    "risk_backtest": pl.Schema(
        {
            "read_on": pl.Date(),
            "k": pl.Int64(),
            "customer_count": pl.Int64(),
            "churned_count": pl.Int64(),
            "churned_in_top_count": pl.Int64(),
        }
    ),
    "risk_reliability_bins": pl.Schema(
        {
            "bin": pl.Int64(),
            "row_count": pl.Int64(),
            "event_count": pl.Int64(),
            "mean_p": pl.Float64(),
            "event_rate": pl.Float64(),
        }
    ),
}


def compute(
    frames: Mapping[str, pl.DataFrame], *, as_of: date, policy: Mapping[str, Any]
) -> dict[str, pl.DataFrame]:
    """The tables of SCHEMAS from the frames of QUERIES.

    risk_customers: one row per paying customer at risk, with at least one row of risk_reasons.
    risk_model_figures: one row; null figures where they cannot be told, reason null with skill.
    risk_backtest: one row per held-back quarter and k of BACKTEST_KS it has customers for.
    risk_reliability_bins: one row per bin of the held-back customer-quarters.
    """
    panel = read_panel(frames, as_of=as_of)
    labels = panel["y"].to_numpy()
    held_back = skill.predict_out_of_time(
        panel.select(FEATURES), labels, panel["read_on"], panel["known_on"]
    )
    verdict = skill.judge(held_back)
    current = read_features(frames["risk_panel"].filter("is_current"), frames)
    evidence = read_evidence(frames, as_of=as_of)
    announced = frames["risk_announced"]
    open_customers = current.join(announced, on="customer_key", how="anti")
    scores = open_customers.select("customer_key").with_columns(
        pl.lit(None, dtype=pl.Float64).alias("p_churn"),
        pl.lit(None, dtype=pl.String).alias("raising_features"),
    )
    if verdict.has_skill and not open_customers.is_empty():
        learned = skill.fit(panel.select(FEATURES), labels)
        scores = _score(learned, open_customers)
        evidence = pl.concat([evidence, _patterns(scores, as_of)])
    reasons = _tell(evidence.join(current.select("customer_key"), on="customer_key"))
    customers = _rank(current, scores, reasons, announced, verdict)
    return {
        "risk_customers": customers,
        "risk_reasons": reasons,
        "risk_model_figures": pl.DataFrame(
            [
                {
                    "customer_quarter_count": panel.height,
                    "churned_count": int(labels.sum()),
                    "read_from": panel["read_on"].min(),
                    "read_to": panel["read_on"].max(),
                    "held_back_count": verdict.row_count,
                    "held_back_churned_count": verdict.event_count,
                    "auc": verdict.auc,
                    "auc_error": verdict.auc_error,
                    "brier": verdict.brier,
                    "base_brier": verdict.base_brier,
                    "brier_skill": verdict.brier_skill,
                    "lift": verdict.lift,
                    "has_skill": verdict.has_skill,
                    "reason": verdict.reason,
                }
            ],
            schema=SCHEMAS["risk_model_figures"],
        ),
        "risk_backtest": _backtest(held_back),
        "risk_reliability_bins": skill.reliability(held_back),
    }


def read_panel(frames: Mapping[str, pl.DataFrame], *, as_of: date) -> pl.DataFrame:
    """One row per paying customer and every third month-end: FEATURES, y, read_on, known_on.

    y: whether the customer was lost in the three months after. The last quarter ends at the last
    month-end by as_of. Who had asked to leave by then is left out: that is known, not predicted.
    """
    observed = frames["risk_panel"].filter(
        (pl.col("observed_date") == pl.col("observed_date").dt.month_end())
        & (pl.col("observed_date") <= as_of)
    )
    known_on = pl.col("observed_date").dt.offset_by(f"{HORIZON_MONTHS}mo").dt.month_end()
    last = observed["observed_date"].max()
    if last is None:
        months_ago = pl.lit(0)
    else:
        months_ago = (last.year - pl.col("observed_date").dt.year().cast(pl.Int64)) * 12 + (
            last.month - pl.col("observed_date").dt.month().cast(pl.Int64)
        )
    quarters = observed.with_columns(known_on.alias("known_on")).filter(
        (months_ago > 0)
        & (months_ago % HORIZON_MONTHS == 0)
        & (pl.col("known_on") <= as_of)
        & (pl.col("contract_reason") != "asked_to_leave")
    )
    first_after = pl.col("observed_date").dt.month_start().dt.offset_by("1mo")
    lost = (
        quarters.select("customer_key", "observed_date", "known_on")
        .join(frames["risk_churns"], on="customer_key")
        .filter(
            (pl.col("churn_month") >= first_after) & (pl.col("churn_month") <= pl.col("known_on"))
        )
        .select("customer_key", "observed_date")
        .unique()
        .with_columns(pl.lit(1, dtype=pl.Int64).alias("y"))
    )
    return (
        read_features(quarters, frames)
        .join(lost, on=["customer_key", "observed_date"], how="left")
        .with_columns(pl.col("y").fill_null(0), pl.col("observed_date").alias("read_on"))
        .sort("read_on", "customer_key")
    )


def read_features(observed: pl.DataFrame, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The observations with FEATURES, from facts dated by the observed day only."""
    keys = observed.select("customer_key", "observed_date")
    day = pl.col("observed_date")
    recent = day.dt.offset_by(f"-{RECENT_DAYS}d")
    asked = (
        keys.join(frames["risk_inquiries"], on="customer_key")
        .filter((pl.col("asked_date") <= day) & (pl.col("asked_date") > recent))
        .group_by("customer_key", "observed_date")
        .agg(pl.len().alias("inquiries"), pl.col("is_complaint").sum().alias("complaints"))
    )
    failed = (
        keys.join(frames["risk_failed_payments"], on="customer_key")
        .filter((pl.col("known_on") <= day) & (pl.col("known_on") > recent))
        .group_by("customer_key", "observed_date")
        .agg(pl.len().alias("failed_payments"))
    )
    read = observed
    for counted in (asked, failed):
        read = read.join(counted, on=["customer_key", "observed_date"], how="left")
    months = (day - pl.col("first_paid_month")).dt.total_days() / (365.25 / 12)
    used = pl.col("events") + pl.col("events_before")
    return read.with_columns(
        *(pl.col(name).fill_null(0) for name in ("inquiries", "complaints", "failed_payments")),
        pl.when(used > 0)
        .then((pl.col("events") - pl.col("events_before")) / used)
        .alias("usage_change"),
        months.clip(lower_bound=0).alias("tenure_months"),
        pl.col("mrr").clip(lower_bound=1).log().alias("log_mrr"),
    )


def read_evidence(frames: Mapping[str, pl.DataFrame], *, as_of: date) -> pl.DataFrame:
    """One row (EVIDENCE) per customer and reason of RULES that is a fact on as_of."""
    current = frames["risk_panel"].filter("is_current")
    inquiries = frames["risk_inquiries"].filter(pl.col("asked_date") <= as_of)
    recent = pl.col("asked_date") > pl.lit(as_of).dt.offset_by(f"-{RECENT_DAYS}d")
    is_open = pl.col("resolved_date").is_null() | (pl.col("resolved_date") > as_of)
    has_waited = pl.col("asked_date") < pl.lit(as_of).dt.offset_by(f"-{PATIENCE_DAYS}d")
    dated = inquiries.with_columns(pl.col("asked_date").alias("evidenced_on"))
    failed = frames["risk_failed_payments"].filter(
        pl.col("known_on").is_between(
            pl.lit(as_of).dt.offset_by(f"-{RECENT_DAYS}d"), pl.lit(as_of), closed="right"
        )
    )
    terms = frames["risk_open_terms"]
    soon = pl.col("evidenced_on").is_between(
        pl.lit(as_of), pl.lit(as_of).dt.offset_by(f"{TERM_DAYS}d")
    )
    is_silent = pl.col("engagement_reason") == "silent"
    has_dropped = pl.col("usage_reason").is_in(["use_halved", "no_use_in_28_days"])
    found = {
        "cancel_requested": frames["risk_cancel_requested"],
        "renewal_deal_lost": frames["risk_renewal_deal_lost"],
        "in_grace": _one(terms.filter("is_in_grace")),
        "invoice_overdue": frames["risk_invoice_overdue"],
        "payment_failed": _one(failed.with_columns(pl.col("due_date").alias("evidenced_on")), -1),
        "complaint": _one(dated.filter(recent & pl.col("is_complaint")), -1),
        "open_question": _one(dated.filter(recent & is_open & has_waited)),
        "usage_dropped": current.filter(has_dropped).select(
            "customer_key",
            pl.lit("usage").alias("evidence_system"),
            pl.col("customer_key").alias("evidence_key"),
            pl.lit(as_of).alias("evidenced_on"),
            pl.col("events").fill_null(0).alias("evidence_count"),
        ),
        "health_red": frames["risk_health_red"],
        "term_ends_soon": _one(terms.filter(soon & ~pl.col("is_in_grace"))),
        "no_contact": frames["risk_contacts"].join(
            current.filter(is_silent).select("customer_key"), on="customer_key"
        ),
    }
    return pl.concat(
        rows.with_columns(pl.lit(code).alias("reason_code"))
        .select(EVIDENCE.names())
        .cast(dict(EVIDENCE))
        for code, rows in found.items()
    )


def _one(rows: pl.DataFrame, sign: int = 1) -> pl.DataFrame:
    """Per customer the oldest row (sign −1: the latest) and how many there are."""
    order = ["evidenced_on", "evidence_system", "evidence_key"]
    return (
        rows.sort(order, descending=[sign < 0, False, False])
        .group_by("customer_key", maintain_order=True)
        .agg(
            pl.col("evidence_system", "evidence_key", "evidenced_on").first(),
            pl.len().alias("evidence_count"),
        )
    )


def _score(learned: skill.Learned, customers: pl.DataFrame) -> pl.DataFrame:
    features = customers.select(FEATURES)
    parts = learned.contributions(features)
    return pl.DataFrame(
        {
            "customer_key": customers["customer_key"],
            "p_churn": learned.predict(features),
            "raising_features": skill.strongest(parts, NAMED_FEATURES, sign=1),
        }
    )


def _patterns(scores: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The evidence of the top tenth by chance: what raises it."""
    top = scores.sort("p_churn", "customer_key", descending=[True, False]).head(
        max(1, round(scores.height * TOP_SHARE))
    )
    return top.select(
        "customer_key",
        pl.lit("pattern").alias("reason_code"),
        pl.lit("keizoku").alias("evidence_system"),
        pl.col("raising_features").alias("evidence_key"),
        pl.lit(as_of).alias("evidenced_on"),
        pl.lit(1).alias("evidence_count"),
    ).cast(dict(EVIDENCE))


def _tell(evidence: pl.DataFrame) -> pl.DataFrame:
    """The reasons in words, numbered per customer in the order of RULES."""
    rules = pl.DataFrame(
        {
            "reason_code": list(RULES),
            "rule_no": range(len(RULES)),
            "reason_group": [rule.group for rule in RULES.values()],
            "reason_ja": [rule.ja for rule in RULES.values()],
            "reason_en": [rule.en for rule in RULES.values()],
            "evidence_entity": [ENTITIES[code] for code in RULES],
        }
    )
    told = [
        pl.col(text)
        .str.replace("{count}", pl.col("evidence_count").cast(pl.String), literal=True)
        .str.replace("{on}", pl.col("evidenced_on").cast(pl.String).fill_null("—"), literal=True)
        for text in ("reason_ja", "reason_en")
    ]
    return (
        evidence.join(rules, on="reason_code")
        .sort("customer_key", "rule_no")
        .with_columns(*told, pl.int_range(1, pl.len() + 1).over("customer_key").alias("reason_no"))
        .select(SCHEMAS["risk_reasons"].names())
        .cast(dict(SCHEMAS["risk_reasons"]))
    )


def _rank(
    current: pl.DataFrame,
    scores: pl.DataFrame,
    reasons: pl.DataFrame,
    announced: pl.DataFrame,
    verdict: skill.Verdict,
) -> pl.DataFrame:
    """By chance × MRR, an announced churn counting whole; without skill by MRR alone."""
    actions = pl.DataFrame(
        {
            "reason_code": list(RULES),
            "action_code": [rule.action for rule in RULES.values()],
            "action_ja": [ACTIONS[rule.action][0] for rule in RULES.values()],
            "action_en": [ACTIONS[rule.action][1] for rule in RULES.values()],
        }
    )
    main = (
        reasons.group_by("customer_key")
        .agg(
            pl.len().alias("reason_count"),
            pl.col("reason_code").sort_by("reason_no").first(),
        )
        .join(actions, on="reason_code")
    )
    is_announced = pl.col("customer_key").is_in(announced["customer_key"].to_list())
    chance = pl.col("p_churn").fill_null(1.0) if verdict.has_skill else pl.lit(1.0)
    return (
        current.select("customer_key", "mrr")
        .join(main, on="customer_key")
        .join(scores, on="customer_key", how="left")
        .with_columns((chance * pl.col("mrr")).alias("stake"))
        .sort("stake", "customer_key", descending=[True, False])
        .with_columns(
            pl.int_range(1, pl.len() + 1).alias("risk_rank"),
            pl.lit("expected_loss" if verdict.has_skill else "mrr_at_stake").alias("ranked_by"),
            pl.when(is_announced)
            .then(pl.lit(ANNOUNCED))
            .when(pl.col("p_churn").is_null())
            .then(pl.lit(verdict.reason))
            .alias("p_churn_null_reason"),
        )
        .select(SCHEMAS["risk_customers"].names())
        .cast(dict(SCHEMAS["risk_customers"]))
    )


def _backtest(held_back: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for (read_on,), quarter in held_back.sort("read_on").group_by("read_on", maintain_order=True):
        for k in BACKTEST_KS:
            if k <= quarter.height:
                rows.append(
                    {
                        "read_on": read_on,
                        "k": k,
                        "customer_count": quarter.height,
                        "churned_count": int(quarter["y"].sum()),
                        "churned_in_top_count": round(k * skill.precision_at(quarter, k)),
                    }
                )
    return pl.DataFrame(rows, schema=SCHEMAS["risk_backtest"])
