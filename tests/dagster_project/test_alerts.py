"""Alerts with a real HTTP server and a real SMTP server: once, then silence, then recovery."""

import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from dagster_project import alerts, channels, commands, publish
from dagster_project.messages import KeizokuError
from dagster_project.runs import Report, Run
from dagster_project.services import free_port
from dagster_project.settings import load_settings
from tests.dashboards.gd1_home import build_gd1, declared_marts, published_mart

NOW = datetime(2026, 7, 1, 21, 5, tzinfo=UTC)
SECRET = "T0SECRET/B0SECRET/xoxb-hush"
PASSWORD = "pa55-hush"
WEBHOOK = 'channels = ["webhook"]\n'
BELOW = '[[alerts.thresholds]]\nmetric = "kpi_monthly.mrr"\nbelow = 110000\n'
QUIET = "anomalies = []\nstale_source = false\nnew_at_risk = false\n"


# what the rules of these tests read
READ = {
    *("mart_kpi_monthly", "mart_revenue_monthly", "mart_forecast_mrr", "mart_at_risk"),
    *("obs_load_manifest", "obs_metric_registry"),
}
MARTS = tuple(published_mart(model) for model in declared_marts() if model["name"] in READ)


class Notes:
    """A reporter that keeps what a run would log."""

    def __init__(self):
        self.notes = []

    def phase(self, name):
        pass

    def progress(self, text, done, total):
        pass

    def note(self, code, **values):
        self.notes.append((code, {name: str(value) for name, value in values.items()}))


@pytest.fixture(scope="session")
def gd1_build(tmp_path_factory):
    path = tmp_path_factory.mktemp("alerts") / "build.duckdb"
    whole = path.with_name("whole.duckdb")
    build_gd1(whole, "0" * 64)
    with duckdb.connect(str(path)) as connection:  # small, so that publishing it is quick
        connection.execute(f"attach '{whole}' as whole (read_only)")
        for name in READ:
            connection.execute(f"create table {name} as from whole.{name}")
    return path


@pytest.fixture
def company(tmp_path, gd1_build, monkeypatch):
    """A home; `company.publish(*sql)` publishes GD-1 after these changes, `company.run()` ends a
    run.
    """
    monkeypatch.delenv(channels.WEBHOOK_VARIABLE, raising=False)
    monkeypatch.delenv(channels.PASSWORD_VARIABLE, raising=False)
    return Company(tmp_path / "home", gd1_build)


class Company:
    def __init__(self, root: Path, build: Path):
        self.root, self.count = root, 0
        self.notes = Notes()
        commands.init_home(root)
        self.configure("")
        self.build = shutil.copy(build, root / "build" / "gd1.duckdb")

    def configure(self, text: str) -> None:
        head = 'company_name = "みどり"\nlang = "ja"\n[alerts]\n'
        (self.root / "keizoku.toml").write_text(head + text, encoding="utf-8")

    def publish(self, *changes: str) -> publish.Version:
        with duckdb.connect(str(self.build)) as connection:
            for change in changes:
                connection.execute(change)
        self.count += 1
        stamp = publish.Stamp(
            run_id=f"r{self.count}",
            published_at=NOW + timedelta(minutes=self.count),
            as_of_date="2026-06-30",
            known_at=None,
            input_fingerprint=f"{self.count:064d}",
            policy_id="p",
            policy={},
        )
        return publish.publish(self.root / "published", self.build, MARTS, stamp)

    def run(self, outcome: str = "nothing_new", *, now: datetime = NOW, **report) -> None:
        report = {"seconds": {"land": 0.1, "plan": 0.1}} | report
        facts = Report(run_id="r", started_at="", outcome=outcome, **report)
        commands.tell_alerts(Run(load_settings(self.root), self.notes, facts), now=now)

    @property
    def lines(self):
        return alerts.read_lines(load_settings(self.root).alerts_file)

    @property
    def told(self) -> list[tuple[str, str]]:
        """(opened | closed, sentence) of every alert, in order."""
        found = {alert.alert_id: alert for alert in alerts.read_alerts(self.lines)}
        return [
            (line["event"], alerts.describe(alert.kind, alert.values, "ja"))
            for line in self.lines
            if line["event"] in ("opened", "closed")
            for alert in [found[line["alert_id"]]]
        ]


