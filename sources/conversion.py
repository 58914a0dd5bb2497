"""Rows of text to rows of canonical entities, as a mapping says; every refused cell accounted for.

Pure: frames in, frames out; nothing is written here. Per entity the balance holds:
read = landed + quarantined + repeated in file + filtered out by the mapping. Read are the records
of the file; of a block with `each`, the members of its lists.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from sources.documents import elements_of
from sources.entities import Column, Entity
from sources.expressions import Computed
from sources.files import TextSheet
from sources.mapping import (
    SOURCE_UPDATED_AT,
    ColumnRule,
    EntityBlock,
    Mapping,
)
from sources.sheets import header_name
from sources.values import fold, parse

QUARANTINE_SCHEMA = {
    "entity": pl.String(),
    "source_sheet": pl.String(),
    "source_row": pl.Int64(),
    "column_name": pl.String(),  # header of the file; null when the row as a whole is damaged
    "raw_value": pl.String(),  # masked when the column's class is above 1
    "reason_code": pl.String(),
    "raw_row": pl.String(),  # the whole row as JSON (or as it stood in the file), never masked
    "read_row": pl.String(),  # JSON of the canonical columns of class 1 that could be read
}

MASKED = "***"


@dataclass(frozen=True)
class DeliveryFacts:
    """What a delivery knows about itself while its rows are read; exported_at is naive UTC."""

    delivery_id: str
    source_system: str
    file_name: str
    exported_at: datetime
    business_timezone: str
    secret: bytes


@dataclass(frozen=True)
class Converted:
    """The rows of one entity: landed (landed_schema), quarantine (QUARANTINE_SCHEMA), counts."""

    entity: Entity
    block: EntityBlock
    landed: pl.DataFrame
    quarantine: pl.DataFrame
    rows_read: int
    rows_quarantined: int
    rows_repeated: int
    rows_filtered: int

    @property
    def rows_landed(self) -> int:
        return self.landed.height


def convert(mapping: Mapping, sheets: Sequence[TextSheet], facts: DeliveryFacts) -> list[Converted]:
    """Every entity of the mapping, in its order. Raises AssertionError if a row is unaccounted."""
    blocks_by_entity: dict[str, list[int]] = {}
    for position, block in enumerate(mapping.entities):
        blocks_by_entity.setdefault(block.entity, []).append(position)
    sheets = [_prepared(sheet, mapping, facts) for sheet in sheets]
    return [
        _convert_entity(mapping, positions, sheets, facts)
        for positions in blocks_by_entity.values()
    ]


def unmapped_headers(mapping: Mapping, headers: frozenset[str]) -> list[str]:
    """Headers no mapping names; their cells are kept in `extra`."""
    return sorted(headers - mapping.present_headers(headers) - {"source_row"})


def _convert_entity(
    mapping: Mapping, positions: list[int], sheets: list[TextSheet], facts: DeliveryFacts
) -> Converted:
    landed, quarantine, read, quarantined, filtered = [], [], 0, 0, 0
    block = mapping.entities[positions[0]]
    for position in positions:
        for sheet in sheets:
            part = _convert_sheet(mapping, position, sheet, facts)
            landed.append(part.landed)
            quarantine.append(part.quarantine)
            read += part.rows_read
            quarantined += part.rows_quarantined
            filtered += part.rows_filtered
    rows = pl.concat(landed)
    refused = pl.concat(quarantine)
    # The same row twice in one file says nothing new; what identifies it is everything it says.
    lineage = {"delivery_id", "source_sheet", "source_row"}
    said = [name for name in rows.columns if name not in lineage]
    kept = rows.unique(subset=said, keep="first", maintain_order=True)
    converted = Converted(
        entity=block.declared,
        block=block,
        landed=kept,
        quarantine=refused,
        rows_read=read,
        rows_quarantined=quarantined,
        rows_repeated=rows.height - kept.height,
        rows_filtered=filtered,
    )
    accounted = (
        converted.rows_landed
        + converted.rows_quarantined
        + converted.rows_repeated
        + converted.rows_filtered
    )
    if read != accounted:
        raise AssertionError(f"{block.entity}: {read} rows read, {accounted} accounted for")
    return converted


def _prepared(sheet: TextSheet, mapping: Mapping, facts: DeliveryFacts) -> TextSheet:
    """The sheet with blanks of the mapping as null, and its absent optional headers as blank;
    rows that inherit have what the row above them says."""
    absent = sorted(mapping.optional_headers - set(sheet.frame.columns))
    frame = sheet.frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    if mapping.blanks:
        texts = pl.selectors.string()
        is_blank = texts.str.strip_chars().is_in(mapping.blanks)
        frame = frame.with_columns(pl.when(is_blank).then(None).otherwise(texts).name.keep())
    sheet = replace(sheet, frame=frame)
    return _carried(sheet, mapping, facts) if mapping.carry else sheet


def _carried(sheet: TextSheet, mapping: Mapping, facts: DeliveryFacts) -> TextSheet:
    """The sheet whose rows have inherited; rows without a row above them are damaged rows.

    A damaged line may have been such a row: what follows it belongs to nobody we know.
    """
    carry = mapping.carry
    asked = _evaluated(mapping, carry.condition, sheet.frame, facts, None)
    is_above = asked.values.fill_null(False) & asked.reasons.is_null()
    is_unclear = asked.reasons.is_not_null()
    placed = pl.concat(
        [
            sheet.frame.select(
                "source_row", is_above=is_above, begins=is_above | is_unclear, in_frame=True
            ),
            sheet.damaged.select("source_row", is_above=False, begins=True, in_frame=False),
        ]
    ).sort("source_row")
    placed = placed.with_columns(group=pl.col("begins").cum_sum()).with_columns(
        number=pl.int_range(pl.len()).over("group"),
        is_placed=pl.col("is_above").first().over("group"),
    )
    frame = sheet.frame.join(
        placed.filter("in_frame").select("source_row", "group", "number", "is_placed"),
        on="source_row",
        how="left",
        maintain_order="left",
    ).with_columns(pl.Series("reason", asked.reasons).fill_null("no_row_above"))
    inherited = []
    for name in dict.fromkeys(header_name(column) for column in carry.columns):
        own = pl.when(pl.col(name).str.strip_chars() != "").then(name)
        inherited.append(pl.coalesce(own, pl.col(name).first().over("group")).alias(name))
    placed_rows = frame.filter("is_placed").with_columns(inherited)
    if carry.number:
        number = pl.when(pl.col("number") > 0).then(pl.col("number").cast(pl.String))
        placed_rows = placed_rows.with_columns(number.alias(header_name(carry.number)))
    # What stands right below and cannot be read may have been one of the rows summed.
    cut = placed.filter(pl.col("begins") & ~pl.col("is_above"))["group"] - 1
    for name in carry.sums:
        placed_rows = _with_sum(mapping, placed_rows, name, cut, facts)
    lost = frame.filter(~pl.col("is_placed"))
    damaged = lost.select(
        "source_row",
        _as_json(lost, sheet.frame.drop("source_row").columns).alias("raw"),
        pl.col("reason"),
        pl.lit("").alias("detail"),
    )
    names = dict.fromkeys(
        [*sheet.frame.drop("source_row").columns, *sorted(carry.own_headers), "source_row"]
    )
    return replace(
        sheet,
        frame=placed_rows.select(list(names)),
        damaged=pl.concat([sheet.damaged, damaged]).sort("source_row"),
    )


def _with_sum(
    mapping: Mapping, rows: pl.DataFrame, name: str, cut: pl.Series, facts: DeliveryFacts
) -> pl.DataFrame:
    """The rows with one of the `sums` of carry: in the row above, blank if any of its rows has none
    or a line of it may be missing (groups in `cut`)."""
    computed = _evaluated(mapping, mapping.carry.summed(name), rows, facts, None)
    is_below = pl.col("number") > 0
    values = rows.select("group", "number", value=computed.values).select(
        total=pl.when(is_below).then("value").sum().over("group"),
        is_whole=(pl.col("value").is_not_null() | ~is_below).all().over("group")
        & (pl.len().over("group") > 1)
        & ~pl.col("group").is_in(cut.implode()),
        is_above=~is_below,
    )
    total = pl.when(pl.col("is_above") & pl.col("is_whole")).then(pl.col("total").cast(pl.String))
    return rows.with_columns(values.select(total.alias(header_name(name))))


def _members(sheet: TextSheet, each: str) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """One row per member of the lists in the cells of `each`, with the cells of its record.

    Also the records whose cell is no list (REFUSED_SCHEMA), and where each row stands in the file:
    `source_row` of what is returned is a position there, since a record may give several rows.
    """
    records: list[int] = []
    members: list[dict[str, str | None]] = []
    is_list: list[bool] = []
    for record, cell in enumerate(sheet.frame[each]):
        try:
            found = elements_of(cell, each) if cell is not None and cell.strip() else []
            found = [{**one, f"{each}.#": str(i)} for i, one in enumerate(found, start=1)]
        except ValueError:
            found = [{}]
            is_list.append(False)
        else:
            is_list += [True] * len(found)
        records += [record] * len(found)
        members += found
    names = dict.fromkeys(name for member in members for name in member)
    rows = sheet.frame[records].drop(each)
    frame = rows.with_columns(
        *(pl.Series(name, [m.get(name) for m in members], dtype=pl.String) for name in names),
        source_row=pl.int_range(len(records), dtype=pl.Int64),
    )
    unlisted = pl.DataFrame(
        {
            "source_row": frame["source_row"],
            "column_name": each,
            "raw_value": None,
            "reason_code": "json_broken",
        },
        schema=REFUSED_SCHEMA,
    )
    return frame, unlisted.filter(~pl.Series(is_list, dtype=pl.Boolean)), rows["source_row"]


def place_of(sheet: TextSheet) -> str | None:
    """What `source_sheet` says: sheet, member of a ZIP, or both; None for a plain file."""
    return ":".join(part for part in (sheet.member, sheet.sheet) if part) or None


# ── one sheet for one block ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Cells:
    """One canonical column of a sheet: where it came from, raw text, values, reasons."""

    column: Column
    header: str  # as people find it in the file
    raw: pl.Series
    values: pl.Series
    reasons: pl.Series


@dataclass(frozen=True)
class _SheetPart:
    landed: pl.DataFrame
    quarantine: pl.DataFrame
    rows_read: int
    rows_quarantined: int
    rows_filtered: int


def _convert_sheet(
    mapping: Mapping, position: int, sheet: TextSheet, facts: DeliveryFacts
) -> _SheetPart:
    block = mapping.entities[position]
    is_first = position == 0
    # A damaged line belongs to no entity in particular: it is counted once, with the first.
    damaged = sheet.damaged if is_first else sheet.damaged.clear()
    unlisted, stands_in = pl.DataFrame(schema=REFUSED_SCHEMA), None
    if block.each:
        frame, unlisted, stands_in = _members(sheet, header_name(block.each))
        absent = block.blank_members(frozenset(frame.columns))
        frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
        sheet = replace(sheet, frame=frame)
    frame, unclear, filtered = _filtered(mapping, block, sheet.frame, unlisted, facts)
    tombstones = _tombstones(mapping, block, frame)
    cells = _all_cells(mapping, block, frame, facts)
    refused = [_refused_rows(block, cell, frame, tombstones) for cell in cells]
    refused += [_empty_alternatives(block, cells, frame, tombstones)]
    # Of a row that cannot be placed or read as a whole, the cells say nothing.
    whole = unclear["source_row"].unique()
    refused = [one.filter(~pl.col("source_row").is_in(whole.implode())) for one in refused]
    quarantined = pl.concat([unclear, *refused])
    bad_rows = quarantined["source_row"].unique()
    is_good = ~frame["source_row"].is_in(bad_rows.implode())
    landed = _landed(mapping, block, frame, cells, tombstones, facts, place_of(sheet), is_first)
    part = _SheetPart(
        landed=landed.filter(is_good),
        quarantine=_with_raw_rows(quarantined, damaged, sheet, block, landed, stands_in),
        rows_read=sheet.frame.height + damaged.height,
        rows_quarantined=len(bad_rows) + damaged.height,
        rows_filtered=filtered,
    )
    return replace(part, landed=_standing(part.landed, stands_in))


def _standing(rows: pl.DataFrame, stands_in: pl.Series | None) -> pl.DataFrame:
    """The rows with `source_row` as it is in the file instead of their position in `stands_in`."""
    if stands_in is None:
        return rows
    return rows.with_columns(source_row=stands_in.gather(rows["source_row"]))


REFUSED_SCHEMA = {
    "source_row": pl.Int64(),
    "column_name": pl.String(),
    "raw_value": pl.String(),
    "reason_code": pl.String(),
}


def _filtered(
    mapping: Mapping,
    block: EntityBlock,
    frame: pl.DataFrame,
    refused: pl.DataFrame,
    facts: DeliveryFacts,
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Rows the block takes, which of them are refused as a whole and why, rows left out.

    refused: rows that are, before any condition is asked. A row with an unreadable condition is.
    """
    is_taken = pl.repeat(True, frame.height, dtype=pl.Boolean, eager=True)
    if block.condition:
        asked = _evaluated(mapping, block.condition, frame, facts, None)
        is_taken = asked.values.fill_null(False) | asked.reasons.is_not_null()
        refused = pl.concat([refused, _as_refused(frame, block.when, asked.reasons)])
    is_taken |= frame["source_row"].is_in(refused["source_row"].implode())
    if block.refusal:
        asked = _evaluated(mapping, block.refusal, frame, facts, None)
        reasons = _marked(asked.reasons, asked.values.fill_null(False), "refused_by_mapping")
        found = _as_refused(frame, block.refuse, reasons).filter(
            pl.col("source_row").is_in(frame["source_row"].filter(is_taken).implode())
        )
        refused = pl.concat([refused, found])
    # One reason is enough for a whole row.
    refused = refused.unique("source_row", keep="first", maintain_order=True)
    return frame.filter(is_taken), refused, int((~is_taken).sum())


