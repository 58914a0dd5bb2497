"""Cells of text to typed values, once and for all: nothing downstream reads text again.

What is ambiguous is refused with a reason code of reasons.yml, never guessed.
Which column has which type or format is the business of entities.yml and of the mapping.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from sources.entities import TYPES, currencies


@dataclass(frozen=True)
class Parsed:
    """Typed values and, where a cell was refused, its reason code (both as long as the input)."""

    values: pl.Series
    reasons: pl.Series


def parse(
    raw: pl.Series,
    column_type: str,
    *,
    formats: Sequence[str] | None = None,
    tz: str = "UTC",
    local_tz: str | None = None,
    unit: str = "major",
    currency: pl.Series | None = None,
    percent_digits: int | None = None,
    value_map: Mapping[str, str | None] | None = None,
    values: Sequence[str] | None = None,
    required: bool = False,
    default: str | None = None,
) -> Parsed:
    """Cells as `column_type` of entities.TYPES; null where blank or refused.

    formats: strftime formats (`%Y/%m/%d`) or named ones (`wareki`, `excel_serial`,
      `excel_serial_1904`, `unix_seconds`, `unix_milliseconds`) for date and ts; a format without
      %d gives the first of the month. Without any, year-first dates, 年月日 and 和暦 are read,
      with or without a time of day. ISO (`2026-04-01`, `2026-04-01T09:00:00Z`) is read in any case.
    tz: IANA zone of times without offset. A bare date in a ts column is the start of that day.
    local_tz: zone whose calendar gives the date of an instant in a date column (default: tz);
      bare dates are never shifted.
    unit: `minor` divides dec cells by the digits of `currency` (upper-case ISO codes, one per row).
    percent_digits: places a number with a percent sign moves right of its point (2: 10% is 0.10, 0:
      10% is 10); None refuses the sign. A number without it is read as it stands.
    value_map: cell (matched by NFKC, trimmed, ignoring case) to canonical text; None means blank.
      A text column whose map has targets is closed by it: other cells are `unknown_value`.
    values: the closed list; a text cell outside is refused with `unknown_value`.
    required, default: blank cells are refused with `missing_required`, or read as `default`.
    Raises ValueError for a type, format, unit or map without sense (a mistake of the mapping).
    """
    if column_type not in TYPES:
        raise ValueError(f"no such type: {column_type}")
    if unit not in ("major", "minor") or (unit == "minor" and currency is None):
        raise ValueError(f"unit {unit!r} needs to be major, or minor with a currency")

    cells = pl.DataFrame({"raw": raw.cast(pl.String)})
    if unit == "minor":
        cells = cells.with_columns(currency.cast(pl.String).alias("currency"))
    # Columns of an export repeat themselves: each different cell is parsed once.
    distinct = cells.unique(maintain_order=False)
    text = distinct["raw"].str.strip_chars()
    text = text.set(text == "", None)

    unknown = None
    if value_map:
        text, unknown = _map_values(text, value_map, column_type, values)
    if default is not None:
        text = text.fill_null(default)

    match column_type:
        case "text":
            parsed = _parse_text(text, values)
        case "dec":
            own_currency = distinct["currency"] if unit == "minor" else None
            parsed = _parse_dec(text, own_currency, percent_digits)
        case "int":
            parsed = _parse_int(text)
        case "bool":
            parsed = _parse_bool(text)
        case _:
            parsed = _parse_time(text, column_type, formats, tz, local_tz or tz)
    result = distinct.with_columns(
        parsed.values.cast(TYPES[column_type]).alias("value"),
        parsed.reasons.cast(pl.String).alias("reason"),
    )
    if unknown is not None:
        result = result.with_columns(
            value=pl.when(unknown).then(None).otherwise("value"),
            reason=pl.when(unknown).then(pl.lit("unknown_value")).otherwise("reason"),
        )
    if required:
        blank = text.is_null() if unknown is None else text.is_null() & ~unknown
        result = result.with_columns(
            reason=pl.when(blank).then(pl.lit("missing_required")).otherwise("reason")
        )
    joined = cells.join(
        result, on=cells.columns, how="left", nulls_equal=True, maintain_order="left"
    )
    return Parsed(joined["value"].alias(raw.name), joined["reason"].alias(raw.name))


# ── text, codes, bool ────────────────────────────────────────────────────────────────────────────


def _plain(text: pl.Series) -> pl.Series:
    return text.str.normalize("NFKC").str.strip_chars().str.to_lowercase()


def _plain_text(text: str) -> str:
    return _plain(pl.Series([text], dtype=pl.String))[0]


def _map_values(
    text: pl.Series,
    value_map: Mapping[str, str | None],
    column_type: str,
    values: Sequence[str] | None,
) -> tuple[pl.Series, pl.Series]:
    """Mapped cells, and which cells a closing map does not know."""
    targets: dict[str, str | None] = {}
    for cell, target in value_map.items():
        plain = _plain_text(cell)
        if targets.setdefault(plain, target) != target:
            raise ValueError(f"two meanings for {cell!r} in the value map")
    closes = column_type == "text" and any(target is not None for target in targets.values())
    if closes:
        # a cell that already is canonical stays so
        canonical = {target for target in targets.values() if target is not None}
        for value in sorted(canonical | set(values or ())):
            targets.setdefault(_plain_text(value), value)
    plain = _plain(text)
    known = plain.is_in(list(targets)).fill_null(False)
    mapped = plain.replace_strict(
        list(targets), list(targets.values()), default=None, return_dtype=pl.String
    )
    result = pl.select(pl.when(known).then(mapped).otherwise(text)).to_series()
    unknown = text.is_not_null() & ~known if closes else text.is_null() & False
    return result, unknown


def _parse_text(text: pl.Series, values: Sequence[str] | None) -> Parsed:
    if not values:
        return Parsed(text, _no_reason(text))
    canonical = _plain(text).replace_strict(
        [_plain_text(value) for value in values],
        list(values),
        default=None,
        return_dtype=pl.String,
    )
    return Parsed(canonical, _reason(text.is_not_null() & canonical.is_null(), "unknown_value"))


_TRUE = ("true", "t", "yes", "y", "on", "1", "はい", "有", "有り", "あり", "○", "〇", "◯", "✓", "✔")
_FALSE = ("false", "f", "no", "n", "off", "0", "いいえ", "無", "無し", "なし", "×", "✕", "✗", "✘")


def _parse_bool(text: pl.Series) -> Parsed:
    value = _plain(text).replace_strict(
        [*_TRUE, *_FALSE],
        [True] * len(_TRUE) + [False] * len(_FALSE),
        default=None,
        return_dtype=pl.Boolean,
    )
    return Parsed(value, _reason(text.is_not_null() & value.is_null(), "unreadable_bool"))


def _no_reason(text: pl.Series) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, len(text))


def _reason(refused: pl.Series, code: str) -> pl.Series:
    return pl.select(pl.when(refused).then(pl.lit(code)).otherwise(None)).to_series()


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────

# Not NFKC: it would read ①００ as 100 and ½ as 1⁄2. A backslash is the yen sign of CP932 fonts.
_NUMBER_FORMS = dict(zip("０１２３４５６７８９", "0123456789", strict=True)) | {
    "，": ",", "．": ".", "＋": "+", "－": "-", "−": "-", "▲": "-", "△": "-",
    "（": "(", "）": ")", "￥": "¥", "\\": "¥", "＄": "$", "　": " ", "\u00a0": " ",
}  # fmt: skip
_DIGITS = r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?:\.([0-9]+))?"
_SIGNED = rf"^([-+]?) ?[¥$]? ?([-+]?) ?{_DIGITS} ?円?$"
_BRACKETED = rf"^[¥$]? ?\( ?[¥$]? ?{_DIGITS} ?円?\) ?円?$"
_SCIENTIFIC = r"^[-+]?[0-9]+(?:\.[0-9]+)?[eE][-+]?[0-9]+$"
_PERCENT = r" ?[%％]$"
_MAX_INTEGER_DIGITS = 12
_MAX_FRACTION_DIGITS = 6


def _read_numbers(text: pl.Series) -> pl.DataFrame:
    """Columns sign, whole, fraction (digits without padding zeros) and reason; one row per cell."""
    forms = text.str.replace_many(list(_NUMBER_FORMS), list(_NUMBER_FORMS.values()))
    frame = pl.DataFrame({"text": forms}).with_columns(
        pl.col("text").str.extract_groups(_SIGNED).alias("signed"),
        pl.col("text").str.extract_groups(_BRACKETED).alias("bracketed"),
    )
    signed, bracketed = pl.col("signed").struct, pl.col("bracketed").struct
    frame = frame.select(
        "text",
        before=signed.field("1"),
        after=signed.field("2"),
        whole=pl.coalesce(signed.field("3"), bracketed.field("1")),
        fraction=pl.coalesce(signed.field("4"), bracketed.field("2"), pl.lit("")),
        negative=bracketed.field("1").is_not_null()
        | (signed.field("1") == "-")
        | (signed.field("2") == "-"),
    )
    has_digits = (pl.col("whole") != "") | (pl.col("fraction") != "")
    two_signs = (pl.col("before") != "") & (pl.col("after") != "")
    readable = (has_digits & ~two_signs.fill_null(False)).fill_null(False)
    return frame.select(
        sign=pl.when("negative").then(pl.lit("-")).otherwise(pl.lit("")),
        whole=pl.col("whole").str.replace_all(",", "", literal=True).str.strip_chars_start("0"),
        fraction=pl.col("fraction").str.strip_chars_end("0"),
        reason=pl.when(readable | pl.col("text").is_null())
        .then(None)
        .when(pl.col("text").str.contains(_SCIENTIFIC))
        .then(pl.lit("scientific_number"))
        .otherwise(pl.lit("unreadable_number")),
    )


def _parse_dec(text: pl.Series, currency: pl.Series | None, percent_digits: int | None) -> Parsed:
    is_percent = text.str.contains(_PERCENT).fill_null(False)
    if percent_digits is not None:
        text = text.str.replace(_PERCENT, "")
    frame = _read_numbers(text)
    if percent_digits:
        digits = is_percent.cast(pl.UInt8) * percent_digits
        frame = _move_point(frame.with_columns(digits.alias("digits")), {percent_digits})
    if currency is not None:
        digits = currency.replace_strict(
            list(currencies()), list(currencies().values()), default=None, return_dtype=pl.UInt8
        )
        frame = frame.with_columns(digits.alias("digits")).with_columns(reason=_unknown_currency())
        frame = _move_point(frame, set(currencies().values()))
    refused = (
        pl.when(pl.col("reason").is_not_null())
        .then("reason")
        .when(pl.col("whole").str.len_bytes() > _MAX_INTEGER_DIGITS)
        .then(pl.lit("number_out_of_range"))
        .when(pl.col("fraction").str.len_bytes() > _MAX_FRACTION_DIGITS)
        .then(pl.lit("too_many_decimals"))
    )
    value = pl.format("{}0{}.{}0", "sign", "whole", "fraction")
    return _from_numbers(frame, refused, value, pl.Decimal(18, 6))


def _move_point(frame: pl.DataFrame, all_digits: set[int]) -> pl.DataFrame:
    """Moves the decimal point of each number left by the column `digits`, one of `all_digits`."""
    moved = frame
    for digits in sorted(all_digits - {0}):
        here = pl.col("digits") == digits
        padded = pl.lit("0" * digits) + pl.col("whole")
        moved = moved.with_columns(
            whole=pl.when(here)
            .then(padded.str.head(-digits).str.strip_chars_start("0"))
            .otherwise("whole"),
            fraction=pl.when(here)
            .then((padded.str.tail(digits) + pl.col("fraction")).str.strip_chars_end("0"))
            .otherwise("fraction"),
        )
    return moved


def _unknown_currency() -> pl.Expr:
    unknown = pl.col("digits").is_null() & pl.col("whole").is_not_null()
    return pl.coalesce("reason", pl.when(unknown).then(pl.lit("unknown_currency")))


def _parse_int(text: pl.Series) -> Parsed:
    frame = _read_numbers(text).with_columns(
        integer=pl.format("{}0{}", "sign", "whole").cast(pl.Int64, strict=False)
    )
    refused = (
        pl.when(pl.col("reason").is_not_null())
        .then("reason")
        .when(pl.col("fraction") != "")
        .then(pl.lit("not_whole"))
        .when(pl.col("whole").is_not_null() & pl.col("integer").is_null())
        .then(pl.lit("number_out_of_range"))
    )
    return _from_numbers(frame, refused, pl.col("integer"), pl.Int64())


def _from_numbers(
    frame: pl.DataFrame, refused: pl.Expr, value: pl.Expr, dtype: pl.DataType
) -> Parsed:
    frame = frame.with_columns(refused=refused)
    fine = pl.col("refused").is_null() & pl.col("whole").is_not_null()
    done = frame.select(
        value=pl.when(fine).then(value).otherwise(None).cast(dtype), reason="refused"
    )
    return Parsed(done["value"], done["reason"])


# ── dates and times ──────────────────────────────────────────────────────────────────────────────

_TIME_FORMS = dict(zip("０１２３４５６７８９", "0123456789", strict=True)) | {
    "／": "/", "－": "-", "−": "-", "．": ".", "：": ":", "　": " ", "\u00a0": " ",
    "㍾": "明治", "㍽": "大正", "㍼": "昭和", "㍻": "平成", "㋿": "令和",
}  # fmt: skip
_WEEKDAY = r" ?[(（][日月火水木金土](?:曜日?)?[)）]"
_HOURS = r"([0-9]{1,2})時([0-9]{1,2})分(?:([0-9]{1,2})秒)?"

_ONE_OR_TWO = "[0-9]{1,2}"
_ZONE = r"Z|z|UTC|GMT|JST|[-+][0-9]{2}(?::?[0-9]{2})?"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DIRECTIVES = {
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "m": _ONE_OR_TWO, "d": _ONE_OR_TWO, "H": _ONE_OR_TWO,
    "I": _ONE_OR_TWO, "M": _ONE_OR_TWO, "S": _ONE_OR_TWO, "f": "[0-9]{1,9}",
    "p": "(?i:am|pm)|午前|午後", "z": _ZONE, "b": "[A-Za-z]{3}", "B": "[A-Za-z]{3,9}",
}  # fmt: skip
_PARTS = ("Y", "y", "m", "d", "H", "I", "M", "S", "f", "p", "z", "b", "B", "era", "era_year")
_TIME_OF_DAY = (
    rf"(?:[T ] ?(?P<H>{_ONE_OR_TWO}):(?P<M>{_ONE_OR_TWO})"
    rf"(?::(?P<S>{_ONE_OR_TWO})(?:[.,](?P<f>[0-9]{{1,9}}))?)? ?(?P<z>{_ZONE})?)?"
)
_ERA = r"(?P<era>明治|大正|昭和|平成|令和|[MTSHRmtshr]) ?(?P<era_year>元|[0-9]{1,2})"

# First and last day of each era. Meiji before 6 counted by another calendar: refused.
ERAS = {
    "M": (1867, "1873-01-01", "1912-07-29"),
    "T": (1911, "1912-07-30", "1926-12-24"),
    "S": (1925, "1926-12-25", "1989-01-07"),
    "H": (1988, "1989-01-08", "2019-04-30"),
    "R": (2018, "2019-05-01", "2199-12-31"),
}
_ERA_LETTERS = {"明治": "M", "大正": "T", "昭和": "S", "平成": "H", "令和": "R"}
_FIRST_YEAR, _LAST_YEAR = 1868, 2199

# What a cell without a declared format looks like when it has several readings.
_NOT_GUESSED = {
    r"^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:[T ].*)?$": "ambiguous_date",
    r"^[0-9]{1,2}[-/.月][0-9]{1,2}日?$": "ambiguous_date",
    r"^[0-9]{4}[-/.年][0-9]{1,2}月?$": "ambiguous_date",
}
_SERIAL = r"^[0-9]{5}(?:\.[0-9]+)?$"


def _layout(date_format: str, tail: str = "") -> str:
    """The regular expression of a strftime format, with one named group per part."""
    pattern = ""
    position = 0
    while position < len(date_format):
        char = date_format[position]
        if char != "%":
            pattern += r"\s+" if char.isspace() else re.escape(char)
            position += 1
            continue
        directive = date_format[position + 1 : position + 2]
        if directive == "%":
            pattern += "%"
        elif directive not in _DIRECTIVES or f"(?P<{directive}>" in pattern:
            raise ValueError(f"date format {date_format!r}: %{directive} cannot be read")
        else:
            # Two numbers without anything between them (%Y%m%d) need their full width.
            touches = date_format[position + 2 : position + 3] == "%" or (
                position > 0 and date_format[position - 2 : position - 1] == "%"
            )
            shape = _DIRECTIVES[directive]
            if touches and shape == _ONE_OR_TWO:
                shape = "[0-9]{2}"
            pattern += f"(?P<{directive}>{shape})"
        position += 2
    return f"^{pattern}{tail}$"


_ISO = _layout("%Y-%m-%d", _TIME_OF_DAY)
_WAREKI = tuple(
    rf"^{_ERA}{separators[0]}(?P<m>{_ONE_OR_TWO}){separators[1]}(?P<d>{_ONE_OR_TWO})"
    rf"{separators[2]}{_TIME_OF_DAY}$"
    for separators in (("年 ?", "月 ?", "日"), (r"\.", r"\.", ""), ("/", "/", ""), ("-", "-", ""))
)
_DEFAULT = (
    _ISO,
    _layout("%Y/%m/%d", _TIME_OF_DAY),
    _layout("%Y.%m.%d", _TIME_OF_DAY),
    rf"^(?P<Y>[0-9]{{4}})年 ?(?P<m>{_ONE_OR_TWO})月 ?(?P<d>{_ONE_OR_TWO})日{_TIME_OF_DAY}$",
    _layout("%Y%m%d", _TIME_OF_DAY),
    *_WAREKI,
)
# Days between 1970-01-01 and the day before serial 1; milliseconds since then.
_NUMERIC = {
    "excel_serial": -25_569,
    "excel_serial_1904": -24_107,
    "unix_seconds": 1_000,
    "unix_milliseconds": 1,
}
_DAY_MS = 86_400_000


@cache
def check_formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    """The layouts (or names of numeric formats) of declared formats; ValueError for a wrong one."""
    layouts: list[str] = []
    for name in formats:
        if name in _NUMERIC:
            layouts.append(name)
        elif name == "wareki":
            layouts.extend(_WAREKI)
        else:
            layout = _layout(name)
            if not ("(?P<Y>" in layout or "(?P<y>" in layout):
                raise ValueError(f"date format {name!r} has no year")
            layouts.append(layout)
    return tuple(layouts)


def _parse_time(
    text: pl.Series, column_type: str, formats: Sequence[str] | None, tz: str, local_tz: str
) -> Parsed:
    forms = (
        text.str.replace_many(list(_TIME_FORMS), list(_TIME_FORMS.values()))
        .str.replace(_WEEKDAY, "")
        .str.replace(_HOURS, " ${1}:${2}:${3}")
        .str.strip_chars_end(": ")
        .str.replace_all(" +", " ")
    )
    declared = check_formats(tuple(formats or ()))
    frame = pl.DataFrame({"row": pl.arange(len(text), eager=True), "text": forms}).drop_nulls()
    found = [_read_layout(frame, layout) for layout in declared]
    if not declared:
        found = []
        for layout in _DEFAULT:
            found.append(_read_layout(frame, layout))
            frame = frame.join(found[-1], on="row", how="anti")
            if frame.is_empty():
                break
    elif _ISO not in declared:
        read = pl.concat(found).select("row").unique()
        found.append(_read_layout(frame.join(read, on="row", how="anti"), _ISO))
    instants = _choose(pl.concat(found))
    done = _to_column(instants, column_type, tz, local_tz)
    cells = pl.DataFrame({"row": pl.arange(len(text), eager=True), "text": forms})
    cells = cells.join(done, on="row", how="left", maintain_order="left")
    unread = pl.col("text").is_not_null() & pl.col("value").is_null() & pl.col("reason").is_null()
    why = pl.when(~unread).then("reason")
    why = why.when(pl.col("text").str.contains(_SERIAL)).then(pl.lit("undeclared_serial"))
    for pattern, code in () if declared else _NOT_GUESSED.items():
        why = why.when(pl.col("text").str.contains(pattern)).then(pl.lit(code))
    cells = cells.with_columns(reason=why.otherwise(pl.lit("unreadable_date")))
    return Parsed(cells["value"], cells["reason"])


def _read_layout(frame: pl.DataFrame, layout: str) -> pl.DataFrame:
    """The rows a layout fits: row, local (naive instant), has_time, offset (minutes), reason."""
    if layout in _NUMERIC:
        return _read_numeric(frame, layout)
    fits = frame.filter(pl.col("text").str.contains(layout))
    groups = fits.select("row", pl.col("text").str.extract_groups(layout).alias("parts"))
    parts = groups.unnest("parts")
    parts = parts.with_columns(
        pl.lit(None, dtype=pl.String).alias(part) for part in _PARTS if part not in parts.columns
    )
    letter = pl.col("era").replace(_ERA_LETTERS).str.to_uppercase()
    era_start = {letter: start for letter, (start, _, _) in ERAS.items()}
    era_year = pl.col("era_year").replace("元", "1").cast(pl.Int32)
    two_digits = pl.col("y").cast(pl.Int32)
    month = pl.coalesce("b", pl.col("B")).str.to_lowercase().str.head(3)
    hour = pl.col("I").cast(pl.Int32) % 12 + 12 * pl.col("p").str.contains("(?i)pm|午後").cast(
        pl.Int32
    )
    parts = parts.select(
        "row",
        letter.alias("letter"),
        year=pl.coalesce(
            pl.col("Y").cast(pl.Int32),
            # POSIX: a declared %y of 69 and more is the last century
            two_digits + pl.when(two_digits >= 69).then(1900).otherwise(2000),
            letter.replace_strict(era_start, default=None, return_dtype=pl.Int32) + era_year,
        ),
        month=pl.coalesce(
            pl.col("m").cast(pl.Int32),
            month.replace_strict(
                list(_MONTHS), list(range(1, 13)), default=None, return_dtype=pl.Int32
            ),
            pl.when(pl.lit("(?P<b>" in layout or "(?P<B>" in layout)).then(0).otherwise(1),
        ),
        day=pl.col("d").cast(pl.Int32).fill_null(1),
        hour=pl.coalesce(pl.col("H").cast(pl.Int32), hour, 0),
        minute=pl.col("M").cast(pl.Int32).fill_null(0),
        second=pl.col("S").cast(pl.Int32).fill_null(0),
        # finer than a microsecond is cut, not rounded: an instant never moves into the next day
        micros=pl.col("f").str.pad_end(6, "0").str.head(6).cast(pl.Int64).fill_null(0),
        has_time=pl.col("H").is_not_null() | pl.col("I").is_not_null(),
        offset=_offset_minutes(),
    )
    clock = (pl.col("hour") < 24) & (pl.col("minute") < 60) & (pl.col("second") < 60)
    written = pl.format(
        "{}-{}-{} {}:{}:{}",
        *(
            pl.col(name).cast(pl.String).str.zfill(width)
            for name, width in zip(
                ("year", "month", "day", "hour", "minute", "second"),
                (4, 2, 2, 2, 2, 2),
                strict=True,
            )
        ),
    )
    local = written.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    local = pl.when(clock & (pl.col("offset").is_null() | pl.col("offset").abs().le(14 * 60))).then(
        local + pl.duration(microseconds="micros")
    )
    return parts.with_columns(local=local).select(
        "row",
        "local",
        "has_time",
        "offset",
        reason=pl.when(pl.col("local").is_null())
        .then(pl.lit("no_such_date"))
        .when(~pl.col("year").is_between(_FIRST_YEAR, _LAST_YEAR))
        .then(pl.lit("date_out_of_range"))
        .when(pl.col("letter").is_not_null() & ~_within_era())
        .then(pl.lit("era_mismatch")),
    )


def _offset_minutes() -> pl.Expr:
    zone = pl.col("z").str.replace(":", "", literal=True)
    hours = zone.str.slice(1, 2).cast(pl.Int32, strict=False)
    minutes = zone.str.slice(3, 2).cast(pl.Int32, strict=False).fill_null(0)
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    named = pl.when(zone == "JST").then(540).when(zone.str.contains("^[A-Za-z]")).then(0)
    return pl.when(zone.is_not_null()).then(pl.coalesce(named, sign * (hours * 60 + minutes)))


def _within_era() -> pl.Expr:
    day = pl.col("local").dt.date()
    within = pl.lit(False)
    for letter, (_, first, last) in ERAS.items():
        inside = day.is_between(pl.lit(first).str.to_date(), pl.lit(last).str.to_date())
        within = pl.when(pl.col("letter") == letter).then(inside).otherwise(within)
    return within


def _read_numeric(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Excel serials (naive local instants) and Unix times (instants in UTC)."""
    excel = name.startswith("excel")
    pattern = r"^([0-9]{1,7})(?:\.([0-9]+))?$" if excel else r"^(-?[0-9]{1,14})(?:\.([0-9]+))?$"
    parts = (
        frame.filter(pl.col("text").str.contains(pattern))
        .select("row", pl.col("text").str.extract_groups(pattern).alias("parts"))
        .unnest("parts")
        .select(
            "row",
            whole=pl.col("1").cast(pl.Int64),
            # ten digits of a day are 9 microseconds: finer than Excel, and within Int64
            fraction=pl.col("2").str.pad_end(10, "0").str.head(10).cast(pl.Int64).fill_null(0),
        )
    )
    whole, fraction = pl.col("whole"), pl.col("fraction")
    if excel:
        # Excel believes in 1900-02-29 (serial 60): earlier serials are one day off, 60 is no day.
        early = pl.lit(name == "excel_serial") & (whole < 60)
        days = whole + _NUMERIC[name] + early.cast(pl.Int64)
        millis = days * _DAY_MS + (fraction * _DAY_MS + 5_000_000_000) // 10_000_000_000
        exists = ~(pl.lit(name == "excel_serial") & ((whole == 60) | (whole == 0)))
    else:
        millis = whole * _NUMERIC[name] + fraction * _NUMERIC[name] // 10_000_000_000
        exists = pl.lit(True)
    in_range = millis.is_between(-3_218_832_000_000, 7_258_118_399_999)
    local = pl.when(in_range).then(millis).cast(pl.Datetime("ms")).cast(pl.Datetime("us"))
    return parts.select(
        "row",
        local=local,
        has_time=(fraction > 0) if excel else pl.lit(True),
        offset=pl.lit(None if excel else 0, dtype=pl.Int32),
        reason=pl.when(~exists)
        .then(pl.lit("no_such_date"))
        .when(~in_range)
        .then(pl.lit("date_out_of_range")),
    )


