"""The words on the pages: one catalogue per language, text/ja.yml and text/en.yml, same keys.

No page holds words of its own; tests/dashboards/test_catalogue.py refuses literal text in a page,
a key that is missing in one language and a key nobody uses. Metric definitions are not here: they
come with the published version (dbt column meta), so that page and model cannot disagree.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

LANGUAGES = ("ja", "en")
MARKDOWN = re.compile(r"[\\`*_{}\[\]()#+\-.!|<>~$:&=]")
TEXT_DIR = Path(__file__).parent / "text"


@cache
def entries(lang: str) -> dict[str, str]:
    """Every text of one language, keyed by its dotted path in the YAML file."""
    tree = yaml.safe_load((TEXT_DIR / f"{lang}.yml").read_text(encoding="utf-8"))
    return dict(_flattened(tree, ""))


def _flattened(tree: dict, prefix: str):
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flattened(value, f"{path}.")
        else:
            yield path, value


def literal(value: object) -> str:
    """Text from the data, written so that Markdown shows it as it is.

    A customer may be called `[x](http://…)`; on a page that is a name, not a link.
    """
    # a word joiner (invisible) keeps bare addresses from becoming links: no escape exists for them
    broken = re.sub(
        r"(?i)://|www|@", lambda found: f"{found[0][0]}\u2060{found[0][1:]}", str(value)
    )
    return MARKDOWN.sub(r"\\\g<0>", broken)


def plain(text: str) -> str:
    """A sentence of a page as it reads: without the marks and escapes of Markdown."""
    return text.replace("**", "").replace("\\", "").replace("\u2060", "")


@dataclass(frozen=True)
class Text:
    """The catalogue of one language: `text("home.title")`, `text("home.delta", value="…")`."""

    lang: str

    def __call__(self, key: str, /, **values: object) -> str:
        """The text for a key with its {placeholders} filled; raises KeyError for an unknown key."""
        return entries(self.lang)[key].format(**values)

    def code(self, group: str, code: str) -> str:
        """The word for a code from the data (movement type, state, reason), or the code itself.

        A mart may learn a new code before the catalogue does; the page must still show the row.
        """
        return entries(self.lang).get(f"{group}.{code}", code)

    def joined(self, parts: Iterable[str]) -> str:
        """Parts of one line, with the separator readers of this language expect."""
        return self("format.list_separator").join(parts)
