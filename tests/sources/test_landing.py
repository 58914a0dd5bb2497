"""Deliveries from the inbox to what counts: kept, held, revised, withdrawn, recovered."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import yaml

from sources import landing
from sources.assistant.writing import yaml_text
from sources.entities import entities
from sources.landing import DeliveryResult, Home, LandingRefused, LandingRules
from sources.originals import ChangedWhileRead, store
from sources.reasons import reasons

PROJECT = Path(__file__).parents[2]
DAY = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)

PLANS = "plan_id,name,list_price_native\nA,Light,1000\nB,Standard,3000\nC,Pro,9000\n"
PAUSES = "contract_id,pause_start_date,pause_end_date\nK1,2026-03-01,2026-03-31\n"


def land(home: Home, now: datetime = DAY) -> list[DeliveryResult]:
    results = landing.land_inbox(home, now=now)
    for counts in (counts for result in results for counts in result.entities):
        accounted = counts.rows_landed + counts.rows_quarantined
        accounted += counts.rows_repeated + counts.rows_filtered
        assert counts.rows_read == accounted
    return results


def land_one(home: Home, now: datetime = DAY) -> DeliveryResult:
    (result,) = land(home, now)
    return result


def codes(result: DeliveryResult) -> list[str]:
    return [problem.code for problem in result.problems]


def live(home: Home, entity: str) -> pl.DataFrame:
    """The rows dbt would read, in a fixed order."""
    landing.ensure_schema(home)
    table = entities()[entity].table
    rows = pl.read_parquet(home.landed / table / "live" / "*.parquet")
    return rows.sort("delivery_id", "source_sheet", "source_row")


def control(home: Home, table: str = "control__deliveries") -> pl.DataFrame:
    landing.ensure_schema(home)
    return pl.read_parquet(home.landed / table / "live" / "*.parquet")


def plans(*rows: str) -> str:
    return "\n".join(["plan_id,name,list_price_native", *rows]) + "\n"


def many_plans(count: int) -> str:
    return plans(*(f"P{number},Plan {number},100" for number in range(count)))


def files_below(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


# ── the boring case ─────────────────────────────────────────────────────────────────────────────


def test_a_file_lands_and_leaves_the_inbox(home, put):
    put("billing/plans_20260331.csv", PLANS)
    result = land_one(home)
    assert result.state == "live"
    assert result.feed_id == "generic_plans_en"
    assert result.source_system == "billing"
    assert result.encoding == "utf-8"
    assert result.exported_at == datetime.fromisoformat("2026-03-31T14:59:59")
    assert result.is_exported_at_assumed is False
    assert result.received_at == datetime.fromisoformat("2026-04-01T01:00:00")
    assert result.problems == ()
    rows = live(home, "billing.plans").select("plan_id", "list_price_native", "source_row").rows()
    assert rows == [
        ("A", Decimal("1000"), 2),
        ("B", Decimal("3000"), 3),
        ("C", Decimal("9000"), 4),
    ]
    assert files_below(home.inbox) == [".done/2026-04-01/billing/plans_20260331.csv"]


def test_the_original_is_kept_byte_for_byte_for_its_owner_only(home, put):
    content = PLANS.encode("cp932")
    put("billing/plans_20260331.csv", content)
    sha = land_one(home).content_sha256
    original = home.originals / sha[:2] / sha
    assert original.read_bytes() == content
    assert original.stat().st_mode & 0o777 == 0o600
    known = json.loads((home.originals / f"{sha}.json").read_text("utf-8"))
    assert known["byte_count"] == len(content)
    assert known["receipts"][0]["file_name"] == "plans_20260331.csv"
    assert known["receipts"][0]["system"] == "billing"
    assert known["receipts"][0]["received_at"] == "2026-04-01T01:00:00"


def test_the_parquet_is_named_by_delivery_and_mapping_and_lies_in_live(home, put):
    put("billing/plans_20260331.csv", PLANS)
    result = land_one(home)
    row = control(home).row(0, named=True)
    name = f"{result.delivery_id}-{row['mapping_hash']}.parquet"
    assert (home.landed / "billing__plans" / "live" / name).exists()


def test_the_control_table_says_what_was_delivered(home, put):
    put("billing/plans_20260331.csv", PLANS + "C,Pro,9000\nD,Odd,many\n")
    land(home)
    row = control(home).row(0, named=True)
    assert {
        name: row[name]
        for name in row
        if name not in ("delivery_id", "mapping_hash", "content_sha256")
    } == {
        "feed_id": "generic_plans_en",
        "entity": "billing.plans",
        "source_system": "billing",
        "file_name": "plans_20260331.csv",
        "encoding": "utf-8",
        "exported_at": datetime.fromisoformat("2026-03-31T14:59:59"),
        "is_exported_at_assumed": False,
        "received_at": datetime.fromisoformat("2026-04-01T01:00:00"),
        "coverage": "full",
        "coverage_column": None,
        "covers_from": None,
        "covers_to": None,
        "history": "segments",
        "rows_read": 5,
        "rows_landed": 3,
        "rows_quarantined": 1,
        "rows_repeated": 1,
        "rows_filtered": 0,
    }


def test_the_quarantine_table_says_what_was_refused_and_what_to_do(home, put):
    put("billing/plans_20260331.csv", PLANS + "D,Odd,many\n")
    land(home)
    row = control(home, "control__quarantine").row(0, named=True)
    assert row["file_name"] == "plans_20260331.csv"
    assert (row["source_row"], row["column_name"], row["raw_value"]) == (
        5,
        "list_price_native",
        "many",
    )
    assert row["reason_code"] == "unreadable_number"
    assert all(row[name] for name in ("message_ja", "message_en", "remedy_ja", "remedy_en"))


def test_a_single_file_can_be_delivered_by_name(home, put):
    path = put("billing/plans_20260331.csv", PLANS)
    put("billing/subscription_pauses_20260331.csv", PAUSES)
    result = landing.deliver(home, path, received_at=DAY)
    assert (result.state, result.file_name) == ("live", "plans_20260331.csv")
    assert control(home)["entity"].to_list() == ["billing.plans"]
    assert (home.inbox / "billing" / "subscription_pauses_20260331.csv").exists()


def test_a_delivery_has_the_same_id_in_another_home(home, put, tmp_path):
    path = put("billing/plans_20260331.csv", PLANS)
    other = Home(tmp_path / "other", b"another secret")
    (other.inbox / "billing").mkdir(parents=True)
    shutil.copy(path, other.inbox / "billing" / path.name)
    assert land_one(home).delivery_id == land_one(other, DAY.replace(day=9)).delivery_id


def test_live_folders_hold_the_declared_schema_before_anything_arrives(home):
    landing.ensure_schema(home)
    for entity in entities().values():
        empty = pl.read_parquet(home.landed / entity.table / "live" / "_schema.parquet")
        assert empty.height == 0
        assert empty.schema == entity.landed_schema()
    assert control(home).height == 0
    assert control(home, "control__quarantine").height == 0


def test_running_again_with_nothing_new_does_nothing(home, put):
    put("billing/plans_20260331.csv", PLANS)
    land(home)
    before = {name: (home.root / name).stat().st_mtime_ns for name in files_below(home.landed)
              if (home.root / name).exists()}  # fmt: skip
    assert land(home, DAY.replace(day=2)) == []
    after = {name: (home.root / name).stat().st_mtime_ns for name in files_below(home.landed)
             if (home.root / name).exists()}  # fmt: skip
    assert before == after


# ── the same content, the same name ─────────────────────────────────────────────────────────────


def test_C03_same_bytes_other_name(home, put):
    put("billing/plans_20260331.csv", PLANS)
    first = land_one(home)
    put("billing/plans_copy_20260331.csv", PLANS, file_time="2026-05-01T00:00:00")
    again = land_one(home, DAY.replace(day=2))
    assert (again.state, again.delivery_id) == ("repeated", first.delivery_id)
    assert again.notes[0].code == "already_landed"
    assert again.notes[0].detail == "plans_20260331.csv (live)"
    assert control(home).height == 1
    assert not (home.inbox / "billing" / "plans_copy_20260331.csv").exists()


def test_the_same_bytes_with_no_time_of_their_own_are_a_copy_whenever_they_come(home, put):
    put("billing/plans.csv", PLANS, file_time="2026-04-01T00:00:00")
    assert land_one(home).is_exported_at_assumed is True
    put("billing/plans (1).csv", PLANS, file_time="2026-06-01T00:00:00")
    assert land_one(home, DAY.replace(month=6)).state == "repeated"


def test_the_same_content_with_a_later_time_of_export_asserts_its_rows_again(home, put):
    put("billing/plans_20260331.csv", PLANS)
    first = land_one(home)
    put("billing/plans_20260430.csv", PLANS)
    second = land_one(home, DAY.replace(month=5))
    assert second.state == "live"
    assert second.delivery_id != first.delivery_id
    assert (second.diffs[0].unchanged, second.diffs[0].changed) == (3, 0)
    assert live(home, "billing.plans").height == 6
    assert len(files_below(home.originals)) == 2  # one original, one side file


def test_the_same_bytes_from_two_systems_are_two_deliveries(home, put):
    put("billing/plans_20260331.csv", PLANS)
    put("legacy/plans_20260331.csv", PLANS)
    assert [result.state for result in land(home)] == ["live", "live"]
    assert set(live(home, "billing.plans")["source_system"]) == {"billing", "legacy"}


def test_C04_same_name_new_bytes(home, put):
    put("billing/plans_20260331.csv", PLANS)
    first = land_one(home)
    put("billing/plans_20260331.csv", plans("A,Light,1100", "B,Standard,3000", "D,Team,5000"))
    second = land_one(home, DAY.replace(day=2))
    diff = second.diffs[0]
    assert diff.against == first.delivery_id
    assert (diff.added, diff.changed, diff.vanished, diff.unchanged) == (1, 1, 1, 1)
    # Both say that they are of 31 March: only the correction counts.
    assert live(home, "billing.plans")["plan_id"].to_list() == ["A", "B", "D"]
    states = {one.delivery_id: one.state for one in landing.deliveries(home)}
    assert states == {first.delivery_id: "withdrawn", second.delivery_id: "live"}


def test_withdrawing_a_correction_brings_back_what_it_replaced(home, put):
    put("billing/plans_20260331.csv", PLANS)
    first = land_one(home)
    put("billing/plans_20260331.csv", plans("A,Light,1100", "B,Standard,3000", "C,Pro,1"))
    second = land_one(home, DAY.replace(day=2))
    with pytest.raises(LandingRefused) as refused:
        landing.accept(home, first.delivery_id, now=DAY)
    assert refused.value.problem.code == "revised"
    landing.withdraw(home, second.delivery_id, "wrong prices", now=DAY)
    assert live(home, "billing.plans")["list_price_native"].sum() == Decimal("13000")
    landing.accept(home, second.delivery_id, now=DAY)
    assert live(home, "billing.plans")["list_price_native"].sum() == Decimal("4101")


def test_two_parts_of_a_delta_under_one_name_both_count(home, put, add_mapping):
    add_mapping("delta.yml", "id: plan_changes\nextends: generic_plans_en\ncoverage: delta\n")
    put("billing/plans_20260331.csv", plans("A,Light,1000"))
    land(home)
    put("billing/plans_20260331.csv", plans("B,Standard,3000"))
    land(home, DAY.replace(day=2))
    assert live(home, "billing.plans")["plan_id"].n_unique() == 2


def test_C05_out_of_order(home, put, tmp_path):
    deliveries = {
        f"billing/plans_2026{month:02d}28.csv": plans(
            "A,Light,1000", f"M{month},Of a month,{month}"
        )
        for month in (1, 2, 3)
    }
    other = Home(tmp_path / "other", home.secret)
    for day, name in enumerate(deliveries, start=1):
        put(name, deliveries[name])
        land(home, DAY.replace(day=day))
    for day, name in enumerate(reversed(deliveries), start=1):
        path = other.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(deliveries[name])
        land(other, DAY.replace(day=day))
    assert live(home, "billing.plans").equals(live(other, "billing.plans"))
    arrival = ["received_at"]
    assert (
        control(home).drop(arrival).sort("delivery_id").equals(
            control(other).drop(arrival).sort("delivery_id")
        )
    )  # fmt: skip


# ── when it was exported, what it covers ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "exported_at", "is_assumed"),
    [
        ("plans_20260331.csv", "2026-03-31T14:59:59", False),
        ("plans_2026-03-31.csv", "2026-03-31T14:59:59", False),
        ("plans_2026-02.csv", "2026-02-28T14:59:59", False),
        ("plans_2024-02.csv", "2024-02-29T14:59:59", False),
        ("plans_full_20260331_v2.csv", "2026-03-31T14:59:59", False),
        ("plans.csv", "2026-04-01T00:00:00", True),
        ("plans_20260231.csv", "2026-04-01T00:00:00", True),
        ("plans_202603311.csv", "2026-04-01T00:00:00", True),
    ],
)
def test_generic_presets_read_the_day_from_the_name(home, put, name, exported_at, is_assumed):
    put(f"billing/{name}", PLANS, file_time="2026-04-01T00:00:00")
    result = land_one(home)
    assert result.exported_at == datetime.fromisoformat(exported_at)
    assert result.is_exported_at_assumed is is_assumed


@pytest.mark.parametrize(
    ("declared", "content", "exported_at"),
    [
        ("{cell: B1, format: '%Y/%m/%d'}", "作成日,2026/03/31\n" + PLANS, "2026-03-31T14:59:59"),
        (
            "{cell: B1, format: '%Y/%m/%d %H:%M'}",
            "作成,2026/03/31 09:30\n" + PLANS,
            "2026-03-31T00:30:00",
        ),
        (
            "{column: written}",
            "plan_id,name,written\nA,x,2026-03-30\nB,y,2026-03-31\n",
            "2026-03-31T14:59:59",
        ),
        (
            "{column: written}",
            "plan_id,name,written\nA,x,2026-03-31T09:00:00Z\n",
            "2026-03-31T09:00:00",
        ),
        ("{file_name: 'R(\\d+\\.\\d+\\.\\d+)', format: '%y.%m.%d'}", PLANS, None),
    ],
)
def test_the_time_of_export_stands_where_the_mapping_says(
    home, put, add_mapping, declared, content, exported_at
):
    header_row = 2 if "cell" in declared else 1
    add_mapping(
        "own.yml",
        f"id: own_plans\nextends: generic_plans_en\nexported_at: {declared}\n"
        f"format: {{kind: csv, header_row: {header_row}}}\n",
    )
    put("billing/plans.csv", content)
    result = land_one(home)
    if exported_at is None:
        assert codes(result) == ["no_exported_at"]
    else:
        assert (result.state, result.exported_at) == ("live", datetime.fromisoformat(exported_at))
        assert result.is_exported_at_assumed is False


def test_a_side_file_says_when_it_was_exported_and_goes_along(home, put, add_mapping):
    add_mapping(
        "own.yml",
        "id: own_plans\nextends: generic_plans_en\nexported_at: {side_file: .meta.json}\n",
    )
    put("billing/plans.csv", PLANS)
    put("billing/plans.csv.meta.json", '{"exported_at": "2026-03-31T12:00:00+09:00"}')
    result = land_one(home)
    assert (result.state, result.exported_at) == (
        "live",
        datetime.fromisoformat("2026-03-31T03:00:00"),
    )
    assert files_below(home.inbox) == [
        ".done/2026-04-01/billing/plans.csv",
        ".done/2026-04-01/billing/plans.csv.meta.json",
    ]
    (home.ledger).unlink()
    landing.reconcile(home)
    assert control(home)["exported_at"].to_list() == [datetime.fromisoformat("2026-03-31T03:00:00")]


def test_a_full_export_without_a_time_is_held_until_accepted(home, put, add_mapping):
    add_mapping(
        "own.yml",
        "id: own_plans\nextends: generic_plans_en\n"
        "exported_at: {file_name: '(\\d{8})', format: '%Y%m%d'}\n",
    )
    put("billing/plans.csv", PLANS, file_time="2026-04-01T00:00:00")
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["no_exported_at"])
    assert live(home, "billing.plans").height == 0
    assert control(home).height == 0
    accepted = landing.accept(home, result.delivery_id, now=DAY)
    assert (accepted.state, accepted.is_exported_at_assumed) == ("live", True)
    assert accepted.exported_at == datetime.fromisoformat("2026-04-01T00:00:00")
    assert live(home, "billing.plans").height == 3


def test_a_delta_without_a_time_takes_the_files_own(home, put, add_mapping):
    add_mapping(
        "own.yml",
        "id: own_plans\nextends: generic_plans_en\ncoverage: delta\n"
        "exported_at: {file_name: '(\\d{8})', format: '%Y%m%d'}\n",
    )
    put("billing/plans.csv", PLANS)
    result = land_one(home)
    assert (result.state, result.is_exported_at_assumed) == ("live", True)


@pytest.mark.parametrize(
    ("period", "name", "covers"),
    [
        (
            "'(\\d{4}-\\d{2})', format: '%Y-%m'",
            "x_2026-02.csv",
            (date(2026, 2, 1), date(2026, 2, 28)),
        ),
        (
            "'_(\\d{4})', format: '%Y'",
            "x_2026.csv",
            (date(2026, 1, 1), date(2026, 12, 31)),
        ),
        (
            "'(\\d{8})-(\\d{8})', format: '%Y%m%d'",
            "x_20260201-20260215.csv",
            (date(2026, 2, 1), date(2026, 2, 15)),
        ),
    ],
)
def test_a_file_that_is_complete_for_a_period_says_which(
    home, put, add_mapping, period, name, covers
):
    add_mapping(
        "own.yml",
        f"""
