"""Lists for mail, LINE and the CRM: only who agreed, and everybody else counted by why."""

import csv
import io
import json
import subprocess
import sys

import duckdb
import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from dagster_project.publish import Stamp, publish
from dashboards import access, consent, lists
from dashboards.queries import risk
from dashboards.report import open_page
from dashboards.sections.risk.listing import to_contact
from tests.dashboards.conftest import looks
from tests.dashboards.gd1_home import POLICY, REPO, THE_MORNING_AFTER, TYPES, declared_marts
from tests.dashboards.gd1_home import published_mart as mart_of

READ = {
    *("mart_kpi_monthly", "mart_approach_list", "mart_renewal_pipeline", "mart_dormant"),
    *("mart_upsell_candidates", "mart_customer_360", "bridge_customer_identity", "dim_customer"),
}
# customer: consent to e-mail, to LINE, address, id in the CRM
PEOPLE = {
    "agreed": (True, True, "yes@example.jp", "A1"),
    "refused": (False, False, "no@example.jp", "A2"),
    "silent": (None, None, "silent@example.jp", "A3"),
    "nowhere": (True, True, None, None),
    "formula": (True, False, "=cmd@example.jp", "A5"),
    "contact": (True, False, "info@example.jp", "A6"),
}
ONLY_A_CONTACT_AGREED = {"contact"}


def build(path) -> None:
    with duckdb.connect(str(path)) as connection:
        for model in declared_marts():
            if model["name"] in READ:
                columns = ", ".join(
                    f'"{c["name"]}" {TYPES.get(c["data_type"], c["data_type"])}'
                    for c in model["columns"]
                )
                connection.execute(f"create table {model['name']} ({columns})")

        def insert(table: str, **values: object) -> None:
            marks = ", ".join("?" for _ in values)
            connection.execute(
                f"insert into {table} ({', '.join(values)}) values ({marks})",
                list(values.values()),
            )

        insert("mart_kpi_monthly", month="2026-06-01", as_of_date="2026-06-30")
        for rank, (key, (email, line, address, crm_id)) in enumerate(PEOPLE.items(), start=1):
            insert(
                "mart_customer_360", customer_key=key, has_email_consent=email,
                has_line_consent=line, has_dm_consent=False,
                has_account_email_consent=email and key not in ONLY_A_CONTACT_AGREED,
            )  # fmt: skip
            insert("dim_customer", customer_key=key, display_name=f"{key}商店", email=address)
            if crm_id:
                for source_id in (f"{crm_id}9", crm_id):
                    insert(
                        "bridge_customer_identity", customer_key=key, source_id=source_id,
                        source_entity="crm.accounts",
                    )  # fmt: skip
            insert(
                "mart_approach_list", customer_key=key, approach_rank=rank, mrr_at_stake=1000,
                reason_ja="請求が遅れています", reason_en="Overdue", due_date="2026-07-07",
            )  # fmt: skip
        # in no mart of consents: silence
        insert("mart_approach_list", customer_key="unheard", approach_rank=9, mrr_at_stake=1)
        for contract, days, outcome in (
            *(("S1", 20, "open"), ("S2", 90, "open"), ("S3", -3, "open")),
            *(("S4", 91, "open"), ("S5", 20, "renewed")),
        ):
            insert(
                "mart_renewal_pipeline", customer_key="agreed", contract_id=contract,
                days_to_end=days, outcome=outcome, term_end_date=f"2026-07-{10 + days % 7:02d}",
                atr=12000,
            )  # fmt: skip
        insert("mart_dormant", customer_key="refused", reapproach_rank=1, silent_days=100)
        insert("mart_upsell_candidates", customer_key="formula", plan_name="基本", mrr=500)
        insert("mart_upsell_candidates", customer_key="agreed", plan_name="基本", mrr=900)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    home = tmp_path_factory.mktemp("lists")
    (home / "keizoku.toml").write_text('lang = "ja"\n', encoding="utf-8")
    build(home / "build.duckdb")
    stamp = Stamp(
        run_id="lists",
        published_at=THE_MORNING_AFTER,
        as_of_date="2026-06-30",
        known_at=None,
        input_fingerprint="0" * 64,
        policy_id="p",
        policy=POLICY,
    )
    marts = tuple(mart_of(model) for model in declared_marts() if model["name"] in READ)
    publish(home / "published", home / "build.duckdb", marts, stamp)
    return home


