"""What people are told: a payload as a notification, in their language and by their clock."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Final
from zoneinfo import ZoneInfo

from oppleo_flow.charging.period import Period
from oppleo_flow.flow_events import FlowStarted, FlowStopping, NodeChanged
from oppleo_flow.payloads import (
    BackupMade,
    Failure,
    NoticeEvent,
    Notification,
    Rejected,
    ReportWritten,
    SessionBilled,
    SessionEnded,
    SessionStarted,
)
from oppleo_flow.wording import Wording
from oppleo_flow.wording.said import said_in

LOWEST = -2
HIGH = 1
EMERGENCY = 2
_ENDED_BY = frozenset({"card", "web", "auto", "energy-limit", "time-limit", "unplugged"})
_OF_CODE: Final[Mapping[str, tuple[NoticeEvent, str]]] = {
    "meter-silent": ("meter-silent", "meter_silent"),
    "backup-failed": ("backup", "backup_failed"),
}
"""Faults that are events of their own, and what their titles are called."""

Told = (
    Notification
    | SessionStarted
    | SessionEnded
    | SessionBilled
    | Rejected
    | ReportWritten
    | BackupMade
    | Failure
    | NodeChanged
    | FlowStarted
    | FlowStopping
)
"""What people can be told of."""


def of_node(node: str) -> str:
    """Return how the key of a notification of a node's failures begins."""
    return f"failure:{node}:"