def _as_refused(frame: pl.DataFrame, condition: str, reasons: pl.Series) -> pl.DataFrame:
    """Rows with a reason, as REFUSED_SCHEMA; the condition stands for the column."""
    return pl.DataFrame(
        {
            "source_row": frame["source_row"],
            "column_name": pl.Series([condition]).new_from_index(0, frame.height),
            "raw_value": pl.Series([None], dtype=pl.String).new_from_index(0, frame.height),
            "reason_code": reasons,
        },
        schema=REFUSED_SCHEMA,
    ).filter(reasons.is_not_null())


def _tombstones(mapping: Mapping, block: EntityBlock, frame: pl.DataFrame) -> pl.Series:
    declared = mapping.tombstone_of(block)
    if declared is None:
        return pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    said = frame.get_column(header_name(declared.column)).str.strip_chars()
    return said.is_in(declared.values).fill_null(False)


def _evaluated(
    mapping: Mapping,
    expression,
    frame: pl.DataFrame,
    facts: DeliveryFacts,
    zone: str | None,
) -> Computed:
    constants = {"exported_at": facts.exported_at, "file_name": facts.file_name}
    return expression.evaluate(
        frame,
        constants,
        tz=zone or mapping.timezone or facts.business_timezone,
        local_tz=facts.business_timezone,
    )


