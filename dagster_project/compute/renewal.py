"""更新確率: how likely a term is to be renewed, learned from decided terms if they teach anything.

Every window of days to the end has a fit of its own: a decided term is read on one day of each, by
what was known on it, unless it was decided by then. A fit is judged on terms it had not seen; where
it does not beat chance, the base rate and the band table (dbt/seeds/renewal_probability), the table
is what counts. Chances of decided terms (1 or 0) and amounts are the marts' business.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from dagster_project.compute import skill

# The windows of the band table: fewest days to the last service day, and how many days before it a
# decided term is read. 60 days: before a usual notice deadline, late enough to know something.
WINDOWS = {
    "over_90_days": (91, 120),
    "31_to_90_days": (31, 60),
    "0_to_30_days": (0, 15),
    "in_grace": (-99999, -15),
}
HEALTH_AGE_DAYS = 45  # an older score is no score
RECENT_DAYS = 90
YEAR_DAYS = 365
NAMED_FEATURES = 3
BAND_BETTER = "band_table_better"

QUERIES = {
    "renewal_terms": """
        select
            terms.term_key, terms.customer_key, terms.term_start_date, terms.term_end_date,
            terms.term_months, terms.is_auto_renewing, terms.notice_days,
            cast(terms.atr as double) as atr, terms.outcome, terms.decided_on,
            customers.first_paid_month,
            coalesce(pipeline.forecast_state = 'open', false) as is_open
        from fct_renewal_term as terms
        left join dim_customer as customers on terms.customer_key = customers.customer_key
        left join mart_renewal_pipeline as pipeline on terms.term_key = pipeline.term_key
    """,
    "renewal_health": """
        select
            weighed.customer_key, weighed.observed_date, weighed.health_band,
            cast(weighed.health_score as double) as health_score,
            observed.plan_name,
            cast(used.events as double) as events,
            cast(used.events_before as double) as events_before
        from intermediate.int_health_weighed as weighed
        inner join intermediate.int_customer_months_observed as observed
            on weighed.customer_key = observed.customer_key
            and weighed.observed_date = observed.observed_date
        left join intermediate.int_health_usage_scored as used
            on weighed.customer_key = used.customer_key
            and weighed.observed_date = used.observed_date
        where weighed.customer_key in (select customer_key from fct_renewal_term)
    """,
    "renewal_inquiries": """
        select
            customer_key, asked_date as happened_on, coalesce(is_complaint, false) as is_complaint
        from fct_inquiry
        where customer_key in (select customer_key from fct_renewal_term)
    """,
    "renewal_invoices": """
        select
            invoices.customer_key, invoices.due_date, invoices.settled_date,
            last_day(attempts.month) as attempts_known_on,
            coalesce(attempts.is_failed = 1, false) as is_failed
        from fct_invoice as invoices
        left join intermediate.int_first_attempts_followed as attempts
            on invoices.source_system = attempts.source_system
            and invoices.invoice_id = attempts.invoice_id
        where invoices.due_date is not null
            and invoices.customer_key in (select customer_key from fct_renewal_term)
    """,
    "renewal_bands": """
        select
            health_band, min_days_to_end, max_days_to_end, has_renewed_before,
            cast(p_renew as double) as p_band
        from intermediate.renewal_probability
    """,
}

FEATURES = (
    *("health_score", "health_band", "usage_change", "plan_name", "tenure_months"),
    *("renewed_terms", "lost_terms", "inquiries", "complaints"),
    *("overdue_invoices", "late_payments", "failed_payments"),
    *("term_months", "notice_days", "is_auto_renewing", "log_atr"),
)
SCHEMAS = {
    "renewal_term_probability": pl.Schema(
        {
            "term_key": pl.String(),
            "days_window": pl.String(),
            "p_model": pl.Float64(),
            "raising_features": pl.String(),
            "lowering_features": pl.String(),
        }
    ),
    "renewal_model_figures": pl.Schema(
        {
            "days_window": pl.String(),
            "decided_count": pl.Int64(),
            "renewed_count": pl.Int64(),
            "read_from": pl.Date(),
            "read_to": pl.Date(),
            "held_back_count": pl.Int64(),
            "held_back_renewed_count": pl.Int64(),
            "auc": pl.Float64(),
            "auc_error": pl.Float64(),
            "brier": pl.Float64(),
            "base_brier": pl.Float64(),
            "band_brier": pl.Float64(),
            "brier_skill": pl.Float64(),
            "has_skill": pl.Boolean(),
            "reason": pl.String(),
        }
    ),
    "renewal_reliability_bins": pl.Schema(
        {
            "days_window": pl.String(),
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

    renewal_term_probability: one row per open term whose window has a fit with skill.
    renewal_model_figures: one row per window; null figures where they cannot be told, reason null
    with skill. renewal_reliability_bins: one row per window and bin of its held-back terms.
    """
    history = read_history(frames, as_of=as_of, grace_days=int(policy["lapse_grace_days"]))
    still_open = read_open(frames, as_of=as_of)
    made: dict[str, list[pl.DataFrame]] = {
        name: [pl.DataFrame(schema=schema)] for name, schema in SCHEMAS.items()
    }
    for window in WINDOWS:
        of_window = pl.col("days_window") == window
        terms = history.filter(of_window)
        labels = terms["y"].to_numpy()
        held_back = skill.predict_out_of_time(
            terms.select(FEATURES), labels, terms["read_on"], terms["known_on"]
        )
        figures = _figures(terms, held_back, frames["renewal_bands"])
        tables = {
            "renewal_model_figures": pl.DataFrame([figures]),
            "renewal_reliability_bins": skill.reliability(held_back),
        }
        if figures["has_skill"]:
            learned = skill.fit(terms.select(FEATURES), labels)
            tables["renewal_term_probability"] = _score(learned, still_open.filter(of_window))
        for name, table in tables.items():
            schema = SCHEMAS[name]
            told = table.with_columns(pl.lit(window).alias("days_window"))
            made[name].append(told.select(schema.names()).cast(dict(schema)))
    return {name: pl.concat(tables) for name, tables in made.items()}


