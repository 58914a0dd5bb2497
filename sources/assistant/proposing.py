"""A file nobody knows to a mapping, with the evidence, as far as the file itself decides it.

Pure but for reading the file: what is proposed is a document of mapping.py, and what only a person
can tell stands in it as `undecided`, which build_mapping refuses. Runs in the worker process.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from sources.assistant.evidence import (
    AnswerRefused,
    Context,
    Examined,
    Question,
    Reading,
    examine,
)
from sources.assistant.layout import Found, find_layout
from sources.assistant.matching import (
    Match,
    Ranked,
    columns_of,
    likeness,
    match_names,
    match_values,
    missing_columns,
    rank,
    rivals,
)
from sources.assistant.renaming import Renamed, find_renamed
from sources.catalogue import GENERIC_EXPORTED_AT, Catalogue, Listed, load_catalogue
from sources.entities import Column, Entity, entities
from sources.files import FileFormat, FileRefused, open_headers, open_text
from sources.forbidden import find_forbidden
from sources.reading import Finding, ReadRequest, keys_known, kind_name, read_delivery
from sources.sheets import header_name
from sources.values import parse

CANDIDATES = 5
PARSES = 0.9  # share of filled cells a header must read as the type to be a candidate
RANKED_SHOWN = 3
# Fewer headers than either is no evidence of what a file is.
FITTING_AT_LEAST = 5
FITTING_SHARE = 1 / 3
# A mapping that reads less of a file than this share of its headers is not taken for its own.
KNOWN_HEADERS = 0.5


@dataclass(frozen=True)
class Proposed:
    """One column of the proposal with its evidence. how: as Match, or answer | header | yen."""

    column: str
    header: str | None
    how: str
    strength: float
    rule: Mapping[str, Any]
    evidence: Examined | None = None


@dataclass(frozen=True)
class Proposal:
    """What came of looking at a file.

    status: recognised (mapping_id reads it; nothing to write) | known_headers (mapping_id would,
      under another file name) | renamed (mapping_id would, but for headers) | proposed | refused.
    document: what to write, with `undecided` where questions are open; None when there is nothing.
    """

    status: str
    file_name: str
    findings: tuple[Finding, ...] = ()
    mapping_id: str | None = None
    origin: str | None = None
    format: FileFormat | None = None
    encoding: str | None = None
    other_sheets: tuple[str, ...] = ()
    titles: int = 0
    rows: int = 0
    damaged: int = 0
    headers: tuple[str, ...] = ()
    ranking: tuple[Ranked, ...] = ()
    entity: str | None = None
    columns: tuple[Proposed, ...] = ()
    unmapped: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    questions: tuple[Question, ...] = ()
    document: dict[str, Any] | None = None

    @property
    def is_decided(self) -> bool:
        return self.status != "refused" and not self.questions


def propose(
    request: ReadRequest, *, entity: str | None = None, answers: Sequence[str] = ()
) -> Proposal:
    """The proposal for one file. entity: an id of entities.yml; answers: `column=answer`."""
    name = request.file_name
    try:
        if entity is None and (known := _known(request, answers)):
            return known
        return _proposed(request, entity, answers)
    except FileRefused as refused:
        finding = Finding(refused.code, refused.where or name, refused.detail)
    except AnswerRefused as refused:
        choices = ", ".join(refused.choices)
        finding = Finding("answer_wrong", f"{refused.header}={refused.answer}", choices)
    return Proposal("refused", name, (finding,))


def read_proposal(facts: dict[str, Any]) -> Proposal:
    """A proposal from the plain data `dataclasses.asdict` makes of it."""
    told = dict(facts)
    for name, kind in (("findings", Finding), ("renamed", Renamed), ("questions", Question)):
        told[name] = tuple(kind(**_tuples(one)) for one in told[name])
    told["ranking"] = tuple(
        Ranked(**_tuples(one | {"matches": [Match(**match) for match in one["matches"]]}))
        for one in told["ranking"]
    )
    told["columns"] = tuple(
        Proposed(**one | {"evidence": one["evidence"] and _examined(one["evidence"])})
        for one in told["columns"]
    )
    told["format"] = told["format"] and FileFormat(**_tuples(told["format"]))
    return Proposal(**_tuples(told) | {"document": told["document"]})


def _examined(facts: dict[str, Any]) -> Examined:
    readings = [Reading(**one) for one in facts["readings"]]
    questions = [Question(**_tuples(one)) for one in facts["questions"]]
    several = {name: [tuple(one) for one in facts[name]] for name in ("unread", "marks", "codes")}
    return Examined(**_tuples(facts | several | {"readings": readings, "questions": questions}))


def _tuples(facts: dict[str, Any]) -> dict[str, Any]:
    """Lists of JSON as the tuples the declarations name."""
    return {name: tuple(one) if isinstance(one, list) else one for name, one in facts.items()}


# ── a mapping that is there ─────────────────────────────────────────────────────────────────────


def _known(request: ReadRequest, answers: Sequence[str]) -> Proposal | None:
    """The mapping that reads the file as it is, under another name, or but for renamed headers.

    A generic preset that would refuse rows is none: its formats are what is to be proposed.
    """
    catalogue = load_catalogue(Path(request.home_mappings), request.business_timezone)
    reading = read_delivery(request)
    if reading.feed_id and reading.status in ("read", "repeated"):
        listed = catalogue.by_id(reading.feed_id)
        if listed.origin != "generic" or _reads_all(reading):
            return _recognised("recognised", request, listed)
        return None
    listed = catalogue.by_id(reading.nearest_mapping or "")
    if listed is None:
        return None
    headers = _headers(request, listed)
    if reading.missing_headers:
        is_meant = any(finding.code == "missing_columns" for finding in reading.findings)
        return _renamed(request, listed, headers, answers) if is_meant else None
    share = len(listed.mapping.present_headers(headers)) / len(headers) if headers else 0
    tried = read_delivery(replace(request, feed_id=listed.mapping.id))
    if share < KNOWN_HEADERS or tried.status not in ("read", "repeated"):
        return None
    if listed.origin == "generic" and not (
        share == 1 and _reads_all(tried) and not _could_be_a_part(listed)
    ):
        return None
    document = None
    if listed.origin != "home":
        # a feed of its own: the preset goes on taking the names it takes
        document = {
            "id": _free_id(
                request.file_name, entities()[listed.mapping.entities[0].entity], catalogue
            ),
            "extends": listed.mapping.id,
            "files": [file_pattern(request.file_name)],
        }
    return _recognised("known_headers", request, listed, document=document)


def _could_be_a_part(listed: Listed) -> bool:
    """Whether the mapping takes every file for all there is, of what comes month by month."""
    mapping = listed.mapping
    return any(
        block.entity in EVENTS and mapping.coverage_of(block) == "full"
        for block in mapping.entities
    )


def _reads_all(reading: Any) -> bool:
    return not sum(counts.rows_quarantined for counts in reading.entities)


def _headers(request: ReadRequest, listed: Listed) -> frozenset[str]:
    declared = listed.mapping.file_format(kind_name(Path(request.path), request.file_name))
    tables = open_headers(Path(request.path), declared) if declared else []
    return frozenset(name for names in tables for name in names)


def _recognised(status: str, request: ReadRequest, listed: Listed, **facts: Any) -> Proposal:
    mapping = listed.mapping
    return Proposal(
        status,
        request.file_name,
        mapping_id=mapping.id,
        origin=listed.origin,
        entity=mapping.entities[0].entity,
        **facts,
    )


def _renamed(
    request: ReadRequest, listed: Listed, headers: frozenset[str], answers: Sequence[str]
) -> Proposal | None:
    """The same mapping with the new headers; what is merely alike is asked, not taken."""
    read = len(listed.mapping.present_headers(headers))
    if listed.origin == "generic" and read < KNOWN_HEADERS * len(headers):
        return None  # no rename: an export with headers of its own that is called like it
    renamed = find_renamed(listed.mapping, headers, keys_known(request, listed, headers))
    lacking = listed.mapping.missing_headers(headers)
    if not renamed or {one.missing for one in renamed} != set(lacking):
        return None
    facts = {"renamed": tuple(renamed)}
    if listed.origin == "home":
        return _recognised("renamed", request, listed, **facts)
    placed, unknown = _placed(renamed, headers, answers)
    if unknown:
        finding = Finding("answer_unknown", ", ".join(unknown), ", ".join(sorted(headers)))
        return Proposal("refused", request.file_name, (finding,))
    blocks: dict[str, dict[str, Any]] = {}
    questions = []
    for one in renamed:
        header = placed.get(one.column, one.header if one.is_sure else None)
        rule: dict[str, Any] = {"from": [*one.known, header]}
        if header is None:
            free = sorted(headers - listed.mapping.present_headers(headers) - {one.header})
            choices = (one.header, *free)[:CANDIDATES]
            questions.append(Question(one.column, None, "from", choices, "ask_header"))
            rule = {"undecided": {"from": list(choices)}}
        blocks.setdefault(one.entity, {})[one.column] = rule
    # the same feed in the company's own words: what was delivered before stays in it
    document = {
        "id": listed.mapping.id,
        "extends": listed.mapping.id,
        "entities": [{"entity": entity, "columns": rules} for entity, rules in blocks.items()],
    }
    facts |= {"questions": tuple(questions), "document": document}
    return _recognised("renamed", request, listed, **facts)


def _placed(
    renamed: Sequence[Renamed], headers: frozenset[str], answers: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """Per renamed column the header answered, and what answers nothing that is asked."""
    columns = {one.column for one in renamed}
    placed: dict[str, str] = {}
    unknown = []
    for answer in answers:
        left, _, right = _split(unicodedata.normalize("NFC", answer), columns)
        if left is None or header_name(right) not in headers:
            unknown.append(answer)
        else:
            placed[left] = header_name(right)
    return placed, unknown


# ── a new mapping ───────────────────────────────────────────────────────────────────────────────


# What happens once: a file of a month of it that counted as everything would delete the others.
EVENTS = frozenset(
    {
        *("crm.interactions", "crm.campaign_costs", "crm.consents", "billing.cancel_requests"),
        *("billing.invoices", "billing.invoice_lines", "billing.payments", "billing.refunds"),
        *("billing.payment_attempts", "billing.credit_notes", "billing.bank_transactions"),
        *("inquiry.tickets", "inquiry.ticket_events", "inquiry.surveys", "usage.usage_days"),
        "reference.fx_rates",
    }
)
COVERAGES = ("full", "delta")


def _coverage(entity: Entity, answers: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """What the files of the feed hold, as answered or by the entity (None: asked), and the other
    answers. Raises AnswerRefused.
    """
    said = [text.partition("=")[2].strip() for text in answers if _is_of_coverage(text)]
    others = [text for text in answers if not _is_of_coverage(text)]
    if said and said[-1] not in COVERAGES:
        raise AnswerRefused("coverage", said[-1], COVERAGES)
    by_entity = entity.coverage if entity.coverage != "full" or entity.id not in EVENTS else None
    return (said[-1] if said else by_entity), others


def _is_of_coverage(answer: str) -> bool:
    return answer.partition("=")[0].strip() == "coverage"


def _proposed(request: ReadRequest, asked: str | None, answers: Sequence[str]) -> Proposal:
    path = Path(request.path)
    layout = find_layout(path, kind_name(path, request.file_name))
    sheets = open_text(path, layout.format)
    headers = tuple(name for name in sheets[0].frame.columns if name != "source_row")
    same = [sheet for sheet in sheets if set(headers) <= set(sheet.frame.columns)]
    frame = pl.concat([sheet.frame.select(headers) for sheet in same])
    ranking = rank(headers, request.file_name)
    facts = {
        "format": layout.format,
        "encoding": sheets[0].encoding,
        "other_sheets": layout.sheets,
        "titles": len(layout.titles),
        "rows": sum(sheet.frame.height for sheet in sheets),
        "damaged": sum(sheet.damaged.height for sheet in sheets),
        "headers": headers,
        "ranking": tuple(ranking[:RANKED_SHOWN]),
    }
    if asked is None and (not ranking or _is_weak(ranking[0])):
        finding = Finding("no_entity_fits", request.file_name, ", ".join(headers))
        return Proposal("refused", request.file_name, (finding,), **facts)
    entity = entities()[asked or ranking[0].entity]
    coverage, answers = _coverage(entity, answers)
    by_column, unknown = _answers(entity, frame, answers)
    if unknown:
        finding = Finding("answer_unknown", ", ".join(unknown), ", ".join(headers))
        return Proposal("refused", request.file_name, (finding,), **facts)
    matches = _matches(entity, frame, by_column)
    hits = find_forbidden(sheets, {one.header for one in matches if _is_id(one.column)})
    if hits:
        findings = tuple(
            Finding(hit.code, f"{request.file_name} / {hit.source_row} / {hit.column}")
            for hit in hits
        )
        return Proposal("refused", request.file_name, findings, **facts)
    columns, questions = _columns(entity, frame, matches, by_column, request.business_timezone)
    if coverage is None:
        questions += (Question("coverage", None, "coverage", COVERAGES, "ask_coverage"),)
    used = {one.header for one in columns}
    catalogue = load_catalogue(Path(request.home_mappings), request.business_timezone)
    return Proposal(
        "proposed",
        request.file_name,
        entity=entity.id,
        columns=columns,
        unmapped=tuple(name for name in headers if name not in used),
        questions=questions,
        document=_document(request, catalogue, entity, layout, columns, questions, coverage),
        **facts,
    )


def _is_weak(first: Ranked) -> bool:
    """Whether the likeliest entity is no more than a few words in common."""
    found = len(first.matches)
    return found < FITTING_AT_LEAST and found < FITTING_SHARE * first.headers


def _is_id(column: str) -> bool:
    return column.endswith(("_id", "_number"))


def _matches(
    entity: Entity, frame: pl.DataFrame, answers: Mapping[str, Mapping[str, str]]
) -> tuple[Match, ...]:
    """Answered first, then by name, then by values; in the order of the entity."""
    told = {
        column: Match(column, given["from"], "answer", 1.0)
        for column, given in answers.items()
        if "from" in given
    }
    used = {match.header for match in told.values()}
    others = [name for name in frame.columns if name not in used]
    named = [
        match
        for match in match_names(entity, others)
        if match.column not in told and "const" not in answers.get(match.column, {})
    ]
    found = {match.column: match for match in (*told.values(), *named)}
    by_values = match_values(entity, frame, tuple(found.values()))
    found |= {match.column: match for match in by_values if match.column not in answers}
    return tuple(found[column.name] for column in columns_of(entity) if column.name in found)


def _columns(
    entity: Entity,
    frame: pl.DataFrame,
    matches: Sequence[Match],
    answers: Mapping[str, Mapping[str, str]],
    timezone: str,
) -> tuple[tuple[Proposed, ...], tuple[Question, ...]]:
    declared = {column.name: column for column in columns_of(entity)}
    found: dict[str, Proposed] = {}
    questions: list[Question] = []
    currency = _currency(frame, matches, answers)
    for match in matches:
        column = declared[match.column]
        cells = frame.get_column(match.header)
        given = {**answers.get(column.name, {})}
        evidence = examine(column, cells, Context(match.header, timezone, currency, given))
        rule = {"from": match.header, **evidence.rule}
        found[column.name] = Proposed(
            column.name, match.header, match.how, match.strength, rule, evidence
        )
        questions += evidence.questions
        if others := rivals(entity, match, {one.column for one in matches}):
            choices = (match.column, *others)
            questions.append(Question(match.column, match.header, "column", choices, "ask_column"))
    questions += _interval(found)
    used = {match.header for match in matches}
    free = frame.select(name for name in frame.columns if name not in used)
    for name in missing_columns(entity, set(found)):
        column = declared[name]
        const = _const(column, found, answers.get(name, {}).get("const"))
        if const is None:
            questions.append(_asked(column, free, timezone))
        else:
            found[name] = Proposed(name, None, const[1], 1.0, {"const": const[0]})
    for name, given in answers.items():
        if "const" in given and name not in found:
            value = _const(declared[name], found, given["const"])
            found[name] = Proposed(name, None, "answer", 1.0, {"const": value[0]})
    ordered = tuple(found[name] for name in declared if name in found)
    return ordered, tuple(questions)


def _currency(
    frame: pl.DataFrame, matches: Sequence[Match], answers: Mapping[str, Mapping[str, str]]
) -> pl.Series | None:
    """The currency of every row, where the file or an answer says it."""
    if said := answers.get("currency", {}).get("const"):
        return pl.Series([said]).new_from_index(0, frame.height)
    header = next((match.header for match in matches if match.column == "currency"), None)
    return frame.get_column(header) if header else None


def _const(
    column: Column, found: Mapping[str, Proposed], answer: str | None
) -> tuple[str, str] | None:
    """What is the same in every row, and how that is known: answered, by a header, by yen signs."""
    if answer is not None:
        parsed = parse(pl.Series([answer]), column.type, values=column.values)
        if parsed.values[0] is None:
            raise AnswerRefused(column.name, answer, choices_of(column))
        return answer, "answer"
    if column.name == "currency":
        amounts = (one for one in found.values() if one.column.endswith("_native") and one.header)
        marked = [one for one in amounts if dict(one.evidence.marks).get("yen")]
        every = all(dict(one.evidence.marks)["yen"] == one.evidence.filled for one in marked)
        return ("JPY", "yen") if marked and every else None
    said = _said_by_amounts(column.name, found)
    return (said.pop(), "header") if len(said) == 1 else None


def _interval(found: Mapping[str, Proposed]) -> list[Question]:
    """Asked where the price is said to be monthly and the file has another billing interval."""
    unit = found.get("interval_unit")
    said = _said_by_amounts("interval_unit", found)
    if unit is None or unit.how == "answer" or len(said) != 1:
        return []
    if {meaning for _, meaning, _ in unit.evidence.codes if meaning} <= said:
        return []
    choices = (*said, unit.header)
    return [Question(unit.column, unit.header, "const", choices, "ask_interval")]


def _said_by_amounts(column: str, found: Mapping[str, Proposed]) -> set[str]:
    """What the headers of the amounts say of another column."""
    return {
        value
        for one in found.values()
        if one.column.endswith("_native") and one.header
        for word, value in BY_HEADER.get(column, {}).items()
        if word in header_name(one.header)
    }


# What the header of an amount says of another column.
BY_HEADER = {
    "price_includes_tax": {"税込": "true", "税抜": "false"},
    "interval_unit": {"月額": "month", "年額": "year", "日額": "day"},
    "interval_count": {"月額": "1", "年額": "1", "日額": "1"},
}


def choices_of(column: Column) -> tuple[str, ...]:
    """What a column can be the same as in every row; () where anything can."""
    if column.name.endswith("currency"):
        return ("JPY", "USD", "EUR")
    if column.type == "bool":
        return ("true", "false")
    return column.values or (("1", "3", "6", "12") if column.name == "interval_count" else ())


def _asked(column: Column, free: pl.DataFrame, timezone: str) -> Question:
    """Where a required column is: the likeliest of the headers nobody took, or one value."""
    choices = choices_of(column)
    if choices:
        return Question(column.name, None, "const", choices, "ask_const")
    near = sorted(
        ((likeness(column.ja, name), name) for name in free.columns), key=lambda one: -one[0]
    )
    fitting = [name for share, name in near if share or _parses(column, free[name], timezone)]
    why = "ask_header" if fitting else "ask_nowhere"
    return Question(column.name, None, "from", tuple(fitting[:CANDIDATES]), why)


def _parses(column: Column, cells: pl.Series, timezone: str) -> bool:
    text = cells.drop_nulls()
    if text.is_empty() or column.values:
        return False
    if column.type == "text":
        return column.key and text.n_unique() == len(cells)
    evidence = examine(column, text.head(1000), Context(cells.name, timezone))
    read = max((one.rows for one in evidence.readings), default=evidence.read)
    return max(read, evidence.read) >= PARSES * evidence.filled


# ── answers ─────────────────────────────────────────────────────────────────────────────────────


def _answers(
    entity: Entity, frame: pl.DataFrame, answers: Sequence[str]
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Per column what was answered (formats, unit, from, const, values.<cell>); what fits nothing.

    The left side is a header, a column by its name or label, or either with `:cell` of a code.
    """
    columns = {column.name: column for column in columns_of(entity)}
    labels = {column.ja: column.name for column in columns.values()}
    texts = [unicodedata.normalize("NFC", answer) for answer in answers]
    found: dict[str, dict[str, str]] = {}
    # where a column is comes before how it is read: the answer to that names the header
    for text in texts:
        left, cell, right = _split(text, {*columns, *labels})
        if left is not None and cell is None and header_name(right) in frame.columns:
            name = left if left in columns else labels[left]
            found.setdefault(name, {})["from"] = header_name(right)
        header, _, name = _split(text, frame.columns)
        if header is not None and name in columns:
            found.setdefault(name, {})["from"] = header
    labels |= {match.header: match.column for match in _matches(entity, frame, found)}
    unknown = []
    for text in texts:
        left, cell, right = _split(text, {*columns, *labels})
        if left is None:
            unknown.append(text)
            continue
        if cell is None and left in frame.columns and right in columns:
            continue  # said above which column the header is
        name = left if left in columns else labels[left]
        column, given = columns[name], found.setdefault(name, {})
        if cell is not None:
            given[f"values.{cell}"] = right
        elif header_name(right) in frame.columns:
            given["from"] = header_name(right)
        elif right in ("major", "minor") and column.type == "dec":
            given["unit"] = right
        elif column.type in ("date", "ts"):
            given["formats"] = right
        else:
            given["const"] = right
    return found, unknown


