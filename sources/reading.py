"""One delivered file to everything landing needs to know of it; runs in the worker process.

Chooses the mapping, reads the file, looks for forbidden data before anything is written, finds out
when the export was made and what it covers, converts the rows and leaves them aside as Parquet.
Whether a delivery counts is decided in landing.py.
"""

import calendar
import hashlib
import json
import os
import re
import unicodedata
import zipfile
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from sources.assistant.layout import find_layout
from sources.assistant.matching import rank
from sources.assistant.renaming import find_renamed, share_of_keys
from sources.catalogue import (
    Catalogue,
    Listed,
    Nearest,
    choose,
    load_catalogue,
    nearest,
    read_mapping,
)
from sources.conversion import Converted, DeliveryFacts, convert, place_of, unmapped_headers
from sources.entities import entities
from sources.files import FileFormat, FileRefused, TextSheet, open_headers, open_text
from sources.forbidden import find_forbidden
from sources.ledger import EntityCounts
from sources.mapping import (
    FORMAT_BY_SUFFIX,
    ExportedAt,
    FullWithin,
    Mapping,
    MappingRefused,
    Period,
)
from sources.sheets import header_name
from sources.values import parse

CHECK_SHOWS_CELLS = 200
KEYS_LOOKED_UP_BYTES = 64 * 1024**2
KEYS_LOOKED_UP_FILES = 3
# So many headers of one entity tell a header row from a title that happens to hold such a word.
HEADERS_FOUND_AT_LEAST = 3


@dataclass(frozen=True)
class ReadRequest:
    """What the worker is told of a file.

    path: the bytes (in the inbox or among the originals); system and file_name: as delivered.
    feed_id, mapping_file: read with that mapping (or YAML file) and no other.
    aside: folder for the Parquet files; None only looks (check).
    known_ids: deliveries of the same bytes; a file that turns out to be one of them is not read.
    feeds_known_without_time: feeds that have these bytes; enough to know a file whose own time is
      all there is.
    """

    path: str
    system: str
    file_name: str
    file_time: datetime  # naive UTC
    content_sha256: str
    home_mappings: str
    business_timezone: str
    secret: str  # hex
    aside: str | None = None
    side_files: dict[str, str] = field(default_factory=dict)
    feed_id: str | None = None
    mapping_file: str | None = None
    known_ids: tuple[str, ...] = ()
    feeds_known_without_time: tuple[str, ...] = ()
    allows_no_final_newline: bool = False
    landed: str | None = None  # folder of the landed files, for knowing keys again


@dataclass(frozen=True)
class Finding:
    """One thing to say about a file: code of reasons.yml, where, and facts in no language."""

    code: str
    where: str
    detail: str = ""


@dataclass(frozen=True)
class Reading:
    """What the worker found. status: read | repeated | refused | unrecognised.

    findings: why it cannot count (refused, unrecognised) or is held until accepted (read).
    """

    status: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    feed_id: str | None = None
    mapping_hash: str | None = None
    source_system: str | None = None
    delivery_id: str | None = None
    encoding: str | None = None
    exported_at: datetime | None = None
    is_exported_at_assumed: bool = False
    entities: tuple[EntityCounts, ...] = ()
    quarantine: tuple[dict[str, Any], ...] = ()  # first cells, masked; check only
    nearest_mapping: str | None = None
    missing_headers: tuple[str, ...] = ()


