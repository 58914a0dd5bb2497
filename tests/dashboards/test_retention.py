"""継続・解約: the golden figures, what is behind each, and addresses that reproduce a view."""

import json
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from dagster_project.compute import retention_layers
from dashboards import access, levels, warehouse
from dashboards.queries import retention
from tests.dashboards.languages import BOTH
from tests.dashboards.test_pages import UNTRANSLATED, open_page, tiles, words

VIEWS = ("cohort", "curve", "revenue", "churn", "simulation")


def table(app, heading: str):
    """The table on the page that has a column of this heading."""
    return next(frame.value for frame in app.dataframe if heading in frame.value)


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_in_every_language(gd1_home, view, lang):
    app = open_page("retention", view=view, lang=lang)
    assert not app.exception
    assert not app.error
    assert not UNTRANSLATED.search(words(app))


def test_figures_of_everybody_were_called_those_of_a_segment(gd1_home):
    for url in ({}, {"view": "revenue"}):
        app = open_page("retention", **url)
        shown = words(app) + "".join(tiles(app)) + "".join(str(one.value) for one in app.dataframe)
        assert "セグメント別" not in shown
    of_segment = tiles(open_page("retention", by="customer_type", segment="b2c"))
    assert "NRR（月次、セグメント別）" in of_segment


def test_the_tiles_show_the_golden_rates_and_why_there_is_no_year_yet(gd1_home):
    shown = tiles(open_page("retention"))
    assert shown["NRR（月次）"] == ("100.00%", "+2.15pt")
    assert shown["GRR（月次）"] == ("100.00%", "+4.30pt")
    assert shown["解約率（顧客数）"] == ("0.00%", "0.00pt")
    assert shown["NRR（12か月）"] == ("—", "12か月前のMRRがないため")


def test_the_cohort_triangle_holds_the_golden_cells_and_nothing_where_no_month_has_come(gd1_home):
    shown = table(open_page("retention"), "0か月")
    rows = {row["初回支払"]: row for row in shown.to_dict("records")}
    assert list(rows) == ["加重平均", "2025/12以前", "2026/01", "2026/02", "2026/03"]
    assert [rows["2026/01"][f"{age}か月"] for age in range(6)] == [1, 1, 0.75, 0.625, 0.75, 0.75]
    assert rows["2026/01"]["顧客数"] == 8
    assert pl.Series([rows["2026/03"]["4か月"]]).is_nan().item()
    # METRICS G-16: the weighted mean of k = 3 and of k = 4, two mature cohorts only
    assert (rows["加重平均"]["3か月"], rows["加重平均"]["4か月"]) == (0.636364, 0.8)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("survival", [1, 1, 1, 1, 1]), ("mrr", [1, 1, 0.4, 0.5, 1.1])],
)
def test_a_pause_is_not_active_but_ends_no_survival(gd1_home, measure, expected):
    shown = table(open_page("retention", measure=measure), "0か月")
    row = next(row for row in shown.to_dict("records") if row["初回支払"] == "2026/02")
    assert [row[f"{age}か月"] for age in range(5)] == expected


def test_a_cell_opens_its_customers_whose_mrr_is_the_cell_s(gd1_home):
    app = open_page("retention", cohort="2026-01", k="2", customer="C04")
    said = words(app)
    assert "8 人（社）のうち 6 が支払い中、6 が一度も途切れず、MRR合計 56,800円" in said
    assert "✓ 合計 56,800円 は、一つ上の数字と一致しています。" in said
    assert "株式会社サンプル商事の契約： MRR 20,000円 → 0円" in said


def test_the_customers_of_every_cell_add_up_to_the_cell(gd1_home):
    snapshot, _ = warehouse.current(gd1_home, access.principal())
    cells = retention.cohorts(snapshot, "all", "all").to_dicts()
    assert len(cells) == 22
    for cell in cells:
        found = retention.cohort_customers(
            snapshot, cell["cohort_month"], cell["month"], "all", "all"
        ).all()
        assert found["mrr"].sum() == cell["mrr"]
        assert found["initial_mrr"].sum() == cell["initial_mrr"]
        assert found.height == cell["cohort_customer_count"]
        assert found.filter(pl.col("mrr") > 0).height == cell["active_customer_count"]


