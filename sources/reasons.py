"""Why a cell, a row or a file was refused, and what to do about it, in both languages.

The texts stand in reasons.yml, one entry per code; whoever refuses something names a code of it.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

TEXTS = Path(__file__).with_name("reasons.yml")


@dataclass(frozen=True)
class Reason:
    """One reason code with its message (what and why) and its remedy (what to do)."""

    code: str
    ja: str
    en: str
    remedy_ja: str
    remedy_en: str


@cache
def reasons() -> dict[str, Reason]:
    """Every reason by code."""
    texts = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    return {code: Reason(code, **text) for code, text in texts.items()}