def _figures(terms: pl.DataFrame, held_back: pl.DataFrame, bands: pl.DataFrame) -> dict[str, Any]:
    verdict = skill.judge(held_back)
    band_brier = None if verdict.brier is None else _band_brier(held_back, terms, bands)
    reason = verdict.reason
    if verdict.has_skill and band_brier is not None and verdict.brier >= band_brier:
        reason = BAND_BETTER
    return {
        "decided_count": terms.height,
        "renewed_count": int(terms["y"].sum()),
        "read_from": terms["read_on"].min(),
        "read_to": terms["read_on"].max(),
        "held_back_count": verdict.row_count,
        "held_back_renewed_count": verdict.event_count,
        "auc": verdict.auc,
        "auc_error": verdict.auc_error,
        "brier": verdict.brier,
        "base_brier": verdict.base_brier,
        "band_brier": band_brier,
        "brier_skill": verdict.brier_skill,
        "has_skill": reason is None,
        "reason": reason,
    }


def read_history(
    frames: Mapping[str, pl.DataFrame], *, as_of: date, grace_days: int
) -> pl.DataFrame:
    """One row per decided term and window: days_window, FEATURES, y, read_on, known_on.

    Left out: a term decided by the day (nothing to predict), and one whose grace is not over,
    because of those only the early losses are known. Days before health is known teach nothing
    about it and are left out, too.
    """
    known_on = pl.col("planned_end").dt.offset_by(f"{grace_days + 1}d").alias("known_on")
    decided = (
        _planned(frames["renewal_terms"])
        .with_columns(known_on)
        .filter((pl.col("outcome") != "open") & (pl.col("known_on") <= as_of))
    )
    readings = pl.concat(
        decided.with_columns(
            pl.lit(window).alias("days_window"),
            pl.lit(days, dtype=pl.Int64).alias("days_to_end"),
            pl.col("planned_end").dt.offset_by(f"{-days}d").alias("read_on"),
        )
        for window, (_, days) in WINDOWS.items()
    )
    first_health = frames["renewal_health"]["observed_date"].min() or date.min
    read = readings.filter(
        (pl.col("decided_on") > pl.col("read_on"))
        & (pl.col("read_on") >= pl.col("term_start_date"))
        & (pl.col("read_on") >= first_health)
    ).with_columns(pl.col("outcome").is_in(["on_time", "late"]).cast(pl.Int64).alias("y"))
    return read_features(read, frames).sort("read_on", "term_key")


def read_open(frames: Mapping[str, pl.DataFrame], *, as_of: date) -> pl.DataFrame:
    """One row per open term: FEATURES as known on as_of."""
    terms = _planned(frames["renewal_terms"]).filter("is_open")
    days_to_end = (pl.col("planned_end") - pl.lit(as_of)).dt.total_days().alias("days_to_end")
    read = terms.with_columns(pl.lit(as_of).alias("read_on"), days_to_end).with_columns(
        _window(pl.col("days_to_end")).alias("days_window")
    )
    return read_features(read, frames).sort("term_key")


