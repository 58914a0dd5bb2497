"""Every page in every state and language, with the golden figures of METRICS.md 2.1 on it."""

import json
import re
from decimal import Decimal

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import access, warehouse
from dashboards.catalogue import LANGUAGES, entries
from dashboards.queries import about, people, revenue
from tests.dashboards.conftest import looks
from tests.dashboards.gd1_home import REPO
from tests.dashboards.languages import BOTH

PAGES = {
    "home": None,
    "mrr": "views/mrr.py",
    "retention": "views/retention.py",
    "renewals": "views/renewals.py",
    "forecast": "views/forecast.py",
    "risk": "views/risk.py",
    "customer": "views/customer.py",
    "segments": "views/segments.py",
    "cash": "views/cash.py",
    "inquiries": "views/inquiries.py",
    "quality": "views/quality.py",
    "sql": "views/sql.py",
    "manual": "views/manual.py",
    "admin": "views/admin.py",
}
TITLES = {
    "home": ("ホーム", "Home"),
    "mrr": ("MRRの動き", "MRR movements"),
    "retention": ("継続・解約", "Retention and churn"),
    "renewals": ("更新パイプライン", "Renewal pipeline"),
    "forecast": ("予測", "Forecast"),
    "risk": ("要注意顧客", "Customers at risk"),
    "customer": ("顧客360", "Customer 360"),
    "segments": ("セグメント", "Segments"),
    "cash": ("請求・入金", "Billing and cash"),
    "inquiries": ("問い合わせ", "Inquiries"),
    "quality": ("データ品質", "Data quality"),
    "sql": ("SQL", "SQL"),
    "manual": ("用語集・マニュアル・FAQ", "Glossary, manual and FAQ"),
    "admin": ("管理", "Administration"),
}
UNTRANSLATED = re.compile(
    r"\b(?:" + "|".join(sorted({k.split(".")[0] for k in entries("ja")})) + r")\.\w+"
)


def open_page(page: str = "home", **url: str) -> AppTest:
    """A page as it stands in a fresh session that was opened at this URL."""
    app = AppTest.from_file(REPO / "dashboards" / "app.py", default_timeout=60)
    if PAGES[page]:
        app.switch_page(PAGES[page])
    for name, value in url.items():
        app.query_params[name.rstrip("_")] = value
    return app.run()


