"""The backtest of the MRR forecast on the demo company, against the mean of the last three months.

    python -m tests.benchmarks.forecast_demo [--customers 300] [--months 48] [--keep]

Builds and publishes the company (a minute or two) and prints one line of JSON: the published
method, its coverage over all months ahead, and by months ahead MAPE and MASE beside those of the
mean of the last three months. --keep writes it into forecast_demo.json, which a test reads.
"""

import argparse
import json
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from sources.demo import generate
from tests.end_to_end.company_home import found, query, run

UNTIL = date(2026, 6, 30)
KEPT = Path(__file__).with_suffix(".json")


def measure(customers: int, months: int) -> dict[str, Any]:
    """Figures of one demo company, as published."""
    with tempfile.TemporaryDirectory() as folder:
        home = found(Path(folder) / "home")
        generate(home / "inbox", customers=customers, months=months, until=UNTIL)
        run(home, UNTIL)
        backtest = query(
            home,
            """
            select
                published.method,
                published.horizon_months,
                published.origin_count,
                published.mape_rate,
                average.mape_rate,
                published.mase_ratio,
                average.mase_ratio,
                published.mean_coverage_50_rate,
                published.mean_coverage_80_rate,
                published.mean_coverage_95_rate
            from mart_forecast_backtest as published
            inner join mart_forecast_backtest as average
                on
                    published.horizon_months = average.horizon_months
                    and average.method = 'average_3_months'
            where published.is_published
            order by published.horizon_months
            """,
        )
    names = (
        "horizon_months",
        "origin_count",
        "mape_published",
        "mape_average_3_months",
        "mase_published",
        "mase_average_3_months",
    )
    return {
        "customers": customers,
        "months": months,
        "method": backtest[0][0],
        "coverage": {
            level: float(share)
            for level, share in zip(("50", "80", "95"), backtest[0][-3:], strict=True)
        },
        "backtest": [
            dict(zip(names, (*row[1:3], *map(float, row[3:7])), strict=True)) for row in backtest
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--months", type=int, default=48)
    parser.add_argument("--keep", action="store_true", help="write the figures beside this file")
    arguments = parser.parse_args()
    figures = measure(arguments.customers, arguments.months)
    if arguments.keep:
        KEPT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