def page(home, lang="ja", rights=None):
    who = access.principal()
    return open_page(home, who if rights is None else access.Principal("cs", rights), lang)


def keys(made: lists.Made) -> list[str]:
    return made.rows["customer_key"].to_list()


def test_a_mail_list_holds_who_agreed_and_has_an_address_and_counts_the_others_by_why(published):
    made = lists.make(page(published), "at_risk", "email")
    assert keys(made) == ["agreed", "formula"]  # by rank
    # unheard and silent: nobody said anything, which is no consent
    assert made.left_out == {"refused": 1, "unknown": 2, "contact_only": 1, "no_email": 1}


def test_the_account_s_address_is_not_written_to_because_a_contact_agreed(published):
    assert "contact" not in keys(lists.make(page(published), "at_risk", "email"))


def test_a_line_list_asks_for_the_consent_to_line_and_names_nobody(published):
    made = lists.make(page(published), "at_risk", "line")
    assert keys(made) == ["agreed"]
    assert made.left_out == {"refused": 3, "unknown": 2, "no_crm_id": 1}
    named = [column.name for column in made.columns]
    assert named[0] == "crm_id"
    assert not {"email", "display_name"} & set(named)


def test_the_crm_gets_everybody_it_knows_with_what_each_agreed_to(published):
    made = lists.make(page(published), "at_risk", "crm")
    assert keys(made) == ["agreed", "refused", "silent", "formula", "contact"]
    assert made.left_out == {"no_crm_id": 2}
    assert made.rows["crm_id"].to_list() == ["A1", "A2", "A3", "A5", "A6"]
    said = ["同意あり", "拒否", "", "同意あり", "同意あり"]
    assert made.rows["has_email_consent"].to_list() == said


def test_renewals_to_contact_are_the_open_terms_of_90_days_and_those_overdue(published):
    made = lists.make(page(published), "renewals", "email")
    assert sorted(made.rows["contract_id"]) == ["S1", "S2", "S3"]
    assert made.left_out == {"refused": 0, "unknown": 0, "contact_only": 0, "no_email": 0}


def test_the_other_lists_keep_their_order_and_may_be_empty(published):
    assert keys(lists.make(page(published), "upsell", "email")) == ["agreed", "formula"]
    dormant = lists.make(page(published), "dormant", "email")
    assert dormant.rows.is_empty()
    assert dormant.left_out["refused"] == 1


@pytest.mark.parametrize("channel", lists.CHANNELS)
def test_without_the_right_to_people_there_is_no_list_and_no_file(published, tmp_path, channel):
    with pytest.raises(access.Refused):
        lists.write(page(published, rights=frozenset()), "at_risk", channel, "csv", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_file_opens_in_excel_runs_no_formula_and_is_recorded(published, tmp_path):
    path, _ = lists.write(page(published), "at_risk", "email", "csv", tmp_path)
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0][:2] == ["メールアドレス", "顧客名"]
    assert [row[0] for row in rows[1:]] == ["yes@example.jp", "'=cmd@example.jp"]
    assert path.stat().st_mode & 0o777 == 0o600
    line = (published / "audit" / "access.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    entry = json.loads(line)
    assert entry["action"] == "export"
    assert (entry["table"], entry["channel"]) == ("list_at_risk", "email")
    assert (entry["row_count"], entry["left_out"]["refused"]) == (2, 1)
    assert "example.jp" not in line


def test_a_workbook_says_who_is_not_in_it(published, tmp_path):
    path, _ = lists.write(page(published), "at_risk", "email", "xlsx", tmp_path)
    book = openpyxl.load_workbook(path)
    assert book.worksheets[0]["A2"].value == "yes@example.jp"
    notes = {row[0].value: row[1].value for row in book.worksheets[-1].iter_rows()}
    assert notes["同意の記録がないため除いた顧客"] == "2"


def test_the_command_writes_the_list_and_says_who_was_left_out(published, tmp_path):
    def keizoku(*arguments):
        command = [sys.executable, "-m", "dagster_project.cli", "--home", str(published)]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)

    done = keizoku(
        *("--json", "export", "list", "at_risk", "--for", "email", "--out", str(tmp_path))
    )
    answer = json.loads(done.stdout)
    assert answer["left_out"] == {
        **{"refused": 1, "unknown": 2},
        **{"contact_only": 1, "no_email": 1},
    }
    assert answer["path"] == str(tmp_path / "list_at_risk_email_20260630.csv")
    said = keizoku("--lang", "ja", "export", "list", "dormant", "--for", "email").stdout
    assert "配信を断っているため除いた顧客: 1" in said
    assert keizoku("export", "list", "at_risk", "--for", "fax").returncode == 2