def words(app: AppTest) -> str:
    """Everything the page says."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error")
    said = [element.value for kind in kinds for element in getattr(app, kind)]
    said += [text for m in app.metric for text in (m.label, m.value, m.delta or "", m.help or "")]
    said += [text for box in app.selectbox for text in (box.label, *map(str, box.options))]
    return "\n".join(said)


def tiles(app: AppTest) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.value, metric.delta) for metric in app.metric}


# ---- every page × language × state ----


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "state",
    ["empty_home", "gd1_home", "partial_home", "stale_home", "broken_home", "failed_run_home"],
)
def test_no_state_of_a_page_fails_or_shows_an_untranslated_key(request, state, page, lang):
    request.getfixturevalue(state)
    app = open_page(page, lang=lang)
    assert not app.exception
    assert not UNTRANSLATED.search(words(app))
    assert app.title[0].value == TITLES[page][LANGUAGES.index(lang)]
    if lang == "en":
        assert not re.search(r"[ぁ-んァ-ヶ]", "".join(m.label for m in app.metric))


def test_a_home_never_run_says_what_to_do_and_shows_no_number(empty_home):
    app = open_page()
    assert app.info[0].value == "まだ公開されたデータがありません。"
    assert f"keizoku --home {empty_home} run" in words(app)
    assert not app.metric


def test_a_damaged_version_says_where_why_and_what_to_do_and_shows_no_number(broken_home):
    app = open_page()
    assert app.error[0].value == "公開版を読み取れません。数字は表示していません。"
    assert str(broken_home / "published") in words(app)
    assert "keizoku rebuild" in words(app)
    assert not app.metric


@pytest.mark.parametrize(
    ("page", "url", "export"),
    [
        ("renewals", {}, "商談（crm.deals）"),
        ("risk", {}, "利用（`usage.usage_days`）"),
        ("customer", {}, "請求書（billing.invoices）"),
        ("customer", {"customer": "C01", "view": "cash"}, "請求書（billing.invoices）が届くと"),
        ("customer", {"customer": "C01", "view": "talk"}, "問い合わせ（inquiry.tickets）が届くと"),
        ("segments", {"view": "rfm"}, "請求書（billing.invoices）"),
        ("segments", {"view": "decile"}, "請求書（billing.invoices）"),
        ("segments", {"view": "pareto"}, "請求書（billing.invoices）"),
        ("segments", {"view": "economics"}, "施策の費用（crm.campaign_costs）"),
        ("segments", {"view": "upsell"}, "利用実績（usage.usage_days）"),
        ("cash", {"view": "aging"}, "請求書（billing.invoices）"),
        ("cash", {"view": "application"}, "入金（billing.payments）"),
        ("cash", {"view": "months"}, "請求書（billing.invoices）"),
        ("cash", {"view": "mix"}, "入金（billing.payments）"),
        ("cash", {"view": "failures"}, "billing.payment_attempts"),
        ("cash", {"view": "deferred"}, "請求明細（billing.invoice_lines）"),
        ("cash", {"view": "bridge"}, "請求明細（billing.invoice_lines）"),
        ("inquiries", {}, "inquiry.tickets"),
    ],
)
def test_a_section_without_its_data_names_the_export_that_fills_it(partial_home, page, url, export):
    app = open_page(page, **url)
    assert not app.exception
    assert export in words(app)


def test_a_figure_whose_export_never_came_is_unknown_and_not_nought(partial_home):
    unknown = ("—", "元のデータがまだ届いていないため")
    cash = tiles(open_page("cash"))
    assert {cash[name] for name in ("月末売掛金残高", "請求額（税込）", "入金額")} == {unknown}
    customer = tiles(open_page("customer", customer="C01"))
    assert customer["MRR"] == (
        "10,000円",
        "2026年6月末時点。有効な契約は 2026/06/30(火) に 1 件",
    )
    names = ("LTV（実績）", "売上（直近12か月）", "未回収残高")
    assert {customer[name] for name in names} == {unknown}
    assert not tiles(open_page("inquiries"))


def test_what_did_come_is_shown_as_ever(partial_home):
    shown = tiles(open_page())
    assert (shown["MRR"], shown["顧客数"]) == (("106,600円", "+12,600円"), ("10", "+1"))


def test_old_numbers_are_shown_with_how_old_they_are(stale_home):
    app = open_page()
    # on 2026-07-11 in Tokyo the numbers should be as of 2026-07-10
    assert "2026/06/30(火) 時点のもので、10 日遅れています" in app.warning[0].value
    assert tiles(app)["MRR"][0] == "106,600円"


def test_on_the_morning_after_nothing_is_old(gd1_home):
    assert not open_page().warning


def test_a_failed_run_is_told_over_the_last_good_numbers_with_the_files_held(failed_run_home):
    app = open_page()
    failed, held = (warning.value for warning in app.warning)
    assert "前回の実行（2026/07/02(木) 06:01）は失敗しました" in failed
    assert "1 件" in held
    assert "subscriptions" in held
    assert tiles(app)["MRR"][0] == "106,600円"


def test_a_month_the_contract_export_does_not_cover_is_marked(gd1_home, monkeypatch):
    monkeypatch.setattr(about, "contracts_through", lambda snapshot: late_contracts())
    assert "2026/06/30(火) までのデータがそろっていません" in open_page().warning[0].value
    assert not open_page(month="2026-05").warning


def late_contracts():
    import polars as pl

    return pl.DataFrame({"source_system": ["billing"], "t": ["2026-05-31 14:59:59"]}).with_columns(
        pl.col("t").str.to_datetime()
    )


# ---- home ----


def test_home_shows_the_golden_figures_of_june(gd1_home):
    assert tiles(open_page()) == {
        "MRR": ("106,600円", "+12,600円"),
        "ARR": ("1,279,200円", "+151,200円"),
        "顧客数": ("10", "+1"),
        "ARPA": ("10,660円", "+216円"),
        "解約率（顧客数）": ("0.00%", "0.00pt"),
        "NRR（月次）": ("100.00%", "+2.15pt"),
        "GRR（月次）": ("100.00%", "+4.30pt"),
        "クイックレシオ": ("—（解約・減額がないため）"[0], "解約・減額がないため"),
        "2026年度の着地予測（2027年3月末のMRR）": (
            "210,926円",
            "区間なし（履歴が12か月に満たないため）",
        ),
    }
    # what lies ahead is said beside the newest month only
    assert not any("着地予測" in name for name in tiles(open_page(month="2026-03")))


def test_home_shows_the_golden_figures_of_march_with_what_was_divided_by_what(gd1_home):
    app = open_page(month="2026-03")
    shown = tiles(app)
    assert shown["MRR"] == ("103,800円", "▲13,400円")
    assert shown["解約率（顧客数）"] == ("18.18%", "+18.18pt")
    assert shown["NRR（月次）"] == ("82.94%", "▲21.37pt")
    assert shown["GRR（月次）"] == ("80.38%", "▲19.62pt")
    assert shown["クイックレシオ"] == ("0.43", "前月の値がありません")
    churn = next(m for m in app.metric if m.label == "解約率（顧客数）")
    assert "この月： 2 ÷ 11" in churn.help
    assert "churned customers / customers at begin" in churn.help
    assert "当月の解約顧客数 ÷ 月初の顧客数" in churn.help


def test_more_churn_is_worse_and_coloured_so_but_more_mrr_is_better(gd1_home):
    march = {m.label: m.proto for m in open_page(month="2026-03").metric}
    june = {m.label: m.proto for m in open_page().metric}
    assert march["解約率（顧客数）"].color == march["MRR"].color != june["MRR"].color


def test_home_shows_mrr_and_arr_with_tax_on_request_and_all_else_without(gd1_home):
    shown = tiles(open_page(tax="included"))
    assert shown["MRR（税込）"] == ("117,260円", "+13,860円")
    assert shown["ARR（税込）"] == ("1,407,120円", "+166,320円")
    assert shown["ARPA"] == ("10,660円", "+216円")
    assert shown["NRR（月次）"] == ("100.00%", "+2.15pt")
    assert "MRR" not in shown
    app = open_page(tax="included", month="2026-03")
    said = words(app)
    assert tiles(app)["MRR（税込）"] == ("109,780円", "▲14,740円")
    # C14 says no tax rate
    assert "MRRとARRは税込、ほかの指標は税抜です　税率のない契約明細 1 件は含みません" in said
    assert "金額の単位は円（MRRとARRは税込、ほかは税抜）" in said
    assert said.count("税率のない契約明細 1 件は含みません（2026年3月末）") == 2  # tiles and table
    # the waterfall stays what it was, and says so
    assert "MRRは前月より **13,400円** 減って **103,800円** になりました。" in said
    assert "「税込」を選んでいても、増減は税抜です" in said
    assert "税込" not in words(open_page(tax="excluded", month="2026-03"))


def test_mrr_is_ex_tax_until_somebody_asks_and_invoices_are_as_issued(gd1_home):
    sides = {
        page: open_page(page).session_state["filter_tax"]
        for page in ("home", "mrr", "cash", "customer")
    }
    assert sides == {
        "home": "excluded",
        "mrr": "excluded",
        "cash": "included",
        "customer": "included",
    }


def test_a_month_without_any_tax_rate_shows_a_dash_with_its_reason(gd1_home, monkeypatch):
    kpis = revenue.kpis

    def without_rates(*asked):
        return kpis(*asked).with_columns(
            mrr_incl_tax=pl.lit(None, pl.Decimal(28, 6)),
            mrr_incl_tax_null_reason=pl.lit("no_tax_rate"),
            tax_rate_missing_line_count=pl.lit(9),
        )

    monkeypatch.setattr(revenue, "kpis", without_rates)
    home = tiles(open_page(tax="included"))
    assert home["MRR（税込）"] == ("—", "税率がわからないため")
    ends = tiles(open_page("mrr", tax="included", from_="2026-03", to="2026-04"))
    assert ends["期首のMRR（税込）"] == ("—", "税率がわからないため")
    assert ends["2026年4月末のMRR（税込）"] == ("—", "税率がわからないため")


def test_home_says_in_words_what_moved_the_month(gd1_home):
    said = words(open_page(month="2026-03"))
    assert "MRRは前月より **13,400円** 減って **103,800円** になりました。" in said
    assert "解約 ▲23,000円　新規 +7,000円　増額 +3,000円　為替影響 ▲400円" in said


def test_the_first_month_on_record_has_nothing_to_compare_with(gd1_home):
    shown = tiles(open_page(month="2025-12"))
    assert shown["MRR"] == ("20,000円", "前月の値がありません")
    assert shown["NRR（月次）"] == ("—", "記録の最初の月のため")


def test_home_in_thousands_and_in_english(gd1_home):
    shown = tiles(open_page(lang="en", unit="thousand"))
    assert shown["MRR"] == ("¥107K", "+¥13K")
    assert shown["Customers"] == ("10", "+1")


def test_the_badge_tells_version_as_of_and_how_far_each_source_reaches(gd1_home):
    said = words(open_page())
    assert "2026/06/30(火) 時点" in said
    assert re.search(r"版 \d{8}T\d{12}Z-[0-9a-f]{8}", said)
    assert "**billing** … 2026/06/30(火) 23:59 まで（1 ファイル、21 行、隔離 0 行）" in said
    assert "**crm** … 2026/06/30(火) 23:59 まで" in said


def test_a_url_that_makes_no_sense_shows_the_newest_month(gd1_home):
    app = open_page(month="1999-13", unit="gold", lang="xx")
    assert not app.exception
    assert tiles(app)["MRR"][0] == "106,600円"


def test_choosing_a_month_writes_it_into_the_url(gd1_home):
    app = open_page()
    app.selectbox[0].select("2026-04").run()
    assert app.query_params["month"] in ("2026-04", ["2026-04"])
    assert tiles(app)["MRR"][0] == "93,000円"


def test_a_movement_of_the_month_opens_its_customers_on_the_home_page_too(gd1_home):
    said = words(open_page(month="2026-03", type="churn", customer="C04"))
    assert "① 2026年3月の「解約」： 2 顧客、合計 ▲23,000円" in said
    assert "✓ 合計 ▲23,000円 は、一つ上の数字と一致しています。" in said
    assert "② 株式会社サンプル商事の契約： MRR 20,000円 → 0円" in said


# ---- MRR movements ----


def test_a_layer_of_a_month_end_opens_its_customers_whose_sum_is_the_layer(gd1_home):
    # METRICS.md 2.1: June is 106,600, of which 22,000 are of the customers of February
    app = open_page("mrr", layer_month="2026-06", layer="2026-02", cohort="month")
    assert not app.exception
    said = words(app)
    assert said.count("✓ 合計 106,600円") == 1
    assert said.count("✓ 合計 22,000円") == 1
    layers, people = (frame.value for frame in app.dataframe if len(frame.value.columns) == 3)
    assert layers.iloc[:, 1].sum() == 106_600
    assert people.iloc[:, 2].tolist() == [12_000, 10_000]  # C09 and C11
    by_year = words(open_page("mrr", layer_month="2026-06", layer="2025", cohort="year"))
    assert by_year.count("✓ 合計 106,600円") == 2


def test_the_movement_page_shows_levels_with_tax_and_movements_without(gd1_home):
    app = open_page("mrr", tax="included", from_="2026-03", to="2026-04")
    assert not app.exception
    shown = tiles(app)
    assert shown["期首のMRR（税込）"] == ("124,520円", "")
    assert shown["2026年4月末のMRR（税込）"] == ("102,300円", "▲22,220円")
    said = words(app)
    assert "税率のない契約明細 1 件は含みません（2026年2月末）" in said
    assert "単位：円（税込）" in said  # the layers
    assert said.count("「税込」を選んでいても、増減は税抜です") == 2  # waterfall and table


def test_a_layer_with_tax_opens_customers_ex_tax_and_says_so(gd1_home):
    app = open_page("mrr", tax="included", layer_month="2026-03", layer="2026-01", cohort="month")
    assert not app.exception
    said = words(app)
    assert said.count("✓ 合計 109,780円") == 1
    assert said.count("✓ 合計 56,800円") == 1
    assert "顧客ごとの額は税抜です" in said
    layers = next(
        one.value for one in app.dataframe if "層別 MRR（ミルフィーユ、税込）" in one.value
    )
    assert layers["層別 MRR（ミルフィーユ、税込）"].tolist() == [22_000, 58_080, 22_000, 7_700]
    assert layers["層別 MRR（ミルフィーユ）"].tolist() == [20_000, 56_800, 20_000, 7_000]


def test_a_mark_of_a_chart_says_what_pressing_it_opens(gd1_home):
    app = open_page("mrr", from_="2026-01", to="2026-03")
    marks = [chart.proto.spec for chart in app.get("vega_lite_chart")]
    assert len(marks) == 2
    assert all('"name": "pressed"' in json.dumps(json.loads(spec)) for spec in marks)


def test_the_movement_page_begins_and_ends_with_the_golden_figures(gd1_home):
    shown = tiles(open_page("mrr", from_="2026-03", to="2026-04"))
    assert shown == {
        "期首のMRR": ("117,200円", ""),
        "2026年4月末のMRR": ("93,000円", "▲24,200円"),
        "期首の顧客数": ("11", ""),
        "2026年4月末の顧客数": ("8", "▲3"),
    }


def test_a_fiscal_year_half_or_quarter_is_chosen_at_one_press(gd1_home):
    app = open_page("mrr")
    period = next(box for box in app.selectbox if box.label == "期間")
    assert list(period.options) == [
        *("2026年度", "2026年度 上期", "FY26 Q1（4–6月）"),  # April to June are on record
        *("2025年度", "2025年度 下期", "FY25 Q4（1–3月）", "FY25 Q3（10–12月）"),
    ]
    assert period.value is None  # December to June is none of them
    period.select("FY25 Q4（1–3月）").run()
    assert not app.exception
    assert [app.query_params[name] for name in ("from", "to")] in (
        ["2026-01", "2026-03"],
        [["2026-01"], ["2026-03"]],
    )
    assert tiles(app)["2026年3月末のMRR"][0] == "103,800円"
    of_april = open_page("mrr", from_="2026-04", to="2026-06")
    assert next(box for box in of_april.selectbox if box.label == "期間").value == "2026年度"


def test_what_stood_before_the_first_month_on_record_is_not_zero_but_unknown(gd1_home):
    assert tiles(open_page("mrr"))["期首のMRR"] == ("—", "記録の最初の月のため")


def test_a_cell_opens_its_customers_with_the_sum_of_the_cell(gd1_home):
    said = words(open_page("mrr", month="2026-03", type="churn"))
    assert "① 2026年3月の「解約」： 2 顧客、合計 ▲23,000円" in said
    assert "✓ 合計 ▲23,000円 は、一つ上の数字と一致しています。" in said
    assert "株式会社サンプル商事" in said


def test_a_customer_opens_its_contracts_with_the_sum_of_its_mrr_at_both_ends(gd1_home):
    said = words(open_page("mrr", month="2026-05", type="contraction", customer="C05"))
    assert "㈱北斗システムの契約： MRR 10,000円 → 6,000円" in said
    assert "✓ 合計 10,000円 は" in said
    assert "✓ 合計 6,000円 は" in said


def test_a_customer_in_a_foreign_currency_shows_both_sums(gd1_home):
    said = words(open_page("mrr", month="2026-04", type="expansion", customer="C10"))
    assert "契約通貨の合計 USD 100.00。月末レートでの換算額 14,800円" in said
    assert "契約通貨の合計 USD 120.00。月末レートでの換算額 18,000円" in said


def test_a_contract_opens_its_line_of_the_delivered_file_and_the_look_is_recorded(gd1_home):
    url = {"month": "2026-03", "type": "churn", "customer": "C04", "line": "S04-1"}
    app = open_page("mrr", **url)
    assert "③ 元データ： subscriptions\\_20260630\\.csv の 6 行目" in words(app)
    line = next(frame.value for frame in app.dataframe if "見出し" in frame.value)
    cells = dict(zip(line["見出し"], line["値"], strict=True))
    assert (cells["contract_id"], cells["unit_price_native"]) == ("S04", "20000")
    app.run()  # looking again in the same session is not a second look
    assert len(looks(gd1_home)) == 1


def test_who_may_not_see_people_sees_keys_and_no_original_line(gd1_home, monkeypatch):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    url = {"month": "2026-03", "type": "churn", "customer": "C04", "line": "S04-1"}
    app = open_page("mrr", **url)
    said = words(app)
    assert "顧客 C04" in said
    assert "サンプル商事" not in said
    assert "元データを見る権限がありません" in said
    assert not any("見出し" in frame.value for frame in app.dataframe)


def test_choosing_another_cell_forgets_the_customer_below(gd1_home):
    app = open_page("mrr", month="2026-03", type="churn", customer="C04")
    next(box for box in app.selectbox if box.label == "種類").select("new").run()
    assert not app.exception
    assert "customer" not in app.query_params
    assert "1 顧客、合計 +7,000円" in words(app)


def test_two_contract_pieces_and_two_customers_of_one_name_stay_two_options(gd1_home):
    names = {"C04": "同じ名前", "C06": "同じ名前"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "names", lambda *_: names)
        app = open_page("mrr", month="2026-03", type="churn", customer="C06")
    box = next(box for box in app.selectbox if box.label == "契約を見る顧客")
    assert list(box.options) == ["同じ名前", "同じ名前 #2"]
    assert box.value == "C06"


def test_a_cell_nobody_moved_in_says_so(gd1_home):
    assert "この月にこの種類の動きをした顧客はいません。" in words(
        open_page("mrr", month="2026-06", type="churn")
    )


def test_the_customers_of_every_cell_add_up_to_the_cell_and_their_contracts_to_them(gd1_home):
    snapshot, _ = warehouse.current(gd1_home, access.principal())
    months = about.months(snapshot).to_dicts()
    cells = revenue.movements(snapshot, months[0]["month"], months[-1]["month"])
    month_end = {row["month"]: row["month_end"] for row in months}
    checked = 0
    for cell in cells.to_dicts():
        customers = revenue.movement_customers(snapshot, cell["month"], cell["movement_type"]).all()
        assert sum(customers["mrr_change"], Decimal(0)) == cell["mrr_change"]
        for key in customers["customer_key"]:
            sums = dict(revenue.contract_sums(snapshot, key, month_end[cell["month"]]).rows())
            if set(sums) <= {"JPY"}:
                later = month_end[cell["month"]].replace(day=28)
                assert sums.get("JPY", 0) == revenue.customer_mrr(snapshot, key, later)
                checked += 1
    assert checked == 22  # 28 movements, of which 6 are of the customer who pays in USD


# ---- what a company chose ----


def test_a_page_shows_dates_and_negatives_as_the_company_does(gd1_home):
    (gd1_home / "keizoku.toml").write_text(
        '[display]\ncalendar_era = "wareki"\nnegative_mark = "()"\n', encoding="utf-8"
    )
    app = open_page("mrr", month="2026-03", type="churn")
    assert not app.exception
    assert "令和8年6月30日(火) 時点" in words(app)
    assert "2 顧客、合計 (23,000円)" in words(app)
    assert "2026/06/30" not in words(app)


def test_a_mistake_in_keizoku_toml_is_told_and_the_page_goes_on(gd1_home):
    (gd1_home / "keizoku.toml").write_text('[display]\ncalendar_era = "showa"\n', encoding="utf-8")
    app = open_page()
    assert not app.exception
    assert "display.calendar_era = showa" in app.error[0].value.replace("\\", "")
    assert "seireki | wareki" in words(app).replace("\\", "")
    assert tiles(app)["MRR"][0] == "106,600円"
