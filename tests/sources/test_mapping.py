"""Mappings: what their YAML may say, and what becomes of the rows they read."""

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.catalogue import choose, load_catalogue, read_mapping
from sources.conversion import Converted, DeliveryFacts, convert, record_key, record_keys
from sources.entities import entities
from sources.files import TextSheet
from sources.mapping import Mapping, MappingRefused, build_mapping, merge, read_yaml

FACTS = DeliveryFacts(
    delivery_id="d1",
    source_system="billing",
    file_name="keiyaku_20260331.csv",
    exported_at=datetime.fromisoformat("2026-03-31T14:59:59"),
    business_timezone="Asia/Tokyo",
    secret=b"secret",
)

CONTRACTS = """
id: contracts
files: ["keiyaku*.csv"]
coverage: full
entities:
  - entity: billing.subscriptions
    columns:
      contract_id: {from: [契約番号, 契約ID]}
      segment_start_date: {from: 開始日, formats: ["%Y/%m/%d"]}
      segment_end_date: {from: 契約終了日, formats: ["%Y/%m/%d"], end: inclusive}
      billing_customer_id: 顧客番号
      unit_price_native: 金額
      price_includes_tax: {const: "false"}
      currency: {const: JPY}
      interval_unit: {const: month}
      interval_count: {const: "1"}
      status: {from: 状態, values: {有効: active, 解約: cancelled}}
"""
HEADERS = ["契約番号", "開始日", "契約終了日", "顧客番号", "金額", "状態"]
GOOD = ["K1", "2026/04/01", "2027/03/31", "C1", "￥10,000", "有効"]


@pytest.fixture
def mapping(tmp_path):
    def read(text: str, name: str = "contracts.yml") -> Mapping:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_mapping(path, "Asia/Tokyo").mapping

    return read


def sheet(headers: list[str], *rows: list[str | None], **facts) -> TextSheet:
    frame = pl.DataFrame(
        {header: [row[i] for row in rows] for i, header in enumerate(headers)},
        schema={header: pl.String for header in headers},
    ).with_columns(pl.int_range(2, 2 + len(rows), dtype=pl.Int64).alias("source_row"))
    damaged = facts.pop("damaged", None)
    if damaged is None:
        damaged = pl.DataFrame(
            schema={
                "source_row": pl.Int64,
                "raw": pl.String,
                "reason": pl.String,
                "detail": pl.String,
            }
        )
    return TextSheet(facts.get("sheet"), facts.get("member"), frame, damaged, "utf-8")


def converted(mapping: Mapping, *sheets: TextSheet, facts: DeliveryFacts = FACTS) -> Converted:
    return convert(mapping, sheets, facts)[0]


# ── rows ────────────────────────────────────────────────────────────────────────────────────────


def test_an_open_contract_lands_typed_with_its_defaults_and_lineage(mapping):
    part = converted(
        mapping(CONTRACTS), sheet(HEADERS, ["K1", "2026/04/01", None, "C1", "￥10,000", "有効"])
    )
    assert list(part.landed.schema.items()) == list(
        entities()["billing.subscriptions"].landed_schema().items()
    )
    row = part.landed.row(0, named=True)
    assert row["contract_id"] == "K1"
    assert row["line_id"] == "1"
    assert row["segment_start_date"] == date(2026, 4, 1)
    assert row["segment_end_excl"] is None
    assert row["quantity"] == Decimal("1.000000")
    assert row["unit_price_native"] == Decimal("10000.000000")
    assert row["price_includes_tax"] is False
    assert row["status"] == "active"
    assert row["source_system"] == "billing"
    assert row["delivery_id"] == "d1"
    assert row["source_sheet"] is None
    assert row["source_row"] == 2
    assert row["is_tombstone"] is False
    assert row["extra"] is None


def test_an_inclusive_end_of_a_contract_lands_as_the_day_after(mapping):
    part = converted(mapping(CONTRACTS), sheet(HEADERS, GOOD))
    assert part.landed["segment_end_excl"].to_list() == [date(2027, 4, 1)]


def test_an_exclusive_end_of_a_contract_lands_as_it_is(mapping):
    text = CONTRACTS.replace("end: inclusive", "end: exclusive")
    part = converted(mapping(text), sheet(HEADERS, GOOD))
    assert part.landed["segment_end_excl"].to_list() == [date(2027, 3, 31)]


def test_a_computed_cell_that_is_blank_did_not_get_the_default(mapping):
    text = CONTRACTS + '      quantity: {expr: "number(席数)"}\n'
    part = converted(mapping(text), sheet([*HEADERS, "席数"], [*GOOD, None], [*GOOD, "3"]))
    assert part.landed["quantity"].to_list() == [Decimal("1"), Decimal("3")]


def test_other_ends_land_inclusive_whatever_was_sent(mapping):
    pauses = """
id: pauses
files: ["pauses*.csv"]
entities:
  - entity: billing.subscription_pauses
    columns:
      contract_id: id
      pause_start_date: from
      pause_end_date: {from: until, end: exclusive}
"""
    part = converted(
        mapping(pauses), sheet(["id", "from", "until"], ["K1", "2026-02-01", "2026-03-01"])
    )
    assert part.landed["pause_end_date"].to_list() == [date(2026, 2, 28)]


