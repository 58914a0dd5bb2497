"""What was done about customers at risk, recorded by the command line, and what came of it."""

from datetime import date

import pytest

from tests.end_to_end import company_home, golden_company
from tests.end_to_end.company_home import keizoku, query

pytestmark = pytest.mark.slow


def add(home, customer, *, on, action="call", outcome="talked", note="電話で確認"):
    return keizoku(
        *(home, "actions", "add", customer, "--action", action, "--outcome", outcome),
        *("--on", on, "--note", note, "--by", "西村"),
    )


@pytest.fixture(scope="module")
def home(golden_home, tmp_path_factory):
    return company_home.copy_of(golden_home, tmp_path_factory.mktemp("approaches") / "home")


def test_approaches_are_recorded_refused_listed_and_watched(home):
    # C06 leaves with the service of 2026-02-28, C01 stays
    assert add(home, "C06", on="2026-02-15", outcome="will_leave").code == 0
    assert add(home, "C01", on="2026-03-15", outcome="promised_to_stay").code == 0
    assert add(home, "C01", on="2026-06-15").code == 0
    for refused in (
        add(home, "C99", on="2026-03-15"),
        add(home, "C01", on="2026-03-15", action="fly"),
        add(home, "C01", on="2026-03-15", outcome="perhaps"),
        add(home, "C01", on="2999-01-01"),
    ):
        assert refused.code == 2, refused.text

    listed = keizoku(home, "actions", "list", "--customer", "C01").json
    assert [(one["acted_on"], one["outcome_code"], one["decided_by"]) for one in listed] == [
        ("2026-06-15", "talked", "西村"),
        ("2026-03-15", "promised_to_stay", "西村"),
    ]
    assert keizoku(home, "actions", "list", as_json=False).text.count("電話で確認") == 3

    company_home.run(home, golden_company.AS_OF)
    names = company_home.customers(home)
    rows = query(
        home,
        "select customer_key, acted_on, is_retained_90d, churned_on from mart_approach_action",
    )
    assert {(names[key], *rest) for key, *rest in rows} == {
        ("C06", date(2026, 2, 15), False, date(2026, 2, 28)),
        ("C01", date(2026, 3, 15), True, None),
        ("C01", date(2026, 6, 15), None, None),
    }
    rows = query(
        home,
        """
        select outcome_code, action_count, watched_count, retained_count, retained_rate
        from mart_approach_outcome order by outcome_code
        """,
    )
    assert rows == [
        ("promised_to_stay", 1, 1, 1, 1),
        ("talked", 1, 0, 0, None),
        ("will_leave", 1, 1, 0, 0),
    ]


def test_a_note_is_kept_out_of_what_everybody_reads(home):
    described = query(home, "select column_name from (describe mart_approach_action)")
    columns = {name for (name,) in described}
    assert "note" not in columns
    assert {"approach_key", "recorded_by"} <= columns


def test_a_company_too_small_to_learn_from_says_so_and_lists_by_the_money_at_stake(home):
    assert query(home, "select has_skill, no_skill_reason from mart_risk_model") == [
        (False, "too_little_history")
    ]
    assert query(home, "select distinct no_skill_reason from mart_renewal_model") == [
        ("too_little_history",)
    ]
    sources = query(home, "select distinct p_source from mart_renewal_probability")
    assert set(sources) <= {("band",), ("decided",)}
    stakes = query(home, "select ranked_by, mrr_at_stake from mart_at_risk order by risk_rank")
    assert {ranked_by for ranked_by, _ in stakes} <= {"mrr_at_stake"}
    assert [stake for _, stake in stakes] == sorted((s for _, s in stakes), reverse=True)
