"""What the disk says is told as what it is, however deep it is wrapped; nothing else is."""

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dagster_project import disk

HOME = Path("/home/company")


def caught(act) -> Exception:
    with pytest.raises(Exception) as raised:
        act()
    return raised.value


def code_of(error: BaseException) -> str | None:
    told = disk.told(error, HOME)
    return told and told.code


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_file_that_finds_no_room():
    def write() -> None:
        with Path("/dev/full").open("wb", buffering=0) as file:
            file.write(b"x")

    told = disk.told(caught(write), HOME)
    assert (told.code, told.where) == ("disk_ran_full", str(HOME))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EROFS, "disk_read_only"),
        (errno.EACCES, "disk_forbidden"),
        (errno.EPERM, "disk_forbidden"),
        (errno.EDQUOT, "disk_ran_full"),
        (errno.ENOENT, None),
        (errno.EPIPE, None),
    ],
)
def test_a_number_of_the_system_and_the_file_it_is_about(number, code):
    error = OSError(number, "as the system says", "/home/company/ledger.sqlite")
    assert code_of(error) == code
    if code:
        assert disk.told(error, HOME).where == "/home/company/ledger.sqlite"


def test_a_database_that_finds_no_room_or_may_not_be_written(tmp_path):
    path = tmp_path / "some.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table t (x)")
        database.execute("pragma max_page_count = 3")
        full = caught(lambda: database.execute("insert into t values (zeroblob(100000))"))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        closed = caught(lambda: database.execute("insert into t values (1)"))
        wrong = caught(lambda: database.execute("insert into nothing values (1)"))
    assert [code_of(error) for error in (full, closed, wrong)] == [
        *("disk_ran_full", "disk_read_only", None)
    ]


def test_a_fault_of_the_disk_wrapped_by_what_met_it():
    def wrap() -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise RuntimeError("the step failed") from error

    def meet_another() -> None:
        try:
            wrap()
        finally:
            raise ValueError("while tidying up")

    assert code_of(caught(wrap)) == "disk_ran_full"
    assert code_of(caught(meet_another)) == "disk_ran_full"


def test_words_of_others_are_not_taken_for_the_disk():
    assert code_of(ValueError("Permission denied")) is None
    assert code_of(RuntimeError("no space left on device")) is None
