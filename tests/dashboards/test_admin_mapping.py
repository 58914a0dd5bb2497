"""管理 › ファイルを読み込む設定: upload, answer, save, and see what would load."""

import shutil

import pytest

from dagster_project import commands
from dagster_project.messages import KeizokuError
from dagster_project.settings import load_settings
from dashboards import access, clock
from dashboards.catalogue import plain
from tests.dashboards.conftest import looks
from tests.dashboards.gd1_home import THE_MORNING_AFTER
from tests.dashboards.test_pages import open_page, words

CONTRACTS = (
    "契約番号,顧客番号,担当メール,契約開始日,月額料金(税抜),支払サイクル\n"
    "C1,K1,a@example.co.jp,01/02/2026,￥1000,月払い\n"
    "C2,K2,b@example.co.jp,03/04/2026,1.2億円,月払い\n"
).encode("cp932")


@pytest.fixture
def home(gd1_published, tmp_path, monkeypatch):
    """GD-1 in a home with a secret, as `keizoku init` makes it."""
    home = tmp_path / "real"
    commands.init_home(home)
    shutil.copytree(gd1_published / "published", home / "published", dirs_exist_ok=True)
    monkeypatch.setenv("KEIZOKU_HOME", str(home))
    monkeypatch.setattr(clock, "utc_now", lambda: THE_MORNING_AFTER)
    return home


def upload(name: str, content: bytes):
    app = open_page("admin", view="mapping")
    app.file_uploader(key="mapping_file").set_value((name, content, "text/csv"))
    return app.run(timeout=60)


@pytest.mark.slow
def test_a_file_is_looked_at_answered_saved_and_what_would_load_is_shown(home):
    app = upload("契約[x](http://e)_20260331.csv", CONTRACTS)
    assert not app.exception
    said = words(app)
    assert "billing" in said and "cp932" in said
    assert "[x](http://e)" not in said  # a file name is a name, not a link
    assert "日と月のどちらが先か" in said
    [question] = [one for one in app.selectbox if one.label == "質問 1 の答え"]
    assert (question.value, question.options) == (None, ["%d/%m/%Y", "%m/%d/%Y"])
    assert not any(one.key == "mapping_save" for one in app.button)
    assert list((home / "mappings").iterdir()) == []

    question.select("%d/%m/%Y")
    next(one for one in app.button if one.label == "答えを反映する").click()
    app.run(timeout=60)
    assert not app.exception
    next(one for one in app.button if one.key == "mapping_save").click()
    app.run(timeout=60)
    assert not app.exception
    [written] = (home / "mappings").iterdir()
    assert 'formats: ["%d/%m/%Y"]' in written.read_text(encoding="utf-8")
    said = words(app)
    assert f"mappings/{written.name} に保存" in plain(app.success[0].value)
    assert "読込 2 行 ＝ 取込 1 ＋ 隔離 1" in said
    # masked where it is personal, nothing left behind, and on record before it happened
    assert "example.co.jp" not in said
    assert list((home / "uploads").iterdir()) == []
    done = [(one["action"], one.get("name")) for one in looks(home)]
    assert done == [("propose_mapping", None), ("write_mapping", written.stem)]


def test_without_the_right_nothing_can_be_uploaded(home, monkeypatch):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    app = open_page("admin", view="mapping")
    assert "管理の画面を見る権限がありません" in words(app)
    assert not app.file_uploader


def test_an_upload_stays_in_the_home_and_its_name_never_becomes_a_path(home):
    settings = load_settings(home)
    for name in ("../../etc/x.csv", "..\\..\\x.csv", "/etc/x.csv", "x.csv", "\x00x.csv", ".x.csv"):
        with commands.hold_upload(settings, "billing", name, b"a\n") as path:
            assert (path.name, path.parent.name) == ("x.csv", "billing")
            assert path.resolve().is_relative_to((home / "uploads").resolve())
    for name in ("", "..", "/", "a" * 300):
        with commands.hold_upload(settings, "billing", name, b"a\n") as path:
            assert path.resolve().is_relative_to((home / "uploads").resolve())
            assert len(path.name) <= 100
    assert list((home / "uploads").iterdir()) == []


def test_an_upload_that_is_too_large_is_refused(home, monkeypatch):
    monkeypatch.setattr(commands, "UPLOAD_BYTES", 3)
    with (
        pytest.raises(KeizokuError) as refused,
        commands.hold_upload(load_settings(home), "billing", "x.csv", b"four"),
    ):
        pass
    assert refused.value.code == "upload_too_large"