def test_an_exclusive_end_that_is_computed_is_treated_the_same(mapping):
    text = CONTRACTS.replace(
        '{from: 契約終了日, formats: ["%Y/%m/%d"], end: inclusive}',
        "{expr: \"if(状態 = '解約', date_of(exported_at), null)\", end: exclusive}",
    )
    rows = (GOOD, ["K2", "2026/01/01", None, "C2", "1", "解約"])
    part = converted(mapping(text), sheet(HEADERS, *rows))
    assert part.landed["segment_end_excl"].to_list() == [None, date(2026, 3, 31)]


def test_the_second_spelling_of_a_header_is_read_too(mapping):
    headers = ["契約ID", *HEADERS[1:]]
    assert converted(mapping(CONTRACTS), sheet(headers, GOOD)).landed["contract_id"][0] == "K1"


def test_a_header_declared_with_its_line_break_was_not_found(mapping):
    text = CONTRACTS.replace("契約番号, 契約ID", '"契約\\n番号"').replace("状態", "契約　　状態")
    headers = ["契約 番号", *HEADERS[1:5], "契約 状態"]
    assert converted(mapping(text), sheet(headers, GOOD)).landed["contract_id"][0] == "K1"


def test_a_bad_cell_sends_its_whole_row_to_quarantine_and_no_other(mapping):
    bad = ["K2", "2026/02/29", None, "C2", "10,000円也", "休会"]
    part = converted(mapping(CONTRACTS), sheet(HEADERS, GOOD, bad))
    assert part.landed["contract_id"].to_list() == ["K1"]
    assert (part.rows_read, part.rows_landed, part.rows_quarantined) == (2, 1, 1)
    cells = part.quarantine.select("source_row", "column_name", "raw_value", "reason_code").rows()
    assert cells == [
        (3, "開始日", "2026/02/29", "no_such_date"),
        (3, "金額", "10,000円也", "unreadable_number"),
        (3, "状態", "休会", "unknown_value"),
    ]


def test_the_quarantine_keeps_the_whole_row(mapping):
    bad = ["K2", "x", None, "C2", "1", "有効"]
    part = converted(mapping(CONTRACTS), sheet(HEADERS, bad))
    assert part.quarantine["raw_row"].to_list() == [
        '{"契約番号":"K2","状態":"有効","金額":"1","開始日":"x","顧客番号":"C2"}'
    ]


def test_a_personal_cell_is_masked_in_the_list_of_refused_cells(mapping):
    contacts = """
id: people
files: ["people*.csv"]
entities:
  - entity: crm.accounts
    columns:
      account_id: id
      kind: {const: person}
      name: name
      birth_date: born
"""
    part = converted(mapping(contacts), sheet(["id", "name", "born"], ["1", "山田花子", "昔"]))
    assert part.quarantine["raw_value"].to_list() == ["***"]


def test_a_row_repeated_in_the_file_lands_once_and_is_counted(mapping):
    part = converted(mapping(CONTRACTS), sheet(HEADERS, GOOD, GOOD, GOOD))
    assert (part.rows_read, part.rows_landed, part.rows_repeated) == (3, 1, 2)
    assert part.landed["source_row"].to_list() == [2]


def test_the_same_key_with_other_content_lands_twice(mapping):
    other = [*GOOD[:4], "￥12,000", "有効"]
    part = converted(mapping(CONTRACTS), sheet(HEADERS, GOOD, other))
    assert (part.rows_landed, part.rows_repeated) == (2, 0)
    assert part.landed["record_key"].n_unique() == 1
    assert part.landed["source_row"].to_list() == [2, 3]


def test_a_row_that_differs_only_in_a_column_nobody_mapped_is_not_a_repetition(mapping):
    headers = [*HEADERS, "備考"]
    part = converted(mapping(CONTRACTS), sheet(headers, [*GOOD, "a"], [*GOOD, "b"]))
    assert (part.rows_landed, part.rows_repeated) == (2, 0)


def test_columns_no_mapping_names_are_kept_as_sorted_json(mapping):
    headers = [*HEADERS, "備考", "Memo"]
    part = converted(
        mapping(CONTRACTS),
        sheet(headers, [*GOOD, '言った "言わない"', "x"], [*GOOD, None, None]),
    )
    assert part.landed["extra"].to_list() == ['{"Memo":"x","備考":"言った \\"言わない\\""}', None]


