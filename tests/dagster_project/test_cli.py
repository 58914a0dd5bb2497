"""The command line without a run: help, homes, exit codes, both languages."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from dagster_project import cli, console
from dagster_project.messages import ERRORS, TEXT, KeizokuError, explain, say
from dagster_project.settings import PROJECT_DIR
from dashboards.catalogue import entries


def invoke(*arguments: str):
    return CliRunner().invoke(cli.app, list(arguments))


def test_help_needs_none_of_the_heavy_modules():
    code = (
        "import sys; from typer.testing import CliRunner; from dagster_project import cli;"
        "result = CliRunner().invoke(cli.app, ['--help']); assert result.exit_code == 0;"
        "heavy = {'dagster', 'dbt', 'polars', 'duckdb', 'streamlit', 'yaml', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT_DIR
    )
    assert done.stdout == "[]\n"


def test_help_lists_every_command():
    listed = invoke("--help").stdout
    commands = "init demo check map run sql status up deliveries accept withdraw rejects versions"
    for command in [
        *commands.split(),
        "publish",
        "rebuild",
        "metrics",
        "close",
        "closes",
        "policy",
    ]:
        assert re.search(rf"│ {command} ", listed), command


def test_init_makes_a_home_with_a_private_secret_and_doing_it_again_changes_nothing(tmp_path):
    home = tmp_path / "company"
    done = invoke("--json", "init", str(home))
    assert (done.exit_code, json.loads(done.stdout)["is_new"]) == (0, True)
    secret = home / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(bytes.fromhex(secret.read_text())) == 32
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert (home / "inbox" / "billing").is_dir()
    assert (home / "landed" / "crm__accounts" / "live" / "_schema.parquet").is_file()
    before = secret.read_text(), (home / "keizoku.toml").read_text()

    (home / "inbox" / "billing").rmdir()
    done = invoke("--json", "init", str(home))
    assert (done.exit_code, json.loads(done.stdout)["is_new"]) == (0, False)
    assert (secret.read_text(), (home / "keizoku.toml").read_text()) == before
    assert (home / "inbox" / "billing").is_dir()


def test_an_init_that_was_cut_short_goes_on_with_the_secret_it_made(tmp_path):
    home = tmp_path / "company"
    invoke("init", str(home))
    secret = (home / "secret").read_text()
    (home / "keizoku.toml").unlink()
    for name in ("landed", "ledger.sqlite", "quarantine", "originals"):
        path = home / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    assert invoke("init", str(home)).exit_code == 0
    assert (home / "secret").read_text() == secret


def test_a_home_is_never_made_in_the_checkout_nor_over_other_files(tmp_path):
    assert invoke("init", str(PROJECT_DIR / "data")).exit_code == 2
    assert not (PROJECT_DIR / "data").exists()
    (tmp_path / "photo.jpg").write_bytes(b"x")
    assert invoke("init", str(tmp_path)).exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_errors_say_what_where_why_and_what_to_do_in_the_asked_language(tmp_path):
    done = invoke("--home", str(tmp_path / "nowhere"), "--lang", "ja", "status")
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "何が: 会社のホームがありません",
        f"どこで: {tmp_path / 'nowhere'}",
        "なぜ: このフォルダーに keizoku.toml がありません",
        "どうする: keizoku init <フォルダー> で作るか、--home で正しいフォルダーを指定してください",
    ]
    done = invoke("--home", str(tmp_path / "nowhere"), "--lang", "en", "--json", "status")
    assert json.loads(done.stdout)["error"]["code"] == "home_missing"
    assert done.stderr == ""


def test_a_lost_secret_is_told_and_never_replaced(tmp_path):
    home = tmp_path / "company"
    invoke("init", str(home))
    (home / "secret").write_text("abcd")
    done = invoke("--home", str(home), "--json", "status")
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (1, "secret_missing")
    (home / "secret").unlink()
    done = invoke("--home", str(home), "--json", "init")
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (1, "secret_missing")
    assert not (home / "secret").exists()


def test_before_the_first_run_every_reader_says_so_without_a_traceback(tmp_path):
    home = tmp_path / "company"
    invoke("init", str(home))
    for arguments, code in (
        (["sql", "select 1"], 1),
        (["status"], 0),
        (["deliveries"], 0),
        (["rejects"], 0),
        (["versions"], 0),
        (["publish", "--to", "x"], 1),
        (["accept", "x"], 1),
        (["withdraw", "x", "--reason", "y"], 1),
    ):
        done = invoke("--home", str(home), "--lang", "en", *arguments)
        assert done.exit_code == code, (arguments, done.output)
        assert "Traceback" not in done.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["frob"],
        ["sql"],
        ["run", "--as-of", "2026-02-30"],
        ["run", "--known-at", "yesterday"],
        ["--lang", "fr", "status"],
        ["sql", "select 1", "--format", "xml"],
        ["check", "/no/such/file"],
        ["map", "/no/such/file"],
        ["map", __file__, "--entity", "crm.nothing"],
    ],
)
def test_wrong_usage_ends_with_2(tmp_path, arguments):
    home = tmp_path / "company"
    invoke("init", str(home))
    assert invoke("--home", str(home), *arguments).exit_code == 2


def test_demo_writes_exports_into_the_inbox_of_the_home(tmp_path):
    home = tmp_path / "company"
    invoke("init", str(home))
    arguments = ("--customers", "5", "--months", "3", "--seed", "7", "--until", "2026-03-31")
    done = invoke("--json", "demo", str(home), *arguments)
    written = json.loads(done.stdout)
    assert done.exit_code == 0
    waiting = json.loads(invoke("--home", str(home), "--json", "status").stdout)["inbox"]
    assert len(waiting) == written["files"] > 5
    assert all((home / "inbox" / name).is_file() for name in waiting)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-01", "2026-04-01 14:59:59"),
        ("2026-04-01T09:00", "2026-04-01 00:00:00"),
        ("2026-04-01T09:00:00+00:00", "2026-04-01 09:00:00"),
    ],
)
def test_known_at_is_business_time_unless_it_says_its_zone(tmp_path, text, expected):
    invoke("init", str(tmp_path / "company"))
    settings = cli.Invocation(tmp_path / "company", console.Console("en"), None).settings()
    assert str(cli._moment(text, settings)) == expected


@pytest.mark.parametrize(
    ("asked", "configured", "lang", "expected"),
    [
        (None, None, "ja_JP.UTF-8", "ja"),
        (None, None, "C.UTF-8", "en"),
        (None, "ja", "C.UTF-8", "ja"),
        ("en", "ja", "ja_JP.UTF-8", "en"),
    ],
)
def test_the_language_is_the_asked_then_the_configured_then_that_of_the_machine(
    monkeypatch, asked, configured, lang, expected
):
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", lang)
    assert console.language(asked, configured) == expected


def test_every_sentence_is_there_in_both_languages_with_the_same_blanks():
    def blanks(text: str) -> list[str]:
        return sorted(re.findall(r"{(\w+)", text))

    for code, (ja, en) in TEXT.items():
        assert ja and en, code
        assert blanks(ja) == blanks(en), code
    for code, (ja, en) in ERRORS.items():
        assert all(ja) and all(en), code
        japanese, english = blanks("".join(ja)), blanks("".join(en))
        if code != "refused":  # carries a text per language
            assert japanese == english, code


def test_every_code_used_in_the_source_is_in_the_catalogue():
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in (PROJECT_DIR / "dagster_project").rglob("*.py")
    )
    raised = set(re.findall(r'(?:KeizokuError|BuildFailed)\(\s*"(\w+)"', source))
    assert raised <= set(ERRORS), raised - set(ERRORS)
    assert len(raised) > 15
    said = set(re.findall(r'(?:\.say|\.note|\.text|\bsay)\(\s*"(\w+)"', source))
    assert said <= set(TEXT), said - set(TEXT)
    assert explain("home_missing", "ja", where="x")["where"] == "x"
    assert say("is_current", "ja") == "公開中"
    assert str(KeizokuError("plan_missing", where="marts")).startswith("This step cannot run")


def test_the_console_script_is_the_same_program():
    script = PROJECT_DIR / ".venv" / "bin" / "keizoku"
    if not script.exists():
        pytest.skip("keizoku is not installed into .venv")
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert os.access(script, os.X_OK)


def test_a_file_of_no_delivery_yet_was_told_with_the_id_none(capsys):
    waits = {
        "source_system": "",
        "file_name": "typo.yml",
        "state": "held",
        "delivery_id": None,
        "problems": [],
        "nearest_mapping": None,
        "missing_headers": [],
    }
    cli._tell_held(console.Console("ja"), waits)
    assert capsys.readouterr().out == "待機中（取り込んでいません）: typo.yml\n"


# ---- what typer says of a command typed wrongly ----

STATES = "matched | partial | unapplied | review | unmatched"


@pytest.mark.parametrize(
    ("arguments", "what", "why"),
    [
        (["sql"], "足りない引数があります: SQL", "には SQL が必要です"),
        (["demo", "x", "--customers", "0"], "--customers の値を使えません", "1 以上の整数"),
        (["demo", "x", "--customers", "many"], "--customers の値を使えません", "1 以上の整数"),
        (["cash", "list", "--status", "nosuch"], "--status の値を使えません", STATES),
        (["status", "--nosuch"], "--nosuch という指定はありません", "--help"),
        (["--hom", "x", "status"], "--hom という指定はありません", "使えるもの: --home"),
        (["demo", "--customers"], "--customers に値がありません", "値が必要です"),
        (["--json=1", "status"], "--json に値は付けられません", "付けるか付けないか"),
        (["status", "x"], "余分な引数があります: x", "受け取りません"),
        (["stauts"], "stauts というコマンドはありません", "あるもの: status"),
        (["cash", "lst"], "lst というコマンドはありません", "あるもの: list"),
        ([], "コマンドがありません", "init, demo, run"),
    ],
)
def test_wrong_usage_is_told_in_japanese_with_what_would_be_right(tmp_path, arguments, what, why):
    done = invoke("--lang", "ja", "--home", str(tmp_path), *arguments)
    assert done.exit_code == 2
    said = dict(line.split(": ", 1) for line in done.stderr.splitlines())
    assert list(said) == ["何が", "どこで", "なぜ", "どうする"]
    assert said["何が"] == what
    assert why in said["なぜ"]
    assert "--help" in said["どうする"]


def test_wrong_usage_is_told_in_english_and_as_json():
    done = invoke("--lang", "en", "status", "--nosuch")
    assert done.stderr.startswith("What: There is no option --nosuch\n")
    done = invoke("--json", "--lang", "ja", "stauts")
    assert (done.exit_code, done.stderr) == (2, "")
    told = json.loads(done.stdout)["error"]
    assert told["code"] == "usage_no_such_command"
    assert told["what"] == "stauts というコマンドはありません"


def test_wrong_usage_was_told_in_the_language_of_the_machine_not_of_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("LANG", "C")
    monkeypatch.delenv("LC_ALL", raising=False)
    (tmp_path / "keizoku.toml").write_text('lang = "ja"\n', encoding="utf-8")
    done = invoke("--home", str(tmp_path), "status", "x")
    assert done.stderr.startswith("何が: 余分な引数があります: x\n")


def test_a_group_without_its_command_still_shows_its_help():
    done = invoke("--lang", "ja", "cash")
    assert "入金消込の確認と判断" in done.output
    assert "何が" not in done.output


def test_every_state_of_a_receipt_can_be_asked_for():
    named = "application_status."
    states = {name.removeprefix(named) for name in entries("ja") if name.startswith(named)}
    assert set(cli.ReceiptState) == states


def test_the_version_names_what_a_report_of_a_fault_needs():
    told = json.loads(invoke("--json", "--version").stdout)
    assert list(told) == ["keizoku", "dbt", "duckdb", "python"]
    assert all(re.fullmatch(r"[0-9]+(\.[0-9]+){1,2}.*", version) for version in told.values())
    done = invoke("--version")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == f"keizoku {told['keizoku']}"


# ---- a disk that is full or may not be written to ----

CAN_MOUNT = (
    bool(shutil.which("unshare"))
    and not subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode
)


@pytest.mark.slow
@pytest.mark.skipif(not CAN_MOUNT, reason="only who may mount can make a disk full or read-only")
@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        ("mount -o remount,ro {disk}", "書き込めません（読み取り専用の場所です）"),
        ("dd if=/dev/zero of={disk}/fill bs=1k 2>/dev/null || true", "ディスクがいっぱいです"),
    ],
)
def test_a_disk_that_takes_nothing_was_told_as_unexpected(tmp_path, spoil, what):
    disk = tmp_path / "disk"
    disk.mkdir()
    keizoku = f"{sys.executable} -m dagster_project.cli --lang ja --home {disk}/home"
    script = f"""
        mount -t tmpfs -o size=4m tmpfs {disk} && {keizoku} init >/dev/null
        {spoil.format(disk=disk)}
        {keizoku} status
    """
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT_DIR,
    )
    assert done.returncode == 1
    assert f"何が: {what}" in done.stderr
    assert f"どこで: {disk}/home" in done.stderr
    assert "公開中の版はそのままです" in done.stderr
