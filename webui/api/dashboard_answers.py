"""What the dashboard is answered with."""

from typing_extensions import TypedDict

from oppleo_flow.charging.why import PointState, PublicState
from webui.answers import Moment, Money, Plain


class ReasonAnswer(TypedDict):
    """Why something is so: a code for which the page has words, and what those need to know."""

    code: str
    values: dict[str, Plain]


class CostAnswer(TypedDict):
    """What a session has cost so far, and a kWh costs now; null where that is not known."""

    amount: Money | None
    currency: str | None
    per_kwh: Money | None


class SessionNowAnswer(TypedDict):
    """The session that is open; energy and cost are null where they are not known."""

    session_id: str
    label: str | None
    phase: str
    started_at: Moment | None
    energy_wh: int | None
    cost: CostAnswer | None


class RolesAnswer(TypedDict):
    """Which node is what at a charge point; null: it has none."""

    session: str
    meter: str | None
    evse: str | None
    switch: str | None
    gate: str | None
    authorise: str | None
    reader: str | None


class PointAnswer(TypedDict):
    """A charge point: how it is, why, and its session.

    `others_session`: one is open that is not for the eyes of who asks.  `limit_a` is what it may
    draw per phase, as far as the flow says.
    """

    name: str
    state: PointState
    reasons: list[ReasonAnswer]
    session: SessionNowAnswer | None
    others_session: bool
    limit_a: float | None
    roles: RolesAnswer


class DashboardAnswer(TypedDict):
    """What the dashboard shows besides the live state.

    `nodes` are the charger and the meter of each charge point, for who may not see the whole state.
    """

    now: Moment
    ready: bool
    simulated: bool
    wh_per_km: int | None
    points: list[PointAnswer]
    nodes: list[Plain]


class PublicPointAnswer(TypedDict):
    """What a passer-by may know of a charge point."""

    name: str
    state: PublicState


class PublicAnswer(TypedDict):
    """What a passer-by may know."""

    points: list[PublicPointAnswer]


class SpanAnswer(TypedDict):
    """A time, [since, until)."""

    since: Moment
    until: Moment


class WindowAnswer(TypedDict):
    """A time of the week in which it is off-peak; 0 is Monday, the times are local."""

    days: list[int]
    start: str
    stop: str


class HoursAnswer(TypedDict):
    """The off-peak hours of a charge point: those of the next day, and the week."""

    point: str
    timezone: str
    ahead: list[SpanAnswer]
    week: list[WindowAnswer]


class PriceAnswer(TypedDict):
    """What a kWh costs in [since, until); null where that is not known."""

    since: Moment
    until: Moment
    kind: str
    per_kwh: Money | None


class PricesAnswer(TypedDict):
    """What a kWh costs in the next day."""

    currency: str
    parts: list[PriceAnswer]


class AheadAnswer(TypedDict):
    """What is ahead; `prices` is null where no price is known."""

    since: Moment
    until: Moment
    hours: list[HoursAnswer]
    prices: PricesAnswer | None


class PeakAnswer(TypedDict):
    """What was asked, of which gate."""

    allowed: bool
    at: str
