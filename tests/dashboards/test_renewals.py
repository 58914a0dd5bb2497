"""更新パイプライン: windows of days, calendar, list to contact, golden renewal rates."""

import hashlib
import json

import duckdb
import polars as pl
import pytest

from dashboards import access, clock, warehouse
from dashboards.queries import renewals
from tests.dashboards.gd1_home import AS_OF, GD1, THE_MORNING_AFTER, build_gd1, publish_gd1
from tests.dashboards.languages import BOTH
from tests.dashboards.test_pages import UNTRANSLATED, open_page, tiles, words
from tests.dashboards.test_retention import table

VIEWS = ("board", "calendar", "list", "rates")


@pytest.fixture(scope="module")
def edges_published(tmp_path_factory):
    """GD-1 with open terms on both sides of every edge between windows of days."""
    home = tmp_path_factory.mktemp("edges")
    sha = hashlib.sha256((GD1 / "subscriptions_20260630.csv").read_bytes()).hexdigest()
    build_gd1(home / "gd1_build.duckdb", sha)
    with duckdb.connect(str(home / "gd1_build.duckdb")) as connection:
        connection.execute(
            f"""
            insert into mart_renewal_pipeline by name
            select
                'E' || days as term_key, 'C01' as customer_key, 'E' || days as contract_id,
                date '{AS_OF}' + cast(days as integer) as term_end_date,
                date_trunc('month', date '{AS_OF}' + cast(days as integer)) as term_end_month,
                days as days_to_end, value as atr, 'open' as outcome, days < 0 as is_in_grace,
                'open' as forecast_state, 'red' as health_band, false as has_renewed_before,
                case when days < 0 then 'collect_papers' else 'rescue' end as next_action,
                '営業二課 村上' as owner, date '{AS_OF}' as as_of_date, 'gd1policy000' as policy_id
            from (values (-1, 1), (0, 10), (30, 100), (31, 1000), (60, 10000), (61, 100000),
                (90, 1000000), (91, 10000000)) as terms(days, value)
            """
        )
        # the company closes from 29 December; who must say no by the 30th is asked by the 28th
        connection.execute(
            """
            update dim_date set is_business_day = false, company_day_name = '年末年始休業'
            where date_key between date '2026-12-29' and date '2026-12-31';
            update dim_date set is_business_day = false, holiday_name_ja = '天皇誕生日'
            where date_key = date '2026-12-23';
            update mart_renewal_pipeline
            set
                notice_deadline_date = date '2026-12-30', notice_business_date = date '2026-12-28'
            where term_key = 'R02'
            """
        )
    publish_gd1(home)
    return home


@pytest.fixture
def edges_home(edges_published, monkeypatch):
    monkeypatch.setenv("KEIZOKU_HOME", str(edges_published))
    monkeypatch.setattr(clock, "utc_now", lambda: THE_MORNING_AFTER)
    return edges_published


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_in_every_language(edges_home, view, lang):
    app = open_page("renewals", view=view, lang=lang)
    assert not app.exception
    assert not app.error
    assert not UNTRANSLATED.search(words(app))


def test_windows_end_on_day_30_60_and_90_and_overdue_begins_the_day_after_the_end(edges_home):
    shown = {
        name: value
        for name, (value, _) in tiles(open_page("renewals", owner="営業二課 村上")).items()
    }
    assert shown == {
        "期限超過": "1円",
        "30日以内": "110円",
        "31〜60日": "11,000円",
        "61〜90日": "1,100,000円",
        "91日以上先": "10,000,000円",
    }


def test_an_overdue_term_says_for_how_long_and_what_to_do(edges_home):
    row = table(open_page("renewals", view="list", window="overdue"), "次にすること")
    (overdue,) = row.to_dict("records")
    assert overdue["残り"] == "1 日超過"
    assert overdue["次にすること"] == "更新手続きの書類を受け取る"
    assert overdue["健康度"] == "危険"
    assert overdue["最終接触"] == "接触の記録なし"


def test_the_chance_shown_is_the_one_learned_where_there_is_one(gd1_home):
    rows = table(open_page("renewals", view="list"), "更新確率").to_dict("records")
    assert [(row["契約番号"], row["更新確率"], row["確率の出どころ"]) for row in rows] == [
        ("S02", 0.8, "過去の更新から学習"),
        ("S13b", 0.85, "確率表（健康度・残り日数・更新歴）"),
    ]
    assert rows[0]["更新見込額（予測）"] == 96_000
    assert rows[0]["確率を下げている点"] == "苦情の数　利用の増減"
    assert rows[0]["担当"] == "営業一課 藤井"
    assert rows[0]["最終接触"] == "2026/06/20(土) 電話"
    assert rows[1]["担当"] == "担当なし"
    assert rows[1]["自動更新"] == "不明"


def test_a_decided_term_is_not_on_the_list_to_contact(gd1_home):
    rows = table(open_page("renewals", view="list"), "更新確率").to_dict("records")
    assert "S13a" not in [row["契約番号"] for row in rows]


@pytest.mark.parametrize(
    ("owner", "contracts"),
    [("営業一課 藤井", ["S02"]), ("none", ["S13b"]), ("誰でもない", ["S02", "S13b"])],
)
def test_an_owner_s_list_holds_that_owner_s_terms(gd1_home, owner, contracts):
    app = open_page("renewals", view="list", owner=owner)
    rows = table(app, "更新確率").to_dict("records")
    assert [row["契約番号"] for row in rows] == contracts
    assert "✓ 合計" in words(app)


