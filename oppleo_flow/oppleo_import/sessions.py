"""What becomes of the sessions of Oppleo, `charge_session`.

A register of 0 is one that could not be read, and then Oppleo bills all that the meter ever
counted, or less than nothing.  Such a session is kept, with what is known of it: its energy is not,
so it has no amount, and a statement says so.  Oppleo's own figures are in the report, and with it.

A session that was left open has ended here, interrupted, at the register that Oppleo knew last and
the time of that reading.  It cannot go on: the runtime that had it open is gone.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from oppleo_flow.charging.tokens import Token, Vehicle, attribute
from oppleo_flow.immutable import immutable
from oppleo_flow.oppleo_import import cells
from oppleo_flow.oppleo_import.cells import Row
from oppleo_flow.oppleo_import.devices import HIGHEST_REGISTER_WH, OppleoMeter
from oppleo_flow.oppleo_import.identity import same_id
from oppleo_flow.oppleo_import.local_time import LocalClock, Meant
from oppleo_flow.oppleo_import.report import ImportReport, Remark, Verdict
from oppleo_flow.payloads import SessionEnded, SessionStarted, Trigger

TABLE: Final = "charge_session"
REASON: Final = "oppleo"
"""Why a session ended: Oppleo does not tell."""
_TRIGGERS: Final[Mapping[str, Trigger]] = {"RFID": "card", "WEB": "web", "AUTO": "auto"}
_MOST_W: Final = 253.0 * 3 * 100
"""What any meter that Oppleo reads can let through."""
_SHORTEST: Final = timedelta(hours=1)
_ROUNDING_WH: Final = 50
"""Oppleo rounds to 0.1 kWh, so it may be half of that off."""
_CENT: Final = Decimal("0.01")


@immutable
class MappedSession:
    """A session as it is here, and what Oppleo billed for it; `energy_wh` and `amount` are its.

    `tariff` is what each kWh cost; None: Oppleo does not tell.
    """

    row: Row
    started: SessionStarted
    ended: SessionEnded
    tariff: Decimal | None
    odometer_km: int | None
    energy_wh: int | None
    amount: Decimal | None

    @property
    def source_id(self) -> str:
        """Return its number in Oppleo."""
        return self.row.get("id") or ""

    @property
    def amount_here(self) -> Decimal | None:
        """Return what it costs here; None when that is not known."""
        if self.ended.energy_wh is None or self.tariff is None:
            return None
        return (self.ended.energy_wh * self.tariff / 1000).quantize(_CENT, ROUND_HALF_UP)


@immutable
class Surroundings:
    """What is known beside the rows: cards by number, cars, meters and when each was heard last."""

    charge_point: str
    clock: LocalClock
    tokens: Mapping[str, Token]
    vehicles: Mapping[str, Vehicle]
    meters: Mapping[str, OppleoMeter]
    heard: Mapping[str, datetime]


@immutable
class _Times:
    started_at: datetime
    ended_at: datetime
    uncertain: bool = False


class SessionMap:
    """Turns rows into sessions, one after another in the order of their numbers."""

    def __init__(self, around: Surroundings, report: ImportReport) -> None:
        self._around = around
        self._report = report
        self._last_end: datetime | None = None

    def map(self, row: Row, next_start: datetime | None) -> MappedSession | None:
        """Return what a row says; None for one without any time, which is then refused.

        `next_start` is when the next session of the same device began, as far as it is known.
        """
        times = self._times(row, next_start)
        if times is None:
            self._remark(row, "refused", "time-missing", "has no time, so it is on no statement")
            return None
        self._last_end = times.ended_at
        if (row.get("energy_device_id") or "") not in self._around.meters:
            self._remark(
                row,
                "flagged",
                "device-unknown",
                f"is of the device {row.get('energy_device_id')!r}, which Oppleo does not know",
            )
        start_wh, end_wh = self._registers(row, times)
        energy_wh = None if start_wh is None or end_wh is None else end_wh - start_wh
        number = row.get("rfid") or ""
        token = self._around.tokens[number]
        session_id = same_id(self._around.charge_point, "session", row.get("id") or "")
        label = token.label or number
        known = (session_id, token.token_id, token.uid or number, label, times.started_at)
        started = SessionStarted(
            *known,
            meter_start_wh=start_wh,
            meter_start_quality="unknown" if start_wh is None else "measured",
            meter_serial=None,
            trigger=self._trigger(row),
            attribution=attribute(token, self._around.vehicles.values()),
            clock_uncertain=times.uncertain,
        )
        ended = SessionEnded(
            *known,
            times.ended_at,
            start_wh,
            end_wh,
            meter_end_quality="unknown" if end_wh is None else "measured",
            energy_wh=energy_wh,
            reason=REASON,
            interrupted=row.get("end_time") is None,
            clock_uncertain=times.uncertain,
        )
        return self._billed(row, started, ended)

    def _billed(self, row: Row, started: SessionStarted, ended: SessionEnded) -> MappedSession:
        tariff = cells.money(row.get("tariff"))
        if tariff is None or tariff < 0:
            tariff = None
            self._remark(
                row,
                "flagged",
                "tariff-missing",
                "has no tariff; it costs what the price list says for its time",
            )
        odometer_km = cells.whole(row.get("km"))
        amount = cells.money(row.get("total_price"))
        session = MappedSession(
            row,
            started,
            ended,
            tariff,
            odometer_km if odometer_km is not None and odometer_km > 0 else None,
            cells.energy_wh(row.get("total_energy")),
            None if amount is None else amount.quantize(_CENT, ROUND_HALF_UP),
        )
        self._compare(session)
        return session

    def _compare(self, session: MappedSession) -> None:
        """Say where Oppleo billed something else than the registers and the tariff make."""
        here_wh, here = session.ended.energy_wh, session.amount_here
        if here_wh is not None and session.energy_wh is not None:
            off_wh = session.energy_wh - here_wh
            if abs(off_wh) > _ROUNDING_WH:
                self._remark(
                    session.row,
                    "changed",
                    "energy-differs",
                    f"has {session.energy_wh} Wh in Oppleo; its registers make {here_wh} Wh, which "
                    "counts",
                )
        if here is not None and session.amount is not None and here != session.amount:
            self._remark(
                session.row,
                "changed",
                "amount-differs",
                f"costs {session.amount} in Oppleo; its energy at its tariff makes {here}, which "
                "counts",
            )

    # -- registers -----------------------------------------------------------------------------

    def _registers(self, row: Row, times: _Times) -> tuple[int | None, int | None]:
        """Return the registers, unless they are none, or make an energy that cannot be."""
        start_wh, end_wh = (_register(row.get(name)) for name in ("start_value", "end_value"))
        for name, register in (("start", start_wh), ("end", end_wh)):
            if register is None:
                self._remark(
                    row,
                    "flagged",
                    f"{name}-register-missing",
                    f"has no {name} register: its read had failed, or the meter was off. Oppleo "
                    f"billed {_said(row)}; its energy is unknown here",
                )
        if start_wh is None or end_wh is None:
            return start_wh, end_wh
        if end_wh < start_wh:
            self._remark(
                row,
                "flagged",
                "energy-negative",
                f"has registers that fall, from {start_wh} to {end_wh} Wh; Oppleo billed "
                f"{_said(row)}; its energy is unknown here",
            )
            return None, None
        meter = self._around.meters.get(row.get("energy_device_id") or "")
        most_w = _MOST_W if meter is None else meter.highest_power_w
        hours = max(times.ended_at - times.started_at, _SHORTEST) / timedelta(hours=1)
        if end_wh - start_wh > most_w * hours:
            self._remark(
                row,
                "flagged",
                "energy-absurd",
                f"has registers {end_wh - start_wh} Wh apart, more than its meter lets through in "
                f"{hours:.1f} h; Oppleo billed {_said(row)}; its energy is unknown here",
            )
            return None, None
        return start_wh, end_wh

    # -- times ---------------------------------------------------------------------------------

    def _times(self, row: Row, next_start: datetime | None) -> _Times | None:
        began, ended = (self._meant(row, name) for name in ("start_time", "end_time"))
        if began is None and ended is None:
            return None
        if began is None and ended is not None:
            self._remark(row, "flagged", "start-time-missing", "has no start; it begins at its end")
            return _Times(ended.first, ended.first, uncertain=True)
        assert began is not None
        if ended is None:
            started_at = began.after(self._last_end)
            return _Times(started_at, self._left_open(row, started_at, next_start))
        return self._between(row, began, ended)

    def _between(self, row: Row, began: Meant, ended: Meant) -> _Times:
        """Return the moments of a session of which both ends are known, so far as a clock tells."""
        started_at = began.after(self._last_end)
        ended_at = ended.after(started_at)
        uncertain = not (began.exists and ended.exists)
        if ended_at < started_at and started_at == began.second:
            started_at = began.first
        # In the hour that comes twice an earlier time on the clock may be a later moment.
        if ended.second is not None and ended_at < started_at <= ended.second:
            ended_at = ended.second
        if self._is_open_to_doubt(began, ended, started_at, ended_at):
            uncertain = True
            self._remark(
                row,
                "flagged",
                "hour-came-twice",
                "bears a time of the hour that comes twice in autumn; the first one counts",
            )
        if not (began.exists and ended.exists):
            self._remark(
                row,
                "flagged",
                "hour-never-was",
                "bears a time of the hour that is left out in spring; it counts as one later",
            )
        if ended_at < started_at:
            self._remark(
                row,
                "flagged",
                "ended-before-start",
                f"ended at {row.get('end_time')}, before it started at {row.get('start_time')}; "
                "it ends at its start",
            )
            return _Times(started_at, started_at, uncertain=True)
        return _Times(started_at, ended_at, uncertain)

    def _is_open_to_doubt(
        self, began: Meant, ended: Meant, started_at: datetime, ended_at: datetime
    ) -> bool:
        """Return whether another reading of the clock would be as good."""
        began_else = began.second if started_at == began.first else None
        ended_else = ended.second if ended_at == ended.first else None
        latest_start = ended_else or ended_at
        return ended_else is not None or (began_else is not None and began_else <= latest_start)

    def _left_open(self, row: Row, started_at: datetime, next_start: datetime | None) -> datetime:
        heard = self._around.heard.get(row.get("energy_device_id") or "", started_at)
        ended_at = max(started_at, min(heard, next_start) if next_start else heard)
        self._remark(
            row,
            "changed",
            "left-open",
            f"was open; here it ended at {ended_at.isoformat(timespec='seconds')}, interrupted, "
            "with the register that Oppleo knew last",
        )
        return ended_at

    def _meant(self, row: Row, column: str) -> Meant | None:
        return self._meaning(row.get(column))

    def first_moment(self, text: str) -> datetime | None:
        """Return the first moment at which the clock showed a time."""
        meant = self._meaning(text)
        return None if meant is None else meant.first

    def _meaning(self, text: str | None) -> Meant | None:
        at = cells.moment(text)
        if at is None:
            return None
        try:
            return self._around.clock.meant(at)
        except OverflowError:
            return None

    # -- the rest ------------------------------------------------------------------------------

    def _trigger(self, row: Row) -> Trigger:
        said = row.get("trigger") or ""
        if said not in _TRIGGERS:
            self._remark(
                row,
                "changed",
                "trigger-missing",
                f"was begun by {said or 'nobody knows what'}; before Oppleo knew the difference "
                "all were begun by a card",
            )
            return "card"
        return _TRIGGERS[said]

    def _remark(self, row: Row, verdict: Verdict, code: str, text: str) -> None:
        original = cells.filled(row)
        self._report.remark(Remark(TABLE, row.get("id") or "", verdict, code, text, original))


def _register(text: str | None) -> int | None:
    """Return a register; what no meter shows is none, and 0 is what Oppleo keeps of a failure."""
    register_wh = cells.energy_wh(text)
    possible = register_wh is not None and 0 < register_wh <= HIGHEST_REGISTER_WH
    return register_wh if possible else None


def _said(row: Row) -> str:
    return f"{row.get('total_energy') or 'no'} kWh, {row.get('total_price') or 'no'} euros"
