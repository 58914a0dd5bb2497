"""What the metric registry of the version says about every figure."""

import polars as pl

from dashboards.queries.cache import cached
from dashboards.warehouse import Snapshot, rows


@cached
def metrics(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per metric: where it stands, what it is called and means, what guards it."""
    return rows(
        snapshot,
        """
        select
            metric_id, model, column_name, card, name_ja, name_en, definition_ja, definition_en,
            formula, unit, grain, policy_values, test_names, owner
        from obs_metric_registry
        order by metric_id
        """,
    )
