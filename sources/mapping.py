"""A mapping: how one vendor's export becomes rows of canonical entities, as a YAML file says it.

This module reads and checks the YAML, and knows which headers a mapping needs. Reading the rows is
conversion.py; which mappings exist and which one takes a file is catalogue.py.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sources.entities import Column, Entity, entities, lineage
from sources.expressions import Expression, ExpressionRefused, compile_expression
from sources.files import FileFormat
from sources.sheets import header_name
from sources.values import check_formats

# Raise it when conversion.py or values.py read the same cells differently: deliveries are then
# read again from their originals.
READING_VERSION = 1

# Columns a block may map besides those of its entity.
SOURCE_UPDATED_AT = next(column for column in lineage() if column.name == "source_updated_at")

FORMAT_BY_SUFFIX = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


class MappingRefused(ValueError):
    """A mapping that cannot be used: names the file, the key and why (ja, en)."""

    def __init__(self, file: str, key: str, ja: str, en: str) -> None:
        super().__init__(f"{file}: {key}: {en}")
        self.file, self.key, self.ja, self.en = file, key, ja, en


class _Wrong(ValueError):
    """A mistake found while checking; becomes a MappingRefused with the file's name."""

    def __init__(self, key: str, ja: str, en: str) -> None:
        super().__init__(en)
        self.key, self.ja, self.en = key, ja, en


def _as_list(value: object) -> object:
    return [value] if isinstance(value, (str, dict)) else value