class Slack:
    """A webhook of one's own: what was posted, and what it answers."""

    def __init__(self, port: int = 0):
        self.texts, self.status = [], 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.status == 200:
                    assert self.path == f"/services/{SECRET}"
                    outer.texts.append(json.loads(body)["text"])
                self.send_response(outer.status)
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()
                self.wfile.write(f"no such hook: {self.path}".encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/{SECRET}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def slack(monkeypatch):
    server = Slack()
    monkeypatch.setenv(channels.WEBHOOK_VARIABLE, server.address)
    yield server
    server.close()


# ---- once, and recovery once ----


def test_a_threshold_is_told_once_over_many_runs_and_its_recovery_once(company, slack):
    company.configure(WEBHOOK + QUIET + BELOW)
    company.publish()
    for _ in range(3):
        company.run()
    assert slack.texts == [
        "【みどり】要確認: 1 件\n"
        "・MRR（2026-06）が 106,600円 で、下限 110,000円 を下回っています。\n"
        "  http://127.0.0.1:8501/?month=2026-06\n"
    ]
    company.publish("update mart_kpi_monthly set mrr = 120000 where month = '2026-06-01'")
    for _ in range(3):
        company.run()
    assert len(slack.texts) == 2
    assert slack.texts[1].startswith("【みどり】解消: 1 件\n・解消しました: MRR")
    company.publish("update mart_kpi_monthly set mrr = 100 where month = '2026-06-01'")
    company.run()
    assert len(slack.texts) == 3
    assert "が 100円 で" in slack.texts[2]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('metric = "kpi_monthly.mrr"\nabove = 106600', None),  # not above: equal
        ('metric = "kpi_monthly.mrr"\nabove = 106599.5', "上限 106,600円 を超えています"),
        # 106,600 / 94,000 = +13.40 %
        ('metric = "kpi_monthly.mrr"\nchange_above = 0.134', "前月との差 13.40% が上限 13.40%"),
        ('metric = "kpi_monthly.mrr"\nchange_above = 0.1341', None),
        ('metric = "kpi_monthly.mrr"\nchange_below = -0.05', None),
        # 1 customer more than 9 is 11.11 %
        ('metric = "kpi_monthly.customer_count"\nchange_above = 0.11', "11.11%"),
        # GRR of May: 90,000 / 94,000 (▲4,000), of June 1: a rate changes in points
        ('metric = "kpi_monthly.grr_rate"\nchange_above = 0.01', "前月との差 +"),
    ],
)
def test_a_threshold_is_a_value_or_a_change_to_the_month_before(company, rule, expected):
    company.configure(QUIET + f"[[alerts.thresholds]]\n{rule}\n")
    company.publish()
    company.run()
    if expected is None:
        assert company.told == []
    else:
        [(event, text)] = company.told
        assert event == "opened"
        assert expected in text


def test_a_month_without_a_value_leaves_an_alert_as_it_is(company):
    company.configure(QUIET + BELOW)
    company.publish()
    company.run()
    company.publish("update mart_kpi_monthly set mrr = null where month = '2026-06-01'")
    company.run()
    assert [event for event, _ in company.told] == ["opened"]


def test_a_rule_that_cannot_be_judged_says_so_once_and_recovers_when_it_is_corrected(company):
    company.configure(QUIET + '[[alerts.thresholds]]\nmetric = "kpi_monthly.mmr"\nbelow = 1\n')
    company.publish()
    company.run()
    company.run()
    [(event, text)] = company.told
    assert event == "opened"
    assert "kpi_monthly.mmr" in text
    company.configure(QUIET)
    company.run()
    assert [event for event, _ in company.told] == ["opened", "closed"]


