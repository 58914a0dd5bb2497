"""One run at a time per home, across processes, and a dead holder never blocks."""

import signal
import subprocess
import sys

import pytest

from dagster_project import lock
from dagster_project.messages import KeizokuError

HOLD = """
import sys, time
from pathlib import Path
from dagster_project import lock
with lock.hold(Path(sys.argv[1]), "nightly run"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    path = tmp_path / "run.lock"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield path, process
    process.kill()
    process.wait()
    process.stdout.close()


def test_b05_a_second_process_is_refused_and_told_who_is_in_the_way(holder):
    path, process = holder
    with pytest.raises(KeizokuError) as caught, lock.hold(path, "second"):
        pass
    assert caught.value.code == "home_busy"
    assert caught.value.values["pid"] == str(process.pid)
    assert caught.value.values["purpose"] == "nightly run"
    assert lock.read_holder(path).pid == process.pid


def test_b05_a_killed_holder_leaves_no_lock_behind(holder):
    path, process = holder
    process.send_signal(signal.SIGKILL)
    process.wait()
    with lock.hold(path, "after the crash"):
        assert lock.read_holder(path).purpose == "after the crash"
    assert lock.read_holder(path) is None


def test_b01_a_waiting_process_says_so_once_and_goes_on_when_the_lock_is_free(holder):
    path, process = holder
    told = []

    def tell_and_end_the_holder(who):
        told.append(who.pid)
        process.kill()

    with lock.hold(path, "patient", wait_seconds=30, on_wait=tell_and_end_the_holder):
        assert told == [process.pid]