def test_damaged_lines_are_counted_once_with_the_first_entity(mapping):
    two = """
id: both
files: ["x*.csv"]
entities:
  - entity: billing.billing_customers
    columns: {billing_customer_id: id}
  - entity: crm.accounts
    columns: {account_id: id, kind: {const: company}, name: name}
"""
    damaged = pl.DataFrame(
        {"source_row": [4], "raw": ["1,2,3"], "reason": ["ragged_row"], "detail": ["2 / 3"]}
    )
    file = sheet(["id", "name"], ["1", "A"], ["2", "B"], damaged=damaged)
    customers, accounts = convert(mapping(two), [file], FACTS)
    assert (customers.rows_read, customers.rows_quarantined, customers.rows_landed) == (3, 1, 2)
    assert (accounts.rows_read, accounts.rows_quarantined, accounts.rows_landed) == (2, 0, 2)
    assert customers.quarantine["raw_row"].to_list() == ["1,2,3"]
    assert customers.quarantine["column_name"].to_list() == [None]


def test_rows_a_condition_leaves_out_are_counted_as_filtered(mapping):
    cancels = """
id: cancels
files: ["x*.csv"]
entities:
  - entity: billing.cancel_requests
    when: "number(残り) = 0"
    columns: {contract_id: 契約, requested_at: {expr: exported_at}}
"""
    part = converted(
        mapping(cancels), sheet(["契約", "残り"], ["K1", "0"], ["K2", "3"], ["K3", "?"])
    )
    assert (part.rows_read, part.rows_landed, part.rows_filtered) == (3, 1, 1)
    # Whether the third counts cannot be told, so it is not dropped.
    assert part.rows_quarantined == 1
    assert part.quarantine.select("source_row", "reason_code").rows() == [(4, "unreadable_number")]
    assert part.landed["requested_at"].to_list() == [datetime.fromisoformat("2026-03-31T14:59:59")]


def test_a_notice_of_deletion_needs_nothing_but_its_key(mapping):
    text = CONTRACTS.replace(
        "coverage: full", "coverage: delta\ntombstone: {column: 削除, values: ['1']}"
    )
    gone = ["K9", "2026/04/01", None, None, None, None, "1"]
    part = converted(mapping(text), sheet([*HEADERS, "削除"], [*GOOD, "0"], gone))
    assert part.landed.select("contract_id", "is_tombstone").rows() == [("K1", False), ("K9", True)]
    keyless = [None, "2026/04/01", None, None, None, None, "1"]
    assert converted(mapping(text), sheet([*HEADERS, "削除"], keyless)).rows_quarantined == 1


def test_one_of_two_columns_must_be_filled(mapping):
    discounts = """
id: discounts
files: ["d*.csv"]
entities:
  - entity: billing.subscription_discounts
    columns: {contract_id: id, discount_id: d, percent: p, amount_native: a, start_date: s}
"""
    rows = (["K1", "D1", "10", None, "2026-01-01"], ["K2", "D2", None, None, "2026-01-01"])
    part = converted(mapping(discounts), sheet(["id", "d", "p", "a", "s"], *rows))
    assert part.rows_landed == 1
    assert part.quarantine.select("source_row", "column_name", "reason_code").rows() == [
        (3, "p | a", "missing_required")
    ]


def test_minor_units_are_divided_by_the_digits_of_each_rows_currency(mapping):
    payments = """
id: pay
files: ["p*.csv"]
entities:
  - entity: billing.payments
    columns:
      payment_id: id
      paid_date: day
      amount_native: {from: amount, unit: minor}
      currency: currency
"""
    rows = (["1", "2026-01-31", "1000", "jpy"], ["2", "2026-01-31", "1000", "usd"])
    part = converted(mapping(payments), sheet(["id", "day", "amount", "currency"], *rows))
    assert part.landed["amount_native"].to_list() == [Decimal("1000"), Decimal("10")]
    assert part.landed["currency"].to_list() == ["JPY", "USD"]


def test_times_of_the_file_become_utc_and_dates_local(mapping):
    payments = """
id: pay
files: ["p*.csv"]
timezone: UTC
entities:
  - entity: billing.payments
    columns:
      payment_id: id
      paid_date: at
      amount_native: amount
      currency: {const: JPY}
      source_updated_at: at
"""
    part = converted(
        mapping(payments), sheet(["id", "at", "amount"], ["1", "2026-03-31 15:00:00", "1"])
    )
    assert part.landed["paid_date"].to_list() == [date(2026, 4, 1)]
    updated_at = part.landed["source_updated_at"].to_list()
    assert updated_at == [datetime.fromisoformat("2026-03-31T15:00:00")]


def test_cells_declared_blank_are_blank(mapping):
    text = CONTRACTS.replace("coverage: full", 'coverage: full\nblanks: ["-"]')
    row = [*GOOD[:2], "-", *GOOD[3:]]
    part = converted(mapping(text), sheet(HEADERS, row))
    assert part.landed["segment_end_excl"].to_list() == [None]