def _split(text: str, known: Iterable[str]) -> tuple[str | None, str | None, str]:
    """Column, cell and answer; headers, cells and formats may hold the signs themselves."""
    known = set(known)
    for sign in (at for at, char in enumerate(text) if char == "="):
        left, right = header_name(text[:sign]), text[sign + 1 :].strip()
        if left in known:
            return left, None, right
        for colon in (at for at, char in enumerate(left) if char == ":"):
            if left[:colon].strip() in known:
                return left[:colon].strip(), left[colon + 1 :].strip(), right
    return None, None, ""


# ── the document ────────────────────────────────────────────────────────────────────────────────


def file_pattern(file_name: str) -> str:
    """The pattern files of this feed have: dates and numbers of the name may be any."""
    name = unicodedata.normalize("NFC", file_name)
    stem, dot, suffix = name.rpartition(".")
    stem = re.sub(r"[\[\]*?]", "?", stem)
    pattern = re.sub(r"[0-9０-９]+([-_./年月日]*[0-9０-９]+)*[年月日]?", "*", stem)
    literal = re.sub(r"[*?_\-\s.()（）]", "", pattern)
    return f"{pattern if len(literal) >= 2 else stem}{dot}{suffix}"


def _document(
    request: ReadRequest,
    catalogue: Catalogue,
    entity: Entity,
    layout: Found,
    columns: Sequence[Proposed],
    questions: Sequence[Question],
    coverage: str | None,
) -> dict[str, Any]:
    rules: dict[str, dict[str, Any]] = {one.column: dict(one.rule) for one in columns}
    for question in (one for one in questions if one.key != "coverage"):
        rule = rules.setdefault(question.column, {})
        key = question.key if question.cell is None else f"values.{question.cell}"
        rule.setdefault("undecided", {})[key] = list(question.choices)
    document: dict[str, Any] = {
        "id": _free_id(request.file_name, entity, catalogue),
        "files": [file_pattern(request.file_name)],
    }
    if declared := _declared_format(layout.format, request.file_name):
        document["format"] = declared
    document["exported_at"] = [*_title_dates(layout), *_name_dates(request.file_name)]
    if coverage is None:
        document["undecided"] = {"coverage": list(COVERAGES)}
    else:
        document["coverage"] = coverage
    ordered = [column.name for column in columns_of(entity) if column.name in rules]
    document["entities"] = [
        {"entity": entity.id, "columns": {name: rules[name] for name in ordered}}
    ]
    return document


