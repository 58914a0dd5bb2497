"""What the cells of one header say under every way to read them, and what they leave open.

Each candidate is tried by values.py itself, so that a share told is the share that will load. Two
readings that give different days are never weighed: one cell that only one of them reads settles
it, else it becomes a question.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sources.assistant.matching import plain, synonyms
from sources.catalogue import GENERIC_MONTHS
from sources.entities import Column, currencies
from sources.sheets import visible
from sources.values import Parsed, check_formats, parse

SAMPLES = 3
SAMPLE_CHARS = 40
MASKED = "***"
CODES_SHOWN = 20
CODES_READ = 1_000
# Formats are first tried on so many different cells; those that read any are tried on all.
TRIED_FIRST = 500

DEFAULT = "year_first"  # no `formats` in the mapping: year first, 年月日, 和暦, ISO
# The written-out parts of that default, needed where other formats are declared beside it.
YEAR_FIRST = ("%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "wareki")
DATE_FORMATS = (
    *("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y"),
    *("%y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%y-%m-%d", "%d-%m-%y", "%m-%d-%y"),
    *("%y.%m.%d", "%d.%m.%y", "%m.%d.%y", "%y年%m月%d日", "%y%m%d", "%d%m%y", "%m%d%y"),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%y", "%d %b %y"),
)
NUMERIC_FORMATS = {
    r"^[0-9]{4,5}(\.[0-9]+)?$": ("excel_serial", "excel_serial_1904"),
    r"^[0-9]{10}(\.[0-9]+)?$": ("unix_seconds",),
    r"^[0-9]{13}$": ("unix_milliseconds",),
}
TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S")
# Cells that stand for "no end" beyond the calendar values.py reads.
NO_END = {"99991231", "29991231"}

Cells = pl.DataFrame  # text (distinct, trimmed, filled), rows


@dataclass(frozen=True)
class Reading:
    """One way to read a column and the rows it reads; `is_chosen` when the proposal uses it."""

    format: str
    rows: int
    is_chosen: bool = False


@dataclass(frozen=True)
class Question:
    """What only a person can tell. key: formats | unit | const | from | values | column.

    cell: of values. column: which of the choices the header is.

    why: a sentence of words.yml.
    """

    column: str
    header: str | None
    key: str
    choices: tuple[str, ...]
    why: str
    cell: str | None = None


@dataclass(frozen=True)
class Examined:
    """The evidence for one header read as one column.

    rule: what the mapping says besides `from`. Counts are rows; samples are masked above class 1.
    """

    filled: int
    blank: int
    read: int
    samples: tuple[str, ...]
    readings: tuple[Reading, ...] = ()
    rule: dict[str, Any] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    unread: tuple[tuple[str, str, int], ...] = ()  # cell, reason code, rows
    marks: tuple[tuple[str, int], ...] = ()  # what numbers are written with
    codes: tuple[tuple[str, str | None, int], ...] = ()  # cell, canonical value or None, rows
    settled_by: str | None = None  # the cell only the chosen format reads

    @property
    def unread_rows(self) -> int:
        return self.filled - self.read


@dataclass(frozen=True)
class Context:
    """What besides the cells decides how they are read."""

    header: str
    timezone: str
    currency: pl.Series | None = None  # per row, where the file says it
    answers: Mapping[str, str] = field(default_factory=dict)  # key, or values.<cell> → answer


class AnswerRefused(ValueError):
    """An answer that cannot be one: what was answered, and what could be."""

    def __init__(self, header: str, answer: str, choices: Sequence[str]) -> None:
        super().__init__(f"{header}={answer}")
        self.header, self.answer, self.choices = header, answer, tuple(choices)


def examine(column: Column, raw: pl.Series, context: Context) -> Examined:
    """How the cells of `raw` would be read as `column`. Raises AnswerRefused."""
    text = raw.cast(pl.String).str.strip_chars()
    text = text.set(text == "", None)
    filled = text.drop_nulls()
    cells = (
        pl.DataFrame({"text": filled})
        .group_by("text", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("rows"))
    )
    match column.type:
        case "date" | "ts":
            found = _dates(column, cells, context)
        case "dec":
            found = _amounts(column, cells, text, context)
        case "bool":
            found = _codes(column, cells, context)
        case "text" if column.values:
            found = _codes(column, cells, context)
        case _:
            found = _judged(column, cells, {}, context)
    return Examined(
        filled=len(filled),
        blank=len(text) - len(filled),
        samples=tuple(shown(column, cell) for cell in cells["text"].head(SAMPLES)),
        **found,
    )


def shown(column: Column | None, cell: str) -> str:
    """A cell as it may be shown: masked above class 1 (no column: the house's `extra`, class 3)."""
    if column is None or column.data_class > 1:
        return MASKED
    text = " ".join(visible(cell).split())
    return text if len(text) <= SAMPLE_CHARS else text[:SAMPLE_CHARS] + "…"


def _parse(column: Column, cells: Cells, context: Context, **rule: Any) -> Parsed:
    return parse(
        cells["text"],
        column.type,
        formats=rule.get("formats"),
        tz=rule.get("timezone") or context.timezone,
        local_tz=context.timezone,
        value_map=rule.get("values"),
        values=column.values,
    )


def _judged(column: Column, cells: Cells, rule: dict[str, Any], context: Context) -> dict[str, Any]:
    """Rows read under a rule, and the cells it leaves unread, the most frequent first."""
    parsed = _parse(column, cells, context, **rule)
    judged = cells.with_columns(reason=parsed.reasons, value=parsed.values)
    if column.not_negative:
        below = pl.col("reason").is_null() & (pl.col("value") < 0)
        judged = judged.with_columns(
            reason=pl.when(below).then(pl.lit("negative_number")).otherwise("reason")
        )
    bad = judged.filter(pl.col("reason").is_not_null()).sort(
        "rows", descending=True, maintain_order=True
    )
    worst = bad.head(SAMPLES).select("text", "reason", "rows")
    return {
        "read": int(cells["rows"].sum()) - int(bad["rows"].sum()),
        "rule": rule,
        "unread": tuple((shown(column, text), why, rows) for text, why, rows in worst.iter_rows()),
    }


# ── dates ───────────────────────────────────────────────────────────────────────────────────────


def _dates(column: Column, cells: Cells, context: Context) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    if column.type == "ts" and "utc" in plain(context.header):
        rule["timezone"] = "UTC"
    by_default = _reads(column, cells, None, context)
    readings = {DEFAULT: by_default}
    no_end = [text for text in cells["text"] if column.inclusive_end and plain(text) in NO_END]
    if no_end:
        rule["values"] = dict.fromkeys(no_end)
    rest = cells.filter(~by_default["is_read"] & ~cells["text"].is_in(no_end))
    formats: list[str] = []
    rivals: tuple[str, ...] = ()
    settled_by: str | None = None
    answer = context.answers.get("formats")
    if answer is not None:
        formats = _answered_formats(context.header, answer)
        if answer == DEFAULT:
            formats = []
    else:
        tried = _tried(column, rest, context)
        readings |= {name: _reads(column, cells, [name], context) for name in tried}
        formats, rivals, settled_by = _chosen(rest, tried)
    declared = _with_year_first(column, cells, by_default, formats, context)
    if declared and not rivals:
        rule["formats"] = declared
    judged = _judged(column, cells, rule, context)
    return judged | {
        "readings": tuple(
            Reading(
                name,
                int(found.filter("is_read")["rows"].sum()),
                name in declared if declared else name == DEFAULT and not rivals,
            )
            for name, found in readings.items()
        ),
        "questions": (Question(column.name, context.header, "formats", rivals, _why(rivals)),)
        if rivals
        else (),
        "settled_by": shown(column, settled_by) if settled_by is not None else None,
    }


def _answered_formats(header: str, answer: str) -> list[str]:
    if answer == DEFAULT:
        return []
    try:
        check_formats((answer,))
    except ValueError:
        raise AnswerRefused(header, answer, (*DATE_FORMATS[:2], "excel_serial")) from None
    return [answer]


def _why(rivals: tuple[str, ...]) -> str:
    if any(name.startswith("excel") for name in rivals):
        return "ask_serial"
    if any("%y" in name for name in rivals):
        return "ask_two_digit_year"
    return "ask_day_month"


def _reads(
    column: Column, cells: Cells, formats: list[str] | None, context: Context
) -> pl.DataFrame:
    parsed = _parse(column, cells, context, formats=formats)
    return cells.with_columns(
        value=parsed.values, is_read=parsed.values.is_not_null() & parsed.reasons.is_null()
    )


def _tried(column: Column, rest: Cells, context: Context) -> dict[str, pl.DataFrame]:
    """What each format reads of the cells the default does not; only formats that read any."""
    if rest.is_empty():
        return {}
    first = rest.head(TRIED_FIRST)
    has_time = first["text"].str.contains(":", literal=True).any()
    names = [
        f"{name}{time}" for name in DATE_FORMATS for time in (TIMES if has_time else TIMES[:1])
    ]
    if column.is_month or column.name == "month":
        names += [name for name in GENERIC_MONTHS if "%d" not in name and name != "wareki"]
    for pattern, numeric in NUMERIC_FORMATS.items():
        if first["text"].str.contains(pattern).any():
            names += numeric
    tried = {}
    for name in names:
        if _reads(column, first, [name], context)["is_read"].any():
            tried[name] = _reads(column, rest, [name], context)
    return tried


def _chosen(
    rest: Cells, tried: dict[str, pl.DataFrame]
) -> tuple[list[str], tuple[str, ...], str | None]:
    """Formats that read the cells, formats between which nothing decides, and what settled it.

    The format that reads most is taken; then, of the cells it leaves, the next one.
    """
    formats: list[str] = []
    settled_by: str | None = None
    open_cells = pl.repeat(True, rest.height, dtype=pl.Boolean, eager=True)
    while open_cells.any():
        rows = {
            name: int(rest["rows"].filter(found["is_read"] & open_cells).sum())
            for name, found in tried.items()
            if name not in formats
        }
        best = max(rows, key=rows.__getitem__, default=None)
        if best is None or not rows[best]:
            break
        rivals = _rivals(best, tried, open_cells)
        undecided = [name for name, decided in rivals.items() if decided is None]
        if undecided:
            return [], (best, *undecided), None
        settled_by = settled_by or next(iter(rivals.values()), None)
        formats.append(best)
        open_cells &= ~tried[best]["is_read"]
    return formats, (), settled_by


def _rivals(
    best: str, tried: dict[str, pl.DataFrame], open_cells: pl.Series
) -> dict[str, str | None]:
    """Formats that read a cell as another day, each with a cell that only the best reads.

    None where there is no such cell, or where the rival too reads some alone.
    """
    ours = tried[best]
    found: dict[str, str | None] = {}
    for name, theirs in tried.items():
        if name == best:
            continue
        both = ours["is_read"] & theirs["is_read"] & open_cells
        if not (both & (ours["value"] != theirs["value"])).fill_null(False).any():
            continue
        alone = ours["text"].filter(ours["is_read"] & ~theirs["is_read"] & open_cells)
        theirs_alone = (theirs["is_read"] & ~ours["is_read"] & open_cells).any()
        found[name] = alone[0] if len(alone) and not theirs_alone else None
    return found


def _with_year_first(
    column: Column,
    cells: Cells,
    by_default: pl.DataFrame,
    formats: list[str],
    context: Context,
) -> list[str]:
    """Declared formats replace the default: its parts the column needs are declared beside them."""
    if not formats:
        return []
    rest = cells.filter(by_default["is_read"])
    # ISO is read under any declaration
    rest = rest.filter(~_reads(column, rest, ["%Y-%m-%d"], context)["is_read"])
    declared = list(formats)
    for name in [f"{name}{time}" for time in TIMES for name in YEAR_FIRST]:
        if rest.is_empty():
            break
        if name.startswith("wareki") and name != "wareki":
            continue
        found = _reads(column, rest, [name], context)
        if found["is_read"].any():
            declared.append(name)
            rest = rest.filter(~found["is_read"])
    return declared


# ── amounts ─────────────────────────────────────────────────────────────────────────────────────

MARKS = {
    "thousands": r"[0-9０-９][,，][0-9０-９]{3}",
    "yen": r"[￥¥\\円]",
    "triangle": r"[▲△]",
    "brackets": r"^[^0-9]*[(（].*[)）]",
    "decimals": r"[.．][0-9０-９]*[1-9１-９]",
}
IN_MINOR = ("cent", "minor", "セント", "補助単位")


def _amounts(column: Column, cells: Cells, text: pl.Series, context: Context) -> dict[str, Any]:
    judged = _judged(column, cells, {}, context)
    marks = {
        name: int(cells.filter(pl.col("text").str.contains(pattern))["rows"].sum())
        for name, pattern in MARKS.items()
    }
    rule, questions = _unit(column, text, context)
    return judged | {
        "rule": rule,
        "questions": questions,
        "marks": tuple((name, rows) for name, rows in marks.items() if rows),
    }


def _unit(
    column: Column, text: pl.Series, context: Context
) -> tuple[dict[str, Any], tuple[Question, ...]]:
    """Major or minor unit: asked where the currency has minor units and no cell has decimals."""
    answer = context.answers.get("unit")
    if answer is not None:
        if answer not in ("major", "minor"):
            raise AnswerRefused(context.header, answer, ("major", "minor"))
        return ({"unit": "minor"} if answer == "minor" else {}), ()
    if not column.name.endswith("_native") or context.currency is None:
        return {}, ()
    digits = context.currency.str.strip_chars().str.to_uppercase().replace_strict(
        list(currencies()), list(currencies().values()), default=0, return_dtype=pl.Int64
    )  # fmt: skip
    amounts = text.filter((digits > 0).fill_null(False)).drop_nulls()
    if amounts.is_empty():
        return {}, ()
    if any(word in plain(context.header) for word in IN_MINOR):
        return {"unit": "minor"}, ()
    if amounts.str.contains(r"[.．][0-9０-９]").any():
        return {}, ()
    choices = ("major", "minor")
    return {}, (Question(column.name, context.header, "unit", choices, "ask_unit"),)


# ── codes ───────────────────────────────────────────────────────────────────────────────────────


def _codes(column: Column, cells: Cells, context: Context) -> dict[str, Any]:
    """Values seen, each with what it means; what no known word covers is asked, cell by cell."""
    # more different cells than any list has: what is beyond is counted as unread
    seen = cells.sort("rows", descending=True, maintain_order=True).head(CODES_READ)
    plainly = _parse(column, seen, context).values
    words = synonyms(column)
    allowed = column.values or ("true", "false")
    folded = {plain(value): value for value in allowed}
    meanings: dict[str, str] = {}
    codes: list[tuple[str, str | None, int]] = []
    unknown: list[str] = []
    for (cell, rows), value in zip(seen.iter_rows(), plainly, strict=True):
        answer = context.answers.get(f"values.{cell}")
        if answer is not None and answer not in allowed:
            raise AnswerRefused(f"{context.header}:{cell}", answer, allowed)
        known = value if value is None or column.type == "text" else str(value).lower()
        meaning = answer or known or words.get(plain(cell)) or folded.get(plain(cell))
        if meaning is None:
            unknown.append(cell)
        elif value is None or answer is not None:
            meanings[cell] = meaning
        codes.append((shown(column, cell), meaning, rows))
    questions = tuple(
        Question(column.name, context.header, "values", tuple(allowed), "ask_code", cell)
        for cell in unknown[:CODES_SHOWN]
    )
    rule = {"values": _one_per_fold(meanings)} if meanings else {}
    judged = _judged(column, cells, rule, context)
    return judged | {
        "questions": questions,
        "codes": tuple(codes[:CODES_SHOWN]),
    }


def _one_per_fold(meanings: Mapping[str, str]) -> dict[str, str]:
    """values.py matches cells by NFKC and case: one spelling of each is enough."""
    kept: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for cell, meaning in meanings.items():
        if not seen[plain(cell)]:
            kept[cell] = meaning
        seen[plain(cell)] += 1
    return kept