class _Refused(Exception):
    """The file cannot be read under any mapping that is meant for it."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading.status)
        self.reading = reading


def read_delivery(request: ReadRequest) -> Reading:
    """Everything about one file. Leaves <aside>/<table>.parquet and <aside>/quarantine.parquet."""
    try:
        listed, file_format = _choose_mapping(request)
        return _read(request, listed, file_format)
    except _Refused as refused:
        return refused.reading
    except FileRefused as refused:
        return _refused(Finding(refused.code, refused.where or request.file_name, refused.detail))


def _refused(*findings: Finding, **facts: Any) -> Reading:
    return Reading("refused", findings=findings, **facts)


# ── which mapping ───────────────────────────────────────────────────────────────────────────────


def _choose_mapping(request: ReadRequest) -> tuple[Listed, FileFormat]:
    catalogue = load_catalogue(Path(request.home_mappings), request.business_timezone)
    if request.mapping_file:
        try:
            candidates = [read_mapping(Path(request.mapping_file), request.business_timezone)]
        except MappingRefused as wrong:
            where = f"{wrong.file}: {wrong.key}"
            finding = Finding("mapping_wrong", where, f"{wrong.ja} / {wrong.en}")
            raise _Refused(_refused(finding)) from wrong
    elif request.feed_id:
        listed = catalogue.by_id(request.feed_id)
        candidates = [listed] if listed else []
    else:
        candidates = catalogue.naming(request.system, request.file_name)
    headers, refusal = _headers_by_format(request, candidates)
    fitting = [one for one in candidates if _format(one, request) in headers]
    tables = {one.mapping.id: headers[_format(one, request)] for one in fitting}
    best = choose(fitting, request.system, request.file_name, tables)
    is_own = best[0].origin == "home" if best else _is_asked_for(request)
    if not is_own and catalogue.waits_for_refused(request.system, request.file_name):
        why = "; ".join(f"{one.file}: {one.key}" for one in catalogue.refused)
        raise _Refused(_refused(Finding("mapping_refused", request.file_name, why)))
    if not best:
        _refuse_unmatched(request, catalogue, candidates, tables, refusal)
    if len(best) > 1:
        equal = ", ".join(sorted(one.mapping.id for one in best))
        raise _Refused(_refused(Finding("ambiguous_mapping", request.file_name, equal)))
    return best[0], _format(best[0], request)


def kind_name(path: Path, file_name: str) -> str:
    """The name that says what kind of file it is: of a ZIP, that of its first known member."""
    name = file_name.lower()
    if not name.endswith(".zip") or Path(name.removesuffix(".zip")).suffix in FORMAT_BY_SUFFIX:
        return file_name
    try:
        with zipfile.ZipFile(path) as archive:
            members = [Path(member.lower()) for member in archive.namelist()]
    except (zipfile.BadZipFile, OSError):
        return file_name
    known = (member.name for member in members if member.suffix in FORMAT_BY_SUFFIX)
    return next(known, file_name)


def format_of(
    mapping: Mapping, path: Path, file_name: str, *, allows_no_final_newline: bool
) -> FileFormat | None:
    """How the file at `path`, delivered as `file_name`, is read; None where nothing says it."""
    declared = mapping.file_format(kind_name(path, file_name))
    if declared and allows_no_final_newline:
        return replace(declared, allow_no_final_newline=True)
    return declared


def _format(listed: Listed, request: ReadRequest) -> FileFormat | None:
    return format_of(
        listed.mapping,
        Path(request.path),
        request.file_name,
        allows_no_final_newline=request.allows_no_final_newline,
    )


Headers = list[frozenset[str]]


def _headers_by_format(
    request: ReadRequest, candidates: list[Listed]
) -> tuple[dict[FileFormat, Headers], FileRefused | None]:
    """The header rows of the file's tables under each format the candidates declare."""
    headers: dict[FileFormat, Headers] = {}
    refusal: FileRefused | None = None
    for declared in {_format(one, request) for one in candidates} - {None}:
        try:
            rows = open_headers(Path(request.path), declared)
            headers[declared] = [frozenset(row) for row in rows]
        except FileRefused as refused:
            refusal = refusal or refused
    return headers, refusal