Texts = Annotated[list[str], BeforeValidator(_as_list)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(_Declared):
    ja: str
    en: str


class Format(_Declared):
    """How the file is read; without `kind` the name's extension says it."""

    kind: Literal["csv", "xlsx", "json", "jsonl", "parquet"] | None = None
    encoding: Literal["auto", "cp932", "utf-8", "utf-16", "euc_jp"] = "auto"
    delimiter: str = ","
    header_row: int = Field(default=1, ge=1)
    header_has: Texts = []  # instead: the header is the first row with all of these names
    sheet: str | None = None
    records: str | None = None
    allow_no_final_newline: bool = False


class ExportedAt(_Declared):
    """One place the time of the export can stand in; exactly one of the first five."""

    file_name: str | None = None  # regular expression; its group (else the match) is read
    cell: str | None = None  # above the header row, as B1
    column: str | None = None  # header; the latest value counts
    side_file: str | None = None  # suffix of a JSON file beside it, e.g. .meta.json
    file_time: bool = False  # the file's own time, shown as assumed
    field: str = "exported_at"  # of the side file
    format: str | None = None  # strptime; ISO without
    at: str = "23:59:59"  # time of day where the text has only a day; a month means its last day

    @model_validator(mode="after")
    def _one_place(self) -> "ExportedAt":
        places = [self.file_name, self.cell, self.column, self.side_file, self.file_time or None]
        if sum(place is not None for place in places) != 1:
            raise _Wrong(
                "",
                "file_name / cell / column / side_file / file_time のどれか一つを書いてください",
                "give exactly one of file_name, cell, column, side_file, file_time",
            )
        if self.file_name and not self.format:
            raise _Wrong(
                "format",
                "file_name には format（例 '%Y%m%d'）が要ります",
                "file_name needs a format such as '%Y%m%d'",
            )
        _check_pattern(self.file_name, "file_name")
        if self.cell and not re.fullmatch(r"[A-Z]{1,3}[1-9][0-9]*", self.cell):
            raise _Wrong("cell", "B1 のように書いてください", "write it as B1")
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", self.at):
            raise _Wrong("at", "23:59:59 の形で", "write it as 23:59:59")
        return self


class Period(_Declared):
    """The period a `full_within` file covers, from its name: one group, or two (first and last)."""

    file_name: str
    format: str

    @model_validator(mode="after")
    def _pattern(self) -> "Period":
        _check_pattern(self.file_name, "file_name")
        return self


class FullWithin(_Declared):
    full_within: str  # canonical date column
    period: Period


Coverage = Literal["full", "delta"] | FullWithin
History = Literal["segments", "events", "snapshot"]


class Tombstone(_Declared):
    """Rows that say that a record was deleted: the header, and the cells that mean it."""

    column: str
    values: Texts


class Carry(_Declared):
    """Two kinds of rows stacked in one file: a row `when` holds for, and below it the rows of it.

    Blank cells of `columns` in the rows below take what that row says.
    """

    when: str
    columns: Texts
    number: str | None = None  # a header of its own: 1, 2, … in the rows below, blank above them
    sums: dict[
        str, str
    ] = {}  # headers of their own in the row above: a number summed over its rows

    @property
    def condition(self) -> Expression:
        return _compiled(self.when)

    def summed(self, name: str) -> Expression:
        return _compiled(self.sums[name])

    @property
    def own_headers(self) -> frozenset[str]:
        """The headers it adds to those of the file."""
        return frozenset(header_name(name) for name in (*self.sums, self.number) if name)

    @property
    def needed_headers(self) -> frozenset[str]:
        summed = {name for text in self.sums.values() for name in _compiled(text).names}
        return (
            self.condition.names | {header_name(c) for c in self.columns} | summed
        ) - self.own_headers


# Scalars stay as written (see _TextLoader), so the null of YAML arrives as one of these.
_YAML_NULLS = ("", "~", "null")


def _blank_to_none(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {cell: (None if meaning in _YAML_NULLS else meaning) for cell, meaning in value.items()}


class ColumnRule(_Declared):
    """Where one canonical column comes from: `from` headers (first present), const or expr."""

    headers: Texts | None = Field(default=None, alias="from")
    const: str | None = None
    expr: str | None = None
    formats: Texts | None = None
    end: Literal["inclusive", "exclusive"] = "inclusive"
    unit: Literal["major", "minor"] = "major"
    currency: str | None = None  # for minor units where the entity has no currency column
    currency_from: Texts | None = None  # or the headers it stands in (the first that is there)
    timezone: str | None = None
    values: Annotated[dict[str, str | None] | None, BeforeValidator(_blank_to_none)] = None
    # What the assistant could not tell: key → choices. Never part of a mapping that is used.
    undecided: dict[str, list[str]] | None = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _is_decided(self) -> "ColumnRule":
        _check_decided(self.undecided)
        return self

    @model_validator(mode="after")
    def _one_origin(self) -> "ColumnRule":
        if sum(origin is not None for origin in (self.headers, self.const, self.expr)) != 1:
            raise _Wrong(
                "",
                "from / const / expr のどれか一つを書いてください",
                "give one of from, const, expr",
            )
        _check_zone(self.timezone, "timezone")
        return self

    @property
    def expression(self) -> Expression | None:
        return _compiled(self.expr) if self.expr else None

    def header_in(self, headers: frozenset[str]) -> str | None:
        """The first of the rule's headers that is there."""
        wanted = (header_name(header) for header in self.headers or ())
        return next((header for header in wanted if header in headers), None)

    def currency_in(self, headers: frozenset[str]) -> str | None:
        """The header its currency stands in, if one of them is there."""
        wanted = (header_name(header) for header in self.currency_from or ())
        return next((header for header in wanted if header in headers), None)

    def is_in(self, headers: frozenset[str]) -> bool:
        """Whether everything the rule reads is there."""
        if self.headers:
            return self.header_in(headers) is not None
        return self.expression is None or self.expression.names <= headers


def _shorthand(value: object) -> object:
    """`contract_id: 契約番号` for `contract_id: {from: 契約番号}`."""
    if not isinstance(value, dict):
        return value
    return {
        name: {"from": rule} if isinstance(rule, (str, list)) else rule
        for name, rule in value.items()
    }


class EntityBlock(_Declared):
    """The rows one entity gets out of the file; coverage and history may differ per entity."""

    entity: str
    each: str | None = None  # header of a JSON list: one row per member instead of one per record
    when: str | None = None
    refuse: str | None = None  # rows that cannot be read right: to quarantine, with the condition
    coverage: Coverage | None = None
    history: History | None = None
    tombstone: Tombstone | None = None
    columns: Annotated[dict[str, ColumnRule], BeforeValidator(_shorthand)]

    @property
    def declared(self) -> Entity:
        return entities()[self.entity]

    @property
    def condition(self) -> Expression | None:
        return _compiled(self.when) if self.when else None

    @property
    def refusal(self) -> Expression | None:
        return _compiled(self.refuse) if self.refuse else None

    @property
    def member_headers(self) -> frozenset[str]:
        """The names below `each` that the block reads; which of them a file has, its lists say."""
        if self.each is None:
            return frozenset()
        rules = self.columns.values()
        named = (h for rule in rules for h in (*(rule.headers or ()), *(rule.currency_from or ())))
        read = {header_name(header) for header in named}
        for one in (self.condition, self.refusal, *(rule.expression for rule in rules)):
            read |= one.names if one else set()
        each = header_name(self.each)
        return frozenset(name for name in read if name == each or name.startswith(f"{each}."))

    def blank_members(self, headers: frozenset[str]) -> list[str]:
        """The names below `each` that count as blank where no list of the file has them; of
        alternatives only the first, and only if the file has none."""
        rules = self.columns.values()
        unmet = {header_name(r.headers[0]) for r in rules if r.headers and not r.header_in(headers)}
        for one in (self.condition, self.refusal, *(rule.expression for rule in rules)):
            unmet |= one.names if one else set()
        return sorted((unmet & self.member_headers) - headers)

    def pairs(self) -> Iterator[tuple[Column, ColumnRule]]:
        """Canonical column and rule, in the order of the entity."""
        for column in (*self.declared.columns, SOURCE_UPDATED_AT):
            if column.name in self.columns:
                yield column, self.columns[column.name]


class Mapping(_Declared):
    """One export; `id` is the feed its deliveries belong to."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Title | None = None
    source_system: str | None = None  # default: the inbox folder
    files: Texts
    format: Format = Format()
    exported_at: Annotated[list[ExportedAt], BeforeValidator(_as_list)] = []
    timezone: str | None = None  # of times without offset; default: the business time zone
    coverage: Coverage = "full"
    history: History = "segments"
    tombstone: Tombstone | None = None
    carry: Carry | None = None
    blanks: Texts = []  # cells that mean nothing, e.g. "-"
    needs: Texts = []  # headers without which a file is not this export, needed by a column or not
    optional: Texts = []  # headers expressions may read as blank where the file lacks them
    ids: Texts = []  # headers of long numbers that are identifiers, not card numbers
    entities: list[EntityBlock] = Field(min_length=1)
    undecided: dict[str, list[str]] | None = Field(default=None, exclude=True)  # as of a column

    @model_validator(mode="after")
    def _makes_sense(self) -> "Mapping":
        _check_decided(self.undecided)
        _check_zone(self.timezone, "timezone")
        if self.carry:
            _check_expression("carry.when", self.carry.when, {"bool"})
            for name, text in self.carry.sums.items():
                _check_expression(f"carry.sums.{name}", text, {"number"})
        for block in self.entities:
            _check_block(self, block)
        return self

    def coverage_of(self, block: EntityBlock) -> Coverage:
        return block.coverage or self.coverage

    def history_of(self, block: EntityBlock) -> History:
        return block.history or self.history

    def tombstone_of(self, block: EntityBlock) -> Tombstone | None:
        return block.tombstone or self.tombstone

    def file_format(self, file_name: str) -> FileFormat | None:
        """How a file of that name is read; None if neither mapping nor extension says it."""
        stem = Path(file_name.lower().removesuffix(".zip"))
        kind = self.format.kind or FORMAT_BY_SUFFIX.get(stem.suffix)
        if kind is None:
            return None
        declared = self.format.model_dump() | {"kind": kind}
        declared["header_has"] = tuple(declared["header_has"])
        if stem.suffix == ".tsv" and "delimiter" not in self.format.model_fields_set:
            declared["delimiter"] = "\t"
        return FileFormat(**declared)

    def missing_headers(self, headers: frozenset[str]) -> list[str]:
        """What a header row lacks for this mapping to read it; alternatives joined by ' | '."""
        in_file = headers | self.optional_headers
        missing = [header for header in self.needs if header_name(header) not in in_file]
        if self.carry:
            missing += sorted(self.carry.needed_headers - in_file)
            in_file |= self.carry.own_headers
        for block in self.entities:
            headers = in_file | block.member_headers
            for column, rule in block.pairs():
                if column.required and column.default is None and not rule.is_in(headers):
                    missing += _lacking(rule, headers)
            for alternatives in block.declared.any_of:
                rules = [block.columns[name] for name in alternatives if name in block.columns]
                if not any(rule.is_in(headers) for rule in rules):
                    wanted = [header for rule in rules for header in _lacking(rule, headers)]
                    missing.append(" | ".join(wanted))
            missing += sorted(_always_needed(self, block) - headers)
            missing += [block.each] if block.each and header_name(block.each) not in in_file else []
            coverage = self.coverage_of(block)
            if isinstance(coverage, FullWithin):
                rule = block.columns[coverage.full_within]
                if not rule.is_in(headers):
                    missing += _lacking(rule, headers)
        return list(dict.fromkeys(missing))

    def present_headers(self, headers: frozenset[str]) -> frozenset[str]:
        """The headers of a file that the mapping reads."""
        read: set[str] = set()
        for block in self.entities:
            for _, rule in block.pairs():
                read |= {rule.header_in(headers) or "", rule.currency_in(headers) or ""}
                read |= rule.expression.names if rule.expression else set()
            read |= _always_needed(self, block)
            read |= {header_name(block.each)} if block.each else set()
        read |= self.carry.needed_headers if self.carry else set()
        read |= {header_name(place.column) for place in self.exported_at if place.column}
        return headers & read

    @property
    def optional_headers(self) -> frozenset[str]:
        return frozenset(header_name(header) for header in self.optional)

    def hash(self, business_timezone: str) -> str:
        """16 hex digits that change when the same file would be read differently."""
        said = self.model_dump(mode="json", exclude={"title", "files"})
        facts = {
            "mapping": _without_unsaid(said),
            "business_timezone": business_timezone,
            "entities": {block.entity: _reading_facts(block.declared) for block in self.entities},
            "reading_version": READING_VERSION,
        }
        text = json.dumps(facts, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


# Keys younger than the first homes. Unsaid they change nothing: without them here every delivery of
# every home would be read again.
_LATER_KEYS = ("header_has", "carry", "each", "refuse", "currency_from", "needs")


def _without_unsaid(said: Any) -> Any:
    if isinstance(said, list):
        return [_without_unsaid(one) for one in said]
    if not isinstance(said, dict):
        return said
    return {key: _without_unsaid(one) for key, one in said.items() if one or key not in _LATER_KEYS}


def _always_needed(mapping: Mapping, block: EntityBlock) -> frozenset[str]:
    """Headers without which the rows of a block cannot be told apart."""
    tombstone = mapping.tombstone_of(block)
    needed = {header_name(tombstone.column)} if tombstone else set()
    for asked in (block.condition, block.refusal):
        needed |= asked.names if asked else set()
    return frozenset(needed)


def _lacking(rule: ColumnRule, headers: frozenset[str]) -> list[str]:
    if rule.headers:
        return [" | ".join(rule.headers)]
    return sorted(rule.expression.names - headers) if rule.expression else []


def _reading_facts(entity: Entity) -> list[tuple]:
    return [
        (c.name, c.type, c.key, c.required, c.values, c.default, c.folded, c.landed_name)
        + (() if c.percent_digits is None else (c.percent_digits,))
        for c in entity.columns
    ]


# ── checking ────────────────────────────────────────────────────────────────────────────────────


@cache
def _compiled(text: str) -> Expression:
    return compile_expression(text)


def _check_pattern(pattern: str | None, key: str) -> None:
    try:
        re.compile(pattern or "")
    except re.error as problem:
        raise _Wrong(
            key, f"正規表現が読めません（{problem}）", f"not a regular expression ({problem})"
        ) from None


def _check_decided(undecided: dict[str, list[str]] | None) -> None:
    for key, choices in (undecided or {}).items():
        either = " / ".join(choices) or "…"
        raise _Wrong(
            f"undecided.{key}",
            f"まだ決まっていません。{key} に {either} を書き、undecided を消してください",
            f"not decided yet: write {either} as {key} and delete `undecided`",
        )


def _check_zone(zone: str | None, key: str) -> None:
    try:
        ZoneInfo(zone or "UTC")
    except (KeyError, ValueError, OSError):
        raise _Wrong(
            key, f"知らないタイムゾーンです: {zone}", f"unknown time zone: {zone}"
        ) from None


def _check_block(mapping: Mapping, block: EntityBlock) -> None:
    where = f"entities.{block.entity}"
    if block.entity not in entities():
        raise _Wrong(
            where,
            f"そのようなエンティティはありません（{', '.join(entities())}）",
            f"no such entity (there are {', '.join(entities())})",
        )
    entity = block.declared
    known = {column.name for column in (*entity.columns, SOURCE_UPDATED_AT)}
    for name in block.columns:
        if name not in known:
            raise _Wrong(
                f"{where}.columns.{name}",
                f"{entity.id} にその列はありません（{', '.join(sorted(known))}）",
                f"{entity.id} has no such column (it has {', '.join(sorted(known))})",
            )
    for column in entity.required_columns:
        if column.name not in block.columns and column.default is None:
            raise _Wrong(
                f"{where}.columns",
                f"必須の列 {column.name}（{column.ja}）の指定がありません",
                f"required column {column.name} is not mapped",
            )
    for alternatives in entity.any_of:
        if not set(alternatives) & set(block.columns):
            names = ", ".join(alternatives)
            raise _Wrong(
                f"{where}.columns", f"{names} のどれかが要ります", f"one of {names} must be mapped"
            )
    for column, rule in block.pairs():
        _check_rule(f"{where}.columns.{column.name}", entity, column, rule, block)
    _check_expression(f"{where}.when", block.when, {"bool"})
    _check_expression(f"{where}.refuse", block.refuse, {"bool"})
    coverage = mapping.coverage_of(block)
    if isinstance(coverage, FullWithin):
        within = coverage.full_within
        if within not in block.columns or entity.column(within).type != "date":
            raise _Wrong(
                f"{where}.coverage.full_within",
                f"{within} は、指定された日付の列ではありません",
                f"{within} is not a mapped date column of {entity.id}",
            )


# Kinds of expressions.py that fit a column type; text is read like a cell.
_FITTING = {
    "text": {"text"},
    "date": {"text", "date"},
    "ts": {"text", "ts"},
    "dec": {"text", "number"},
    "int": {"text", "number"},
    "bool": {"text", "bool"},
}


def _check_rule(
    where: str, entity: Entity, column: Column, rule: ColumnRule, block: EntityBlock
) -> None:
    def wrong(key: str, ja: str, en: str) -> _Wrong:
        return _Wrong(f"{where}.{key}", ja, en)

    _check_expression(f"{where}.expr", rule.expr, _FITTING[column.type])
    given = rule.model_fields_set
    if "formats" in given and column.type not in ("date", "ts"):
        raise wrong("formats", "日付・日時の列だけに使えます", "only for date and ts columns")
    if "end" in given and not column.inclusive_end:
        raise wrong("end", "終了日の列だけに使えます", "only for end-date columns")
    _check_readable(where, rule)
    if "unit" in given and column.type != "dec":
        raise wrong("unit", "金額の列だけに使えます", "only for amounts")
    has_currency = rule.currency or rule.currency_from or "currency" in block.columns
    if rule.unit == "minor" and not has_currency:
        raise wrong(
            "unit",
            "補助単位には通貨が要ります（currency、currency_from、通貨の列のどれかを書いてください）",
            "minor units need a currency (give `currency`, `currency_from` or map the column)",
        )
    meanings = {meaning for meaning in (rule.values or {}).values() if meaning is not None}
    if column.values and not meanings <= set(column.values):
        raise wrong(
            "values",
            f"使える値は {', '.join(column.values[:20])} です",
            f"allowed values are {', '.join(column.values[:20])}",
        )


def _check_readable(where: str, rule: ColumnRule) -> None:
    """Formats and value map: what values.py would refuse as a mistake of the mapping."""
    try:
        check_formats(tuple(rule.formats or ()))
    except ValueError as problem:
        raise _Wrong(f"{where}.formats", f"読めない書式です（{problem}）", str(problem)) from None
    meanings: dict[str, str | None] = {}
    for cell, meaning in (rule.values or {}).items():
        plain = unicodedata.normalize("NFKC", cell).strip().lower()
        if meanings.setdefault(plain, meaning) != meaning:
            raise _Wrong(
                f"{where}.values",
                f"{cell} に2つの意味があります",
                f"two meanings for {cell}",
            )


def _check_expression(where: str, text: str | None, kinds: set[str]) -> None:
    if text is None:
        return
    try:
        kind = _compiled(text).kind
    except ExpressionRefused as problem:
        raise _Wrong(where, problem.ja, problem.en) from None
    if kind not in kinds:
        wanted = " / ".join(sorted(kinds))
        raise _Wrong(
            where,
            f"結果の型は {wanted} でなければなりません（いまは {kind}）",
            f"must give {wanted}, gives {kind}",
        )


# ── reading YAML ────────────────────────────────────────────────────────────────────────────────


# The scanner in C where PyYAML has it: a third of the time to start a reader.
_BaseLoader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _TextLoader(_BaseLoader):
    """Every scalar stays as written (1.10, Yes, 0012), and a key given twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """The document as text scalars, unchecked. Raises MappingRefused."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_TextLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        why = " ".join(str(problem).split())
        raise MappingRefused(
            path.name, "YAML", f"YAML として読めません（{why}）", f"not YAML ({why})"
        ) from None
    if not isinstance(document, dict):
        raise MappingRefused(
            path.name, "YAML", "中身がキーと値になっていません", "holds no keys and values"
        )
    return document


def build_mapping(document: dict[str, Any], file: str) -> Mapping:
    """The checked mapping of a document. Raises MappingRefused naming `file` and the key."""
    try:
        return Mapping.model_validate(document)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, _Wrong):
            key = ".".join(part for part in (key, cause.key) if part)
            raise MappingRefused(file, key, cause.ja, cause.en) from None
        ja, en = _in_both_languages(first)
        raise MappingRefused(file, key, ja, en) from None


def _in_both_languages(error: Any) -> tuple[str, str]:
    match error["type"]:
        case "extra_forbidden":
            return "知らないキーです", "unknown key"
        case "missing":
            return "このキーが要ります", "key is missing"
    return f"値が正しくありません（{error['msg']}）", f"wrong value ({error['msg']})"


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`extends`: keys of `changes` replace those of `base`; entities merge column by column."""
    merged = {**base, **changes}
    if "entities" in base and "entities" in changes:
        blocks = {block["entity"]: dict(block) for block in base["entities"]}
        for block in changes["entities"]:
            own = blocks.get(block["entity"], {})
            columns = dict(_shorthand(own.get("columns", {})))
            for name, rule in _shorthand(block.get("columns", {})).items():
                says_where = rule.keys() & {"from", "const", "expr"}
                columns[name] = rule if says_where else {**columns.get(name, {}), **rule}
            blocks[block["entity"]] = {**own, **block, "columns": columns}
        merged["entities"] = list(blocks.values())
    return merged
