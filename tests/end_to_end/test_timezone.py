"""Invariant 9: the time zone of the machine changes no number. The golden home is run in UTC."""

import pytest

from tests.end_to_end import company_home, golden_company, golden_deliveries
from tests.end_to_end.conftest import POLICY

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("machine_timezone", ["Asia/Tokyo", "America/New_York"])
def test_the_time_zone_of_the_machine_changes_no_mart(tmp_path, golden_home, machine_timezone):
    home = company_home.found(tmp_path / "home", POLICY)
    golden_deliveries.write_csv(home / "inbox", golden_deliveries.last_exports())

    company_home.run(home, golden_company.AS_OF, env={"TZ": machine_timezone})

    assert (
        company_home.waterfall(home, golden_company.WATERFALL_COLUMNS) == golden_company.WATERFALL
    )
    assert company_home.differences(company_home.marts(home), company_home.marts(golden_home)) == {}