def _choose(found: pl.DataFrame) -> pl.DataFrame:
    """One reading per row: the valid one; `ambiguous_date` when two formats give two of them."""
    found = found.with_columns(is_valid=pl.col("reason").is_null())
    readings = pl.struct("local", "offset").filter("is_valid").n_unique().over("row")
    return (
        found.with_columns(readings=readings)
        .sort("row", "is_valid", descending=[False, True])
        .unique("row", keep="first", maintain_order=True)
        .with_columns(
            reason=pl.when(pl.col("readings") > 1)
            .then(pl.lit("ambiguous_date"))
            .otherwise("reason")
        )
    )


def _to_column(instants: pl.DataFrame, column_type: str, tz: str, local_tz: str) -> pl.DataFrame:
    """row, value (Date, or Datetime naive in UTC) and reason of each instant."""
    local = pl.when(pl.col("reason").is_null()).then("local")
    in_zone = local.dt.replace_time_zone(tz, ambiguous="null", non_existent="null")
    utc = (
        pl.when(pl.col("offset").is_null())
        .then(in_zone.dt.convert_time_zone("UTC"))
        .otherwise((local - pl.duration(minutes="offset")).dt.replace_time_zone("UTC"))
    )
    if column_type == "ts":
        value = utc.dt.replace_time_zone(None)
    else:
        shifted = pl.col("has_time") & (pl.col("offset").is_not_null() | pl.lit(tz != local_tz))
        value = (
            pl.when(shifted)
            .then(utc.dt.convert_time_zone(local_tz).dt.replace_time_zone(None).dt.date())
            .otherwise(local.dt.date())
        )
    unclear = pl.col("reason").is_null() & pl.col("value").is_null()
    return instants.select("row", "reason", value=value).with_columns(
        reason=pl.when(unclear).then(pl.lit("unclear_local_time")).otherwise("reason")
    )


# ── folding ──────────────────────────────────────────────────────────────────────────────────────

# One mark for hyphens, minus signs, rules and the long-vowel mark: exports mix them freely
# (サーバ, サ−バ, サ-バ; 03‐1234, 03ー1234). 〜 and ～ are the same key on two systems.
_SAME_MARK = dict.fromkeys("‐‑‒–—―−─━ー﹣⁃", "-") | dict.fromkeys("〜∼∿", "~")


def fold(raw: pl.Series) -> pl.Series:
    """Text for matching only: NFKC, lower case, no spaces, one hyphen, one wave dash; blank → null.

    Never shown to anyone: long-vowel marks come out as hyphens.
    """
    folded = (
        raw.cast(pl.String)
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(r"[\s\u200b-\u200d\u2060\ufeff]", "")
        .str.replace_many(list(_SAME_MARK), list(_SAME_MARK.values()))
    )
    return folded.set(folded == "", None)
