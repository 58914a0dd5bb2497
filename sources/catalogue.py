"""Which mappings there are, and which one takes a file.

Three origins: the company's own (`mappings/*.yml` in its home), the presets shipped for known
systems (`presets/*.yml`), and the generic presets made from the entity declarations, which take
the canonical headers in English or Japanese. A mapping of the company wins over a preset of its id.
"""

import fnmatch
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sources.entities import Column, Entity, entities
from sources.mapping import (
    SOURCE_UPDATED_AT,
    Mapping,
    MappingRefused,
    build_mapping,
    merge,
    read_yaml,
)

PRESETS = Path(__file__).with_name("presets")

# What the company wrote for itself wins over a shipped preset, and that over a generic one.
ORIGINS = ("home", "preset", "generic")

GENERIC_SUFFIXES = (".csv", ".tsv", ".xlsx", ".json", ".jsonl", ".ndjson", ".parquet", ".zip")

# What Japanese exports write for the closed lists of the canonical columns.
GENERIC_WORDS = {
    "company": ("法人", "会社", "企業"),
    "person": ("個人",),
    "customer": ("顧客", "お客様", "本人"),
    "payment": ("支払", "支払不能"),
    "day": ("日", "日次", "日額"),
    "week": ("週", "週次", "週額"),
    "month": ("月", "月次", "月額", "か月", "ヶ月"),
    "year": ("年", "年次", "年額"),
    "card": ("カード", "クレジットカード"),
    "transfer": ("振込", "銀行振込"),
    "direct_debit": ("口座振替",),
    "convenience_store": ("コンビニ", "コンビニ払い"),
    "invoice": ("請求書", "請求書払い"),
    "receipt": ("領収書",),
    "delivery_note": ("納品書",),
    "recurring": ("継続", "定期", "月額", "基本料金"),
    "usage": ("従量",),
    "oneoff": ("一時", "初期費用", "スポット"),
    "discount": ("割引", "値引"),
    "proration": ("日割",),
    "tax": ("税", "消費税"),
    "other": ("その他",),
    "new": ("新規",),
    "renewal": ("更新",),
    "upsell": ("アップセル", "増額"),
    "open": ("進行中", "商談中"),
    "won": ("受注", "成約"),
    "lost": ("失注",),
    "call": ("電話",),
    "visit": ("訪問",),
    "mail": ("メール",),
    "event": ("イベント",),
    "meeting": ("打合せ", "打ち合わせ", "会議"),
    "email": ("メール", "Eメール"),
    "line": ("LINE",),
    "dm": ("DM", "郵送"),
    "phone": ("電話",),
    "in": ("受信", "着信"),
    "out": ("発信", "送信"),
    "acquisition": ("獲得", "新規獲得"),
    "retention": ("維持", "継続"),
    "succeeded": ("成功",),
    "failed": ("失敗",),
}

# The day or month stands in the file name (subscriptions_20260331.csv, _2026-03-31, _2026-03);
# else the file's own time, shown as assumed.
GENERIC_EXPORTED_AT = [
    {"file_name": r"_(\d{8})(?!\d)", "format": "%Y%m%d"},
    {"file_name": r"_(\d{4}-\d{2}-\d{2})(?!\d)", "format": "%Y-%m-%d"},
    {"file_name": r"_(\d{4}-\d{2})(?![-\d])", "format": "%Y-%m"},
    {"file_time": "true"},
]

# How people write a month, besides any way to write a day of it.
GENERIC_MONTHS = ("%Y-%m", "%Y/%m", "%Y年%m月", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "wareki")


@dataclass(frozen=True)
class Listed:
    """A mapping with its origin (home, preset or generic) and hash."""

    mapping: Mapping
    origin: str
    hash: str


