"""更新確率: what is known on the day of reading, and when the band table counts instead."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from dagster_project.compute import renewal

AS_OF = date(2026, 6, 30)
POLICY = {"lapse_grace_days": 30}
GRACE_DAYS = 30

TERM = {
    "customer_key": "c1",
    "term_start_date": date(2025, 4, 1),
    "term_end_date": date(2026, 3, 31),
    "term_months": 12,
    "is_auto_renewing": True,
    "notice_days": 30,
    "atr": 120000.0,
    "outcome": "on_time",
    "decided_on": date(2026, 4, 1),
    "first_paid_month": date(2024, 4, 1),
    "is_open": False,
}
TERM_SCHEMA = {
    "term_key": pl.String,
    "customer_key": pl.String,
    "term_start_date": pl.Date,
    "term_end_date": pl.Date,
    "term_months": pl.Int64,
    "is_auto_renewing": pl.Boolean,
    "notice_days": pl.Int64,
    "atr": pl.Float64,
    "outcome": pl.String,
    "decided_on": pl.Date,
    "first_paid_month": pl.Date,
    "is_open": pl.Boolean,
}
HEALTH_SCHEMA = {
    "customer_key": pl.String,
    "observed_date": pl.Date,
    "health_band": pl.String,
    "health_score": pl.Float64,
    "plan_name": pl.String,
    "events": pl.Float64,
    "events_before": pl.Float64,
}
INQUIRY_SCHEMA = {"customer_key": pl.String, "happened_on": pl.Date, "is_complaint": pl.Boolean}
INVOICE_SCHEMA = {
    "customer_key": pl.String,
    "due_date": pl.Date,
    "settled_date": pl.Date,
    "attempts_known_on": pl.Date,
    "is_failed": pl.Boolean,
}


def frames(terms, health=(), inquiries=(), invoices=()) -> dict[str, pl.DataFrame]:
    rows = [TERM | {"term_key": f"t{number}"} | term for number, term in enumerate(terms)]
    bands = [
        (band, fewest, most, before, 0.85)
        for band in ("green", "yellow", "red", "unknown")
        for fewest, most in ((-99999, -1), (0, 30), (31, 90), (91, 99999))
        for before in (False, True)
    ]
    return {
        "renewal_terms": pl.DataFrame(rows, schema=TERM_SCHEMA),
        "renewal_health": pl.DataFrame(list(health), schema=HEALTH_SCHEMA, orient="row"),
        "renewal_inquiries": pl.DataFrame(list(inquiries), schema=INQUIRY_SCHEMA, orient="row"),
        "renewal_invoices": pl.DataFrame(list(invoices), schema=INVOICE_SCHEMA, orient="row"),
        "renewal_bands": pl.DataFrame(
            bands,
            schema=[
                *("health_band", "min_days_to_end", "max_days_to_end"),
                *("has_renewed_before", "p_band"),
            ],
            orient="row",
        ),
    }


def readings(given, window="31_to_90_days") -> list[dict]:
    history = renewal.read_history(given, as_of=AS_OF, grace_days=GRACE_DAYS)
    return history.filter(pl.col("days_window") == window).to_dicts()


def test_a_term_is_read_once_in_every_window_before_it_is_decided():
    history = renewal.read_history(frames([{}]), as_of=AS_OF, grace_days=GRACE_DAYS)
    assert history.select("days_window", "read_on", "known_on", "y").rows() == [
        ("over_90_days", date(2025, 12, 1), date(2026, 5, 1), 1),
        ("31_to_90_days", date(2026, 1, 30), date(2026, 5, 1), 1),
        ("0_to_30_days", date(2026, 3, 16), date(2026, 5, 1), 1),
    ]
    assert history["tenure_months"][1] == pytest.approx(22, abs=0.1)


def test_a_late_renewal_is_read_in_its_grace_too():
    late = {"outcome": "late", "decided_on": date(2026, 4, 20)}
    [row] = readings(frames([late]), "in_grace")
    assert (row["read_on"], row["y"]) == (date(2026, 4, 15), 1)


def test_a_term_cut_short_is_read_by_the_end_that_was_agreed():
    lost = {
        "outcome": "lost",
        "term_end_date": date(2026, 3, 10),
        "decided_on": date(2026, 2, 20),
    }
    [row] = readings(frames([lost]))
    assert (row["read_on"], row["y"]) == (date(2026, 1, 30), 0)


def test_what_was_decided_before_the_day_of_reading_is_nothing_to_predict():
    lost = {"outcome": "lost", "decided_on": date(2026, 1, 30)}
    assert readings(frames([lost])) == []


def test_terms_whose_grace_is_not_over_are_left_out_even_if_lost():
    running = {
        "term_start_date": date(2025, 6, 15),
        "term_end_date": date(2026, 6, 14),
        "decided_on": date(2026, 6, 1),
        "outcome": "lost",
    }
    assert readings(frames([running, running | {"outcome": "on_time"}])) == []


def test_facts_are_counted_up_to_the_day_of_reading():
    read_on = date(2026, 1, 30)
    earlier = {
        "term_start_date": date(2024, 4, 1),
        "term_end_date": date(2025, 3, 31),
        "decided_on": date(2025, 4, 1),
    }
    rows = readings(
        frames(
            [{}, earlier],
            health=[("c1", date(2025, 12, 31), "red", 40.0, "Pro", 10.0, 30.0)],
            inquiries=[
                ("c1", read_on, True),
                ("c1", date(2025, 11, 2), False),
                ("c1", date(2025, 11, 1), True),  # 90 days before
            ],
            invoices=[
                ("c1", date(2025, 12, 31), None, None, False),
                ("c1", date(2025, 10, 31), date(2025, 11, 5), date(2025, 10, 31), True),
            ],
        )
    )
    [row] = [row for row in rows if row["term_key"] == "t0"]
    assert (row["health_score"], row["health_band"], row["plan_name"]) == (40.0, "red", "Pro")
    assert row["usage_change"] == pytest.approx(-0.5)
    assert (row["inquiries"], row["complaints"]) == (2, 1)
    assert (row["overdue_invoices"], row["late_payments"], row["failed_payments"]) == (1, 1, 1)
    assert (row["renewed_terms"], row["lost_terms"]) == (1, 0)


def of_window(made: dict[str, pl.DataFrame], window: str = "31_to_90_days") -> dict:
    figures = made["renewal_model_figures"]
    assert figures["days_window"].to_list() == list(renewal.WINDOWS)
    return figures.filter(pl.col("days_window") == window).to_dicts()[0]


def company(*, telling: bool, terms: int = 400) -> dict[str, pl.DataFrame]:
    """Terms over four years; a complaint two weeks before the reading tells of a loss, or not."""
    random = np.random.default_rng(11)
    rows, inquiries = [], []
    for number in range(terms):
        end = date(2022, 9, 30) + timedelta(days=int(number * 1300 / terms))
        complains = random.random() < 0.3
        is_lost = random.random() < ((0.7 if complains else 0.08) if telling else 0.25)
        rows.append(
            {
                "customer_key": f"c{number}",
                "term_start_date": end - timedelta(days=364),
                "term_end_date": end,
                "outcome": "lost" if is_lost else "on_time",
                "decided_on": end + timedelta(days=31 if is_lost else 1),
            }
        )
        if complains:
            inquiries.append((f"c{number}", end - timedelta(days=74), True))
    for number, complains in enumerate((True, False)):
        rows.append(
            {
                "customer_key": f"open{number}",
                "term_key": f"open{number}",
                "term_start_date": date(2025, 9, 1),
                "term_end_date": date(2026, 8, 31),
                "outcome": "open",
                "decided_on": None,
                "is_open": True,
            }
        )
        if complains:
            inquiries.append((f"open{number}", date(2026, 6, 20), True))
    return frames(rows, inquiries=inquiries)


def test_a_telling_history_gives_each_open_term_its_own_chance_and_why():
    made = renewal.compute(company(telling=True), as_of=AS_OF, policy=POLICY)
    figures = of_window(made)
    assert figures["has_skill"] and figures["reason"] is None
    assert figures["auc"] > 0.7
    assert figures["brier"] < min(figures["base_brier"], figures["band_brier"])
    complained, quiet = made["renewal_term_probability"].sort("term_key").to_dicts()
    assert complained["p_model"] == pytest.approx(0.3, abs=0.15)
    assert quiet["p_model"] == pytest.approx(0.92, abs=0.08)
    assert complained["lowering_features"].startswith(("complaints", "inquiries"))
    bins = made["renewal_reliability_bins"].filter(pl.col("days_window") == "31_to_90_days")
    assert bins["row_count"].sum() == figures["held_back_count"]


def test_a_history_that_tells_nothing_leaves_the_band_table():
    made = renewal.compute(company(telling=False), as_of=AS_OF, policy=POLICY)
    figures = of_window(made)
    assert not figures["has_skill"]
    assert figures["reason"] == "auc_not_better_than_chance"
    assert made["renewal_term_probability"].is_empty()


def test_what_happened_after_the_reading_is_not_used():
    """The leak is planted: everybody who is lost complains, owes and turns red a day too late."""
    honest = company(telling=False)
    read = renewal.read_history(honest, as_of=AS_OF, grace_days=GRACE_DAYS)
    last = read.group_by("customer_key", maintain_order=True).agg(
        pl.col("read_on").max(), pl.col("y").first()
    )
    lost = last.filter(pl.col("y") == 0).with_columns(
        (pl.col("read_on") + pl.duration(days=1)).alias("leaked_on")
    )
    assert lost.height > 100
    leaking = honest | {
        "renewal_inquiries": pl.concat(
            [
                honest["renewal_inquiries"],
                lost.select(
                    "customer_key",
                    pl.col("leaked_on").alias("happened_on"),
                    pl.lit(value=True).alias("is_complaint"),
                ),
            ]
        ),
        "renewal_invoices": lost.select(
            "customer_key",
            pl.col("leaked_on").alias("due_date"),
            pl.lit(None, dtype=pl.Date).alias("settled_date"),
            pl.col("leaked_on").alias("attempts_known_on"),
            pl.lit(value=True).alias("is_failed"),
        ),
    }
    columns = ["term_key", "read_on", *renewal.FEATURES]
    again = renewal.read_history(leaking, as_of=AS_OF, grace_days=GRACE_DAYS)
    assert again.select(columns).equals(read.select(columns))
    figures = of_window(renewal.compute(leaking, as_of=AS_OF, policy=POLICY))
    assert figures["reason"] == "auc_not_better_than_chance"


def test_the_planted_leak_would_have_been_learned():
    """The control of the test above: the same facts a day earlier do tell who is lost."""
    honest = company(telling=False)
    read = renewal.read_history(honest, as_of=AS_OF, grace_days=GRACE_DAYS)
    lost = read.filter((pl.col("y") == 0) & (pl.col("days_window") == "31_to_90_days"))
    known = lost.select(
        "customer_key",
        pl.col("read_on").alias("happened_on"),
        pl.lit(value=True).alias("is_complaint"),
    )
    telling = honest | {"renewal_inquiries": pl.concat([honest["renewal_inquiries"], known])}
    figures = of_window(renewal.compute(telling, as_of=AS_OF, policy=POLICY))
    assert figures["has_skill"]


def test_a_company_without_terms_or_with_few_says_so():
    for terms in ([], [{}, {"outcome": "lost", "decided_on": date(2026, 5, 1)}]):
        made = renewal.compute(frames(terms), as_of=AS_OF, policy=POLICY)
        figures = of_window(made)
        assert (figures["has_skill"], figures["reason"]) == (False, "too_little_history")
        assert figures["auc"] is None
        assert made["renewal_reliability_bins"].is_empty()