def test_an_open_alert_whose_rule_broke_was_told_as_resolved(company):
    company.configure(QUIET + BELOW)
    company.publish()
    company.run()
    company.publish("delete from obs_metric_registry where metric_id = 'kpi_monthly.mrr'")
    company.run()
    events = [(event, alerts.read_alerts(company.lines)[0].is_open) for event, _ in company.told]
    assert ("closed", False) not in events
    assert alerts.read_alerts(company.lines)[0].is_open


def test_amounts_are_told_in_the_currency_the_company_reports_in(company):
    company.configure(QUIET + BELOW + '[policy]\nreporting_currency = "USD"\n')
    company.publish("update mart_kpi_monthly set mrr = 12000.5 where month = '2026-06-01'")
    company.run()
    assert "が USD 12,000.50 で、下限 USD 110,000.00 を" in company.told[0][1]


def test_a_metric_with_several_rows_a_month_needs_the_rule_to_say_which(company):
    insert = (
        "insert into mart_revenue_monthly (month, currency, gross_mrr)"
        " values ('2026-06-01', 'JPY', 90), ('2026-06-01', 'USD', 10)"
    )
    rule = '[[alerts.thresholds]]\nmetric = "revenue.gross_mrr"\nbelow = 50\n'
    company.configure(QUIET + rule)
    company.publish(insert)
    company.run()
    assert "判定できません" in company.told[0][1]
    company.configure(QUIET + rule + 'where = { currency = "USD" }\n')
    company.run()
    opened = [text for event, text in company.told if event == "opened"]
    assert "[currency = USD]" in opened[1]
    assert "が 10円 で" in opened[1]


# ---- the other rules ----


def test_a_failed_run_is_told_once_and_recovers_with_the_next_good_one(company, slack):
    company.configure(WEBHOOK + QUIET)
    error = {"code": "audit_failed", "where": "/x", "values": {"tests": "山田商店 must not show"}}
    for _ in range(2):
        company.run("failed", error=error)
    assert len(slack.texts) == 1
    assert "実行が失敗しました" in slack.texts[0]
    assert "山田商店" not in slack.texts[0]
    assert "/x" not in slack.texts[0]
    company.run("failed", error={"code": "interrupted", "where": "", "values": {}})
    assert len(slack.texts) == 1
    company.run("nothing_new")
    assert [text.split(":")[0] for text in slack.texts] == ["【みどり】要確認", "【みどり】解消"]


def test_held_and_unrecognised_files_are_told_until_they_are_dealt_with(company, monkeypatch):
    from sources import landing

    company.configure(QUIET)
    inbox = company.root / "inbox" / "billing"
    (inbox / "subscriptions_20260630.csv").write_bytes(b'contract_id\n"cut')
    landing.land_inbox(commands.landing_home(load_settings(company.root)), now=NOW)
    held = [
        one
        for one in landing.deliveries(commands.landing_home(load_settings(company.root)))
        if one.state == "held"
    ]
    unrecognised = [{"state": "unrecognised", "file_name": "山田様.csv"}]
    company.run(deliveries=unrecognised)
    company.run(deliveries=unrecognised)
    texts = [text for event, text in company.told]
    assert sum("判別できないファイルが受信箱に 1 件" in text for text in texts) == 1
    assert sum("保留しています" in text for text in texts) == len(held)
    assert not any("山田" in text for text in texts)
    company.run("failed", seconds={"land": 0.1}, deliveries=[])  # landing itself broke: not known
    assert "closed" not in [event for event, _ in company.told]
    company.run()
    assert ("closed", "判別できないファイルが受信箱に 1 件あります。") in company.told