def _all_cells(
    mapping: Mapping, block: EntityBlock, frame: pl.DataFrame, facts: DeliveryFacts
) -> list[_Cells]:
    headers = frozenset(frame.columns)
    read: dict[str, _Cells] = {}
    # The currency column first: minor units of the others are divided by its digits.
    pairs = sorted(block.pairs(), key=lambda pair: pair[0].name != "currency")
    for column, rule in pairs:
        if rule.is_in(headers):
            currency = read["currency"].values if "currency" in read else None
            read[column.name] = _cells(mapping, column, rule, frame, facts, currency)
    for column in block.declared.columns:
        if column.name not in read and column.default is not None:
            read[column.name] = _constant(column, None, frame.height)
    return [
        read[column.name]
        for column in (*block.declared.columns, SOURCE_UPDATED_AT)
        if column.name in read
    ]


def _constant(column: Column, text: str | None, height: int) -> _Cells:
    """A column that is the same in every row: read once."""
    parsed = parse(
        pl.Series([text], dtype=pl.String),
        column.type,
        values=column.values,
        default=column.default,
    )
    return _Cells(
        column,
        column.name,
        pl.Series([text], dtype=pl.String).new_from_index(0, height),
        parsed.values.new_from_index(0, height),
        parsed.reasons.new_from_index(0, height),
    )


