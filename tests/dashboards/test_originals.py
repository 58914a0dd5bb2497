"""From a number back to the delivered line: only with the right, and never without a trace."""

import hashlib
import json
import zipfile

import pytest

from dashboards import access
from dashboards.originals import NotReadable, original_line, original_rows
from sources.originals import path_of
from tests.dashboards.gd1_home import GD1

NAME = "subscriptions_20260630.csv"


def ask(home, who=None, **changed):
    sha = next(path.name for path in (home / "originals").glob("*/*"))
    wanted = {
        "content_sha256": sha,
        "feed_id": "generic_subscriptions_en",
        "file_name": NAME,
        "sheet": None,
        "row": 6,
        "time_zone": "Asia/Tokyo",
    }
    return original_line(home, who or access.principal(), **(wanted | changed))


def keep(home, content: bytes) -> str:
    """The address of a further original in the home's store."""
    sha = hashlib.sha256(content).hexdigest()
    path = path_of(home / "originals", sha)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha


def log(home) -> list[dict]:
    text = (home / "audit" / "access.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_the_line_is_the_one_an_editor_shows_under_that_number(gd1_home):
    line = ask(gd1_home)
    assert (GD1 / NAME).read_text().splitlines()[5].startswith("S04,1,2026-01-01,2026-02-28,B04")
    assert line["contract_id"] == "S04"
    assert line["segment_end_date"] == "2026-02-28"
    assert line["unit_price_native"] == "20000"


def test_looking_leaves_who_when_and_what_in_the_access_log(gd1_home):
    ask(gd1_home)
    ask(gd1_home, row=7)
    first, second = log(gd1_home)
    assert first["principal"] == "local-admin"
    assert first["at"] == "2026-06-30T21:05:00+00:00"
    assert (first["action"], first["file_name"], first["row"]) == ("original_line", NAME, 6)
    assert second["row"] == 7


def test_without_the_right_nothing_is_shown_and_the_attempt_is_recorded(gd1_home):
    with pytest.raises(access.Refused):
        ask(gd1_home, access.Principal("sales", frozenset({access.PERSONAL_COLUMNS})))
    assert [(e["principal"], e["is_allowed"]) for e in log(gd1_home)] == [("sales", False)]


def test_what_cannot_be_recorded_is_not_shown(gd1_home):
    (gd1_home / "audit").write_text("not a folder")
    with pytest.raises(OSError):
        ask(gd1_home)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"row": 999}, "row_gone"),
        ({"sheet": "Sheet1"}, "row_gone"),
        ({"feed_id": "a_mapping_since_removed"}, "mapping_gone"),
        ({"content_sha256": "0" * 64}, "original_gone"),
    ],
)
def test_a_line_that_cannot_be_found_says_why(gd1_home, changed, code):
    with pytest.raises(NotReadable) as error:
        ask(gd1_home, **changed)
    assert error.value.code == code


def test_a_line_inside_a_zip_named_only_zip_was_not_found(gd1_home, tmp_path):
    zipped = tmp_path / "june.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("subscriptions.csv", (GD1 / NAME).read_bytes())
    sha = keep(gd1_home, zipped.read_bytes())
    line = ask(gd1_home, content_sha256=sha, file_name="june.zip", sheet="subscriptions.csv")
    assert line["contract_id"] == "S04"


def test_a_line_of_a_file_accepted_without_its_last_line_end_was_refused(gd1_home):
    sha = keep(gd1_home, (GD1 / NAME).read_bytes().rstrip(b"\r\n"))
    assert ask(gd1_home, content_sha256=sha)["contract_id"] == "S04"


def test_an_original_damaged_on_disk_says_so(gd1_home):
    path = next((gd1_home / "originals").glob("*/*"))
    path.write_bytes(b"")
    with pytest.raises(NotReadable) as error:
        ask(gd1_home)
    assert error.value.code == "file_refused"


def test_rows_to_correct_are_one_look_in_the_log_and_a_broken_one_comes_as_it_was_sent(gd1_home):
    sha = keep(gd1_home, b"plan_id,name\nA,Light\nB,Pro,3000\nC,Max\n")
    facts = {
        "content_sha256": sha,
        "feed_id": "generic_plans_en",
        "file_name": "plans_20260630.csv",
        "time_zone": "Asia/Tokyo",
    }
    rows = original_rows(gd1_home, access.principal(), [(None, 4), (None, 3)], **facts)
    assert [(one.row, one.cells, one.raw) for one in rows] == [
        (3, {}, "B,Pro,3000"),
        (4, {"plan_id": "C", "name": "Max"}, None),
    ]
    [line] = log(gd1_home)
    assert (line["action"], line["row_count"]) == ("original_line", 2)
    with pytest.raises(access.Refused):
        original_rows(gd1_home, access.Principal("guest", frozenset()), [(None, 3)], **facts)
