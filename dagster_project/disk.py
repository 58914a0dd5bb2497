"""A disk that is full or may not be written to, told as what it is: not every fault is ours."""

import errno
import os
from pathlib import Path

from dagster_project.messages import KeizokuError

CODES = {
    errno.EROFS: "disk_read_only",
    errno.EACCES: "disk_forbidden",
    errno.EPERM: "disk_forbidden",
    errno.ENOSPC: "disk_ran_full",
    errno.EDQUOT: "disk_ran_full",
}
# libraries that keep the number of the fault to themselves: what they say -> our code
SAID = (
    ("database or disk is full", "disk_ran_full"),
    ("no space left on device", "disk_ran_full"),
    ("disk quota exceeded", "disk_ran_full"),
    ("read-only file system", "disk_read_only"),
    ("attempt to write a readonly database", "disk_read_only"),
    ("permission denied", "disk_forbidden"),
)
SPEAKERS = frozenset({"sqlite3", "duckdb", "_duckdb", "polars"})


def told(error: BaseException, home: Path) -> KeizokuError | None:
    """The fault of the disk behind an error or what caused it; None where it is none."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        code = _code(cause)
        if code:
            where = getattr(cause, "filename", None) or home
            return KeizokuError(code, where=os.fsdecode(where), detail=cause)
        cause = cause.__cause__ or cause.__context__
    return None


def _code(error: BaseException) -> str | None:
    if isinstance(error, OSError) and error.errno in CODES:
        return CODES[error.errno]
    if type(error).__module__.split(".")[0] not in SPEAKERS:
        return None
    said = str(error).lower()
    return next((code for words, code in SAID if words in said), None)
