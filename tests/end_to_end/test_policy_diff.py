"""`keizoku policy diff`: whose months another policy changes, and that nothing else does."""

from datetime import date
from decimal import Decimal

import pytest

from tests.end_to_end import company_home
from tests.end_to_end.company_home import keizoku

pytestmark = pytest.mark.slow


def files_of(home) -> dict[str, int]:
    """Every file of the home with its time of change, the lock aside."""
    return {
        str(path.relative_to(home)): path.stat().st_mtime_ns
        for path in home.rglob("*")
        if path.is_file() and path.name != "run.lock"
    }


@pytest.mark.golden("GD-1/policy_diff")
def test_without_lapse_grace_exactly_the_late_renewal_changes_in_march_and_april(golden_home):
    before = files_of(golden_home)

    done = keizoku(golden_home, "policy", "diff", "lapse_grace_days=0")

    assert done.code == 0, done.text
    names = company_home.customers(golden_home)
    changes = {
        (date.fromisoformat(change["month"]), names[change["customer_key"]]): [
            {row["movement_type"]: Decimal(row["mrr_change"]) for row in change[side]}
            for side in ("before", "after")
        ]
        for change in done.json["changes"]
    }
    assert changes == {
        (date(2026, 3, 1), "C13"): [{}, {"churn": -20000}],
        (date(2026, 4, 1), "C13"): [{"expansion": 2000}, {"reactivation": 22000}],
    }
    assert done.json["policy"] == {"lapse_grace_days": {"before": 30, "after": 0}}
    assert files_of(golden_home) == before


def test_the_policy_in_force_changes_nothing_and_builds_nothing(golden_home):
    done = keizoku(golden_home, "policy", "diff", "lapse_grace_days=30")
    assert (done.code, done.json) == (0, {"policy": {}, "changes": []})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("lapse_grace=0", "config_wrong_key"),
        ("as_of_date=2026-01-01", "config_wrong_key"),
        ("lapse_grace_days=soon", "config_wrong_value"),
        ("churn_month=never", "config_wrong_value"),
        ("lapse_grace_days", "policy_not_named"),
    ],
)
def test_a_name_or_value_that_is_no_policy_is_refused(golden_home, change, code):
    done = keizoku(golden_home, "policy", "diff", change)
    assert done.code != 0
    assert done.json["error"]["code"] == code