def _refuse_unmatched(
    request: ReadRequest,
    catalogue: Catalogue,
    candidates: list[Listed],
    tables: dict[str, Headers],
    refusal: FileRefused | None,
) -> None:
    meant = nearest([one for one in candidates if one.mapping.id in tables], tables)
    misplaced = None if meant else _header_further_down(request, candidates)
    if candidates and misplaced:
        raise _Refused(_refused(misplaced))
    if candidates and not tables and refusal:
        raise refusal
    every = _tables_of_all(request, catalogue)
    looks_like = nearest([one for one in catalogue.listed if one.mapping.id in every], every)
    findings = [misplaced] if misplaced else []
    if meant is None and looks_like is None and not candidates:
        findings.append(Finding("unrecognised_file", request.file_name))
        raise _Refused(Reading("unrecognised", tuple(findings)))
    other = None if _is_asked_for(request) else _fits_better(catalogue, every, meant, tables)
    if candidates and other:
        finding = Finding("wrong_source", request.file_name, _fit_in_words(other, every))
        facts = {"nearest_mapping": other.listed.mapping.id, "missing_headers": other.missing}
        raise _Refused(_refused(finding, **facts))
    found = meant or looks_like
    facts = {
        "nearest_mapping": found.listed.mapping.id if found else None,
        "missing_headers": found.missing if found else (),
    }
    if candidates:
        detail = ", ".join(found.missing) if found else ""
        findings.append(Finding("missing_columns", request.file_name, detail))
        if meant:
            findings += _renamed(request, meant.listed, tables[meant.listed.mapping.id])
        raise _Refused(_refused(*findings, **facts))
    is_other = looks_like is not None and not looks_like.missing and not _is_asked_for(request)
    code = "unmatched_name" if is_other else "unrecognised_file"
    findings.append(
        Finding(code, request.file_name, _nearest_in_words(found.listed, found.missing))
    )
    raise _Refused(Reading("unrecognised", tuple(findings), **facts))


def _fits_better(
    catalogue: Catalogue,
    every: dict[str, Headers],
    meant: Nearest | None,
    tables: dict[str, Headers],
) -> Nearest | None:
    """The mapping of another entity that reads more of the file than any it is named for.

    One that lacks headers itself must read half of the file: else a rename passes for another
    system's export.
    """
    own = {block.entity for block in meant.listed.mapping.entities} if meant else set()
    best = _read_headers(meant, tables)[0] if meant else 0
    found: Nearest | None = None
    for one in catalogue.listed:
        if one.mapping.id not in every or own & {block.entity for block in one.mapping.entities}:
            continue
        other = nearest([one], every)
        if other is None:
            continue
        read, there = _read_headers(other, every)
        if read > best and (not other.missing or 2 * read >= there):
            found, best = other, read
    return found


def _read_headers(near: Nearest, tables: dict[str, Headers]) -> tuple[int, int]:
    """Headers a mapping reads of a file, and headers there are."""
    there = tables[near.listed.mapping.id]
    read = sum(len(near.listed.mapping.present_headers(headers)) for headers in there)
    return read, sum(map(len, there))


def _fit_in_words(near: Nearest, tables: dict[str, Headers]) -> str:
    read, there = _read_headers(near, tables)
    mapping = near.listed.mapping
    return f"≈ {mapping.entities[0].entity} {read}/{there} ({mapping.id})"


def _renamed(request: ReadRequest, listed: Listed, tables: Headers) -> list[Finding]:
    """The likeliest new name of each header a mapping misses, with what to write."""
    headers = frozenset().union(*tables)
    known = keys_known(request, listed, headers)
    return [
        Finding("renamed_header", request.file_name, one.in_words)
        for one in find_renamed(listed.mapping, headers, known)
    ]


def keys_known(
    request: ReadRequest, listed: Listed, headers: frozenset[str]
) -> dict[tuple[str, str], float]:
    """(column, header) → share of the header's cells that the last deliveries had as that column.

    Only where it is cheap: ids of class 1, a file that is not large, the newest landed files.
    """
    path = Path(request.path)
    declared = _format(listed, request)
    if not request.landed or declared is None or path.stat().st_size > KEYS_LOOKED_UP_BYTES:
        return {}
    mapping = listed.mapping
    lacking = set(mapping.missing_headers(headers))
    known: dict[tuple[str, str], float] = {}
    frames: list[pl.DataFrame] | None = None
    for block in mapping.entities:
        for column, rule in block.pairs():
            is_id = column.type == "text" and column.data_class == 1 and not column.values
            if not is_id or " | ".join(rule.headers or ()) not in lacking:
                continue
            keys = _landed_values(Path(request.landed) / block.declared.table, column.landed_name)
            if keys is None:
                continue
            if frames is None:
                frames = [sheet.frame for sheet in open_text(path, declared)]
            for header in headers - mapping.present_headers(headers):
                shares = [share_of_keys(frame[header], keys) for frame in frames if header in frame]
                known[column.name, header] = min(shares, default=0.0)
    return known