id: own_pauses
files: ["x_*.csv"]
exported_at: {{file_time: true}}
coverage: {{full_within: pause_start_date, period: {{file_name: {period}}}}}
history: events
entities:
  - entity: billing.subscription_pauses
    columns: {{contract_id: contract_id, pause_start_date: pause_start_date}}
""",
    )
    put(f"billing/{name}", PAUSES)
    assert land_one(home).state == "live"
    row = control(home).row(0, named=True)
    assert (row["coverage"], row["coverage_column"]) == ("full_within", "pause_start_date")
    assert (row["covers_from"], row["covers_to"]) == covers
    assert row["history"] == "events"
    put("billing/x_all.csv", PAUSES + "K2,2026-03-01,\n")
    assert codes(land_one(home)) == ["no_period"]


@pytest.mark.parametrize("history", ["segments", "events", "snapshot"])
def test_the_history_of_the_mapping_is_passed_on(home, put, add_mapping, history):
    add_mapping("own.yml", f"id: own\nextends: generic_plans_en\nhistory: {history}\n")
    put("billing/plans_20260331.csv", PLANS)
    land(home)
    assert control(home)["history"].to_list() == [history]


def test_coverage_may_differ_per_entity_of_one_file(home, put, add_mapping):
    add_mapping(
        "own.yml",
        """