def test_the_survival_table_tells_the_interval_and_who_is_watched(gd1_home):
    shown = table(open_page("retention", view="curve"), "観察中")
    first = shown.to_dict("records")[0]
    assert (first["観察中"], first["この月に離れた"], first["ここまでしか分からない"]) == (11, 2, 0)
    assert first["生存率（カプラン・マイヤー）"] == 0.818182
    assert (first["区間の下限"], first["区間の上限"]) == (0.447418, 0.951164)


def test_nrr_of_a_month_is_drawn_and_a_year_that_cannot_be_says_why(gd1_home):
    app = open_page("retention", view="revenue", basis="month")
    march = next(
        row
        for row in table(app, "解約顧客数").to_dict("records")
        if row["月"].strftime("%Y-%m") == "2026-03"
    )
    assert march["NRR（月次）"] == 0.829352
    assert march["GRR（月次）"] == 0.803754
    app = open_page("retention", view="revenue")
    assert "—（12か月前のMRRがないため）" in words(app)


def test_the_values_of_an_attribute_stand_side_by_side_and_add_up_to_everybody(gd1_home):
    app = open_page("retention", view="revenue", by="customer_type", segment="b2c")
    shown = table(app, "区分").to_dict("records")
    assert [(row["区分"], row["MRR（区分別）"]) for row in shown] == [
        ("法人", 103_600),
        ("個人", 3_000),
    ]
    assert "✓ 合計 106,600円 は、一つ上の数字と一致しています。" in words(app)


def test_reasons_lead_to_who_left_in_their_words_and_what_they_had_asked(gd1_home):
    app = open_page("retention", view="churn", reason="voluntary.price", customer="C04")
    said = words(app)
    assert "「料金」（本人の申込）で解約した顧客： 1 人（社）、失ったMRR 20,000円" in said
    assert "✓ 合計 20,000円 は" in said
    who = table(app, "本人の言葉").to_dict("records")[0]
    assert who["本人の言葉"] == "他社の見積もりの方が安かった"
    assert (who["利用月数"], who["申込から終了までの日数"], who["うち苦情"]) == (2, 18, 1)
    asked = table(app, "用件").to_dict("records")
    assert [row["問い合わせ番号"] for row in asked] == [
        "T-1"
    ]  # November is longer ago than 90 days
    assert "株式会社サンプル商事の契約： MRR 20,000円 → 0円" in said


def test_reasons_of_a_range_add_up_to_the_churn_of_its_months(gd1_home):
    snapshot, _ = warehouse.current(gd1_home, access.principal())
    reasons = retention.churn_reasons(snapshot, date(2026, 3, 1), date(2026, 4, 1))
    assert reasons["mrr_lost"].sum() == Decimal(27_000)
    assert reasons["churned_customer_count"].sum() == 3
    shown = table(open_page("retention", view="churn", from_="2026-04", to="2026-04"), "解約の種類")
    assert [row["理由"] for row in shown.to_dict("records")] == ["理由の記録なし"]


def test_months_in_which_nobody_left_say_so(gd1_home):
    app = open_page("retention", view="churn", from_="2026-05", to="2026-06")
    assert "この期間に解約した顧客はいません" in words(app)


def test_who_may_not_see_people_sees_neither_names_nor_words(gd1_home, monkeypatch):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    app = open_page("retention", view="churn", reason="voluntary.price")
    row = table(app, "本人の言葉").to_dict("records")[0]
    assert row["顧客"] == "顧客 C04"
    assert row["本人の言葉"] is None


def test_the_simulator_says_200_300_350_and_where_it_ends(gd1_home):
    app = open_page("retention", view="simulation")
    said = words(app)
    assert "### 200件 → 300件 → 350件" in said
    assert "およそ **400件** で頭打ち" in said
    assert "毎年 **200件** の新規があり、翌年も **50.00%** が続けると" in said
    better = words(open_page("retention", view="simulation", scenario="assumed_75"))
    assert "### 200件 → 350件 → 463件" in better  # 462.5 rounds half up
    rows = table(app, "1年目").to_dict("records")
    assert [row["翌年も続ける割合"] for row in rows] == ["いまの実績 50.00%", "75.00% なら"]