def _landed_values(table: Path, column: str) -> pl.Series | None:
    files = [one for one in (table / "live").glob("*.parquet") if not one.name.startswith("_")]
    newest = sorted(files, key=lambda one: one.stat().st_mtime)[-KEYS_LOOKED_UP_FILES:]
    if not newest:
        return None
    return pl.concat([pl.read_parquet(one, columns=[column]) for one in newest])[column].unique()


def _header_further_down(request: ReadRequest, candidates: list[Listed]) -> Finding | None:
    """Where the header stands, when titles stand above it and no mapping meant expects them."""
    if _is_asked_for(request) or any(
        one.mapping.format.header_row > 1 or one.mapping.format.header_has for one in candidates
    ):
        return None
    path = Path(request.path)
    try:
        layout = find_layout(path, kind_name(path, request.file_name))
        if layout.format.header_row == 1:
            return None
        headers = open_headers(path, layout.format)[0]
    except FileRefused:
        return None  # what is wrong with the file is told as such
    ranked = rank(headers, request.file_name)
    if not ranked or len(ranked[0].matches) < HEADERS_FOUND_AT_LEAST:
        return None
    row = f"header_row: {layout.format.header_row}"
    return Finding("header_further_down", request.file_name, f"{row} ({', '.join(headers[:5])}, …)")


def _is_asked_for(request: ReadRequest) -> bool:
    """Whether somebody said which mapping reads the file."""
    return request.feed_id is not None or request.mapping_file is not None


def _nearest_in_words(listed: Listed, missing: tuple[str, ...]) -> str:
    if missing:
        return f"{listed.mapping.id} (- {', '.join(missing)})"
    return f"{listed.mapping.id} ({', '.join(listed.mapping.files)})"


def _tables_of_all(request: ReadRequest, catalogue: Catalogue) -> dict[str, Headers]:
    """Header rows as every mapping of the extension's format would read them."""
    kind = FORMAT_BY_SUFFIX.get(Path(kind_name(Path(request.path), request.file_name)).suffix)
    asked = [one for one in catalogue.listed if one.mapping.format.kind in (None, kind)]
    headers, _ = _headers_by_format(request, asked)
    return {
        one.mapping.id: headers[declared]
        for one in asked
        if (declared := _format(one, request)) in headers
    }


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def _read(request: ReadRequest, listed: Listed, file_format: FileFormat) -> Reading:
    mapping = listed.mapping
    system = mapping.source_system or request.system
    facts: dict[str, Any] = {
        "feed_id": mapping.id,
        "mapping_hash": listed.hash,
        "source_system": system,
    }
    sheets: list[TextSheet] | None = None
    is_in_file = any(place.cell or place.column for place in mapping.exported_at)
    if is_in_file or not request.known_ids:
        sheets = open_text(Path(request.path), file_format)
    exported_at, is_assumed = _exported_at(request, mapping, sheets)
    delivery_id = identify(
        request.content_sha256, mapping.id, listed.hash, system, exported_at or request.file_time
    )
    facts |= {
        "delivery_id": delivery_id,
        "exported_at": exported_at or request.file_time,
        "is_exported_at_assumed": is_assumed,
    }
    if delivery_id in request.known_ids or (
        is_assumed and mapping.id in request.feeds_known_without_time
    ):
        return Reading("repeated", **facts)
    if sheets is None:
        sheets = open_text(Path(request.path), file_format)
    facts["encoding"] = sheets[0].encoding if sheets else None
    hits = find_forbidden(sheets, _id_headers(mapping, sheets))
    if hits:
        findings = (
            Finding(hit.code, _position(request, hit.sheet, hit.source_row, hit.column),
                    f"sha256 {hit.digits_sha256[:16]}")
            for hit in hits
        )  # fmt: skip
        return _refused(*findings, **facts)
    periods = {block.entity: _period(request, mapping, block) for block in mapping.entities}
    if None in periods.values():
        return _refused(Finding("no_period", request.file_name), **facts)

    converted = convert(
        mapping,
        sheets,
        DeliveryFacts(
            delivery_id=delivery_id,
            source_system=system,
            file_name=request.file_name,
            exported_at=facts["exported_at"],
            business_timezone=request.business_timezone,
            secret=bytes.fromhex(request.secret),
        ),
    )
    if request.aside:
        _write_aside(Path(request.aside), converted)
    return Reading(
        "read",
        findings=tuple(_holds(request, listed, exported_at)),
        notes=tuple(_notes(request, listed, sheets)),
        entities=tuple(_counts(mapping, part, periods[part.entity.id]) for part in converted),
        quarantine=() if request.aside else _first_cells(converted),
        **facts,
    )


