"""Folders for the builds of the property test; a build of a hundred companies is thrown away."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest


@pytest.fixture
def new_folder(tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """Makes an empty folder each time it is called."""
    numbers = count()

    def make() -> Path:
        folder = tmp_path / f"pack{next(numbers)}"
        folder.mkdir()
        return folder

    yield make
    shutil.rmtree(tmp_path, ignore_errors=True)
