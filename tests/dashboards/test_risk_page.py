"""要注意顧客: who is listed and why, evidence to its line, approaches kept, skill in words."""

import hashlib
import json
import shutil
from datetime import date

import duckdb
import pytest

from dagster_project import commands, lock
from dagster_project.settings import load_settings
from dashboards import access, charts, clock, warehouse
from dashboards.queries import risk
from tests.dashboards.gd1_home import GD1, THE_MORNING_AFTER, build_gd1, publish_gd1
from tests.dashboards.languages import BOTH
from tests.dashboards.test_pages import UNTRANSLATED, open_page, tiles, words
from tests.dashboards.test_retention import table

VIEWS = ("list", "approaches", "skill")
STAMP = "date '2026-06-30' as as_of_date, 'gd1policy000' as policy_id"
# G-25: 30 × 80, 20 × 50, 20 × 100, 15 without data, 15 × 40
SKILLED = f"""
update mart_risk_model set
    has_skill = true, no_skill_reason = null, auc_score = 0.72, auc_error_score = 0.05,
    brier_score = 0.06, base_brier_score = 0.07, brier_skill_score = 0.1428, lift_ratio = 2.5,
    customer_quarter_count = 400, churned_count = 40, held_back_count = 200,
    held_back_churned_count = 20;
update mart_at_risk set
    ranked_by = 'expected_loss', p_churn = 0.3, p_churn_null_reason = null,
    raising_features = 'billing_score,complaints'
where customer_key = 'C02';
update mart_at_risk set p_churn_null_reason = 'announced' where customer_key = 'C03';
update mart_customer_360 set
    has_phone_consent = false, has_email_consent = true, has_dm_consent = false
where customer_key = 'C02';
insert into mart_risk_reliability by name
select bin, 100 as customer_quarter_count, churned as churned_count, predicted as mean_p_churn,
    churned / 100.0 as churned_rate, {STAMP}
from (values (1, 4, 0.05), (2, 16, 0.15)) as bins(bin, churned, predicted);
insert into mart_risk_backtest by name
select
    date '2026-03-31' as read_on, 10 as top_k, 96 as customer_count, 12 as churned_count,
    6 as churned_in_top_count, 0.6 as precision_rate, 4.8 as lift_ratio, {STAMP}
union all by name
select
    date '2025-12-31' as read_on, 10 as top_k, 90 as customer_count, 0 as churned_count,
    0 as churned_in_top_count, 0 as precision_rate, null as lift_ratio,
    'nobody_lost' as lift_ratio_null_reason, {STAMP};
"""


@pytest.fixture(scope="module")
def skill_published(tmp_path_factory):
    """GD-1 as if the chance of leaving had proved itself on its past."""
    home = tmp_path_factory.mktemp("skill")
    sha = hashlib.sha256((GD1 / "subscriptions_20260630.csv").read_bytes()).hexdigest()
    build_gd1(home / "gd1_build.duckdb", sha)
    with duckdb.connect(str(home / "gd1_build.duckdb")) as connection:
        connection.execute(SKILLED)
    publish_gd1(home)
    return home


@pytest.fixture
def skill_home(skill_published, monkeypatch):
    monkeypatch.setenv("KEIZOKU_HOME", str(skill_published))
    monkeypatch.setattr(clock, "utc_now", lambda: THE_MORNING_AFTER)
    return skill_published


@pytest.fixture
def writable_home(gd1_home):
    """GD-1 with settings, so that the commands that write know the home."""
    shutil.copy(commands.TEMPLATES / commands.CONFIG_NAME, gd1_home / commands.CONFIG_NAME)
    return gd1_home


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("home", ["gd1_home", "skill_home"])
def test_every_view_opens_in_every_language(request, home, view, lang):
    request.getfixturevalue(home)
    app = open_page("risk", view=view, lang=lang, customer="C02")
    assert not app.exception
    assert not app.error
    assert not UNTRANSLATED.search(words(app))


# ---- who is at risk, and in which order ----


