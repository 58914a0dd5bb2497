"""The corpus of bad files: no cell of it is read silently wrong, and no row is lost."""

import json

import pytest

from tests.benchmarks import silent_conversions
from tests.sources.bad_files import (
    REFUSE,
    SILENT,
    BadFile,
    Cell,
    Read,
    Refusal,
    corpus,
    judge,
    read_with_keizoku,
)

# files that are kept back whole; of all others every cell that can be read is read
KEPT_BACK = {
    "a title above the header",
    "cut inside the last value",
    "cut inside the last value of a whole row",
}
AMOUNT = Cell("row a", "amount", "1,200", 1200)
FILE = BadFile("one row", "x.csv", "tag", b"", (AMOUNT,))


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    return read_with_keizoku(tmp_path_factory.mktemp("bad_files"))


@pytest.mark.parametrize("file", corpus(), ids=lambda file: file.name)
def test_no_cell_of_a_bad_file_is_read_silently_wrong(file, read):
    for cell, outcome in judge(file, read):
        assert outcome not in SILENT, cell
        is_kept_back = cell.meaning is REFUSE or file.name in KEPT_BACK
        assert outcome == ("refused" if is_kept_back else "right"), cell


@pytest.mark.parametrize(
    ("value", "outcome"),
    [(1200, "right"), ("1,200", "text"), (1.2, "changed"), (None, "changed"), (True, "changed")],
)
def test_the_judge_knows_what_was_meant_what_was_sent_and_what_is_neither(value, outcome):
    assert list(judge(FILE, lambda _: Read({"row a": {"amount": value}}))) == [(AMOUNT, outcome)]


def test_the_judge_tells_a_row_that_is_lost_from_one_that_was_refused():
    def refuse(_):
        raise Refusal

    assert list(judge(FILE, lambda _: Read({}))) == [(AMOUNT, "lost")]
    assert list(judge(FILE, lambda _: Read({}, frozenset({"*"})))) == [(AMOUNT, "refused")]
    assert list(judge(FILE, refuse)) == [(AMOUNT, "refused")]


def test_the_figures_kept_of_the_tools_are_of_this_corpus():
    kept = {one["tool"]: one for one in json.loads(silent_conversions.KEPT.read_text("utf-8"))}
    cells = sum(len(file.cells) for file in corpus())
    assert {one["cells"] for one in kept.values()} == {cells}
    assert kept["keizoku"]["silent"] == 0
    assert kept["duckdb"]["silent"] > 0
    assert kept["polars"]["silent"] > 0