def _cells(
    mapping: Mapping,
    column: Column,
    rule: ColumnRule,
    frame: pl.DataFrame,
    facts: DeliveryFacts,
    currency: pl.Series | None,
) -> _Cells:
    if rule.const is not None:
        return _constant(column, rule.const, frame.height)
    zone = rule.timezone or mapping.timezone or facts.business_timezone
    if rule.headers:
        header = rule.header_in(frozenset(frame.columns))
        computed = Computed(
            frame.get_column(header), pl.repeat(None, frame.height, dtype=pl.String, eager=True)
        )
    else:
        header = rule.expr
        computed = _evaluated(mapping, rule.expression, frame, facts, zone)
        if computed.values.dtype != pl.String:
            return _typed(column, rule, header, computed)
    if rule.currency is not None:
        currency = pl.Series([rule.currency]).new_from_index(0, frame.height)
    if rule.currency_from is not None:
        named = rule.currency_in(frozenset(frame.columns))
        cells = frame.get_column(named) if named else _empty("", pl.String(), frame.height)
        currency = cells.str.strip_chars().str.to_uppercase()
    parsed = parse(
        computed.values,
        column.type,
        formats=rule.formats,
        tz=zone,
        local_tz=facts.business_timezone,
        unit=rule.unit,
        currency=currency,
        percent_digits=column.percent_digits,
        value_map=rule.values,
        values=column.values,
        required=column.required and column.default is None,
        default=column.default,
    )
    reasons = computed.reasons.zip_with(computed.reasons.is_not_null(), parsed.reasons)
    values = _landed_end(column, rule, parsed.values)
    return _ranged(_Cells(column, header, computed.values, values, reasons))