def test_two_blocks_of_one_entity_emit_their_rows_together(mapping):
    wide = """
id: wide
files: ["w*.csv"]
entities:
  - entity: billing.invoice_lines
    columns: &line
      invoice_id: no
      line_no: {const: "1"}
      line_type: {const: recurring}
      amount_native: base
  - entity: billing.invoice_lines
    when: "options is not null"
    columns:
      invoice_id: no
      line_no: {const: "2"}
      line_type: {const: oneoff}
      amount_native: options
"""
    file = sheet(["no", "base", "options"], ["I1", "100", "20"], ["I2", "100", None])
    (part,) = convert(mapping(wide), [file], FACTS)
    assert (part.rows_read, part.rows_landed, part.rows_filtered) == (4, 3, 1)
    assert part.landed.select("invoice_id", "line_no", "amount_native").rows() == [
        ("I1", 1, Decimal("100")),
        ("I2", 1, Decimal("100")),
        ("I1", 2, Decimal("20")),
    ]


def test_members_of_a_zip_say_where_their_rows_stand(mapping):
    first = sheet(HEADERS, GOOD, member="a.csv")
    second = sheet(HEADERS, ["K2", *GOOD[1:]], member="b.xlsx", sheet="契約")
    part = converted(mapping(CONTRACTS), first, second)
    assert part.landed["source_sheet"].to_list() == ["a.csv", "b.xlsx:契約"]


def test_a_file_without_rows_lands_nothing(mapping):
    part = converted(mapping(CONTRACTS), sheet(HEADERS))
    assert (part.rows_read, part.rows_landed) == (0, 0)
    assert part.landed.schema == entities()["billing.subscriptions"].landed_schema()


