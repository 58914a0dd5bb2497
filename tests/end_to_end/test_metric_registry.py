"""The metric registry of a published version, as `keizoku metrics` tells it."""

from tests.end_to_end import company_home


def test_every_published_metric_is_explained_in_both_languages_with_policy_and_tests(golden_home):
    done = company_home.keizoku(golden_home, "metrics")
    assert done.code == 0, done.text
    texts = ("name_ja", "name_en", "definition_ja", "definition_en", "formula", "unit", "owner")
    missing = [
        (metric["metric_id"], text) for metric in done.json for text in texts if not metric[text]
    ]
    assert missing == []
    assert [metric["metric_id"] for metric in done.json if not metric["test_names"]] == []


def test_one_metric_is_told_with_the_policy_in_force(golden_home, home_without_grace):
    days = []
    for home in (golden_home, home_without_grace):
        [metric] = company_home.keizoku(home, "metrics", "kpi_monthly.mrr").json
        assert (metric["model"], metric["column_name"]) == ("mart_kpi_monthly", "mrr")
        days.append(metric["policy_values"]["lapse_grace_days"])
    assert days == [30, 0]


def test_a_metric_that_does_not_exist_is_told_with_the_nearest(golden_home):
    done = company_home.keizoku(golden_home, "metrics", "kpi_monthly.mmr")
    assert (done.code, done.json["error"]["code"]) == (1, "metric_unknown")
    assert "kpi_monthly.mrr" in done.json["error"]["remedy"]
