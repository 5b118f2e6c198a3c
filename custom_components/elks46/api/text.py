"""Into how many parts 46elks splits a text, and so what it bills.

Follows https://46elks.com/docs/send-sms and the knowledge base page on SMS splitting
and pricing: a part has 140 bytes, and each of several gives 6 of them to its header.
Neither page keeps a pair of units together where a part ends.
"""

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
# What programs write for what typewriters had, as those wrote it.
TYPED: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚′", "'"),
        **dict.fromkeys("“”„″", '"'),
        **dict.fromkeys("‐‑‒–—−•", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f", " "),
        "…": "...",
    }
)
CUT_OFF: Final = "..."


class TextEncoding(StrEnum):
    """How a text travels."""

    GSM7 = "gsm7"
    UTF16 = "utf16"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCount:
    """The size of a text, in septets or UTF-16 code units, and in parts."""

    encoding: TextEncoding
    units: int
    parts: int
    possible_parts: frozenset[int]


def count_text(text: str) -> TextCount:
    """Count the parts of a text.

    46elks documents that a character of the GSM extension table, such as `€` or `{`,
    turns the whole text into UTF-16; by the standard it takes two septets instead.
    `parts` is what 46elks documents, `possible_parts` what its history may say.
    """
    extended = sum(character in GSM_EXTENSION for character in text)
    septets = _parts(len(text) + extended, 160, 153)
    characters = set(text)
    if characters <= GSM_BASIC:
        return TextCount(
            encoding=TextEncoding.GSM7,
            units=len(text),
            parts=septets,
            possible_parts=frozenset({septets}),
        )
    units = len(text.encode("utf-16-be", "surrogatepass")) // 2
    parts = _parts(units, 70, 67)
    possible = {parts, septets} if characters <= GSM_BASIC | GSM_EXTENSION else {parts}
    return TextCount(
        encoding=TextEncoding.UTF16,
        units=units,
        parts=parts,
        possible_parts=frozenset(possible),
    )


def typed(text: str) -> str:
    """Return a text with the signs of a typewriter: one curly quote would more than halve the room of each part."""
    return text.translate(TYPED)


def cut_text(text: str, parts: int) -> str:
    """Return what goes into so many parts: all of a text, or whole words of its beginning and three dots."""
    if _parts_at_most(text) <= parts:
        return text
    lengths = range(len(text))
    # A longer beginning never takes fewer parts.
    too_long = bisect_left(
        lengths, True, key=lambda at: _parts_at_most(text[:at] + CUT_OFF) > parts
    )
    fitting = text[: too_long - 1]
    words, blank, _ = fitting.rpartition(" ")
    # A language without blanks, or a very long word, is cut where it must be.
    is_far = len(words) < len(fitting) // 2
    return (fitting if is_far or not blank else words).rstrip() + CUT_OFF


def _parts_at_most(text: str) -> int:
    return max(count_text(text).possible_parts)


def _parts(units: int, alone: int, together: int) -> int:
    """Return the parts of so many units; one of several parts holds fewer of them."""
    return 1 if units <= alone else -(-units // together)
