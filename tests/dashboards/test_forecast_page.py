"""予測: a company with a track record, the golden company without one, what-ifs and sums."""

import hashlib
import json

import duckdb
import pytest

from dashboards import access, clock, warehouse
from dashboards.queries import forecast
from tests.dashboards.gd1_home import GD1, THE_MORNING_AFTER, build_gd1, publish_gd1
from tests.dashboards.languages import BOTH
from tests.dashboards.test_pages import UNTRANSLATED, open_page, tiles, words
from tests.dashboards.test_retention import table

VIEWS = ("outlook", "parts", "scenario", "backtest")
STAMP = "date '2026-06-30' as as_of_date, 'gd1policy000' as policy_id"
# 2 % of what a month begins with leaves, 1 % is added, 5,000 are new; 6,000 have asked to end
RECORD = f"""
delete from mart_forecast_mrr;
delete from mart_forecast_component;
delete from mart_forecast_landing;
insert into mart_forecast_mrr by name
select
    month, 'base' as scenario, method, date '2026-06-01' as origin_month, ahead as horizon_months,
    mrr as forecast_mrr, low as lower_80_mrr, high as upper_80_mrr, mrr - 2000 as lower_50_mrr,
    mrr + 2000 as upper_50_mrr, mrr - 50000 as lower_95_mrr, mrr + 400000 as upper_95_mrr,
    method = 'bottom_up' as is_published, method = 'naive' as is_naive_method,
    case when method = 'bottom_up' then 'least_wrong_in_backtest' end as publish_reason,
    36 as history_month_count, {STAMP}
from (values
    (date '2026-07-01', 'bottom_up', 1, 104600, 100000, 110000),
    (date '2026-08-01', 'bottom_up', 2, 108554, 99000, 119000),
    (date '2026-09-01', 'bottom_up', 3, 112468.46, 98000, 128000),
    (date '2026-07-01', 'naive', 1, 106600, 96000, 117000),
    (date '2026-08-01', 'naive', 2, 106600, 95000, 118000),
    (date '2026-09-01', 'naive', 3, 106600, 94000, 119000)
) as said(month, method, ahead, mrr, low, high);
insert into mart_forecast_component by name
select
    month, 'base' as scenario, component, component_order, 'bottom_up' as method,
    date '2026-06-01' as origin_month, month(month) - 6 as horizon_months, change as mrr_change,
    summed as mrr, total as forecast_mrr, {STAMP}
from (values
    (date '2026-07-01', 'starting_mrr', 1, 106600, 106600, 104600),
    (date '2026-07-01', 'renewal_book', 2, -6000, -6000, 104600),
    (date '2026-07-01', 'churn', 3, -2000, -2000, 104600),
    (date '2026-07-01', 'expansion', 5, 1000, 1000, 104600),
    (date '2026-07-01', 'trend_new', 9, 5000, 5000, 104600),
    (date '2026-08-01', 'starting_mrr', 1, 0, 106600, 108554),
    (date '2026-08-01', 'renewal_book', 2, 0, -6000, 108554),
    (date '2026-08-01', 'churn', 3, -2092, -4092, 108554),
    (date '2026-08-01', 'expansion', 5, 1046, 2046, 108554),
    (date '2026-08-01', 'trend_new', 9, 5000, 10000, 108554),
    (date '2026-09-01', 'starting_mrr', 1, 0, 106600, 112468.46),
    (date '2026-09-01', 'renewal_book', 2, 0, -6000, 112468.46),
    (date '2026-09-01', 'churn', 3, -2171.08, -6263.08, 112468.46),
    (date '2026-09-01', 'expansion', 5, 1085.54, 3131.54, 112468.46),
    (date '2026-09-01', 'trend_new', 9, 5000, 15000, 112468.46)
) as made(month, component, component_order, change, summed, total);
insert into mart_forecast_landing by name
select
    'base' as scenario, 2026 as fiscal_year, 'bottom_up' as method,
    date '2026-06-01' as origin_month, date '2026-09-01' as last_month, 3 as actual_month_count,
    3 as forecast_month_count, 293600 as actual_mrr_total, 325622.46 as forecast_mrr_total,
    619222.46 as landing_mrr_total, 112468.46 as landing_mrr, 98000 as landing_lower_80_mrr,
    128000 as landing_upper_80_mrr, 103800 as last_year_mrr, 600000 as last_year_mrr_total,
    {STAMP};
insert into mart_forecast_backtest by name
select
    method, ahead as horizon_months, 24 as origin_count, date '2024-06-01' as first_origin_month,
    date '2026-05-01' as last_origin_month, mape as mape_rate, mape * 20 as mase_ratio,
    mase as mean_mase_ratio, -4000 as bias_mrr, -0.04 as bias_rate, 0.52 as coverage_50_rate,
    0.51 as mean_coverage_50_rate, 0.47 as mean_coverage_then_50_rate, 0.83 as coverage_80_rate,
    0.81 as mean_coverage_80_rate, 0.66 as mean_coverage_then_80_rate, 0.96 as coverage_95_rate,
    0.95 as mean_coverage_95_rate, 0.85 as mean_coverage_then_95_rate, 23 as coverage_count,
    method = 'bottom_up' as is_published, method = 'naive' as is_naive_method,
    case when method = 'bottom_up' then 'pipeline' end as left_out, {STAMP}
from (values
    ('bottom_up', 1, 0.0346, 1.2), ('bottom_up', 2, 0.0517, 1.2), ('bottom_up', 3, 0.0544, 1.2),
    ('naive', 1, 0.0482, 2.5), ('naive', 2, 0.0875, 2.5), ('naive', 3, 0.1232, 2.5)
) as measured(method, ahead, mape, mase);
insert into fct_committed_change by name
select
    'X' || contract as committed_change_key, date '2026-06-01' as month,
    customer as customer_key, contract as contract_id, '1' as line_id, 'billing' as source_system,
    'scheduled_end' as commitment, last_day as effective_date, shows as effective_month,
    change as mrr_change, {STAMP}
from (values
    ('C05', 'S05A', date '2026-07-30', date '2026-07-01', -4000),
    ('C03', 'S03b', date '2026-06-29', date '2026-06-01', -2000),
    ('C01', 'S01', date '2026-10-31', date '2026-11-01', -10000)
) as recorded(customer, contract, last_day, shows, change);
"""


