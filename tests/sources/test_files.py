# ruff: noqa: E501 (the XML parts of a workbook)
"""Files to text: encodings, broken records, workbooks, documents, archives, and what is refused."""

import csv
import datetime
import io
import json
import os
import random
import socket
import tracemalloc
import zipfile
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.files import FileFormat, FileRefused, open_headers, open_text
from sources.reasons import reasons

ROWS = "顧客ID,名前,金額\r\n007,①㈱髙橋,1200\r\n008,～－￥,\r\n"
EXPECTED = [("007", "①㈱髙橋", "1200", 2), ("008", "～－￥", None, 3)]


@pytest.fixture
def deliver(tmp_path):
    """Writes bytes into a file whose name says nothing, as originals are stored."""

    def write(data, name="0a1b2c"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


@pytest.fixture
def read(deliver):
    """The only sheet of some bytes."""

    def open_one(data, kind="csv", **declared):
        sheets = open_text(deliver(data), FileFormat(kind, **declared))
        assert len(sheets) == 1
        return sheets[0]

    return open_one


@pytest.fixture
def refusal(deliver):
    """The FileRefused of some bytes."""

    def refused(data, kind="csv", **declared):
        with pytest.raises(FileRefused) as caught:
            open_text(deliver(data), FileFormat(kind, **declared))
        assert caught.value.code in reasons()
        assert caught.value.ja
        assert caught.value.remedy_en
        return caught.value

    return refused


def damage(sheet):
    return sheet.damaged.select("source_row", "reason").rows()


# ── encodings (D01, D02, D04) ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("encode", "declared", "found"),
    [
        ("cp932", "auto", "cp932"),
        ("utf-8", "auto", "utf-8"),
        ("utf-8-sig", "auto", "utf-8-bom"),
        ("utf-16", "auto", "utf-16"),
        ("cp932", "cp932", "cp932"),
        ("utf-8", "utf-8", "utf-8"),
        ("utf-8-sig", "utf-8", "utf-8-bom"),
        ("utf-16-le", "utf-16-le", "utf-16-le"),
    ],
)
def test_D01_the_same_rows_in_every_encoding(read, encode, declared, found):
    sheet = read(ROWS.encode(encode), encoding=declared)
    assert sheet.frame.columns == ["顧客ID", "名前", "金額", "source_row"]
    assert sheet.frame.rows() == EXPECTED
    assert sheet.encoding == found


def test_D01_euc_jp_is_read_where_declared(read):
    sheet = read("ID,名前\n1,山田\n".encode("euc_jp"), encoding="euc_jp")
    assert sheet.frame.rows() == [("1", "山田", 2)]


def test_a_wrong_declaration_is_refused(refusal):
    assert refusal(ROWS.encode("cp932"), encoding="utf-8").code == "encoding_wrong"
    assert refusal(ROWS.encode("utf-8"), encoding="cp932").code == "encoding_wrong"
    assert refusal(ROWS.encode("utf-8-sig"), encoding="cp932").code == "encoding_wrong"


def test_D02_a_cp932_line_in_a_utf8_file_is_damaged_with_its_byte_and_the_rest_is_read(read):
    data = "ID,名前\n1,山田\n2,鈴木\n".encode() + "3,佐藤\n".encode("cp932") + "4,高橋\n".encode()
    sheet = read(data)
    assert sheet.encoding == "utf-8"
    assert sheet.frame.rows() == [("1", "山田", 2), ("2", "鈴木", 3), ("4", "高橋", 5)]
    assert damage(sheet) == [(4, "mixed_encoding")]
    assert sheet.damaged["detail"].item() == "byte 30"


def test_D02_a_utf8_line_in_a_cp932_file_is_not_landed_garbled(read):
    data = "ID,名前\n1,山田\n2,鈴木\n".encode("cp932") + "3,佐藤\n".encode() + b"4,x\n"
    sheet = read(data)
    assert sheet.encoding == "cp932"
    assert [row[0] for row in sheet.frame.rows()] == ["1", "2", "4"]
    assert damage(sheet) == [(4, "mixed_encoding")]


def test_as_many_lines_of_either_encoding_are_refused(refusal):
    data = b"id,name\n" + "1,山田\n".encode() + "2,鈴木\n".encode("cp932")
    assert refusal(data).code == "encoding_unclear"


def test_half_width_kana_of_cp932_are_not_taken_for_utf8(read):
    sheet = read("ID,カナ\n1,ﾂｱｰ\n2,ｶﾌﾞｼｷｶﾞｲｼｬ\n".encode("cp932"))
    assert sheet.frame.rows() == [("1", "ﾂｱｰ", 2), ("2", "ｶﾌﾞｼｷｶﾞｲｼｬ", 3)]


