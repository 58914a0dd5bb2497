"""SQL: answers within limits, refusals with their place, kept queries, links that widen nothing."""

import json

import pytest

from dagster_project import kept
from dashboards import access, schema
from dashboards.catalogue import plain
from dashboards.exports import csv, xlsx
from dashboards.exports.table import Heading, Table
from tests.dashboards.conftest import looks
from tests.dashboards.gd1_home import THE_MORNING_AFTER
from tests.dashboards.test_cash import table
from tests.dashboards.test_pages import open_page, words


def press(app, key: str):
    return next(one for one in app.button if one.key == key).click().run()


def ask(app, sql: str):
    app.text_area(key="sql_text").set_value(sql)
    return press(app, "sql_run")


def keep(home, name: str, sql: str, *, by: str = "local-admin", is_shared: bool = False) -> None:
    kept.save(home / "queries", name, sql, is_shared=is_shared, by=by, now=THE_MORNING_AFTER)


# ---- running ----


def test_the_example_answers_with_the_golden_mrr(gd1_home):
    app = press(open_page("sql"), "sql_run")
    assert not app.exception
    answer = table(app, "logo_churn_rate")
    june = dict(zip(answer.columns, answer.iloc[0], strict=True))
    assert (june["month"], june["mrr"], june["customer_count"]) == ("2026-06-01", 106600.0, 10)
    assert "個人情報の列は使っていません" in words(app)


def test_nothing_runs_before_somebody_presses_the_button(gd1_home):
    app = open_page("sql")
    assert not app.dataframe
    assert looks(gd1_home) == []


def test_what_is_run_is_recorded_with_its_outcome_before_it_is_shown(gd1_home):
    app = ask(open_page("sql"), "select count(*) as n from mart_kpi_monthly")
    ask(app, "selec 1")
    answered, refused = looks(gd1_home)
    assert answered["action"] == "sql"
    assert answered["principal"] == "local-admin"
    assert answered["sql"] == "select count(*) as n from mart_kpi_monthly"
    assert (answered["outcome"], answered["row_count"]) == ("answered", 1)
    assert (refused["outcome"], refused["row_count"]) == ("sql_syntax", None)


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("insert into mart_kpi_monthly select * from mart_kpi_monthly", "select だけ"),
        ("attach 'x.db' as other", "select だけ"),
        ("select 1; select 2", "一度に実行できる文は一つ"),
        ("select * from read_csv('/etc/passwd')", "その操作はここではできません"),
        ("select * from pii.dim_customer", "個人情報の列は開いていません"),
        ("", "SQL がありません"),
    ],
)
def test_what_may_not_be_run_is_refused_in_plain_words(gd1_home, sql, what):
    app = ask(open_page("sql"), sql)
    assert not app.exception
    assert any(what in error.value for error in app.error)
    assert "**どうする**" in words(app)
    assert not app.dataframe


def test_an_error_tells_its_place_and_points_at_it(gd1_home):
    app = ask(open_page("sql"), "select month,\n  '月末' as 区分, mrrr\nfrom mart_kpi_monthly")
    said = words(app)
    assert "その名前の列はありません" in said
    assert "**どこで**： 2 行目の 15 文字目" in said
    assert "近いもの" in said
    shown = app.code[0].value.splitlines()
    assert shown[0] == "  '月末' as 区分, mrrr"
    assert shown[1] == " " * 18 + "^"  # four characters of two widths before it


def test_the_same_error_reads_in_english(gd1_home):
    said = words(ask(open_page("sql", lang="en"), "select * from mart_kpi_mnthly"))
    assert "There is no table of that name" in said
    assert "**Where**: line 1, character 15" in said
    assert "mart\\_kpi\\_monthly" in said


def test_a_long_answer_says_that_it_was_cut(gd1_home):
    said = words(ask(open_page("sql"), "select range as n from range(20000)"))
    assert "最初の 10,000 行だけです" in said
    assert "最初の 500 行を表示しています（結果は 10,000 行）" in said