@dataclass(frozen=True)
class Nearest:
    """The mapping that comes closest to a header row, and the headers it would still need."""

    listed: Listed
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """All usable mappings, and the company's mappings that cannot be used."""

    listed: tuple[Listed, ...]
    refused: tuple[MappingRefused, ...] = ()
    # File patterns of refused mappings (a file of theirs waits instead of going to a preset).
    refused_patterns: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes when any file could be taken or read differently."""
        facts = [[one.mapping.id, one.hash, one.mapping.files] for one in self.listed]
        facts.append([[one.file, one.key] for one in self.refused])
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def by_id(self, feed_id: str) -> Listed | None:
        return next((one for one in self.listed if one.mapping.id == feed_id), None)

    def naming(self, system: str, file_name: str) -> list[Listed]:
        """The mappings whose file pattern fits the name."""
        return [one for one in self.listed if pattern_of(one.mapping, system, file_name)]

    def waits_for_refused(self, system: str, file_name: str) -> bool:
        """Whether a mapping that cannot be used would have taken the file."""
        return any(_fits(pattern, system, file_name) for pattern in self.refused_patterns)


def load_catalogue(home_mappings: Path | None, business_timezone: str) -> Catalogue:
    """Every mapping, the company's first. home_mappings: folder, may be absent."""
    shipped = _shipped_documents()
    own: dict[str, tuple[dict[str, Any], str]] = {}
    refused: list[MappingRefused] = []
    patterns: list[str] = []
    mappings: dict[str, Listed] = {}
    for path in sorted(home_mappings.glob("*.y*ml")) if home_mappings else ():
        document: dict[str, Any] = {}
        try:
            document = extended(read_yaml(path), shipped, path.name)
            mapping = build_mapping(document, path.name)
            if mapping.id in own:
                raise MappingRefused(
                    path.name,
                    "id",
                    f"同じ id のマッピングが {own[mapping.id][1]} にもあります",
                    f"{own[mapping.id][1]} has the same id",
                )
        except MappingRefused as problem:
            refused.append(problem)
            patterns += _patterns_of(document)
            continue
        own[mapping.id] = (document, path.name)
        mappings[mapping.id] = Listed(mapping, "home", mapping.hash(business_timezone))
    for listed in _shipped(business_timezone):
        mappings.setdefault(listed.mapping.id, listed)
    return Catalogue(tuple(mappings.values()), tuple(refused), tuple(patterns))


def read_mapping(path: Path, business_timezone: str) -> Listed:
    """One mapping from a YAML file anywhere. Raises MappingRefused."""
    mapping = build_mapping(extended(read_yaml(path), _shipped_documents(), path.name), path.name)
    return Listed(mapping, "home", mapping.hash(business_timezone))


def extended(
    document: dict[str, Any], shipped: dict[str, tuple[dict[str, Any], str]], file: str
) -> dict[str, Any]:
    """The document laid over the shipped preset it `extends`, if it does."""
    if "extends" not in document:
        return document
    changes = dict(document)
    base_id = changes.pop("extends")
    if base_id not in shipped:
        raise MappingRefused(
            file,
            "extends",
            f"プリセット {base_id} はありません",
            f"there is no preset {base_id}",
        )
    return merge(shipped[base_id][0], changes)


def _patterns_of(document: dict[str, Any]) -> list[str]:
    # A document that is not even YAML could have meant any file.
    files = document.get("files", "*")
    return [files] if isinstance(files, str) else [str(pattern) for pattern in files]


@cache
def _shipped(business_timezone: str) -> tuple[Listed, ...]:
    listed = []
    for document, origin in _shipped_documents().values():
        mapping = build_mapping(document, document["id"])
        listed.append(Listed(mapping, origin, mapping.hash(business_timezone)))
    return tuple(listed)


@cache
def _shipped_documents() -> dict[str, tuple[dict[str, Any], str]]:
    documents = [(document, "preset") for document in _preset_documents()]
    for entity in entities().values():
        documents += [(document, "generic") for document in generic_documents(entity)]
    return {document["id"]: (document, origin) for document, origin in documents}


def _preset_documents() -> list[dict[str, Any]]:
    """The shipped presets; one that extends another comes after it by name."""
    documents: dict[str, tuple[dict[str, Any], str]] = {}
    for path in sorted(PRESETS.glob("*.yml")):
        document = extended(read_yaml(path), documents, path.name)
        documents[document["id"]] = (document, "preset")
    return [document for document, _ in documents.values()]


