"""How good the combined forecast and its intervals are on series that are not ours: the industry
series of the M3 competition, monthly, with the last 18 months held back.

    python -m tests.benchmarks.forecast_m3 [--keep]

Prints one line of JSON: series, seconds, mean MASE of every method (scaled by the in-sample
seasonal naive error, as published: the best entries 0.92), and the share of held-back months inside
the intervals of the combination. --keep writes it into forecast_m3.json, which a test reads.
Intervals are calibrated on the last 36 months of each series' own past; the held-back months are
used for nothing but the score.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from dagster_project.compute import time_series

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "m3_industry_monthly_long.csv"
KEPT = Path(__file__).with_suffix(".json")
HELD_BACK = 18
CALIBRATION_MONTHS = 36
# To choose a model takes three years.
MIN_KNOWN_MONTHS = 36
METHODS = ("naive", "seasonal_naive", "average_3_months", *time_series.MODEL_METHODS)


def read_series() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(known, held back) values in time order, by series."""
    rows = pl.read_csv(DATA).sort("series", "t")
    return {
        str(name): tuple(
            group.filter(pl.col("part") == part)["value"].to_numpy().astype(float)
            for part in ("train", "test")
        )
        for (name,), group in rows.group_by(["series"], maintain_order=True)
    }


def score(known: np.ndarray, held_back: np.ndarray) -> dict[str, Any]:
    """MASE by method and the covered share by level of one series."""
    paths = time_series.naive_paths(known, HELD_BACK) | time_series.model_paths(known, HELD_BACK)
    scale = np.abs(known[time_series.SEASON :] - known[: -time_series.SEASON]).mean()
    first = max(MIN_KNOWN_MONTHS, len(known) - CALIBRATION_MONTHS)
    past = np.array(time_series.refitted_paths(known, first, HELD_BACK)["combination"])
    happened = time_series.actuals(known, range(first, len(known)), HELD_BACK)
    widths = time_series.half_widths(time_series.calibrate(past, happened, HELD_BACK))
    missed = np.abs(time_series.log_errors(paths["combination"], held_back))
    return {
        "mase": {
            method: float(np.abs(paths[method] - held_back).mean() / scale) for method in METHODS
        },
        "coverage": {
            f"{level:.0%}": float((missed <= width).mean())
            for level, width in zip(time_series.LEVELS, widths, strict=True)
        },
    }


def summarize(scores: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean over the series."""
    return {
        "series": len(scores),
        **{
            measure: {
                name: round(float(np.mean([one[measure][name] for one in scores])), 3)
                for name in scores[0][measure]
            }
            for measure in ("mase", "coverage")
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="write the figures beside this file")
    arguments = parser.parse_args()
    started = time.perf_counter()
    figures = summarize([score(*parts) for parts in read_series().values()])
    if arguments.keep:
        KEPT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    seconds = round(time.perf_counter() - started, 1)
    sys.stdout.write(json.dumps(figures | {"seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