def test_a_source_that_stopped_is_told_at_the_set_age_once_and_again_on_recovery(company):
    company.configure("anomalies = []\n[freshness]\nfail_after_days = 10\nwarn_after_days = 5\n")
    company.publish("delete from obs_load_manifest where source_system <> 'billing'")
    # exported 2026-06-30 23:59:59 in Tokyo
    tenth, eleventh = datetime(2026, 7, 10, 6, tzinfo=UTC), datetime(2026, 7, 10, 16, tzinfo=UTC)
    company.run(now=tenth)
    assert company.told == []
    company.run(now=eleventh)
    company.run(now=eleventh + timedelta(days=1))
    assert company.told == [
        ("opened", "billing の「契約」は 2026-06-30 までです（11 日前。限度 10 日）。")
    ]
    company.publish("update obs_load_manifest set exported_at = '2026-07-11 03:00:00'")
    company.run(now=eleventh + timedelta(days=1))
    assert [event for event, _ in company.told] == ["opened", "closed"]


def at_risk(key: str, mrr: int) -> str:
    return f"insert into mart_at_risk (customer_key, mrr_at_stake) values ('{key}', {mrr})"


def test_only_customers_who_are_newly_at_risk_are_counted_and_nobody_is_named(company, slack):
    company.configure(WEBHOOK + "anomalies = []\nstale_source = false\n")
    company.publish(at_risk("c1", 5000))
    company.run()
    assert slack.texts == []  # the first version: nothing to compare with
    company.publish(at_risk("c2", 7000), at_risk("c3", 1000))
    company.run()
    company.run()
    assert len(slack.texts) == 1
    assert "要注意顧客が新たに 2 社あります（MRR 8,000円）" in slack.texts[0]
    assert "c2" not in slack.texts[0]
    company.publish(at_risk("c4", 10))  # a new one takes the place of the message before
    company.run()
    assert len(slack.texts) == 2
    assert "新たに 1 社" in slack.texts[1]
    assert "解消" not in slack.texts[1]
    company.publish()
    company.run()
    # nobody new: those of before may still be at risk, and mostly are
    assert len(slack.texts) == 2


MONTHS = "delete from mart_kpi_monthly; insert into mart_kpi_monthly (month, mrr) values "


def months(*values: int) -> str:
    rows = [
        f"(date '{2025 + place // 12}-{place % 12 + 1:02d}-01', {value})"
        for place, value in enumerate(values)
    ]
    return MONTHS + ", ".join(rows)


STEADY = (100, 101, 103, 106, 107, 109, 112, 113, 115, 118, 119, 121, 124)  # to 2026-01
FIRST_AND_SECOND = "anomalies = ['kpi_monthly.mrr']\nstale_source = false\n"


def test_a_month_outside_its_usual_range_is_told_until_a_usual_one_follows(company):
    company.configure(FIRST_AND_SECOND)
    company.publish(months(*STEADY, 131))
    company.run()
    assert company.told == []
    company.publish(months(*STEADY, 132))
    company.run()
    company.run()
    assert company.told == [
        (
            "opened",
            "MRR（2026-02）が 132円 で、これまでの月から見た範囲 121円 ～ 131円 の外です。",
        )
    ]
    company.publish(months(*STEADY, 132, 134))
    company.run()
    assert [event for event, _ in company.told] == ["opened", "closed"]


def test_where_a_forecast_was_published_its_interval_decides_even_after_that_version_is_gone(
    company,
):
    company.configure(FIRST_AND_SECOND)
    forecast = (
        "insert into mart_forecast_mrr (month, scenario, is_published, horizon_months,"
        " lower_95_mrr, upper_95_mrr) values ('2026-02-01', 'base', true, 1, 125, 127)"
    )
    version = company.publish(months(*STEADY), forecast)
    company.run()
    shutil.rmtree(version.folder)
    company.publish(months(*STEADY, 128), "delete from mart_forecast_mrr")
    company.run()
    [(event, text)] = company.told
    assert event == "opened"
    assert "128円 で、予測の95%区間 125円 ～ 127円 の外です" in text


# ---- delivery ----