def test_D03_text_that_was_garbled_before_the_export_is_noted(read):
    garbled = "株式会社".encode().decode("cp932", "replace")
    sheet = read(f"id,name\n1,東京\n2,縺ゅ＞縺\n3,{garbled}\n")
    notes = {note.code: note.detail for note in sheet.notes}
    assert notes["mojibake"] == "1 rows; first: 3"


# ── records (D07, D08, D09) ──────────────────────────────────────────────────────────────────────


def test_D07_rows_with_more_or_fewer_fields_are_damaged_and_the_others_read(read):
    sheet = read("a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n")
    assert sheet.frame.rows() == [("1", "2", "3", 2), ("10", "11", "12", 5)]
    assert sheet.damaged.rows() == [
        (3, "4,5", "ragged_row", "header 3, row 2"),
        (4, "6,7,8,9", "ragged_row", "header 3, row 4"),
    ]


def test_quotes_delimiters_and_line_breaks_inside_quoted_cells(read):
    sheet = read('id,note,x\r\n1,"a, ""b""",9\r\n2,"line 1\r\nline 2\n\nline 4",8\r\n3,,7\r\n')
    assert sheet.frame.rows() == [
        ("1", 'a, "b"', "9", 2),
        ("2", "line 1\nline 2\n\nline 4", "8", 3),
        ("3", None, "7", 7),
    ]
    assert sheet.damaged.is_empty()
    assert sheet.rows_blank == 0


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ('2,"b,2', "unterminated_quote"),
        ('2,"b"c,2', "unterminated_quote"),
        ('2,b"c,2', "stray_quote"),
        ('2,5" disk,2', "stray_quote"),
        ('2, "b",2', "stray_quote"),
    ],
)
def test_D08_a_broken_quote_costs_its_own_record_only(read, broken, reason):
    sheet = read(f'id,name,x\n1,a,1\n{broken}\n3,"c",3\n4,d,4\n5,"e, f",5\n')
    assert damage(sheet) == [(3, reason)]
    assert sheet.frame["id"].to_list() == ["1", "3", "4", "5"]
    assert sheet.frame["source_row"].to_list() == [2, 4, 5, 6]


def test_D08_a_quote_left_open_to_the_end_of_the_file(read):
    sheet = read('id,name,x\n1,a,1\n2,"b,2\n3,c,3\n4,d,4\n')
    assert damage(sheet) == [(3, "unterminated_quote")]
    assert sheet.frame["id"].to_list() == ["1", "3", "4"]


def test_D08_an_open_quote_that_a_later_stray_quote_seems_to_close(read):
    sheet = read('id,name,x\n1,"a,1\n2,b,2\n3,c,3\n4,d",4\n5,e,5\n')
    assert damage(sheet) == [(2, "unterminated_quote"), (5, "stray_quote")]
    assert sheet.frame["id"].to_list() == ["2", "3", "5"]


def test_a_long_record_with_a_field_too_many_is_one_damaged_row(read):
    sheet = read('id,note\n1,"a\nb\nc",too many\n2,x\n')
    assert damage(sheet) == [(2, "ragged_row")]
    assert sheet.damaged["raw"].item() == '1,"a\nb\nc",too many'
    assert sheet.frame.rows() == [("2", "x", 5)]


def test_D08_a_file_of_nothing_but_broken_quotes_is_refused_or_read_in_time(refusal):
    assert refusal('id,"name\n' + '1,"x\n' * 1_000).code == "header_damaged"


def test_D09_nul_and_control_characters_damage_their_line(read):
    sheet = read(b"id,name\n1,a\x00b\n2,c\x1b[31m\n3,tab\there\n4,d\n")
    assert damage(sheet) == [(2, "control_character"), (3, "control_character")]
    assert sheet.damaged["raw"].to_list() == ["1,a\\x00b", "2,c\\x1b[31m"]
    assert sheet.frame.rows() == [("3", "tab\there", 4), ("4", "d", 5)]


def test_D09_mixed_line_ends_are_read_and_a_lone_carriage_return_is_damage(read):
    sheet = read(b'id,name\r\n1,a\n2,b\r\n3,c\rd\n4,"e\rf"\n')
    assert sheet.frame.rows() == [("1", "a", 2), ("2", "b", 3), ("4", "e\rf", 5)]
    assert damage(sheet) == [(4, "stray_carriage_return")]