CELLS = st.none() | st.text(max_size=12) | st.sampled_from(["K1", "2026/04/01", "1,000", "有効"])


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=8))
def test_D17_whatever_the_cells_hold_every_row_is_accounted_for(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("mapping") / "contracts.yml"
    path.write_text(CONTRACTS, encoding="utf-8")
    part = converted(read_mapping(path, "Asia/Tokyo").mapping, sheet(HEADERS, *rows))
    accounted = part.rows_landed + part.rows_quarantined + part.rows_repeated
    assert part.rows_read == len(rows) == accounted
    assert part.quarantine["source_row"].n_unique() == part.rows_quarantined


# ── rows that inherit, lists, refusals ──────────────────────────────────────────────────────────

STACKED = """
id: stacked
files: ["x*.csv"]
carry: {when: "種類 = '請求書'", columns: [番号, 日付], number: 行}
entities:
  - entity: billing.invoices
    when: "種類 = '請求書'"
    columns:
      invoice_id: 番号
      billing_customer_id: 取引先
      issue_date: 日付
      total_native: 金額
      currency: {const: JPY}
  - entity: billing.invoice_lines
    when: "種類 = '品目'"
    refuse: "種類 not in ('請求書', '品目')"
    columns:
      invoice_id: 番号
      line_no: 行
      line_type: {const: recurring}
      amount_native: 金額
      service_start_date: 日付
"""
STACKED_HEADERS = ["種類", "番号", "取引先", "日付", "金額"]


def stacked(mapping: Mapping, *rows: list[str | None], **facts) -> tuple[Converted, Converted]:
    invoices, lines = convert(mapping, [sheet(STACKED_HEADERS, *rows, **facts)], FACTS)
    return invoices, lines


def test_rows_below_take_the_cells_of_the_row_above_and_are_numbered(mapping):
    invoices, lines = stacked(
        mapping(STACKED),
        ["請求書", "S1", "C1", "2026-03-31", "3300"],
        ["品目", None, None, " ", "1000"],
        ["品目", None, None, "2026-02-01", "2000"],
        ["請求書", "S2", "C2", "2026-04-30", "550"],
        ["品目", None, None, None, "500"],
    )
    assert invoices.landed.select("invoice_id", "total_native").rows() == [
        ("S1", Decimal("3300")),
        ("S2", Decimal("550")),
    ]
    columns = ("invoice_id", "line_no", "amount_native", "service_start_date", "source_row")
    assert lines.landed.select(columns).rows() == [
        ("S1", 1, Decimal("1000"), date(2026, 3, 31), 3),
        ("S1", 2, Decimal("2000"), date(2026, 2, 1), 4),  # its own date stays
        ("S2", 1, Decimal("500"), date(2026, 4, 30), 6),
    ]
    for part, filtered in ((invoices, 3), (lines, 2)):
        counted = (part.rows_read, part.rows_landed, part.rows_quarantined, part.rows_filtered)
        assert counted == (5, 5 - filtered, 0, filtered)


def test_a_row_without_a_row_above_it_went_to_the_invoice_before_it(mapping):
    damaged = pl.DataFrame(
        {"source_row": [4], "raw": ["請求書,S2"], "reason": ["ragged_row"], "detail": ["5 / 2"]}
    )
    rows = [
        ["品目", None, None, None, "1"],
        ["請求書", "S1", "C1", "2026-03-31", "3300"],
        ["品目", None, None, None, "1000"],
        ["請求書", "S3", "C3", "2026-03-31", "10"],
    ]
    file = sheet(STACKED_HEADERS, *rows, damaged=damaged)
    # Row 4 is the damaged one: what stands below it may be its line, not one of S1.
    numbered = file.frame.with_columns(source_row=pl.Series([2, 3, 5, 6]))
    invoices, lines = convert(
        mapping(STACKED), [TextSheet(None, None, numbered, damaged, "utf-8")], FACTS
    )
    assert invoices.landed["invoice_id"].to_list() == ["S1", "S3"]
    assert lines.rows_landed == 0
    cells = ("source_row", "reason_code", "raw_row")
    assert sorted(invoices.quarantine.select(cells).rows()) == [
        (2, "no_row_above", '{"種類":"品目","金額":"1"}'),
        (4, "ragged_row", "請求書,S2"),
        (5, "no_row_above", '{"種類":"品目","金額":"1000"}'),
    ]
    assert (invoices.rows_read, invoices.rows_quarantined) == (5, 3)
    assert (lines.rows_read, lines.rows_filtered) == (2, 2)


def test_a_row_above_sums_its_rows_or_says_nothing(mapping):
    text = STACKED.replace("number: 行", "number: 行, sums: {合計: number(金額)}").replace(
        "total_native: 金額", "total_native: 合計"
    )
    assert text.count("合計") == 2
    damaged = pl.DataFrame(
        {"source_row": [13], "raw": ["品目,"], "reason": ["ragged_row"], "detail": ["5 / 2"]}
    )
    file = sheet(
        STACKED_HEADERS,
        ["請求書", "S1", "C1", "2026-03-31", None],
        ["品目", None, None, None, "1,000"],
        ["品目", None, None, None, "-0.5"],
        ["請求書", "S2", "C1", "2026-03-31", None],  # a line of it cannot be read
        ["品目", None, None, None, "?"],
        ["請求書", "S3", "C1", "2026-03-31", None],  # a line of it is blank
        ["品目", None, None, None, None],
        ["請求書", "S4", "C1", "2026-03-31", None],  # it has no lines
        ["請求書", "S5", "C1", "2026-03-31", None],  # a line of it may be missing
        ["品目", None, None, None, "5"],
        damaged=damaged,
    )
    invoices, lines = convert(mapping(text), [file], FACTS)
    columns = ("invoice_id", "total_native")
    assert invoices.landed.select(columns).rows() == [("S1", Decimal("999.5"))]
    assert invoices.quarantine.select("source_row", "reason_code").rows() == [
        (5, "missing_required"),
        (7, "missing_required"),
        (9, "missing_required"),
        (10, "missing_required"),
        (13, "ragged_row"),
    ]
    assert (lines.rows_landed, lines.rows_quarantined) == (3, 2)


def test_a_row_the_mapping_refuses_is_quarantined_with_the_condition(mapping):
    text = STACKED.replace("""when: "種類 = '品目'\"""", """when: "種類 <> '請求書'\"""")
    assert text != STACKED
    above = ["請求書", "S1", "C1", "2026-03-31", "3300"]
    _, lines = stacked(mapping(text), above, ["小計", None, None, None, "x"])
    assert (lines.rows_read, lines.rows_quarantined, lines.rows_filtered) == (2, 1, 1)
    assert lines.quarantine.select("column_name", "reason_code").rows() == [
        ("種類 not in ('請求書', '品目')", "refused_by_mapping")
    ]


def test_headers_a_carry_needs_are_missed_where_they_are_not(mapping):
    read = mapping(STACKED)
    assert read.missing_headers(frozenset(STACKED_HEADERS)) == []
    assert read.missing_headers(frozenset(STACKED_HEADERS) - {"日付"}) == ["日付"]
    assert read.present_headers(frozenset([*STACKED_HEADERS, "x"])) == frozenset(STACKED_HEADERS)


LISTS = """
id: lists
files: ["x*.json"]
entities:
  - entity: billing.invoices
    columns:
      {invoice_id: id, billing_customer_id: customer, issue_date: day, total_native: total,
       currency: {const: JPY}}
  - entity: billing.invoice_lines
    each: lines.data
    columns:
      invoice_id: id
      line_no: lines.data.#
      line_type: {const: recurring}
      amount_native: lines.data.amount
      plan_id: lines.data.price.id
      description: lines.data.text
"""
LISTS_HEADERS = ["id", "customer", "day", "total", "lines.data"]


def test_every_member_of_a_list_is_a_row_with_the_cells_of_its_record(mapping):
    members = '[{"amount": 700, "price": {"id": "p1"}}, {"amount": "x"}, {"amount": 300}]'
    invoices, lines = convert(
        mapping(LISTS),
        [
            sheet(
                LISTS_HEADERS,
                ["I1", "C1", "2026-03-31", "1000", members],
                ["I2", "C2", "2026-03-31", "0", None],
                ["I3", "C3", "2026-03-31", "5", "no list"],
            )
        ],
        FACTS,
    )
    assert (invoices.rows_read, invoices.rows_landed) == (3, 3)
    columns = ("invoice_id", "line_no", "amount_native", "plan_id", "source_row")
    assert lines.landed.select(columns).rows() == [
        ("I1", 1, Decimal("700"), "p1", 2),
        ("I1", 3, Decimal("300"), None, 2),
    ]
    # A member that cannot be read costs itself, not its invoice; the place is that of the record.
    assert (lines.rows_read, lines.rows_landed, lines.rows_quarantined) == (4, 2, 2)
    assert lines.quarantine.select("source_row", "column_name", "reason_code").rows() == [
        (4, "lines.data", "json_broken"),
        (2, "lines.data.amount", "unreadable_number"),
    ]
    assert lines.quarantine["raw_row"].to_list()[1] == (
        '{"customer":"C1","day":"2026-03-31","id":"I1","lines.data.#":"2","lines.data.amount":"x",'
        '"total":"1000"}'
    )


def test_a_file_needs_the_list_but_not_every_name_in_it(mapping):
    read = mapping(LISTS)
    assert read.missing_headers(frozenset(LISTS_HEADERS)) == []
    assert read.missing_headers(frozenset(LISTS_HEADERS) - {"lines.data"}) == ["lines.data"]


def test_a_header_only_this_export_has_tells_it_from_others_and_is_kept(mapping):
    read = mapping(CONTRACTS.replace("coverage: full", "coverage: full\nneeds: [更新者]"))
    assert read.missing_headers(frozenset(HEADERS)) == ["更新者"]
    assert read.missing_headers(frozenset([*HEADERS, "更新者"])) == []
    part = converted(read, sheet([*HEADERS, "更新者"], [*GOOD, "佐藤"]))
    assert part.landed["extra"].to_list() == ['{"更新者":"佐藤"}']


def test_minor_units_follow_the_currency_of_the_row_where_the_entity_has_none(mapping):
    refunds = """
id: back
files: ["x*.csv"]
entities:
  - entity: billing.refunds
    columns:
      refund_id: id
      payment_id: id
      refunded_date: day
      amount_native: {from: amount, unit: minor, currency_from: [通貨, currency]}
"""
    part = converted(
        mapping(refunds),
        sheet(
            ["id", "day", "amount", "currency"],
            ["R1", "2026-03-31", "1234", "usd"],
            ["R2", "2026-03-31", "1234", "JPY"],
            ["R3", "2026-03-31", "1234", None],
        ),
    )
    assert part.landed["amount_native"].to_list() == [Decimal("12.34"), Decimal("1234")]
    assert part.quarantine["reason_code"].to_list() == ["unknown_currency"]


def test_members_that_are_no_objects_are_cells_of_the_list_itself(mapping):
    text = LISTS.replace("plan_id: lines.data.price.id", "plan_id: lines.data")
    _, lines = convert(
        mapping(text), [sheet(LISTS_HEADERS, ["I1", "C1", "2026-03-31", "1", '["a"]'])], FACTS
    )
    assert lines.quarantine.select("column_name", "reason_code").rows() == [
        ("lines.data.amount", "missing_required")
    ]
    assert '"plan_id":"a"' in lines.quarantine["read_row"][0]


def test_keys_nobody_uses_made_every_delivery_be_read_again(mapping, tmp_path):
    # As it was before carry, each, refuse and header_has could be said.
    mapping(CONTRACTS)
    assert read_mapping(tmp_path / "contracts.yml", "Asia/Tokyo").hash == "0e6f030181255128"


# ── record keys ─────────────────────────────────────────────────────────────────────────────────


def test_the_record_key_is_an_hmac_over_entity_system_and_keys():
    # printf '25:billing.billing_customers7:billing2:C1' | openssl dgst -sha256 -hmac secret
    key = record_key(b"secret", "billing.billing_customers", "billing", ["C1"])
    assert key == "fd6db5ca048d5dcb5addec44d17c3aae"
    assert len(key) == 32


def test_keys_of_a_frame_equal_the_key_of_each_row():
    frame = pl.DataFrame({"a": ["x", "x", None], "d": [date(2026, 1, 1), None, None]})
    keys = record_keys(b"secret", "crm.contacts", "crm", frame).to_list()
    assert keys == [
        record_key(b"secret", "crm.contacts", "crm", ["x", "2026-01-01"]),
        record_key(b"secret", "crm.contacts", "crm", ["x", None]),
        record_key(b"secret", "crm.contacts", "crm", [None, None]),
    ]
    assert len(set(keys)) == 3


def test_parts_of_a_key_do_not_run_together():
    def key(*parts: str | None) -> str:
        return record_key(b"secret", "e", "s", parts)

    assert len({key("ab", "c"), key("a", "bc"), key("abc", ""), key("abc", None)}) == 4


# ── what a mapping may say ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "key", "why"),
    [
        (("coverage: full", "coverage: ful"), "coverage", "wrong value"),
        (("coverage: full", "coverag: full"), "coverag", "unknown key"),
        (("status:", "state:"), "entities.billing.subscriptions.columns.state", "no such column"),
        (("billing.subscriptions", "billing.contracts"), "entities", "no such entity"),
        (
            ("currency: {const: JPY}", ""),
            "entities.billing.subscriptions.columns",
            "currency is not mapped",
        ),
        (("有効: active", "有効: active, ' 有効': x"), "values", "two meanings"),
        (('"%Y/%m/%d"], end', '"%Q"], end'), "formats", "%Q"),
        (("{const: JPY}", "{const: JPY, from: 通貨}"), "columns.currency", "give one of"),
        (("{const: JPY}", '{expr: "upper(通貨)"}'), "columns.currency.expr", "not allowed"),
        (("{const: month}", '{expr: "1 + 1"}'), "columns.interval_unit.expr", "must give text"),
        (("{const: month}", "{from: u, values: {月: monthly}}"), "values", "allowed values"),
        (("金額", "{from: 金額, end: exclusive}"), "end", "only for end-date"),
        (("金額", "{from: 金額, formats: '%Y'}"), "formats", "only for date"),
        (("files:", "timezone: Asia/Tokio\nfiles:"), "timezone", "unknown time zone"),
        (("id: contracts", "id: Contracts 1"), "id", "wrong value"),
        (
            (
                "coverage: full",
                "coverage: {full_within: status, period: {file_name: x, format: y}}",
            ),
            "full_within",
            "not a mapped date column",
        ),
        (
            ("coverage: full", "exported_at: {file_name: '(', format: '%Y'}"),
            "file_name",
            "not a regular expression",
        ),
        (("coverage: full", "exported_at: {file_name: 'x'}"), "format", "needs a format"),
        (("coverage: full", "exported_at: {at: '12:00:00'}"), "exported_at", "exactly one"),
        (("coverage: full", "coverage: full\ncoverage: delta"), "YAML", "given twice"),
        (("coverage: full", "coverage: [full"), "YAML", "not YAML"),
        (
            ("coverage: full", "carry: {when: 状態, columns: [状態]}"),
            "carry.when",
            "must give bool",
        ),
        (
            ("coverage: full", "carry: {when: 状態 = 'x', columns: [], sums: {計: 状態}}"),
            "carry.sums.計",
            "must give number",
        ),
        (("    columns:", "    refuse: 状態\n    columns:"), "refuse", "must give bool"),
    ],
)
def test_a_mistake_names_the_file_the_key_and_why(mapping, change, key, why):
    assert change[0] in CONTRACTS
    with pytest.raises(MappingRefused) as refused:
        mapping(CONTRACTS.replace(*change, 1), "wrong.yml")
    assert refused.value.file == "wrong.yml"
    assert key in refused.value.key
    assert why in refused.value.en
    assert refused.value.ja


