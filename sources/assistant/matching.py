"""Which header means which canonical column, and which entity a file is: by name, then by values.

Names are compared folded; what is merely alike is said to be. Nothing here reads a file.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import polars as pl
import yaml

from sources.catalogue import GENERIC_WORDS
from sources.entities import Column, Entity, currencies, entities
from sources.mapping import SOURCE_UPDATED_AT
from sources.values import fold

NAMES = Path(__file__).with_name("names.yml")

ALIKE = 0.9  # taken as a match, and told as merely alike
RENAMED = 0.5  # worth asking about where a header has gone
BY_VALUES = 0.9  # share of filled cells that must look like the column

# How a header came to its column, and how sure that is.
STRENGTH = {"name": 1.0, "other_name": 0.95, "same_word": 0.9}

_MARKS = re.compile(r"[-_./・:;,()\[\]{}#*'\"「」【】<>?!|~@&]")
_SAME_WORD = dict.fromkeys(("ナンバー", "番号", "コード", "number", "code"), "id")
_IN_BRACKETS = re.compile(r"\(.*?\)|【.*?】|\[.*?\]")
_ASIDE = re.compile(r"税抜き?|税込み?")
_TAIL = re.compile(r"(?<=.)no$")

# What cells look like; a column nobody named is found by it.
LOOKS = {
    "email": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "requester_email": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "url": r"^https?://",
    "postal_code": r"^〒?[0-9０-９]{3}[-－‐ー][0-9０-９]{4}$",
    "invoice_registration_number": r"^T[0-9]{13}$",
    "corporate_number": r"^[0-9]{13}$",
    "prefecture": r"^(北海道|東京都|大阪府|京都府|[^0-9]{2,3}県)$",
    "phone": r"^(\+81|0)[0-9]{1,4}-?[0-9]{1,4}-?[0-9]{3,4}$",
    "name_kana": r"^[ァ-ヶｦ-ﾟー・\s　]{2,}$",
}


@dataclass(frozen=True)
class Match:
    """A header taken for a column. how: name | other_name | same_word | alike | values."""

    column: str
    header: str
    how: str
    strength: float


LACK = 0.25  # of a header, for each required column that was not found


@dataclass(frozen=True)
class Ranked:
    """An entity a file may be: headers taken, headers there are, required columns not found."""

    entity: str
    matches: tuple[Match, ...]
    headers: int
    missing: tuple[str, ...]
    is_named_so: bool  # the file's name starts with a name of the entity

    @property
    def score(self) -> tuple[float, str]:
        required = {column.name for column in entities()[self.entity].required_columns}
        found = sum(one.strength * (1.5 if one.column in required else 1) for one in self.matches)
        # What every row shares (a currency, an interval) is often left out of an export, so a lack
        # says little; a small entity that is found whole says little, too.
        return found - LACK * len(self.missing) + 2 * self.is_named_so, self.entity


@cache
def plain(name: str) -> str:
    """A header or column name as it is compared: folded, without marks."""
    folded = fold(pl.Series([name], dtype=pl.String)).item() or ""
    return _MARKS.sub("", folded)


@cache
def same_word(name: str) -> str:
    """The same with 番号, コード and No. as ID, without brackets, 税込 and 税抜."""
    text = _ASIDE.sub("", plain(_IN_BRACKETS.sub("", unicodedata.normalize("NFKC", name))))
    for word, kept in _SAME_WORD.items():
        text = text.replace(plain(word), kept)
    return _TAIL.sub("id", text)


@cache
def _other_names() -> dict[str, tuple[str, ...]]:
    return {
        column: tuple(names)
        for column, names in yaml.safe_load(NAMES.read_text(encoding="utf-8")).items()
    }


@cache
def names_of(entity_id: str) -> dict[str, dict[str, str]]:
    """Per column of an entity its names as compared, and how each is known."""
    entity = entities()[entity_id]
    singular = entity.name.removesuffix("s")
    found: dict[str, dict[str, str]] = {}
    for column in columns_of(entity):
        names = {plain(column.name): "name", plain(column.ja): "name"}
        prefixed = (f"{entity.ja}{column.ja}", f"{entity.ja}の{column.ja}")
        others = (*prefixed, f"{singular}_{column.name}", *_other_names().get(column.name, ()))
        own_id = ("id", "no", "番号") if column.key and column == entity.key_columns[0] else ()
        for other in (*others, *own_id):
            names.setdefault(plain(other), "other_name")
        found[column.name] = names
    return found


def columns_of(entity: Entity) -> tuple[Column, ...]:
    """The columns a file can fill, the time of the last change included."""
    return (*entity.columns, SOURCE_UPDATED_AT)


def likeness(one: str, other: str) -> float:
    """0-1, how alike two names are once folded."""
    left, right = same_word(one), same_word(other)
    if not left or not right:
        return 0.0
    common = sum((Counter(left) & Counter(right)).values())
    if 2 * common < RENAMED * (len(left) + len(right)):
        return 0.0
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def _how(header: str, names: Mapping[str, str]) -> tuple[str, float] | None:
    """How a header is a column of these names, and how sure that is; None if it is not."""
    text = plain(header)
    if not text:
        return None
    if how := names.get(text):
        return how, STRENGTH[how]
    word = same_word(header)
    if word in {same_word(name) for name in names}:
        return "same_word", STRENGTH["same_word"]
    near = max((likeness(header, name) for name in names), default=0.0)
    return ("alike", round(near * 0.9, 3)) if near >= ALIKE else None


def match_names(entity: Entity, headers: Iterable[str]) -> tuple[Match, ...]:
    """Each header at most one column and each column at most one header, the surest first."""
    found = []
    for place, header in enumerate(headers):
        for column, names in names_of(entity.id).items():
            if known := _how(header, names):
                found.append((-known[1], place, Match(column, header, *known)))
    taken: dict[str, Match] = {}
    used: set[str] = set()
    for _, _, match in sorted(found, key=lambda one: one[:2]):
        if match.column not in taken and match.header not in used:
            taken[match.column] = match
            used.add(match.header)
    return tuple(taken[column.name] for column in columns_of(entity) if column.name in taken)


def rivals(entity: Entity, match: Match, found: Collection[str]) -> tuple[str, ...]:
    """Other columns the header names just as well: 取引先ID may be the CRM's id or billing's.

    An id of the record itself wins over a reference to another.
    """
    own = entity.key_columns[0] if entity.key_columns else None
    if match.how not in STRENGTH or (own and own.required and own.name == match.column):
        return ()
    names = names_of(entity.id)
    return tuple(
        column.name
        for column in columns_of(entity)
        if column.name not in found
        and (how := _how(match.header, names[column.name]))
        and how[1] == match.strength
    )


def rank(headers: Sequence[str], file_name: str) -> list[Ranked]:
    """Every entity with something in common with the headers or the name, the likeliest first."""
    ranked = []
    for entity in entities().values():
        matches = match_names(entity, headers)
        is_named_so = any(
            plain(file_name).startswith(plain(name))
            for name in (entity.name, entity.ja, *entity.also_called)
        )
        if matches or is_named_so:
            missing = missing_columns(entity, {match.column for match in matches})
            ranked.append(Ranked(entity.id, matches, len(headers), missing, is_named_so))
    return sorted(ranked, key=lambda one: (-one.score[0], one.entity))


def missing_columns(entity: Entity, found: Collection[str]) -> tuple[str, ...]:
    """Required columns without a default that nothing was found for."""
    needed = [column.name for column in entity.required_columns if column.default is None]
    for alternatives in entity.any_of:
        if not set(alternatives) & set(found):
            needed.append(alternatives[0])
    return tuple(name for name in dict.fromkeys(needed) if name not in found)


# ── by values ───────────────────────────────────────────────────────────────────────────────────

# Words of closed lists that the generic presets do not know.
MORE_WORDS = {
    "company": ("corporate", "corporation", "business", "法人客"),
    "person": ("individual", "consumer", "個人客"),
    "day": ("daily",),
    "week": ("weekly",),
    "month": ("monthly", "毎月", "月払い", "月払"),
    "year": ("yearly", "annual", "annually", "毎年", "年払い", "年払"),
    "card": ("credit card", "クレジット"),
    "transfer": ("bank transfer", "銀行振り込み"),
    "direct_debit": ("口振",),
    "succeeded": ("success", "ok", "完了"),
    "failed": ("failure", "ng", "エラー"),
    "won": ("closed won",),
    "lost": ("closed lost",),
}
# What the words of a yes/no column mean where that depends on the column.
YES_NO = {
    "price_includes_tax": {"税込": "true", "内税": "true", "税抜": "false", "外税": "false",
                           "税込み": "true", "税抜き": "false"},
    "auto_renew": {"自動": "true", "自動更新": "true", "手動": "false", "自動更新なし": "false"},
    "granted": {"同意": "true", "許可": "true", "拒否": "false", "不許可": "false"},
    "listed": {"上場": "true", "非上場": "false", "未上場": "false"},
}  # fmt: skip


@cache
def synonyms(column: Column) -> dict[str, str]:
    """Folded word → canonical value, for a column with a closed list or a yes/no column."""
    if column.type == "bool":
        return {plain(word): value for word, value in YES_NO.get(column.name, {}).items()}
    words: dict[str, str] = {}
    for value in column.values or ():
        for word in (*GENERIC_WORDS.get(value, ()), *MORE_WORDS.get(value, ())):
            words.setdefault(plain(word), value)
    return words


def match_values(
    entity: Entity, frame: pl.DataFrame, matches: Sequence[Match]
) -> tuple[Match, ...]:
    """Columns nobody named whose cells say what they are, among headers nobody took."""
    used = {match.header for match in matches}
    found = {match.column for match in matches}
    more = []
    for column in columns_of(entity):
        if column.name in found:
            continue
        for header in frame.columns:
            if header in used or header == "source_row":
                continue
            if _share_like(column, frame.get_column(header)) >= BY_VALUES:
                more.append(Match(column.name, header, "values", 0.5))
                used.add(header)
                break
    return tuple(more)


def _share_like(column: Column, cells: pl.Series) -> float:
    text = cells.drop_nulls().str.strip_chars()
    text = text.filter(text != "")
    if text.is_empty():
        return 0.0
    if column.name in LOOKS:
        return text.str.contains(LOOKS[column.name]).mean()
    if column.name == "currency":
        return text.str.to_uppercase().is_in(list(currencies())).mean()
    if column.values and column.required:
        distinct = text.unique()
        known = {plain(value) for value in column.values} | set(synonyms(column))
        if len(distinct) <= 50:
            return text.is_in([cell for cell in distinct if plain(cell) in known]).mean()
    return 0.0
