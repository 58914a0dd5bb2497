"""Child processes that live and die together, with small real servers."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from dagster_project import services
from dagster_project.messages import KeizokuError
from dagster_project.services import ADDRESS, Service, free_port, run_services, wait_for_end
from dagster_project.settings import PROJECT_DIR, load_settings

STARTS_A_WORKER = """
import subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print(worker.pid, flush=True)
from http.server import HTTPServer, SimpleHTTPRequestHandler
HTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.fixture
def home(tmp_path):
    (tmp_path / "keizoku.toml").write_text("", encoding="utf-8")
    (tmp_path / "dagster").mkdir()
    return load_settings(tmp_path)


@pytest.fixture(autouse=True)
def terminable():
    """Children inherit ignored signals, and some runners of tests ignore SIGTERM."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


def any_port() -> int:
    """A port of this test alone: tests run side by side."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def web_server(port: int) -> Service:
    return Service(
        "web",
        (sys.executable, "-c", STARTS_A_WORKER, str(port)),
        port=port,
        url=f"http://{ADDRESS}:{port}/",
    )


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_taken_port_is_passed_over(home):
    with socket.socket() as taken:
        taken.bind((ADDRESS, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port


def test_services_answer_inside_the_block_and_are_gone_with_their_workers_after_it(home):
    port = any_port()
    with run_services(home, [web_server(port)]) as (web,):
        with urllib.request.urlopen(f"http://{ADDRESS}:{port}/") as answer:
            assert answer.status == 200
        worker = int(web.log_file.read_text().split()[0])
        assert is_alive(web.process.pid) and is_alive(worker)
    assert wait_until(lambda: not is_alive(web.process.pid) and not is_alive(worker))
    assert free_port(port) == port


def test_a_service_that_does_not_come_up_is_told_with_the_end_of_its_log(home):
    port = any_port()
    broken = Service("broken", (sys.executable, "-c", "raise SystemExit('no such thing')"), port=1)
    with (
        pytest.raises(KeizokuError) as caught,
        run_services(home, [web_server(port), broken]),
    ):
        pass
    assert caught.value.code == "process_died"
    assert caught.value.values["detail"] == "no such thing"
    assert free_port(port) == port  # the other one was stopped


def test_a_service_that_dies_later_ends_the_waiting(home):
    port = any_port()
    with (
        run_services(home, [web_server(port)]) as running,
        services.stop_signals() as is_stopping,
    ):
        os.kill(running[0].process.pid, signal.SIGKILL)
        with pytest.raises(KeizokuError) as caught:
            wait_for_end(running, is_stopping)
    assert caught.value.values["name"] == "web"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_the_waiting_quietly(home, number):
    with services.stop_signals() as is_stopping:
        os.kill(os.getpid(), number)
        wait_for_end([], is_stopping)
    assert is_stopping.is_set()


@pytest.mark.skipif(not Path("/usr/bin/setpriv").exists(), reason="setpriv is not installed")
def test_a_service_does_not_outlive_a_killed_parent(home):
    code = (
        "import sys, time; from pathlib import Path;"
        "from dagster_project import services, settings;"
        "home = settings.load_settings(Path(sys.argv[1]));"
        "one = services._start(home, services.Service('s', (sys.executable, '-c',"
        " 'import time; print(1, flush=True); time.sleep(300)')));"
        "print(one.process.pid, flush=True); time.sleep(300)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(home.root)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_DIR,
    )
    child = int(parent.stdout.readline())
    log_file = home.dagster_home / "services" / "s.log"
    assert wait_until(lambda: log_file.read_text() == "1\n")
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not is_alive(child))
