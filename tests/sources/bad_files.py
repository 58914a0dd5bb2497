"""Files as people really deliver them, with what each planted cell means: a corpus to read with any
tool, and the judgement whether it did so silently wrong.

A cell is judged `right` (its value is what was meant), `text` (as it was sent, so nothing is lost
yet), `refused` (its row or file was kept back and the tool said so), `lost` (its row is gone and
nobody said so) or `changed` (another value). The last two are silent.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

SILENT = ("lost", "changed")


class Refusal(Exception):
    """The tool read nothing of the file and said so."""


REFUSE = object()  # a cell that nobody can read for certain


@dataclass(frozen=True)
class Cell:
    """A planted cell: the row with this tag, the column, what was sent and what it means."""

    tag: str
    column: str
    sent: str
    meaning: Any


@dataclass(frozen=True)
class BadFile:
    """A file and its planted cells; `tag` is the column that tells its rows apart."""

    name: str
    file_name: str
    tag: str
    content: bytes
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Read:
    """What a tool made of a file: rows by tag, and the tags (or "*" for any) it said it refused."""

    rows: dict[str, dict[str, Any]]
    refused: frozenset[str] = frozenset()


def judge(file: BadFile, read: Callable[[BadFile], Read]) -> Iterator[tuple[Cell, str]]:
    """Each planted cell of the file with what became of it."""
    try:
        result = read(file)
    except Refusal:
        yield from ((cell, "refused") for cell in file.cells)
        return
    for cell in file.cells:
        if cell.tag in result.rows:
            yield cell, _judge_value(cell, result.rows[cell.tag].get(cell.column))
        else:
            is_told = result.refused & {cell.tag, "*"}
            yield cell, "refused" if is_told else "lost"


def _judge_value(cell: Cell, value: Any) -> str:
    if cell.meaning is not REFUSE and _is_same(value, cell.meaning):
        return "right"
    return "text" if _is_as_sent(value, cell.sent) else "changed"


def _is_as_sent(value: Any, sent: str) -> bool:
    if isinstance(value, bool) or value is None:
        return value is None and sent.strip() == ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") == sent
    return str(value).strip() == sent.strip()


def _is_same(value: Any, meaning: Any) -> bool:
    if isinstance(meaning, (Decimal, int)):
        if isinstance(value, (str, bool)) or value is None:
            return False
        try:
            return Decimal(str(value)) == meaning
        except InvalidOperation:
            return False
    if isinstance(meaning, date):
        return isinstance(value, date) and value == meaning
    return type(value) is type(meaning) and value == meaning


PLANS = "plan_id,name,list_price_native,plan_rank,tax_rate"
PAYMENTS = "payment_id,method,paid_date,amount_native,currency"
ACCOUNTS = "account_id,kind,name,phone,postal_code"
BELOW_ANY_SAMPLE = 30_000  # rows a type is guessed from: 20,480 (DuckDB), 100 (Polars)


def _plans(name: str, rows: list[str], cells: list[Cell], *, end: str = "\n") -> BadFile:
    text = "\n".join([PLANS, *rows]) + end
    return BadFile(name, "plans_20260331.csv", "name", text.encode(), tuple(cells))


def _payments(name: str, rows: list[str], cells: list[Cell], *, end: str = "\n") -> BadFile:
    text = "\n".join([PAYMENTS, *rows]) + end
    return BadFile(name, "payments_20260331.csv", "method", text.encode(), tuple(cells))


def corpus() -> list[BadFile]:
    """Every file, smallest idea first."""
    price, rank, rate, paid, amount = (
        "list_price_native",
        "plan_rank",
        "tax_rate",
        "paid_date",
        "amount_native",
    )
    return [
        _plans(
            "ids with leading zeros",
            ["007,row a,1000,1,0.1", "0012,row b,2000,2,0.1"],
            [Cell("row a", "plan_id", "007", "007"), Cell("row b", "plan_id", "0012", "0012")],
        ),
        _plans(
            "ids that look like powers of ten",
            ["1E5,row a,1000,1,0.1", "2E7,row b,2000,2,0.1"],
            [Cell("row a", "plan_id", "1E5", "1E5"), Cell("row b", "plan_id", "2E7", "2E7")],
        ),
        _plans(
            "ids of twenty digits",
            [f"1234567890123456789{n},row {n},1000,1,0.1" for n in (1, 2)],
            [
                Cell(f"row {n}", "plan_id", f"1234567890123456789{n}", f"1234567890123456789{n}")
                for n in (1, 2)
            ],
        ),
        _plans(
            "ids that look like yes and no",
            ["t,row a,1000,1,0.1", "f,row b,2000,2,0.1"],
            [Cell("row a", "plan_id", "t", "t"), Cell("row b", "plan_id", "f", "f")],
        ),
        _plans(
            "ids that look like days",
            ["1-2-2026,row a,1000,1,0.1", "3-4-2026,row b,2000,2,0.1"],
            [
                Cell("row a", "plan_id", "1-2-2026", "1-2-2026"),
                Cell("row b", "plan_id", "3-4-2026", "3-4-2026"),
            ],
        ),
        BadFile(
            "telephone numbers and postal codes",
            "accounts_20260331.csv",
            "name",
            f"{ACCOUNTS}\nA1,company,row a,0312345678,0600001\n".encode(),
            (
                Cell("row a", "phone", "0312345678", "0312345678"),
                Cell("row a", "postal_code", "0600001", "0600001"),
            ),
        ),
        _plans(
            "a fraction in a column of integers, below any sample",
            [f"P{n},row {n},1000,{n % 9},0.1" for n in range(BELOW_ANY_SAMPLE)]
            + ["P-last,row last,1000,12.75,0.1"],
            [
                Cell("row 0", rank, "0", 0),
                Cell("row last", rank, "12.75", REFUSE),
            ],
        ),
        _plans(
            "an id with leading zeros, below any sample",
            [f"{n},row {n},1000,1,0.1" for n in range(1, BELOW_ANY_SAMPLE)]
            + ["007,row last,1000,1,0.1"],
            [Cell("row 1", "plan_id", "1", "1"), Cell("row last", "plan_id", "007", "007")],
        ),
        _payments(
            "days that may be months",
            ["1,row a,01/02/2026,1000,JPY", "2,row b,03/04/2026,2000,JPY"],
            [
                Cell("row a", paid, "01/02/2026", REFUSE),
                Cell("row b", paid, "03/04/2026", REFUSE),
            ],
        ),
        _payments(
            "years of two digits",
            ["1,row a,04/05/06,1000,JPY", "2,row b,07/08/09,2000,JPY"],
            [Cell("row a", paid, "04/05/06", REFUSE), Cell("row b", paid, "07/08/09", REFUSE)],
        ),
        _payments(
            "a day that is not in the calendar",
            ["1,row a,2026-02-28,1000,JPY", "2,row b,2026-02-29,2000,JPY"],
            [
                Cell("row a", paid, "2026-02-28", date(2026, 2, 28)),
                Cell("row b", paid, "2026-02-29", REFUSE),
            ],
        ),
        _payments(
            "a serial of Excel among days",
            ["1,row a,2026-03-31,1000,JPY", "2,row b,46113,2000,JPY"],
            [
                Cell("row a", paid, "2026-03-31", date(2026, 3, 31)),
                Cell("row b", paid, "46113", REFUSE),
            ],
        ),
        _payments(
            "Japanese eras",
            ["1,row a,令和8年3月31日,1000,JPY", "2,row b,H31.4.30,2000,JPY"],
            [
                Cell("row a", paid, "令和8年3月31日", date(2026, 3, 31)),
                Cell("row b", paid, "H31.4.30", date(2019, 4, 30)),
            ],
        ),
        _payments(
            "a number too large to be one",
            ["1,row a,2026-03-31,1000,JPY", "2,row b,2026-03-31,1e400,JPY"],
            [
                Cell("row a", amount, "1000", Decimal(1000)),
                Cell("row b", amount, "1e400", REFUSE),
            ],
        ),
        _payments(
            "not a number",
            ["1,row a,2026-03-31,1000.5,JPY", "2,row b,2026-03-31,NaN,JPY"],
            [
                Cell("row a", amount, "1000.5", Decimal("1000.5")),
                Cell("row b", amount, "NaN", REFUSE),
            ],
        ),
        _payments(
            "money of eighteen digits",
            ["1,row a,2026-03-31,123456789012.123456,JPY", "2,row b,2026-03-31,1.1,JPY"],
            [
                Cell("row a", amount, "123456789012.123456", Decimal("123456789012.123456")),
                Cell("row b", amount, "1.1", Decimal("1.1")),
            ],
        ),
        _plans(
            "an integer beyond 64 bits",
            ["A,row a,1000,9223372036854775809,0.1", "B,row b,1000,2,0.1"],
            [
                Cell("row a", rank, "9223372036854775809", REFUSE),
                Cell("row b", rank, "2", 2),
            ],
        ),
        _payments(
            "amounts as people write them",
            [
                '1,row a,2026-03-31,"1,200",JPY',
                "2,row b,2026-03-31,△500,JPY",
                "3,row c,2026-03-31,(300),JPY",
                "4,row d,2026-03-31,￥１２３,JPY",
            ],
            [
                Cell("row a", amount, "1,200", Decimal(1200)),
                Cell("row b", amount, "△500", Decimal(-500)),
                Cell("row c", amount, "(300)", Decimal(-300)),
                Cell("row d", amount, "￥１２３", Decimal(123)),
            ],
        ),
        _payments(
            "an amount in hundred millions",
            ["1,row a,2026-03-31,1000,JPY", "2,row b,2026-03-31,1.2億,JPY"],
            [
                Cell("row a", amount, "1000", Decimal(1000)),
                Cell("row b", amount, "1.2億", REFUSE),
            ],
        ),
        _plans(
            "a percentage",
            ["A,row a,1000,1,10%", "B,row b,1000,2,8%"],
            [
                Cell("row a", rate, "10%", Decimal("0.1")),
                Cell("row b", rate, "8%", Decimal("0.08")),
            ],
        ),
        _payments(
            "cut inside the last value",
            ["1,row a,2026-03-31,1000,JPY", "2,row b,2026-03-31,30"],
            [
                Cell("row a", amount, "1000", Decimal(1000)),
                Cell("row b", amount, "30", REFUSE),
            ],
            end="",
        ),
        _plans(
            "cut inside the last value of a whole row",
            ["A,row a,1000,1,0.1", "B,row b,1000,2,0.0"],
            [
                Cell("row a", rate, "0.1", Decimal("0.1")),
                Cell("row b", rate, "0.0", REFUSE),
            ],
            end="",
        ),
        _payments(
            "a row with a field too many",
            [
                "1,row a,2026-03-31,1000,JPY",
                "2,row b,2026-03-31,1,200,JPY",
                "3,row c,2026-03-31,3000,JPY",
            ],
            [
                Cell("row a", amount, "1000", Decimal(1000)),
                Cell("row b", amount, "1,200", REFUSE),
                Cell("row c", amount, "3000", Decimal(3000)),
            ],
        ),
        _payments(
            "a row cut short",
            ["1,row a,2026-03-31,1000,JPY", "2,row b", "3,row c,2026-03-31,3000,JPY"],
            [
                Cell("row a", amount, "1000", Decimal(1000)),
                Cell("row b", amount, "(no field)", REFUSE),
                Cell("row c", amount, "3000", Decimal(3000)),
            ],
        ),
        _payments(
            "a quote that is never closed",
            [
                "1,row a,2026-03-31,1000,JPY",
                '2,"row b,2026-03-31,2000,JPY',
                "3,row c,2026-03-31,3000,JPY",
                "4,row d,2026-03-31,4000,JPY",
            ],
            [
                Cell("row a", amount, "1000", Decimal(1000)),
                Cell("row b", amount, "2000", REFUSE),
                Cell("row c", amount, "3000", Decimal(3000)),
                Cell("row d", amount, "4000", Decimal(4000)),
            ],
        ),
        _plans(
            "one cell with a semicolon",
            ["a;b,row a,1000,1,0.1", "c,row b,2000,2,0.1"],
            [
                Cell("row a", price, "1000", Decimal(1000)),
                Cell("row b", price, "2000", Decimal(2000)),
            ],
        ),
        _plans(
            "ids that look like comments",
            ["#1,row a,1000,1,0.1", "#2,row b,2000,2,0.1"],
            [Cell("row a", "plan_id", "#1", "#1"), Cell("row b", "plan_id", "#2", "#2")],
        ),
        _plans(
            "a NUL inside an id",
            ["A\0B,row a,1000,1,0.1", "C,row b,2000,2,0.1"],
            [Cell("row a", "plan_id", "A\0B", REFUSE), Cell("row b", price, "2000", Decimal(2000))],
        ),
        _plans(
            "a carriage return inside a row",
            ["A,row a,1000,1,0.1", "B,row b,20\r00,2,0.1", "C,row c,3000,3,0.1"],
            [
                Cell("row a", price, "1000", Decimal(1000)),
                Cell("row b", price, "20\r00", REFUSE),
                Cell("row c", price, "3000", Decimal(3000)),
            ],
        ),
        BadFile(
            "a title above the header",
            "plans_20260331.csv",
            "name",
            f"プラン一覧\n出力日,2026/03/31\n\n{PLANS}\n007,row a,1000,1,0.1\n".encode(),
            (Cell("row a", "plan_id", "007", "007"), Cell("row a", price, "1000", Decimal(1000))),
        ),
        BadFile(
            "CP932",
            "plans_20260331.csv",
            "name",
            f"{PLANS}\n髙橋①,row a,1000,1,0.1\n".encode("cp932"),
            (Cell("row a", "plan_id", "髙橋①", "髙橋①"),),
        ),
        BadFile(
            "a line of CP932 in a file of UTF-8",
            "plans_20260331.csv",
            "name",
            f"{PLANS}\n法人,row a,1000,1,0.1\n".encode()
            + "個人,row b,2000,2,0.1\n".encode("cp932")
            + "学校,row c,3000,3,0.1\n".encode(),
            (
                Cell("row a", "plan_id", "法人", "法人"),
                Cell("row b", "plan_id", "個人", REFUSE),
                Cell("row c", price, "3000", Decimal(3000)),
            ),
        ),
        BadFile(
            "a web page named CSV",
            "plans_20260331.csv",
            "name",
            b"<html><body><p>Your session has expired, please log in</p></body></html>\n",
            (Cell("row a", "plan_id", "(no row)", REFUSE),),
        ),
    ]


def read_with_keizoku(folder: Path) -> Callable[[BadFile], Read]:
    """Through the inbox of a home, as any delivery: what is live, and what was kept back.

    The whole corpus is delivered at once, each file by a system of its own.
    """
    from datetime import UTC

    import polars as pl

    from sources import landing
    from sources.entities import entities
    from sources.landing import Home

    home = Home(folder / "home", b"a secret of thirty-two characters")
    home.mappings.mkdir(parents=True)
    systems = {file.name: f"system{number}" for number, file in enumerate(corpus())}
    for file in corpus():
        inbox = home.inbox / systems[file.name]
        inbox.mkdir(parents=True)
        (inbox / file.file_name).write_bytes(file.content)
    landed = landing.land_inbox(home, now=datetime(2026, 4, 1, tzinfo=UTC))
    results = {result.source_system: result for result in landed}

    def read(file: BadFile) -> Read:
        result = results[systems[file.name]]
        if result.state != "live":
            raise Refusal(result.problems)
        rows = {}
        for counts in result.entities:
            live = home.landed / entities()[counts.entity].table / "live"
            for path in live.glob(f"{result.delivery_id}*.parquet"):
                rows |= {row[file.tag]: row for row in pl.read_parquet(path).to_dicts()}
        is_refused = any(counts.rows_quarantined for counts in result.entities)
        return Read(rows, frozenset({"*"} if is_refused else ()))

    return read


def read_with_duckdb(folder: Path) -> Callable[[BadFile], Read]:
    """`select * from read_csv(file)`, everything found out by itself."""
    import duckdb

    def read(file: BadFile) -> Read:
        path = folder / file.file_name
        path.write_bytes(file.content)
        with duckdb.connect() as connection:
            try:
                answer = connection.execute("select * from read_csv(?)", [str(path)])
                names = [column[0] for column in answer.description]
                rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
            except duckdb.Error as problem:
                raise Refusal(problem) from None
        return Read({str(row[file.tag]): row for row in rows if file.tag in row})

    return read


def read_with_polars(folder: Path) -> Callable[[BadFile], Read]:
    """`polars.read_csv(file)`, everything found out by itself."""
    import polars as pl

    def read(file: BadFile) -> Read:
        path = folder / file.file_name
        path.write_bytes(file.content)
        try:
            rows = pl.read_csv(path).to_dicts()
        except pl.exceptions.PolarsError as problem:
            raise Refusal(problem) from None
        return Read({str(row[file.tag]): row for row in rows if file.tag in row})

    return read


TOOLS = {
    "keizoku": read_with_keizoku,
    "duckdb": read_with_duckdb,
    "polars": read_with_polars,
}