def test_another_number_of_new_customers_is_simulated_at_the_company_s_own_rate(gd1_home):
    said = words(open_page("retention", view="simulation", yearly_new="1000"))
    assert "1,000件 → 1,500件 → 1,750件" in said
    assert "2,000" in said


def test_the_number_of_new_customers_goes_into_the_address_but_not_the_company_s_own(gd1_home):
    app = open_page("retention", view="simulation")
    assert app.number_input[0].value == 200
    app.number_input[0].set_value(300).run()
    assert app.query_params["yearly_new"] in ("300", ["300"])
    assert "300件 → 450件" in words(app)
    app.number_input[0].set_value(200).run()
    assert "yearly_new" not in app.query_params


@pytest.mark.parametrize("nonsense", ["0", "-5", "many", "1000001"])
def test_a_number_that_makes_no_sense_is_the_company_s_own(gd1_home, nonsense):
    app = open_page("retention", view="simulation", yearly_new=nonsense)
    assert not app.exception
    assert app.number_input[0].value == 200


@pytest.mark.golden("G-01/years_1_to_5")
def test_for_its_own_number_the_simulator_is_the_mart(gd1_home):
    snapshot, _ = warehouse.current(gd1_home, access.principal())
    mart = retention.simulation(snapshot)
    assert mart.height > 0
    order = ["scenario", "year_number", "layer_number"]
    made = pl.concat(
        retention_layers.simulate(200, rate).with_columns(pl.lit(name).alias("scenario"))
        for name, rate in mart.select("scenario", "yearly_retention_rate").unique().iter_rows()
    ).join(mart.select(order), on=order, how="semi")
    assert made.height == mart.height
    made = made.sort(order)
    for column in ("layer_customers", "year_customers", "limit_customers"):
        assert made[column].to_list() == mart.sort(order)[column].to_list()


def test_without_own_rate_the_simulator_assumes_one_and_says_so(gd1_home, monkeypatch):
    known = retention.simulation
    monkeypatch.setattr(
        retention,
        "simulation",
        lambda snapshot: known(snapshot).filter(pl.col("scenario") != "observed"),
    )
    said = words(open_page("retention", view="simulation"))
    assert "自社の実績の割合はありません" in said
    assert "翌年も **75.00%** が続けると" in said


@pytest.mark.parametrize(
    ("query", "view", "words_shown"),
    [
        ("cohorts", "cohort", "見られる顧客がまだいません"),
        ("survival", "curve", "曲線を描ける顧客がまだいません"),
        ("simulation", "simulation", "直近12か月に新しい顧客がいないため"),
        ("by_month", "revenue", "まだ支払いのあった顧客がいません"),
    ],
)
def test_an_empty_mart_says_in_words_what_is_missing(
    gd1_home, monkeypatch, query, view, words_shown
):
    known = getattr(retention, query)
    monkeypatch.setattr(retention, query, lambda *asked: known(*asked).clear())
    app = open_page("retention", view=view)
    assert not app.exception
    assert words_shown in words(app)


def test_a_url_that_makes_no_sense_shows_everybody_s_cohorts(gd1_home):
    app = open_page("retention", by="zodiac", segment="leo", view="x", cohort="1999-01", k="99")
    assert not app.exception
    assert "上の表のマスを押すと" in words(app)


def test_choosing_another_view_forgets_the_cell_and_the_customer(gd1_home):
    app = open_page("retention", cohort="2026-01", k="2", customer="C04")
    next(group for group in app.button_group if group.label == "見たいもの").set_value(
        "churn"
    ).run()
    assert not app.exception
    for name in ("cohort", "k", "customer"):
        assert name not in app.query_params
    assert app.query_params["view"] in ("churn", ["churn"])


def test_a_list_that_leaves_the_house_is_recorded(gd1_home):
    class Page:
        home = gd1_home
        who = access.principal()
        snapshot, _ = warehouse.current(gd1_home, access.principal())

    levels.record_export(Page, "mart_churn_analysis", 1, reason_code="price")
    line = json.loads((gd1_home / "audit" / "access.jsonl").read_text().splitlines()[-1])
    assert (line["action"], line["table"], line["row_count"]) == (
        "export",
        "mart_churn_analysis",
        1,
    )
    assert line["has_personal_columns"] is True
