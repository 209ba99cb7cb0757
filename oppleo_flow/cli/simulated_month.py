"""The figures of a simulated time, for people and for programs."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.cli.sessions import session_row, session_table
from oppleo_flow.cli.simulated_meter import MeterComparison
from oppleo_flow.cli.table import table
from oppleo_flow.immutable import immutable
from oppleo_flow.simulator.chance import Period
from oppleo_flow.testing.house import PastFault

_NOTHING = Decimal("0.00")


@immutable
class SimulatedMonth:
    """What came of a simulation; `price` is in `currency` per kWh."""

    flow: str
    scenario: str
    seed: int
    period: Period
    currency: str
    sessions: Sequence[SessionRecord]
    faults: Sequence[PastFault]
    meter: MeterComparison

    # -- for a program -------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        """Return the figures as plain data: energy in Wh, money as text."""
        period, zone = self.period, self.period.zone
        return {
            "flow": self.flow,
            "scenario": self.scenario,
            "seed": self.seed,
            "from": period.begin.astimezone(zone).isoformat(),
            "until": period.end.astimezone(zone).isoformat(),
            "timezone": zone.key,
            "currency": self.currency,
            "sessions": [session_row(session, zone) for session in self.sessions],
            "totals": _sums(self.sessions),
            "by_card": {
                label: _sums([s for s in self.sessions if s.label == label])
                for label in sorted({session.label for session in self.sessions})
            },
            "faults": [self._fault(fault) for fault in self.faults],
            "meter": self._meter(),
        }

    def _fault(self, fault: PastFault) -> dict[str, Any]:
        zone = self.period.zone
        until = None if fault.until is None else fault.until.astimezone(zone)
        return {
            "node": fault.node,
            "code": fault.code,
            "text": fault.text,
            "since": fault.since.astimezone(zone).isoformat(),
            "until": None if until is None else until.isoformat(),
        }

    def _meter(self) -> dict[str, Any]:
        meter = self.meter
        return {
            "opening_wh": round(meter.opening_wh),
            "closing_wh": round(meter.closing_wh),
            "sessions_wh": meter.sessions_wh,
            "under_way_wh": meter.under_way_wh,
            "outside_wh": round(meter.outside_wh),
            "sessions_compared": meter.compared,
            "largest_difference_wh": round(meter.largest_difference_wh, 3),
            "resolution_wh": round(meter.resolution_wh, 3),
            "agrees": meter.agrees,
        }

    # -- for people ----------------------------------------------------------------------------

    def __str__(self) -> str:
        """Return sessions, sums, faults and the meter as text."""
        parts = (self._heading(), self._sessions(), self._faults(), self._registers())
        return "\n\n".join("\n".join(part) for part in parts)

    def _heading(self) -> Iterator[str]:
        period = self.period
        last = period.first + timedelta(days=period.days - 1)
        yield f"{self.flow}, simulated from {period.first} to {last}, {period.zone.key}"
        yield f"scenario {self.scenario!r}, seed {self.seed}: no energy really flowed"

    def _sessions(self) -> Iterator[str]:
        if not self.sessions:
            yield "nobody charged"
            return
        yield session_table(self.sessions, self.period.zone)
        yield ""
        labels = sorted({session.label for session in self.sessions})
        rows = [_sum_row(label, [s for s in self.sessions if s.label == label]) for label in labels]
        total = _sum_row("all", self.sessions)
        columns = ("card", "sessions", "kWh", self.currency)
        yield table(columns, [*rows, total], right=columns[1:])

    def _faults(self) -> Iterator[str]:
        if not self.faults:
            yield "no faults"
            return
        rows = [
            (self._local(f.since), _lasted(f), f.node, f.code, f.text.partition("\n")[0])
            for f in self.faults
        ]
        yield table(("fault since", "lasted", "node", "code", "what was wrong"), rows)

    def _registers(self) -> Iterator[str]:
        meter = self.meter
        under_way = f"{_kwh(meter.under_way_wh)} in one under way, " if meter.under_way_wh else ""
        yield (
            f"the meter went from {_kwh(meter.opening_wh)} to {_kwh(meter.closing_wh)} kWh: "
            f"{_kwh(meter.sessions_wh)} in sessions, {under_way}"
            f"{_kwh(meter.outside_wh)} outside them{self._of_unknown_energy()}"
        )
        if meter.agrees:
            yield f"every session agrees with its register, to {meter.resolution_wh:.1f} Wh"
            return
        yield (
            f"{len(meter.strange)} of {meter.compared} sessions differ from its register "
            f"by more than {meter.resolution_wh:.1f} Wh:"
        )
        for session in meter.strange:
            yield f"  {self._local(session.started_at)} {session.label}"

    def _of_unknown_energy(self) -> str:
        count = _unknown(self.sessions)
        return f", or in the {count} of unknown energy" if count else ""

    def _local(self, at: datetime) -> str:
        return f"{at.astimezone(self.period.zone):%F %H:%M:%S}"


def _sums(sessions: Sequence[SessionRecord]) -> dict[str, Any]:
    return {
        "sessions": len(sessions),
        "energy_wh": _energy_wh(sessions),
        "energy_unknown": _unknown(sessions),
        "amount": str(_amount(sessions)),
    }


def _sum_row(name: str, sessions: Sequence[SessionRecord]) -> tuple[str, str, str, str]:
    return name, str(len(sessions)), _kwh(_energy_wh(sessions)), str(_amount(sessions))


def _unknown(sessions: Sequence[SessionRecord]) -> int:
    """Return how many sessions have ended with an energy that nobody knows."""
    return sum(s.energy_wh is None and s.ended_at is not None for s in sessions)


def _energy_wh(sessions: Sequence[SessionRecord]) -> int:
    return sum(session.energy_wh or 0 for session in sessions)


def _amount(sessions: Sequence[SessionRecord]) -> Decimal:
    return sum((s.amount for s in sessions if s.amount is not None), _NOTHING)


def _kwh(energy_wh: float) -> str:
    return f"{round(energy_wh) / 1000:.3f}"


def _lasted(fault: PastFault) -> str:
    if fault.until is None:
        return "still"
    minutes, seconds = divmod(round((fault.until - fault.since).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