def test_the_tiles_say_how_many_and_how_much_of_all(gd1_home):
    assert tiles(open_page("risk")) == {
        "要注意の顧客": ("3", "支払中 10 顧客のうち"),
        "影響MRR": ("36,600円", "2026/06/30(火) 時点。全体のMRR 106,600円 のうち"),
        "解約を申し込んだ顧客": ("0", "MRR 0円"),
        "7日以内に連絡": ("1", "MRR 10,000円"),
        "解約確率の実力（AUC）": ("—", "予測力なし"),
    }


def test_without_skill_the_page_says_so_and_ranks_by_mrr_alone(gd1_home):
    app = open_page("risk")
    said = words(app)
    assert "解約確率に予測力は確かめられていません" in said
    assert "確かめるだけの履歴がまだない" in said
    shown = table(app, "影響MRR")
    assert "3か月以内の解約確率" not in shown
    assert shown["影響MRR"].to_list() == [18_600, 10_000, 8_000]
    assert "✓ 合計 36,600円 は" in said


def test_with_skill_the_order_is_explained_and_the_chance_is_shown(skill_home):
    app = open_page("risk")
    said = words(app)
    assert "順番は「解約確率 × MRR」の大きい順です" in said
    assert "全体の **2.50倍**" in said
    rows = {row["顧客"]: row for row in table(app, "影響MRR").to_dict("records")}
    row = rows["有限会社みどり園芸"]
    assert (row["3か月以内の解約確率"], row["確率を上げている点"]) == (0.3, "支払の点　苦情の数")


def test_a_row_says_why_what_to_do_how_and_by_when_and_what_was_agreed_to(skill_home):
    rows = {row["顧客"]: row for row in table(open_page("risk"), "影響MRR").to_dict("records")}
    row = rows["有限会社みどり園芸"]
    assert row["理由"] == "支払の遅れ　連絡が途絶えている"
    assert row["次にすること"] == "支払方法と入金予定を確認する"
    assert row["連絡方法"] == "メール"
    assert row["期限の理由"] == "急ぎ（7日以内）"
    assert row["結果"] == "話ができた"
    assert [row[name] for name in ("電話の同意", "メールの同意", "LINEの同意", "DMの同意")] == [
        "拒否",
        "同意あり",
        "不明",
        "拒否",
    ]


@pytest.mark.parametrize(
    ("url", "customers"),
    [
        ({"band": "yellow"}, ["C02"]),
        ({"owner": "none"}, ["C10", "C03"]),
        ({"owner": "営業一課 藤井"}, ["C02"]),
        ({"plan": "ベーシック"}, ["C03"]),
        ({"reason": "no_contact"}, ["C10", "C02"]),
        ({"reason": "no_contact", "band": "yellow"}, ["C02"]),
        ({"band": "purple", "owner": "nobody I know"}, ["C10", "C02", "C03"]),
    ],
)
def test_an_address_narrows_list_and_tiles_alike(gd1_home, monkeypatch, url, customers):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    app = open_page("risk", **url)
    shown = table(app, "影響MRR")
    assert shown["顧客"].to_list() == [f"顧客 {key}" for key in customers]
    assert tiles(app)["要注意の顧客"][0] == str(len(customers))
    assert "✓ 合計" in words(app)


def test_a_choice_nobody_fits_says_so(gd1_home):
    app = open_page("risk", band="green", reason="no_contact")
    assert "この条件の顧客はいません。" in words(app)
    assert tiles(app)["影響MRR"][0] == "0円"


def test_a_bar_of_reasons_leads_to_its_customers(gd1_home, monkeypatch):
    drawn = []
    draw = charts.bars
    monkeypatch.setattr(charts, "bars", lambda items, *a: drawn.extend(items) or draw(items, *a))
    assert not open_page("risk").exception
    assert [(bar.label, bar.value, bar.text, bar.puts) for bar in drawn] == [
        ("連絡が途絶えている", 28_600, "2 顧客", {"reason": "no_contact"}),
        ("支払の遅れ", 10_000, "1 顧客", {"reason": "invoice_overdue"}),
        ("未解決の問い合わせ", 8_000, "1 顧客", {"reason": "open_question"}),
    ]


