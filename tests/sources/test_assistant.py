"""The mapping assistant: what it proposes for a file nobody knows, why, and what it asks instead.

Files are made here byte by byte; expected formats, shares and questions are typed by hand.
"""

import hashlib
import io
import json
import tempfile
from datetime import datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources import landing
from sources.assistant import evidence, matching, writing
from sources.assistant.evidence import Context, examine
from sources.assistant.proposing import Proposal, file_pattern, propose
from sources.catalogue import read_mapping
from sources.entities import entities
from sources.files import open_text
from sources.mapping import MappingRefused, build_mapping, read_yaml
from sources.reading import ReadRequest
from sources.values import parse

CONTRACTS = "契約番号,顧客番号,契約開始日,月額料金(税抜),支払サイクル,ステータス"
SUBSCRIPTIONS = entities()["billing.subscriptions"]
ACCOUNTS = entities()["crm.accounts"]


@pytest.fixture
def look(tmp_path):
    """look("契約.csv", text_or_bytes, "契約開始日=%d/%m/%Y", entity=...): the proposal."""

    def look_at(name: str, content: str | bytes, *answers: str, **asked) -> Proposal:
        path = tmp_path / "billing" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return propose(request(path), answers=answers, **asked)

    return look_at


def request(path: Path) -> ReadRequest:
    return ReadRequest(
        path=str(path),
        system="billing",
        file_name=path.name,
        file_time=datetime(2026, 4, 1),  # noqa: DTZ001 naive holds UTC
        content_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        home_mappings=str(path.parent / "mappings"),
        business_timezone="Asia/Tokyo",
        secret="00" * 32,
    )


def contracts(*starts: str, price: str = '"1,000"', cycle: str = "月払い") -> str:
    rows = [f"C{at},K{at},{day},{price},{cycle},有効" for at, day in enumerate(starts, 1)]
    return "\n".join([CONTRACTS, *rows]) + "\n"


def column(proposal: Proposal, name: str):
    return next(one for one in proposal.columns if one.column == name)


def open_questions(proposal: Proposal) -> list[tuple]:
    return [(one.column, one.key, one.choices) for one in proposal.questions]


def built(proposal: Proposal, tmp_path: Path):
    """The mapping of the YAML as it is written, which must be the document itself."""
    path = tmp_path / "proposed.yml"
    path.write_text(writing.yaml_text(proposal, "ja"), encoding="utf-8")
    document = read_yaml(path)
    assert document == as_text(proposal.document)
    return build_mapping(document, path.name)


