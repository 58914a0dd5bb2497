"""The Japanese font that goes into pictures and PDFs, so that they look alike on every machine."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "fonts"
FILE = FOLDER / "ipaexg.ttf"
FAMILY = "IPAexGothic"
GETA = "〓"


@cache
def characters() -> frozenset[int]:
    """The code points the font can draw."""
    from fontTools.ttLib import TTFont

    with TTFont(FILE, lazy=True) as font:
        return frozenset(font.getBestCmap())


def drawable(text: str) -> str:
    """The text with a geta for each character the font cannot draw; no empty box is printed."""
    return "".join(c if ord(c) in characters() or c in "\n\t" else GETA for c in text)
