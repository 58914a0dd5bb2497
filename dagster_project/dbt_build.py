"""dbt in a child process: one process per run, so the imports and the parse are paid once.

The child is this module run as a script. It reads one request per line from stdin and answers with
JSON lines; what dbt prints goes to a log file. It dies with its parent, lets go of the DuckDB file
after every request, and can be killed without harm: its database is a cache of this run only.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_project.messages import KeizokuError

PARSE_FILE = "partial_parse.msgpack"
GOOD = frozenset({"success", "pass", "warn", "no-op"})
TAIL_OF_LOG = 2000


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node. `failures` counts the failing rows of a test."""

    unique_id: str
    name: str
    resource_type: str
    status: str
    message: str
    failures: int | None
    seconds: float

    @property
    def is_good(self) -> bool:
        return self.status in GOOD

    @property
    def is_skipped(self) -> bool:
        return self.status == "skipped"


@dataclass(frozen=True)
class BuildResult:
    """The outcome of one dbt command."""

    is_success: bool
    nodes: tuple[NodeResult, ...]
    error: str | None

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        """The nodes that failed by themselves, not those skipped because of them."""
        return tuple(node for node in self.nodes if not node.is_good and not node.is_skipped)


OnNode = Callable[[str, str], None]
Dbt = Callable[..., BuildResult]


@contextmanager
def open_dbt(
    *,
    dbt_dir: Path,
    target_dir: Path,
    build_db: Path,
    log_file: Path,
    variables: dict[str, Any],
    parse: Path | None = None,
) -> Iterator[Dbt]:
    """A running dbt; call it as `dbt("parse")`, `dbt("build", select=(...), on_node=...)`.

    A parse is written into `target_dir`, or read from the folder `parse` of an earlier one of the
    same code. `variables` are what a build compiles with. `on_node(unique_id, status)` is called
    as nodes finish. Raises KeizokuError `dbt_died` when the child ends without an answer.
    """
    for folder in (target_dir, build_db.parent, log_file.parent):
        folder.mkdir(parents=True, exist_ok=True)
    child = subprocess.Popen(
        [sys.executable, "-m", "dagster_project.dbt_build"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=_child_environment(),
    )
    assert child.stdin and child.stdout
    _send(
        child,
        {
            "dbt_dir": str(dbt_dir),
            "target_dir": str(target_dir),
            "log_file": str(log_file),
            "build_db": str(build_db),
            "variables": variables,
            "parse": str(parse) if parse else None,
            "parent": os.getpid(),
        },
    )

    def call(
        command: str,
        *,
        select: tuple[str, ...] = (),
        exclude: tuple[str, ...] = (),
        indirect_selection: str = "eager",
        on_node: OnNode | None = None,
    ) -> BuildResult:
        _send(
            child,
            {
                "command": command,
                "select": select,
                "exclude": exclude,
                "indirect_selection": indirect_selection,
            },
        )
        for line in child.stdout:
            answer = json.loads(line)
            if "finished" in answer:
                if on_node:
                    on_node(answer["finished"], answer["status"])
                continue
            nodes = tuple(NodeResult(**node) for node in answer["nodes"])
            return BuildResult(answer["is_success"], nodes, answer["error"])
        raise KeizokuError("dbt_died", where=str(log_file), detail=_tail(log_file))

    try:
        yield call
    finally:
        child.stdin.close()
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()


def _child_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    return kept | {
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
    }


def _send(child: subprocess.Popen, message: dict[str, Any]) -> None:
    try:
        child.stdin.write(json.dumps(message) + "\n")
        child.stdin.flush()
    except BrokenPipeError:
        pass  # the child is gone: reading its answer says so, with the log


def _tail(log_file: Path) -> str:
    try:
        return log_file.read_text(encoding="utf-8", errors="replace")[-TAIL_OF_LOG:].strip()
    except FileNotFoundError:
        return ""


# ---- the child ----


def _serve() -> None:
    opening = json.loads(sys.stdin.readline())
    _die_with_parent(opening["parent"])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    log = os.open(opening["log_file"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)

    def answer(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    manifest = None
    for line in sys.stdin:
        request = json.loads(line)
        result, manifest = _invoke(opening, request, manifest, answer)
        answer(result)


def _die_with_parent(parent: int) -> None:
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before the line above
        sys.exit(1)
    # Ctrl-C reaches the whole foreground group; the parent decides and closes stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _invoke(
    opening: dict[str, Any],
    request: dict[str, Any],
    manifest: Any,
    answer: Callable[[dict[str, Any]], None],
) -> tuple[dict[str, Any], Any]:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    def tell(event: Any) -> None:
        if event.info.name == "NodeFinished":
            node = event.data.node_info
            answer({"finished": node.unique_id, "status": node.node_status})

    target_dir = Path(opening["target_dir"])
    (target_dir / "run_results.json").unlink(missing_ok=True)
    is_parse = request["command"] == "parse"
    arguments = [
        *("--no-use-colors", "--no-version-check", "--no-send-anonymous-usage-stats"),
        *("--log-path", str(target_dir / "logs"), "--log-level-file", "none"),
        request["command"],
        *("--project-dir", opening["dbt_dir"], "--profiles-dir", opening["dbt_dir"]),
        *("--target-path", str(target_dir)),
    ]
    # dbt throws a kept parse away when a variable or the database's path differs, so parsing sees
    # neither. What a model compiles to is decided by the build.
    os.environ["KEIZOKU_BUILD_DB"] = "warehouse.duckdb" if is_parse else opening["build_db"]
    if is_parse and opening["parse"]:
        arguments += ["--partial-parse-file-path", str(Path(opening["parse"]) / PARSE_FILE)]
        arguments += ["--no-partial-parse-file-diff", "--no-write-json"]
    if not is_parse:
        arguments += ["--vars", json.dumps(opening["variables"])]
        arguments += ["--exclude-resource-type", "unit_test"]
        arguments += ["--indirect-selection", request["indirect_selection"]]
        arguments += ["--select", *request["select"]]
        arguments += ["--exclude", *request["exclude"]] if request["exclude"] else []
    try:
        result = dbtRunner(manifest=manifest, callbacks=[tell]).invoke(arguments)
    finally:
        DuckDBConnectionManager.close_all_connections()
    if is_parse:
        manifest = result.result if result.success else None
    return {
        "is_success": bool(result.success),
        "nodes": [_describe(node) for node in getattr(result.result, "results", None) or ()],
        "error": str(result.exception) if result.exception else None,
    }, manifest


def _describe(result: Any) -> dict[str, Any]:
    return {
        "unique_id": result.node.unique_id,
        "name": result.node.name,
        "resource_type": str(result.node.resource_type),
        "status": str(result.status),
        "message": result.message or "",
        "failures": result.failures,
        "seconds": round(result.execution_time, 3),
    }


if __name__ == "__main__":
    _serve()