def as_text(value):
    if isinstance(value, dict):
        return {str(key): as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return "null" if value is None else str(value)


# ---- dates: what is ambiguous is asked ----


def test_a_day_that_may_be_a_month_is_asked_and_the_mapping_is_refused_until_answered(
    look, tmp_path
):
    content = contracts("01/02/2026", "03/04/2026")
    proposal = look("契約一覧_20260331.csv", content, "currency=JPY")
    formats = ("%d/%m/%Y", "%m/%d/%Y")
    assert open_questions(proposal) == [("segment_start_date", "formats", formats)]
    assert column(proposal, "segment_start_date").rule == {"from": "契約開始日"}
    assert writing.answers_to(proposal.questions[0]) == [
        '--answer "契約開始日=%d/%m/%Y"',
        '--answer "契約開始日=%m/%d/%Y"',
    ]
    with pytest.raises(MappingRefused) as refused:
        built(proposal, tmp_path)
    assert refused.value.key == "entities.0.columns.segment_start_date.undecided.formats"
    assert "%d/%m/%Y / %m/%d/%Y" in refused.value.ja

    for format, month in (("%d/%m/%Y", 2), ("%m/%d/%Y", 1)):
        answered = look("契約一覧_20260331.csv", content, "currency=JPY", f"契約開始日={format}")
        assert answered.is_decided
        rule = built(answered, tmp_path).entities[0].columns["segment_start_date"]
        assert rule.formats == [format]
        read = parse(pl.Series(["01/02/2026"]), "date", formats=rule.formats).values[0]
        assert read.month == month


@pytest.mark.parametrize(
    ("cells", "chosen", "settled_by"),
    [
        (["01/02/2026", "31/01/2026"], "%d/%m/%Y", "31/01/2026"),
        (["01/02/2026", "01/31/2026"], "%m/%d/%Y", "01/31/2026"),
    ],
)
def test_one_value_settles_which_is_the_day_and_is_shown_as_the_evidence(
    look, cells, chosen, settled_by
):
    proposal = look("契約.csv", contracts(*cells), "currency=JPY")
    start = column(proposal, "segment_start_date")
    assert proposal.is_decided
    assert start.rule["formats"] == [chosen]
    assert start.evidence.settled_by == settled_by
    shares = {one.format: one.rows for one in start.evidence.readings}
    assert shares[chosen] == 2
    assert sorted(shares.values()) == [0, 1, 2]  # the default, the other order, the chosen
    assert f"決め手は {settled_by}" in writing.evidence(proposal, start, "ja")


def dates(*cells: str | None, **answers) -> evidence.Examined:
    raw = pl.Series(cells, dtype=pl.String)
    context = Context("開始日", "Asia/Tokyo", answers=answers)
    return examine(SUBSCRIPTIONS.column("segment_start_date"), raw, context)


def test_both_orders_in_one_column_with_a_day_that_fits_both_are_asked_though_one_reads_more():
    mixed = dates("31/01/2026", "30/01/2026", "01/31/2026", "01/02/2026")
    assert [one.choices for one in mixed.questions] == [("%d/%m/%Y", "%m/%d/%Y")]


@pytest.mark.parametrize(
    ("cells", "choices"),
    [
        (["26/03/31"], ("%y/%m/%d", "%d/%m/%y")),
        (["46113", "46114"], ("excel_serial", "excel_serial_1904")),
    ],
)
def test_two_digit_years_and_date_numbers_are_asked(cells, choices):
    found = dates(*cells)
    assert [one.choices for one in found.questions] == [choices]
    assert "formats" not in found.rule
    assert {one.format: one.rows for one in found.readings} == {
        "year_first": 0,
        **dict.fromkeys(choices, len(cells)),
    }


@pytest.mark.parametrize(
    "cells",
    [
        ["2026/04/01", "令和8年4月1日", "R8.4.1", "2026年4月1日(水)"],
        ["20260401", "2026-04-01"],
    ],
)
def test_what_is_read_without_a_format_needs_none(cells):
    found = dates(*cells)
    assert (found.rule, found.read, found.questions) == ({}, len(cells), ())


def test_a_declared_format_does_not_lose_what_the_default_read():
    """Declared formats replace the default: 2026/04/01 and 令和 beside 31/01/2026 were lost."""
    found = dates("31/01/2026", "2026/04/01", "令和8年4月1日", "2026-04-01")
    assert found.rule["formats"] == ["%d/%m/%Y", "%Y/%m/%d", "wareki"]
    assert (found.read, found.unread) == (4, ())


def test_what_no_format_reads_is_said_with_its_reason():
    found = dates("2026/04/01", "未定", "未定", "4/1", None)
    assert (found.filled, found.blank, found.read) == (4, 1, 1)
    assert found.unread == (("未定", "unreadable_date", 2), ("4/1", "ambiguous_date", 1))


def test_a_last_day_beyond_the_calendar_is_blank():
    raw = pl.Series(["2026/12/31", "9999/12/31"])
    found = examine(SUBSCRIPTIONS.column("segment_end_date"), raw, Context("終了日", "Asia/Tokyo"))
    assert found.rule == {"values": {"9999/12/31": None}}
    assert found.read == 2


def test_a_time_in_utc_is_told_by_its_header():
    raw = pl.Series(["2026-04-01 09:00"])
    context = Context("Created (UTC)", "Asia/Tokyo")
    asked_at = entities()["inquiry.tickets"].column("asked_at")
    assert examine(asked_at, raw, context).rule == {"timezone": "UTC"}


# ---- amounts ----


def amounts(*cells: str, currency: str | None = None, **answers) -> evidence.Examined:
    raw = pl.Series(cells, dtype=pl.String)
    each = pl.Series([currency]).new_from_index(0, len(raw)) if currency else None
    context = Context("金額", "Asia/Tokyo", each, answers)
    return examine(entities()["billing.payments"].column("amount_native"), raw, context)


def test_how_amounts_are_written_is_shown_and_what_is_no_number_is_refused():
    found = amounts("￥1,000", "▲500", "(200)", "1.2億")
    marks = {"thousands": 1, "yen": 1, "triangle": 1, "brackets": 1, "decimals": 1}
    assert dict(found.marks) == marks
    assert found.read == 3
    assert found.unread == (("1.2億", "unreadable_number", 1),)


def test_whole_numbers_of_a_currency_with_cents_are_asked_and_yen_never():
    [asked] = amounts("1000", "20", currency="USD").questions
    assert (asked.key, asked.choices) == ("unit", ("major", "minor"))
    assert amounts("1000", "20.50", currency="USD").questions == ()
    assert amounts("1000", currency="JPY").questions == ()
    assert amounts("1000", currency="USD", unit="minor").rule == {"unit": "minor"}


# ---- codes ----


def test_codes_are_mapped_by_known_words_and_the_others_are_asked_one_by_one():
    raw = pl.Series(["月額", "年払い", "month", "四半期", "四半期"])
    found = examine(SUBSCRIPTIONS.column("interval_unit"), raw, Context("周期", "Asia/Tokyo"))
    assert found.rule == {"values": {"月額": "month", "年払い": "year"}}
    assert [(one.cell, one.key) for one in found.questions] == [("四半期", "values")]
    assert dict((cell, meaning) for cell, meaning, _ in found.codes) == {
        "四半期": None,
        "月額": "month",
        "年払い": "year",
        "month": "month",
    }


def test_yes_and_no_are_shown_with_the_values_seen():
    raw = pl.Series(["税込", "税抜", "○", "非課税"])
    tax = SUBSCRIPTIONS.column("price_includes_tax")
    found = examine(tax, raw, Context("税区分", "Asia/Tokyo"))
    assert found.rule == {"values": {"税込": "true", "税抜": "false"}}
    assert [one.cell for one in found.questions] == ["非課税"]
    answered = Context("税区分", "Asia/Tokyo", answers={"values.非課税": "false"})
    assert examine(tax, raw, answered).read == 4


def test_a_monthly_price_beside_yearly_billing_is_asked(look):
    """A price headed 月額 under 年払い would have counted as a twelfth of the MRR."""
    content = contracts("2026/04/01", cycle="年払い")
    proposal = look("契約.csv", content, "currency=JPY")
    assert open_questions(proposal) == [("interval_unit", "const", ("month", "支払サイクル"))]
    unknown = look("契約.csv", contracts("2026/04/01", cycle="四半期"), "currency=JPY")
    assert [one.key for one in unknown.questions] == ["values"]  # one question at a time
    monthly = look("契約.csv", content, "currency=JPY", "interval_unit=month")
    assert monthly.is_decided
    assert column(monthly, "interval_unit").rule == {"const": "month"}


# ---- how the file is read ----


def test_cp932_is_told_and_the_whole_way_to_a_mapping_that_reads_the_file(look, tmp_path):
    content = contracts("2026/04/01", price='"￥1,000"').encode("cp932")
    proposal = look("契約一覧_20260331.csv", content)
    assert (proposal.encoding, proposal.entity) == ("cp932", "billing.subscriptions")
    mapping = built(proposal, tmp_path)
    assert (mapping.id, mapping.files) == ("own_subscriptions", ["契約一覧_*.csv"])
    columns = mapping.entities[0].columns
    assert {name: rule.const for name, rule in columns.items() if rule.const} == {
        "currency": "JPY",  # every amount carries a yen sign
        "price_includes_tax": "false",  # 月額料金(税抜)
        "interval_count": "1",
    }


def test_utf_8_with_a_byte_order_mark_and_tabs(look):
    content = contracts("2026/04/01", price="1000").replace(",", "\t")
    proposal = look("契約.txt", b"\xef\xbb\xbf" + content.encode())
    assert (proposal.encoding, proposal.format.delimiter) == ("utf-8-bom", "\t")
    assert proposal.document["format"] == {"delimiter": "\t"}


def test_titles_above_the_header_of_a_workbook_are_told_with_the_row_to_write(look, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "一覧"
    header = ["取引先コード", "会社名", "法人個人区分", "e-mail", "登録日"]
    for row in (["取引先一覧"], ["2026/04/01"], [], header):
        sheet.append(row)
    sheet.append(["T1", "株式会社あさひ", "法人", "a@example.co.jp", datetime(2026, 1, 2)])  # noqa: DTZ001
    book.create_sheet("メモ").append(["x"])
    stream = io.BytesIO()
    book.save(stream)
    proposal = look("取引先.xlsx", stream.getvalue())
    assert (proposal.entity, proposal.titles) == ("crm.accounts", 3)
    mapping = built(proposal, tmp_path)
    assert (mapping.format.header_row, mapping.format.sheet) == (4, "一覧")
    assert mapping.exported_at[0].cell == "A2"
    assert any("header_row: 4" in line for line in writing.found(proposal, "ja"))
    assert column(proposal, "kind").rule["values"] == {"法人": "company"}
    # names and addresses are not shown, ids are
    shown = {one.column: one.evidence.samples for one in proposal.columns}
    assert shown["account_id"] == ("T1",)
    assert shown["name"] == shown["email"] == ("***",)
    assert "あさひ" not in writing.yaml_text(proposal, "ja")


def test_titles_above_the_header_of_a_csv(look):
    content = "契約一覧表\n\n" + contracts("2026/04/01")
    proposal = look("契約.csv", content, "currency=JPY")
    assert (proposal.format.header_row, proposal.titles) == (3, 2)


def test_records_of_json_are_found(look):
    tickets = [{"問い合わせID": "1", "ステータス": "open", "受付日時": "2026-04-01T09:00:00Z"}]
    content = json.dumps({"meta": {"pages": [1]}, "result": {"list": tickets}})
    proposal = look("export.json", content, "coverage=delta")
    assert (proposal.entity, proposal.format.records) == ("inquiry.tickets", "result.list")
    assert proposal.is_decided


def test_a_file_without_a_last_line_end_is_told(look):
    proposal = look("契約.csv", contracts("2026/04/01").rstrip("\n"))
    assert any("allow_no_final_newline" in line for line in writing.found(proposal, "en"))


def test_card_numbers_are_not_shown_and_nothing_is_proposed(look):
    content = "契約番号,備考\nC1,4111 1111 1111 1111\n"
    proposal = look("x.csv", content)
    assert (proposal.status, proposal.findings[0].code) == ("refused", "card_number")
    assert "4111" not in "".join(writing.explain(proposal, "ja"))


# ---- which mapping, which entity ----


def test_a_file_a_preset_reads_needs_nothing(look):
    proposal = look("plans_20260331.csv", "plan_id,name,list_price_native\nA,Light,1\n")
    assert (proposal.status, proposal.mapping_id) == ("recognised", "generic_plans_en")
    assert proposal.document is None


def test_an_export_called_like_a_preset_is_not_taken_for_it_with_renamed_headers(look):
    """Two of ten headers were canonical: the other eight would have gone to `extra` unread."""
    header = "受付番号,受付日時,お名前,カテゴリ,件名,対応状況,クレーム,完了日時"
    row = "1,2026/04/01 9:00,山田,料金,高い,対応中,いいえ,"
    proposal = look("問い合わせ一覧.csv", f"{header}\n{row}\n", "coverage=full")
    assert (proposal.status, len(proposal.columns)) == ("proposed", 8)


def test_a_header_that_is_merely_alike_is_asked_before_it_replaces_a_key(look, tmp_path):
    """契約ID became 管理ID: one word in common is no proof that it is the contract."""
    content = (
        "管理ID,開始日,請求先ID,単価,税込,通貨,請求間隔単位,請求間隔\n"
        "C1,2026/04/01,K1,1000,0,JPY,月,1\n"
    )
    asked = look("契約_20260331.csv", content)
    assert (asked.status, asked.mapping_id) == ("renamed", "generic_subscriptions_ja")
    assert open_questions(asked) == [("contract_id", "from", ("管理ID",))]
    assert writing.answers_to(asked.questions[0]) == ['--answer "contract_id=管理ID"']
    path = tmp_path / "own.yml"
    path.write_text(writing.yaml_text(asked, "ja"), encoding="utf-8")
    with pytest.raises(MappingRefused) as refused:
        read_mapping(path, "Asia/Tokyo")
    assert refused.value.key == "entities.0.columns.contract_id.undecided.from"
    answered = look("契約_20260331.csv", content, "contract_id=管理ID")
    assert answered.is_decided
    path.write_text(writing.yaml_text(answered, "ja"), encoding="utf-8")
    rule = read_mapping(path, "Asia/Tokyo").mapping.entities[0].columns["contract_id"]
    assert rule.headers == ["契約ID", "管理ID"]
    wrong = look("契約_20260331.csv", content, "通貨=%d/%m/%Y")
    assert [one.code for one in wrong.findings] == ["answer_unknown"]


def test_the_headers_of_a_preset_under_another_name_need_only_the_name(look, tmp_path):
    proposal = look("master9.csv", "plan_id,name,list_price_native\nA,Light,1\n")
    assert (proposal.status, proposal.mapping_id) == ("known_headers", "generic_plans_en")
    assert proposal.document == {
        "id": "master9",
        "extends": "generic_plans_en",
        "files": ["master*.csv"],
    }


def test_canonical_headers_whose_dates_a_preset_refuses_are_proposed_anew(look):
    content = "campaign_id,name,start_date\nA,春,31/01/2026\n"
    proposal = look("campaigns_20260331.csv", content)
    assert proposal.status == "proposed"
    assert column(proposal, "start_date").rule["formats"] == ["%d/%m/%Y"]


def test_the_entity_is_the_one_most_headers_fit_and_can_be_said(look):
    content = "請求番号,取引先ID,請求日,お支払期限,合計金額\nI1,K1,2026/04/01,2026/05/31,1000円\n"
    proposal = look("x.csv", content)
    first = proposal.ranking[0]
    assert (first.entity, len(first.matches)) == ("billing.invoices", 5)
    other = look("x.csv", content, entity="crm.accounts")
    assert other.entity == "crm.accounts"


def test_a_file_that_is_nothing_is_said_to_be_nothing(look):
    proposal = look("x.csv", "あれ,これ\n1,2\n")
    assert (proposal.status, proposal.findings[0].code) == ("refused", "no_entity_fits")


def test_whether_a_month_of_usage_replaces_the_months_before_it_is_asked(look, tmp_path):
    """Files of one month each, proposed as full, would have deleted the month before."""
    content = "日付,顧客ID,機能,ログイン回数\n2026/3/1,A1,検索,10\n"
    asked = look("login_202603.csv", content)
    assert open_questions(asked) == [("coverage", "coverage", ("full", "delta"))]
    with pytest.raises(MappingRefused) as refused:
        built(asked, tmp_path)
    assert refused.value.key == "undecided.coverage"
    mapping = built(look("login_202603.csv", content, "coverage=delta"), tmp_path)
    assert (mapping.coverage, mapping.exported_at[0].format) == ("delta", "%Y%m")
    # a list of what there is holds all of it, unless somebody says otherwise
    plans = look("x.csv", "商品ID,名称,製品,定価\nP1,Light,CRM,1000\n")
    assert (plans.entity, plans.document["coverage"]) == ("billing.plans", "full")
    wrong = look("login_202603.csv", content, "coverage=some")
    assert [one.code for one in wrong.findings] == ["answer_wrong"]


def test_two_common_words_among_many_headers_do_not_make_a_price_list(look):
    """An invoice file of 36 columns was proposed as billing.plans for its 品目 and 税率."""
    header = ",".join(["品目", "税率", *(f"項目{at}" for at in range(20))])
    proposal = look("x.csv", f"{header}\n{'a,' * 21}a\n")
    assert (proposal.status, proposal.findings[0].code) == ("refused", "no_entity_fits")
    assert look("x.csv", f"{header}\n{'a,' * 21}a\n", entity="billing.plans").document


def test_a_required_column_that_is_not_found_is_asked_with_the_likeliest_headers(look, tmp_path):
    content = contracts("2026/04/01").replace("契約番号", "管理キー")
    proposal = look("契約.csv", content, "currency=JPY")
    assert open_questions(proposal) == [("contract_id", "from", ("管理キー",))]
    answered = look("契約.csv", content, "currency=JPY", "contract_id=管理キー")
    assert answered.is_decided
    assert built(answered, tmp_path).entities[0].columns["contract_id"].headers == ["管理キー"]


def test_a_header_that_was_answered_can_be_asked_about_in_turn(look):
    """Its own name was unknown: the second answer was refused."""
    content = contracts("01/02/2026").replace("契約開始日", "あの日")
    first = look("契約.csv", content, "currency=JPY")
    assert open_questions(first) == [("segment_start_date", "from", ("あの日",))]
    placed = ("currency=JPY", "segment_start_date=あの日")
    [asked] = look("契約.csv", content, *placed).questions
    assert (asked.key, asked.header) == ("formats", "あの日")
    assert look("契約.csv", content, *placed, "あの日=%d/%m/%Y").is_decided


def test_a_column_found_by_its_values_is_answered_by_its_header(look):
    rows = "".join(f"C{at},K{at},2026/04/01,1000,月払い,有効\n" for at in range(19))
    odd = "C99,K99,2026/04/01,1000,四半期,有効\n"
    content = CONTRACTS.replace("支払サイクル", "あれ") + "\n" + rows + odd
    proposal = look("契約.csv", content, "currency=JPY")
    unit = column(proposal, "interval_unit")
    assert (unit.header, unit.how) == ("あれ", "values")
    assert look("契約.csv", content, "currency=JPY", "あれ:四半期=month").is_decided


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("何か=1", "answer_unknown"),
        ("契約開始日=%Q", "answer_wrong"),
        ("支払サイクル:月払い=fortnight", "answer_wrong"),
        ("currency=YEN", "answer_wrong"),
        ("", "answer_unknown"),
    ],
)
def test_an_answer_that_cannot_be_one_is_told(look, answer, code):
    proposal = look("契約.csv", contracts("2026/04/01"), answer)
    assert (proposal.status, [one.code for one in proposal.findings]) == ("refused", [code])