id: own
files: ["people*.csv"]
exported_at: {file_time: true}
coverage: full
entities:
  - entity: crm.contacts
    columns: {contact_id: id, account_id: company}
  - entity: crm.accounts
    coverage: delta
    columns: {account_id: company, kind: {const: company}, name: company}
""",
    )
    put("crm/people.csv", "id,company\n1,A\n2,A\n3,B\n")
    land(home)
    rows = control(home).sort("entity").select("entity", "coverage", "rows_landed", "rows_repeated")
    assert rows.rows() == [("crm.accounts", "delta", 2, 1), ("crm.contacts", "full", 3, 0)]


# ── what is held ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.golden("G-41/held")
def test_C07_full_vs_delta(home, put):
    put("billing/plans_20260331.csv", many_plans(100))
    land(home)
    put("billing/plans_20260430.csv", many_plans(69))
    result = land_one(home, DAY.replace(month=5))
    assert (result.state, codes(result)) == ("held", ["row_drop"])
    assert result.problems[0].detail == "billing.plans: 100 → 69"
    assert live(home, "billing.plans").height == 100
    landing.accept(home, result.delivery_id, now=DAY)
    assert live(home, "billing.plans").height == 169


def test_a_drop_of_exactly_the_share_is_not_held(home, put):
    put("billing/plans_20260331.csv", many_plans(100))
    land(home)
    put("billing/plans_20260430.csv", many_plans(70))
    assert land_one(home, DAY.replace(month=5)).state == "live"


def test_the_share_is_policy(home, put):
    home = replace(home, rules=LandingRules(hold_row_drop_share=0.05))
    put("billing/plans_20260331.csv", many_plans(100))
    land(home)
    put("billing/plans_20260430.csv", many_plans(94))
    assert codes(land_one(home, DAY.replace(month=5))) == ["row_drop"]


def test_the_default_share_is_the_one_of_the_policy_block():
    policy = yaml.safe_load((PROJECT / "dbt" / "dbt_project.yml").read_text("utf-8"))["vars"]
    policy = policy.get("keizoku", policy)
    assert LandingRules().hold_row_drop_share == policy["hold_row_drop_share"]
    assert LandingRules().business_timezone == policy["business_timezone"]


def test_a_delta_may_be_as_short_as_it_likes(home, put, add_mapping):
    add_mapping("own.yml", "id: own\nextends: generic_plans_en\ncoverage: delta\n")
    put("billing/plans_20260331.csv", many_plans(100))
    put("billing/plans_20260430.csv", many_plans(1))
    assert [result.state for result in land(home)] == ["live", "live"]


def test_too_many_refused_rows_hold_the_file(home, put):
    rows = [f"P{number},x,{'many' if number < 10 else 1}" for number in range(30)]
    put("billing/plans_20260331.csv", plans(*rows))
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["quarantine_share"])
    assert landing.rejects(home).height == 0
    assert landing.rejects(home, result.delivery_id).height == 10


def test_C08_zero_byte(home, put):
    put("billing/plans_20260331.csv", "")
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["empty_file"])
    assert files_below(home.inbox) == ["billing/plans_20260331.csv"]


def test_C08_header_only(home, put):
    put("billing/subscription_pauses_20260331.csv", PAUSES.splitlines()[0] + "\n")
    result = land_one(home)
    assert result.state == "live"
    assert control(home)["rows_read"].to_list() == [0]


def test_C02_cut_inside_last_value(home, put):
    put("billing/plans_20260331.csv", PLANS.removesuffix("00\n"))
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["no_final_line_end"])
    assert live(home, "billing.plans").height == 0
    accepted = landing.accept(home, result.delivery_id, now=DAY)
    assert accepted.state == "live"
    assert live(home, "billing.plans")["list_price_native"].to_list()[-1] == Decimal("90")
    home.ledger.unlink()
    landing.reconcile(home)
    assert control(home)["rows_landed"].to_list() == [3]


def test_E02_remove_required(home, put):
    put("billing/plans_20260331.csv", "name,list_price_native\nLight,1\n")
    put("billing/subscription_pauses_20260331.csv", PAUSES)
    held, landed = land(home)
    assert (held.state, codes(held)) == ("held", ["missing_columns"])
    assert held.missing_headers == ("plan_id",)
    assert held.nearest_mapping == "generic_plans_en"
    # One broken source never stops the others.
    assert landed.state == "live"


def test_C09_wrong_source(home, put):
    accounts = "account_id,kind,name\nA1,company,あさひ\n"
    put("billing/subscriptions_20260331.csv", accounts)
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["wrong_source"])
    assert result.nearest_mapping == "generic_accounts_en"
    assert result.problems[0].detail == "≈ crm.accounts 3/3 (generic_accounts_en)"
    put("billing/subscriptions_20260331.csv", accounts)
    (home.inbox / "billing" / "subscriptions_20260331.csv").unlink()
    put("billing/accounts_20260331.csv", accounts)
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["wrong_source"])
    assert landing.accept(home, result.delivery_id, now=DAY).state == "live"


SUBSCRIPTIONS_JA = (
    "契約ID,開始日,終了日,請求先ID,単価,税込,通貨,請求間隔単位,請求間隔\n"
    "C1,2026/04/01,,K1,1000,0,JPY,月,1\n"
    "C2,2026/04/01,,K2,1000,0,JPY,月,1\n"
)


def test_E03_a_renamed_column_was_told_as_another_system_s_export(home, put, add_mapping):
    """A new user renamed one header and was sent to look for the right inbox folder."""
    renamed = SUBSCRIPTIONS_JA.replace("請求先ID", "顧客番号")
    put("billing/契約_20260331.csv", renamed)
    held = land_one(home)
    assert (held.state, codes(held)) == ("held", ["missing_columns", "renamed_header"])
    assert held.problems[0].detail == "請求先ID"
    assert held.problems[1].detail == (
        "請求先ID → 顧客番号 (1.00); billing_customer_id: {from: [請求先ID, 顧客番号]}"
    )
    # what `keizoku map` proposes accepts it, in the same feed
    proposal = landing.propose(home, home.inbox / "billing" / "契約_20260331.csv")
    assert (proposal.status, proposal.mapping_id) == ("renamed", "generic_subscriptions_ja")
    add_mapping("own.yml", yaml_text(proposal, "ja"))
    result = land_one(home)
    assert (result.state, result.feed_id) == ("live", "generic_subscriptions_ja")


def test_a_renamed_key_is_known_by_the_keys_of_the_last_delivery(home, put):
    put("billing/契約_20260331.csv", SUBSCRIPTIONS_JA)
    assert land_one(home).state == "live"
    put("billing/契約_20260430.csv", SUBSCRIPTIONS_JA.replace("契約ID", "あれ"))
    [held] = land(home)
    assert codes(held) == ["missing_columns", "renamed_header"]
    assert held.problems[1].detail == (
        "契約ID → あれ (0.00, keys 100%); contract_id: {from: [契約ID, あれ]}"
    )


def test_titles_above_the_header_were_told_as_missing_columns(home, put):
    put("billing/契約_20260331.csv", "契約一覧\n\n" + SUBSCRIPTIONS_JA)
    held = land_one(home)
    assert (held.state, codes(held)) == ("held", ["header_further_down"])
    assert held.problems[0].detail.startswith("header_row: 3 (契約ID, ")


def test_a_file_nobody_knows_stays_and_is_listed_with_the_nearest_mapping(home, put):
    put("billing/report.csv", "plan_id,price,memo\nA,1,x\n")
    result = land_one(home)
    assert (result.state, codes(result)) == ("unrecognised", ["unrecognised_file"])
    assert result.nearest_mapping == "generic_plans_en"
    assert result.missing_headers == ("name",)
    assert files_below(home.inbox) == ["billing/report.csv"]
    assert [one.state for one in landing.deliveries(home)] == ["unrecognised"]


def test_a_known_file_under_another_name_is_told_which_mapping_it_fits(home, put):
    put("billing/export1.csv", PLANS)
    result = land_one(home)
    assert (result.state, codes(result)) == ("unrecognised", ["unmatched_name"])
    assert result.nearest_mapping == "generic_plans_en"


def test_what_waits_is_asked_again_when_a_mapping_for_it_appears(home, put, add_mapping):
    put("billing/export1.csv", PLANS)
    land(home)
    add_mapping("own.yml", "id: own\nextends: generic_plans_en\nfiles: ['export*.csv']\n")
    assert land_one(home).state == "live"
    assert [one.state for one in landing.deliveries(home)] == ["live"]


def test_what_waits_is_forgotten_when_somebody_takes_it_away(home, put):
    put("billing/report.csv", "a,b\n1,2\n").unlink()
    put("billing/report2.csv", "a,b\n1,2\n")
    land(home)
    (home.inbox / "billing" / "report2.csv").unlink()
    assert land(home) == []
    assert landing.deliveries(home) == []


def test_two_mappings_that_fit_equally_are_not_guessed_between(home, put, add_mapping):
    for name in ("one", "two"):
        add_mapping(f"{name}.yml", f"id: {name}\nextends: generic_plans_en\n")
    put("billing/plans_20260331.csv", PLANS)
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["ambiguous_mapping"])
    assert result.problems[0].detail == "one, two"


def test_a_broken_mapping_makes_its_files_wait_and_no_others(home, put, add_mapping):
    add_mapping("own.yml", "id: own\nextends: generic_plans_en\nhistori: snapshot\n")
    put("billing/plans_20260331.csv", PLANS)
    put("billing/subscription_pauses_20260331.csv", PAUSES)
    refused, waiting, landed = land(home)
    assert (refused.file_name, codes(refused)) == ("own.yml", ["mapping_refused"])
    assert refused.problems[0].where == "own.yml: histori"
    assert (waiting.state, codes(waiting)) == ("held", ["mapping_refused"])
    assert landed.state == "live"
    add_mapping("own.yml", "id: own\nextends: generic_plans_en\nhistory: snapshot\n")
    assert (land_one(home).state, control(home).sort("entity")["history"][0]) == (
        "live",
        "snapshot",
    )


# ── forbidden data ──────────────────────────────────────────────────────────────────────────────


def everything_but_the_inbox(home: Home) -> bytes:
    return b"".join(
        path.read_bytes()
        for path in home.root.rglob("*")
        if path.is_file() and home.inbox not in path.parents
    )


@pytest.mark.parametrize(
    "cell",
    [
        "4111111111111111",
        "5555 5555 5555 4444",
        "3782-822463-10005",
        "３５３０１１１３３３３０００００",
        "カード番号は 6011111111111117 です",
        "30569309025904",
    ],
)
def test_G14_forbidden_data(home, put, cell):
    put(
        "crm/accounts_20260331.csv",
        f"account_id,kind,name,memo\nA1,person,x,ok\nA2,person,y,{cell}\n",
    )
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["card_number"])
    assert result.problems[0].where == "accounts_20260331.csv / 3 / memo"
    assert files_below(home.inbox) == ["crm/accounts_20260331.csv"]
    assert files_below(home.originals) == []
    kept = everything_but_the_inbox(home)
    assert cell.encode() not in kept
    assert "".join(filter(str.isdigit, cell)).encode() not in kept
    with pytest.raises(LandingRefused):
        landing.accept(home, result.delivery_id, now=DAY)


def test_a_card_number_is_found_in_a_cell_that_would_be_refused(home, put):
    put("billing/plans_20260331.csv", plans("A,Light,4111111111111111"))
    assert codes(land_one(home)) == ["card_number"]
    assert b"4111111111111111" not in everything_but_the_inbox(home)


def test_a_card_number_is_found_in_a_damaged_line(home, put):
    put("billing/plans_20260331.csv", PLANS + "D,Odd,1,4111111111111111,5\n")
    assert codes(land_one(home)) == ["card_number"]


@pytest.mark.parametrize(
    "cell",
    [
        "4111111111111112",  # wrong check digit
        "20260401123007",  # a compact time, right by chance
        "9784111111111114",  # a book
        "0120-123-4567-8901",
        "12345678901234567890123",
    ],
)
def test_other_long_numbers_are_no_card_numbers(home, put, cell):
    put("crm/accounts_20260331.csv", f"account_id,kind,name,memo\nA1,person,x,{cell}\n")
    assert land_one(home).state == "live"


def test_a_number_in_a_column_declared_as_an_id_is_no_card_number(home, put, add_mapping):
    content = "account_id,kind,name,legacy\n4111111111111111,person,x,5555555555554444\n"
    add_mapping("own.yml", "id: own\nextends: generic_accounts_en\nids: [legacy]\n")
    put("crm/accounts_20260331.csv", content)
    assert land_one(home).state == "live"


def test_verification_codes_are_held_by_their_header(home, put):
    put("crm/accounts_20260331.csv", "account_id,kind,name,CVV\nA1,person,x,123\n")
    assert codes(land_one(home)) == ["card_code"]
    put("crm/accounts_20260331.csv", "account_id,kind,name,Card CVC Status\nA1,person,x,pass\n")
    assert land_one(home).state == "live"


def test_my_numbers_are_held(home, put):
    # 123456789018 carries the check digit of the law.
    put(
        "crm/accounts_20260331.csv", "account_id,kind,name,マイナンバー\nA1,person,x,123456789018\n"
    )
    assert codes(land_one(home)) == ["my_number"]
    put("crm/accounts_20260331.csv", "account_id,kind,name,会員番号\nA1,person,x,123456789018\n")
    assert land_one(home).state == "live"


# ── odd things in the inbox ─────────────────────────────────────────────────────────────────────


def test_C10_symlink_fifo_device_dir_named_csv(home, put, tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_text(PLANS)
    folder = home.inbox / "billing"
    folder.mkdir()
    (folder / "plans_1.csv").symlink_to(outside)
    os.mkfifo(folder / "plans_2.csv")
    (folder / "plans_3.csv").mkdir()
    results = land(home)
    assert [codes(result) for result in results] == [["not_a_regular_file"]] * 3
    assert live(home, "billing.plans").height == 0


@pytest.mark.parametrize(
    "name",
    [
        "plans\n_20260331.csv",
        "plans\u202e_20260331.csv",
        "plans😀_20260331.csv",
        "plans_20260331" + "長" * 70 + ".csv",
        "plans_20260331;rm -rf.csv",
        "plans_20260331'\".csv",
    ],
)
def test_C11_odd_names(home, put, name):
    put(f"billing/{name}", PLANS)
    result = land_one(home)
    assert (result.state, result.file_name) == ("live", name)
    assert control(home)["file_name"].to_list() == [name]


def test_a_marker_beside_a_file_goes_along_with_it(home, put):
    put("billing/plans_20260331.csv", PLANS)
    put("billing/plans_20260331.csv.done", "")
    assert land_one(home).state == "live"
    assert files_below(home.inbox) == [
        ".done/2026-04-01/billing/plans_20260331.csv",
        ".done/2026-04-01/billing/plans_20260331.csv.done",
    ]


def test_unfinished_and_desktop_files_are_left_alone(home, put):
    for name in (".DS_Store", "plans.csv.part", "~$plans.xlsx", "Thumbs.db", "plans.csv.tmp"):
        put(f"billing/{name}", PLANS)
    assert land(home) == []


def test_a_file_in_the_inbox_itself_is_told_where_to_go(home, put):
    path = put("plans_20260331.csv", PLANS)
    assert codes(land_one(home)) == ["no_system_folder"]
    with pytest.raises(LandingRefused) as refused:
        landing.deliver(home, path, received_at=DAY)
    assert refused.value.problem.code == "not_in_inbox"


def test_what_cannot_be_stored_stays_in_the_inbox(home, put):
    home.originals.write_text("not a folder")
    put("billing/plans_20260331.csv", PLANS)
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["cannot_store"])
    assert files_below(home.inbox) == ["billing/plans_20260331.csv"]
    assert live(home, "billing.plans").height == 0
    home.originals.unlink()
    assert land_one(home).state == "live"


def test_a_file_that_changed_since_it_was_read_is_not_kept(tmp_path):
    source = tmp_path / "a.csv"
    source.write_text("changed")
    with pytest.raises(ChangedWhileRead):
        store(tmp_path / "originals", source, "0" * 64)
    assert files_below(tmp_path / "originals") == []


def test_a_reader_that_takes_too_long_holds_its_file_only(home, put):
    hasty = replace(home, rules=LandingRules(worker_seconds=0.01))
    put("billing/plans_20260331.csv", PLANS)
    assert codes(land_one(hasty)) == ["took_too_long"]
    assert land_one(home).state == "live"


def test_a_reader_that_dies_holds_its_file_only(home, put):
    poor = replace(home, rules=LandingRules(worker_memory_bytes=64 * 1024**2))
    put("billing/plans_20260331.csv", PLANS)
    assert codes(land_one(poor)) in (["reader_died"], ["reader_failed"])
    assert land_one(home).state == "live"


# ── people's decisions ──────────────────────────────────────────────────────────────────────────


def test_a_withdrawn_delivery_stops_counting_and_can_come_back(home, put):
    put("billing/plans_20260331.csv", PLANS)
    delivery_id = land_one(home).delivery_id
    withdrawn = landing.withdraw(home, delivery_id, "test data", now=DAY)
    assert (withdrawn.state, codes(withdrawn)) == ("withdrawn", ["withdrawn"])
    assert withdrawn.problems[0].detail == "test data"
    assert live(home, "billing.plans").height == 0
    assert control(home).height == 0
    assert len(files_below(home.landed / "billing__plans" / "withdrawn")) == 1
    put("billing/plans_20260331.csv", PLANS)
    again = land_one(home)
    assert (again.state, again.notes[0].detail) == ("repeated", "plans_20260331.csv (withdrawn)")
    assert landing.accept(home, delivery_id, now=DAY).state == "live"
    assert live(home, "billing.plans").height == 3


def test_decisions_outlive_the_ledger(home, put):
    put("billing/plans_20260331.csv", many_plans(100))
    put("billing/plans_20260430.csv", many_plans(10))
    put("billing/subscription_pauses_20260331.csv", PAUSES)
    first, second, pauses = land(home)
    landing.accept(home, second.delivery_id, now=DAY)
    landing.withdraw(home, pauses.delivery_id, "wrong", now=DAY)
    before = {one.delivery_id: one.state for one in landing.deliveries(home)}
    home.ledger.unlink()
    shutil.rmtree(home.landed)
    shutil.rmtree(home.quarantine)
    landing.reconcile(home)
    after = {one.delivery_id: one.state for one in landing.deliveries(home)}
    assert before == after == {
        first.delivery_id: "live",
        second.delivery_id: "live",
        pauses.delivery_id: "withdrawn",
    }  # fmt: skip


@pytest.mark.parametrize("ask", ["accept", "withdraw"])
def test_a_delivery_that_is_not_there_cannot_be_decided_about(home, ask):
    with pytest.raises(LandingRefused) as refused:
        if ask == "accept":
            landing.accept(home, "0123456789abcdef", now=DAY)
        else:
            landing.withdraw(home, "0123456789abcdef", "x", now=DAY)
    assert refused.value.problem.code == "unknown_delivery"


# ── a changed mapping ───────────────────────────────────────────────────────────────────────────


def test_a_changed_mapping_reads_again_only_what_it_concerns(home, put, add_mapping):
    add_mapping("own.yml", "id: own\nextends: generic_plans_en\n")
    put("billing/plans_20260331.csv", PLANS)
    put("billing/subscription_pauses_20260331.csv", PAUSES)
    first, pauses = land(home)
    add_mapping(
        "own.yml",
        "id: own\nextends: generic_plans_en\nentities:\n  - entity: billing.plans\n"
        "    columns: {currency: {const: JPY}}\n",
    )
    again = land_one(home, DAY.replace(day=9))
    assert again.state == "live"
    assert again.delivery_id != first.delivery_id
    # It is still the delivery that arrived on the first.
    assert again.received_at == first.received_at
    assert live(home, "billing.plans")["currency"].to_list() == ["JPY"] * 3
    states = {one.delivery_id: one.state for one in landing.deliveries(home)}
    assert states == {
        first.delivery_id: "remapped",
        again.delivery_id: "live",
        pauses.delivery_id: "live",
    }
    assert land(home) == []


def test_going_back_to_the_mapping_before_gives_the_delivery_before(home, put, add_mapping):
    text = "id: own\nextends: generic_plans_en\n"
    add_mapping("own.yml", text)
    put("billing/plans_20260331.csv", PLANS)
    first = land_one(home)
    add_mapping("own.yml", text + "coverage: delta\n")
    land(home)
    add_mapping("own.yml", text)
    assert land_one(home).delivery_id == first.delivery_id
    assert control(home)["coverage"].to_list() == ["full"]
    assert live(home, "billing.plans").height == 3


def test_a_delivery_the_changed_mapping_cannot_read_stays_as_it_was(home, put, add_mapping):
    add_mapping("own.yml", "id: own\nextends: generic_plans_en\n")
    put("billing/plans_20260331.csv", PLANS)
    land(home)
    add_mapping(
        "own.yml",
        "id: own\nextends: generic_plans_en\nentities:\n  - entity: billing.plans\n"
        "    columns: {name: {from: 商品名}}\n",
    )
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["missing_columns", "renamed_header"])
    assert live(home, "billing.plans").height == 3


def test_a_changed_mapping_can_free_what_it_held(home, put, add_mapping):
    text = (
        "id: own\nextends: generic_plans_en\n"
        "exported_at: {file_name: 'x(\\d{8})', format: '%Y%m%d'}\n"
    )
    add_mapping("own.yml", text)
    put("billing/plans_20260331.csv", PLANS)
    assert land_one(home).state == "held"
    add_mapping("own.yml", text.replace("x(", "("))
    assert land_one(home).state == "live"
    assert live(home, "billing.plans").height == 3


# ── crash and recovery ──────────────────────────────────────────────────────────────────────────

LAND = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from sources import landing
home = landing.Home(Path(sys.argv[1]), sys.argv[2].encode())
landing.land_inbox(home, now=datetime(2026, 4, 2, 1, 0, tzinfo=UTC))
"""
WITHDRAW = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from sources import landing
home = landing.Home(Path(sys.argv[1]), sys.argv[2].encode())
first = landing.deliveries(home)[0]
landing.withdraw(home, first.delivery_id, "wrong", now=datetime(2026, 4, 2, tzinfo=UTC))
"""


def run_child(home: Home, script: str, fault_at: str | None) -> int:
    done = subprocess.run(
        [sys.executable, "-c", script, str(home.root), home.secret.decode()],
        cwd=PROJECT,
        env=os.environ | ({"FAULT_AT": fault_at} if fault_at else {}),
        capture_output=True,
        timeout=120,
    )
    return done.returncode


def everything_that_counts(home: Home) -> dict:
    """What must be the same whatever happened on the way."""
    with sqlite3.connect(home.ledger) as connection:
        ledger = connection.execute(
            "select delivery_id, feed_id, file_name, exported_at, received_at, state, problems"
            " from deliveries order by delivery_id"
        ).fetchall()
    live_files = sorted(
        path.relative_to(home.landed).as_posix() for path in home.landed.glob("*/*/*.parquet")
    )
    return {
        "ledger": ledger,
        "files": live_files,
        "plans": live(home, "billing.plans").rows(),
        "pauses": live(home, "billing.subscription_pauses").rows(),
        "deliveries": control(home).sort("delivery_id").rows(),
        "quarantine": control(home, "control__quarantine").sort("delivery_id", "source_row").rows(),
        "inbox": files_below(home.inbox),
        "originals": [name for name in files_below(home.originals) if not name.endswith(".new")],
        "quarantine files": files_below(home.quarantine),
    }


@pytest.fixture
def company(home, put) -> Callable[[], Home]:
    """A home with one delivery counted, and in its inbox a correction of it and another file."""
    put("billing/plans_20260331.csv", PLANS)
    land(home)
    put(
        "billing/plans_20260331.csv",
        plans("A,Light,1100", "B,Standard,3000", "C,Pro,9000", "D,x,?"),
    )
    put("billing/subscription_pauses_20260331.csv", PAUSES)
    return home


@pytest.fixture
def unbroken(company, tmp_path) -> dict:
    twin = Home(tmp_path / "twin", company.secret)
    shutil.copytree(company.root, twin.root)
    assert run_child(twin, LAND, None) == 0
    return everything_that_counts(twin)


@pytest.mark.parametrize(
    "step",
    [
        "ledger_committed",
        *(
            pytest.param(step, marks=pytest.mark.slow)
            for step in (
                "aside_written",
                "original_written",
                "receipt_written",
                "parquet_placed",
                "inbox_moved",
                "control_written",
            )
        ),
    ],
)
def test_A01_kill_each_step(company, unbroken, step):
    assert run_child(company, LAND, step) == -9
    assert run_child(company, LAND, None) == 0
    assert everything_that_counts(company) == unbroken


@pytest.mark.parametrize("step", ["decision_written", "ledger_committed", "control_written"])
def test_a_decision_cut_short_is_carried_out_by_the_next_run(home, put, step):
    put("billing/plans_20260331.csv", PLANS)
    land(home)
    assert run_child(home, WITHDRAW, step) == -9
    assert land(home) == []
    assert [one.state for one in landing.deliveries(home)] == ["withdrawn"]
    assert live(home, "billing.plans").height == 0
    assert control(home).height == 0


def test_A12_lost_everything_but_raw(company, unbroken):
    land(company, DAY.replace(day=2))
    company.ledger.unlink()
    shutil.rmtree(company.landed)
    shutil.rmtree(company.quarantine)
    put_right = landing.reconcile(company)
    assert len(put_right) == 3
    assert everything_that_counts(company) == unbroken


def test_parquet_that_is_gone_is_made_again(home, put):
    put("billing/plans_20260331.csv", PLANS)
    land(home)
    before = live(home, "billing.plans")
    shutil.rmtree(home.landed / "billing__plans")
    assert len(landing.reconcile(home)) == 1
    assert live(home, "billing.plans").equals(before)


def test_a_file_in_live_that_no_delivery_knows_is_removed(home, put):
    put("billing/plans_20260331.csv", PLANS)
    land(home)
    folder = home.landed / "billing__plans" / "live"
    known = next(folder.glob("*-*.parquet"))
    shutil.copy(known, folder / "0123456789abcdef-0123456789abcdef.parquet")
    assert landing.reconcile(home) == [
        "removed billing__plans/live/0123456789abcdef-0123456789abcdef.parquet"
    ]
    assert live(home, "billing.plans").height == 3


def test_A10_corrupt_raw(home, put):
    put("billing/plans_20260331.csv", PLANS)
    sha = land_one(home).content_sha256
    (home.originals / sha[:2] / sha).write_text(PLANS.replace("9000", "9"))
    home.ledger.unlink()
    shutil.rmtree(home.landed)
    result = land_one(home)
    assert (result.state, codes(result)) == ("held", ["original_damaged"])
    assert live(home, "billing.plans").height == 0


def test_a_live_delivery_whose_rows_cannot_be_had_any_more_stops_counting(home, put):
    # A full delivery listed without its rows would say that every record was deleted.
    put("billing/plans_20260331.csv", PLANS)
    sha = land_one(home).content_sha256
    original = home.originals / sha[:2] / sha
    kept = original.read_bytes()
    original.unlink()
    shutil.rmtree(home.landed)
    assert codes(land_one(home)) == ["original_damaged"]
    assert control(home).height == 0
    # Given back, it counts again.
    original.write_bytes(kept)
    landing.reconcile(home)
    assert control(home).height == 1
    assert live(home, "billing.plans").height == 3


def test_every_reason_that_is_given_has_its_words():
    given = set()
    for path in (PROJECT / "sources").glob("*.py"):
        given |= set(re.findall(r'(?:Finding|_refused|_hit)\(\s*"(\w+)"', path.read_text("utf-8")))
    assert len(given) > 20
    assert given <= reasons().keys()


# ── looking without storing ─────────────────────────────────────────────────────────────────────


def test_check_says_what_would_happen_and_stores_nothing(home, tmp_path):
    file = tmp_path / "billing" / "plans_20260331.csv"
    file.parent.mkdir()
    file.write_text(PLANS + "D,Odd,many\n")
    checked = landing.check(home, file)
    assert checked.result.state == "live"
    assert checked.result.feed_id == "generic_plans_en"
    assert checked.result.entities[0].rows_quarantined == 1
    assert [(cell["source_row"], cell["reason_code"]) for cell in checked.quarantine] == [
        (5, "unreadable_number")
    ]
    assert files_below(home.root) == []


def test_check_with_a_mapping_that_is_not_in_the_home_yet(home, tmp_path):
    file = tmp_path / "export.csv"
    file.write_text(PLANS)
    own = tmp_path / "own.yml"
    own.write_text("id: own\nextends: generic_plans_en\nfiles: ['*.csv']\ncoverage: delta\n")
    assert landing.check(home, file).result.state == "unrecognised"
    checked = landing.check(home, file, own)
    assert (checked.result.state, checked.result.feed_id) == ("live", "own")
    assert landing.check(home, file, "generic_plans_en").result.feed_id == "generic_plans_en"
    with pytest.raises(LandingRefused) as refused:
        landing.check(home, file, "generic_plan_en")
    assert refused.value.problem.code == "unknown_mapping"


def test_a_negative_price_became_a_free_contract_without_a_word(home, tmp_path):
    file = tmp_path / "billing" / "subscriptions_20260331.csv"
    file.parent.mkdir()
    file.write_text(
        "contract_id,segment_start_date,billing_customer_id,unit_price_native,price_includes_tax,"
        "currency,interval_unit,interval_count\n"
        "A,2026-01-01,C1,1000,false,JPY,month,1\n"
        "B,2026-01-01,C2,▲3000,false,JPY,month,1\n"
        "C,2026-01-01,C3,0,false,JPY,month,1\n",
        encoding="utf-8",
    )
    checked = landing.check(home, file)
    [refused] = checked.quarantine
    assert (refused["source_row"], refused["reason_code"]) == (3, "negative_number")
    [counts] = checked.result.entities
    assert (counts.rows_landed, counts.rows_quarantined) == (2, 1)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("id: ours\nfiles: x*.csv\nentities: {billing.subscription: {}}\n", "entities"),
        ("id: ours\nfile: x*.csv\n", "file"),
        ("id: [ours\n", ""),
    ],
    ids=["no_such_entity", "no_such_key", "no_yaml"],
)
def test_a_mistake_in_the_mapping_given_to_check_was_an_unexpected_error(home, tmp_path, text, key):
    source = tmp_path / "elsewhere" / "accounts_20260401.csv"
    source.parent.mkdir()
    source.write_text("a\n1\n", encoding="utf-8")
    mapping = tmp_path / "ours.yml"
    mapping.write_text(text, encoding="utf-8")
    [problem] = landing.check(home, source, mapping).result.problems
    assert problem.code == "mapping_wrong"
    assert problem.where.startswith(f"ours.yml: {key}")


def test_check_sees_a_drop_against_what_has_landed(home, put, tmp_path):
    put("billing/plans_20260331.csv", many_plans(100))
    land(home)
    file = tmp_path / "billing" / "plans_20260430.csv"
    file.parent.mkdir()
    file.write_text(many_plans(10))
    assert codes(landing.check(home, file).result) == ["row_drop"]


# ── formats ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("cp932"),
        lambda text: text.encode("utf-16"),
    ],
    ids=["utf-8", "bom", "cp932", "utf-16"],
)
def test_D01_every_encoding_lands_the_same_rows(home, put, encode):
    text = "プランID,プラン名,定価\nA,ライト①,￥1,000\n".replace("￥1,000", '"￥1,000"')
    headers = [column.ja for column in entities()["billing.plans"].columns][:2]
    text = text.replace("プランID,プラン名", ",".join(headers)).replace("定価", price_header())
    put("billing/プラン_20260331.csv", encode(text))
    result = land_one(home)
    assert (result.state, result.feed_id) == ("live", "generic_plans_ja")
    assert live(home, "billing.plans").select("plan_id", "name", "list_price_native").rows() == [
        ("A", "ライト①", Decimal("1000"))
    ]


def price_header() -> str:
    return entities()["billing.plans"].column("list_price_native").ja


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "plans_20260331.json",
            '[{"plan_id": "A", "name": "Light", "list_price_native": 1000.50}]',
        ),
        (
            "plans_20260331.json",
            '{"plans": [{"plan_id": "A", "name": "Light", "list_price_native": "1000.50"}]}',
        ),
        (
            "plans_20260331.jsonl",
            '{"plan_id": "A", "name": "Light", "list_price_native": 1000.50}\n',
        ),
        ("plans_20260331.tsv", "plan_id\tname\tlist_price_native\nA\tLight\t1000.50\n"),
    ],
)
def test_text_formats_go_by_their_extension(home, put, name, content):
    put(f"billing/{name}", content)
    assert land_one(home).state == "live"
    rows = live(home, "billing.plans").select("plan_id", "list_price_native").rows()
    assert rows == [("A", Decimal("1000.50"))]


def test_parquet_and_zip_go_by_their_extension(home, put, tmp_path):
    frame = pl.DataFrame({"plan_id": ["A"], "name": ["Light"], "list_price_native": [1000]})
    (home.inbox / "billing").mkdir()
    frame.write_parquet(home.inbox / "billing" / "plans_20260331.parquet")
    with zipfile.ZipFile(home.inbox / "billing" / "plans_20260430.zip", "w") as archive:
        archive.writestr("export/plans.csv", PLANS)
    states = [(result.file_name, result.state) for result in land(home)]
    assert states == [("plans_20260331.parquet", "live"), ("plans_20260430.zip", "live")]
    assert live(home, "billing.plans")["source_sheet"].unique().sort().to_list() == [
        None,
        "export/plans.csv",
    ]


def test_problems_are_said_in_both_languages(home, put):
    put("billing/plans_20260331.csv", "")
    problem = land_one(home).problems[0]
    assert all((problem.where, problem.ja, problem.en, problem.remedy_ja, problem.remedy_en))