def identify(
    content_sha256: str, feed_id: str, mapping_hash: str, system: str, exported_at: datetime
) -> str:
    """delivery_id: the same wherever the same file is landed under the same mapping."""
    facts = [content_sha256, feed_id, mapping_hash, system, exported_at.isoformat()]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _position(request: ReadRequest, sheet: str | None, row: int, column: str) -> str:
    return " / ".join(part for part in (request.file_name, sheet, str(row), column) if part)


def _id_headers(mapping: Mapping, sheets: list[TextSheet]) -> set[str]:
    """Headers declared as identifiers: keys, canonical ids and numbers, and the mapping's `ids`."""
    ids = {header_name(header) for header in mapping.ids}
    headers = frozenset(name for sheet in sheets for name in sheet.frame.columns)
    for block in mapping.entities:
        for column, rule in block.pairs():
            if column.key or column.name.endswith(("_id", "_number")):
                ids |= {rule.header_in(headers) or ""}
                ids |= rule.expression.names if rule.expression else set()
    return ids


def _holds(request: ReadRequest, listed: Listed, exported_at: datetime | None) -> list[Finding]:
    holds = []
    mapping = listed.mapping
    is_full = any(mapping.coverage_of(block) == "full" for block in mapping.entities)
    if exported_at is None and is_full:
        holds.append(Finding("no_exported_at", request.file_name))
    groups = {block.declared.group for block in mapping.entities}
    known_groups = {entity.group for entity in entities().values()}
    is_foreign = request.system in known_groups and request.system not in groups
    # Reference tables belong to no system in particular.
    if listed.origin == "generic" and is_foreign and groups != {"reference"}:
        holds.append(Finding("wrong_source", f"{request.system}/{request.file_name}", mapping.id))
    return holds


def _notes(request: ReadRequest, listed: Listed, sheets: list[TextSheet]) -> list[Finding]:
    notes = []
    for sheet in sheets:
        place = " / ".join(part for part in (request.file_name, place_of(sheet)) if part)
        notes += [Finding(note.code, place, note.detail) for note in sheet.notes]
        unmapped = unmapped_headers(listed.mapping, frozenset(sheet.frame.columns))
        if unmapped:
            notes.append(Finding("unmapped_columns", place, ", ".join(unmapped)))
    return notes


def _counts(
    mapping: Mapping, part: Converted, period: tuple[date | None, date | None]
) -> EntityCounts:
    coverage = mapping.coverage_of(part.block)
    is_within = isinstance(coverage, FullWithin)
    return EntityCounts(
        entity=part.entity.id,
        coverage="full_within" if is_within else coverage,
        coverage_column=coverage.full_within if is_within else None,
        covers_from=period[0],
        covers_to=period[1],
        history=mapping.history_of(part.block),
        rows_read=part.rows_read,
        rows_landed=part.rows_landed,
        rows_quarantined=part.rows_quarantined,
        rows_repeated=part.rows_repeated,
        rows_filtered=part.rows_filtered,
    )


def _write_aside(aside: Path, converted: list[Converted]) -> None:
    aside.mkdir(parents=True, mode=0o700, exist_ok=True)
    for part in converted:
        write_durably(part.landed, aside / f"{part.entity.table}.parquet")
    write_durably(pl.concat([part.quarantine for part in converted]), aside / "quarantine.parquet")


