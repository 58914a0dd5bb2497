"""Runs whose process is gone: Dagster would keep them STARTED, and with them the only slot.

A run started by `keizoku run` carries a mark of its process, so that anyone can tell whether it
lives. Runs of Dagster's own launcher carry none: they are dead when nothing of the home was alive,
which only `keizoku up` knows, at its start.
"""

import os
from pathlib import Path

import dagster as dg

PROCESS_TAG = "keizoku/process"
REASON = "The process or the machine stopped while this run was under way."
UNFINISHED = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def process_mark(pid: int | None = None) -> str | None:
    """`<boot id>/<pid>/<start time>` of a process (this one by default); None if there is none.

    Pids are used again; together with the boot and the start time they are not.
    """
    pid = os.getpid() if pid is None else pid
    try:
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # The name in brackets may hold spaces; the start time is the 20th field after it.
        facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *others = facts.rpartition(")")[2].split()
    return None if state == "Z" else f"{boot_id}/{pid}/{others[18]}"


def fail_dead_runs(instance: dg.DagsterInstance, *, is_alone: bool) -> int:
    """Marks runs that nothing executes any more as failed; returns how many.

    `is_alone`: no daemon and no worker of the home is alive, so runs without a mark are dead too.
    """
    dead = [
        run
        for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
        if _is_dead(run.tags.get(PROCESS_TAG), is_alone=is_alone)
    ]
    for run in dead:
        instance.report_run_failed(run, REASON)
    return len(dead)


def _is_dead(mark: str | None, *, is_alone: bool) -> bool:
    if mark is None:
        return is_alone
    return process_mark(int(mark.split("/")[1])) != mark
