"""The card of open alerts on ホーム."""

import json

import pytest

from dashboards.catalogue import LANGUAGES
from tests.dashboards.test_pages import UNTRANSLATED, open_page, words

THRESHOLD = {
    "event": "opened",
    "at": "2026-06-30T21:06:00+00:00",
    "alert_id": "a1",
    "key": "threshold:kpi_monthly.mrr:below=110000.0",
    "kind": "threshold_below",
    "values": {
        "metric_id": "kpi_monthly.mrr",
        "name_ja": "MRR",
        "name_en": "MRR",
        "unit": "JPY",
        "month": "2026-06",
        "value": "106600.000000",
        "judged": "106600.000000",
        "limit": "110000.0",
        "where": "",
    },
    "page": "?month=2026-06",
    "channels": ["webhook"],
}
STALE = {
    "event": "opened",
    "at": "2026-06-30T21:06:00+00:00",
    "alert_id": "a2",
    "key": "stale:[x](http://evil)",
    "kind": "stale_source",
    "values": {
        "source": "[x](http://evil)",
        "entity": "billing.subscriptions",
        "days": 50,
        "limit_days": 45,
        "through": "2026-05-11",
    },
    "page": "quality",
    "channels": [],
}
CLOSED = {"event": "closed", "at": "2026-06-30T21:07:00+00:00", "alert_id": "a2", "channels": []}


AT_RISK = {
    "event": "opened",
    "at": "2026-06-30T21:06:00+00:00",
    "alert_id": "a3",
    "key": "at_risk:v",
    "kind": "new_at_risk",
    "values": {"count": 2, "mrr": "8000", "unit": "JPY"},
    "page": "risk",
    "channels": [],
}


def keep(home, *lines) -> None:
    (home / "alerts").mkdir()
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (home / "alerts" / "alerts.jsonl").write_text(text, encoding="utf-8")


def test_a_home_that_never_had_an_alert_has_no_card(gd1_home):
    assert "確認が必要なこと" not in words(open_page())


def test_open_alerts_stand_on_the_home_page_with_since_when_and_who_was_not_told(gd1_home):
    keep(gd1_home, THRESHOLD, STALE)
    said = words(open_page())
    assert "確認が必要なこと： 2 件" in said
    assert "106,600円 で、下限 110,000円 を下回っています" in said
    assert "2026/07/01(水) 06:06 から" in said
    assert "まだ届いていない送り先： チャット" in said
    assert "](http://evil)" not in said  # a name from the data is a name, not a link


def test_what_is_resolved_is_kept_in_the_list_only(gd1_home):
    keep(gd1_home, STALE, CLOSED)
    app = open_page()
    assert "確認が必要なこと： 0 件" in words(app)
    assert "いま確認が必要なことはありません" in words(app)
    assert "までです（50 日前" not in words(app)
    assert app.expander[0].label == "これまでの通知（1 件）"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_card_speaks_the_language_of_the_page(gd1_home, lang):
    keep(gd1_home, THRESHOLD, STALE, CLOSED, AT_RISK)
    app = open_page(lang=lang)
    assert not app.exception
    assert not UNTRANSLATED.search(words(app))
    assert ("is 106,600" in words(app) or "JPY 106,600" in words(app)) == (lang == "en")


def test_a_damaged_record_is_told_and_the_page_stands(gd1_home):
    keep(gd1_home)
    (gd1_home / "alerts" / "alerts.jsonl").write_text("{\n", encoding="utf-8")
    app = open_page()
    assert not app.exception
    assert "通知の記録を読めません" in app.warning[0].value
    assert app.metric
