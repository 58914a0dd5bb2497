"""Homes that several tests read. Each is built once per test session, also when workers share it.

A run takes a quarter of a minute, so a test that only reads takes a home from here and never
changes it; a test that changes something works on a copy.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end import company_home, golden_company, golden_deliveries

POLICY = {"history_start": golden_company.HISTORY_START.isoformat()}

BuildHome = Callable[[Path], None]


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory) -> Path:
    """A folder all workers of this test session see."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def built_once(shared_folder) -> Callable[[str, BuildHome], Path]:
    """Returns the home of that name; the first who asks builds it, the others wait."""

    def build(name: str, build_home: BuildHome) -> Path:
        home = shared_folder / name
        done = shared_folder / f"{name}.done"
        with _locked(shared_folder / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(home, ignore_errors=True)
                build_home(home)
                done.touch()
        return home

    return build


@pytest.fixture(scope="session")
def golden_home(built_once) -> Path:
    """GD-1 delivered as one full UTF-8 CSV per entity, run once in UTC."""

    def build(home: Path) -> None:
        company_home.found(home, POLICY)
        golden_deliveries.write_csv(home / "inbox", golden_deliveries.last_exports())
        company_home.run(home, golden_company.AS_OF, env={"TZ": "UTC"})

    return built_once("golden", build)


@pytest.fixture(scope="session")
def home_without_grace(built_once, golden_home) -> Path:
    """The golden home with lapse_grace_days = 0, run again."""

    def build(home: Path) -> None:
        company_home.copy_of(golden_home, home)
        company_home.set_policy(home, POLICY | {"lapse_grace_days": 0})
        company_home.run(home, golden_company.AS_OF)

    return built_once("golden_without_grace", build)


@pytest.fixture(scope="session")
def monthly_home(built_once) -> Path:
    """GD-1 delivered and run month by month; what each published is kept in <home>/seen/<month>."""

    def build(home: Path) -> None:
        company_home.found(home, POLICY)
        for month_end in golden_company.MONTH_ENDS:
            exports = golden_deliveries.exports_of_month(month_end)
            golden_deliveries.write_csv(home / "inbox", exports)
            company_home.run(home, month_end)
            # Only the newest versions are kept by a home; this one must outlive the next runs.
            seen = home / "seen" / month_end.isoformat()
            shutil.copytree(home / "published", seen / "published")

    return built_once("golden_monthly", build)