def _typed(column: Column, rule: ColumnRule, header: str, computed: Computed) -> _Cells:
    """A computed column that already has a type: only rounding and range remain."""
    values, reasons = computed.values, computed.reasons
    if column.type == "int":
        reasons = _marked(reasons, values != values.round(0), "not_whole")
    if column.type == "dec":
        values = values.round(6, mode="half_away_from_zero")
    typed = values.cast(column.polars_type, strict=False)
    reasons = _marked(reasons, typed.is_null() & values.is_not_null(), "number_out_of_range")
    if column.default is not None:
        typed = typed.fill_null(parse(pl.Series([column.default]), column.type).values[0])
    elif column.required:
        reasons = _marked(reasons, typed.is_null(), "missing_required")
    typed = pl.select(pl.when(pl.lit(reasons).is_null()).then(pl.lit(typed))).to_series()
    typed = _landed_end(column, rule, typed)
    return _ranged(_Cells(column, header, computed.values.cast(pl.String), typed, reasons))


def _ranged(cells: _Cells) -> _Cells:
    """The same without numbers below 0 where the column cannot have one."""
    if not cells.column.not_negative:
        return cells
    is_negative = (cells.values < 0).fill_null(False)
    reasons = _marked(cells.reasons, is_negative, "negative_number")
    empty = pl.Series([None], dtype=cells.values.dtype).new_from_index(0, len(reasons))
    return replace(cells, values=cells.values.zip_with(~is_negative, empty), reasons=reasons)


def _marked(reasons: pl.Series, is_bad: pl.Series, code: str) -> pl.Series:
    is_new = is_bad.fill_null(False) & reasons.is_null()
    return pl.Series([code]).new_from_index(0, len(reasons)).zip_with(is_new, reasons)


def _landed_end(column: Column, rule: ColumnRule, values: pl.Series) -> pl.Series:
    """End dates land inclusive, except those landed half-open under another name."""
    is_half_open = column.landed_as is not None
    if column.inclusive_end and is_half_open and rule.end == "inclusive":
        return values.dt.offset_by("1d")
    if column.inclusive_end and not is_half_open and rule.end == "exclusive":
        return values.dt.offset_by("-1d")
    return values


# ── what is refused ─────────────────────────────────────────────────────────────────────────────


