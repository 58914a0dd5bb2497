"""GD-1 as a published version, made by the real publish step from hand-typed tables.

The figures lie in gd1/*.csv, typed from METRICS.md 2.1. Tables get the columns and types the marts
declare, so a mart that changes its columns breaks these tests and not the page of a user.
"""

import hashlib
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import yaml

from dagster_project.compute.metrics import read_metrics
from dagster_project.publish import Column, Mart, Stamp, Version, publish

REPO = Path(__file__).parents[2]
GD1 = Path(__file__).parent / "gd1"
BUILD = "gd1_build.duckdb"
AS_OF = date(2026, 6, 30)
POLICY_ID = "gd1policy000"
THE_MORNING_AFTER = datetime(2026, 6, 30, 21, 5, tzinfo=UTC)  # 2026-07-01 06:05 in Tokyo
POLICY = yaml.safe_load((REPO / "dbt" / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
TYPES = {"string": "varchar"}
# tables whose rows are those of everybody
OF_EVERYBODY = (
    *("bridge_customer_segment", "mart_retention_cohort", "mart_retention_average"),
    "mart_survival",
)
# What a run over the CRM's accounts and the contracts alone leaves empty, and what it leaves at 0:
# read off such a run (test_real_home.py makes one).
EMPTY_WITHOUT_THE_REST = (
    "dim_contact",
    *("fct_billed_line", "fct_committed_change", "fct_inquiry", "fct_interaction", "fct_invoice"),
    *("fct_invoice_line", "fct_mrr_bridge", "fct_payment", "fct_payment_allocation"),
    *("mart_affinity", "mart_approach_action", "mart_approach_list", "mart_approach_outcome"),
    *("mart_ar_aging", "mart_ar_aging_customer", "mart_at_risk", "mart_at_risk_reason"),
    *("mart_cash_application", "mart_decile", "mart_deferred_revenue", "mart_dunning"),
    *("mart_dunning_code", "mart_mrr_billed", "mart_mrr_bridge", "mart_rfm"),
    *("mart_upsell_candidates", "obs_identity_review", "obs_quarantine"),
    "obs_restatement_log",
)
ZERO_WITHOUT_THE_REST = {
    "mart_cash_monthly": (
        *("billed_incl_tax", "billed", "billed_tax_unknown_count", "billed_3m_incl_tax"),
        *("collected", "ar_balance"),
    ),
    "mart_receivables_rollforward": (
        *("opening_ar_balance", "billed_incl_tax", "collected_applied", "fee_diff", "credited"),
        *("settled_elsewhere", "overpaid", "fx_revaluation", "ar_balance"),
    ),
    "mart_customer_360": (
        *("net_revenue_12m", "net_revenue_to_date", "ltv_realised_amount", "ar_open_balance"),
        *("inquiry_90d_count", "complaint_90d_count"),
    ),
    "mart_voice_of_customer": ("inquiry_count", "complaint_count"),
    "mart_payment_mix": ("collected",),
    "mart_pareto": (
        *("customer_count", "net_revenue_12m", "top_fifth_customer_count"),
        *("top_fifth_net_revenue_12m", "customer_for_80_percent_count"),
    ),
    "mart_unit_economics": ("acquisition_cost", "retention_cost"),
}
DELIVERED_ALONE = ("billing.subscriptions", "crm.accounts")
COMPLETED_BELOW = {  # more columns than typed
    *("obs_load_manifest", "fct_subscription_segment"),
    *OF_EVERYBODY,
}


def declared_marts() -> list[dict]:
    """Every mart as the dbt YAML declares it."""
    return [
        model
        for path in sorted((REPO / "dbt" / "models" / "marts").rglob("*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    ]


def published_mart(model: dict) -> Mart:
    """The same as publish reads it from dbt's manifest."""
    columns = []
    for column in model["columns"]:
        meta = column["config"]["meta"]
        columns.append(
            Column(
                column["name"],
                column["description"],
                meta["class"],
                meta.get("key", False),
            )
        )
    return Mart(model["name"], model["description"], tuple(columns))


def declared_manifest() -> dict:
    """As much of dbt's manifest as the metric registry reads."""
    nodes = {
        model["name"]: model
        | {
            "unique_id": model["name"],
            "resource_type": "model",
            "package_name": "keizoku",
            "columns": {column["name"]: column for column in model["columns"]},
            "depends_on": {},
        }
        for model in declared_marts()
    }
    return {"nodes": nodes, "macros": {}}


def fill(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    """Insert a select by column name; what it does not give is null."""
    connection.execute(f"insert into {name} by name {select}")


def build_gd1(path: Path, content_sha256: str) -> None:
    """A build database with every declared mart, those the pages read filled with GD-1."""
    read = {file.stem: f"read_csv('{file}', header = true)" for file in GD1.glob("*.csv")}
    with duckdb.connect(str(path)) as connection:
        for model in declared_marts():
            columns = ", ".join(
                f'"{c["name"]}" {TYPES.get(c["data_type"], c["data_type"])}'
                for c in model["columns"]
            )
            connection.execute(f"create table {model['name']} ({columns})")
        typed_as_they_are = {model["name"] for model in declared_marts()} & read.keys()
        for name in sorted(typed_as_they_are - COMPLETED_BELOW):
            fill(connection, name, f"select * from {read[name]}")
        for name in OF_EVERYBODY:
            everybody = "'all' as segment_attribute, 'all' as segment_value"
            fill(connection, name, f"select *, {everybody} from {read[name]}")
        fill(
            connection,
            "bridge_customer_segment",
            f"select * from {read['customer_segments']}",
        )
        fill(
            connection,
            "obs_load_manifest",
            f"select *, '{content_sha256}' as content_sha256 from {read['obs_load_manifest']}",
        )
        fill(
            connection,
            "fct_subscription_segment",
            "select *, 'billing' as source_system, '1' as line_id, 'month' as interval_unit, "
            f"'aaaa1111bbbb2222' as delivery_id from {read['fct_subscription_segment']}",
        )
        types = ["opening", "new", "reactivation", "expansion", "contraction", "churn"]
        types += ["pause", "resume", "fx"]
        for order, movement_type in enumerate(types, start=1):
            fill(
                connection,
                "mart_mrr_waterfall",
                f"""
                select
                    moved.month,
                    'contract' as basis,
                    'as_restated' as view,
                    '{movement_type}' as movement_type,
                    {order} as movement_order,
                    moved.month = date '2025-12-01' as is_opening_month,
                    moved."{movement_type}" as mrr_change,
                    counted."{movement_type}" as customer_count,
                    moved."begin" as begin_mrr,
                    moved."end" as end_mrr,
                    begin_customers as begin_customer_count,
                    end_customers as end_customer_count
                from {read["waterfall"]} as moved
                join {read["waterfall_customers"]} as counted using (month)
                """,
            )
        fill(
            connection,
            "mart_kpi_monthly",
            f"""
            select
                kpi.*,
                moved."begin" as begin_mrr,
                moved."end" as mrr,
                begin_customers as begin_customer_count,
                end_customers as customer_count
            from {read["kpi"]} as kpi
            join {read["waterfall"]} as moved using (month)
            """,
        )
        fill(
            connection,
            "dim_date",
            """
            select
                cast(day as date) as date_key,
                isodow(day) as iso_weekday,
                isodow(day) < 6 as is_business_day
            from generate_series(date '2025-12-01', date '2027-06-30', interval 1 day) as days(day)
            """,
        )
        registry = read_metrics(declared_manifest(), POLICY)  # noqa: F841 named in the SQL
        connection.execute("insert into obs_metric_registry by name select * from registry")
        # as the whole project's manifest gives them; here only the marts are declared
        connection.execute(
            """
            update obs_metric_registry
            set
                policy_values = '{"lapse_grace_days": 30, "history_start": null}',
                test_names = 'assert_layers_add_up_to_mrr, no_gap_in_keys_and_amounts_of_marts',
                owner = 'finance'
            """
        )
        for model in declared_marts():
            connection.execute(
                f"update {model['name']} set as_of_date = '{AS_OF}', policy_id = '{POLICY_ID}'"
            )


def forget_the_rest(build: Path) -> None:
    """Leaves of GD-1 what it is when only the CRM's accounts and the contracts were delivered."""
    with duckdb.connect(str(build)) as connection:
        for name in EMPTY_WITHOUT_THE_REST:
            connection.execute(f"delete from {name}")
        for name, columns in ZERO_WITHOUT_THE_REST.items():
            zeros = ", ".join(f"{column} = 0" for column in columns)
            connection.execute(f"update {name} set {zeros}")
        connection.execute(
            """
            update mart_customer_360
            set r_score = null, f_score = null, m_score = null, rfm_cell = null, decile = null,
                abc_class = null, last_payment_date = null, last_contact_date = null,
                last_inquiry_date = null, has_email_consent = null, has_phone_consent = null
            """
        )
        connection.execute(
            """
            update mart_pareto
            set top_fifth_share_rate = null, customer_for_80_percent_rate = null,
                pareto_null_reason = 'no_revenue'
            """
        )
        connection.execute(
            """
            update mart_cash_monthly
            set dso_days = null, dso_days_null_reason = 'less_than_3_months_billed'
            """
        )
        for name in ("obs_load_manifest", "obs_row_outcome"):
            connection.execute(f"delete from {name} where entity not in {DELIVERED_ALONE}")


def publish_gd1(home: Path, *, when: datetime = THE_MORNING_AFTER) -> Version:
    """Publish GD-1 into a home, with the delivered contract file kept as an original."""
    home.mkdir(parents=True, exist_ok=True)
    delivered = GD1 / "subscriptions_20260630.csv"
    sha = hashlib.sha256(delivered.read_bytes()).hexdigest()
    original = home / "originals" / sha[:2] / sha
    original.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(delivered, original)
    build = home / BUILD
    if not build.exists():
        build_gd1(build, sha)
    stamp = Stamp(
        run_id="gd1",
        published_at=when,
        as_of_date=AS_OF.isoformat(),
        known_at=None,
        input_fingerprint=hashlib.sha256(when.isoformat().encode()).hexdigest(),
        policy_id=POLICY_ID,
        policy=POLICY,
    )
    marts = tuple(published_mart(model) for model in declared_marts())
    return publish(home / "published", build, marts, stamp)
