"""The asset graph: landed entities, the three dbt selections with identity, the cash application
and the forecasts between them, publish.

Assets call commands and report what came of it. One step per command, because there is one DuckDB
file and one writer; what Dagster shows per model comes from dbt's manifest and results.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
from pydantic import Field

from dagster_project import checks, commands
from dagster_project.dbt_build import BuildResult
from dagster_project.messages import KeizokuError, say
from dagster_project.runs import Request, Run
from dagster_project.settings import FreshnessConfig, Settings
from sources.entities import entities

DELIVERIES = dg.AssetKey(["landed", "control__deliveries"])
QUARANTINE = dg.AssetKey(["landed", "control__quarantine"])
REFUSED_INVOICES = dg.AssetKey(["landed", "control__refused_invoices"])
LINKS = dg.AssetKey(["identity", "links"])
CASH = tuple(dg.AssetKey(["cash", name]) for name in ("receipts", "allocations"))
PUBLISHED = dg.AssetKey(["published", "current"])
# The daily run and a margin for a slow one.
PUBLISHED_FAILS_AFTER = timedelta(hours=30)


class BuildConfig(dg.Config):
    """What a run is asked for; empty means yesterday and everything received."""

    as_of: str | None = Field(default=None, description="YYYY-MM-DD; default: yesterday")
    known_at: str | None = Field(
        default=None, description="UTC YYYY-MM-DD HH:MM:SS; default: everything received"
    )
    force: bool = Field(default=False, description="build even when nothing is new")

    def request(self) -> Request:
        """The same as the commands understand it."""
        return Request(
            as_of=date.fromisoformat(self.as_of) if self.as_of else None,
            known_at=datetime.fromisoformat(self.known_at) if self.known_at else None,
            is_forced=self.force,
        )


def build_assets(settings: Settings, manifest: dict[str, Any]) -> list[Any]:
    """Every asset of the project for this home's settings and this state of dbt/."""
    models = {
        unique_id: model_spec(manifest, unique_id)
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    keys = {unique_id: spec.key for unique_id, spec in models.items()}
    specs = {
        selection: [
            spec
            for unique_id, spec in models.items()
            if commands.selection_of(manifest, manifest["nodes"][unique_id]) == selection
        ]
        for selection in commands.SELECTIONS
    }
    marts = [spec.key for spec in models.values() if spec.group_name == "marts"]
    return [
        *landed_specs(settings.config.freshness),
        land_asset(),
        staging_assets(specs["staging"], manifest, keys),
        identity_asset([spec.key for spec in specs["staging"]]),
        cash_assets(),
        marts_assets("marts", commands.build_marts, specs["marts"], manifest, keys),
        forecast_assets([spec.key for spec in specs["marts"] if spec.group_name == "marts"]),
        marts_assets("forecasts", commands.build_forecasts, specs["forecasts"], manifest, keys),
        publish_asset(marts),
    ]


def landed_specs(freshness: FreshnessConfig) -> list[dg.AssetSpec]:
    """One asset per canonical entity, materialised when a delivery with its rows lands.

    Not executable by themselves: what arrives is decided outside. So their freshness tells how old
    the data of a source is, not when the pipeline last ran.
    """
    return [
        dg.AssetSpec(
            key=["landed", entity.table],
            deps=[DELIVERIES],
            description=f"{entity.ja} — {entity.en}",
            group_name="landed",
            kinds={"parquet"},
            freshness_policy=_freshness(freshness, entity.id),
        )
        for entity in entities().values()
    ]


def _freshness(freshness: FreshnessConfig, entity_id: str) -> dg.FreshnessPolicy:
    fail_after, warn_after = freshness.fail_after(entity_id), freshness.warn_after(entity_id)
    return dg.FreshnessPolicy.time_window(
        fail_window=timedelta(days=fail_after),
        warn_window=timedelta(days=warn_after) if warn_after < fail_after else None,
    )


def model_spec(manifest: dict[str, Any], unique_id: str) -> dg.AssetSpec:
    """A dbt model as an asset: key [schema, name], as dagster-dbt would name it.

    Importing dagster-dbt for this costs every process 1.5 s, because it imports dbt.
    """
    node = manifest["nodes"][unique_id]
    parents = [
        manifest["nodes"].get(parent) or manifest["sources"][parent]
        for parent in node["depends_on"]["nodes"]
    ]
    columns = [
        dg.TableColumn(
            name=column["name"],
            type=column.get("data_type") or "?",
            description=column["description"],
        )
        for column in node["columns"].values()
    ]
    return dg.AssetSpec(
        key=_key(node),
        deps=[_key(parent) for parent in parents],
        description=f"{node['description']}\n\n```sql\n{node['raw_code']}\n```",
        group_name=node["original_file_path"].split("/")[1],
        code_version=node["checksum"]["checksum"][:12],
        kinds={"dbt", "duckdb"},
        metadata={"dagster/column_schema": dg.TableSchema(columns=columns)} if columns else {},
        skippable=True,
    )


def _key(node: dict[str, Any]) -> dg.AssetKey:
    schema = node["source_name"] if node["resource_type"] == "source" else node["schema"]
    return dg.AssetKey([schema, node["name"]])


def land_asset() -> dg.AssetsDefinition:
    """Takes what lies in the inbox; the control tables are written in every run."""

    @dg.multi_asset(
        name="land",
        specs=[
            dg.AssetSpec(
                DELIVERIES,
                group_name="landed",
                kinds={"parquet"},
                description="One row per live delivery and entity: what counts, its balance.",
            ),
            dg.AssetSpec(
                QUARANTINE,
                group_name="landed",
                kinds={"parquet"},
                description="One row per refused cell: where, why, and what to do about it.",
            ),
            dg.AssetSpec(
                REFUSED_INVOICES,
                group_name="landed",
                kinds={"parquet"},
                description="One row per invoice kept back, with what of it could be read.",
            ),
        ],
        check_specs=[
            dg.AssetCheckSpec(
                checks.BALANCE,
                asset=DELIVERIES,
                blocking=True,
                description="Rows read = landed + quarantined + repeated + filtered.",
            ),
            dg.AssetCheckSpec(
                checks.NOTHING_HELD,
                asset=DELIVERIES,
                description="Every file of the run counts; held files stop no other.",
            ),
        ],
    )
    def land(
        context: dg.AssetExecutionContext, run: dg.ResourceParam[Run]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        deliveries = _telling(lambda: commands.land(run, now=datetime.now(UTC)))
        rows_by_entity: dict[str, int] = {}
        for delivery in deliveries:
            if delivery.state == "live":
                for counts in delivery.entities:
                    rows_by_entity[counts.entity] = (
                        rows_by_entity.get(counts.entity, 0) + counts.rows_landed
                    )
        for entity_id, rows in rows_by_entity.items():
            context.log_event(
                dg.AssetMaterialization(
                    ["landed", entities()[entity_id].table], metadata={"rows_landed": rows}
                )
            )
        yield dg.MaterializeResult(
            asset_key=DELIVERIES,
            metadata={
                state: sum(delivery.state == state for delivery in deliveries)
                for state in ("live", "repeated", "held", "unrecognised")
            },
        )
        yield dg.MaterializeResult(asset_key=QUARANTINE)
        yield dg.MaterializeResult(asset_key=REFUSED_INVOICES)
        yield checks.balance_result(deliveries, DELIVERIES)
        yield checks.held_result(run.report.held, DELIVERIES)

    return land


def staging_assets(
    specs: list[dg.AssetSpec], manifest: dict[str, Any], keys: dict[str, dg.AssetKey]
) -> dg.AssetsDefinition:
    """The staging models, or nothing (and so nothing after them) when nothing is new."""

    @dg.multi_asset(
        name="build_staging",
        specs=specs,
        check_specs=checks.dbt_check_specs(manifest, keys, "staging"),
        can_subset=True,  # makes every output optional: a run with nothing new yields none
    )
    def build_staging(
        context: dg.AssetExecutionContext, config: BuildConfig, run: dg.ResourceParam[Run]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        _require_whole_selection(context, specs)
        now = datetime.now(UTC)
        planned = _telling(lambda: commands.plan_build(run, config.request(), now=now))
        if planned.is_needed:
            yield from _dbt_events(lambda: commands.build_staging(run), manifest, keys)
        else:
            context.log.info(say("run_nothing_new", "en", version=planned.version))

    return build_staging


def identity_asset(staging_keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """Who is the same customer."""

    @dg.asset(
        key=LINKS,
        deps=staging_keys,
        group_name="identity",
        kinds={"polars", "parquet"},
        description="One row per source record: the customer it belongs to, and why.",
    )
    def link_identity(run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=_telling(lambda: commands.link_identity(run)))

    return link_identity


def cash_assets() -> dg.AssetsDefinition:
    """Which money settled which invoice (入金消込)."""
    receipts, allocations = CASH

    @dg.multi_asset(
        name="apply_cash",
        specs=[
            dg.AssetSpec(
                receipts,
                deps=[LINKS],
                group_name="cash",
                kinds={"polars", "parquet"},
                description="One row per receipt: what became of the money, and why.",
            ),
            dg.AssetSpec(
                allocations,
                deps=[LINKS],
                group_name="cash",
                kinds={"polars", "parquet"},
                description="One row per receipt and invoice it settled.",
            ),
        ],
    )
    def apply_cash(run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        counts = _telling(lambda: commands.apply_cash(run))
        yield dg.MaterializeResult(asset_key=receipts, metadata=counts)
        yield dg.MaterializeResult(asset_key=allocations)

    return apply_cash


def marts_assets(
    selection: str,
    build: Callable[[Run], BuildResult],
    specs: list[dg.AssetSpec],
    manifest: dict[str, Any],
    keys: dict[str, dg.AssetKey],
) -> dg.AssetsDefinition:
    """The models of one of the later dbt selections, built and tested in one step."""

    @dg.multi_asset(
        name=f"build_{selection}",
        specs=specs,
        check_specs=checks.dbt_check_specs(manifest, keys, selection),
        can_subset=True,
    )
    def build_models(
        context: dg.AssetExecutionContext, run: dg.ResourceParam[Run]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        _require_whole_selection(context, specs)
        yield from _dbt_events(lambda: build(run), manifest, keys)

    return build_models


def forecast_assets(mart_keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """What comes next, computed from the marts."""
    from dagster_project.compute import forecasters

    keys = {name: dg.AssetKey(["forecast", name]) for name in forecasters.schemas()}

    @dg.multi_asset(
        name="forecast",
        specs=[
            dg.AssetSpec(key, deps=mart_keys, group_name="forecast", kinds={"polars", "parquet"})
            for key in keys.values()
        ],
    )
    def forecast(run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        for name, rows in _telling(lambda: commands.forecast(run)).items():
            yield dg.MaterializeResult(asset_key=keys[name], metadata={"rows": rows})

    return forecast


def publish_asset(mart_keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The version readers see; only an audited build comes here."""

    @dg.asset(
        key=PUBLISHED,
        deps=mart_keys,
        group_name="published",
        kinds={"duckdb"},
        description="The version that dashboards and `keizoku sql` read.",
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=PUBLISHED_FAILS_AFTER),
        check_specs=[
            dg.AssetCheckSpec(
                checks.WHOLE,
                asset=PUBLISHED,
                description="The published files are those the manifest describes.",
            )
        ],
    )
    def publish(run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        version = _telling(lambda: commands.publish_marts(run, now=datetime.now(UTC)))
        return dg.MaterializeResult(
            metadata={
                "version": version.name,
                "as_of_date": version.manifest["as_of_date"],
                "policy_id": version.manifest["policy_id"],
                "marts": len(version.manifest["marts"]),
            },
            # publish pointed CURRENT at the version only after checking every file
            check_results=[dg.AssetCheckResult(check_name=checks.WHOLE, passed=True)],
        )

    return publish


def _dbt_events(
    build: Callable[[], BuildResult], manifest: dict[str, Any], keys: dict[str, dg.AssetKey]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Materialisations and check results of a dbt build; a failed build fails after reporting."""
    failure: KeizokuError | None = None
    try:
        result = build()
    except commands.BuildFailed as error:
        failure, result = error, error.result
    except KeizokuError as error:
        raise _failure(error) from error
    for outcome in result.nodes:
        if outcome.resource_type == "model" and outcome.is_good:
            yield dg.MaterializeResult(
                asset_key=keys[outcome.unique_id], metadata={"seconds": outcome.seconds}
            )
    yield from checks.dbt_check_results(result, manifest, keys)
    if failure:
        raise _failure(failure) from failure


def _require_whole_selection(context: dg.AssetExecutionContext, specs: list[dg.AssetSpec]) -> None:
    if context.selected_asset_keys != {spec.key for spec in specs}:
        raise _failure(KeizokuError("plan_missing", where=context.run.run_id))


def _telling(command: Callable[[], Any]) -> Any:
    """Runs a command; what a person can act on becomes the step's failure text."""
    try:
        return command()
    except KeizokuError as error:
        raise _failure(error) from error


def _failure(error: KeizokuError) -> dg.Failure:
    return dg.Failure(description=str(error), allow_retries=False)
