"""Sessions into the ledger, each once, with its price; and an account of what they come to."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeVar

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import Refused
from oppleo_flow.immutable import immutable
from oppleo_flow.oppleo_import import cells
from oppleo_flow.oppleo_import.cells import Row
from oppleo_flow.oppleo_import.prices import PriceList
from oppleo_flow.oppleo_import.report import ImportReport, Outcome, Remark, Verdict
from oppleo_flow.oppleo_import.sessions import TABLE, MappedSession, SessionMap
from oppleo_flow.store import Ledger
from oppleo_flow.store.import_rows import PastSession

T = TypeVar("T")
_WHY: Final = "changed in Oppleo after it was taken over"
_NOTHING: Final = Decimal("0.00")


@immutable
class By:
    """Who imports, and when."""

    who: str
    now: datetime


class SessionWriter:
    """Writes what a map makes of rows, and corrects what was changed in Oppleo since."""

    def __init__(self, ledger: Ledger, report: ImportReport, by: By) -> None:
        self._ledger = ledger
        self._report = report
        self._by = by

    def write(self, rows: Sequence[Row], mapped: SessionMap, prices: PriceList) -> datetime | None:
        """Write all sessions; `prices` get those that Oppleo had.

        Return when the last one ended; one that Oppleo has open may last until now.
        """
        before = self._ledger.imports.rows(TABLE)
        found = [
            session
            for row in sorted(rows, key=_number)
            if (session := mapped.map(row, _next_start(row, rows, mapped))) is not None
        ]
        # Those of before have their price; the list may say something else of their time by now.
        new = self._priced((one for one in found if one.source_id not in before), prices)
        for version in prices.new:
            self._ledger.prices.add(version)
        self._ledger.imports.add_sessions(TABLE, new, self._by.now)
        self._report.count(TABLE, "added", len(new))
        self._report.count(TABLE, "refused", len(rows) - len(found))
        for session in found:
            row = before.get(session.source_id)
            if row is not None:
                self._report.count(TABLE, self._again(session, row))
        self._look_for_gone(rows, before)
        self._account(rows, found)
        ends = (self._by.now if one.ended.interrupted else one.ended.ended_at for one in found)
        return max(ends, default=None)

    def _priced(self, found: Iterable[MappedSession], prices: PriceList) -> list[PastSession]:
        """Return the sessions with their prices, in the order in which they began."""
        return [
            PastSession(
                one.started,
                one.ended,
                self._price(one, prices),
                one.odometer_km,
                one.source_id,
                one.row,
            )
            for one in sorted(found, key=lambda one: one.started.started_at)
        ]

    def _price(self, one: MappedSession, prices: PriceList) -> PriceVersion | None:
        if one.tariff is None:
            return None
        return prices.held(one.started.started_at, one.ended.ended_at, one.tariff)

    # -- once more -----------------------------------------------------------------------------

    def _again(self, session: MappedSession, before: Row) -> Outcome:
        """Correct a session that was taken over earlier, if Oppleo has it otherwise now."""
        if dict(before) == dict(session.row):
            return "same"
        record = self._ledger.sessions.get(session.started.session_id)
        if record is None:
            return "left"
        changed = {name for name, text in session.row.items() if before.get(name) != text}
        if "tariff" in changed:
            self._remark(session, "refused", "tariff-changed", "has another tariff in Oppleo now")
        changes = _changes(session, record, changed)
        if changes.said:
            try:
                self._ledger.corrections.add(
                    record.session_id, changes, who=self._by.who, why=_WHY, now=self._by.now
                )
            except Refused as error:
                text = f"was changed in Oppleo, and cannot be so here: {error}"
                self._remark(session, "refused", "change-refused", text)
                return "left"
            names = ", ".join(changes.said)
            self._remark(session, "changed", "corrected", f"was changed in Oppleo: {names}")
        self._ledger.imports.keep(TABLE, {session.source_id: session.row}, self._by.now)
        return "corrected" if changes.said else "same"

    def _look_for_gone(self, rows: Sequence[Row], before: Mapping[str, Row]) -> None:
        """Say which sessions Oppleo has no more; it deletes those that it joins to another."""
        there = {row.get("id") for row in rows}
        newest = max((_number(row) for row in rows), default=-1)
        for number, row in before.items():
            if number not in there and _number(row) < newest:
                original = cells.filled(row)
                self._report.remark(
                    Remark(
                        TABLE,
                        number,
                        "flagged",
                        "gone",
                        "is not in Oppleo any more, and stays here; "
                        "`oppleo-flow sessions correct` can make it void",
                        original,
                    )
                )

    def _remark(self, session: MappedSession, verdict: Verdict, code: str, text: str) -> None:
        original = cells.filled(session.row)
        self._report.remark(Remark(TABLE, session.source_id, verdict, code, text, original))

    # -- the account ---------------------------------------------------------------------------

    def _account(self, rows: Iterable[Row], found: Sequence[MappedSession]) -> None:
        """Add up what Oppleo billed, and what the ledger now holds of it."""
        here = self._records(found)
        ids = {one.source_id: one.started.session_id for one in found}
        for row in rows:
            record = here.get(ids.get(row.get("id") or ""))
            amount = cells.money(row.get("total_price")) or _NOTHING
            self._add(
                cells.energy_wh(row.get("total_energy")) or 0,
                amount.quantize(_NOTHING),
                record,
            )

    def _add(self, energy_wh: int, amount: Decimal, record: SessionRecord | None) -> None:
        sums = self._report.sums
        sums.oppleo_wh += energy_wh
        sums.oppleo_amount += amount
        if record is None:
            sums.refused_wh += energy_wh
            sums.refused_amount += amount
            return
        if record.energy_wh is None:
            sums.flagged_wh += energy_wh
        else:
            sums.here_wh += record.energy_wh
            sums.other_wh += energy_wh - record.energy_wh
        if record.amount is None:
            sums.flagged_amount += amount
        else:
            sums.here_amount += record.amount
            sums.other_amount += amount - record.amount

    def _records(self, found: Sequence[MappedSession]) -> dict[object, SessionRecord]:
        if not found:
            return {}
        since = min(one.started.started_at for one in found)
        until = max(self._by.now, *(one.ended.ended_at for one in found))
        return {one.session_id: one for one in self._ledger.sessions.between(since, until)}


def _number(row: Row) -> int:
    number = cells.whole(row.get("id"))
    return -1 if number is None else number


def _next_start(row: Row, rows: Iterable[Row], mapped: SessionMap) -> datetime | None:
    """Return when the next session of a device began after one that was left open."""
    if row.get("end_time") is not None:
        return None
    began = row.get("start_time") or ""
    later = [
        one.get("start_time") or ""
        for one in rows
        if one.get("energy_device_id") == row.get("energy_device_id")
        and (one.get("start_time") or "") > began
    ]
    return mapped.first_moment(min(later)) if later else None


def _changes(session: MappedSession, record: SessionRecord, changed: set[str]) -> Changes:
    """Return what a correction must say, of the columns that Oppleo has otherwise now."""

    def new(column: str, now: T | None, before: object) -> T | None:
        return now if column in changed and now != before else None

    started, ended = session.started, session.ended
    return Changes(
        started_at=new("start_time", started.started_at, record.started_at),
        ended_at=new("end_time", ended.ended_at, record.ended_at),
        meter_start_wh=new("start_value", ended.meter_start_wh, record.meter_start_wh),
        meter_end_wh=new("end_value", ended.meter_end_wh, record.meter_end_wh),
        label=new("rfid", started.label, record.label),
        odometer_km=new("km", session.odometer_km, record.odometer_km),
    )
