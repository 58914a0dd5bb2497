"""What people keep under a name: SQL and views of pages, for themselves or for everybody.

One JSON file per thing kept; of SQL one file of JSON lines per person besides, with what they ran.
The files are named by a hash, so that nothing a person types becomes a path. Written through
commands.
"""

import hashlib
import json
import os
import unicodedata
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.messages import KeizokuError
from dagster_project.settings import canonical_json, json_lines

NAME_LENGTH = 60
KEPT_HISTORY = 100


@dataclass(frozen=True)
class Kept:
    """A statement or an address under a name. Its owner sees it, and everybody when `is_shared`."""

    name: str
    content: str
    is_shared: bool
    saved_by: str
    saved_at: str  # UTC, ISO


@dataclass(frozen=True)
class Asked:
    """A statement somebody ran. asked_at: UTC, ISO."""

    sql: str
    asked_at: str


def read(folder: Path, who: str) -> list[Kept]:
    """What this person saved or others share, by name. Raises KeizokuError `kept_unreadable`."""
    found = [_read(path) for path in sorted((folder / "saved").glob("*.json"))]
    seen = [one for one in found if one.is_shared or one.saved_by == who]
    return sorted(seen, key=lambda one: one.name)


def read_history(folder: Path, who: str) -> list[Asked]:
    """What this person ran, the latest first, a repeated statement once."""
    try:
        lines = json_lines(_history_file(folder, who).read_text(encoding="utf-8"))
    except OSError:
        return []
    latest: dict[str, Asked] = {}
    for line in reversed(lines):
        try:
            asked = Asked(**json.loads(line))
        except (ValueError, TypeError):
            continue  # a line cut short by a full disk: history is a convenience
        latest.setdefault(asked.sql, asked)
    return list(latest.values())[:KEPT_HISTORY]


def save(folder: Path, name: str, content: str, *, is_shared: bool, by: str, now: datetime) -> Kept:
    """Keeps something under a name; one's own of that name is replaced.

    Raises KeizokuError `kept_name_wrong`, `kept_name_taken`, `kept_unreadable`.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise KeizokuError("kept_name_wrong", where=name, length=NAME_LENGTH, exit_code=2)
    path = _saved_file(folder, name)
    if path.exists() and (owner := _read(path).saved_by) != by:
        raise KeizokuError("kept_name_taken", where=name, owner=owner, exit_code=2)
    saved = Kept(name, content, is_shared, by, _utc(now))
    _replace(path, json.dumps(asdict(saved), ensure_ascii=False, indent=2))
    return saved


def delete(folder: Path, name: str, *, by: str) -> None:
    """Removes what is one's own. Raises KeizokuError `kept_not_yours`, `kept_unreadable`."""
    path = _saved_file(folder, name)
    if not path.exists() or _read(path).saved_by != by:
        raise KeizokuError("kept_not_yours", where=name, exit_code=2)
    path.unlink()


def remember(folder: Path, sql: str, *, by: str, now: datetime) -> None:
    """Adds a statement to a person's history; the oldest ones go."""
    path = _history_file(folder, by)
    kept = reversed(read_history(folder, by)[: KEPT_HISTORY - 1])
    asked = [*(one for one in kept if one.sql != sql.strip()), Asked(sql.strip(), _utc(now))]
    _replace(path, "".join(canonical_json(asdict(one)) + "\n" for one in asked))


def _read(path: Path) -> Kept:
    try:
        return Kept(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise KeizokuError("kept_unreadable", where=str(path), detail=error) from error


def _saved_file(folder: Path, name: str) -> Path:
    return folder / "saved" / f"{_hash(name)}.json"


def _history_file(folder: Path, who: str) -> Path:
    return folder / "history" / f"{_hash(who)}.jsonl"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _utc(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="seconds")


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)