def write_durably(frame: pl.DataFrame, path: Path) -> None:
    """Parquet that is on the disk when this returns, readable by its owner only."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        frame.write_parquet(file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())


def _first_cells(converted: list[Converted]) -> tuple[dict[str, Any], ...]:
    cells = pl.concat([part.quarantine for part in converted]).drop("raw_row", "read_row")
    return tuple(cells.head(CHECK_SHOWS_CELLS).iter_rows(named=True))


# ── when it was exported, and what it covers ────────────────────────────────────────────────────


def _exported_at(
    request: ReadRequest, mapping: Mapping, sheets: list[TextSheet] | None
) -> tuple[datetime | None, bool]:
    """Naive UTC of the first place that has it (None: none), and whether it is only assumed."""
    zone = mapping.timezone or request.business_timezone
    for place in mapping.exported_at:
        if place.file_time:
            return request.file_time, True
        found = _instant(_text_at(place, request, sheets), place.format, place.at, zone)
        if found is not None:
            return found, False
    return None, True


def _text_at(place: ExportedAt, request: ReadRequest, sheets: list[TextSheet] | None) -> list[str]:
    if place.file_name:
        return _in_name(place.file_name, request.file_name)[:1]
    if place.side_file:
        return _in_side_file(request.side_files.get(place.side_file), place.field)
    texts: list[str | None] = []
    for sheet in sheets or ():
        if place.cell:
            texts.append(_preamble_cell(sheet, place.cell))
        elif header_name(place.column) in sheet.frame.columns:
            texts += sheet.frame.get_column(header_name(place.column)).unique().to_list()
    return [text for text in texts if text]


def _in_name(pattern: str, file_name: str) -> list[str]:
    found = re.search(pattern, unicodedata.normalize("NFKC", file_name))
    if found is None:
        return []
    return [group for group in found.groups() if group] or [found.group()]


def _in_side_file(text: str | None, name: str) -> list[str]:
    try:
        said = json.loads(text or "{}")
    except json.JSONDecodeError:
        return []
    value = said.get(name) if isinstance(said, dict) else None
    return [str(value)] if value else []


def _preamble_cell(sheet: TextSheet, cell: str) -> str | None:
    letters, row = re.fullmatch(r"([A-Z]+)([0-9]+)", cell).groups()
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    try:
        return sheet.preamble[int(row) - 1][column - 1]
    except IndexError:
        return None


def _instant(texts: list[str], declared: str | None, at: str, zone: str) -> datetime | None:
    """The latest of some texts as naive UTC; a day counts at `at`, a month as its last day."""
    if not texts:
        return None
    formats = [declared] if declared else None
    has_time = "%H" in declared or "%I" in declared if declared else ":" in texts[0]
    cells = pl.Series(texts, dtype=pl.String)
    if has_time:
        return parse(cells, "ts", formats=formats, tz=zone).values.max()
    day = parse(cells, "date", formats=formats, tz=zone).values.max()
    if day is None:
        return None
    if declared and "%" in declared:
        day = _last_day(day, declared)
    local = datetime.combine(day, time.fromisoformat(at), ZoneInfo(zone))
    return local.astimezone(UTC).replace(tzinfo=None)


def _last_day(day: date, declared: str) -> date:
    """The last day of the year, month or day a format stands for."""
    if "%d" in declared:
        return day
    month = day.month if "%m" in declared or "%b" in declared.lower() else 12
    return date(day.year, month, calendar.monthrange(day.year, month)[1])


def _period(
    request: ReadRequest, mapping: Mapping, block: Any
) -> tuple[date | None, date | None] | None:
    """First and last day a block covers: (None, None) unless full_within; None if unnamed."""
    coverage = mapping.coverage_of(block)
    if not isinstance(coverage, FullWithin):
        return None, None
    return _named_period(coverage.period, request.file_name)


def _named_period(period: Period, file_name: str) -> tuple[date, date] | None:
    texts = _in_name(period.file_name, file_name)
    days = parse(pl.Series(texts, dtype=pl.String), "date", formats=[period.format]).values
    if days.is_empty() or days.null_count():
        return None
    return days[0], _last_day(days[-1], period.format)
