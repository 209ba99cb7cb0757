"""What people are told, and when: signals, notifications, reports, failures."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads.base import SAMPLE_TIME, Payload


@immutable
class Beep(Payload):
    """A sound: `ok` is 1 × 100 ms, `error` 2 × 100 ms, 50 ms apart."""

    pattern: Literal["ok", "error"]
    _sample = {"pattern": "ok"}


LedEffect = Literal["steady", "breathe", "blink", "flash", "off"]


@immutable
class LedState(Payload):
    """What the status LED shows; red, green and blue in percent."""

    name: str
    red: int
    green: int
    blue: int
    effect: LedEffect
    _sample = {"name": "available", "red": 0, "green": 100, "blue": 0, "effect": "steady"}


NoticeEvent = Literal[
    "session-started",
    "session-ended",
    "card-rejected",
    "not-plugged-in",
    "fault",
    "meter-silent",
    "statement-ready",
    "backup",
    "process",
    "message",
]
"""What people are told of; each chooses what he wants to hear."""


@immutable
class Notification(Payload):
    """A message to a person; `priority` runs from -2 (very low) to 2 (emergency).

    What lasts is `raised` and later `cleared`, both with the `key` that says what it is about; what
    only happens has no `state`.  `files` belong to it: paths, as from the site's folder.
    `addressed_to` is the kind and the name of who alone may have it, such as a driver; empty: whom
    the node that sends it knows.
    """

    title: str
    text: str
    priority: int = 0
    event: NoticeEvent = "message"
    key: str = ""
    state: Literal["raised", "cleared"] | None = None
    files: tuple[str, ...] = ()
    addressed_to: tuple[str, ...] = ()
    _sample = {"title": "Charged", "text": "10.0 kWh for 'family'"}


@immutable
class Tick(Payload):
    """A schedule fired; `due` is when it should have, `missed` how many it stands for besides."""

    due: datetime
    missed: int = 0
    _sample = {"due": SAMPLE_TIME}


@immutable
class ReportWritten(Payload):
    """A statement was written; `total` is the sum of its priced sessions.

    `period` is a month such as `2026-01`, a year such as `2026`, or `2026-01-05_2026-02-10`, of
    which the last is the day after.  `energy_unknown` of its sessions have no known energy and are
    not in the sums; `price_unknown` have no known price and are not in `total`.  `number` and
    `version` are None of a preview.  `selection` names whose sessions it is of, empty of all.
    `addressed_to` is the kind and the name of who gets it, such as a driver, where that is not said
    by the node that sends it; the address of e-mail is in the ledger.
    """

    period: str
    files: tuple[str, ...]
    sessions: int
    energy_wh: int
    total: Decimal
    currency: str
    energy_unknown: int = 0
    price_unknown: int = 0
    number: str | None = None
    version: int | None = None
    selection: tuple[str, ...] = ()
    addressed_to: tuple[str, ...] = ()
    _sample = {
        "period": "2026-01",
        "files": ("statement-2026-01.xlsx",),
        "sessions": 3,
        "energy_wh": 30_000,
        "total": Decimal("10.50"),
        "currency": "EUR",
    }


@immutable
class BackupMade(Payload):
    """A backup was made, read again from the disk and found whole; so was each of its copies."""

    file: str
    size: int
    sha256: str
    members: int
    encrypted: bool
    at: datetime
    copies: tuple[str, ...] = ()
    _sample = {
        "file": "backups/backup-garage-20260115T120000Z.tar.gz",
        "size": 123_456,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "members": 9,
        "encrypted": False,
        "at": SAMPLE_TIME,
    }


@immutable
class BackupStep(Payload):
    """How a backup goes: `passed-over` is one asked for while another was being made."""

    step: Literal["started", "completed", "failed", "passed-over"]
    at: datetime
    reason: str = ""
    _sample = {"step": "started", "at": SAMPLE_TIME}


@immutable
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
