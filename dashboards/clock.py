"""The one clock of the dashboards: it dates audit entries and tells whether a version is old.

No number on a page depends on it: "today" of every metric is the version's own as_of_date.
"""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)
