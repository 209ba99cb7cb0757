"""Cutting a text that is too long for a service, where a reader sees one sign end."""

import unicodedata
from typing import Final

_JOINER: Final = "\N{ZERO WIDTH JOINER}"
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_FLAGS: Final = range(0x1F1E6, 0x1F200)


def shortened(text: str, length: int) -> str:
    """Return a text of at most `length` characters, with `…` in the place of the rest."""
    if len(text) <= length:
        return text
    end = length - 1
    while end > 0 and _goes_on(text, end):
        end -= 1
    return f"{text[:end]}…"


def _goes_on(text: str, at: int) -> bool:
    """Return whether the character at a place belongs to the sign before it."""
    here, before = text[at], text[at - 1]
    if here in _JOINER or before == _JOINER or unicodedata.category(here) in ("Mn", "Me", "Mc"):
        return True
    if ord(here) in _SKIN_TONES:
        return True
    return ord(here) in _FLAGS and _flags_before(text, at) % 2 == 1


def _flags_before(text: str, at: int) -> int:
    """Return how many letters of flags stand before a place; two of them are one flag."""
    count = 0
    while count < at and ord(text[at - 1 - count]) in _FLAGS:
        count += 1
    return count