# ---- names ----


@pytest.mark.parametrize(
    ("header", "entity", "name", "how"),
    [
        ("顧客番号", "crm.accounts", "account_id", "same_word"),
        ("顧客ＩＤ", "crm.accounts", "account_id", "name"),
        ("account_id", "crm.accounts", "account_id", "name"),
        ("取引先名称", "crm.accounts", "name", "other_name"),
        ("ﾒｰﾙｱﾄﾞﾚｽ", "crm.accounts", "email", "name"),
        ("請求金額(税込)", "billing.invoices", "total_native", "same_word"),
    ],
)
def test_a_header_is_matched_by_name(header, entity, name, how):
    [match] = matching.match_names(entities()[entity], [header])
    assert (match.column, match.how) == (name, how)


def test_an_id_that_may_be_the_crm_s_or_billing_s_is_asked(look):
    """取引先ID of a ticket was taken for the CRM's: the customers would have been matched wrong."""
    content = "問い合わせID,取引先ID,ステータス,受付日時\nT1,K1,open,2026-04-01 09:00\n"
    full = "coverage=full"
    both = ("account_id", "billing_customer_id")
    assert open_questions(look("x.csv", content, full)) == [("account_id", "column", both)]
    answered = look("x.csv", content, full, "取引先ID=billing_customer_id")
    assert answered.is_decided
    assert column(answered, "billing_customer_id").header == "取引先ID"
    assert "account_id" not in {one.column for one in answered.columns}
    assert look("x.csv", content, full, "取引先ID=account_id").is_decided
    # the id of the customer's own list is its own
    own = look("y.csv", "取引先ID,取引先名,法人個人区分,住所\nK1,あさひ,法人,東京\n")
    assert (own.entity, own.is_decided) == ("crm.accounts", True)


