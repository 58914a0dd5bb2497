"""What holds for every test: no machine time zone by accident, and skips that are counted.

KEIZOKU_EXPECTED_SKIPS=N makes the run fail unless exactly N tests were skipped: on CI nothing may
skip unnoticed because a browser or the data beside the checkout is missing.
"""

from __future__ import annotations

import os

import pytest

_skipped: list[tuple[str, str]] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped.append((report.nodeid, reason.removeprefix("Skipped: ")))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    expected = os.environ.get("KEIZOKU_EXPECTED_SKIPS")
    is_controller = not hasattr(session.config, "workerinput")
    if is_controller and expected is not None and len(_skipped) != int(expected):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for nodeid, reason in _skipped:
        terminalreporter.write_line(f"SKIPPED {nodeid}: {reason}")
    expected = os.environ.get("KEIZOKU_EXPECTED_SKIPS")
    if expected is not None and len(_skipped) != int(expected):
        terminalreporter.write_line(
            f"{len(_skipped)} skipped, {expected} expected: "
            "something this machine should have is missing",
            red=True,
        )