@pytest.fixture(scope="module")
def record_published(tmp_path_factory):
    """GD-1 as if it had three years behind it: intervals, a backtest and ends on record."""
    home = tmp_path_factory.mktemp("record")
    sha = hashlib.sha256((GD1 / "subscriptions_20260630.csv").read_bytes()).hexdigest()
    build_gd1(home / "gd1_build.duckdb", sha)
    with duckdb.connect(str(home / "gd1_build.duckdb")) as connection:
        connection.execute(RECORD)
    publish_gd1(home)
    return home


@pytest.fixture
def record_home(record_published, monkeypatch):
    monkeypatch.setenv("KEIZOKU_HOME", str(record_published))
    monkeypatch.setattr(clock, "utc_now", lambda: THE_MORNING_AFTER)
    return record_published


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("home", ["gd1_home", "record_home"])
def test_every_view_opens_in_every_language(request, home, view, lang):
    request.getfixturevalue(home)
    app = open_page("forecast", view=view, lang=lang)
    assert not app.exception
    assert not app.error
    assert not UNTRANSLATED.search(words(app))


# ---- where it lands ----


def test_the_year_lands_with_its_interval_and_against_the_year_before(record_home):
    shown = tiles(open_page("forecast"))
    assert shown == {
        "2026年6月末のMRR": ("106,600円", "実績"),
        "2026年度の着地予測（2026年9月末のMRR）": ("112,468円", "80%区間 98,000円 〜 128,000円"),
        "2026年度の着地予測（MRRの年度合計）": ("619,222円", "+19,222円"),
        "2026年9月末のMRR予測": ("112,468円", "80%区間 98,000円 〜 128,000円"),
    }


def test_the_sum_of_the_year_says_what_is_known_and_what_is_forecast(record_home):
    tile = next(m for m in open_page("forecast").metric if "年度合計" in m.label)
    assert "実績 3 か月分 293,600円 ＋ 予測 3 か月分 325,622円" in tile.help


