"""Personal values with only so much left that one knows which is meant: 山＊＊, t***@e***.jp.

The only place that says how a personal value is masked. How much is hidden does not tell how long
the value is.
"""

import unicodedata

HIDDEN_NAME = "＊＊"
HIDDEN = "***"
DIGITS_SHOWN = 4
DIGITS_OF_A_NUMBER = 8  # of fewer the last four would be most of it


def name(value: str | None) -> str | None:
    """The first character: `山＊＊`. A name of one character is hidden whole."""
    if not value or not value.strip():
        return None
    # half-width kana carry their voicing mark as a character of its own
    written = unicodedata.normalize("NFKC", value.strip())
    return HIDDEN_NAME if len(written) == 1 else f"{written[0]}{HIDDEN_NAME}"


def mail(value: str | None) -> str | None:
    """First letters of both sides and the last part of the domain: `t***@e***.jp`."""
    if not value or not value.strip():
        return None
    mailbox, at, domain = unicodedata.normalize("NFKC", value.strip()).rpartition("@")
    host, dot, last = domain.rpartition(".")
    is_plain = not set(value.strip()) & set(" <>,")  # else more than one address, or a name with it
    if not (is_plain and at and mailbox and dot and host and last):
        return HIDDEN
    return f"{mailbox[0]}{HIDDEN}@{host[0]}{HIDDEN}.{last}"


def phone(value: str | None) -> str | None:
    """The last four digits, however it is written: `***-****-5678`."""
    if not value or not value.strip():
        return None
    digits = [each for each in unicodedata.normalize("NFKC", value) if each.isdecimal()]
    is_long = len(digits) >= DIGITS_OF_A_NUMBER
    return f"***-****-{''.join(digits[-DIGITS_SHOWN:]) if is_long else '****'}"
