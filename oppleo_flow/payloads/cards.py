"""Cards: what is seen of them, what they may do, and for whom."""

from typing import Literal
from uuid import UUID

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads.base import SAMPLE_SESSION, Payload

RejectReason = Literal[
    "unknown",
    "disabled",
    "not-yet-valid",
    "expired",
    "no-answer",
    "other-session",
    "session-open",
    "no-session",
]
"""`no-answer`: whether the card may charge could not be found out.

The last three are of a card that is right: another one's session is open, its own is open already
when it should start one, and there is none when it should end one.
"""

Wish = Literal["either", "start", "end"]
"""What somebody who presents a card wants: a card at the reader cannot say."""

Trigger = Literal["card", "web", "auto"]
"""What began a session: a card, somebody at the page, or the return of a car."""


@immutable
class Attribution:
    """Who and what a session is for, by name; None: nobody has said."""

    driver: str | None = None
    vehicle: str | None = None
    plate: str | None = None
    cost_centre: str | None = None


NOBODY = Attribution()
"""Nobody has said who or what a session is for."""


@immutable
class Limits:
    """How much one session may take and how long it may last; None: no limit."""

    energy_wh: int | None = None
    duration_s: int | None = None


NO_LIMITS = Limits()


@immutable
class CardSeen(Payload):
    """A card came into the field.

    `uid` is the whole UID as upper-case hex, cascade tags left out; `legacy_id` is the decimal
    text by which Oppleo knows the same card.  A token that is presented on the page comes the same
    way, with the wish to start or to end a session.
    """

    uid: str
    legacy_id: str
    wish: Wish = "either"
    trigger: Trigger = "card"
    _sample = {"uid": "04A1B2C3", "legacy_id": "19892716500"}


@immutable
class Authorised(Payload):
    """A card that may charge; `token_id` is its key in the store, `label` what people call it.

    `only_ends` says why the card may end the session it began and start no other; None: it may.
    """

    token_id: UUID
    uid: str
    label: str
    only_ends: RejectReason | None = None
    attribution: Attribution = NOBODY
    limits: Limits = NO_LIMITS
    wish: Wish = "either"
    trigger: Trigger = "card"
    _sample = {"token_id": SAMPLE_SESSION, "uid": "04A1B2C3", "label": "family"}


@immutable
class Rejected(Payload):
    """A card that may not do what it was swiped for, and why."""

    uid: str
    reason: RejectReason
    _sample = {"uid": "DEADBEEF", "reason": "unknown"}


@immutable
class CardEnrolled(Payload):
    """A card became a known one by being swiped; it charges from the next swipe on."""

    uid: str
    label: str
    _sample = {"uid": "DEADBEEF", "label": "guest"}
