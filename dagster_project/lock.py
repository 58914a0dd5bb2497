"""One run at a time per home: an flock, and beside it, for people, who holds it."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.messages import KeizokuError

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: for people only, the kernel's lock is what counts."""

    pid: int
    host: str
    started_at: str
    purpose: str


@contextmanager
def hold(
    path: Path,
    purpose: str,
    *,
    wait_seconds: float = 0,
    on_wait: Callable[[Holder | None], None] | None = None,
) -> Iterator[None]:
    """Holds the lock at `path` for the block; the kernel frees it when the process dies.

    Waits up to `wait_seconds`, telling `on_wait` once who is in the way, then raises KeizokuError
    `home_busy` naming pid, host and start time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as handle:
        _acquire(handle.fileno(), path, wait_seconds, on_wait)
        holder = Holder(
            pid=os.getpid(),
            host=socket.gethostname(),
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            purpose=purpose,
        )
        _holder_file(path).write_text(json.dumps(asdict(holder)), encoding="utf-8")
        try:
            yield
        finally:
            _holder_file(path).unlink(missing_ok=True)


def read_holder(path: Path) -> Holder | None:
    """Who holds the lock now; None when nobody does (a note left by a dead process is ignored)."""
    try:
        with path.open("r+") as handle:
            try:
                fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read_note(path)
    except FileNotFoundError:
        pass
    return None


def _acquire(
    descriptor: int,
    path: Path,
    wait_seconds: float,
    on_wait: Callable[[Holder | None], None] | None,
) -> None:
    deadline = time.monotonic() + wait_seconds
    is_told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = _read_note(path)
            if time.monotonic() >= deadline:
                raise KeizokuError(
                    "home_busy", where=str(path.parent), **describe(holder)
                ) from None
            if on_wait and not is_told:
                on_wait(holder)
                is_told = True
            time.sleep(POLL_SECONDS)


def describe(holder: Holder | None) -> dict[str, str]:
    """The holder's facts as text for a message."""
    if holder is None:
        return {"pid": "?", "host": "?", "started_at": "?", "purpose": "?"}
    return {name: str(value) for name, value in asdict(holder).items()}


def _read_note(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(_holder_file(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _holder_file(path: Path) -> Path:
    return path.with_name(path.name + ".holder")