def _refused_rows(
    block: EntityBlock, cells: _Cells, frame: pl.DataFrame, tombstones: pl.Series
) -> pl.DataFrame:
    # A notice of deletion often carries the key alone.
    is_excused = (
        tombstones & (cells.reasons == "missing_required")
        if not cells.column.key
        else pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    )
    raw = cells.raw if cells.column.data_class == 1 else _masked(cells.raw)
    refused = pl.DataFrame(
        {
            "source_row": frame["source_row"],
            "column_name": pl.Series([cells.header]).new_from_index(0, frame.height),
            "raw_value": raw,
            "reason_code": cells.reasons,
        },
        schema=REFUSED_SCHEMA,
    )
    return refused.filter(cells.reasons.is_not_null() & ~is_excused.fill_null(False))


def _masked(raw: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.lit(raw).is_not_null()).then(pl.lit(MASKED))).to_series()


def _empty_alternatives(
    block: EntityBlock, cells: list[_Cells], frame: pl.DataFrame, tombstones: pl.Series
) -> pl.DataFrame:
    refused = [pl.DataFrame(schema=REFUSED_SCHEMA)]
    by_name = {cell.column.name: cell for cell in cells}
    for alternatives in block.declared.any_of:
        given = [by_name[name] for name in alternatives if name in by_name]
        filled = pl.DataFrame(
            [cell.values.is_not_null().alias(cell.column.name) for cell in given]
            + [cell.reasons.is_not_null().alias(f"{cell.column.name} refused") for cell in given]
        )
        is_empty = ~filled.select(pl.any_horizontal(pl.all())).to_series() & ~tombstones
        empty = pl.DataFrame(
            {
                "source_row": frame["source_row"],
                "column_name": " | ".join(cell.header for cell in given),
                "raw_value": None,
                "reason_code": "missing_required",
            },
            schema=REFUSED_SCHEMA,
        )
        refused.append(empty.filter(is_empty))
    return pl.concat(refused)


def _with_raw_rows(
    refused: pl.DataFrame,
    damaged: pl.DataFrame,
    sheet: TextSheet,
    block: EntityBlock,
    landed: pl.DataFrame,
    stands_in: pl.Series | None,
) -> pl.DataFrame:
    """The refused cells and damaged lines of a sheet as QUARANTINE_SCHEMA."""
    rows = sheet.frame.filter(pl.col("source_row").is_in(refused["source_row"].unique().implode()))
    raw = rows.select(
        "source_row", _as_json(rows, rows.drop("source_row").columns).alias("raw_row")
    )
    read = landed.filter(pl.col("source_row").is_in(raw["source_row"].implode())).select(
        "source_row", _as_read(block, landed).alias("read_row")
    )
    cells = refused.join(raw, on="source_row", how="left", maintain_order="left")
    cells = cells.join(read, on="source_row", how="left", maintain_order="left")
    cells = _standing(cells, stands_in)
    lines = damaged.select(
        pl.col("source_row").cast(pl.Int64),
        pl.lit(None, pl.String).alias("column_name"),
        pl.lit(None, pl.String).alias("raw_value"),
        pl.col("reason").alias("reason_code"),
        pl.col("raw").alias("raw_row"),
        pl.lit(None, pl.String).alias("read_row"),
    )
    return pl.concat([cells, lines]).select(
        pl.lit(block.entity).alias("entity"),
        pl.lit(place_of(sheet), pl.String).alias("source_sheet"),
        *[name for name in QUARANTINE_SCHEMA if name not in ("entity", "source_sheet")],
    )


def _as_read(block: EntityBlock, landed: pl.DataFrame) -> pl.Expr:
    """What could be read of a row, with its record key: as JSON, all values as text."""
    names = [column.landed_name for column in block.declared.columns if column.data_class == 1]
    texts = [pl.col(name).cast(pl.String) for name in [*names, "record_key"]]
    return pl.struct(texts).struct.json_encode()


# ── what is landed ──────────────────────────────────────────────────────────────────────────────