def test_a_server_that_is_down_is_tried_again_later_and_nothing_is_lost(company, monkeypatch):
    first = Slack()
    monkeypatch.setenv(channels.WEBHOOK_VARIABLE, first.address)
    first.close()
    company.configure(WEBHOOK + QUIET + BELOW)
    version = company.publish()
    company.run("published", now=NOW)
    assert publish.find_current(company.root / "published")[0].name == version.name
    [(code, note)] = company.notes.notes
    assert (code, note["channel"], note["error"]) == (
        "alerts_not_sent",
        "webhook",
        "ConnectionRefusedError",
    )
    assert note["next_at"] == "2026-07-01T21:10:00+00:00"  # five minutes
    company.run(now=NOW + timedelta(minutes=4))
    assert len(company.notes.notes) == 1  # too early
    company.run(now=NOW + timedelta(minutes=5))
    assert company.notes.notes[1][1]["next_at"] == "2026-07-01T21:20:00+00:00"  # ten more
    [alert] = alerts.read_alerts(company.lines)
    assert alert.is_open
    assert alert.unsent == ("webhook",)
    # it recovers while nobody could be told; then the server is back
    company.publish("update mart_kpi_monthly set mrr = 120000 where month = '2026-06-01'")
    company.run(now=NOW + timedelta(minutes=6))
    back = Slack(first.port)
    company.run(now=NOW + timedelta(hours=1))
    company.run(now=NOW + timedelta(hours=2))
    back.close()
    [text] = back.texts
    assert text.index("下回っています") < text.index("解消しました")
    assert alerts.read_alerts(company.lines)[0].unsent == ()


def test_the_wait_doubles_up_to_six_hours(company):
    lines: list = []
    waits = []
    for _ in range(9):
        line = alerts.failed_line(lines, "webhook", "HTTP 500", now=NOW)
        waits.append((datetime.fromisoformat(line["next_at"]) - NOW) // timedelta(minutes=1))
        lines.append(line)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 360, 360]
    lines.append({"event": "sent", "channel": "webhook"})
    line = alerts.failed_line(lines, "webhook", "HTTP 500", now=NOW)
    assert line["next_at"] == "2026-07-01T21:10:00+00:00"


@pytest.mark.parametrize(
    ("address", "status"),
    [("{}", 302), ("{}", 404), ("{}", 500), ("hush://{}", 200), ("http://[hush", 200), ("", 200)],
)
def test_the_secret_is_in_no_log_file_or_answer_whatever_goes_wrong(
    company, slack, monkeypatch, capfd, status, address
):
    slack.status = status
    value = address.format(slack.address)
    monkeypatch.setenv(channels.WEBHOOK_VARIABLE, value)
    company.configure(WEBHOOK + QUIET + BELOW)
    company.publish()
    company.run()
    assert [code for code, _ in company.notes.notes] == ["alerts_not_sent"]
    done = keizoku(company.root, "--debug", "alerts", "test")
    assert done.returncode == 1
    kept = [p.read_text(encoding="utf-8") for p in (company.root / "alerts").iterdir()]
    said = "\n".join(
        [*kept, done.stdout, done.stderr, str(company.notes.notes), *capfd.readouterr()]
    )
    assert "hush" not in said
    assert "T0SECRET" not in said
    if address == "{}":
        assert f"HTTP {status}" in said
    assert slack.texts == []


def test_a_channel_chosen_later_gets_no_flood_of_what_was_told_before(company, slack):
    company.configure(QUIET + BELOW)
    company.publish()
    company.run()
    company.configure(WEBHOOK + QUIET + BELOW)
    company.run()
    assert slack.texts == []
    assert len([one for one in alerts.read_alerts(company.lines) if one.is_open]) == 1


def test_marks_of_slack_in_a_name_from_the_data_are_written_as_text(company, slack):
    company.configure(WEBHOOK + "anomalies = []\n")
    company.publish("update obs_load_manifest set source_system = '<!channel>&'")
    company.run(now=NOW + timedelta(days=400))
    assert "&lt;!channel&gt;&amp; の" in slack.texts[0]