def test_line_ends_of_old_macs_are_read_and_noted(read):
    sheet = read(b"id,name\r1,a\r2,b\r")
    assert sheet.frame.rows() == [("1", "a", 2), ("2", "b", 3)]
    assert [note.code for note in sheet.notes] == ["old_line_ends"]


def test_utf16_full_of_nul_without_a_mark_is_named(refusal):
    assert refusal("id,name\n1,a\n".encode("utf-16-le")).code == "binary_content"


def test_blank_lines_are_counted_and_left_out(read):
    sheet = read("id,name\n1,a\n\n,\n  \n2,b\n\n")
    assert sheet.frame.rows() == [("1", "a", 2), ("2", "b", 6)]
    assert sheet.rows_blank == 4
    assert sheet.damaged.is_empty()


def test_other_delimiters_are_declared_never_sniffed(read, refusal):
    assert read("id\tname\n1\ta,b\n", delimiter="\t").frame.rows() == [("1", "a,b", 2)]
    refused = refusal("id\tname\n1\ta\n")
    assert refused.code == "delimiter_not_found"
    assert "tab" in refused.detail


def test_rows_above_the_header_are_kept_apart(read):
    data = '契約一覧\n出力日,2026-04-01,"a, b"\n\nid,name\n1,x\n'
    sheet = read(data, header_row=4)
    assert sheet.preamble == (("契約一覧",), ("出力日", "2026-04-01", "a, b"), (None,))
    assert sheet.frame.rows() == [("1", "x", 5)]


def test_a_header_is_found_by_its_names_wherever_the_lines_above_end(read, refusal):
    table = "会社名,氏名\nA,山田\n"
    for above in ("", "2件\n", '2件,"x\n\n\n会社名\n'):
        sheet = read(above + table, header_has=("氏名", "会社名"))
        assert sheet.frame.rows() == [("A", "山田", above.count("\n") + 2)]
    assert sheet.preamble == (('2件,"x',), (None,), (None,), ("会社名",))
    refused = refusal("2件\n" + table, header_has=("会社名", "住所"))
    assert (refused.code, refused.detail) == ("header_missing", "会社名, 住所")
    assert refusal("\n" * 50 + table, header_has=("会社名",)).code == "header_missing"


def test_C02_a_last_line_without_line_end_is_refused_unless_allowed(refusal, read):
    assert refusal("id,amount\n1,3000\n2,30").code == "no_final_line_end"
    allowed = read("id,amount\n1,3000\n2,3000", allow_no_final_newline=True)
    assert allowed.frame["amount"].to_list() == ["3000", "3000"]


def test_C02_half_a_windows_line_end_is_no_line_end(refusal):
    assert refusal(b"id,amount\r\n1,30\r").code == "no_final_line_end"


def test_C08_an_empty_file_is_refused_and_a_lone_header_is_no_rows(refusal, read):
    assert refusal(b"").code == "empty_file"
    assert refusal(b"\n\n").code == "empty_file"
    assert refusal(b"\xef\xbb\xbf").code == "empty_file"
    sheet = read("id,name\n")
    assert sheet.frame.columns == ["id", "name", "source_row"]
    assert sheet.frame.height == 0


def test_D05_ids_stay_text_in_every_cell(read):
    sheet = read("id,a,b\n007,1E5,4111111111111111\n0012,1-2,true\n")
    assert sheet.frame.rows() == [
        ("007", "1E5", "4111111111111111", 2),
        ("0012", "1-2", "true", 3),
    ]


# ── headers (E06) ────────────────────────────────────────────────────────────────────────────────


def test_E06_headers_are_normalised(read):
    sheet = read('\ufeff ＩＤ , 名前　,"金額\n（税込）"\n1,a,2\n')
    assert sheet.frame.columns == ["ID", "名前", "金額 (税込)", "source_row"]
    assert sheet.frame.rows() == [("1", "a", "2", 3)]


def test_E06_duplicate_headers_are_refused_by_name(refusal):
    refused = refusal("id,金額,金額\n1,2,3\n")
    assert refused.code == "duplicate_header"
    assert refused.detail == "金額"
    assert refusal("id,ＩＤ,id \n1,2,3\n").detail == "id"


def test_E06_a_blank_header_is_refused_when_its_column_has_values(refusal, read):
    assert refusal("id,,x\n1,2,3\n").code == "blank_header"
    assert refusal("id,x,\n1,2,3\n").code == "blank_header"
    assert read("id,x,\n1,2,\n").frame.rows() == [("1", "2", 2)]


