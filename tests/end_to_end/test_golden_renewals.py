"""Renewals of the golden company: C13 renews late, C02 comes up in December (G-23)."""

from datetime import date
from decimal import Decimal

import pytest

from tests.end_to_end import company_home
from tests.end_to_end.company_home import query


@pytest.mark.golden("G-23/late_renewal", "G-23/month_bucket")
def test_the_late_renewal_counts_in_the_month_of_its_last_service_day(golden_home):
    rows = query(
        golden_home,
        """
        select month, atr, late_count, renewal_grr_rate, renewal_nrr_rate, renewal_logo_rate
        from mart_atr_monthly where decided_count > 0
        """,
    )
    assert rows == [(date(2026, 3, 1), Decimal(240000), 1, 1, Decimal("1.1"), 1)]


@pytest.mark.golden("G-23/late_renewal")
def test_every_term_of_the_golden_company_is_listed_and_no_plan_change_is_one(golden_home):
    names = company_home.customers(golden_home)
    rows = query(
        golden_home,
        """
        select customer_key, term_start_date, term_end_date, atr, outcome, uncovered_days
        from fct_renewal_term
        """,
    )
    assert {(names[key], *rest) for key, *rest in rows} == {
        ("C02", date(2026, 1, 1), date(2026, 12, 31), Decimal(120000), "open", None),
        ("C13", date(2025, 3, 16), date(2026, 3, 15), Decimal(240000), "late", 20),
        ("C13", date(2026, 4, 5), date(2027, 4, 4), Decimal(264000), "open", None),
    }


def test_the_pipeline_weighs_what_is_open(golden_home):
    names = company_home.customers(golden_home)
    rows = query(
        golden_home,
        """
        select customer_key, days_to_end, has_renewed_before, expected_value = atr * p_renew
        from mart_renewal_pipeline where outcome = 'open'
        """,
    )
    assert {(names[key], *rest) for key, *rest in rows} == {
        ("C02", 184, False, True),
        ("C13", 278, True, True),
    }