def test_alike_is_not_the_same():
    assert matching.match_names(entities()["billing.invoices"], ["請求先"]) == ()
    assert matching.match_names(entities()["billing.subscriptions"], ["請求番号"]) == ()


def test_columns_nobody_named_are_found_by_their_values():
    frame = pl.DataFrame({"a": ["x@example.jp", "y@example.jp"], "b": ["150-0001", "1"]})
    [match] = matching.match_values(ACCOUNTS, frame, ())
    assert (match.column, match.header, match.how) == ("email", "a", "values")


def test_every_name_exports_use_is_of_a_column_there_is():
    declared = {one.name for entity in entities().values() for one in matching.columns_of(entity)}
    named = yaml.safe_load(matching.NAMES.read_text(encoding="utf-8"))
    assert set(named) <= declared
    assert {*matching.LOOKS, *matching.YES_NO} <= declared
    known = {value for one in entities().values() for c in one.columns for value in c.values or ()}
    assert set(matching.MORE_WORDS) <= known


def test_every_sentence_is_there_in_both_languages():
    said = yaml.safe_load(writing.WORDS.read_text(encoding="utf-8"))
    assert all(set(texts) == {"ja", "en"} for texts in said.values())


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("契約_20260331.csv", "契約_*.csv"),
        ("invoices_2026-03.csv", "invoices_*.csv"),
        ("売上2026年3月.xlsx", "売上*.xlsx"),
        ("20260331.csv", "20260331.csv"),
        ("a[1].csv", "a?1?.csv"),
    ],
)
def test_the_pattern_leaves_out_what_changes_in_a_name(name, pattern):
    assert file_pattern(name) == pattern


