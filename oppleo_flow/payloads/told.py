"""What people are told, and when: signals, notifications, reports, failures."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from oppleo_flow.payloads.base import SAMPLE_TIME, Payload


@dataclass(frozen=True, slots=True)
class Beep(Payload):
    """A sound: `ok` is 1 × 100 ms, `error` 2 × 100 ms, 50 ms apart."""

    pattern: Literal["ok", "error"]
    _sample = {"pattern": "ok"}


LedEffect = Literal["steady", "breathe", "blink", "flash", "off"]


@dataclass(frozen=True, slots=True)
class LedState(Payload):
    """What the status LED shows; red, green and blue in percent."""

    name: str
    red: int
    green: int
    blue: int
    effect: LedEffect
    _sample = {"name": "available", "red": 0, "green": 100, "blue": 0, "effect": "steady"}


@dataclass(frozen=True, slots=True)
class Notification(Payload):
    """A message to a person; `priority` runs from -2 (very low) to 2 (emergency)."""

    title: str
    text: str
    priority: int = 0
    _sample = {"title": "Charged", "text": "10.0 kWh for 'family'"}


@dataclass(frozen=True, slots=True)
class Tick(Payload):
    """A schedule fired; `due` is when it should have, `missed` how many it stands for besides."""

    due: datetime
    missed: int = 0
    _sample = {"due": SAMPLE_TIME}


@dataclass(frozen=True, slots=True)
class ReportWritten(Payload):
    """A statement was written; `month` is YYYY-MM, `total` the sum of its priced sessions.

    `energy_unknown` of its sessions have no known energy and are not in the sums.
    """

    month: str
    files: tuple[str, ...]
    sessions: int
    energy_wh: int
    total: Decimal
    currency: str
    energy_unknown: int = 0
    _sample = {
        "month": "2026-01",
        "files": ("statement-2026-01.xlsx",),
        "sessions": 3,
        "energy_wh": 30_000,
        "total": Decimal("10.50"),
        "currency": "EUR",
    }


@dataclass(frozen=True, slots=True)
class Failure(Payload):
    """A handler failed; what `flow.errors` and every node's `error` port carry."""

    node: str
    error: str
    message: str
    payload: Any
    at: datetime
    _sample = {
        "node": "meter",
        "error": "DeviceTimeout",
        "message": "unit 1: no answer reading 0x0048",
        "payload": None,
        "at": SAMPLE_TIME,
    }
