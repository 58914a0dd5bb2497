"""What customers are called: the one question that needs the right to people."""

from collections.abc import Sequence

from dashboards.queries.cache import cached
from dashboards.warehouse import Snapshot, rows


@cached
def names(snapshot: Snapshot, customer_keys: Sequence[str]) -> dict[str, str]:
    """Display name by customer key; none without the right to people."""
    if not snapshot.has_personal_columns or not customer_keys:
        return {}
    named = rows(
        snapshot,
        """
        select customer_key, display_name
        from pii.dim_customer
        where display_name is not null and customer_key in (select unnest(?))
        """,
        [list(customer_keys)],
    )
    return dict(named.iter_rows())