def test_words_like_yes_and_numbers_stay_as_they_are_written(mapping):
    text = CONTRACTS.replace("{有効: active, 解約: cancelled}", "{Yes: active, 0012: cancelled}")
    row = [*GOOD[:5], "0012"]
    assert converted(mapping(text), sheet(HEADERS, [*GOOD[:5], "yes"], row)).landed[
        "status"
    ].to_list() == ["active", "cancelled"]


def test_a_cell_can_be_declared_to_mean_blank(mapping):
    text = CONTRACTS.replace(
        '{from: 契約終了日, formats: ["%Y/%m/%d"], end: inclusive}',
        '{from: 契約終了日, values: {"9999/12/31": null}}',
    )
    row = [*GOOD[:2], "9999/12/31", *GOOD[3:]]
    part = converted(mapping(text), sheet(HEADERS, row, GOOD))
    assert part.landed["segment_end_excl"].to_list() == [None, date(2027, 4, 1)]


def test_the_hash_changes_with_what_is_read_and_not_with_titles_or_file_names(mapping):
    first = mapping(CONTRACTS).hash("Asia/Tokyo")
    renamed = CONTRACTS.replace("files:", "title: {ja: 契約, en: Contracts}\nfiles:")
    assert mapping(renamed.replace("keiyaku*", "k*")).hash("Asia/Tokyo") == first
    assert mapping(CONTRACTS.replace("JPY", "USD")).hash("Asia/Tokyo") != first
    assert mapping(CONTRACTS).hash("America/New_York") != first


