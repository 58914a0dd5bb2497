"""Where the fiscal year lands (着地予測): one tile, for ホーム and for 予測."""

from decimal import Decimal

from dashboards import tiles
from dashboards.frame import Frame

LANDING = "mart_forecast_landing"


def show_tile(page: Frame, row: dict) -> None:
    """MRR at the end of the fiscal year with its 80 % interval. row: of mart_forecast_landing."""
    text, formats = page.text, page.formats
    tiles.show(
        text(
            "forecast.landing_mrr",
            year=formats.fiscal_year(row["fiscal_year"]),
            month=formats.month(row["last_month"]),
        ),
        "money",
        row["landing_mrr"],
        None,
        formats,
        compared_with="",
        without_change=interval(
            page,
            row["landing_lower_80_mrr"],
            row["landing_upper_80_mrr"],
            row["landing_lower_80_mrr_null_reason"],
        ),
        definition=page.definition(LANDING, "landing_mrr"),
    )


def interval(page: Frame, low: Decimal | None, high: Decimal | None, reason: str | None) -> str:
    """The 80 % interval in words, or why there is none."""
    if low is None:
        return page.text("forecast.no_interval", reason=page.text.code("null_reason", reason))
    money = page.formats.money
    return page.text("forecast.interval_80", low=money(low), high=money(high))
