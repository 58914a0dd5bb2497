"""The waterfall: its axis, its bars and their colours; the layer cake's order."""

from datetime import date
from decimal import Decimal

import pytest

from dashboards import renewal_charts
from dashboards.charts import (
    COLOURS,
    Bar,
    Layer,
    Step,
    _is_pressable,
    axis_start,
    bars,
    layer_cake,
    waterfall,
)


@pytest.mark.parametrize(
    ("first_weekday", "names", "places"),
    [
        # 1 December 2026 is a Tuesday, the 6th a Sunday
        (0, "月火水木金土日", {"1": (0, "火"), "6": (0, "日"), "7": (1, "月"), "31": (4, "木")}),
        (6, "日月火水木金土", {"1": (0, "火"), "6": (1, "日"), "7": (1, "月"), "31": (4, "木")}),
    ],
)
def test_a_week_of_the_calendar_begins_on_the_day_the_company_chose(first_weekday, names, places):
    days = [
        renewal_charts.Day(date(2026, 12, day), True, "", 0, "", "", "") for day in range(1, 32)
    ]
    chart = renewal_charts.calendar(
        days, list(names), first_weekday=first_weekday, facts_title="", is_dark=False
    )
    drawn = chart.to_dict()
    (cells,) = drawn["datasets"].values()
    found = {cell["number"]: (cell["week"], cell["weekday"]) for cell in cells}
    assert {number: found[number] for number in places} == places
    assert drawn["layer"][0]["encoding"]["x"]["sort"] == list(names)


def steps(begin: int, *changes: int) -> list[Step]:
    bars, level = [Step("begin", Decimal(begin), None, "")], begin
    for place, change in enumerate(changes):
        level += change
        bars.append(Step(f"m{place}", Decimal(level), Decimal(change), ""))
    return [*bars, Step("end", Decimal(level), None, "")]


@pytest.mark.parametrize(
    ("bars", "start"),
    [
        (steps(117_200, 7_000, 3_000, -23_000, -400), 96_000),  # GD-1, March
        (steps(5_000_000, 20_000, -10_000), 4_993_000),  # slivers, were the axis to begin at zero
        (steps(20_000, 73_000), 0),  # the movement is most of the picture
        (steps(0, 20_000), 0),
        (steps(1_000, -1_000), 0),
        (steps(50_000), 30_000),  # nothing moved
    ],
)
def test_the_axis_begins_at_zero_unless_movements_would_be_slivers(bars, start):
    assert axis_start(bars) == start


def test_each_bar_runs_from_the_level_before_to_the_level_after_in_its_colour():
    chart = waterfall(steps(100, 50, -120), "円", is_dark=False).to_dict()
    rows = next(iter(chart["datasets"].values()))
    assert [(r["label"], r["from"], r["to"], r["kind"]) for r in rows] == [
        ("begin", 0.0, 100.0, "level"),
        ("m0", 100.0, 150.0, "more"),
        ("m1", 150.0, 30.0, "less"),
        ("end", 0.0, 30.0, "level"),
    ]
    colours = chart["layer"][0]["encoding"]["color"]["scale"]["range"]
    assert colours == [COLOURS[kind][0] for kind in ("more", "less", "level")]


def test_dark_pages_get_their_own_colours():
    light, dark = (waterfall(steps(1, 1), "円", is_dark=d).to_dict() for d in (False, True))
    assert light["layer"][0]["encoding"]["color"] != dark["layer"][0]["encoding"]["color"]


def test_the_oldest_cohort_is_the_lowest_layer_and_many_cohorts_need_no_legend():
    def cake(cohorts: int) -> dict:
        layers = [
            Layer("2026/06", f"c{place:02}", place, Decimal(1), "1円", "1")
            for place in range(cohorts)
        ]
        titles = {f"{name}_title": "" for name in ("month", "cohort", "mrr", "customers")}
        return layer_cake(layers, **titles, is_dark=False).to_dict()["encoding"]

    assert cake(3)["color"]["scale"]["domain"] == ["c00", "c01", "c02"]
    assert cake(3)["order"]["field"] == "order"
    assert cake(12)["color"]["legend"]
    assert cake(13)["color"]["legend"] is None


def test_a_value_called_suppressed_made_a_chart_answer_to_presses_it_cannot_take():
    still = bars([Bar("suppressed", Decimal(1), "1")], "円", is_dark=False)
    assert not _is_pressable(still)
    pressed = bars([Bar("a", Decimal(1), "1", puts={"plan": "a"})], "円", is_dark=False)
    assert _is_pressable(pressed)
