"""Views kept under a name, the tour of a first visit, and the notice that closed months moved."""

from dagster_project import kept
from dashboards import access
from tests.dashboards.gd1_home import THE_MORNING_AFTER
from tests.dashboards.test_pages import open_page, words


def keep(home, name, address, by, is_shared):
    kept.save(home / "views", name, address, is_shared=is_shared, by=by, now=THE_MORNING_AFTER)


# ---- kept views ----


def test_a_view_is_seen_by_who_kept_it_and_by_others_only_when_shared(gd1_home):
    keep(gd1_home, "三月の解約", "mrr?month=2026-03&type=churn", "sato", True)
    keep(gd1_home, "自分だけ", "home?month=2026-02", "sato", False)
    keep(gd1_home, "四月", "home?month=2026-04", "local-admin", False)
    seen = [(one.name, one.content) for one in kept.read(gd1_home / "views", "local-admin")]
    assert seen == [
        ("三月の解約", "mrr?month=2026-03&type=churn"),
        ("四月", "home?month=2026-04"),
    ]


# ---- the tour ----


def test_the_tour_opens_on_the_first_visit_and_not_again(gd1_home):
    app = open_page()
    assert "ようこそ" in words(app)
    app.button(key="tour_next").click().run()
    assert "数字の意味は" in words(app)
    app.button(key="tour_close").click().run()
    assert "閉じる" not in [button.label for button in app.button]
    assert not app.exception
    assert access.has_come_before(gd1_home, access.principal())
    assert "ようこそ" not in words(open_page())


def test_the_tour_is_read_to_its_end_and_can_be_asked_for_again(gd1_home):
    app = open_page()
    for _ in range(4):
        app.button(key="tour_next").click().run()
    assert "5 / 5" in words(app)
    assert "tour_next" not in [button.key for button in app.button]
    again = open_page(tour="1")
    assert "ようこそ" in words(again)
    assert "tour" not in again.query_params


def test_another_person_is_new_although_somebody_was_here(gd1_home):
    access.record(gd1_home, access.Principal("sato", frozenset()), "view", page="home")
    assert not access.has_come_before(gd1_home, access.Principal("sat", frozenset()))
    assert access.has_come_before(gd1_home, access.Principal("sato", frozenset()))


# ---- closed months that moved ----


def test_the_home_page_says_that_a_closed_month_moved_and_by_how_much(gd1_home):
    # METRICS.md 2.1 with May closed: C05 -4,000 and C03 +1,000 since
    notice = next(note.value for note in open_page().info if "締めた月" in note.value)
    assert "1 か月ぶん" in notice
    assert "2026年5月 ▲3,000円（2 社）" in notice