def read_features(readings: pl.DataFrame, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The readings with FEATURES, from facts dated by read_on only."""
    read = readings.with_row_index("reading")
    health = frames["renewal_health"].sort("observed_date")
    read = read.sort("read_on").join_asof(
        health,
        left_on="read_on",
        right_on="observed_date",
        by="customer_key",
        strategy="backward",
        tolerance=f"{HEALTH_AGE_DAYS}d",
        check_sortedness=False,
    )
    keys = read.select("reading", "customer_key", "read_on")
    past = keys.join(
        frames["renewal_terms"].select("customer_key", "outcome", "decided_on"), on="customer_key"
    ).filter(pl.col("decided_on") <= pl.col("read_on"))
    asked = keys.join(frames["renewal_inquiries"], on="customer_key").filter(
        (pl.col("happened_on") <= pl.col("read_on"))
        & (pl.col("happened_on") > pl.col("read_on").dt.offset_by(f"-{RECENT_DAYS}d"))
    )
    billed = keys.join(frames["renewal_invoices"], on="customer_key").filter(
        pl.col("due_date") <= pl.col("read_on")
    )
    year_ago = pl.col("read_on").dt.offset_by(f"-{YEAR_DAYS}d")
    is_unpaid = pl.col("settled_date").is_null() | (pl.col("settled_date") > pl.col("read_on"))
    counts = (
        past.group_by("reading").agg(
            pl.col("outcome").is_in(["on_time", "late"]).sum().alias("renewed_terms"),
            (pl.col("outcome") == "lost").sum().alias("lost_terms"),
        ),
        asked.group_by("reading").agg(
            pl.len().alias("inquiries"), pl.col("is_complaint").sum().alias("complaints")
        ),
        billed.group_by("reading").agg(
            ((pl.col("due_date") < pl.col("read_on")) & is_unpaid).sum().alias("overdue_invoices"),
            (
                (pl.col("settled_date") > pl.col("due_date"))
                & (pl.col("settled_date") <= pl.col("read_on"))
                & (pl.col("settled_date") > year_ago)
            )
            .sum()
            .alias("late_payments"),
            (
                pl.col("is_failed")
                & (pl.col("attempts_known_on") <= pl.col("read_on"))
                & (pl.col("attempts_known_on") > year_ago)
            )
            .sum()
            .alias("failed_payments"),
        ),
    )
    for counted in counts:
        read = read.join(counted, on="reading", how="left").with_columns(
            pl.col(name).fill_null(0) for name in counted.columns if name != "reading"
        )
    months = (pl.col("read_on") - pl.col("first_paid_month")).dt.total_days() / (365.25 / 12)
    used = pl.col("events") + pl.col("events_before")
    return read.with_columns(
        pl.col("health_band").fill_null("unknown"),
        months.clip(lower_bound=0).alias("tenure_months"),
        # from −1 (stopped) to 1 (began); null without use in both windows
        pl.when(used > 0)
        .then((pl.col("events") - pl.col("events_before")) / used)
        .alias("usage_change"),
        pl.col("atr").clip(lower_bound=1).log().alias("log_atr"),
    )


def _planned(terms: pl.DataFrame) -> pl.DataFrame:
    """planned_end: the last day as agreed, by which a term that a cancellation cut short is read,
    too: counting back from the day it really ended would tell the outcome."""
    agreed = (
        pl.col("term_start_date")
        .dt.offset_by(pl.format("{}mo", pl.col("term_months").fill_null(0)))
        .dt.offset_by("-1d")
    )
    return terms.with_columns(
        pl.max_horizontal("term_end_date", agreed).alias("planned_end"),
    )


def _window(days: pl.Expr) -> pl.Expr:
    return pl.coalesce(
        pl.when(days >= fewest).then(pl.lit(name)) for name, (fewest, _) in WINDOWS.items()
    )


def _band_brier(
    held_back: pl.DataFrame, history: pl.DataFrame, bands: pl.DataFrame
) -> float | None:
    """Brier score of the band table on the held-back rows; None without rows."""
    if held_back.is_empty():
        return None
    read = history[held_back["row"].to_list()].select(
        "y", "health_band", "days_to_end", (pl.col("renewed_terms") > 0).alias("has_renewed_before")
    )
    found = read.join(bands, on=["health_band", "has_renewed_before"]).filter(
        pl.col("days_to_end").is_between("min_days_to_end", "max_days_to_end")
    )
    return found.select(((pl.col("p_band") - pl.col("y")) ** 2).mean()).item()


def _score(learned: skill.Learned, read: pl.DataFrame) -> pl.DataFrame:
    if read.is_empty():
        return read.select("term_key").with_columns(
            pl.lit(None).alias(name)
            for name in ("p_model", "raising_features", "lowering_features")
        )
    features = read.select(FEATURES)
    parts = learned.contributions(features)
    return pl.DataFrame(
        {
            "term_key": read["term_key"],
            "p_model": learned.predict(features),
            "raising_features": skill.strongest(parts, NAMED_FEATURES, sign=1),
            "lowering_features": skill.strongest(parts, NAMED_FEATURES, sign=-1),
        }
    )
