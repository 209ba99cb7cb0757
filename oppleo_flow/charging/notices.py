"""What people are told: a payload as a notification, the same for every service that sends one."""

from datetime import timedelta
from decimal import Decimal
from functools import singledispatch

from oppleo_flow.payloads import (
    Failure,
    Notification,
    ReportWritten,
    SessionBilled,
    SessionEnded,
)

_HIGH = 1


@singledispatch
def notification(payload: object) -> Notification:
    """Return what to tell people about a payload.

    Raises:
        TypeError: Nobody is told of such a payload.
    """
    raise TypeError(f"no notification is made of a {type(payload).__name__}")


@notification.register
def _(payload: Notification) -> Notification:
    return payload


@notification.register
def _(payload: SessionEnded) -> Notification:
    energy = "unknown energy" if payload.energy_wh is None else _kwh(payload.energy_wh)
    lasted = _duration(payload.ended_at - payload.started_at)
    return Notification(
        f"Charged {energy}", f"{payload.label}: {lasted}, ended by {payload.reason}"
    )


@notification.register
def _(payload: SessionBilled) -> Notification:
    energy = "unknown energy" if payload.energy_wh is None else _kwh(payload.energy_wh)
    amount = "price unknown"
    if payload.amount is not None:
        amount = f"{payload.currency} {payload.amount:.2f}"
    lasted = _duration(payload.ended_at - payload.started_at)
    return Notification(f"Charged {energy}, {amount}", f"{payload.label}: {lasted}")


@notification.register
def _(payload: ReportWritten) -> Notification:
    count = "1 session" if payload.sessions == 1 else f"{payload.sessions} sessions"
    return Notification(
        f"Statement {payload.month}",
        f"{count}, {_kwh(payload.energy_wh)}, {payload.currency} {payload.total:.2f}",
    )


@notification.register
def _(payload: Failure) -> Notification:
    return Notification(
        f"Failure of {payload.node}", f"{payload.error}: {payload.message}", priority=_HIGH
    )


def _kwh(energy_wh: int) -> str:
    return f"{Decimal(energy_wh) / 1000:.1f} kWh"


def _duration(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02} min"
