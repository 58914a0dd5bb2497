"""A company's home in a temporary folder, and ways to put files into its inbox."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sources.landing import Home
from tests.sources.exports import SHARED

SECRET = b"a secret of thirty-two characters"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    root = tmp_path / "home"
    (root / "inbox").mkdir(parents=True)
    (root / "mappings").mkdir()
    return Home(root, SECRET)


@pytest.fixture
def put(home: Home) -> Callable[..., Path]:
    """put("billing/plans.csv", text_or_bytes, file_time=...): a file in the inbox."""

    def put_file(name: str, content: str | bytes, file_time: str = "2026-04-01T00:00:00") -> Path:
        path = home.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        seconds = datetime.fromisoformat(file_time).replace(tzinfo=UTC).timestamp()
        os.utime(path, (seconds, seconds))
        return path

    return put_file


@pytest.fixture
def add_mapping(home: Home) -> Callable[[str, str], Path]:
    """add_mapping("telco.yml", text): a mapping of the company."""

    def add(name: str, text: str) -> Path:
        path = home.mappings / name
        path.write_text(text, encoding="utf-8")
        return path

    return add


@pytest.fixture(scope="session")
def real_headers() -> dict[str, list[str]]:
    """The header rows of real exports, by export; those known in part only under their subset."""
    path = SHARED / "export_headers" / "headers.json"
    if not path.exists():
        pytest.skip("needs the headers of real exports in ../shared/data/export_headers")
    facts = json.loads(path.read_text("utf-8"))
    known = ("headers", "headers_known_subset")
    return {name: one[key] for name, one in facts.items() for key in known if key in one}