def test_the_golden_company_has_a_baseline_and_says_why_there_is_no_more(gd1_home):
    app = open_page("forecast")
    shown = tiles(app)
    # 106,600 × 0.967370 + 16,666.666667, nine times
    assert shown["2026年度の着地予測（2027年3月末のMRR）"] == (
        "210,926円",
        "区間なし（履歴が12か月に満たないため）",
    )
    assert shown["2026年度の着地予測（MRRの年度合計）"] == (
        "1,797,670円",
        "前年度の12か月がそろっていないため",
    )
    said = words(app)
    assert "公開している予測は「**直近の率が続く（基本予測）**」です。" in said
    assert "履歴が12か月に満たないため、区間も検証もありません。" in said
    row = table(app, "80%下限").to_dict("records")[0]
    assert row["MRR 予測"] == 119_788
    assert "—（履歴が12か月に満たないため）" in said


# ---- the fan ----


def spec(app) -> dict:
    return json.loads(app.get("vega_lite_chart")[0].proto.spec)


def test_the_fan_shows_three_bands_what_was_and_the_naive_method(record_home):
    app = open_page("forecast")
    drawn = spec(app)
    marks = [layer["mark"]["type"] for layer in drawn["layer"]]
    assert marks == ["area", "area", "area", "line", "rule"]
    said = json.dumps(drawn, ensure_ascii=False)
    for series in ("実績", "積み上げ（継続率・申込み・商談）", "直近の値がそのまま続く"):
        assert series in said


def test_a_band_of_any_width_leaves_the_lines_readable_and_says_that_it_goes_on(record_home):
    app = open_page("forecast")
    highest = spec(app)["layer"][0]["encoding"]["y"]["scale"]["domain"][1]
    assert highest == pytest.approx(2 * 117_200)  # February, the highest month
    assert "区間の上側はグラフの外まで続きます" in words(app)


def test_without_intervals_there_is_no_band(gd1_home):
    app = open_page("forecast")
    assert [layer["mark"]["type"] for layer in spec(app)["layer"]] == ["line", "rule"]
    assert "グラフの外" not in words(app)


def test_the_months_ahead_stand_beside_the_compared_method(record_home):
    rows = table(open_page("forecast", against="naive"), "80%下限").to_dict("records")
    assert [row["MRR 予測"] for row in rows] == [104_600, 108_554, 112_468]
    assert [row["直近の値がそのまま続く"] for row in rows] == [106_600] * 3
    assert (rows[0]["80%下限"], rows[0]["80%上限"]) == (100_000, 110_000)


# ---- down to what is behind a month ----


def test_a_month_s_parts_add_up_to_its_forecast(record_home):
    app = open_page("forecast", month="2026-08")
    said = words(app)
    assert "① **2026年8月** の予測 **108,554円** の内訳" in said
    assert "✓ 合計 108,554円 は、一つ上の数字と一致しています。" in said
    rows = {row["項目"]: row for row in table(app, "予測開始からの合計").to_dict("records")}
    assert rows["解約の見込み"]["当月の増減"] == -2092
    assert rows["解約の見込み"]["予測開始からの合計"] == -4092


def test_changes_on_record_open_their_customers_with_the_sum_and_their_contracts(record_home):
    app = open_page("forecast", month="2026-07", part="renewal_book", customer="C05")
    said = words(app)
    assert "② 記録されている変更 **2** 件" in said
    # what should have ended in June and still runs is counted in July
    assert "✓ 合計 ▲6,000円 は、一つ上の数字と一致しています。" in said
    rows = table(app, "効力日").to_dict("records")
    assert [(row["契約番号"], row["増減"]) for row in rows] == [
        ("S05A", -4000),
        ("S03b", -2000),
    ]
    assert "㈱北斗システムの契約" in said


def test_expected_churn_says_that_it_names_nobody_and_shows_the_terms_that_end(gd1_home):
    app = open_page("forecast", view="parts", month="2026-12", part="churn")
    said = words(app)
    assert "誰が離れるかを一人ずつ決めた数字ではありません。" in said
    rows = table(app, "更新確率").to_dict("records")
    assert [(row["契約番号"], row["更新確率"]) for row in rows] == [("S02", 0.8)]


def test_the_parts_of_every_month_add_up_also_in_the_mart_of_the_golden_company(gd1_home):
    snapshot, _ = warehouse.current(gd1_home, access.principal())
    parts = forecast.parts(snapshot)
    assert parts["month"].n_unique() == 12
    for (_,), rows in parts.group_by("month"):
        assert rows["mrr"].sum() == rows["forecast_mrr"][0]


def test_the_parts_table_adds_up_to_the_last_month(record_home):
    assert "✓ 合計 112,468円 は" in words(open_page("forecast", view="parts"))