def generic_documents(entity: Entity) -> list[dict[str, Any]]:
    """The two generic presets of an entity: canonical headers, and its Japanese labels."""
    names = (entity.name, entity.ja, *entity.also_called)
    files = [f"{name}*{suffix}" for name in names for suffix in GENERIC_SUFFIXES]
    common = {"files": files, "exported_at": GENERIC_EXPORTED_AT}
    columns = (*entity.columns, SOURCE_UPDATED_AT)
    labels = {
        "en": ("English", [column.name for column in columns]),
        "ja": ("Japanese", [column.ja for column in columns]),
    }
    return [
        {
            "id": f"generic_{entity.name}_{language}",
            "title": {
                "ja": f"{entity.ja}（{'英語' if language == 'en' else '日本語'}の標準見出し）",
                "en": f"{entity.name}, canonical headers in {name}",
            },
            **common,
            "entities": [
                {
                    "entity": entity.id,
                    **({"coverage": entity.coverage} if entity.coverage != "full" else {}),
                    "columns": {
                        column.name: _generic_rule(column, header)
                        for column, header in zip(columns, headers, strict=True)
                    },
                }
            ],
        }
        for language, (name, headers) in labels.items()
    ]


def _generic_rule(column: Column, header: str) -> dict[str, Any]:
    words = {word: value for value in column.values or () for word in GENERIC_WORDS.get(value, ())}
    rule: dict[str, Any] = {"from": header}
    if words:
        rule["values"] = words
    if column.is_month:
        rule["formats"] = list(GENERIC_MONTHS)
    return rule


# ── choosing ────────────────────────────────────────────────────────────────────────────────────


def pattern_of(mapping: Mapping, system: str, file_name: str) -> str | None:
    """The mapping's most telling pattern that fits, ignoring case; with a slash: system/name."""
    fitting = [pattern for pattern in mapping.files if _fits(pattern, system, file_name)]
    return max(fitting, key=_literal_length, default=None)


def _fits(pattern: str, system: str, file_name: str) -> bool:
    name = f"{system}/{file_name}" if "/" in pattern else file_name
    return fnmatch.fnmatchcase(_plain(name), _plain(pattern))


def _plain(name: str) -> str:
    # macOS hands out decomposed kana in file names.
    return unicodedata.normalize("NFKC", name).casefold()


def _literal_length(pattern: str) -> int:
    return len(re.sub(r"[*?\[\]]", "", pattern))


# Header rows of a file's tables (several in a ZIP), by mapping id: formats differ per mapping.
Tables = dict[str, list[frozenset[str]]]


def choose(
    candidates: Iterable[Listed], system: str, file_name: str, tables: Tables
) -> list[Listed]:
    """The best of the candidates that find their headers: one, several equally good, or none.

    Order: origin (home, preset, generic), then headers read, then the more telling pattern.
    """
    ranked: dict[tuple[int, int, int], list[Listed]] = {}
    for one in candidates:
        if _missing(one, tables) or not tables[one.mapping.id]:
            continue
        rank = (
            -ORIGINS.index(one.origin),
            _present(one, tables),
            _literal_length(pattern_of(one.mapping, system, file_name) or ""),
        )
        ranked.setdefault(rank, []).append(one)
    return ranked[max(ranked)] if ranked else []


def nearest(candidates: Iterable[Listed], tables: Tables) -> Nearest | None:
    """The candidate that reads the most headers, those that lack nothing first."""
    best: tuple[bool, int, int] | None = None
    found: Nearest | None = None
    for one in candidates:
        present, missing = _present(one, tables), _missing(one, tables)
        score = (not missing, present, -len(missing))
        if present and (best is None or score > best):
            best, found = score, Nearest(one, tuple(missing))
    return found


def _missing(one: Listed, tables: Tables) -> list[str]:
    missing = [
        header
        for headers in tables[one.mapping.id]
        for header in one.mapping.missing_headers(headers)
    ]
    return list(dict.fromkeys(missing))


def _present(one: Listed, tables: Tables) -> int:
    return sum(len(one.mapping.present_headers(headers)) for headers in tables[one.mapping.id])
