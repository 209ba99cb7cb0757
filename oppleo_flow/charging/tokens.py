"""Tokens: what they are, and what follows when one is presented, as three decisions.

*Allow*: whether it may charge now.  *Attribute*: who and what the session is for.  *Control*: what
it does to the session that is open, or is not.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from functools import reduce
from operator import xor
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import NO_LIMITS, Attribution, Authorised, Limits, RejectReason

Verdict = Literal["accepted", "unknown", "disabled", "not-yet-valid", "expired"]
Control = Literal["start", "end"] | RejectReason
"""What a token does to the session: begin one, end it, or nothing, and why not."""

AccountKind = Literal["driver", "vehicle", "cost-centre"]

VIRTUAL = "WEB-"
"""How the UID of a token begins that has no card; no card's UID has such letters."""
_VIN = re.compile("[0-9A-HJ-NPR-Z]{17}")
_CASCADE_TAG = b"\x88"
_LEGACY_ID = re.compile(r"[0-9]{9,13}")  # as hex that would be no UID: it has 8, 14 or 20 digits


@immutable
class Vehicle:
    """A vehicle that sessions may be for; one that is retired has no new ones."""

    name: str
    plate: str | None = None
    make: str | None = None
    model: str | None = None
    vin: str | None = None
    retired_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what no vehicle has as its number."""
        if self.vin is not None and not _VIN.fullmatch(self.vin):
            raise ValueError(
                "vin: 17 digits and capitals without I, O and Q are needed (ISO 3779), "
                f"got {self.vin!r}"
            )


@immutable
class Account:
    """A driver, a vehicle or a cost centre, and how much there is of it.

    `tokens` and `sessions` are counted under this name and under those that it had before;
    `former` are these.  `odometer_km` is the last that is known of a vehicle, `email` where a
    driver or a cost centre gets their own statements.
    """

    kind: AccountKind
    name: str
    retired_at: datetime | None = None
    former: tuple[str, ...] = ()
    tokens: int = 0
    sessions: int = 0
    vehicle: Vehicle | None = None
    odometer_km: int | None = None
    odometer_at: datetime | None = None
    email: str | None = None


@immutable
class Token:
    """A card, or what stands for one on the page, that the ledger knows.

    `uid` is upper-case hex; None for a card of which only Oppleo's number is known.  `valid_from`
    and `valid_until` are days in the site's zone, both of them valid themselves; None: no limit.
    `driver`, `vehicle` and `cost_centre` are names: who pays for a session is not who holds a card.
    One that is retired is kept for its sessions alone, and charges no more.
    """

    token_id: UUID
    uid: str | None
    legacy_id: str
    label: str
    enabled: bool
    valid_from: date | None = None
    valid_until: date | None = None
    driver: str | None = None
    vehicle: str | None = None
    cost_centre: str | None = None
    limits: Limits = NO_LIMITS
    retired_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a validity that ends before it begins, and a limit that allows nothing."""
        if self.retired_at is not None and self.enabled:
            raise ValueError("enabled: a card that is retired may not charge; restore it first")
        first, last = self.valid_from, self.valid_until
        if first is not None and last is not None and last < first:
            raise ValueError(f"valid_until: {last} is before valid_from, {first}")
        for name in ("energy_wh", "duration_s"):
            limit = getattr(self.limits, name)
            if limit is not None and limit <= 0:
                raise ValueError(f"limits: {name}: more than 0 is needed, got {limit}")

    @property
    def virtual(self) -> bool:
        """Return whether it has no card and is presented on the page only."""
        return self.uid is not None and self.uid.startswith(VIRTUAL)

    def retired(self, now: datetime) -> "Token":
        """Return it as one that charges no more, and is kept for its sessions."""
        return replace(self, enabled=False, retired_at=self.retired_at or now)

    def restored(self) -> "Token":
        """Return it as one that is retired no more; whether it may charge is another matter."""
        return replace(self, retired_at=None)


@immutable
class TokenUse:
    """What a token was used for: its sessions, and when it was presented last."""

    sessions: int = 0
    last_used_at: datetime | None = None
    """When its last session began."""
    last_seen_at: datetime | None = None
    """When it was presented last, be it that it was refused."""


@immutable
class Enrolment:
    """The next card that may not charge becomes a token of this label, until `expires_at`.

    `token_id` is the token that it has become, once somebody has swiped it.
    """

    label: str
    armed_at: datetime
    expires_at: datetime
    token_id: UUID | None = None


def allow(token: Token | None, now: datetime, zone: ZoneInfo) -> Verdict:
    """Return whether a token may start a session; everything not plainly allowed is refused."""
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


def attribute(token: Token, vehicles: Iterable[Vehicle]) -> Attribution:
    """Return who and what a session is for that a token begins; `vehicles` are those known."""
    plates = {vehicle.name: vehicle.plate for vehicle in vehicles}
    plate = None if token.vehicle is None else plates.get(token.vehicle)
    return Attribution(token.driver, token.vehicle, plate, token.cost_centre)


def control(holder: UUID | None, card: Authorised) -> Control:
    """Return what a token does; `holder` is the token of the open session, None if there is none.

    The one that began a session may always end it, and nobody else.  A card at the reader begins
    or ends; who asks for one of them on the page never gets the other.
    """
    if holder is None:
        if card.wish == "end":
            return "no-session"
        return card.only_ends or "start"
    if holder != card.token_id:
        return "other-session"
    return "session-open" if card.wish == "start" else "end"


def card_token(token_id: UUID, card: str, label: str) -> Token:
    """Return the token of a card: its UID in hex, with or without colons, or Oppleo's number.

    Raises:
        ValueError: It is neither, or has no label.
    """
    if _LEGACY_ID.fullmatch(card):
        uid = uid_of(card)
        known = None if uid is None else uid.hex().upper()
        return Token(token_id, known, str(int(card)), _label(label), enabled=True)
    try:
        raw = bytes.fromhex(card.replace(":", ""))
        number = legacy_id(raw)
    except ValueError:
        raise ValueError(
            "a UID of 4, 7 or 10 bytes in hex is needed, such as 04A1B2C3, or the number by which "
            f"Oppleo knows the card, got {card!r}"
        ) from None
    return Token(token_id, raw.hex().upper(), number, _label(label), enabled=True)


def virtual_token(token_id: UUID, label: str) -> Token:
    """Return a token without a card, to be presented on the page.

    Raises:
        ValueError: It has no label.
    """
    uid = f"{VIRTUAL}{token_id.hex[:8].upper()}"
    return Token(token_id, uid, "", _label(label), enabled=True)


def _label(text: str) -> str:
    if not text.strip():
        raise ValueError(f"a label says what people call the card, got {text!r}")
    return text


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


def uid_of(number: str) -> bytes | None:
    """Return the UID of the card that Oppleo knows by a number; None where it is a longer one.

    Raises:
        ValueError: No card has such a number: its check byte does not fit.
    """
    raw = int(number).to_bytes(6, "big")
    level_1 = raw[1:5]
    if raw[0] != 0 or raw[5] != reduce(xor, level_1):
        raise ValueError(f"Oppleo's number of a card has a check byte, which differs in {number!r}")
    return None if level_1.startswith(_CASCADE_TAG) else level_1