# ---- what if ----


def test_with_no_slider_moved_the_scenario_is_the_published_forecast(record_home):
    rows = table(open_page("forecast", view="scenario"), "この前提").to_dict("records")
    assert [row["この前提"] for row in rows] == [104_600, 108_554, 112_468]
    assert [row["差"] for row in rows] == [0, 0, 0]


def test_half_the_churn_as_the_address_says(record_home):
    app = open_page("forecast", view="scenario", churn="-50")
    rows = table(app, "この前提").to_dict("records")
    # 1 % out and 1 % in: 105,600, then 5,000 more each month
    assert [row["この前提"] for row in rows] == [105_600, 110_600, 115_600]
    assert tiles(app)["2026年9月末のMRR（この前提）"] == ("115,600円", "+3,132円")
    assert "✓ 合計 115,600円 は" in words(app)


def test_moving_a_slider_writes_it_into_the_address_and_reset_removes_it(record_home):
    app = open_page("forecast", view="scenario")
    next(one for one in app.slider if one.label == "新規").set_value(100).run()
    assert app.query_params["new"] in ("100", ["100"])
    rows = table(app, "この前提").to_dict("records")
    assert rows[0]["この前提"] == 109_600
    next(one for one in app.button if one.label == "0%に戻す").click().run()
    assert "new" not in app.query_params
    assert table(app, "この前提").to_dict("records")[0]["この前提"] == 104_600


@pytest.mark.parametrize("nonsense", ["101", "-999", "many", "2.5", ""])
def test_an_address_that_makes_no_sense_assumes_nothing(record_home, nonsense):
    app = open_page("forecast", view="scenario", new=nonsense)
    assert not app.exception
    assert {row["差"] for row in table(app, "この前提").to_dict("records")} == {0}


def test_a_forecast_without_parts_says_that_nothing_can_be_assumed(record_home, monkeypatch):
    import polars as pl

    known = forecast.parts
    monkeypatch.setattr(
        forecast,
        "parts",
        lambda snapshot: known(snapshot).filter(pl.col("component") == "starting_mrr"),
    )
    app = open_page("forecast", view="scenario")
    assert not app.exception
    assert not app.slider
    assert "内訳を持たない手法によるため、前提を変えられません。" in words(app)


# ---- how far to trust it ----


def test_the_track_record_stands_beside_the_naive_one_with_what_is_left_out(record_home):
    app = open_page("forecast", view="backtest")
    tables = [frame.value for frame in app.dataframe if "比べた回数" in frame.value]
    ours, naive = (one.to_dict("records") for one in tables)
    assert [row["MAPE（平均絶対誤差率）"] for row in ours] == [0.0346, 0.0517, 0.0544]
    assert [row["MAPE（平均絶対誤差率）"] for row in naive] == [0.0482, 0.0875, 0.1232]
    assert ours[0]["80% 区間の的中率"] == 0.83
    assert "「商談からの新規」は検証に含まれていません。" in words(app)


def test_coverage_now_and_as_published_then_stand_side_by_side(record_home):
    rows = table(open_page("forecast", view="backtest"), "手法").to_dict("records")
    assert [row["手法"] for row in rows] == [
        "積み上げ（継続率・申込み・商談）",
        "直近の値がそのまま続く",
    ]
    assert (rows[0]["公開"], rows[1]["公開"]) == ("✓ 公開中", "")
    assert rows[0]["80%区間の的中率（いまの調整）"] == 0.81
    assert rows[0]["80%区間の的中率（当時の区間）"] == 0.66


def test_without_a_track_record_the_page_says_how_long_it_takes(gd1_home):
    assert "13か月以上の履歴が必要です。" in words(open_page("forecast", view="backtest"))


def test_without_a_forecast_the_page_says_what_to_deliver(gd1_home, monkeypatch):
    known = forecast.published
    monkeypatch.setattr(forecast, "published", lambda *asked: known(*asked).clear())
    app = open_page("forecast")
    assert not app.exception
    assert "MRRの予測がまだありません。" in words(app)
    assert "billing.subscriptions" in words(app)


def test_who_may_not_see_people_sees_keys(record_home, monkeypatch):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    app = open_page("forecast", month="2026-07", part="renewal_book")
    assert [row["顧客"] for row in table(app, "効力日").to_dict("records")] == [
        "顧客 C05",
        "顧客 C03",
    ]