class Notices:
    """Puts payloads into words, for people in one place who read one language."""

    def __init__(self, say: Wording, zone: ZoneInfo, charge_point: str) -> None:
        self._say = say
        self._zone = zone
        self._charge_point = charge_point

    def of(self, payload: Told) -> Notification | None:
        """Return what to tell of a payload; None of what nobody needs to hear."""
        match payload:
            case Notification():
                return payload
            case SessionStarted() | SessionEnded() | SessionBilled() | Rejected():
                return self._of_charging(payload)
            case ReportWritten() | BackupMade():
                return self._of_files(payload)
            case Failure():
                return self._failure(payload)
            case NodeChanged():
                return self._condition(payload)
            case FlowStarted() | FlowStopping():
                return self.process(
                    "stopping" if isinstance(payload, FlowStopping) else "started", payload.due
                )

    def _of_charging(
        self, payload: SessionStarted | SessionEnded | SessionBilled | Rejected
    ) -> Notification:
        match payload:
            case SessionStarted():
                return self._started(payload)
            case SessionEnded():
                return self._ended(payload)
            case SessionBilled():
                return self._billed(payload)
            case Rejected():
                return self._rejected(payload)

    def _started(self, session: SessionStarted) -> Notification:
        say = self._say
        text = say("notice.session_started.undated")
        if not session.clock_uncertain:
            text = say("notice.session_started.text", moment=self.moment(session.started_at))
        return Notification(
            say("notice.session_started.title", label=session.label),
            text,
            event="session-started",
            key=f"start:{session.session_id}",
        )

    def _ended(self, session: SessionEnded) -> Notification:
        say, reason = self._say, session.reason
        named = reason if reason in _ENDED_BY else "other"
        return Notification(
            say("notice.session_ended.title", energy=self._energy(session.energy_wh)),
            say(
                "notice.session_ended.text",
                label=session.label,
                duration=say.duration(session.ended_at - session.started_at),
                ended_by=say(f"notice.ended_by.{named}", reason=reason),
            ),
            event="session-ended",
            key=f"end:{session.session_id}",
        )

    def _billed(self, session: SessionBilled) -> Notification:
        say = self._say
        amount = say("notice.unknown_price")
        if session.amount is not None and session.currency is not None:
            amount = say.money(session.amount, session.currency)
        return Notification(
            say(
                "notice.session_billed.title",
                energy=self._energy(session.energy_wh),
                amount=amount,
            ),
            say(
                "notice.session_billed.text",
                label=session.label,
                duration=say.duration(session.ended_at - session.started_at),
            ),
            event="session-ended",
            key=f"bill:{session.session_id}",
        )

    def _rejected(self, card: Rejected) -> Notification:
        say = self._say
        return Notification(
            say("notice.rejected.title"),
            say("notice.rejected.text", uid=card.uid, why=say(f"notice.rejected.{card.reason}")),
            event="card-rejected",
            key=f"card:{card.uid}",
        )

    def _of_files(self, payload: ReportWritten | BackupMade) -> Notification:
        if isinstance(payload, BackupMade):
            return self._backup(payload)
        return self._statement(payload)

    def _statement(self, report: ReportWritten) -> Notification:
        say = self._say
        texts = [
            say(
                "notice.statement.text",
                sessions=say("unit.sessions", count=report.sessions),
                energy=say.kwh(report.energy_wh),
                amount=say.money(report.total, report.currency),
            )
        ]
        number, version = report.number, report.version
        if number is not None and version is not None:
            texts.insert(0, say("notice.statement.number", number=number, version=version))
        if report.energy_unknown:
            texts.append(say("notice.statement.unknown", count=report.energy_unknown))
        if report.price_unknown:
            texts.append(say("notice.statement.no_price", count=report.price_unknown))
        title = say("notice.statement.title", month=_period(report.period, say))
        return Notification(
            f"{title}: {', '.join(report.selection)}" if report.selection else title,
            " ".join(texts),
            event="statement-ready",
            files=report.files,
            addressed_to=report.addressed_to,
        )

    def _backup(self, made: BackupMade) -> Notification:
        say = self._say
        return Notification(
            say("notice.backup_made.title"),
            say(
                "notice.backup_made.text",
                name=PurePosixPath(made.file).name,
                size=say.number(Decimal(made.size) / 1_000_000, 1),
                count=len(made.copies),
            ),
            event="backup",
            key=f"backup:{made.sha256}",
        )

    def _failure(self, failure: Failure) -> Notification:
        say = self._say
        return Notification(
            say("notice.failure.title", node=failure.node),
            say("notice.failure.text", error=failure.error, message=self._said(failure.message)),
            HIGH,
            event="fault",
            key=f"{of_node(failure.node)}{failure.error}",
        )

    def _condition(self, change: NodeChanged) -> Notification | None:
        """Return what to tell of a fault; its end has no text: that is known to who was told it."""
        if change.kind not in ("fault", "clear"):
            return None
        say = self._say
        event, name = _OF_CODE.get(change.code, ("fault", "fault"))
        title = say(f"notice.{name}.title", node=change.node)
        raised = change.kind == "fault"
        return Notification(
            title if raised else say("notice.over.title", title=title),
            self._said(change.text) if raised else "",
            HIGH if raised else 0,
            event=event,
            key=f"{change.node}.{change.code}",
            state="raised" if raised else "cleared",
        )

    def _said(self, text: str) -> str:
        """Return in the language of the reader what a node says of itself."""
        return said_in(self._say.language)(text)

    def process(self, what: str, at: datetime) -> Notification:
        """Return what to tell of the program: it has `started`, is `stopping`, or is `back`."""
        say = self._say
        return Notification(
            say(f"notice.process.{what}.title", charge_point=self._charge_point),
            say(f"notice.process.{what}.text", moment=self.moment(at)),
            HIGH if what == "back" else 0,
            event="process",
        )

    def over(self, raised: Notification, lasted: timedelta | None) -> Notification:
        """Return that what was raised is over; `lasted` is None where nobody saw it end."""
        say = self._say
        text = (
            say("notice.over.restarted", text=raised.text)
            if lasted is None
            else say("notice.over.text", duration=say.duration(lasted), text=raised.text)
        )
        title = say("notice.over.title", title=raised.title)
        return raised.with_(title=title, text=text, priority=0, state="cleared", files=())

    def still(self, raised: Notification, lasted: timedelta) -> Notification:
        """Return that what was raised goes on."""
        say = self._say
        return raised.with_(
            title=say("notice.still.title", title=raised.title),
            text=say("notice.still.text", duration=say.duration(lasted), text=raised.text),
        )

    def again(self, note: Notification, count: int, since: datetime) -> Notification:
        """Return something with how often it was not told since it was told last."""
        more = self._say("notice.again", count=count, moment=self.moment(since))
        return note.with_(text=f"{note.text} {more}")

    def digest(self, held: list[tuple[datetime, Notification]], left_out: int) -> Notification:
        """Return several notifications as one; of `left_out` more only the number is known."""
        say = self._say
        notes = [note for _, note in held]
        lines = [
            say("notice.digest.line", time=self.time(at), title=note.title, text=note.text)
            for at, note in held
        ]
        if left_out:
            lines.append(say("notice.digest.more", count=left_out))
        events = {note.event for note in notes}
        return Notification(
            say("notice.digest.title", count=len(held) + left_out),
            "\n".join(lines),
            max(note.priority for note in notes),
            event=notes[0].event if len(events) == 1 else "message",
            files=tuple(dict.fromkeys(file for note in notes for file in note.files)),
        )

    def moment(self, at: datetime) -> str:
        """Return a day and a time by the local clock."""
        return self._say.moment(at.astimezone(self._zone))

    def time(self, at: datetime) -> str:
        """Return a time by the local clock."""
        return self._say.time(at.astimezone(self._zone))

    def _energy(self, energy_wh: int | None) -> str:
        return self._say("notice.unknown_energy") if energy_wh is None else self._say.kwh(energy_wh)


def plain(notices: Notices, payload: Told) -> Notification | None:
    """Return what to tell of a payload to somebody whom nothing was told before."""
    note = notices.of(payload)
    if note is None:
        return None
    priority = min(max(note.priority, LOWEST), EMERGENCY)
    return note.with_(text=note.text or note.title, priority=priority)


def _period(text: str, say: Wording) -> str:
    """Return the period of a statement in words: a month is named, other days are as they are."""
    period = Period.parse(text)
    return say.month(period.first) if period.is_month else text.replace("_", "/")