def test_personal_columns_open_only_with_the_switch_and_their_names_stay_out_of_the_log(gd1_home):
    app = open_page("sql")
    app.toggle(key="sql_people").set_value(True).run()
    sql = "select display_name from pii.dim_customer where display_name = '株式会社サンプル商事'"
    app = ask(app, sql)
    assert list(table(app, "display_name")["display_name"]) == ["株式会社サンプル商事"]
    [entry] = looks(gd1_home)
    assert entry["has_personal_columns"]
    assert "サンプル商事" not in json.dumps(entry, ensure_ascii=False)
    assert entry["sql"].endswith("display_name = '…'")


def test_without_the_right_to_people_there_is_no_switch(gd1_home, monkeypatch):
    rights = frozenset({access.AD_HOC_SQL})
    monkeypatch.setattr(access, "principal", lambda: access.Principal("data", rights))
    app = open_page("sql")
    assert not app.toggle or all(one.key != "sql_people" for one in app.toggle)
    app = ask(app, "select * from pii.dim_customer")
    assert not app.dataframe


def test_without_the_right_to_sql_the_page_says_so(gd1_home, monkeypatch):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    app = open_page("sql")
    assert "SQLを使う権限がありません" in words(app)
    assert not app.text_area


def test_a_formula_in_an_answer_leaves_as_text(gd1_home):
    app = ask(open_page("sql"), "select '=1+1' as a, '@x' as \"=b\", -5 as n")
    rows = schema.in_file(app.session_state["sql_outcome"].found.frame)
    headings = [Heading(name) for name in rows.columns]
    content = csv.utf8(Table("sql", headings, rows.rows())).decode("utf-8-sig")
    assert content == "a,'=b,n\r\n'=1+1,'@x,-5\r\n"


def test_a_kind_no_sheet_knows_leaves_as_text(gd1_home):
    sql = "select [1, 2] as l, timestamptz '2026-06-30 15:00:00+00' as t, time '09:00' as c"
    rows = schema.in_file(ask(open_page("sql"), sql).session_state["sql_outcome"].found.frame)
    assert rows.rows() == [("[1, 2]", "2026-06-30 15:00:00+00:00", "09:00:00")]
    headings = [Heading(name) for name in rows.columns]
    notes = Table("notes", [Heading("what")], [["x"]])
    assert xlsx.workbook([Table("sql", headings, rows.rows())], notes, negative="▲").startswith(
        b"PK"
    )


# ---- chart ----


def test_the_chart_takes_its_columns_from_the_address(gd1_home):
    app = open_page("sql", show="chart", x="month", y="mrr", mark="line")
    app = press(app, "sql_run")
    assert not app.exception
    assert any("month ごとの mrr" in one.value for one in app.subheader)
    boxes = {box.label: box.value for box in app.selectbox}
    assert boxes["値"] == "mrr"
    assert boxes["図の種類"] == "line"


def test_rows_that_would_be_added_up_are_not_drawn(gd1_home):
    sql = "select movement_type, mrr_change from mart_mrr_waterfall where mrr_change <> 0"
    app = ask(open_page("sql", show="chart"), sql)
    assert any("group by" in one.value for one in app.warning)
    app = ask(
        app, "select movement_type, sum(mrr_change) as mrr from mart_mrr_waterfall group by 1"
    )
    assert any("movement_type ごとの mrr" in plain(one.value) for one in app.subheader)


def test_an_answer_without_a_number_says_what_a_chart_needs(gd1_home):
    app = ask(open_page("sql", show="chart"), "select 'a' as x")
    assert "数の列が1つ以上要ります" in words(app)


# ---- tables ----


def test_tables_are_found_by_what_their_figures_are_called(gd1_home):
    app = open_page("sql")
    app.text_input(key="sql_search").set_value("ＮＲＲ 月次").run()
    box = next(box for box in app.selectbox if box.label == "表")
    assert "mart_kpi_monthly" in box.options
    assert "mart_ar_aging" not in box.options