def test_a_mapping_that_extends_a_preset_changes_only_what_it_says(mapping):
    own = """
id: our_contracts
extends: generic_subscriptions_en
history: snapshot
files: ["contracts*.csv"]
entities:
  - entity: billing.subscriptions
    columns:
      status: {values: {A: active}}
      plan_id: product
"""
    found = mapping(own)
    assert (found.id, found.history, found.files) == (
        "our_contracts",
        "snapshot",
        ["contracts*.csv"],
    )
    columns = found.entities[0].columns
    assert (columns["status"].headers, columns["status"].values) == (["status"], {"A": "active"})
    assert columns["plan_id"].headers == ["product"]
    assert columns["contract_id"].headers == ["contract_id"]


def test_extending_what_is_not_there_is_refused(mapping):
    with pytest.raises(MappingRefused) as refused:
        mapping("id: x\nextends: generic_subscription_en\n")
    assert refused.value.key == "extends"


def test_merging_adds_a_block_the_base_does_not_have():
    base = {"id": "a", "entities": [{"entity": "x", "columns": {"k": "K"}}]}
    merged = merge(base, {"entities": [{"entity": "y", "columns": {"k": "L"}}]})
    assert [block["entity"] for block in merged["entities"]] == ["x", "y"]


# ── which mapping takes a file ──────────────────────────────────────────────────────────────────