# ---- through the worker, into a home ----


@pytest.mark.slow
def test_an_undecided_mapping_in_the_home_holds_its_files_until_it_is_answered(
    home, put, add_mapping
):
    path = put("billing/契約一覧_20260331.csv", contracts("01/02/2026"))
    proposal = landing.propose(home, path, answers=["currency=JPY"])
    assert proposal == propose(request_in(home, path), answers=["currency=JPY"])
    add_mapping("own.yml", writing.yaml_text(proposal, "ja"))
    [refused, held] = landing.land_inbox(home, now=datetime(2026, 4, 1))  # noqa: DTZ001
    assert [one.code for one in refused.problems + held.problems] == [
        "mapping_refused",
        "mapping_refused",
    ]
    answers = ["currency=JPY", "契約開始日=%d/%m/%Y"]
    answered = landing.propose(home, path, answers=answers)
    add_mapping("own.yml", writing.yaml_text(answered, "ja"))
    checked = landing.check(home, path).result
    assert (checked.state, checked.feed_id) == ("live", "own_subscriptions")
    assert checked.entities[0].rows_landed == 1


def request_in(home, path: Path) -> ReadRequest:
    return ReadRequest(
        **{
            name: getattr(request(path), name)
            for name in ("path", "system", "file_name", "file_time", "content_sha256", "secret")
        },
        home_mappings=str(home.mappings),
        business_timezone="Asia/Tokyo",
    )