def _free_id(file_name: str, entity: Entity, catalogue: Catalogue) -> str:
    """An id of its own: of the file's name where that is in letters, else of the entity."""
    stem = unicodedata.normalize("NFKC", Path(file_name).stem).lower()
    words = re.sub(r"[^a-z0-9]+", "_", re.sub(r"[0-9]{4,}[-_0-9]*", "", stem)).strip("_")
    base = words if re.match(r"[a-z][a-z0-9_]{2,}$", words) else f"own_{entity.name}"
    wanted, number = base, 1
    while catalogue.by_id(wanted):
        number += 1
        wanted = f"{base}_{number}"
    return wanted


def _declared_format(found: FileFormat, file_name: str) -> dict[str, str]:
    """The keys of `format` that are not what a mapping means without them."""
    declared: dict[str, str] = {}
    if Path(file_name.lower().removesuffix(".zip")).suffix.lstrip(".") not in KINDS_BY_NAME:
        declared["kind"] = found.kind
    plainly = FileFormat(found.kind)
    for key in ("encoding", "delimiter", "header_row", "sheet", "records"):
        value = getattr(found, key)
        if value != getattr(plainly, key):
            declared[key] = str(value)
    return declared


KINDS_BY_NAME = {"csv", "txt", "tsv", "xlsx", "xlsm", "json", "jsonl", "ndjson", "parquet"}


