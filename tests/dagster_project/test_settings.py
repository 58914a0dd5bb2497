"""keizoku.toml and the policy: wrong names and values are refused by name."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dagster_project import commands
from dagster_project.messages import KeizokuError, explain
from dagster_project.settings import (
    CHOICES,
    RANGES,
    DisplayConfig,
    default_as_of,
    load_display,
    load_settings,
    policy_defaults,
)


def home_with(folder: Path, text: str) -> Path:
    (folder / "keizoku.toml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, text: str) -> KeizokuError:
    with pytest.raises(KeizokuError) as caught:
        load_settings(home_with(folder, text))
    return caught.value


def test_without_overrides_the_policy_is_that_of_dbt_project_yml(tmp_path):
    settings = load_settings(home_with(tmp_path, ""))
    assert settings.policy["lapse_grace_days"] == 30
    assert settings.policy["business_timezone"] == "Asia/Tokyo"
    assert "as_of_date" not in settings.policy
    assert settings.policy == policy_defaults()


def test_an_override_changes_its_value_and_the_policy_id(tmp_path):
    before = load_settings(home_with(tmp_path, "")).policy_id
    settings = load_settings(home_with(tmp_path, "[policy]\nlapse_grace_days = 0\n"))
    assert settings.policy["lapse_grace_days"] == 0
    assert settings.policy_id != before
    assert len(settings.policy_id) == 12


def test_writing_a_default_out_keeps_the_policy_id(tmp_path):
    before = load_settings(home_with(tmp_path, "")).policy_id
    text = "[policy]\ngross_margin_rate = 0.80\nlapse_grace_days = 30\nchurn_avg_months = 6\n"
    assert load_settings(home_with(tmp_path, text)).policy_id == before


def test_a_misspelt_policy_is_named_with_the_nearest_one(tmp_path):
    error = refusal(tmp_path, "[policy]\nlapse_grace_day = 0\n")
    assert error.code == "config_wrong_key"
    assert error.values == {"key": "policy.lapse_grace_day", "nearest": "lapse_grace_days"}


def test_a_misspelt_setting_is_named_with_the_nearest_one(tmp_path):
    error = refusal(tmp_path, '[schedule]\ndaily = "07:00"\n')
    assert error.values == {"key": "schedule.daily", "nearest": "schedule.daily_at"}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("lapse_grace_days = -1", "policy.lapse_grace_days"),
        ('lapse_grace_days = "30"', "policy.lapse_grace_days"),
        ("lapse_grace_days = true", "policy.lapse_grace_days"),
        ("lapse_grace_days = 0.5", "policy.lapse_grace_days"),
        ("gross_margin_rate = 80", "policy.gross_margin_rate"),
        ("close_day = 31", "policy.close_day"),
        ("cohort_count_paused = 1", "policy.cohort_count_paused"),
        ('business_timezone = "Tokyo"', "policy.business_timezone"),
        ('reporting_currency = "yen"', "policy.reporting_currency"),
        ('history_start = "2026-13-01"', "policy.history_start"),
        ("ar_aging_buckets = [30, 0]", "policy.ar_aging_buckets"),
        ('discount_in_mrr = "some"', "policy.discount_in_mrr"),
        ('business_hours = "9-18"', "policy.business_hours"),
        ('business_hours = "Fri-Mon 09:00-18:00"', "policy.business_hours"),
        ('business_hours = "Mon-Fri 18:00-09:00"', "policy.business_hours"),
    ],
)
def test_a_wrong_value_names_its_key(tmp_path, line, key):
    error = refusal(tmp_path, f"[policy]\n{line}\n")
    assert (error.code, error.values["key"]) == ("config_wrong_value", key)


@pytest.mark.parametrize(
    ("line", "choices"),
    [
        ('mrr_basis = "billed"', "contract"),
        ('account_rollup = "parent"', "customer"),
        ('churn_recognition = "cancel_request"', "cancel_effective | service_end"),
        ('churn_month = "last_active"', "first_inactive"),
        ('usage_in_mrr = "trailing_3m"', "committed | none"),
    ],
)
def test_a_policy_no_model_computes_yet_is_refused_and_the_usable_ones_named(
    tmp_path, line, choices
):
    error = refusal(tmp_path, f"[policy]\n{line}\n")
    assert (error.code, error.values["choices"]) == ("policy_not_supported", choices)


@pytest.mark.parametrize(
    "line",
    [
        'discount_in_mrr = "all"',
        'discount_in_mrr = "none"',
        'usage_in_mrr = "none"',
        'fx_mode = "constant"',
        'churn_recognition = "cancel_effective"',
        "cohort_count_paused = true",
        "history_start = 2025-12-01",
        'history_start = "2025-12-01"',
        "hold_row_drop_share = 1",
        'business_hours = "Mon-Sat 10:00-19:30"',
    ],
)
def test_what_the_models_can_do_is_accepted(tmp_path, line):
    load_settings(home_with(tmp_path, f"[policy]\n{line}\n"))


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("week_starts_on", "saturday", "monday | sunday"),
        ("calendar_era", "heisei", "seireki | wareki"),
        ("negative_mark", "−", "▲ | △ | - | ()"),
    ],
)
def test_a_wrong_way_to_show_values_names_the_file_the_key_and_what_may_stand_there(
    tmp_path, key, value, allowed
):
    error = refusal(tmp_path, f'[display]\n{key} = "{value}"\n')
    assert error.code == "config_wrong_value"
    assert error.where.endswith("keizoku.toml")
    assert error.values == {"key": f"display.{key}", "value": value, "expected": allowed}
    said = explain(error.code, "ja", where=error.where, **error.values)
    assert said["what"] == f"設定の値が正しくありません: display.{key} = {value}"
    assert said["why"] == f"使える値: {allowed}"


def test_a_misspelt_way_to_show_values_names_the_right_one(tmp_path):
    error = refusal(tmp_path, '[display]\nweek_start = "monday"\n')
    assert error.values == {"key": "display.week_start", "nearest": "display.week_starts_on"}


def test_a_home_says_how_values_are_shown_and_shows_them_as_usual_where_it_does_not(tmp_path):
    home = home_with(tmp_path, '[display]\ncalendar_era = "wareki"\nnegative_mark = "()"\n')
    assert load_display(home) == DisplayConfig(calendar_era="wareki", negative_mark="()")
    assert load_display(home).week_starts_on == "monday"
    assert load_display(tmp_path / "nowhere") == DisplayConfig()


def test_an_unknown_entity_of_the_freshness_rules_is_named(tmp_path):
    error = refusal(tmp_path, '[freshness.entities]\n"billing.subscription" = 7\n')
    assert error.values["key"] == "freshness.entities.billing.subscription"
    assert error.values["nearest"] == "billing.subscriptions"


def test_broken_toml_and_a_missing_home_are_told_apart(tmp_path):
    assert refusal(tmp_path, "[policy\n").code == "config_unreadable"
    with pytest.raises(KeizokuError) as caught:
        load_settings(tmp_path / "nowhere")
    assert caught.value.code == "home_missing"


def test_the_template_shows_every_policy_with_its_default(tmp_path):
    """Uncommenting everything changes nothing but history_start, which has no default to show."""
    template = (commands.TEMPLATES / "keizoku.toml").read_text(encoding="utf-8")
    policy_lines = [
        line.removeprefix("# ")
        for line in template.split("[policy]")[1].splitlines()
        if " = " in line
    ]
    settings = load_settings(home_with(tmp_path, "[policy]\n" + "\n".join(policy_lines)))
    assert {line.split(" = ")[0] for line in policy_lines} == set(policy_defaults())
    assert settings.policy | {"history_start": None} == policy_defaults()


def test_the_template_as_shipped_is_valid(tmp_path):
    text = (commands.TEMPLATES / "keizoku.toml").read_text(encoding="utf-8")
    assert load_settings(home_with(tmp_path, text)).policy == policy_defaults()


def test_every_rule_about_policies_names_an_existing_one():
    assert set(CHOICES) | set(RANGES) <= set(policy_defaults())


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 3, 31, 14, 59, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 3, 31, 15, 0, tzinfo=UTC), date(2026, 3, 31)),
    ],
)
def test_yesterday_is_counted_in_the_business_time_zone(now, expected):
    assert default_as_of(now, ZoneInfo("Asia/Tokyo")) == expected