def test_a_record_that_cannot_be_read_stops_no_run_and_is_named(company):
    company.publish()
    file = company.root / "alerts" / "alerts.jsonl"
    file.parent.mkdir()
    file.write_text('{"event": "opened"\n', encoding="utf-8")
    company.run("published")
    [(code, values)] = company.notes.notes
    assert code == "alerts_not_judged"
    assert "alerts.jsonl:1" in values["error"]
    with pytest.raises(KeizokuError) as caught:
        alerts.read_lines(file)
    assert caught.value.code == "alerts_unreadable"


@pytest.mark.parametrize(
    "damaged",
    [
        b'{"event":"opened"}\n',
        '{"event":"looked","version":"版'.encode()[:-1],
        b'{"event":"sent","alert_id":"a"}\n',
    ],
    ids=["without_its_key", "cut_within_a_character", "without_its_channel"],
)
def test_a_damaged_line_of_the_alerts_took_the_page_down(tmp_path, damaged):
    file = tmp_path / "alerts.jsonl"
    file.write_bytes(damaged)
    with pytest.raises(KeizokuError) as caught:
        alerts.read_lines(file)
    assert caught.value.code == "alerts_unreadable"


def test_a_ledger_that_cannot_be_read_silenced_the_failed_run(company):
    ledger = commands.landing_home(load_settings(company.root)).ledger
    ledger.parent.mkdir(exist_ok=True)
    ledger.write_bytes(b"not a database, " * 100)
    values = {"detail": "file is not a database"}
    company.run("failed", error={"code": "ledger_unreadable", "where": "", "values": values})
    assert [event for event, _ in company.told] == ["opened"]


