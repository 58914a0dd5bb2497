"""The manual and the questions people ask: Markdown files, the same chapters in both languages.

A link such as `[ホーム](/home)` names a page of the app by its address; the page shows it as a name
in bold and offers the way there below the text.
"""

import re
from dataclasses import dataclass
from functools import cache

from dashboards.catalogue import TEXT_DIR

MANUAL_DIR = TEXT_DIR / "manual"
QUESTIONS = "faq"
PAGE_LINK = re.compile(r"\[([^\]]+)\]\(/(\w+)\)")
HEADING = re.compile(r"^# (.+)$", re.M)
QUESTION = re.compile(r"^## (.+)$", re.M)


@dataclass(frozen=True)
class Passage:
    """A chapter or a question: what it is called, its Markdown, and the pages it names."""

    name: str
    title: str
    text: str
    pages: tuple[str, ...]


@cache
def chapters(lang: str) -> list[Passage]:
    """The chapters in their order."""
    files = sorted(path for path in (MANUAL_DIR / lang).glob("*.md") if path.stem != QUESTIONS)
    return [
        _passage(path.stem.split("_", 1)[1], path.read_text(encoding="utf-8")) for path in files
    ]


@cache
def questions(lang: str) -> list[Passage]:
    """The questions with their answers, in their order; a name is the place in the list."""
    written = (MANUAL_DIR / lang / f"{QUESTIONS}.md").read_text(encoding="utf-8")
    _, *parts = QUESTION.split(written)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [
        _passage(f"q{number}", f"# {title}\n{answer}")
        for number, (title, answer) in enumerate(pairs, start=1)
    ]


def _passage(name: str, written: str) -> Passage:
    title = HEADING.search(written)[1]
    body = HEADING.sub("", written, count=1).strip()
    pages = tuple(dict.fromkeys(page for _, page in PAGE_LINK.findall(body)))
    # headings of a chapter stand below the page's own
    return Passage(name, title, PAGE_LINK.sub(r"**\1**", body).replace("\n## ", "\n#### "), pages)