def test_a_table_tells_unit_class_and_meaning_of_its_columns(gd1_home):
    app = open_page("sql", table="dim_customer")
    told = table(app, "区分")
    by_name = dict(zip(told["列"], told["区分"], strict=True))
    assert by_name["pii.dim_customer.display_name"] == "個人情報"
    assert by_name["customer_key"] == "取引の事実"
    kpis = table(open_page("sql", table="mart_kpi_monthly"), "区分")
    row = kpis[kpis["列"] == "mrr"].iloc[0]
    assert (row["指標の名前"], row["単位"]) == ("MRR", "円")


def test_a_table_starts_a_statement_that_is_not_run_by_itself(gd1_home):
    app = press(open_page("sql", table="dim_month"), "sql_start")
    assert app.text_area(key="sql_text").value == "select *\nfrom dim_month\nlimit 100"
    assert looks(gd1_home) == []


# ---- saved, shared, history ----


def test_a_query_is_saved_listed_and_reproduced_by_its_address(gd1_home):
    app = open_page("sql")
    app = ask(app, "select 7 as seven")
    app.text_input(key="sql_name").set_value("月次のMRR")
    app = app.run()
    app.toggle(key="sql_share").set_value(True)
    app = press(app, "sql_save")
    assert app.query_params["query"] in ("月次のMRR", ["月次のMRR"])
    fresh = open_page("sql", query="月次のMRR")
    assert fresh.text_area(key="sql_text").value == "select 7 as seven"
    assert list(table(fresh, "seven")["seven"]) == [7]
    found = kept.read(gd1_home / "queries", "somebody else")
    assert [(one.name, one.saved_by, one.is_shared) for one in found] == [
        ("月次のMRR", "local-admin", True)
    ]
    assert "save_query" in [entry["action"] for entry in looks(gd1_home)]


def test_a_link_never_opens_personal_columns_by_itself(gd1_home):
    keep(gd1_home, "名簿", "select display_name from pii.dim_customer", is_shared=True)
    app = open_page("sql", query="名簿")
    assert not app.dataframe
    assert "個人情報の列は開いていません" in words(app)
    assert [entry["has_personal_columns"] for entry in looks(gd1_home)] == [False]


def test_a_query_of_somebody_else_is_seen_when_it_is_shared_and_not_deleted(gd1_home):
    keep(gd1_home, "共有", "select 1 as one", by="sato", is_shared=True)
    keep(gd1_home, "秘密", "select 2 as two", by="sato")
    app = open_page("sql", panel="saved", query="共有")
    box = next(box for box in app.selectbox if box.label == "保存した SQL")
    assert box.options == ["共有"]
    assert all(button.key != "sql_delete" for button in app.button)
    app = open_page("sql", query="秘密")
    assert "保存されていないか、見る権限がありません" in words(app)
    assert not app.dataframe


def test_a_saved_query_can_be_deleted_and_its_address_says_so(gd1_home):
    keep(gd1_home, "古い", "select 1 as one")
    app = press(open_page("sql", panel="saved", query="古い"), "sql_delete")
    assert not app.exception
    assert kept.read(gd1_home / "queries", "local-admin") == []
    assert "見る権限がありません" in words(open_page("sql", query="古い"))


def test_running_another_text_takes_the_name_out_of_the_address(gd1_home):
    keep(gd1_home, "一", "select 1 as one")
    app = ask(open_page("sql", query="一"), "select 2 as two")
    assert "query" not in app.query_params
    assert list(table(app, "two")["two"]) == [2]


def test_the_history_is_of_one_person_and_a_statement_stands_in_it_once(gd1_home):
    app = ask(open_page("sql"), "select 1 as a")
    app = ask(app, "select 2 as b")
    app = ask(app, "select 1 as a")
    folder = gd1_home / "queries"
    mine = [one.sql for one in kept.read_history(folder, "local-admin")]
    assert mine == ["select 1 as a", "select 2 as b"]
    assert kept.read_history(folder, "sato") == []
    app = open_page("sql", panel="history")
    app = press(app, "sql_again")
    assert app.text_area(key="sql_text").value == "select 1 as a"


def test_an_answer_belongs_to_its_session(gd1_home):
    ask(open_page("sql"), "select 1 as a")
    assert not open_page("sql").dataframe