def test_the_calendar_shows_the_month_whose_terms_end_next_with_their_sum(gd1_home):
    said = words(open_page("renewals", view="calendar"))
    assert "2026年12月に満了する契約" in said
    assert "✓ 合計 120,000円 は、一つ上の数字と一致しています。" in said


def test_the_days_the_company_is_closed_are_named_as_holidays_are(edges_home):
    app = open_page("renewals", view="calendar", month="2026-12")
    assert (
        "休みの日：2026/12/23(水) 天皇誕生日　2026/12/29(火) 年末年始休業"
        "　2026/12/30(水) 年末年始休業　2026/12/31(木) 年末年始休業"
    ) in words(app)
    (days,) = app.get("vega_lite_chart")[0].proto.datasets
    by_number = {day["number"]: day for day in pl.read_ipc_stream(days.data.data).to_dicts()}
    assert {number: by_number[number]["kind"] for number in ("28", "29", "31")} == {
        "28": "working",
        "29": "off",
        "31": "ends",
    }
    assert by_number["29"]["name"] == "2026/12/29(火)　年末年始休業"
    assert by_number["30"]["facts"] == "解約申込期限 1 件（営業日では 2026/12/28(月) まで）"


def test_a_deadline_on_a_day_off_says_by_which_business_day(edges_home):
    board = words(open_page("renewals", view="board"))
    assert "解約申込期限 2026/12/30(水)（営業日では 2026/12/28(月) まで）" in board
    terms = table(open_page("renewals", view="list", window="later"), "申込期限（営業日）")
    of_day = dict(zip(terms["契約番号"], terms["申込期限（営業日）"], strict=True))
    assert f"{of_day['S02']:%Y-%m-%d}" == "2026-12-28"


def test_a_deadline_on_a_business_day_says_no_other_day(gd1_home):
    assert "営業日では" not in words(open_page("renewals", view="board"))


def test_the_calendar_and_its_days_follow_the_company(gd1_home):
    (gd1_home / "keizoku.toml").write_text(
        '[display]\nweek_starts_on = "sunday"\ncalendar_era = "wareki"\n', encoding="utf-8"
    )
    app = open_page("renewals", view="calendar", month="2026-12")
    assert "令和8年12月に満了する契約" in words(app)
    spec = app.get("vega_lite_chart")[0].proto.spec
    assert '["日", "月", "火", "水", "木", "金", "土"]' in json.dumps(
        json.loads(spec), ensure_ascii=False
    )


def test_the_rates_of_march_are_the_golden_ones(gd1_home):
    shown = tiles(open_page("renewals", view="rates", month="2026-03"))
    assert shown["更新率（件数）"] == ("100.00%", "1 ÷ 1")
    assert shown["更新率（金額・グロス）"] == ("100.00%", "240,000円 ÷ 240,000円")
    assert shown["更新率（金額・ネット）"] == ("110.00%", "264,000円 ÷ 240,000円")
    assert shown["決着率"] == ("100.00%", "240,000円 ÷ 240,000円")


def test_a_month_of_which_nothing_is_decided_has_no_rate_and_says_why(gd1_home):
    shown = tiles(open_page("renewals", view="rates", month="2026-12"))
    assert shown["更新率（件数）"] == ("—", "まだ決まった契約がないため")
    assert shown["決着率"] == ("0.00%", "0円 ÷ 120,000円")


def test_a_month_opens_its_terms_with_what_became_of_them_and_their_contracts(gd1_home):
    app = open_page("renewals", view="rates", month="2026-03", customer="C13")
    (term,) = table(app, "空白日数").to_dict("records")
    assert (term["結果"], term["空白日数"], term["更新後の年額"]) == ("遅れて更新", 20, 264_000)
    said = words(app)
    assert "✓ 合計 240,000円 は、一つ上の数字と一致しています。" in said
    assert "の契約： MRR 20,000円 → 20,000円" in said


def test_the_terms_of_every_month_add_up_to_its_atr(gd1_home):
    snapshot, _ = warehouse.current(gd1_home, access.principal())
    months = renewals.by_month(snapshot).to_dicts()
    assert len(months) == 3
    for month in months:
        terms = renewals.terms_of_month(snapshot, month["month"]).all()
        assert terms["atr"].sum() == month["atr"]
        assert terms.height == month["term_count"]


def test_a_month_in_which_nothing_ends_keeps_its_place_on_the_axis(gd1_home):
    app = open_page("renewals", view="rates")
    spec = app.get("vega_lite_chart")[0].proto.spec
    assert all(month in spec for month in ('"2026/03"', '"2026/04"', '"2026/12"', '"2027/04"'))


def test_a_card_opens_the_contracts_of_its_customer(gd1_home):
    app = open_page("renewals")
    app.button(key="card_R02").click().run()
    assert not app.exception
    assert app.query_params["term"] in ("R02", ["R02"])
    assert "有限会社みどり園芸の契約： MRR 10,000円 → 10,000円" in words(app)


def test_without_one_term_the_page_says_what_to_deliver(gd1_home, monkeypatch):
    known = renewals.by_month
    monkeypatch.setattr(renewals, "by_month", lambda snapshot: known(snapshot).clear())
    app = open_page("renewals")
    assert not app.exception
    assert "更新の対象になる契約期間がまだありません。" in words(app)
    assert "3か月以上の契約期間" in words(app)


def test_who_may_not_see_people_sees_keys(gd1_home, monkeypatch):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    rows = table(open_page("renewals", view="list"), "更新確率").to_dict("records")
    assert [row["顧客"] for row in rows] == ["顧客 C02", "顧客 C13"]
