"""Computed columns of a mapping: a fixed list of functions over a row and its delivery.

An expression is parsed with sqlglot, checked when the mapping is read, and computed with Polars.
Anything outside the list is refused. Names are the headers of the file (text; those with spaces or
brackets in double quotes) and the constants of the delivery. Rows that cannot be computed carry a
reason code and go to quarantine like any other unreadable cell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

import polars as pl
import sqlglot
from sqlglot import exp

from sources.sheets import header_name
from sources.values import parse

# What every delivery knows about itself, with its kind.
CONSTANTS = {"exported_at": "ts", "file_name": "text"}


# Numbers are computed as DECIMAL with 10 digits after the point; operands beyond the limit are
# refused, so that a product always fits and one absurd cell cannot fail a whole column.
NUMBER = pl.Decimal(38, 10)
NUMBER_LIMIT = Decimal(10**13)

DTYPES = {
    "text": pl.String(),
    "number": NUMBER,
    "date": pl.Date(),
    "ts": pl.Datetime("us"),
    "bool": pl.Boolean(),
}


class ExpressionRefused(ValueError):
    """An expression that is not allowed or makes no sense; says which part and why (ja, en)."""

    def __init__(self, text: str, ja: str, en: str) -> None:
        super().__init__(f"{text!r}: {en}")
        self.text, self.ja, self.en = text, ja, en


@dataclass(frozen=True)
class Computed:
    """Values of one expression and, where a row could not be computed, its reason code."""

    values: pl.Series
    reasons: pl.Series


@dataclass(frozen=True)
class _Scope:
    frame: pl.DataFrame
    constants: Mapping[str, object]
    tz: str
    local_tz: str

    @property
    def height(self) -> int:
        return self.frame.height


# A compiled part: its kind, and the function from a scope to values and reasons.
_Compute = Callable[[_Scope], Computed]


@dataclass(frozen=True)
class _Part:
    kind: str  # of DTYPES, or "null" for the literal null
    compute: _Compute
    literal: object = None


@dataclass(frozen=True)
class Expression:
    """A checked expression; `names` are the headers it reads, `kind` is the type of its result."""

    text: str
    kind: str
    names: frozenset[str]
    _compute: _Compute

    def evaluate(
        self, frame: pl.DataFrame, constants: Mapping[str, object], *, tz: str, local_tz: str
    ) -> Computed:
        """Values of every row of a frame of text columns, as long as the frame.

        constants: values of CONSTANTS; exported_at is a naive UTC datetime.
        tz: zone of times without offset. local_tz: zone whose calendar `date_of` uses.
        """
        return self._compute(_Scope(frame, constants, tz, local_tz))


def compile_expression(text: str) -> Expression:
    """The expression, checked. Raises ExpressionRefused."""
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb")
    except sqlglot.errors.SqlglotError as problem:
        why = str(problem).splitlines()[0]
        raise ExpressionRefused(
            text, f"式として読めません（{why}）", f"not an expression ({why})"
        ) from None
    names: set[str] = set()
    part = _compile(tree, text, names)
    if part.kind == "null":
        raise ExpressionRefused(text, "式が null だけです", "the expression is only null")
    return Expression(text, part.kind, frozenset(names), part.compute)


# ── compiling: one function per kind of node ────────────────────────────────────────────────────


def _compile(node: exp.Expression, text: str, names: set[str]) -> _Part:
    def parts(*nodes: exp.Expression | None) -> list[_Part]:
        return [_compile(child, text, names) for child in nodes if child is not None]

    match node:
        case exp.Paren():
            return _compile(node.this, text, names)
        case exp.Column() if isinstance(node.this, exp.Identifier) and not node.table:
            return _name(node.name, names)
        case exp.Literal():
            return _text_literal(node.this) if node.is_string else _number_literal(node.this, text)
        case exp.Boolean():
            return _literal("bool", bool(node.this))
        case exp.Null():
            return _literal("null", None)
        case exp.Neg():
            return _negated(*parts(node.this), text=text)
        case exp.Not():
            return _not(*parts(node.this), text=text)
        case exp.Is() if isinstance(node.expression, exp.Null):
            return _is_null(*parts(node.this))
        case exp.In() if node.expressions:
            return _any_equal(parts(node.this, *node.expressions), text)
        case exp.Between():
            return _between(parts(node.this, node.args["low"], node.args["high"]), text)
        case _ if type(node) in _ARITHMETIC:
            return _arithmetic(_ARITHMETIC[type(node)], *parts(node.left, node.right), text=text)
        case _ if type(node) in _COMPARISONS:
            return _comparison(_COMPARISONS[type(node)], *parts(node.left, node.right), text=text)
        case _ if type(node) in _LOGIC:
            return _logic(_LOGIC[type(node)], *parts(node.left, node.right), text=text)
    name, arguments = _call(node)
    if name not in _FUNCTIONS:
        raise ExpressionRefused(
            text,
            f"使えない関数または構文です: {node.sql()}（使えるもの: {', '.join(FUNCTIONS)}）",
            f"not allowed: {node.sql()} (allowed: {', '.join(FUNCTIONS)})",
        )
    least, most, build = _FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        raise ExpressionRefused(
            text,
            f"{name} の引数の数が違います（{len(arguments)} 個）",
            f"{name} takes {least} to {most} arguments, not {len(arguments)}",
        )
    return build(parts(*arguments), text)


def _call(node: exp.Expression) -> tuple[str, list[exp.Expression]]:
    # sqlglot knows some of our functions as its own node types, with their arguments by role.
    match node:
        case exp.Anonymous():
            return node.name.lower(), node.expressions
        case exp.If():
            return "if", _given(node, "this", "true", "false")
        case exp.AddMonths():
            return "add_months", _given(node, "this", "expression")
        case exp.Concat():
            return "concat", node.expressions
        case exp.Coalesce():
            return "coalesce", [node.this, *node.expressions]
        case exp.Replace():
            return "replace", _given(node, "this", "expression", "replacement")
        case exp.SplitPart():
            return "split_part", _given(node, "this", "delimiter", "part_index")
        case exp.Date():
            return "date", [*_given(node, "this", "zone"), *node.expressions]
    return "", []


def _given(node: exp.Expression, *roles: str) -> list[exp.Expression]:
    return [node.args[role] for role in roles if node.args.get(role) is not None]


def _require(part: _Part, kind: str, text: str, what: str) -> None:
    if part.kind not in (kind, "null"):
        cast = {"number": "number(…)", "date": "date(…)", "text": "text(…)"}.get(kind, kind)
        raise ExpressionRefused(
            text,
            f"{what} には {kind} が要りますが {part.kind} です（{cast} で変換してください）",
            f"{what} needs {kind}, got {part.kind} (convert with {cast})",
        )


def _same_kind(parts: list[_Part], text: str, what: str) -> str:
    kinds = {part.kind for part in parts} - {"null"}
    if len(kinds) > 1:
        found = ", ".join(sorted(kinds))
        raise ExpressionRefused(
            text,
            f"{what} の型がそろっていません（{found}）。number(…) や date(…) で変換してください",
            f"{what} mixes {found}; convert with number(…), date(…) or text(…)",
        )
    return kinds.pop() if kinds else "null"


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _no_reasons(height: int) -> pl.Series:
    return pl.repeat(None, height, dtype=pl.String(), eager=True)


def _literal(kind: str, value: object) -> _Part:
    dtype = DTYPES.get(kind, pl.Null())

    def compute(scope: _Scope) -> Computed:
        values = pl.Series([value], dtype=dtype)
        return Computed(values.new_from_index(0, scope.height), _no_reasons(scope.height))

    return _Part(kind, compute, value)


def _text_literal(value: str) -> _Part:
    return _literal("text", value)


def _number_literal(written: str, text: str) -> _Part:
    value = Decimal(written)
    if abs(value) >= NUMBER_LIMIT:
        raise ExpressionRefused(
            text, f"数が大きすぎます: {written}", f"number too large: {written}"
        )
    return _literal("number", value)


def _name(name: str, names: set[str]) -> _Part:
    if name in CONSTANTS:
        dtype = DTYPES[CONSTANTS[name]]

        def constant(scope: _Scope) -> Computed:
            values = pl.Series([scope.constants[name]], dtype=dtype)
            return Computed(values.new_from_index(0, scope.height), _no_reasons(scope.height))

        return _Part(CONSTANTS[name], constant)
    header = header_name(name)
    names.add(header)

    def cells(scope: _Scope) -> Computed:
        raw = scope.frame.get_column(header)
        return Computed(raw.set(raw.str.strip_chars() == "", None), _no_reasons(scope.height))

    return _Part("text", cells)


def _combined(kind: str, parts: list[_Part], formula: Callable[..., pl.Expr]) -> _Part:
    """A part whose values are one Polars formula of the values of its arguments."""

    def compute(scope: _Scope) -> Computed:
        computed = [part.compute(scope) for part in parts]
        frame = pl.DataFrame([c.values.alias(f"v{i}") for i, c in enumerate(computed)])
        values = frame.select(formula(*(pl.col(f"v{i}") for i in range(len(parts))))).to_series()
        return Computed(values, _first_reason([c.reasons for c in computed]))

    return _Part(kind, compute)


def _first_reason(reasons: list[pl.Series]) -> pl.Series:
    frame = pl.DataFrame([series.alias(f"r{i}") for i, series in enumerate(reasons)])
    return frame.select(pl.coalesce(pl.all())).to_series()


def _refused_where(computed: Computed, bad: pl.Series, code: str) -> Computed:
    """The same with null values and the reason code where `bad` is true."""
    frame = pl.DataFrame(
        [computed.values.alias("v"), computed.reasons.alias("r"), bad.fill_null(False).alias("bad")]
    )
    frame = frame.select(
        pl.when("bad").then(None).otherwise(pl.col("v")).alias("v"),
        pl.when(pl.col("bad") & pl.col("r").is_null()).then(pl.lit(code)).otherwise("r").alias("r"),
    )
    return Computed(frame["v"], frame["r"])


def _within_limit(computed: Computed) -> Computed:
    return _refused_where(computed, computed.values.abs() >= NUMBER_LIMIT, "number_out_of_range")


def _arithmetic(operation: str, left: _Part, right: _Part, *, text: str) -> _Part:
    for part in (left, right):
        _require(part, "number", text, operation)

    def compute(scope: _Scope) -> Computed:
        numbers = [part.compute(scope) for part in (left, right)]
        reasons = _first_reason([n.reasons for n in numbers])
        a, b = (n.values.cast(NUMBER) for n in numbers)
        match operation:
            case "+":
                return _within_limit(Computed(a + b, reasons))
            case "-":
                return _within_limit(Computed(a - b, reasons))
            case "*":
                return _within_limit(Computed(a * b, reasons))
        is_zero = (b == Decimal(0)).fill_null(False)
        quotient = a / b.set(is_zero, None)
        return _within_limit(
            _refused_where(Computed(quotient, reasons), is_zero, "division_by_zero")
        )

    return _Part("number", compute)


def _negated(part: _Part, *, text: str) -> _Part:
    _require(part, "number", text, "-")
    return _combined("number", [part], lambda number: -number.cast(NUMBER))


def _comparison(operation: str, left: _Part, right: _Part, *, text: str) -> _Part:
    kind = _same_kind([left, right], text, operation)
    if "null" in (left.kind, right.kind):
        raise ExpressionRefused(
            text, "null とは is null で比べます", "compare with null by is null"
        )

    def formula(a: pl.Expr, b: pl.Expr) -> pl.Expr:
        return getattr(a.cast(DTYPES[kind]), operation)(b.cast(DTYPES[kind]))

    return _combined("bool", [left, right], formula)


def _logic(operation: str, left: _Part, right: _Part, *, text: str) -> _Part:
    for part in (left, right):
        _require(part, "bool", text, "and / or")

    def formula(a: pl.Expr, b: pl.Expr) -> pl.Expr:
        return getattr(a.cast(pl.Boolean), operation)(b.cast(pl.Boolean))

    return _combined("bool", [left, right], formula)


def _not(part: _Part, *, text: str) -> _Part:
    _require(part, "bool", text, "not")
    return _combined("bool", [part], lambda value: value.not_())


def _is_null(part: _Part) -> _Part:
    return _combined("bool", [part], lambda value: value.is_null())


def _any_equal(parts: list[_Part], text: str) -> _Part:
    asked, *listed = parts
    return reduce(
        lambda left, right: _logic("or_", left, right, text=text),
        [_comparison("eq", asked, one, text=text) for one in listed],
    )


def _between(parts: list[_Part], text: str) -> _Part:
    asked, low, high = parts
    return _logic(
        "and_",
        _comparison("ge", asked, low, text=text),
        _comparison("le", asked, high, text=text),
        text=text,
    )


# ── functions ───────────────────────────────────────────────────────────────────────────────────


def _if(parts: list[_Part], text: str) -> _Part:
    condition, then, otherwise = parts if len(parts) == 3 else [*parts, _literal("null", None)]
    _require(condition, "bool", text, "if")
    kind = _same_kind([then, otherwise], text, "if")
    dtype = DTYPES.get(kind, pl.Null())

    def compute(scope: _Scope) -> Computed:
        asked, yes, no = (part.compute(scope) for part in (condition, then, otherwise))
        frame = pl.DataFrame(
            {
                "is_met": asked.values.fill_null(False),
                "asked_r": asked.reasons,
                "yes": yes.values.cast(dtype),
                "yes_r": yes.reasons,
                "no": no.values.cast(dtype),
                "no_r": no.reasons,
            }
        )
        # A branch not taken may be unreadable: if(a = '-', 0, number(a)).
        frame = frame.select(
            pl.when("is_met").then("yes").otherwise("no").alias("v"),
            pl.coalesce("asked_r", pl.when("is_met").then("yes_r").otherwise("no_r")).alias("r"),
        )
        return Computed(frame["v"], frame["r"])

    return _Part(kind, compute)


def _coalesce(parts: list[_Part], text: str) -> _Part:
    kind = _same_kind(parts, text, "coalesce")
    dtype = DTYPES.get(kind, pl.Null())

    def compute(scope: _Scope) -> Computed:
        values = pl.repeat(None, scope.height, dtype=dtype, eager=True)
        reasons = _no_reasons(scope.height)
        for part in parts:
            # Only what is reached counts: a later argument is not looked at where one was found,
            # and an unreadable one is not passed over as if it were blank.
            computed = part.compute(scope)
            is_open = values.is_null() & reasons.is_null()
            values = computed.values.cast(dtype).zip_with(is_open, values)
            reasons = computed.reasons.zip_with(is_open, reasons)
        return Computed(values, reasons)

    return _Part(kind, compute)


def _concat(parts: list[_Part], text: str) -> _Part:
    for part in parts:
        _require(part, "text", text, "concat")

    def formula(*texts: pl.Expr) -> pl.Expr:
        joined = pl.concat_str([t.cast(pl.String).fill_null("") for t in texts])
        return pl.when(joined != "").then(joined)

    return _combined("text", parts, formula)


def _replace(parts: list[_Part], text: str) -> _Part:
    value, old, new = parts
    for part in parts:
        _require(part, "text", text, "replace")
    if not isinstance(old.literal, str) or not isinstance(new.literal, str):
        raise ExpressionRefused(
            text,
            "replace の2つめと3つめは '…' の文字で書いてください",
            "the second and third argument of replace are written as '…'",
        )
    return _combined(
        "text",
        [value],
        lambda cell: cell.str.replace_all(old.literal, new.literal, literal=True),
    )


def _split_part(parts: list[_Part], text: str) -> _Part:
    value, delimiter, position = parts
    _require(value, "text", text, "split_part")
    is_position = isinstance(position.literal, Decimal) and position.literal >= 1
    if not isinstance(delimiter.literal, str) or not delimiter.literal or not is_position:
        raise ExpressionRefused(
            text,
            "split_part(列, '区切り', 1以上の番号) と書いてください",
            "write split_part(column, 'delimiter', position from 1)",
        )

    def formula(cell: pl.Expr) -> pl.Expr:
        index = int(position.literal) - 1
        piece = cell.str.split(delimiter.literal).list.get(index, null_on_oob=True)
        piece = piece.str.strip_chars()
        return pl.when(piece != "").then(piece)

    return _combined("text", [value], formula)


def _parsed(kind: str, column_type: str) -> Callable[[list[_Part], str], _Part]:
    """number(text), date(text[, format]): the cell parsers of values.py inside an expression."""

    def build(parts: list[_Part], text: str) -> _Part:
        value, *rest = parts
        formats = [part.literal for part in rest]
        if any(not isinstance(one, str) for one in formats):
            raise ExpressionRefused(
                text,
                "書式は '%Y/%m/%d' のように書いてください",
                "formats are written as '%Y/%m/%d'",
            )
        if value.kind == kind:
            return value
        _require(value, "text", text, kind)

        def compute(scope: _Scope) -> Computed:
            cells = value.compute(scope)
            parsed = parse(
                cells.values.cast(pl.String),
                column_type,
                formats=formats or None,
                tz=scope.tz,
                local_tz=scope.local_tz,
            )
            return Computed(
                parsed.values.cast(DTYPES[kind]), _first_reason([cells.reasons, parsed.reasons])
            )

        return _Part(kind, compute)

    return build


def _int(parts: list[_Part], text: str) -> _Part:
    number = _parsed("number", "dec")(parts, text)

    def compute(scope: _Scope) -> Computed:
        computed = number.compute(scope)
        is_fraction = computed.values != computed.values.round(0)
        return _refused_where(computed, is_fraction, "not_whole")

    return _Part("number", compute)


def _rounded(parts: list[_Part], text: str) -> _Part:
    """rounded(number, way): to whole units, by the word in `way`; any other word is refused."""
    number, way = parts
    _require(number, "number", text, "rounded")
    _require(way, "text", text, "rounded")

    def compute(scope: _Scope) -> Computed:
        numbers, ways = number.compute(scope), way.compute(scope)
        frame = pl.DataFrame(
            {
                "n": numbers.values.cast(NUMBER),
                "way": ways.values.cast(pl.String)
                .str.strip_chars()
                .replace_strict(_ROUNDINGS, default=None, return_dtype=pl.String),
            }
        )
        size, sign = pl.col("n").abs(), pl.when(pl.col("n") < 0).then(-1).otherwise(1)
        whole = (
            pl.when(pl.col("way") == "down")
            .then(size.floor())
            .when(pl.col("way") == "up")
            .then(size.ceil())
            .when(pl.col("way") == "half")
            .then((size + pl.lit(Decimal("0.5"))).floor())
        )
        values = frame.select((whole * sign).cast(NUMBER)).to_series()
        reasons = _first_reason([numbers.reasons, ways.reasons])
        is_unknown = ways.values.is_not_null() & frame["way"].is_null()
        return _refused_where(Computed(values, reasons), is_unknown, "unknown_value")

    return _Part("number", compute)


def _text(parts: list[_Part], text: str) -> _Part:
    (value,) = parts

    def formula(cell: pl.Expr) -> pl.Expr:
        if value.kind == "number":
            written = cell.cast(NUMBER).cast(pl.String)
            return written.str.strip_chars_end("0").str.strip_chars_end(".")
        return cell.cast(pl.String)

    return _combined("text", [value], formula)


def _date_of(parts: list[_Part], text: str) -> _Part:
    (value,) = parts
    _require(value, "ts", text, "date_of")

    def compute(scope: _Scope) -> Computed:
        instant = value.compute(scope)
        local = instant.values.dt.replace_time_zone("UTC").dt.convert_time_zone(scope.local_tz)
        return Computed(local.dt.date(), instant.reasons)

    return _Part("date", compute)


def _moved(step: str, name: str) -> Callable[[list[_Part], str], _Part]:
    def build(parts: list[_Part], text: str) -> _Part:
        day, steps = parts
        _require(day, "date", text, name)
        _require(steps, "number", text, name)

        def compute(scope: _Scope) -> Computed:
            days, counts = day.compute(scope), steps.compute(scope)
            count = counts.values.cast(NUMBER)
            # 100 years: beyond that the cell is not a number of months or days of a contract.
            is_out = (count.abs() > Decimal(36_525)) | (count != count.round(0))
            counts = _refused_where(Computed(count, counts.reasons), is_out, "number_out_of_range")
            moved = pl.select(
                pl.lit(days.values).dt.offset_by(
                    pl.format(f"{{}}{step}", pl.lit(counts.values.cast(pl.Int64)))
                )
            ).to_series()
            return Computed(moved, _first_reason([days.reasons, counts.reasons]))

        return _Part("date", compute)

    return build


_ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_COMPARISONS = {
    exp.EQ: "eq",
    exp.NEQ: "ne",
    exp.GT: "gt",
    exp.GTE: "ge",
    exp.LT: "lt",
    exp.LTE: "le",
}
_LOGIC = {exp.And: "and_", exp.Or: "or_"}

# Toward zero, away from zero, to the nearest (a half away from zero): how invoices say it.
_ROUNDINGS = {
    **dict.fromkeys(("down", "切り捨て", "切捨て", "切捨"), "down"),
    **dict.fromkeys(("up", "切り上げ", "切上げ", "切上"), "up"),
    **dict.fromkeys(("half", "四捨五入"), "half"),
}

# Name → fewest arguments, most arguments, builder.
_FUNCTIONS = {
    "add_months": (2, 2, _moved("mo", "add_months")),
    "add_days": (2, 2, _moved("d", "add_days")),
    "if": (2, 3, _if),
    "concat": (1, 20, _concat),
    "replace": (3, 3, _replace),
    "split_part": (3, 3, _split_part),
    "coalesce": (1, 20, _coalesce),
    "number": (1, 1, _parsed("number", "dec")),
    "int": (1, 1, _int),
    "rounded": (2, 2, _rounded),
    "date": (1, 2, _parsed("date", "date")),
    "text": (1, 1, _text),
    "date_of": (1, 1, _date_of),
}
FUNCTIONS = tuple(_FUNCTIONS)