def test_a_header_row_beyond_the_file_is_refused(refusal):
    assert refusal("id,x\n1,2\n", header_row=9).code == "header_missing"


def test_open_headers_reads_only_the_beginning(deliver):
    path = deliver("id,name\n" + "1,a\n" * 2_000_000)
    assert open_headers(path, FileFormat("csv")) == [("id", "name")]


# ── one truth: fast and slow reading agree ───────────────────────────────────────────────────────

CELLS = st.text(st.sampled_from('ab,"\n \t;山１\\'), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8), st.booleans())
def test_well_formed_files_are_read_as_the_csv_module_reads_them(read, rows, quote_all):
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(text, lineterminator="\n", quoting=quoting)
    writer.writerows([("h1", "h2", "h3"), *rows])
    sheet = read(text.getvalue())
    expected = [tuple(c or None for c in row) for row in rows if any(c.strip() for c in row)]
    assert sheet.frame.drop("source_row").rows() == expected
    assert sheet.damaged.is_empty()


def test_a_row_reads_the_same_whether_or_not_the_file_has_irregular_rows(read):
    regular = "".join(f'{i},"x, ""{i}""",{i}.50\n' for i in range(2_000))
    alone = read("id,note,amount\n" + regular)
    among = read('id,note,amount\n"-1","two\nlines",1\n' + regular + "damaged\n")
    assert among.frame.height == alone.frame.height + 1
    assert among.frame.slice(1).drop("source_row").equals(alone.frame.drop("source_row"))
    assert (among.frame["source_row"].slice(1) - alone.frame["source_row"]).unique().item() == 2


@pytest.mark.parametrize("seed", range(40))
def test_D17_a_mutated_file_is_refused_or_every_row_is_accounted_for(deliver, seed):
    chance = random.Random(seed)
    rows = "".join(f'{i},山田{i},"a, {i}",2026-04-01\n' for i in range(50))
    data = bytearray(("id,名前,note,date\n" + rows).encode(chance.choice(["utf-8", "cp932"])))
    for _ in range(chance.randrange(1, 12)):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(3)] = chance.choice(
            [b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"\x81", b"\xe3\x81\x82", b""]
        )
    try:
        [sheet] = open_text(deliver(bytes(data)), FileFormat("csv"))
    except FileRefused as refused:
        assert refused.code in reasons()
        return
    rows_seen = {*sheet.frame["source_row"], *sheet.damaged["source_row"]}
    assert len(rows_seen) == sheet.frame.height + sheet.damaged.height
    assert set(sheet.damaged["reason"]) <= set(reasons())
    # every untouched line is landed as it was written, or lies inside a damaged record
    untouched = {f"{i}": (f"山田{i}", f"a, {i}", "2026-04-01") for i in range(50)}
    whole = [row[1:4] == untouched.get(row[0]) for row in sheet.frame.rows()]
    assert sum(whole) >= 25


def some_files():
    book = "".join(row(i, text("a"), number(i), number("46113", style=1)) for i in range(2, 30))
    records = [{"id": i, "n": {"x": [1, 2]}, "名": "山田"} for i in range(30)]
    parquet = io.BytesIO()
    pl.DataFrame({"a": ["x"] * 50, "b": range(50), "c": [{"q": 1.5}] * 50}).write_parquet(parquet)
    rows = "id,名前,x\n" + "".join(f'{i},山田,"a{i}"\n' for i in range(30))
    return {
        "xlsx": workbook({"S": row(1, text("id"), text("n"), text("d")) + book}),
        "json": json.dumps(records, ensure_ascii=False).encode(),
        "jsonl": "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode(),
        "parquet": parquet.getvalue(),
        "csv": packed({"a.csv": rows}),
    }


@pytest.mark.parametrize("kind", ["xlsx", "json", "jsonl", "parquet", "csv"])
def test_D17_mutated_files_of_every_kind_are_read_or_refused(deliver, kind):
    chance = random.Random(kind)
    whole = some_files()[kind]
    assert len(open_text(deliver(whole), FileFormat(kind))) == 1
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(data))
            data[place : place + chance.randrange(8)] = chance.choice(
                [b"", b'"', b"\n", b"{", b"\\ud800", b"\x00", b"\xff", chance.randbytes(4)]
            )
        path = deliver(bytes(data))
        for opened in (open_text, open_headers):
            try:
                opened(path, FileFormat(kind))
            except FileRefused as refused:
                assert refused.code in reasons()


# ── what is no file of text (C10, D10, D13) ──────────────────────────────────────────────────────