# ---- any table at all ----

CELLS = st.one_of(
    st.sampled_from(
        ["01/02/2026", "31/01/2026", "26/4/1", "46113", "R8.4.1", "2026/02/30", "▲1,000", "1.2億",
         "￥5", "-", "法人", "はい", "JPY", "USD", "2026-04-01T09:00Z", "月額", "\u3000",
         "9999/12/31"]
    ),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=6),
)  # fmt: skip
HEADERS = st.one_of(
    st.sampled_from(
        ["契約ID", "請求先ID", "開始日", "終了日", "単価", "税込", "通貨", "請求間隔単位",
         "請求間隔", "顧客ID", "顧客区分", "顧客名", "受付日時", "状態", "問い合わせID", "数量"]
    ),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=5),
)  # fmt: skip


@st.composite
def tables(draw) -> bytes:
    headers = draw(st.lists(HEADERS, min_size=1, max_size=8, unique=True))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(headers), max_size=len(headers)), max_size=6))
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    text = "\r\n".join([",".join(f'"{name}"' for name in headers), *lines]) + "\r\n"
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "cp932"])), "replace")


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(tables())
@pytest.mark.slow
def test_any_table_is_proposed_or_refused_and_no_cell_is_lost_without_saying_so(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "表.csv"
        path.write_bytes(content)
        proposal = propose(request(path))
        assert writing.explain(proposal, "ja") and writing.explain(proposal, "en")
        if proposal.status != "proposed":
            # nothing to write, or only a name: refused, or a preset that refuses no row
            assert proposal.columns == ()
            return
        written = Path(folder) / "own.yml"
        written.write_text(writing.yaml_text(proposal, "en"), encoding="utf-8")
        document = read_yaml(written)
        assert document == as_text(proposal.document)
        if proposal.is_decided:
            build_mapping(document, "own.yml")
        [sheet] = open_text(path, proposal.format)
        for one in proposal.columns:
            if one.header and not any(open.column == one.column for open in proposal.questions):
                assert one.evidence.unread_rows == refused_rows(proposal, one, sheet.frame)
                assert (one.evidence.unread == ()) == (one.evidence.unread_rows == 0)


def refused_rows(proposal: Proposal, one, frame: pl.DataFrame) -> int:
    """Filled cells that landing would refuse under the rule proposed."""
    declared = matching.columns_of(entities()[proposal.entity])
    canonical = next(each for each in declared if each.name == one.column)
    read = parse(
        frame.get_column(one.header),
        canonical.type,
        formats=one.rule.get("formats"),
        tz=one.rule.get("timezone", "Asia/Tokyo"),
        local_tz="Asia/Tokyo",
        value_map=one.rule.get("values"),
        values=canonical.values,
    )
    negative = (read.values < 0).sum() if canonical.not_negative else 0
    return read.reasons.is_not_null().sum() + negative


def test_contracts_without_a_currency_and_a_customer_were_proposed_as_pauses(look):
    proposal = look(
        "顧客契約.csv",
        "契約コード,お客様番号,プラン名,開始日,終了日,月額(税抜),数量,状態,備考\n"
        'K-001,C001,ライト,2026/4/1,,"1,200",3,有効,\n'
        'K-002,C002,プロ,2026/4/15,2027/4/14,"9,800",1,有効,年契約\n',
    )
    assert proposal.entity == "billing.subscriptions"
    assert not proposal.is_decided
    assert {one.column for one in proposal.questions} == {"billing_customer_id", "currency"}


def test_pauses_stay_pauses_though_contracts_have_the_same_columns(look):
    proposal = look("休会.csv", "契約ID,休会開始日,休会終了日\nK-001,2026/4/1,2026/4/30\n")
    assert proposal.entity == "billing.subscription_pauses"
    assert proposal.is_decided