# ---- one customer ----


def test_a_reason_opens_the_line_it_was_read_from(gd1_home):
    app = open_page("risk", customer="C02", evidence="invoice_overdue")
    said = words(app)
    (row, silent) = table(app, "記録の番号").to_dict("records")
    assert (row["記録の番号"], row["どこから"], row["データ"]) == (
        "billing INV-0502",
        "契約・請求",
        "請求書",
    )
    assert silent["記録の番号"] == "crm I-02"
    assert "invoices\\_20260630\\.csv の 4 行目" in said


def test_an_inquiry_opens_its_line_too(gd1_home):
    said = words(open_page("risk", customer="C03", evidence="open_question"))
    assert "tickets\\_20260630\\.csv の 3 行目" in said


def test_evidence_the_version_does_not_hold_says_where_to_look(gd1_home):
    said = words(open_page("risk", customer="C10", evidence="no_contact"))
    assert "番号でCRMを確かめてください。" in said


def test_the_health_of_a_customer_adds_up_and_has_a_history(gd1_home):
    app = open_page("risk", customer="C02")
    assert "いま 70.59 点（注意）、データのある割合 85.00%" in words(app)
    parts = {row["項目"]: row for row in table(app, "スコアへの寄与").to_dict("records")}
    assert round(sum(row["スコアへの寄与"] for row in parts.values() if row["点"] >= 0), 2) == 70.59
    assert parts["サポート"]["なぜ"] == "未解決の問い合わせがある"


def test_contracts_and_inquiries_of_the_customer_are_shown(gd1_home):
    app = open_page("risk", customer="C02")
    assert "有限会社みどり園芸の契約： MRR 10,000円 → 10,000円" in words(app)
    assert table(app, "問い合わせ番号")["問い合わせ番号"].to_list() == ["T-14"]


def test_a_note_is_for_those_who_may_see_people(gd1_home, monkeypatch):
    shown = table(open_page("risk", customer="C02"), "メモ")
    assert shown["メモ"].to_list() == ["振込の担当が替わったとのこと"]
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    app = open_page("risk", customer="C02")
    assert table(app, "メモ")["メモ"].to_list() == [""]
    assert "対応を記録する権限がありません。" in words(app)


# ---- what is done ----


def fill_in(app, *, note: str = "") -> None:
    """The form of the chosen customer, filled in and sent."""
    box = next(one for one in app.selectbox if one.label == "結果")
    box.select("promised_to_stay")
    next(one for one in app.text_area if one.label == "メモ").input(note)
    next(one for one in app.text_input if one.label == "対応した人").input("藤井")
    next(one for one in app.button if one.label == "記録する").click().run()


def test_an_approach_is_written_down_by_the_one_command_that_writes(writable_home):
    app = open_page("risk", customer="C02")
    fill_in(app, note="7月5日に振り込むとのこと")
    assert not app.exception
    assert not app.error
    (kept,) = commands.list_approaches(load_settings(writable_home), "C02", 10)
    assert kept == {
        "customer_key": "C02",
        "customer": "C02",
        "action_code": "settle_payment",
        "outcome_code": "promised_to_stay",
        "acted_on": "2026-07-01",
        "note": "7月5日に振り込むとのこと",
        "decided_by": "藤井",
        "decided_at": "2026-06-30 21:05:00",
    }
    assert "2026/07/01(水) 支払方法と入金予定を確認する（継続の約束）" in app.success[0].value
    log = [json.loads(line) for line in (writable_home / "audit/access.jsonl").open()]
    (kept_who,) = (one for one in log if one["action"] == "record_approach")
    assert (kept_who["principal"], kept_who["customer_key"]) == ("local-admin", "C02")


def test_while_a_run_holds_the_home_the_reader_is_told_and_nothing_is_lost(
    writable_home, monkeypatch
):
    known = commands.record_approach
    monkeypatch.setattr(
        commands, "record_approach", lambda *a, **k: known(*a, **(k | {"wait_seconds": 0}))
    )
    settings = load_settings(writable_home)
    app = open_page("risk", customer="C02")
    with lock.hold(settings.run_lock, "run"):
        fill_in(app)
    assert not app.exception
    assert "記録できませんでした：ほかの処理がこのホームを使っています" in app.error[0].value
    assert not app.success
    assert commands.list_approaches(settings, None, 10) == []
    # what was typed is still there to be sent again
    assert next(one for one in app.selectbox if one.label == "結果").value == "promised_to_stay"


def test_the_form_knows_every_action_and_outcome_of_the_command(gd1_home):
    from dagster_project.compute.risk import ACTIONS

    app = open_page("risk", customer="C02")
    by_label = {box.label: box for box in app.selectbox}
    assert len(by_label["対応"].options) == len(ACTIONS)
    assert len(by_label["結果"].options) == len(commands.APPROACH_OUTCOMES)


def test_what_came_of_approaches_counts_only_those_whose_90_days_are_over(gd1_home):
    app = open_page("risk", view="approaches")
    rows = {row["対応"]: row for row in table(app, "90日たった回数").to_dict("records")}
    assert rows["電話か訪問で状況を聞く"]["対応後90日の継続率"] == 1
    assert rows["お詫びし、解決の見通しを伝える"]["90日たった回数"] == 0
    said = words(app)
    assert "—（まだ90日たっていないため）" in said
    assert "✓ 合計 2 は" in said
    assert "対応しなかった顧客の継続率とは比べられません" in said


# ---- how far to trust it ----


def test_the_track_record_shows_skill_reliability_and_past_quarters(skill_home):
    app = open_page("risk", view="skill")
    shown = tiles(app)
    assert shown["解約確率のAUC"] == ("0.72", "標準誤差 0.05。0.50は偶然と同じ")
    assert shown["解約確率のスキル"] == ("14.28%", "0%は平均の割合を答えるのと同じ")
    bins = table(app, "予測した確率").to_dict("records")
    assert [(row["予測した確率"], row["実際の解約率"]) for row in bins] == [
        (0.05, 0.04),
        (0.15, 0.16),
    ]
    quarters = table(app, "上位の件数").to_dict("records")
    assert quarters[0]["適合率（上位k件）"] == 0.6
    assert "—（解約した顧客がいないため）" in words(app)


def test_without_a_past_quarter_nothing_is_claimed(gd1_home):
    said = words(open_page("risk", view="skill"))
    assert "確かめられる過去の四半期がまだありません。" in said


def test_without_anybody_at_risk_the_page_says_what_to_deliver(gd1_home, monkeypatch):
    known = risk.options
    monkeypatch.setattr(risk, "options", lambda snapshot: known(snapshot).clear())
    app = open_page("risk")
    assert not app.exception
    assert "要注意の理由がある顧客はいません。" in words(app)
    assert "usage.usage_days" in words(app)


@pytest.mark.parametrize("choice", [(None, True, None, None), ("yellow", True, None, None),
                                    (None, False, "営業一課 藤井", None)])  # fmt: skip
def test_the_customers_of_every_reason_add_up_to_its_bar_within_the_choice(gd1_home, choice):
    """The bars told of everybody while the list below them was narrowed."""
    snapshot, _ = warehouse.current(gd1_home, access.principal())
    soon = date(2026, 7, 7)
    bars = risk.by_reason(snapshot, *choice).to_dicts()
    assert bars
    for row in bars:
        chosen = (*choice, row["reason_code"])
        listed = risk.customers(snapshot, *chosen).all()
        assert listed["mrr_at_stake"].sum() == row["mrr_at_stake"]
        assert listed.height == row["customer_count"]
        total = risk.totals(snapshot, *chosen, soon).to_dicts()[0]
        assert total["mrr_at_stake"] == row["mrr_at_stake"]