def headers_of(entity: str, language: str) -> frozenset[str]:
    columns = entities()[entity].columns
    return frozenset(column.name if language == "en" else column.ja for column in columns)


def chosen(catalogue, name: str, headers: frozenset[str]) -> list[str]:
    candidates = catalogue.naming("billing", name)
    tables = {one.mapping.id: [headers] for one in candidates}
    return [one.mapping.id for one in choose(candidates, "billing", name, tables)]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("entity", sorted(entities()))
def test_every_entity_has_a_generic_preset_in_both_languages(entity, language):
    catalogue = load_catalogue(None, "Asia/Tokyo")
    name = entities()[entity].name
    expected = [f"generic_{name}_{language}"]
    headers = headers_of(entity, language)
    for file_name in (f"{name}_20260331.csv", f"{entities()[entity].ja}_2026-03.xlsx"):
        assert chosen(catalogue, file_name, headers) == expected


def test_a_mapping_of_the_company_wins_over_the_preset_it_extends(tmp_path):
    (tmp_path / "own.yml").write_text(
        "id: ours\nextends: generic_subscriptions_en\nhistory: snapshot\n", encoding="utf-8"
    )
    catalogue = load_catalogue(tmp_path, "Asia/Tokyo")
    headers = headers_of("billing.subscriptions", "en")
    assert chosen(catalogue, "subscriptions_20260331.csv", headers) == ["ours"]


def test_a_mapping_of_the_company_takes_the_place_of_a_preset_of_the_same_id(tmp_path):
    (tmp_path / "own.yml").write_text(
        "id: generic_subscriptions_en\nextends: generic_subscriptions_en\ncoverage: delta\n",
        encoding="utf-8",
    )
    catalogue = load_catalogue(tmp_path, "Asia/Tokyo")
    assert catalogue.by_id("generic_subscriptions_en").mapping.coverage == "delta"


def test_the_mapping_that_reads_more_headers_wins(tmp_path):
    for name, columns in (("small", ""), ("large", ", name: name")):
        (tmp_path / f"{name}.yml").write_text(
            f"id: {name}\nfiles: ['c*.csv']\nentities:\n  - entity: billing.billing_customers\n"
            f"    columns: {{billing_customer_id: id{columns}}}\n",
            encoding="utf-8",
        )
    catalogue = load_catalogue(tmp_path, "Asia/Tokyo")
    assert chosen(catalogue, "c1.csv", frozenset({"id", "name"})) == ["large"]
    assert chosen(catalogue, "c1.csv", frozenset({"id"})) == ["large", "small"]


def test_file_patterns_ignore_case_width_and_decomposed_kana(tmp_path):
    (tmp_path / "own.yml").write_text(CONTRACTS.replace("keiyaku*.csv", "ガス契約*.csv"), "utf-8")
    catalogue = load_catalogue(tmp_path, "Asia/Tokyo")
    for name in ("ガス契約1.CSV", "カ\u3099ス契約1.csv", "ｶﾞｽ契約1.csv"):
        assert [one.mapping.id for one in catalogue.naming("billing", name)] == ["contracts"]


def test_a_pattern_with_a_slash_asks_for_the_folder_too(tmp_path):
    (tmp_path / "own.yml").write_text(CONTRACTS.replace("keiyaku*", "gas/keiyaku*"), "utf-8")
    catalogue = load_catalogue(tmp_path, "Asia/Tokyo")
    assert len(catalogue.naming("gas", "keiyaku.csv")) == 1
    assert len(catalogue.naming("power", "keiyaku.csv")) == 0


def test_a_mapping_that_cannot_be_used_is_listed_and_the_others_work(tmp_path):
    (tmp_path / "a.yml").write_text("id: [", "utf-8")
    (tmp_path / "b.yml").write_text(CONTRACTS, "utf-8")
    (tmp_path / "c.yml").write_text(CONTRACTS, "utf-8")
    catalogue = load_catalogue(tmp_path, "Asia/Tokyo")
    assert [(one.file, one.key) for one in catalogue.refused] == [
        ("a.yml", "YAML"),
        ("c.yml", "id"),
    ]
    assert catalogue.by_id("contracts").origin == "home"


def test_the_written_guide_shows_a_mapping_that_works(mapping):
    guide = Path(__file__).parents[2] / "sources" / "presets" / "README.md"
    example = re.search(r"```yaml\n(.*?)```", guide.read_text("utf-8"), re.DOTALL).group(1)
    assert mapping(example).id == "our_contracts"


def test_shipped_presets_are_valid():
    for path in sorted((Path(__file__).parents[2] / "sources" / "presets").glob("*.yml")):
        document = read_yaml(path)
        if "extends" not in document:
            build_mapping(document, path.name)
    assert len(load_catalogue(None, "Asia/Tokyo").listed) > len(entities())
