"""`keizoku map`: the exit code says whether it needs an answer; what is written is a mapping."""

import json

import pytest

from tests.dagster_project.test_cli import invoke

CONTRACTS = (
    "契約番号,顧客番号,契約開始日,月額料金(税抜),支払サイクル\n"
    "C1,K1,01/02/2026,￥1000,月払い\n"
    "C2,K2,03/04/2026,￥2000,月払い\n"
)


@pytest.fixture
def home(tmp_path):
    invoke("init", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.slow
def test_a_file_is_mapped_answered_written_and_read(home):
    file = home / "inbox" / "billing" / "契約一覧_20260331.csv"
    file.write_bytes(CONTRACTS.encode("cp932"))
    at_home = ("--home", str(home), "--lang", "ja")

    asked = invoke(*at_home, "map", str(file))
    assert asked.exit_code == 4
    assert '--answer "契約開始日=%d/%m/%Y"' in asked.stderr
    assert asked.stdout.startswith("# keizoku map が 契約一覧_20260331.csv から作成")
    assert "undecided: {formats:" in asked.stdout
    assert list((home / "mappings").iterdir()) == []

    to = ("--to", "mappings/contracts.yml")
    answered = invoke(*at_home, "map", str(file), "--answer", "契約開始日=%d/%m/%Y", *to)
    assert (answered.exit_code, "keizoku check" in answered.stdout) == (0, True)
    again = invoke(*at_home, "map", str(file), "--entity", "billing.subscriptions", *to)
    assert (again.exit_code, "上書きすることはありません" in again.stderr) == (2, True)

    checked = invoke("--home", str(home), "--json", "check", str(file))
    told = json.loads(checked.stdout)
    assert (checked.exit_code, told["feed_id"], told["rows_landed"]) == (0, "own_subscriptions", 2)
    known = invoke("--home", str(home), "--json", "map", str(file))
    told = json.loads(known.stdout)
    assert (known.exit_code, told["status"], told["yaml"]) == (0, "recognised", None)


@pytest.mark.slow
def test_a_file_that_cannot_be_read_is_refused_in_words(home, tmp_path):
    file = tmp_path / "x.csv"
    file.write_bytes(b"\x00\x01\x02" * 2000)
    done = invoke("--home", str(home), "--lang", "en", "map", str(file))
    assert (done.exit_code, "Nothing can be proposed" in done.stdout) == (1, True)
