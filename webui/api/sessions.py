"""The last sessions, from the ledger."""

from decimal import Decimal
from typing import Any

from oppleo_flow.charging.record import SessionRecord
from webui.api.limits import limit
from webui.ports import Sessions
from webui.problem import problem

_USUAL = 20
_MOST = 200


class LastSessions:
    """The route of `/api/v1/sessions`; `sessions` is None where no ledger is kept."""

    def __init__(self, sessions: Sessions | None) -> None:
        self._sessions = sessions

    def show(self) -> dict[str, Any]:
        """Answer `GET /api/v1/sessions?limit=20`: the newest first, open ones too."""
        if self._sessions is None:
            raise problem(404, "no-ledger", "this site keeps no ledger, so no session is known")
        latest = self._sessions.latest(limit(_USUAL, _MOST))
        return {"sessions": [session_data(one) for one in latest]}


def session_data(record: SessionRecord, *, whole: bool = False) -> dict[str, Any]:
    """Return a session as plain data; `whole` with its registers, purpose and corrections."""
    found = _figures(record)
    if not whole:
        return found
    of = record.attribution
    return {
        **found,
        "token_id": str(record.token_id),
        "meter_start_wh": record.meter_start_wh,
        "meter_end_wh": record.meter_end_wh,
        "meter_serial": record.meter_serial,
        "reason": record.reason,
        "trigger": record.trigger,
        "point": record.point,
        "driver": of.driver,
        "vehicle": of.vehicle,
        "plate": of.plate,
        "cost_centre": of.cost_centre,
        "corrections": [
            {"at": one.at.isoformat(), "who": one.who, "why": one.why} for one in record.corrections
        ],
        "original": None if record.original is None else session_data(record.original, whole=True),
    }


def _figures(record: SessionRecord) -> dict[str, Any]:
    price = record.price
    return {
        "session_id": str(record.session_id),
        "label": record.label,
        "started_at": record.started_at.isoformat(),
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "energy_wh": record.energy_wh,
        "price_per_kwh": _digits(record.price_per_kwh),
        "currency": price.currency if price else None,
        "amount": _digits(record.amount),
        "flags": record.flags,
    }


def _digits(money: Decimal | None) -> str | None:
    """Return money as text: a number in JSON would lose its last digits."""
    return None if money is None else format(money, "f")
