"""Cards: what a token is, when it may charge, and the number by which Oppleo knows it."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import xor
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

Verdict = Literal["accepted", "unknown", "disabled", "not-yet-valid", "expired"]

_CASCADE_TAG = b"\x88"


@dataclass(frozen=True, slots=True)
class Token:
    """A card that the ledger knows.

    `uid` is upper-case hex; None for a card of which only Oppleo's number is known.  `valid_from`
    and `valid_until` are days in the site's zone, both of them valid themselves; None: no limit.
    """

    token_id: UUID
    uid: str | None
    legacy_id: str
    label: str
    enabled: bool
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        """Refuse a validity that ends before it begins."""
        first, last = self.valid_from, self.valid_until
        if first is not None and last is not None and last < first:
            raise ValueError(f"valid_until: {last} is before valid_from, {first}")


def decide(token: Token | None, now: datetime, zone: ZoneInfo) -> Verdict:
    """Return whether a card may start a session; everything not plainly allowed is refused."""
    if token is None:
        return "unknown"
    if token.enabled is not True:
        return "disabled"
    today = now.astimezone(zone).date()
    if token.valid_from is not None and today < token.valid_from:
        return "not-yet-valid"
    if token.valid_until is not None and today > token.valid_until:
        return "expired"
    return "accepted"


def legacy_id(uid: bytes) -> str:
    """Return the number by which Oppleo knows a card.

    It reads the first cascade level only: four bytes and their check byte (the XOR of the four),
    as one big-endian number in decimal.  Of a longer UID that is the cascade tag and three bytes,
    so different cards can have the same number.

    Raises:
        ValueError: A UID has 4, 7 or 10 bytes (ISO/IEC 14443-3).
    """
    if len(uid) not in (4, 7, 10):
        raise ValueError(f"a UID has 4, 7 or 10 bytes, got {len(uid)}: {uid.hex().upper()!r}")
    level_1 = uid if len(uid) == 4 else _CASCADE_TAG + uid[:3]
    return str(int.from_bytes(level_1 + bytes([reduce(xor, level_1)]), "big"))
