"""管理: runs, versions and the way back, policy, closes, access log and use of the pages."""

import json
import shutil
from datetime import timedelta
from types import SimpleNamespace

import polars as pl
import pytest

from dagster_project import commands, publish, runs
from dagster_project.runs import Report
from dagster_project.settings import load_settings
from dashboards import access, access_log, clock
from sources import landing
from tests.dashboards.conftest import looks
from tests.dashboards.gd1_home import GD1, THE_MORNING_AFTER, publish_gd1
from tests.dashboards.languages import BOTH
from tests.dashboards.test_cash import table
from tests.dashboards.test_formatting import JA, SUNDAY
from tests.dashboards.test_pages import UNTRANSLATED, open_page, tiles, words
from tests.dashboards.test_sql import press

VIEWS = ("runs", "versions", "policy", "deliveries", "mapping", "closes", "log", "usage")


def log(home) -> list[dict]:
    lines = (home / "audit" / "access.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def two_versions(gd1_home):
    """GD-1 with a second version, an hour younger, which is the one shown."""
    older = publish.list_versions(gd1_home / "published")[0]
    newer = publish_gd1(gd1_home, when=THE_MORNING_AFTER + timedelta(hours=1)).name
    return gd1_home, older, newer


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_by_its_address_in_both_languages(gd1_home, view, lang):
    app = open_page("admin", view=view, lang=lang)
    assert not app.exception
    said = words(app)
    assert not UNTRANSLATED.search(said.replace("keizoku.toml", ""))
    assert "local-admin" in said


def test_without_the_right_nothing_of_the_home_is_shown(gd1_home, monkeypatch):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    app = open_page("admin", view="log")
    assert "管理の画面を見る権限がありません" in words(app)
    assert not app.dataframe


# ---- views are recorded ----


def test_a_page_opened_is_recorded_once_per_session(gd1_home):
    app = open_page("mrr")
    app.run()
    app.switch_page("views/home.py").run()
    assert [(one["action"], one["page"]) for one in log(gd1_home)] == [
        ("view", "mrr"),
        ("view", "home"),
    ]
    open_page("mrr")
    assert [one["page"] for one in log(gd1_home)].count("mrr") == 2


def test_another_version_is_another_look(two_versions):
    home, older, newer = two_versions
    app = open_page("mrr")
    publish.point_current(home / "published", older)
    app.run()
    seen = [one["version"] for one in log(home) if one["page"] == "mrr"]
    assert seen == [newer, older]


def test_a_log_that_cannot_be_written_is_told_over_the_figures(gd1_home, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(access, "record", full)
    app = open_page()
    assert "閲覧の記録" in app.warning[0].value
    assert tiles(app)["MRR"][0] == "106,600円"


def test_names_were_shown_although_nobody_could_record_who_saw_them(gd1_home, monkeypatch):
    shown = open_page("customer")
    names = set(shown.dataframe[0].value.iloc[:, 0])
    shutil.rmtree(gd1_home / "audit")
    (gd1_home / "audit").write_text("not a folder")
    app = open_page("customer")
    assert "閲覧の記録" in app.warning[0].value
    assert not names & set(app.dataframe[0].value.iloc[:, 0])


def test_whose_page_somebody_opened_is_recorded_once(gd1_home):
    open_page("customer", customer="C01").run()
    seen = [entry for entry in log(gd1_home) if entry["action"] == "view_customer"]
    assert [entry["customer_key"] for entry in seen] == ["C01"]


def test_a_log_cut_within_a_character_took_every_page_down(gd1_home):
    (gd1_home / "audit").mkdir(exist_ok=True)
    (gd1_home / "audit" / "access.jsonl").write_bytes('{"who":"佐'.encode()[:-1] + b"\n")
    assert not open_page().exception


def test_a_pasted_line_separator_hid_an_entry_of_the_log(gd1_home):
    access.record(gd1_home, access.principal(), "sql", sql="select 1 -- a\u2028b\u0085c")
    entries, unreadable = access_log.read(gd1_home, JA)
    assert (entries.height, unreadable) == (1, 0)


# ---- runs ----


def remember(home, **facts) -> None:
    report = Report(**({"run_id": "r", "started_at": "2026-06-30T21:00:00+00:00"} | facts))
    runs._remember(load_settings(home), report)


def test_every_run_is_listed_with_outcome_duration_and_what_failed(gd1_home):
    remember(gd1_home, run_id="r1", outcome="published", seconds={"land": 60.0, "marts": 15.0})
    test = {"name": "t", "unique_id": "u", "asserts": "aging adds up", "failing_rows": 3}
    remember(
        gd1_home,
        run_id="r2",
        started_at="2026-07-01T21:00:00+00:00",
        outcome="failed",
        failed_tests=[test],
        error={"code": "nothing_published", "where": "marts", "values": {"detail": "x"}},
    )
    app = open_page("admin", run="r2")
    listed = table(app, "かかった時間")
    assert list(listed["結果"]) == ["失敗", "公開"]
    assert list(listed["かかった時間"]) == ["0:00:00", "0:01:15"]
    assert list(listed["失敗した検査"]) == [1, 0]
    assert listed["理由"][0]
    assert list(table(app, "破られた約束")["破られた約束"]) == ["aging adds up"]


def test_a_run_leaves_a_line_however_it_ends(gd1_home):
    settings = load_settings(gd1_home)
    silent = SimpleNamespace(phase=lambda name: None)
    with (
        pytest.raises(ZeroDivisionError),
        runs.open_run(settings, "r9", "test", silent, now=THE_MORNING_AFTER) as run,
        runs.phase(run, "land"),
    ):
        _ = 1 // 0
    [told] = runs.read_history(settings)
    assert (told["run_id"], told["outcome"], told["held"]) == ("r9", "failed", 0)
    assert told["error"]["code"] == "unexpected"
    # also when the build folder, a cache, is gone
    shutil.rmtree(gd1_home / "build")
    assert [one["run_id"] for one in runs.read_history(settings)] == ["r9"]


def test_a_home_without_a_run_says_what_leaves_one(gd1_home):
    assert "実行の記録がまだありません" in words(open_page("admin"))


# ---- versions ----


def test_going_back_asks_first_is_recorded_and_everybody_sees_it(two_versions):
    home, older, newer = two_versions
    app = open_page("admin", view="versions")
    assert dict(table(app, "公開日時")[["版", "表示"]].values) == {
        newer: "● 表示中",
        older: "保管中",
    }
    button = next(one for one in app.button if one.key == "switch_now")
    assert button.disabled
    next(one for one in app.selectbox if one.key == "switch_to").select(older).run()
    app.checkbox(key="switch_sure").check().run()
    app = press(app, "switch_now")
    assert not app.exception
    assert (home / "published" / "CURRENT").read_text().strip() == older
    [entry] = looks(home)
    assert (entry["action"], entry["version"], entry["previous"]) == ("publish", older, newer)
    assert f"版 {older}" in words(open_page())


def test_while_a_run_holds_the_home_nothing_is_switched(two_versions):
    from dagster_project import lock

    home, older, newer = two_versions
    app = open_page("admin", view="versions")
    next(one for one in app.selectbox if one.key == "switch_to").select(older).run()
    app.checkbox(key="switch_sure").check().run()
    with lock.hold(home / "run.lock", "run"):
        app = press(app, "switch_now")
    assert not app.exception
    assert app.error
    assert (home / "published" / "CURRENT").read_text().strip() == newer


def test_a_damaged_version_is_not_offered(two_versions):
    home, older, _ = two_versions
    core = home / "published" / older / "core.duckdb"
    core.write_bytes(core.read_bytes()[:100])
    app = open_page("admin", view="versions")
    assert "切り替えられる版はほかにありません" in words(app)
    assert "core.duckdb differs" in "".join(table(app, "公開日時")["状態"])


# ---- policy ----


def test_the_policy_shown_is_that_of_the_version_and_a_change_is_told(gd1_home):
    (gd1_home / "keizoku.toml").write_text("[policy]\nlapse_grace_days = 0\n", encoding="utf-8")
    app = open_page("admin", view="policy")
    rules = table(app, "設定の名前")
    row = rules[rules["設定の名前"] == "lapse_grace_days"].iloc[0]
    assert (row["表示中の版の値"], row["初期値"], row["次の実行の値"]) == ("30", "30", "0")
    assert any("期限切れを継続とみなす日数" in one.value for one in app.warning)


def test_an_answer_of_policy_diff_is_shown_in_words(gd1_home):
    told = {
        "policy": {"lapse_grace_days": {"before": 30, "after": 0}},
        "changes": [
            {
                "month": "2026-03-01",
                "customer_key": "C04",
                "before": [],
                "after": [{"movement_type": "churn", "movement_reason": "x", "mrr_change": -20000}],
            }
        ],
    }
    path = gd1_home / "policy_diff.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    app = open_page("admin", view="policy")
    assert "期限切れを継続とみなす日数： 30 → 0" in words(app)
    shown = table(app, "変えた方針での動き")
    assert list(shown["顧客"]) == ["株式会社サンプル商事"]
    assert list(shown["変えた方針での動き"]) == ["解約 ▲20,000円"]
    path.write_text("{", encoding="utf-8")
    assert "読めません" in words(open_page("admin", view="policy"))


# ---- deliveries ----


def test_every_file_that_arrived_is_listed_with_its_state(gd1_published, tmp_path, monkeypatch):
    home = tmp_path / "real"
    commands.init_home(home)
    shutil.copytree(gd1_published / "published", home / "published", dirs_exist_ok=True)
    monkeypatch.setenv("KEIZOKU_HOME", str(home))
    monkeypatch.setattr(clock, "utc_now", lambda: THE_MORNING_AFTER)
    landed = commands.landing_home(load_settings(home))
    app = open_page("admin", view="deliveries")
    assert "まだ何も届いていません" in words(app)
    shutil.copy(GD1 / "subscriptions_20260630.csv", home / "inbox" / "billing")
    [delivered] = landing.land_inbox(landed, now=THE_MORNING_AFTER)
    assert delivered.state == "live"
    listed = table(open_page("admin", view="deliveries"), "受領ID")
    assert list(listed["ファイル"]) == ["subscriptions_20260630.csv"]
    assert list(listed["状態"]) == ["有効"]
    assert list(listed["最後の受領"]) == ["2026/07/01(水) 06:05"]
    landing.withdraw(landed, delivered.delivery_id, "test")
    listed = table(open_page("admin", view="deliveries"), "受領ID")
    assert list(listed["状態"]) == ["取り下げ"]


# ---- access log and usage ----


def write(home, *entries: dict) -> None:
    folder = home / "audit"
    folder.mkdir(exist_ok=True)
    with (folder / "access.jsonl").open("a", encoding="utf-8") as lines:
        lines.writelines(json.dumps(one) + "\n" for one in entries)


SEEN = (
    # 2026-06-28 15:00 UTC is Monday in Tokyo
    {"at": "2026-06-28T14:59:00+00:00", "principal": "sato", "action": "view", "page": "mrr"},
    {"at": "2026-06-28T15:00:00+00:00", "principal": "sato", "action": "view", "page": "mrr"},
    {"at": "2026-06-29T01:00:00+00:00", "principal": "ito", "action": "view", "page": "cash"},
    {
        "at": "2026-06-29T02:00:00+00:00",
        "principal": "ito",
        "action": "export",
        "table": "mart_ar_aging",
        "row_count": 12,
    },
)


def test_days_and_weeks_are_those_of_the_business(gd1_home):
    write(gd1_home, *SEEN)
    entries, unreadable = access_log.read(gd1_home, JA)
    assert unreadable == 0
    by_week = access_log.counted(entries, "week").sort("week")
    assert [(str(week), views) for week, views in by_week.select("week", "view").iter_rows()] == [
        ("2026-06-22", 1),
        ("2026-06-29", 2),
    ]


def test_a_sunday_belongs_to_the_week_it_begins_where_weeks_begin_on_sunday(gd1_home):
    write(gd1_home, *SEEN)
    entries, _ = access_log.read(gd1_home, SUNDAY)
    by_day = entries.select(pl.col("day", "week").cast(pl.String)).unique().sort("day")
    assert by_day.rows() == [("2026-06-28", "2026-06-28"), ("2026-06-29", "2026-06-28")]


def test_the_log_is_narrowed_by_who_what_and_page_in_the_address(gd1_home):
    write(gd1_home, *SEEN)
    app = open_page("admin", view="log", who="ito")
    listed = table(app, "したこと")
    assert list(listed["したこと"]) == ["ファイルにした", "画面を見た"]
    assert list(listed["何を"]) == ["mart_ar_aging", "請求・入金"]
    app = open_page("admin", view="log", action="view", thing="mrr")
    assert set(table(app, "したこと")["人"]) == {"sato"}


def test_a_line_somebody_broke_is_counted_and_told(gd1_home):
    write(gd1_home, *SEEN)
    with (gd1_home / "audit" / "access.jsonl").open("a") as lines:
        lines.write('{"at": "2026-06-29\n')
    assert "1 行を読めません" in words(open_page("admin", view="log"))


def test_the_usage_board_counts_views_people_exports_and_sql(gd1_home):
    assert clock.utc_now() == THE_MORNING_AFTER
    old = SEEN[0] | {"at": "2026-01-05T00:00:00+00:00", "principal": "gone"}
    write(gd1_home, old, *SEEN)
    shown = tiles(open_page("admin", view="usage", period="30"))
    # three of theirs, and 管理 of this session
    assert {name: value for name, (value, _) in shown.items()} == {
        "画面を開いた回数": "4",
        "使った人": "3",
        "ファイルにした回数": "1",
        "SQLの実行": "0",
    }
    people = table(open_page("admin", view="usage", period="all"), "最後の利用")
    assert set(people["人"]) == {"sato", "ito", "gone", "local-admin"}
    assert dict(people[["人", "ファイルにした回数"]].values)["ito"] == 1
