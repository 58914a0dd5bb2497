"""A proposal in words, and as the YAML of a mapping with its evidence as comments."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sources.assistant.evidence import DEFAULT, Examined, Question
from sources.assistant.matching import columns_of
from sources.assistant.proposing import Proposal, Proposed
from sources.entities import Column, entities
from sources.reasons import reasons

WORDS = Path(__file__).with_name("words.yml")
SHOWN_HEADERS = 20
DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}


@cache
def _words() -> dict[str, dict[str, str]]:
    return yaml.safe_load(WORDS.read_text(encoding="utf-8"))


def word(code: str, lang: str, **facts: Any) -> str:
    """A sentence of words.yml."""
    return _words()[code][lang].format(**facts)


# ── in words ────────────────────────────────────────────────────────────────────────────────────


def explain(proposal: Proposal, lang: str) -> list[str]:
    """What was found, line by line: how it is read, what it is, what is asked."""
    return [*found(proposal, lang), *asked(proposal, lang)]


def found(proposal: Proposal, lang: str) -> list[str]:
    """How the file is read and what it is."""
    lines = []
    if proposal.mapping_id:
        origin = word(f"origin_{proposal.origin}", lang)
        lines.append(word(proposal.status, lang, mapping=proposal.mapping_id, origin=origin))
        if proposal.status != "recognised" and proposal.document is None:
            lines.append(word("own_mapping", lang, mapping=proposal.mapping_id))
    for one in proposal.renamed:
        facts = {"missing": one.missing, "header": one.header, "column": one.column}
        lines.append(word("renamed_header", lang, likeness=f"{one.likeness:.2f}", **facts))
    if proposal.status == "refused":
        lines.append(word("refused", lang, file=proposal.file_name))
    for finding in proposal.findings:
        reason = reasons()[finding.code]
        place = "; ".join(part for part in (finding.where, finding.detail) if part)
        said = (reason.ja, reason.remedy_ja) if lang == "ja" else (reason.en, reason.remedy_en)
        lines += [f"{said[0]} [{place}]", f"→ {said[1]}"]
    return [*lines, *_layout(proposal, lang), *_entities(proposal, lang)]


def _layout(proposal: Proposal, lang: str) -> Iterator[str]:
    declared = proposal.format
    if declared is None:
        return
    kind = declared.kind if declared.kind in ("csv", "xlsx") else "other"
    yield word(
        f"layout_{kind}",
        lang,
        encoding=proposal.encoding,
        delimiter=word(f"delimiter_{DELIMITERS[declared.delimiter]}", lang),
        row=declared.header_row,
        rows=proposal.rows,
        sheet=declared.sheet or word("layout_only_sheet", lang),
        kind=" ".join(part for part in (declared.kind.upper(), declared.records) if part),
    )
    if proposal.titles:
        yield word("layout_titles", lang, titles=proposal.titles, row=declared.header_row)
    if proposal.other_sheets:
        yield word("layout_sheets", lang, sheets=", ".join(proposal.other_sheets))
    if proposal.damaged:
        yield word("layout_damaged", lang, damaged=proposal.damaged)
    if declared.allow_no_final_newline:
        yield word("layout_no_line_end", lang)


def _entities(proposal: Proposal, lang: str) -> Iterator[str]:
    for one in proposal.ranking if proposal.format else ():
        is_chosen = one.entity == proposal.entity
        yield word(
            "entity" if is_chosen else "entity_other",
            lang,
            entity=one.entity,
            label=entities()[one.entity].ja,
            found=len(one.matches),
            headers=one.headers,
            missing=", ".join(one.missing) or "–",
            named=word("entity_named", lang) if one.is_named_so else "",
        )


def asked(proposal: Proposal, lang: str) -> list[str]:
    """The questions, each with what to type."""
    if not proposal.questions:
        return []
    lines = [word("questions", lang, count=len(proposal.questions))]
    for question in proposal.questions:
        lines.append(f"? {ask(proposal.entity, question, lang)}")
        answers = "  ".join(answers_to(question))
        lines.append(f"  {word('answer', lang, answers=answers)}")
    return lines


def ask(entity: str, question: Question, lang: str) -> str:
    """One question in words."""
    return word(
        question.why,
        lang,
        header=question.header,
        cell=question.cell,
        column=question.column,
        label=label(entity, question.column, "ja"),
    )


def answers_to(question: Question) -> list[str]:
    """What can be typed: --answer with each choice, or with a blank to fill."""
    place = place_of_answer(question)
    return [f'--answer "{place}={choice}"' for choice in question.choices or ("…",)]


def place_of_answer(question: Question) -> str:
    """The left side of an answer: the header, or the column where no header is settled."""
    is_of_header = question.key in ("formats", "unit", "values", "column")
    place = question.header if is_of_header else question.column
    return place if question.cell is None else f"{place}:{question.cell}"


def label(entity: str, name: str, lang: str) -> str:
    """A column as a person says it."""
    is_column = lang == "ja" and name != "coverage"
    return _column(entity, name).ja if is_column else name.replace("_", " ")


def evidence(proposal: Proposal, one: Proposed, lang: str) -> str:
    """Why a column is read so, in one line."""
    column = _column(proposal.entity, one.column)
    parts = [word(f"how_{one.how}", lang, strength=f"{one.strength:.2f}")]
    if "const" in one.rule:
        parts.append(word("const", lang, value=one.rule["const"]))
    if one.evidence is not None:
        parts += _examined(column, one.evidence, lang)
    if column.inclusive_end:
        parts.append(word("inclusive", lang))
    return "; ".join(parts)


def _examined(column: Column, examined: Examined, lang: str) -> Iterator[str]:
    if not examined.filled:
        yield word("nothing_filled", lang)
        return
    yield word("samples", lang, samples=" / ".join(examined.samples))
    is_open = any(question.key == "formats" for question in examined.questions)
    if not is_open:
        share = "share" if examined.unread_rows else "all_read"
        yield word(share, lang, read=examined.read, filled=examined.filled)
    if len(examined.readings) > 1:
        yield ", ".join(
            word(
                "reading",
                lang,
                format=word(DEFAULT, lang) if one.format == DEFAULT else one.format,
                rows=one.rows,
                filled=examined.filled,
            )
            for one in examined.readings
        )
    if examined.settled_by:
        yield word("settled", lang, cell=examined.settled_by)
    if examined.marks:
        marks = (word(f"mark_{name}", lang, rows=rows) for name, rows in examined.marks)
        yield word("marks", lang, marks=", ".join(marks))
    if examined.codes:
        yield ", ".join(
            word("code", lang, cell=cell, meaning=meaning or word("code_open", lang), rows=rows)
            for cell, meaning, rows in examined.codes
        )
    if not is_open:
        yield from unread(examined, lang)
    if examined.blank:
        is_refused = column.required and column.default is None
        yield word("blank_required" if is_refused else "blank", lang, blank=examined.blank)


def unread(examined: Examined, lang: str) -> Iterator[str]:
    """The cells landing would refuse, the most frequent first."""
    for cell, code, rows in examined.unread:
        reason = reasons()[code]
        said = reason.ja if lang == "ja" else reason.en
        yield word("unread", lang, cell=cell, reason=said, rows=rows)


def _column(entity: str, name: str) -> Column:
    declared = (entities()[entity], *entities().values())  # a mapping may feed several
    return next(column for one in declared for column in columns_of(one) if column.name == name)


# ── as YAML ─────────────────────────────────────────────────────────────────────────────────────


def yaml_text(proposal: Proposal, lang: str) -> str:
    """The document as YAML with the evidence as comments; the same document read back."""
    document = dict(proposal.document)
    blocks = document.pop("entities", [])
    lines = [_comment(word("written_by", lang, file=proposal.file_name))]
    lines += [_comment(line) for line in found(proposal, lang)]
    for key, value in document.items():
        if key == "coverage" or "coverage" in value:
            lines.append(_comment(word("coverage", lang)))
        lines.append(f"{key}: {_flow(value)}")
    if blocks:
        lines.append("entities:")
    for block in blocks:
        lines += [f"  - entity: {block['entity']}", "    columns:"]
        lines += [f"      {line}" for line in _columns(proposal, block["columns"], lang)]
    if proposal.unmapped:
        headers = ", ".join(proposal.unmapped[:SHOWN_HEADERS])
        lines.append(_comment(word("unmapped", lang, headers=headers)))
    return "\n".join(lines) + "\n"


def _columns(proposal: Proposal, rules: dict[str, Any], lang: str) -> Iterator[str]:
    proposed = {one.column: one for one in proposal.columns}
    for name, rule in rules.items():
        if name in proposed:
            yield _comment(evidence(proposal, proposed[name], lang))
        for question in proposal.questions:
            if question.column == name:
                yield _comment(f"? {ask(proposal.entity, question, lang)}")
        yield f"{name}: {_flow(rule)}"


def _comment(text: str) -> str:
    return f"# {_one_line(text)}"


def _one_line(text: str) -> str:
    return "".join(_printable(char) for char in " ".join(text.split()))


def _flow(value: Any) -> str:
    """A value in YAML's flow style; text that is no plain name stands in quotes."""
    match value:
        case None:
            return "null"
        case dict():
            pairs = (f"{_scalar(str(key))}: {_flow(inner)}" for key, inner in value.items())
            return "{" + ", ".join(pairs) + "}"
        case list():
            return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return _scalar(str(value))


def _scalar(text: str) -> str:
    if text.isidentifier() and text.isascii() and text not in ("null",):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_printable(char) for char in escaped) + '"'


def _printable(char: str) -> str:
    if char.isprintable():
        return char
    return f"\\U{ord(char):08x}" if ord(char) > 0xFFFF else f"\\u{ord(char):04x}"