# ---- the same lists on the pages where people choose whom to contact ----


def open_download(page: str, key: str, **url: str) -> AppTest:
    """A page with the download of one of its lists opened."""
    app = AppTest.from_file(REPO / "dashboards" / "app.py", default_timeout=60)
    app.switch_page(f"views/{page}.py")
    for name, value in url.items():
        app.query_params[name] = value
    app.session_state[f"{key}_formats"] = True
    return app.run()


def offered(app: AppTest) -> dict[str, bool]:
    """The buttons for channels: what each says, and whether it can be pressed."""
    buttons = [button.proto for button in app.get("download_button")]
    return {one.label: not one.disabled for one in buttons if "用のCSV（" in one.label}


@pytest.mark.parametrize(
    ("page_name", "key", "url", "crm"),
    [
        ("risk", "customer_csv", {}, 1),  # C02 of C02, C03, C10
        ("renewals", "terms_csv", {"view": "list"}, 1),
        ("segments", "customer_csv", {"view": "dormant"}, 0),
        ("segments", "customer_csv", {"view": "upsell", "offer": "seats_full.more_seats"}, 1),
        ("segments", "customer_csv", {"view": "rfm", "cell": "55"}, 1),
        ("customer", "customer_csv", {}, 2),  # C01 and C02 have an id in the CRM
    ],
)
def test_a_page_where_one_chooses_whom_to_contact_offers_a_file_per_channel(
    gd1_home, page_name, key, url, crm
):
    app = open_download(page_name, key, **url)
    assert not app.exception
    buttons = offered(app)
    assert [name.split("用のCSV")[0] for name in buttons] == [
        *("メール配信", "LINE配信", "CRMへの取り込み")
    ]
    assert buttons[f"CRMへの取り込み用のCSV（{crm} 顧客）"] == (crm > 0)
    assert "同意の記録がないため除外" in "".join(caption.value for caption in app.caption)


def test_a_page_makes_the_file_the_command_makes_and_records_it(gd1_home, tmp_path):
    frame = open_page(gd1_home, access.principal(), "ja")
    everybody = risk.customers(frame.snapshot, None, True, None, None, None)
    made = consent.make(frame, "at_risk", "crm", to_contact(frame, everybody))
    path, _ = lists.write(frame, "at_risk", "crm", "csv", tmp_path)
    before = len(looks(gd1_home))
    assert consent._pressed(frame, "at_risk", "crm", made)() == path.read_bytes()
    entry = looks(gd1_home)[before]
    assert (entry["action"], entry["table"], entry["channel"]) == ("export", "list_at_risk", "crm")
    assert (entry["row_count"], entry["left_out"]) == (1, {"no_crm_id": 2})


def test_who_may_not_see_people_is_offered_no_file_with_addresses(gd1_home, monkeypatch):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    app = open_download("risk", "customer_csv")
    assert not offered(app)
    assert "個人情報を見る権限のある人だけ" in "".join(caption.value for caption in app.caption)
