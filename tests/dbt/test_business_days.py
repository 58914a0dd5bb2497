"""Business minutes over the real calendar: holidays of Japan, the company's own days."""

from datetime import date, datetime

import pytest

from tests.dbt.conftest import end_of


@pytest.fixture(scope="module")
def built(new_landed):
    landed = new_landed()
    landed.deliver(
        "reference.company_calendar",
        [
            {"date": date(2026, 5, 6), "is_closed": False, "name": "臨時営業"},
            {"date": date(2026, 5, 7), "is_closed": True, "name": "創立記念日"},
            {"date": date(2026, 12, 29), "is_closed": True, "name": "年末年始休業"},
            {"date": date(2026, 12, 30), "is_closed": True, "name": "年末年始休業"},
            {"date": date(2026, 12, 31), "is_closed": True, "name": "年末年始休業"},
            {"date": date(2027, 1, 2), "is_closed": False, "name": "初売り"},
        ],
        exported_at=end_of("2026-06-30"),
        system="reference",
    )
    landed.deliver(
        "inquiry.tickets",
        [
            {
                "ticket_id": "1",
                "status": "solved",
                "asked_at": datetime.fromisoformat("2025-11-21T08:30:00"),  # Friday 17:30 in Tokyo
                "first_reply_at": datetime.fromisoformat("2025-11-25T00:15:00"),  # Tuesday 09:15
            }
        ],
        exported_at=end_of("2026-06-30"),
        system="support",
    )
    return landed.build(
        "path:models/staging",
        "path:seeds",
        "+int_inquiries_answered",
    )


def test_a_question_before_a_long_weekend_is_answered_after_45_minutes(built):
    rows = built.rows(
        """
        select first_reply_business_minutes, first_reply_calendar_minutes
        from intermediate.int_inquiries_answered
        """
    )
    assert rows == [(45, 5265)]


@pytest.mark.parametrize(
    ("day", "is_business_day", "why"),
    [
        (date(2026, 11, 20), True, None),
        (date(2026, 11, 21), False, None),
        (date(2026, 11, 23), False, "勤労感謝の日"),
        (date(2026, 9, 22), False, "国民の休日"),  # a Tuesday between two holidays
        (date(2026, 5, 6), True, "振替休日"),  # the company opens all the same
        (date(2026, 5, 7), False, None),  # its own day
    ],
)
def test_the_company_calendar_wins_over_weekends_and_holidays(built, day, is_business_day, why):
    rows = built.rows(
        """
        select is_business_day, holiday_name_ja
        from intermediate.int_business_days_counted where day = ?
        """,
        day,
    )
    assert rows == [(is_business_day, why)]


@pytest.mark.parametrize(
    ("day", "done_by"),
    [
        (date(2026, 12, 28), date(2026, 12, 28)),  # a Monday at work
        (date(2026, 12, 31), date(2026, 12, 28)),  # 年末年始休業 from the 29th
        (date(2027, 1, 1), date(2026, 12, 28)),  # 元日
        (date(2027, 1, 2), date(2027, 1, 2)),  # a Saturday the company works on
        (date(2026, 12, 6), date(2026, 12, 4)),  # a Sunday
        (date(2026, 5, 6), date(2026, 5, 6)),  # a holiday the company works on
        (date(2000, 1, 2), None),  # before the first business day
    ],
)
def test_what_is_due_on_a_day_off_is_done_by_the_last_business_day_before(built, day, done_by):
    query = "select last_business_day from intermediate.int_business_days_counted where day = ?"
    assert built.rows(query, day) == [(done_by,)]