def test_an_answer_that_is_no_http_is_tried_again_and_not_quoted(company, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"garbage of a server\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        port = server.getsockname()[1]
        monkeypatch.setenv(channels.WEBHOOK_VARIABLE, f"http://127.0.0.1:{port}/services/{SECRET}")
        company.configure(WEBHOOK + QUIET + BELOW)
        company.publish()
        company.run()
    [failed] = [line for line in company.lines if line["event"] == "failed"]
    assert failed["error"] == "BadStatusLine"
    assert SECRET not in alerts.written(company.lines) + str(company.notes.notes)


# ---- e-mail ----


class Mailbox:
    """Keeps what a real SMTP server accepted."""

    def __init__(self):
        self.letters = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append(
            (envelope.mail_from, envelope.rcpt_tos, session.ssl is not None, letter)
        )
        return "250 OK"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def mailbox(certificate, monkeypatch):
    """A server that speaks STARTTLS and wants user and password; (mailbox, port)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    box = Mailbox()

    def check(server, session, envelope, mechanism, data):
        is_right = (data.login, data.password) == (b"keizoku", PASSWORD.encode())
        return AuthResult(success=is_right, handled=False)

    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(20025),
        server_hostname="localhost",
        tls_context=context,
        require_starttls=True,
        authenticator=check,
        auth_required=True,
    )
    controller.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    monkeypatch.setenv(channels.PASSWORD_VARIABLE, PASSWORD)
    yield box, controller.port
    controller.stop()


def mail_config(port: int) -> str:
    return (
        'channels = ["email"]\n' + QUIET + BELOW + "[alerts.email]\n"
        f'host = "localhost"\nport = {port}\nuser = "keizoku"\n'
        'sender = "keizoku@example.jp"\nto = ["keiri@example.jp", "cs@example.jp"]\n'
    )


def test_a_mail_arrives_encrypted_once_in_japanese(company, mailbox):
    box, port = mailbox
    company.configure(mail_config(port))
    company.publish()
    company.run()
    company.run()
    assert company.notes.notes == []
    [(sender, receivers, is_encrypted, letter)] = box.letters
    assert sender == "keizoku@example.jp"
    assert receivers == ["keiri@example.jp", "cs@example.jp"]
    assert is_encrypted
    assert letter["Subject"] == "【みどり】要確認: 1 件"
    assert "106,600円 で、下限 110,000円 を下回っています" in letter.get_content()


def test_a_wrong_password_is_told_by_its_number_and_tried_again(company, mailbox, monkeypatch):
    box, port = mailbox
    monkeypatch.setenv(channels.PASSWORD_VARIABLE, "wrong-hush")
    company.configure(mail_config(port))
    company.publish()
    company.run()
    [(_, note)] = company.notes.notes
    assert note["error"] == "SMTP 535"
    assert "hush" not in alerts.written(company.lines) + str(company.notes.notes)
    monkeypatch.setenv(channels.PASSWORD_VARIABLE, PASSWORD)
    company.run(now=NOW + timedelta(minutes=5))
    assert len(box.letters) == 1


def test_a_receiver_that_was_refused_went_unnoticed(company, mailbox):
    box, port = mailbox
    company.configure(mail_config(port).replace("cs@", "nobody@"))
    company.publish()
    company.run()
    company.run()
    assert [receivers for _, receivers, _, _ in box.letters] == [["keiri@example.jp"]]  # once
    [(code, values)] = company.notes.notes
    assert (code, values["error"]) == ("alerts_partly_sent", "SMTP 550 (1/2)")


def test_a_server_whose_certificate_is_not_trusted_gets_no_password(
    company, mailbox, monkeypatch, tmp_path
):
    box, port = mailbox
    monkeypatch.delenv("SSL_CERT_FILE")
    company.configure(mail_config(port))
    company.publish()
    company.run()
    assert company.notes.notes[0][1]["error"] == "SSLCertVerificationError"
    assert box.letters == []


# ---- settings and the command line ----


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("chanels = []", "alerts.chanels"),
        ('channels = ["fax"]', "alerts.channels.0"),
        ('channels = ["email"]', "alerts"),
        ('[[alerts.thresholds]]\nmetric = "kpi_monthly.mrr"', "alerts.thresholds.0"),
        ('[[alerts.thresholds]]\nmetric = "m"\nabove = 1\nbelow = 1', "alerts.thresholds.0"),
        ('[[alerts.thresholds]]\nmetric = "m"\nabove = "1"', "alerts.thresholds.0.above"),
        ('page_address = "javascript:x"', "alerts.page_address"),
        ('[alerts.email]\nuser = "u"\nstarttls = false', "alerts"),
        ('webhook = "https://hooks.slack.com/x"', "alerts.webhook"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_key(tmp_path, text, key):
    (tmp_path / "keizoku.toml").write_text(f"[alerts]\n{text}\n", encoding="utf-8")
    with pytest.raises(KeizokuError) as caught:
        load_settings(tmp_path)
    assert caught.value.values["key"] == key


def keizoku(home: Path, *arguments: str):
    command = [sys.executable, "-m", "dagster_project.cli", "--home", str(home), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_line_lists_what_is_open_with_what_was_and_sends_a_test(company, slack):
    company.configure(WEBHOOK + QUIET + BELOW)
    company.publish()
    company.run()
    company.publish("update mart_kpi_monthly set mrr = 120000 where month = '2026-06-01'")
    company.run()
    company.run("failed", error={"code": "disk_full", "where": "", "values": {}})
    listed = json.loads(keizoku(company.root, "--json", "--lang", "en", "alerts", "list").stdout)
    assert [(one["kind"], one["is_open"]) for one in listed] == [("failed_run", True)]
    assert listed[0]["text"].startswith("A run failed (")
    both = keizoku(company.root, "--lang", "ja", "alerts", "list", "--all").stdout
    assert "要確認" in both
    assert "下回っています" in both
    before = len(slack.texts)
    tested = keizoku(company.root, "alerts", "test")
    assert tested.returncode == 0, tested.stderr
    assert "通知のテスト" in slack.texts[before]
    company.configure("")
    refused = keizoku(company.root, "--lang", "ja", "alerts", "test")
    assert refused.returncode == 2
    assert "channels" in refused.stderr
