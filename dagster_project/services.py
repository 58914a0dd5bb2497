"""`keizoku up`: Dagster and the dashboards as child processes that live and die together."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from dagster_project.messages import KeizokuError
from dagster_project.settings import DASHBOARD_SCRIPT, HOME_VARIABLE, PROJECT_DIR, Settings

ADDRESS = "127.0.0.1"
READY_SECONDS = 180
STOP_SECONDS = 15
LOOK_SECONDS = 0.5
PORTS_TRIED = 200
TAIL_OF_LOG = 1500
# Runs a module without an fsync per event of a run.
SPARING = (sys.executable, "-m", "dagster_project.event_log")


@dataclass(frozen=True)
class Service:
    """A child process and how to tell that it answers (`url` None: by its port)."""

    name: str
    command: tuple[str, ...]
    port: int | None = None
    url: str | None = None


@dataclass(frozen=True)
class Running:
    """A started service and where it logs."""

    service: Service
    process: subprocess.Popen
    log_file: Path


def plan_services(settings: Settings, *, dagster_port: int, dashboards_port: int) -> list[Service]:
    """What `up` starts, in order. One code server loads the definitions for the other two."""
    code_port = free_port(dagster_port + 1000)
    workspace = settings.dagster_home / "workspace.yaml"
    workspace.write_text(
        "load_from:\n"
        f"  - grpc_server: {{host: {ADDRESS}, port: {code_port}, location_name: keizoku}}\n",
        encoding="utf-8",
    )
    definitions = ("-m", "dagster_project.definitions")
    return [
        Service(
            "dagster-code",
            (
                *(sys.executable, "-m", "dagster", "api", "grpc", *definitions),
                *("--host", ADDRESS, "--port", str(code_port), "--location-name", "keizoku"),
            ),
            port=code_port,
        ),
        Service(
            "dagster-webserver",
            (
                *(*SPARING, "dagster_webserver", "-w", str(workspace)),
                *("--host", ADDRESS, "--port", str(dagster_port)),
            ),
            port=dagster_port,
            url=f"http://{ADDRESS}:{dagster_port}/server_info",
        ),
        Service(
            "dagster-daemon",
            (*SPARING, "dagster._daemon", "run", "-w", str(workspace)),
        ),
        Service(
            "dashboards",
            (
                *(sys.executable, "-m", "streamlit", "run", str(DASHBOARD_SCRIPT)),
                *("--server.address", ADDRESS, "--server.port", str(dashboards_port)),
                *("--server.headless", "true", "--browser.gatherUsageStats", "false"),
                *("--server.fileWatcherType", "none"),
            ),
            port=dashboards_port,
            url=f"http://{ADDRESS}:{dashboards_port}/_stcore/health",
        ),
    ]


@contextmanager
def run_services(settings: Settings, services: Sequence[Service]) -> Iterator[list[Running]]:
    """The services, started one after another and answering; all stopped when the block ends.

    Raises KeizokuError `process_died` with the tail of the log when one does not come up.
    """
    running: list[Running] = []
    try:
        for service in services:
            running.append(_start(settings, service))
            if service.url is None:
                _wait_until_ready(running[-1:])  # the others connect to it when they start
        _wait_until_ready(running)
        yield running
    finally:
        _stop(running)


def wait_for_end(running: Sequence[Running], is_stopping: Event) -> None:
    """Returns when asked to stop. Raises KeizokuError `process_died` when a service ends first."""
    while not is_stopping.wait(LOOK_SECONDS):
        for one in running:
            _require_alive(one)


@contextmanager
def stop_signals() -> Iterator[Event]:
    """An event that Ctrl-C and SIGTERM set, instead of interrupting."""
    is_stopping = Event()
    before = {
        number: signal.signal(number, lambda *_: is_stopping.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield is_stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def free_port(wanted: int) -> int:
    """`wanted`, or the next port nobody listens on."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, port))
            except OSError:
                continue
            return port
    raise KeizokuError("no_free_port", where=f"{ADDRESS}:{wanted}")


def child_environment(settings: Settings) -> Mapping[str, str]:
    """The environment of every process that works for this home."""
    path = os.pathsep.join(
        part for part in (str(PROJECT_DIR), os.environ.get("PYTHONPATH")) if part
    )
    return os.environ | {
        HOME_VARIABLE: str(settings.root),
        "DAGSTER_HOME": str(settings.dagster_home),
        "PYTHONPATH": path,
        "PYTHONUTF8": "1",
        "DO_NOT_TRACK": "1",
    }


def run_child(
    settings: Settings, command: Sequence[str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Runs a program for this home to its end. Raises KeizokuError `process_died` when it takes
    longer than that.
    """
    try:
        return subprocess.run(
            die_with_parent(command),
            cwd=settings.root,
            env=child_environment(settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise KeizokuError(
            "process_died", where=command[-1], name=command[2], returncode="-", detail=error
        ) from error


def die_with_parent(command: Sequence[str]) -> list[str]:
    """The command so that the kernel ends it when this process dies without saying goodbye."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", *command] if setpriv else list(command)


def _start(settings: Settings, service: Service) -> Running:
    log_file = settings.dagster_home / "services" / f"{service.name}.log"
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            die_with_parent(service.command),
            cwd=settings.dagster_home,
            env=child_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Its own group: Ctrl-C is ours to forward, and workers it starts stop with it.
            start_new_session=True,
        )
    return Running(service, process, log_file)


def _wait_until_ready(running: Sequence[Running]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    waiting = [one for one in running if one.service.port]
    while waiting:
        for one in running:
            _require_alive(one)
        waiting = [one for one in waiting if not _answers(one.service)]
        if waiting and time.monotonic() > deadline:
            raise _died(waiting[0])
        if waiting:
            time.sleep(LOOK_SECONDS)


def _answers(service: Service) -> bool:
    try:
        if service.url:
            with urllib.request.urlopen(service.url, timeout=5) as answer:
                return answer.status == 200
        with socket.create_connection((ADDRESS, service.port), timeout=1):
            return True
    except (OSError, urllib.error.URLError):
        return False


def _require_alive(one: Running) -> None:
    if one.process.poll() is not None:
        raise _died(one)


def _died(one: Running) -> KeizokuError:
    log = one.log_file.read_text(encoding="utf-8", errors="replace")
    return KeizokuError(
        "process_died",
        where=str(one.log_file),
        name=one.service.name,
        returncode=one.process.poll(),
        detail=log[-TAIL_OF_LOG:].strip(),
    )


def _stop(running: Sequence[Running]) -> None:
    for one in reversed(running):
        _signal(one, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for one in running:
        with suppress(subprocess.TimeoutExpired):
            one.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        # What is left of the group: workers that outlived the service that started them.
        _signal(one, signal.SIGKILL)
        one.process.wait()


def _signal(one: Running, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(one.process.pid, number)
