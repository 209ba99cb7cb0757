"""Readings into the ledger, a few thousand at a time, each once.

Those that an earlier version took over without the registers of the phases get them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeGuard

from oppleo_flow.oppleo_import.readings import TABLE, ReadingMap
from oppleo_flow.oppleo_import.report import ImportReport, Remark
from oppleo_flow.oppleo_import.source import Cells
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store import Ledger

_AT_ONCE: Final = 5000
_INSTANT: Final = timedelta(microseconds=1)
_APART: Final = timedelta(hours=6)

Item = MeterReading | MeterUnknown


class ReadingWriter:
    """Writes what a map makes of rows, and counts what became of each."""

    def __init__(self, ledger: Ledger, report: ImportReport) -> None:
        self._ledger = ledger
        self._report = report

    def write(self, rows: Iterable[Cells], mapped: ReadingMap, tell: Callable[[int], None]) -> None:
        """Write all rows; `tell` hears after each batch how many were read."""
        batch: list[tuple[str, Item]] = []
        read = 0
        for row in rows:
            read += 1
            item = mapped.map(row)
            if item is not None:
                batch.append((row[0] or "", item))
            if len(batch) == _AT_ONCE:
                self._write(batch)
                batch = []
                tell(read)
        self._write(batch)
        tell(read)

    def _write(self, batch: Sequence[tuple[str, Item]]) -> None:
        """Write those of a batch that are not there yet."""
        there = self._there([item for _, item in batch])
        new: list[Item] = []
        completed: list[MeterReading] = []
        for row, item in batch:
            key = (item.meter, _at(item))
            before = there.get(key)
            if before is None:
                there[key] = item
                new.append(item)
            elif _says_more(item, before):
                there[key] = item
                completed.append(item)
            elif _says_the_same(before, item):
                self._report.count(TABLE, "same")
            else:
                self._refuse(row, item, before)
        if new:
            self._ledger.readings.record(new)
            self._report.count(TABLE, "added", len(new))
        if completed:
            self._ledger.readings.add_phase_registers(completed)
            self._report.count(TABLE, "corrected", len(completed))

    def _there(self, items: Sequence[Item]) -> dict[tuple[str, datetime], Item]:
        """Return what the ledger has of the time of some items."""
        found: dict[tuple[str, datetime], Item] = {}
        for meter, since, until in _stretches(items):
            for silence in self._ledger.readings.silences(meter, since, until):
                found[meter, silence.since] = MeterUnknown(meter, silence.since, silence.reason)
            for reading in self._ledger.readings.between(meter, since, until):
                found[meter, reading.time] = reading
        return found

    def _refuse(self, row: str, item: Item, before: Item) -> None:
        self._report.count(TABLE, "refused")
        self._report.remark(
            Remark(
                TABLE,
                row,
                "refused",
                "time-taken",
                f"says of {_at(item).isoformat()} what an earlier row says otherwise: "
                f"{_words(item)}, not {_words(before)}",
            )
        )


def _stretches(items: Sequence[Item]) -> Iterator[tuple[str, datetime, datetime]]:
    """Yield times that hold all items, none of them with a long time without any in it.

    One row with a wrong time would else have years of readings looked up.
    """
    for meter in sorted({item.meter for item in items}):
        times = sorted(_at(item) for item in items if item.meter == meter)
        since = until = times[0]
        for at in times:
            if at - until > _APART:
                yield meter, since, until + _INSTANT
                since = at
            until = at
        yield meter, since, until + _INSTANT


def _at(item: Item) -> datetime:
    return item.time if isinstance(item, MeterReading) else item.since


def _says_more(item: Item, before: Item) -> TypeGuard[MeterReading]:
    """Return whether an item is what is there, and has the registers of the phases besides."""
    return (
        isinstance(before, MeterReading)
        and isinstance(item, MeterReading)
        and not before.energy_phases_wh
        and bool(item.energy_phases_wh)
        and _figures(before) == _figures(item)
    )


def _says_the_same(before: Item, item: Item) -> bool:
    if isinstance(before, MeterReading) and isinstance(item, MeterReading):
        apart = (before.energy_phases_wh, item.energy_phases_wh)
        return apart[0] == apart[1] and _figures(before) == _figures(item)
    return type(before) is type(item)


def _figures(reading: MeterReading) -> tuple[object, ...]:
    return (
        *(reading.energy_import_wh, reading.power_w, reading.power_phases_w),
        *(reading.voltage_phases_v, reading.current_phases_a, reading.frequency_hz),
    )


def _words(item: Item) -> str:
    return (
        f"{item.energy_import_wh} Wh at {item.power_w:.0f} W"
        if isinstance(item, MeterReading)
        else "nothing"
    )
