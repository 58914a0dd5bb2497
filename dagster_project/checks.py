"""What must hold, as asset checks: dbt tests, the balance of deliveries, the published files."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from dagster_project.commands import describe_test, selection_of
from dagster_project.dbt_build import BuildResult, NodeResult

BALANCE = "rows_balance"
NOTHING_HELD = "nothing_is_held"
WHOLE = "files_match_their_checksums"


def dbt_check_specs(
    manifest: dict[str, Any], keys: dict[str, dg.AssetKey], selection: str
) -> list[dg.AssetCheckSpec]:
    """One check per dbt test of that selection, at the asset the test is about.

    Not declared blocking: the step that reports a failed audit fails itself.
    `keys`: asset key by dbt unique id, for every model.
    """
    return [
        dg.AssetCheckSpec(
            name=check_name(node),
            asset=keys[_subject(manifest, node, keys)],
            description=describe_test(node),
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and selection_of(manifest, node) == selection
        and _subject(manifest, node, keys)
    ]


def dbt_check_results(
    result: BuildResult, manifest: dict[str, Any], keys: dict[str, dg.AssetKey]
) -> Iterator[dg.AssetCheckResult]:
    """What became of the tests that ran; skipped ones are not reported."""
    for outcome in result.nodes:
        node = manifest["nodes"][outcome.unique_id]
        if outcome.resource_type != "test" or outcome.is_skipped:
            continue
        subject = _subject(manifest, node, keys)
        if subject:
            yield dg.AssetCheckResult(
                asset_key=keys[subject],
                check_name=check_name(node),
                passed=outcome.status == "pass",
                severity=_severity(outcome),
                description=describe_test(node),
                metadata={"failing_rows": outcome.failures or 0, "message": outcome.message},
            )


def check_name(test: dict[str, Any]) -> str:
    """dbt's own name of the test: unique in the project and legal in Dagster."""
    return test["name"]


def balance_result(deliveries: Sequence[Any], asset_key: dg.AssetKey) -> dg.AssetCheckResult:
    """read = landed + quarantined + repeated + filtered, per delivery and entity."""
    unbalanced = [
        f"{delivery.file_name} → {counts.entity}"
        for delivery in deliveries
        for counts in delivery.entities
        if counts.rows_read
        != counts.rows_landed
        + counts.rows_quarantined
        + counts.rows_repeated
        + counts.rows_filtered
    ]
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=BALANCE,
        passed=not unbalanced,
        metadata={"unbalanced": unbalanced},
    )


def held_result(held: Sequence[dict[str, Any]], asset_key: dg.AssetKey) -> dg.AssetCheckResult:
    """Warns, and never stops the run: one broken source must not stop the others."""
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=NOTHING_HELD,
        passed=not held,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            one["file_name"]: "; ".join(problem["en"] for problem in one["problems"])
            or one["state"]
            for one in held
        },
    )


def _subject(
    manifest: dict[str, Any], test: dict[str, Any], keys: dict[str, dg.AssetKey]
) -> str | None:
    """The model a test is about: the one it is attached to, else the last it reads.

    For a test of a source, the first model that reads the source.
    """
    if test.get("attached_node") in keys:
        return test["attached_node"]
    read = test["depends_on"]["nodes"]
    models = [parent for parent in read if parent in keys][::-1]
    readers = [child for parent in read for child in sorted(manifest["child_map"].get(parent, []))]
    return next((model for model in (*models, *readers) if model in keys), None)


def _severity(outcome: NodeResult) -> dg.AssetCheckSeverity:
    is_warning = outcome.status in ("warn", "pass")
    return dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR
