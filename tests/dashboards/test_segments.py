"""セグメント: golden figures of every view, sums that equal their parent, the way to customers."""

import pytest

from dashboards import access, warehouse
from dashboards.queries import retention, segments
from tests.dashboards.languages import BOTH
from tests.dashboards.test_cash import table
from tests.dashboards.test_pages import UNTRANSLATED, open_page, tiles, words

VIEWS = ("rfm", "decile", "pareto", "concentration", "ltv", "attribute", "campaign", "trial")
VIEWS += ("economics", "affinity", "upsell", "dormant")


def seen(home):
    return warehouse.current(home, access.principal())[0]


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_in_every_language(gd1_home, view, lang):
    app = open_page("segments", view=view, lang=lang)
    assert not app.exception
    assert not app.error
    assert not UNTRANSLATED.search(words(app))


def test_the_group_follows_the_view_in_the_url_and_a_new_group_begins_at_its_first_view(gd1_home):
    app = open_page("segments", view="dormant")
    assert "掘り起こしの候補" in words(app)
    assert "最終利用（R）と頻度（F）" in words(open_page("segments", group="value", view="dormant"))


# ---- by value ----


def test_a_cell_of_the_grid_opens_its_customers_who_add_up_to_it(gd1_home):
    app = open_page("segments", cell="55")
    said = words(app)
    assert "✓ 合計 10 は、一つ上の数字と一致しています。" in said
    assert "✓ 合計 668,000円 は、一つ上の数字と一致しています。" in said
    names = list(table(app, "担当")["顧客"])
    assert names[0] == "Pacific Bridge Inc."
    assert len(names) == 5


def test_the_cells_of_the_grid_hold_every_customer_once(gd1_home):
    snapshot = seen(gd1_home)
    cells = segments.rfm_cells(snapshot)
    assert cells["customer_count"].sum() == 10
    for cell in cells.to_dicts():
        customers = segments.of_cell(snapshot, cell["cell"]).all()
        assert customers.height == cell["customer_count"]
        assert customers["net_revenue_12m"].sum() == cell["net_revenue_12m"]


def test_deciles_add_up_and_each_opens_its_customers(gd1_home):
    app = open_page("segments", view="decile", decile="2")
    assert "✓ 合計 1,000,000円 は、一つ上の数字と一致しています。" in words(app)
    shares = table(app, "デシル累計構成比")
    assert list(shares["デシル累計構成比"])[:4] == [0.5, 0.8, 0.9, 0.95]
    assert list(table(app, "担当")["売上（直近12か月）"]) == [300_000]


def test_two_of_ten_customers_bring_eighty_percent(gd1_home):
    shown = tiles(open_page("segments", view="pareto"))
    assert shown["上位2割の売上比率（2:8）"] == ("80.00%", "800,000円 ÷ 1,000,000円")
    assert shown["売上の8割を占める顧客の割合"] == ("20.00%", "10 のうち 2")


def test_the_classes_hold_every_customer_and_their_customers_add_up(gd1_home):
    snapshot = seen(gd1_home)
    classes = segments.abc(snapshot).to_dicts()
    assert [(row["abc_class"], row["customer_count"]) for row in classes] == [
        ("A", 2),
        ("B", 2),
        ("C", 6),
    ]
    for row in classes:
        of_class = segments.of_abc(snapshot, row["abc_class"]).all()
        assert of_class["net_revenue_12m"].sum() == row["net_revenue_12m"]
    app = open_page("segments", view="pareto", abc="B")
    assert "✓ 合計 150,000円 は、一つ上の数字と一致しています。" in words(app)


def test_of_more_customers_than_the_curve_has_points_every_nth_is_drawn(gd1_home):
    drawn = segments.curve(seen(gd1_home), 4)
    assert drawn["value_rank"].to_list() == [1, 4, 8]


def test_concentration_names_the_ten_who_make_its_number(gd1_home):
    app = open_page("segments", view="concentration")
    shown = tiles(app)
    assert shown["上位1社の MRR 比率"] == ("20.64%", "22,000円 ÷ 106,600円")
    assert shown["上位5社の MRR 比率"] == ("68.11%", "72,600円 ÷ 106,600円")
    assert shown["集中度指数（HHI）"][0] == "0.13"
    assert "✓ 合計 106,600円 は、一つ上の数字と一致しています。" in words(app)


def test_ltv_is_told_three_ways_with_what_each_was_made_from(gd1_home):
    app = open_page("segments", view="ltv")
    shown = tiles(app)
    assert shown["LTV（期待値）"] == ("181,564円", "10,660円 × 80.00% ÷ 4.70%")
    assert shown["LTV（実績）"] == ("80,000円", "1,000,000円 × 80.00% ÷ 10")
    assert shown["LTV（生存曲線）"] == ("150,000円", "60 か月先まで。推計 40.00%")
    assert "✓ 合計 1,000,000円 は、一つ上の数字と一致しています。" in words(app)


# ---- by what they are, and where they came from ----


def test_the_values_of_an_attribute_add_up_to_mrr_and_their_customers_to_them(gd1_home):
    app = open_page("segments", view="attribute", by="customer_type", value="b2c")
    said = words(app)
    assert "✓ 合計 106,600円 は、一つ上の数字と一致しています。" in said
    assert "✓ 合計 3,000円 は、一つ上の数字と一致しています。" in said
    listed = table(app, "担当")
    assert dict(zip(listed["顧客"], listed["状態"], strict=True)) == {
        "髙橋 由美子": "支払中",
        "田中 一郎": "支払なし",
        "鈴木 花子": "支払なし",
        "佐藤 健": "滞納（猶予超過）",
    }


def test_every_value_s_customers_add_up_to_its_mrr(gd1_home):
    snapshot = seen(gd1_home)
    month = retention.by_month(snapshot, "all", "all")["month"][-1]
    for row in retention.by_value(snapshot, "customer_type", month).to_dicts():
        of_value = segments.of_value(snapshot, "customer_type", row["segment_value"]).all()
        assert of_value["mrr"].sum() == row["mrr"]


def test_a_channel_leads_to_its_campaigns_and_they_to_the_customers_they_won(gd1_home):
    app = open_page("segments", view="campaign", channel="Web", campaign="C-WEB")
    said = words(app)
    assert "✓ 合計 11 は、一つ上の数字と一致しています。" in said
    assert said.count("✓ 合計 1 は、一つ上の数字と一致しています。") == 2
    assert len(table(app, "担当")) == 1
    channels = table(app, "集客媒体").to_dict("records")
    web = next(row for row in channels if row["集客媒体"] == "Web")
    assert (web["CAC（施策別）"], web["3か月継続率（施策別）"]) == (30_000, 1)
    # whoever came by no campaign has cost nothing we know of
    assert "獲得の費用が届いていないため" in said


def test_who_paid_already_when_the_history_begins_was_won_by_no_channel_we_know(gd1_home):
    app = open_page("segments", view="campaign", channel="未設定", campaign="未設定")
    assert words(app).count("✓ 合計 10 は、一つ上の数字と一致しています。") == 2
    names = list(table(app, "担当")["顧客"])
    assert len(names) == 10
    assert not any("長い名前の" in name for name in names)  # C13, on record since the first month


def test_half_of_february_s_trials_converted_and_june_is_too_young(gd1_home):
    app = open_page("segments", view="trial", month="2026-02", window="30")
    months = table(app, "無料→有料の転換率").to_dict("records")
    assert [row["トライアル開始"] for row in months] == [1, 2]
    assert months[1]["無料→有料の転換率"] == 0.5
    assert "まだ日数がたっていないため" in words(app)
    # a customer who paid already is in no funnel
    assert list(table(app, "有料になった日")["契約番号"]) == ["S07", "S08"]
    assert "✓ 合計 2 は、一つ上の数字と一致しています。" in words(app)


def test_winning_a_customer_costs_five_times_keeping_one(gd1_home):
    app = open_page("segments", view="economics", month="2026-03", customer="C07")
    shown = tiles(app)
    assert shown["顧客獲得単価（CAC）"] == ("30,000円", "30,000円 ÷ 1")
    assert shown["新規単価（ASP）"] == ("7,000円", "7,000円 ÷ 1")
    assert shown["回収期間"] == ("5.36", "か月")
    assert shown["LTV:CAC"] == ("4.57", "137,016円 ÷ 30,000円")
    assert shown["1:5 の法則"] == ("5.00", "30,000円 ÷ 6,000円")
    assert "✓ 合計 +7,000円 は、一つ上の数字と一致しています。" in words(app)


def test_a_month_without_a_new_customer_has_no_cost_per_customer_and_says_why(gd1_home):
    shown = tiles(open_page("segments", view="economics", month="2026-06"))
    assert shown["顧客獲得単価（CAC）"] == ("—", "新規の顧客がいないため")


# ---- whom to approach ----


def test_an_offer_leads_to_its_candidates_with_the_same_sum(gd1_home):
    app = open_page("segments", view="upsell", offer="seats_full.more_seats")
    assert "✓ 合計 20,000円 は、一つ上の数字と一致しています。" in words(app)
    listed = table(app, "次のプラン").to_dict("records")
    assert [(row["顧客"], row["席数利用率"]) for row in listed] == [
        ("株式会社あおぞら製作所", 0.9),
        ("株式会社ひまわり薬局", 1),
    ]


def test_lost_customers_come_with_reason_silence_and_consent(gd1_home):
    app = open_page("segments", view="dormant")
    (row,) = table(app, "話していない日数").to_dict("records")
    assert (row["顧客"], row["理由"], row["話していない日数"]) == (
        "株式会社サンプル商事",
        "料金",
        130,
    )
    assert [row[name] for name in ("理由", "メールの同意", "最後の接触")] == [
        "料金",
        "はい",
        "電話",
    ]
    leads = table(open_page("segments", view="dormant", kind="lead"), "話していない日数")
    assert list(leads["理由"]) == ["検討見送り", "理由の記録なし"]


def test_nobody_with_two_plans_says_what_the_view_needs(gd1_home):
    said = words(open_page("segments", view="affinity"))
    assert "二つ以上のプランに同時に支払う顧客がいないため" in said


def test_who_may_not_see_people_sees_keys(gd1_home, monkeypatch):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    app = open_page("segments", view="decile", decile="1")
    assert list(table(app, "担当")["顧客"]) == ["顧客 C10"]


@pytest.mark.parametrize(
    ("view", "module", "question", "delivers"),
    [
        ("rfm", segments, "rfm_cells", "billing.invoices"),
        ("decile", segments, "deciles", "billing.invoices"),
        ("pareto", segments, "abc", "billing.invoices"),
        ("concentration", segments, "concentration", "billing.subscriptions"),
        ("ltv", segments, "ltv", "billing.invoices"),
        ("attribute", retention, "segments", "crm.accounts"),
        ("campaign", segments, "channels", "crm.campaigns"),
        ("trial", segments, "trial_months", "billing.subscriptions"),
        ("economics", segments, "economics", "crm.campaign_costs"),
        ("upsell", segments, "offers", "usage.usage_days"),
        ("dormant", segments, "dormant_kinds", "crm.interactions"),
    ],
)
def test_an_empty_view_says_what_to_deliver(
    gd1_home, monkeypatch, view, module, question, delivers
):
    known = getattr(module, question)
    monkeypatch.setattr(module, question, lambda *asked: known(*asked).clear())
    app = open_page("segments", view=view)
    assert not app.exception
    assert not app.error
    (said,) = [each.value for each in app.info]
    assert delivers in said