def _landed(
    mapping: Mapping,
    block: EntityBlock,
    frame: pl.DataFrame,
    cells: list[_Cells],
    tombstones: pl.Series,
    facts: DeliveryFacts,
    place: str | None,
    keeps_extra: bool,
) -> pl.DataFrame:
    entity = block.declared
    values = {cell.column.landed_name: cell.values for cell in cells}
    columns = [
        values[column.landed_name].cast(column.polars_type).alias(column.landed_name)
        if column.landed_name in values
        else _empty(column.landed_name, column.polars_type, frame.height)
        for column in entity.columns
    ]
    for column in entity.folded_columns:
        given = values.get(column.landed_name)
        columns.append(
            _empty(column.folded_name, pl.String(), frame.height)
            if given is None
            else fold(given).alias(column.folded_name)
        )
    updated = values.get("source_updated_at")
    keys = pl.DataFrame(columns).select(column.landed_name for column in entity.key_columns)
    lineage = {
        # What no mapping names is kept once, with the first entity of the file.
        "extra": _extra(mapping, frame) if keeps_extra else None,
        "source_system": facts.source_system,
        "delivery_id": facts.delivery_id,
        "source_sheet": place,
        "source_row": frame["source_row"],
        "source_updated_at": updated,
        "record_key": record_keys(facts.secret, entity.id, facts.source_system, keys),
        "is_tombstone": tombstones,
    }
    schema = entity.landed_schema()
    for name, value in lineage.items():
        if isinstance(value, pl.Series):
            columns.append(value.cast(schema[name]).alias(name))
        else:
            constant = pl.Series(name, [value], dtype=schema[name])
            columns.append(constant.new_from_index(0, frame.height))
    return pl.DataFrame(columns).select(list(schema))


def _empty(name: str, dtype: pl.DataType, height: int) -> pl.Series:
    return pl.Series(name, [None], dtype=dtype).new_from_index(0, height)


def _extra(mapping: Mapping, frame: pl.DataFrame) -> pl.Series | None:
    unmapped = unmapped_headers(mapping, frozenset(frame.columns))
    if not unmapped:
        return None
    return frame.select(_as_json(frame, unmapped).alias("extra")).to_series()


def _as_json(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Expr:
    """JSON text of the filled cells of some columns, keys sorted; null where none is filled."""
    members = []
    for name in sorted(columns):
        written = pl.struct(name).struct.json_encode().str.slice(1)
        members.append(pl.when(pl.col(name).is_not_null()).then(written.str.head(-1)))
    joined = pl.concat_str(members, separator=",", ignore_nulls=True)
    return pl.when(joined != "").then(pl.lit("{") + joined + pl.lit("}"))


def record_key(secret: bytes, entity: str, source_system: str, keys: Sequence[str | None]) -> str:
    """The record key (32 hex digits) of the key columns as text, in the order of the entity."""
    [key] = _sealed(secret, entity, source_system, ["".join(_prefixed(key) for key in keys)])
    return key


def _sealed(secret: bytes, entity: str, source_system: str, all_keys: Iterable[str]) -> list[str]:
    # Once per row of every file: nothing that is the same in each is done again.
    head = (_prefixed(entity) + _prefixed(source_system)).encode()
    digest = hmac.digest
    return [digest(secret, head + keys.encode(), "sha256").hex()[:32] for keys in all_keys]


def _prefixed(text: str | None) -> str:
    # The length first, so that ("ab", "c") and ("a", "bc") differ; blank and missing differ too.
    return "-:" if text is None else f"{len(text.encode())}:{text}"


def record_keys(secret: bytes, entity: str, source_system: str, keys: pl.DataFrame) -> pl.Series:
    """record_key of every row of a frame of key columns."""
    written = [pl.col(name).cast(pl.String) for name in keys.columns]
    prefixed = [
        pl.when(text.is_null())
        .then(pl.lit("-:"))
        .otherwise(pl.format("{}:{}", text.str.len_bytes(), text))
        for text in written
    ]
    joined = keys.select(pl.concat_str(prefixed).alias("keys"))
    distinct = joined["keys"].unique()
    sealed = pl.DataFrame(
        {
            "keys": distinct,
            "record_key": _sealed(secret, entity, source_system, distinct),
        },
        schema={"keys": pl.String, "record_key": pl.String},
    )
    return joined.join(sealed, on="keys", how="left", maintain_order="left")["record_key"]
