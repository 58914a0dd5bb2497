"""dbt's code as it is: its hash, and its parse, made once per change of the code for all homes.

A full parse takes longer than building a small company. No run var and no policy decides what
models there are or what they read, so one parse serves every home, day and policy; variables take
effect when a model is compiled.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from dagster_project.dbt_build import open_dbt
from dagster_project.messages import KeizokuError
from dagster_project.settings import canonical_json

# What dbt reads, below its folder.
DBT_CODE = ("dbt_project.yml", "profiles.yml", "models", "macros", "tests", "seeds", "snapshots")
# A process that began before the code changed may still read the parse of the former code.
KEPT_SECONDS = 60 * 60


def code_hashes(dbt_dir: Path) -> dict[str, dict[str, str]]:
    """SHA-256 of every file dbt reads, by place and relative path."""
    return {name: file_hashes(dbt_dir / name) for name in DBT_CODE}


def file_hashes(place: Path) -> dict[str, str]:
    """SHA-256 of a file, or of every file below a folder, by relative path."""
    files = [place, *sorted(place.rglob("*"))]
    return {
        str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


def find_parse(dbt_dir: Path, spare_dir: Path) -> Path | None:
    """The folder with the kept parse of the code as it is, None when there is none yet."""
    return next((place for place in _places(dbt_dir, spare_dir) if place.is_dir()), None)


def prepare_parse(dbt_dir: Path, spare_dir: Path) -> Path:
    """The folder with the parse of the code as it is: manifest.json and dbt's own file.

    Kept with the code; in `spare_dir` where the code may only be read. Raises KeizokuError
    `dbt_project_broken`, `dbt_died`, `home_not_writable`.
    """
    found = find_parse(dbt_dir, spare_dir)
    if found:
        return found
    for kept in _places(dbt_dir, spare_dir):
        with suppress(PermissionError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            with _folder_aside(kept.parent) as aside:
                _parse(dbt_dir, aside)
                _remove_outdated(kept.parent)
                try:
                    aside.rename(kept)
                except OSError:
                    if not kept.is_dir():  # else another process was faster; its parse is the same
                        raise
            return kept
    raise KeizokuError("home_not_writable", where=str(spare_dir), detail="dbt parse")


def read_manifest(parse: Path) -> dict[str, Any]:
    """dbt's manifest in such a folder."""
    return json.loads((parse / "manifest.json").read_text(encoding="utf-8"))


def _places(dbt_dir: Path, spare_dir: Path) -> tuple[Path, Path]:
    # a parse of another dbt would be made again in every run
    facts = [metadata.version("dbt-core"), code_hashes(dbt_dir)]
    hashed = hashlib.sha256(canonical_json(facts).encode()).hexdigest()
    name = f"parse-{hashed[:12]}"
    return dbt_dir / "target" / name, spare_dir / name


def _parse(dbt_dir: Path, folder: Path) -> None:
    with open_dbt(
        dbt_dir=dbt_dir,
        target_dir=folder,
        build_db=folder / "warehouse.duckdb",
        log_file=folder / "dbt.log",
        variables={},
    ) as dbt:
        parsed = dbt("parse")
    if not parsed.is_success:
        raise KeizokuError("dbt_project_broken", where="dbt/", detail=parsed.error)


@contextmanager
def _folder_aside(place: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"parse-{os.getpid()}-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_outdated(place: Path) -> None:
    for folder in place.glob("parse-*"):
        with suppress(FileNotFoundError):
            if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
