"""A believable Japanese subscription company to try the product on, planted mistakes included."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from sources.demo.company import simulate
from sources.demo.exports import TIME_ZONE, Mistake, write_exports
from sources.demo.selling import add_sales

DEFAULT_SEED = 20260401


def generate(
    inbox: Path,
    *,
    customers: int = 200,
    months: int = 24,
    seed: int = DEFAULT_SEED,
    until: date | None = None,
) -> list[Mistake]:
    """Writes the exports of a made-up company into `inbox/<system>/`; returns its planted mistakes.

    The company has `customers` sign-ups over `months` calendar months that end on `until` (default:
    the last day of last month in Japan). The same arguments give the same bytes. Each system sends
    a full export; CRM and billing also sent one at the two month ends before.
    """
    if customers < 1 or months < 1:
        raise ValueError("customers and months must be at least 1")
    if until is None:
        until = datetime.now(TIME_ZONE).date().replace(day=1) - timedelta(days=1)
    company = simulate(customers, months, seed, until)
    add_sales(company, seed, until)
    return write_exports(inbox, company, until)
