"""What Dagster is told about the real project; one dbt parse, no build."""

import itertools

import dagster as dg
import pytest

from dagster_project import commands
from dagster_project.compute import forecasters
from dagster_project.definitions import build_definitions
from dagster_project.settings import load_settings
from sources.entities import entities


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    root = tmp_path_factory.mktemp("company") / "home"
    commands.init_home(root)
    (root / "keizoku.toml").write_text(
        '[freshness]\nfail_after_days = 40\n[freshness.entities]\n"inquiry.tickets" = 7\n'
    )
    return load_settings(root)


@pytest.fixture(scope="module")
def manifest(settings):
    return commands.prepare_manifest(settings)


@pytest.fixture(scope="module")
def definitions(settings):
    return build_definitions(settings)


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.resolve_asset_graph()


def key(text: str) -> dg.AssetKey:
    return dg.AssetKey(text.split("/"))


def test_every_entity_and_every_dbt_model_is_an_asset(graph, manifest):
    models = {
        dg.AssetKey([node["schema"], node["name"]])
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    landed = {dg.AssetKey(["landed", entity.table]) for entity in entities().values()}
    others = {
        key(name)
        for name in (
            "landed/control__deliveries",
            "landed/control__quarantine",
            "landed/control__refused_invoices",
            "identity/links",
            "cash/receipts",
            "cash/allocations",
            *(f"forecast/{name}" for name in forecasters.schemas()),
            "control/approach_actions",
            "control/close_deliveries",
            "control/close_levels",
            "control/close_waterfall",
            "control/metrics",
            "published/current",
        )
    }
    assert graph.get_all_asset_keys() == models | landed | others


def test_one_row_can_be_followed_from_the_landed_entity_to_the_published_version(graph):
    chain = [
        "landed/billing__subscriptions",
        "staging/stg_billing__subscriptions",
        "intermediate/int_subscriptions_bounded",
        "main/mart_kpi_monthly",
        "published/current",
    ]
    for upstream, downstream in itertools.pairwise(chain):
        ancestors = graph.get_ancestor_asset_keys(key(downstream))
        assert key(upstream) in ancestors, f"{upstream} → {downstream}"
    assert key("identity/links") in graph.get_ancestor_asset_keys(key("main/dim_customer"))
    assert key("staging/stg_crm__accounts") in graph.get_ancestor_asset_keys(key("identity/links"))


def test_every_dbt_test_is_a_check_of_exactly_one_asset(graph, manifest):
    tests = sorted(
        node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"
    )
    own = ["files_match_their_checksums", "nothing_is_held", "rows_balance"]
    assert sorted(check.name for check in graph.asset_check_keys) == sorted([*tests, *own])


def test_the_job_is_eight_steps_in_the_order_of_the_data(definitions):
    job = definitions.resolve_job_def("keizoku_run")
    order = [node.name for node in job.graph.nodes_in_topological_order]
    assert order == [
        "land",
        "build_staging",
        "identity__links",
        "apply_cash",
        "build_marts",
        "forecast",
        "build_forecasts",
        "published__current",
    ]
    assert job.executor_def.name == "in_process"


def test_freshness_is_declared_per_source_and_for_the_published_version(graph):
    def fails_after_days(name: str) -> float:
        return graph.get(key(name)).freshness_policy.fail_window.to_timedelta().days

    assert fails_after_days("landed/billing__subscriptions") == 40
    assert fails_after_days("landed/inquiry__tickets") == 7
    assert fails_after_days("published/current") == 1


def test_one_step_alone_is_refused_in_plain_words(definitions):
    job = definitions.resolve_job_def("keizoku_run")
    marts = [asset for asset in job.asset_layer.executable_asset_keys if asset.path[0] == "main"]
    result = job.execute_in_process(
        asset_selection=marts[:1],
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    assert not result.success
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    assert "Start the whole job keizoku_run" in str(failure.step_failure_data.error)


def test_telemetry_is_off_and_one_run_at_a_time(settings):
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        assert instance.telemetry_enabled is False
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert instance.run_monitoring_enabled
        assert instance.freshness_enabled
