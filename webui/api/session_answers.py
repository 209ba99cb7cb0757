"""What the API tells of sessions."""

from typing import Any

from typing_extensions import TypedDict

from oppleo_flow.charging.correction import Correction
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.slices import EnergySlice
from webui.answers import Moment, Money, digits


class SessionAnswer(TypedDict):
    """A session as a list has it; `amount` is None while its energy or its price is unknown."""

    session_id: str
    label: str
    started_at: Moment
    ended_at: Moment | None
    energy_wh: int | None
    price_per_kwh: Money | None
    currency: str | None
    amount: Money | None
    flags: list[str]
    driver: str | None
    vehicle: str | None
    plate: str | None
    cost_centre: str | None
    point: str
    void: bool


class SliceAnswer(TypedDict):
    """A part of a session's energy, at one price."""

    since: Moment
    until: Moment
    energy_wh: int
    tariff: str
    price_per_kwh: Money | None
    estimated: bool


class CorrectionAnswer(TypedDict):
    """Who said what of a session later, when, and why; `changes` is what it is then."""

    at: Moment
    who: str
    why: str
    changes: dict[str, Any]


class WholeSessionAnswer(SessionAnswer):
    """All that is known of a session; `original` is how it was recorded, before any correction."""

    token_id: str
    meter_start_wh: int | None
    meter_start_quality: str
    meter_end_wh: int | None
    meter_serial: str | None
    settled_at: Moment | None
    reason: str | None
    trigger: str
    odometer_km: int | None
    slices: list[SliceAnswer]
    corrections: list[CorrectionAnswer]
    original: "WholeSessionAnswer | None"


class SessionsAnswer(TypedDict):
    """Some sessions, how many there are, and what they all sum up to.

    Of `unknown` of them energy or cost is not known, or not yet: they are not in the sums.
    """

    items: list[SessionAnswer]
    total: int
    energy_wh: int
    amount: Money
    unknown: int


class LastSessionsAnswer(TypedDict):
    """The sessions that began last."""

    sessions: list[SessionAnswer]


class PointAnswer(TypedDict):
    """What was drawn from `time` on, in seconds since 1970; a power that is not known is None."""

    time: float
    mean_w: float | None
    max_w: float | None
    register_wh: int | None


class GraphAnswer(TypedDict):
    """The power during a session; `meter` is None where it is not clear which one measured it.

    Each point holds for `slot_s` seconds, or until the next one where that is None.
    """

    meter: str | None
    slot_s: int | None
    points: list[PointAnswer]


def session_data(record: SessionRecord) -> SessionAnswer:
    """Return a session as a list has it."""
    of = record.attribution
    return {
        "session_id": str(record.session_id),
        "label": record.label,
        "started_at": record.started_at.isoformat(),
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "energy_wh": record.energy_wh,
        "price_per_kwh": digits(record.price_per_kwh),
        "currency": record.currency,
        "amount": digits(record.amount),
        "flags": list(record.flags),
        "driver": of.driver,
        "vehicle": of.vehicle,
        "plate": of.plate,
        "cost_centre": of.cost_centre,
        "point": record.point,
        "void": record.void,
    }


def whole_session(record: SessionRecord, corrections: list[Correction]) -> WholeSessionAnswer:
    """Return all that is known of a session."""
    original = None if record.original is None else whole_session(record.original, [])
    return {
        **session_data(record),
        "token_id": str(record.token_id),
        "meter_start_wh": record.meter_start_wh,
        "meter_start_quality": record.meter_start_quality,
        "meter_end_wh": record.meter_end_wh,
        "meter_serial": record.meter_serial,
        "settled_at": record.settled_at.isoformat() if record.settled_at else None,
        "reason": record.reason,
        "trigger": record.trigger,
        "odometer_km": record.odometer_km,
        "slices": [_slice(one) for one in record.slices],
        "corrections": [_correction(one) for one in corrections],
        "original": original,
    }


def _slice(part: EnergySlice) -> SliceAnswer:
    return {
        "since": part.since.isoformat(),
        "until": part.until.isoformat(),
        "energy_wh": part.energy_wh,
        "tariff": part.kind,
        "price_per_kwh": digits(part.per_kwh),
        "estimated": part.estimated,
    }


def _correction(one: Correction) -> CorrectionAnswer:
    said = {name: getattr(one.changes, name) for name in one.changes.said}
    return {
        "at": one.corrected_at.isoformat(),
        "who": one.who,
        "why": one.why,
        "changes": {
            name: value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in said.items()
        },
    }