def _name_dates(file_name: str) -> list[dict[str, str]]:
    """Where the file's name says when it was exported; else the file's own time, as assumed."""
    places = []
    for place in (*NAME_DATES, *GENERIC_EXPORTED_AT[-1:]):
        found = re.search(place.get("file_name", ""), file_name)
        if found and "format" in place:
            day = parse(pl.Series([found[1]]), "date", formats=[place["format"]]).values[0]
            found = found if day is not None else None
        places += [place] if found else []
    return places


# Days and months in file names, with or without an underscore before them.
NAME_DATES = (
    {"file_name": r"(?<!\d)(\d{8})(?!\d)", "format": "%Y%m%d"},
    {"file_name": r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)", "format": "%Y-%m-%d"},
    {"file_name": r"(?<!\d)(\d{4}-\d{2})(?![-\d])", "format": "%Y-%m"},
    {"file_name": r"(?<!\d)(\d{6})(?!\d)", "format": "%Y%m"},
    {"file_name": r"(\d{4}年\d{1,2}月)(?!\d)", "format": "%Y年%m月"},
)


def _title_dates(layout: Found) -> list[dict[str, str]]:
    """Cells above the header that hold nothing but a day: when the file was exported."""
    for row, cells in enumerate(layout.titles, start=1):
        for place, cell in enumerate(cells[:26]):
            if cell and parse(pl.Series([cell]), "date").values[0] is not None:
                return [{"cell": f"{chr(ord('A') + place)}{row}"}]
    return []
