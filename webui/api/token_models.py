"""What the API takes and tells of tokens and of the enrolment."""

from typing import Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from webui.answers import Moment
from webui.api.paging import Paged
from webui.reading import DateAsked, Nothing


class TokensAsked(Paged):
    """Which tokens to list."""

    sort: Literal["label", "uid", "driver", "sessions", "last_used_at", "last_seen_at"] = "label"
    which: Literal["known", "unknown", "retired", "all"] = Field(
        "known", description="Unknown are those that were only refused, and nobody has named yet."
    )
    search: str = Field("", max_length=100, description="A part of a label, number or name.")


class Terms(Nothing):
    """What is said of a token; what is left out stays as it is, and null takes it away."""

    label: str | None = Field(None, max_length=100)
    enabled: bool | None = None
    retired: bool | None = Field(None, description="Kept for its sessions alone.")
    valid_from: DateAsked | None = None
    valid_until: DateAsked | None = None
    driver: str | None = Field(None, max_length=100)
    vehicle: str | None = Field(None, max_length=100)
    cost_centre: str | None = Field(None, max_length=100)
    max_energy_wh: int | None = Field(None, ge=1, le=10**9)
    max_duration_s: int | None = Field(None, ge=1, le=10**9)


class NewToken(Terms):
    """A token that is to be known; without a UID it is one for the page."""

    label: str = Field(min_length=1, max_length=100)
    uid: str | None = Field(None, max_length=40)


class Arm(Nothing):
    """What the next unknown card is to be called, and how long to wait for it."""

    label: str = Field(min_length=1, max_length=100)
    seconds: int = Field(120, ge=1, le=3600)


class TokenAnswer(TypedDict):
    """A token; `allowed` says whether it may charge now, or why not.

    `last_seen_at` is when it was presented last, `last_used_at` when its last session began.
    """

    token_id: str
    uid: str | None
    legacy_id: str
    label: str
    virtual: bool
    enabled: bool
    allowed: Literal["accepted", "disabled", "not-yet-valid", "expired", "unknown"]
    retired_at: Moment | None
    valid_from: str | None
    valid_until: str | None
    driver: str | None
    vehicle: str | None
    cost_centre: str | None
    max_energy_wh: int | None
    max_duration_s: int | None
    known_since: Moment | None
    sessions: int
    last_used_at: Moment | None
    last_seen_at: Moment | None
    open_session: str | None


class TokensAnswer(TypedDict):
    """A part of the tokens; `total` is how many there are that were asked for."""

    items: list[TokenAnswer]
    total: int


class GoneAnswer(TypedDict):
    """What is not there any more."""

    gone: str


class EnrolmentAnswer(TypedDict):
    """What the next unknown card becomes; `token` is the one that it has become, if any has."""

    armed: bool
    label: NotRequired[str]
    armed_at: NotRequired[Moment]
    expires_at: NotRequired[Moment]
    token: NotRequired[TokenAnswer]
