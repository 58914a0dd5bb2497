"""Bytes of a text file to UTF-8, line by line where a line belongs to another encoding.

Order: byte-order mark, strict UTF-8, strict CP932; or what the mapping declares. Chosen for the
whole file; lines that do not fit it are named, with the offset of the first wrong byte.
"""

import codecs
import re
from dataclasses import dataclass

from sources.sheets import FileRefused

_CHUNK = 16 * 1024**2
_NAMES = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8", "utf-8-bom": "utf-8",
    "cp932": "cp932", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932",
    "windows-31j": "cp932", "ms932": "cp932",
    "utf-16": "utf-16", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be",
    "euc_jp": "euc_jp", "euc-jp": "euc_jp",
}  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Two characters of three bytes in a row: nearly certain in a line of Japanese UTF-8, rare in CP932.
_UTF8_JAPANESE = re.compile(rb"(?:[\xe2-\xef][\x80-\xbf]{2}){2}")


@dataclass(frozen=True)
class Decoded:
    """Text as UTF-8 without byte-order mark, with line feeds untouched.

    encoding: what was found. foreign: line number (from 1) → offset of the first byte that does
    not fit; such lines hold their text with the wrong bytes written out.
    """

    text: bytes
    encoding: str
    foreign: dict[int, int]


def decode(data: bytes, declared: str) -> Decoded:
    """Raises FileRefused when the encoding cannot be told or is not the declared one."""
    if declared != "auto" and declared.lower() not in _NAMES:
        raise ValueError(f"no such encoding: {declared}")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            if declared != "auto" and not _NAMES[declared.lower()].startswith(encoding):
                raise FileRefused("encoding_wrong", detail=f"{declared} / BOM: {encoding}")
            if encoding == "utf-16":
                return Decoded(_decode_whole(data, "utf-16"), "utf-16", {})
            return _decode_lines_if_needed(data[len(mark) :], "utf-8", "utf-8-bom", len(mark))
    if declared != "auto":
        encoding = _NAMES[declared.lower()]
        if encoding.startswith("utf-16"):
            return Decoded(_decode_whole(data, encoding), encoding, {})
        return _decode_lines_if_needed(data, encoding, encoding, 0)
    beginning = data[:4096]
    if beginning.count(0) * 10 > len(beginning):  # single ones are damaged lines
        raise FileRefused("binary_content", where=f"byte {data.index(0)}")
    if _is_valid(data, "utf-8"):
        return Decoded(data, "utf-8", {})
    return _decode_japanese(data)


def _is_valid(data: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    view = memoryview(data)
    try:
        for start in range(0, len(data), _CHUNK):
            decoder.decode(view[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _decode_whole(data: bytes, encoding: str) -> bytes:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    view = memoryview(data)
    text = bytearray()
    try:
        for start in range(0, len(data), _CHUNK):
            text += decoder.decode(view[start : start + _CHUNK]).encode("utf-8")
        text += decoder.decode(b"", final=True).encode("utf-8")
    except UnicodeError as error:
        raise FileRefused("encoding_wrong", detail=encoding) from error
    return bytes(text)


def _decode_japanese(data: bytes) -> Decoded:
    """No byte-order mark and not all UTF-8: CP932, or one of the two with lines of the other."""
    if not _UTF8_JAPANESE.search(data) and _is_valid(data, "cp932"):
        return Decoded(_decode_whole(data, "cp932"), "cp932", {})
    lines = data.split(b"\n")
    beyond_ascii = [line for line in lines if not line.isascii()]
    utf8_lines = sum(1 for line in beyond_ascii if _is_japanese_utf8(line))
    other_lines = sum(1 for line in beyond_ascii if not _is_valid(line, "utf-8"))
    if utf8_lines == other_lines:
        raise FileRefused("encoding_unclear", detail=f"utf-8: {utf8_lines}; other: {other_lines}")
    if utf8_lines > other_lines:
        return _decode_lines(lines, "utf-8", "utf-8", 0)
    return _decode_lines(lines, "cp932", "cp932", 0)


def _is_japanese_utf8(line: bytes) -> bool:
    return bool(_UTF8_JAPANESE.search(line)) and _is_valid(line, "utf-8")


def _decode_lines_if_needed(data: bytes, encoding: str, name: str, offset: int) -> Decoded:
    if encoding == "utf-8" and _is_valid(data, encoding):
        return Decoded(data, name, {})
    if encoding == "euc_jp" and _is_valid(data, encoding):
        return Decoded(_decode_whole(data, encoding), name, {})
    return _decode_lines(data.split(b"\n"), encoding, name, offset)


def _wrong_byte(line: bytes, encoding: str) -> int | None:
    """Offset of the first byte of a line that does not belong to the encoding."""
    if encoding == "cp932" and _is_japanese_utf8(line):
        return _UTF8_JAPANESE.search(line).start()
    try:
        line.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    return None


def _decode_lines(lines: list[bytes], encoding: str, name: str, offset: int) -> Decoded:
    text = []
    foreign = {}
    beyond_ascii = 0
    for number, line in enumerate(lines, start=1):
        wrong = None
        if not line.isascii():
            beyond_ascii += 1
            wrong = _wrong_byte(line, encoding)
        if wrong is None:
            text.append(line.decode(encoding))
        else:
            foreign[number] = offset + wrong
            text.append(line.decode(encoding, "backslashreplace"))
        offset += len(line) + 1
    if len(foreign) * 2 > beyond_ascii:
        first = min(foreign)
        raise FileRefused(
            "encoding_wrong", where=f"line {first}, byte {foreign[first]}", detail=encoding
        )
    return Decoded("\n".join(text).encode("utf-8"), name, foreign)