def test_C10_links_pipes_sockets_and_folders_are_refused(tmp_path, deliver):
    target = deliver("id,x\n1,2\n")
    (tmp_path / "link").symlink_to(target)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    for name in ("link", "pipe", "folder", "socket", "missing"):
        with pytest.raises(FileRefused) as caught:
            open_text(tmp_path / name, FileFormat("csv"))
        assert caught.value.code == "not_a_regular_file", name
    listener.close()


def test_D10_a_giant_line_stops_at_the_cap_in_little_memory(tmp_path):
    path = tmp_path / "giant.csv"
    path.write_bytes(b"id,x\n")
    os.truncate(path, 1024**3)
    tracemalloc.start()
    with pytest.raises(FileRefused) as caught:
        open_text(path, FileFormat("csv"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == "line_too_long"
    assert caught.value.where == "line 2"
    assert peak < 50 * 1024**2


def test_D10_a_hundred_thousand_columns_and_a_giant_cell(refusal, read):
    assert refusal(",".join(f"c{i}" for i in range(100_000)) + "\n").code == "too_many_columns"
    sheet = read("id,x\n1," + "a" * 1_100_000 + "\n2,b\n")
    assert damage(sheet) == [(2, "cell_too_long")]
    assert sheet.frame["id"].to_list() == ["2"]


@pytest.mark.parametrize(
    ("data", "code", "named"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "wrong_kind", ".xls"),
        (b"<html><body><table><tr><td>id</td></tr></table>", "wrong_kind", "HTML"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>", "wrong_kind", "HTML"),
        (b"%PDF-1.7\n", "wrong_kind", "PDF"),
        (b"\x1f\x8b\x08\x00", "wrong_kind", "gzip"),
        (b"PAR1....", "wrong_kind", "parquet"),
    ],
)
def test_D13_a_file_that_is_something_else_says_what_it_is(refusal, data, code, named):
    for kind in ("csv", "xlsx"):
        refused = refusal(data, kind)
        assert refused.code == code
        assert named in refused.detail


def test_D13_a_workbook_with_a_password_is_named(refusal):
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le")
    assert refusal(data, "xlsx").code == "password_protected"


def test_D13_a_workbook_named_csv_and_a_csv_named_workbook(refusal):
    assert "XLSX" in refusal(workbook({"S": row(1, text("id"))}), "csv").detail
    assert refusal(b"id,x\n1,2\n", "xlsx").code == "wrong_kind"


# ── workbooks (D12) ──────────────────────────────────────────────────────────────────────────────


def text(value):
    return f'<c t="inlineStr" r="{{}}"><is><t>{value}</t></is></c>'


def number(literal, style=0):
    return f'<c s="{style}" r="{{}}"><v>{literal}</v></c>'


def other(attributes, content=""):
    return f'<c {attributes} r="{{}}">{content}</c>'


def row(number, *cells):
    """A row of cells from column A on; None leaves one out."""
    filled = "".join(
        cell.format(f"{chr(ord('A') + i)}{number}") for i, cell in enumerate(cells) if cell
    )
    return f'<row r="{number}">{filled}</row>'


def workbook(sheets, *, hidden=(), date1904=False, after=""):
    """The bytes of an XLSX file with inline strings. Style 1 is a date, 2 a date with time."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    named = "".join(
        f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"{hidden_mark}/>'
        for i, name in enumerate(sheets, start=1)
        for hidden_mark in [' state="hidden"' if name in hidden else ""]
    )
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{office}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": f'{head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'{head}<Relationships {package}><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{head}<workbook {main} xmlns:r="{office}"><workbookPr date1904="{int(date1904)}"/><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{head}<Relationships {package}>{related}<Relationship Id="rId99" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'{head}<styleSheet {main}><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy/mm/dd hh:mm"/></numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>',
    }
    for i, rows in enumerate(sheets.values(), start=1):
        data = "".join(rows) if not isinstance(rows, str) else rows
        parts[f"xl/worksheets/sheet{i}.xml"] = (
            f"{head}<worksheet {main}><sheetData>{data}</sheetData>{after}</worksheet>"
        )
    return packed(parts)


def packed(members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


HEADER = row(1, text("id"), text("value"))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (text("007"), "007"),
        (number("12"), "12"),
        (number("12.0"), "12"),
        (number("0.1"), "0.1"),
        (number("0.30000000000000004"), "0.3"),  # what Excel shows
        (number("1234567.891"), "1234567.891"),
        (number("9007199254740991"), "9007199254740991"),
        (number("1E-05"), "0.00001"),
        (number("46113", style=1), "2026-04-01"),
        (number("46113.645833333336", style=2), "2026-04-01 15:30:00"),
        (other('t="b"', "<v>1</v>"), "true"),
        (other('t="str"', "<f>A2</f><v>cached</v>"), "cached"),
        (other("", "<f>1+1</f><v>2</v>"), "2"),
        (other('t="str"', "<f>A2</f><v></v>"), None),
    ],
)
def test_cells_of_a_workbook_as_text(read, cell, expected):
    sheet = read(workbook({"S": HEADER + row(2, text("a"), cell)}), "xlsx")
    assert sheet.frame.rows() == [("a", expected, 2)]
    assert sheet.damaged.is_empty()
    assert sheet.sheet == "S"


@pytest.mark.parametrize(
    ("cell", "reason", "detail"),
    [
        (other('t="e"', "<v>#REF!</v>"), "formula_error", "B3 #REF!"),
        (other('t="e"', "<f>A1</f><v>#N/A</v>"), "formula_error", "B3 #N/A"),
        (other("", "<f>A2*2</f>"), "formula_without_value", "B3"),
        (other("", "<f>A2*2</f><v></v>"), "formula_without_value", "B3"),
        (other("", '<f t="shared" si="0"/>'), "formula_without_value", "B3"),
        (number("12345678901234567890"), "digits_lost", "B3 12345678901234567890"),
        (number("60", style=1), "no_such_date", "B3 60"),
    ],
)
def test_D12_cells_that_cannot_be_believed_damage_their_row(read, cell, reason, detail):
    rows = HEADER + row(2, text("a"), number("1")) + row(3, text("b"), cell)
    sheet = read(workbook({"S": rows + row(4, text("c"), number("3"))}), "xlsx")
    assert sheet.damaged.select("source_row", "reason", "detail").rows() == [(3, reason, detail)]
    assert sheet.frame.rows() == [("a", "1", 2), ("c", "3", 4)]


def test_D12_dates_of_the_1904_calendar(read):
    rows = HEADER + row(2, text("a"), number("44651", style=1))
    assert read(workbook({"S": rows}, date1904=True), "xlsx").frame["value"].item() == "2026-04-01"


def test_D12_title_rows_an_empty_column_and_blank_rows_keep_excel_row_numbers(read):
    rows = (
        row(1, None, text("契約一覧"))
        + row(3, None, text("id"), text("value"))
        + row(4, None, text("a"), number("1"))
        + row(7, None, text("b"), number("2"))
    )
    sheet = read(workbook({"S": rows}), "xlsx", header_row=3)
    assert sheet.frame.columns == ["id", "value", "source_row"]
    assert sheet.frame.rows() == [("a", "1", 4), ("b", "2", 7)]
    assert sheet.rows_blank == 2
    assert sheet.preamble == ((None, "契約一覧", None), (None, None, None))


def test_the_header_of_a_sheet_is_found_by_its_names(deliver):
    rows = row(2, text("2件")) + row(5, text("id"), text("value")) + row(6, text("a"), number("1"))
    path = deliver(workbook({"S": rows}), "x.xlsx")
    declared = FileFormat("xlsx", header_has=("value", "id"))
    assert open_headers(path, declared) == [("id", "value")]
    (sheet,) = open_text(path, declared)
    assert sheet.frame.rows() == [("a", "1", 6)]
    assert len(sheet.preamble) == 4


def test_a_column_of_values_without_a_header_is_refused(refusal):
    rows = row(1, None, text("id")) + row(2, text("stray"), text("a"))
    assert refusal(workbook({"S": rows}), "xlsx").code == "blank_header"


def test_values_beyond_the_last_header_are_refused(refusal):
    rows = HEADER + row(2, text("a"), number("1"), text("stray"))
    refused = refusal(workbook({"S": rows}), "xlsx")
    assert refused.code == "blank_header"
    assert "column C" in refused.detail


def test_D12_the_only_visible_sheet_is_read_and_others_by_name(read, refusal):
    sheets = {"データ": HEADER + row(2, text("a"), number("1")), "隠し": HEADER}
    assert read(workbook(sheets, hidden=["隠し"]), "xlsx").sheet == "データ"
    refused = refusal(workbook(sheets), "xlsx")
    assert refused.code == "sheet_not_chosen"
    assert refused.detail == "データ, 隠し"
    assert read(workbook(sheets), "xlsx", sheet="ﾃﾞｰﾀ").frame.height == 1
    assert read(workbook(sheets, hidden=["隠し"]), "xlsx", sheet="隠し").frame.height == 0
    assert refusal(workbook(sheets), "xlsx", sheet="売上").code == "sheet_missing"


def test_D12_merged_cells_are_noted(read):
    rows = HEADER + row(2, text("a"), number("1")) + row(3, None, number("2"))
    merge = '<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
    sheet = read(workbook({"S": rows}, after=merge), "xlsx")
    assert [(note.code, note.detail) for note in sheet.notes] == [("merged_cells", "A2:A3")]
    assert sheet.frame.rows() == [("a", "1", 2), (None, "2", 3)]


def test_D11_a_workbook_that_grows_when_unpacked_is_refused_before_it_does(refusal):
    bomb = packed({"xl/workbook.xml": "<x/>", "xl/worksheets/sheet1.xml": b" " * 40_000_000})
    assert len(bomb) < 100_000
    assert refusal(bomb, "xlsx").code == "zip_bomb"


def test_D11_a_document_type_declaration_is_refused(refusal):
    evil = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><workbook>&b;</workbook>'
    assert refusal(packed({"xl/workbook.xml": evil}), "xlsx").code == "workbook_broken"


def test_a_damaged_workbook_is_refused(refusal):
    whole = workbook({"S": HEADER})
    assert refusal(whole[: len(whole) // 2], "xlsx").code == "zip_broken"


def test_open_headers_of_a_workbook(deliver):
    path = deliver(workbook({"S": row(1, text("title")) + row(2, text("id"), text("ＩＤ２"))}))
    assert open_headers(path, FileFormat("xlsx", header_row=2)) == [("id", "ID2")]


# ── documents ────────────────────────────────────────────────────────────────────────────────────


def test_json_numbers_keep_their_literal_and_objects_become_dotted_columns(read):
    data = b'[{"id": 1, "a": {"b": 1.50, "c": {"d": 1e400}}, "tags": [1.0, {"x": "\xe3\x81\x82"}]},\n {"id": "007", "z": true, "n": null, "e": {}}]'
    sheet = read(data, "json")
    assert sheet.frame.columns == ["id", "a.b", "a.c.d", "tags", "z", "n", "source_row"]
    assert sheet.frame.rows() == [
        ("1", "1.50", "1e400", '[1.0, {"x": "あ"}]', None, None, 1),
        ("007", None, None, None, "true", None, 2),
    ]


def test_json_records_are_found_by_their_path(read, refusal):
    data = json.dumps({"meta": {"page": 1}, "data": {"tickets": [{"id": 5}]}}).encode()
    assert read(data, "json", records="data.tickets").frame.rows() == [("5", 1)]
    assert refusal(data, "json").code == "json_records_missing"
    assert refusal(data, "json").detail == "meta, data"
    assert refusal(data, "json", records="data.orders").detail == "orders"


def test_json_records_that_are_none_are_damaged(read):
    sheet = read(
        b'[{"id": 1}, 3, {"id": 2, "id": 3}, {"a": {"b": 1}, "a.b": 2}, {"id": 4}]', "json"
    )
    assert sheet.frame["id"].to_list() == ["1", "4"]
    assert damage(sheet) == [
        (2, "json_not_an_object"),
        (3, "json_duplicate_key"),
        (4, "json_duplicate_key"),
    ]


def test_a_cut_or_endlessly_nested_json_document_is_refused(refusal):
    refused = refusal(b'[{"id": 1},\n{"id": 2', "json")
    assert refused.code == "json_unreadable"
    assert refused.where.startswith("line 2")
    assert refusal(b'[{"a": ' + b"[" * 200_000, "json").code == "json_unreadable"


def test_an_empty_json_array_is_no_rows(read):
    assert read(b"[]", "json").frame.height == 0


def test_a_broken_json_line_is_damaged_and_the_others_read(read):
    lines = (
        b'{"id": 1, "x": "a"}\n{"id": 2, "x"\n\n{"id": 3, "x": "\\ud800"}\n[4]\n{"id": 5, "y": 1}'
    )
    sheet = read(lines, "jsonl")
    assert sheet.frame.rows() == [("1", "a", None, 1), ("5", None, "1", 6)]
    assert damage(sheet) == [(2, "json_broken"), (4, "unreadable_text"), (5, "json_not_an_object")]
    assert sheet.rows_blank == 1


def test_json_control_characters_are_damage_too(read):
    sheet = read(b'[{"id": "a\\u0000b"}, {"id": "c"}]', "json")
    assert damage(sheet) == [(1, "control_character")]
    assert sheet.frame["id"].to_list() == ["c"]


def test_parquet_cells_become_the_text_that_reads_back_the_same(read):
    data = io.BytesIO()
    pl.DataFrame(
        {
            "id": ["007", None],
            "int": [9223372036854775807, None],
            "float": [0.1, 1e-7],
            "whole": [12.0, 1e20],
            "dec": pl.Series([Decimal("1.50"), None], dtype=pl.Decimal(18, 6)),
            "day": [datetime.date(2026, 4, 1), None],
            "at": pl.Series(["2026-04-01 09:00:00.5", None]).str.to_datetime(),
            "utc": pl.Series(["2026-04-01 09:00:00", None])
            .str.to_datetime()
            .dt.replace_time_zone("Asia/Tokyo"),
            "flag": [True, False],
            "part": [{"a": 1, "b": "x"}, {"a": None, "b": None}],
            "list": [[1, 2], None],
        }
    ).write_parquet(data)
    sheet = read(data.getvalue(), "parquet")
    first, second = sheet.frame.rows(named=True)
    assert first == {
        "id": "007",
        "int": "9223372036854775807",
        "float": "0.1",
        "whole": "12",
        "dec": "1.500000",
        "day": "2026-04-01",
        "at": "2026-04-01 09:00:00.500",
        "utc": "2026-04-01T00:00:00Z",
        "flag": "true",
        "part.a": "1",
        "part.b": "x",
        "list": "[1, 2]",
        "source_row": 1,
    }
    assert second["float"] == "0.0000001"
    assert second["whole"] == "100000000000000000000"
    assert second["day"] is None


def test_a_damaged_parquet_file_is_refused(refusal):
    assert refusal(b"PAR1" + bytes(40) + b"PAR1", "parquet").code == "parquet_broken"


# ── archives (D11) ───────────────────────────────────────────────────────────────────────────────


def test_a_zip_is_unwrapped_and_its_members_named(deliver):
    path = deliver(
        packed(
            {
                "2026/契約.csv": "id,x\n1,2\n",
                "../../etc/more.CSV": "id,x\n3,4\n",
                "__MACOSX/._more.csv": "junk",
                "readme.pdf": "%PDF",
            }
        )
    )
    first, second = open_text(path, FileFormat("csv"))
    assert (first.member, first.frame.rows()) == ("2026/契約.csv", [("1", "2", 2)])
    assert (second.member, second.frame.rows()) == ("../../etc/more.CSV", [("3", "4", 2)])
    assert [(note.code, note.detail) for note in first.notes] == [("member_skipped", "readme.pdf")]


def test_member_names_of_japanese_windows_are_readable(deliver):
    data = packed({"AAAA.csv": "id,x\n1,2\n"}).replace(b"AAAA", "契約".encode("cp932"))
    assert open_text(deliver(data), FileFormat("csv"))[0].member == "契約.csv"


def test_workbooks_inside_a_zip(read):
    book = workbook({"S": HEADER + row(2, text("a"), number("1"))})
    sheet = read(packed({"a.xlsx": book}), "xlsx")
    assert (sheet.member, sheet.sheet, sheet.frame.height) == ("a.xlsx", "S", 1)


def test_D11_archives_that_are_refused(refusal):
    rows = "id,x\n1,2\n"
    inner = packed({"a.csv": rows})
    assert refusal(packed({"a.zip": inner})).code == "zip_nested"
    assert refusal(packed({"a.csv": inner})).code == "zip_nested"
    assert refusal(packed({"a.xlsx": inner}), "xlsx").code == "zip_nested"
    assert refusal(packed({"a.pdf": "%PDF"})).code == "zip_no_member"
    assert refusal(packed({"a.csv": b"id,x\n" + b"1,2\n" * 8_000_000})).code == "zip_bomb"
    assert refusal(inner[:-30]).code == "zip_broken"


def test_D11_an_archive_that_lies_about_its_sizes_is_refused(refusal):
    data = packed({"a.csv": "id,x\n" + "1,2\n" * 1_000})
    lie = data.replace((4_005).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lie != data
    assert refusal(lie).code == "zip_bomb"


def test_an_encrypted_archive_is_named(refusal):
    data = bytearray(packed({"a.csv": "id,x\n1,2\n"}))
    directory = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[directory + 8] |= 1
    assert refusal(bytes(data)).code == "zip_encrypted"


def test_a_refusal_inside_an_archive_names_the_member(refusal):
    refused = refusal(packed({"good.csv": "id,x\n1,2\n", "cut.csv": "id,x\n1,2"}))
    assert refused.code == "no_final_line_end"
    assert refused.where == "cut.csv: line 2"
