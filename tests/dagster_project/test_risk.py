"""要注意顧客: reasons with their evidence, quarters that do not overlap, and what is not ranked."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from dagster_project.compute import risk

AS_OF = date(2026, 6, 30)
EVIDENCED = {
    "customer_key": pl.String,
    "evidence_system": pl.String,
    "evidence_key": pl.String,
    "evidenced_on": pl.Date,
    "evidence_count": pl.Int64,
}
SCHEMAS = {
    "risk_panel": {
        "customer_key": pl.String,
        "observed_date": pl.Date,
        "is_current": pl.Boolean,
        "plan_name": pl.String,
        "mrr": pl.Float64,
        "usage_score": pl.Float64,
        "support_score": pl.Float64,
        "billing_score": pl.Float64,
        "engagement_score": pl.Float64,
        "contract_reason": pl.String,
        "usage_reason": pl.String,
        "engagement_reason": pl.String,
        "events": pl.Float64,
        "events_before": pl.Float64,
        "first_paid_month": pl.Date,
        "customer_type": pl.String,
    },
    "risk_churns": {"customer_key": pl.String, "churn_month": pl.Date},
    "risk_inquiries": {
        "customer_key": pl.String,
        "asked_date": pl.Date,
        "resolved_date": pl.Date,
        "is_complaint": pl.Boolean,
        "evidence_system": pl.String,
        "evidence_key": pl.String,
    },
    "risk_open_terms": {
        "customer_key": pl.String,
        "evidence_system": pl.String,
        "evidence_key": pl.String,
        "evidenced_on": pl.Date,
        "is_in_grace": pl.Boolean,
    },
    "risk_failed_payments": {
        "customer_key": pl.String,
        "evidence_system": pl.String,
        "evidence_key": pl.String,
        "due_date": pl.Date,
        "known_on": pl.Date,
    },
    "risk_announced": {"customer_key": pl.String},
    "risk_cancel_requested": EVIDENCED,
    "risk_renewal_deal_lost": EVIDENCED,
    "risk_invoice_overdue": EVIDENCED,
    "risk_health_red": EVIDENCED,
    "risk_contacts": EVIDENCED,
}
OBSERVED = {
    "customer_key": "c1",
    "observed_date": AS_OF,
    "is_current": False,
    "plan_name": "Pro",
    "mrr": 10000.0,
    "usage_score": 80.0,
    "support_score": 100.0,
    "billing_score": 100.0,
    "engagement_score": 100.0,
    "contract_reason": "running",
    "usage_reason": "used",
    "engagement_reason": "in_touch",
    "events": 100.0,
    "events_before": 100.0,
    "first_paid_month": date(2025, 1, 1),
    "customer_type": "company",
}


def frames(panel, **given) -> dict[str, pl.DataFrame]:
    rows = {"risk_panel": [OBSERVED | row for row in panel]} | given
    return {
        name: pl.DataFrame(list(rows.get(name, [])), schema=schema, orient="row")
        for name, schema in SCHEMAS.items()
    }


def month_ends(count: int) -> list[date]:
    """The last `count` month-ends by AS_OF, oldest first."""
    last = pl.Series([AS_OF])
    return [last.dt.offset_by(f"-{n}mo").dt.month_end()[0] for n in reversed(range(count))]


def test_every_rule_says_where_its_evidence_is_and_what_to_do():
    assert risk.ENTITIES.keys() == risk.RULES.keys()
    assert {rule.action for rule in risk.RULES.values()} == risk.ACTIONS.keys()


def test_a_customer_in_trouble_carries_each_reason_with_its_evidence():
    current = {"is_current": True, "usage_reason": "use_halved", "events": 12.0}
    made = risk.compute(
        frames(
            [current, {"customer_key": "quiet", "is_current": True}],
            risk_inquiries=[
                ("c1", date(2026, 6, 2), date(2026, 6, 3), True, "desk", "T-2"),
                ("c1", date(2026, 4, 2), date(2026, 4, 3), True, "desk", "T-1"),
                ("c1", date(2026, 4, 1), date(2026, 4, 3), True, "desk", "T-0"),  # 90 days ago
                ("quiet", date(2026, 6, 23), None, False, "desk", "T-3"),  # 7 days: still patient
            ],
            risk_invoice_overdue=[("c1", "billing", "INV-7", date(2026, 5, 31), 2)],
            risk_open_terms=[("c1", "billing", "K-1", date(2026, 8, 29), False)],
        ),
        as_of=AS_OF,
        policy={},
    )
    told = made["risk_reasons"].select(
        *("reason_no", "reason_code", "reason_group"),
        *("evidence_entity", "evidence_system", "evidence_key", "evidence_count"),
    )
    assert told.rows() == [
        (1, "invoice_overdue", "billing", "billing.invoices", "billing", "INV-7", 2),
        (2, "complaint", "inquiry", "inquiry.tickets", "desk", "T-2", 2),
        (3, "usage_dropped", "usage", "usage.usage_days", "usage", "c1", 12),
        (4, "term_ends_soon", "billing", "billing.subscriptions", "billing", "K-1", 1),
    ]
    assert made["risk_reasons"]["reason_ja"][0] == (
        "支払期日を過ぎた請求が 2 件あります（最も古い期日 2026-05-31）"
    )
    assert made["risk_reasons"]["reason_en"][1] == (
        "Complaints within 90 days: 2 (last on 2026-06-02)"
    )
    [customer] = made["risk_customers"].to_dicts()
    assert (customer["customer_key"], customer["reason_count"]) == ("c1", 4)
    assert (customer["reason_code"], customer["action_code"]) == (
        "invoice_overdue",
        "settle_payment",
    )


def test_quarters_do_not_overlap_and_end_by_the_last_month_end():
    days = month_ends(9)
    panel = risk.read_panel(
        frames([{"observed_date": day} for day in days], risk_churns=[("c1", date(2026, 5, 1))]),
        as_of=AS_OF,
    )
    assert panel.select("read_on", "known_on", "y").rows() == [
        (date(2025, 12, 31), date(2026, 3, 31), 0),
        (date(2026, 3, 31), date(2026, 6, 30), 1),
    ]


def test_a_run_in_the_middle_of_a_month_counts_back_from_the_month_end_before():
    days = [*month_ends(9), date(2026, 7, 15)]
    panel = risk.read_panel(
        frames([{"observed_date": day} for day in days]), as_of=date(2026, 7, 15)
    )
    assert panel["read_on"].to_list() == [date(2025, 12, 31), date(2026, 3, 31)]


def test_who_had_asked_to_leave_is_known_and_not_predicted():
    day = date(2026, 3, 31)
    asked = {"observed_date": day, "contract_reason": "asked_to_leave"}
    stays = {"observed_date": day, "customer_key": "c2"}
    now = [{"customer_key": key, "is_current": True} for key in ("c1", "c2")]
    given = frames(
        [asked, stays, *now],
        risk_announced=[("c1",)],
        risk_cancel_requested=[("c1", "billing", "K-9", date(2026, 6, 20), 1)],
        risk_renewal_deal_lost=[("c2", "crm", "D-2", date(2026, 9, 30), 1)],
    )
    assert risk.read_panel(given, as_of=AS_OF)["customer_key"].to_list() == ["c2"]
    first, second = risk.compute(given, as_of=AS_OF, policy={})["risk_customers"].to_dicts()
    assert (first["customer_key"], first["p_churn_null_reason"]) == ("c1", "announced")
    assert (second["customer_key"], second["p_churn_null_reason"]) == ("c2", "too_little_history")


def test_one_contract_of_two_to_end_is_a_reason_but_no_announced_churn():
    made = risk.compute(
        frames(
            [{"is_current": True}],
            risk_cancel_requested=[("c1", "billing", "K-9", date(2026, 6, 20), 1)],
        ),
        as_of=AS_OF,
        policy={},
    )
    [customer] = made["risk_customers"].to_dicts()
    assert customer["reason_code"] == "cancel_requested"
    assert customer["p_churn_null_reason"] == "too_little_history"


def test_facts_after_the_observed_day_are_not_read():
    day = date(2026, 3, 31)
    given = frames(
        [{"observed_date": day}, {"is_current": True}],
        risk_inquiries=[
            ("c1", date(2026, 1, 1), None, True, "desk", "T-1"),
            ("c1", day, None, True, "desk", "T-2"),
            ("c1", date(2026, 4, 1), None, True, "desk", "T-3"),
            ("c1", date(2025, 12, 31), None, True, "desk", "T-0"),
        ],
        risk_failed_payments=[
            ("c1", "billing", "INV-1", date(2026, 2, 28), date(2026, 2, 28)),
            ("c1", "billing", "INV-2", date(2026, 3, 31), date(2026, 4, 30)),
        ],
    )
    [row] = risk.read_panel(given, as_of=AS_OF).to_dicts()
    assert (row["inquiries"], row["complaints"], row["failed_payments"]) == (2, 2, 1)


def company(*, telling: bool, customers: int = 150) -> dict[str, pl.DataFrame]:
    """Two years of customers; overdue money tells who leaves within a quarter, or nothing does."""
    random = np.random.default_rng(5)
    panel, churns = [], []
    for number in range(customers):
        for day in month_ends(22)[::3]:
            owes = random.random() < 0.25
            leaves = random.random() < ((0.45 if owes else 0.03) if telling else 0.12)
            key = f"{number}-{day}"
            panel.append(
                {
                    "customer_key": key,
                    "observed_date": day,
                    "is_current": day == AS_OF,
                    "billing_score": 0.0 if owes else 100.0,
                    "mrr": 1000.0 * (1 + number),
                }
            )
            if leaves:
                churns.append((key, pl.Series([day]).dt.offset_by("1d").dt.month_start()[0]))
    overdue = [
        (row["customer_key"], "billing", "INV", date(2026, 5, 1), 1)
        for row in panel
        if row["is_current"] and not row["billing_score"]
    ]
    return frames(panel, risk_churns=churns, risk_invoice_overdue=overdue)


def test_with_skill_the_list_is_ranked_by_what_is_likely_to_be_lost():
    made = risk.compute(company(telling=True), as_of=AS_OF, policy={})
    [figures] = made["risk_model_figures"].to_dicts()
    assert figures["has_skill"]
    assert figures["auc"] > 0.75
    assert figures["lift"] > 2
    listed = made["risk_customers"]
    assert set(listed["ranked_by"]) == {"expected_loss"}
    assert listed["p_churn"].null_count() == 0
    top = listed.head(5).join(made["risk_reasons"], on="customer_key")
    assert "invoice_overdue" in top["reason_code"].to_list()
    assert listed["raising_features"][0].startswith("billing_score")
    # what was learned is held against quarters it had not seen
    backtest = made["risk_backtest"]
    assert backtest["read_on"].min() > figures["read_from"]
    ten = backtest.filter(pl.col("k") == 10)
    assert ten["churned_in_top_count"].sum() / ten["k"].sum() > 2 * (
        ten["churned_count"].sum() / ten["customer_count"].sum()
    )
    assert made["risk_reliability_bins"]["row_count"].sum() == figures["held_back_count"]


def test_without_skill_the_list_says_so_and_goes_by_the_money_at_stake():
    given = company(telling=False)
    made = risk.compute(given, as_of=AS_OF, policy={})
    [figures] = made["risk_model_figures"].to_dicts()
    assert (figures["has_skill"], figures["reason"]) == (False, "auc_not_better_than_chance")
    listed = made["risk_customers"]
    assert set(listed["ranked_by"]) == {"mrr_at_stake"}
    assert set(listed["p_churn_null_reason"]) == {"auc_not_better_than_chance"}
    assert listed["p_churn"].null_count() == listed.height
    # the rules only: nobody is listed for a pattern
    assert set(listed["reason_code"]) == {"invoice_overdue"}
    mrr = listed.join(given["risk_panel"], on="customer_key").sort("risk_rank")["mrr"].to_list()
    assert mrr == sorted(mrr, reverse=True)


@pytest.mark.parametrize("panel", [[], [{"is_current": True}]])
def test_a_young_company_has_empty_tables_and_a_reason(panel):
    made = risk.compute(frames(panel), as_of=AS_OF, policy={})
    assert made.keys() == risk.SCHEMAS.keys()
    [figures] = made["risk_model_figures"].to_dicts()
    assert (figures["has_skill"], figures["reason"]) == (False, "too_little_history")
    assert made["risk_customers"].is_empty()
    for name, schema in risk.SCHEMAS.items():
        assert made[name].select(schema.names()).cast(dict(schema)).schema == schema
