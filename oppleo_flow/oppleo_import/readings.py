"""What becomes of the readings of Oppleo, `energy_device_measures`.

Oppleo kept 0 where a read failed, and 0 for phases that it does not read of a single-phase meter.
A register of 0 is therefore no reading: from then until the next one nothing is known.  A voltage
or a frequency of 0 is none either, nor is the register of a phase that is 0, unless the others make
up the whole.  Currents and powers of 0 are as good as any.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from oppleo_flow.oppleo_import import cells
from oppleo_flow.oppleo_import.devices import HIGHEST_REGISTER_WH, OppleoMeter
from oppleo_flow.oppleo_import.local_time import LocalClock
from oppleo_flow.oppleo_import.report import ImportReport, Remark, Verdict
from oppleo_flow.oppleo_import.source import Cells
from oppleo_flow.payloads import MeterReading, MeterUnknown

TABLE: Final = "energy_device_measures"
COLUMNS: Final = (
    *("id", "energy_device_id", "created_at", "kw_total", "hz"),
    *("p_l1", "p_l2", "p_l3", "v_l1", "v_l2", "v_l3", "a_l1", "a_l2", "a_l3"),
    *("kwh_l1", "kwh_l2", "kwh_l3"),
)
"""What is read of a row: all there is."""

FIRST_DAY: Final = datetime(2015, 1, 1, tzinfo=UTC)
"""Before Oppleo was: a clock that showed less was not set."""
_SLACK: Final = timedelta(days=1)
_ROUNDED_WH: Final = 200
"""Oppleo rounds each of four registers to a tenth of a kWh."""
_NO_REGISTER: Final = "Oppleo kept no register: its read had failed"


class ReadingMap:
    """Turns rows into readings, one after another.

    `now` is the moment of the import.  `last` is when each device was heard of last.
    """

    def __init__(
        self,
        clock: LocalClock,
        meters: Mapping[str, OppleoMeter],
        report: ImportReport,
        now: datetime,
    ) -> None:
        self._clock = clock
        self._meters = meters
        self._report = report
        self._latest = now + _SLACK
        self.last: dict[str, datetime] = {}
        self._before: dict[str, datetime] = {}
        self._register: dict[str, int] = {}
        self._nights: set[tuple[str, str]] = set()

    def map(self, row: Cells) -> MeterReading | MeterUnknown | None:
        """Return what a row says; None for one that cannot be placed, which is then refused."""
        device, shown = row[1], row[2]
        meter = self._meters.get(device or "")
        if meter is None or shown is None:
            self._refuse(row, "device-unknown", "is of no device that Oppleo knows")
            return None
        at = self._clock.quickly(shown) or self._slowly(row, meter.device, shown)
        if at is None or not FIRST_DAY <= at <= self._latest:
            self._refuse(row, "time-impossible", "bears a time that cannot be")
            return None
        self._before[meter.device] = at
        if at > self.last.get(meter.device, FIRST_DAY):
            self.last[meter.device] = at
        return self._reading(row, meter, at)

    def _reading(
        self, row: Cells, meter: OppleoMeter, at: datetime
    ) -> MeterReading | MeterUnknown | None:
        total, hz, *rest = _numbers(row[3:])
        if not total:
            self._remark(row, "flagged", "register-missing", "has no register: the read had failed")
            return MeterUnknown(meter.meter, at, _NO_REGISTER)
        energy_wh = round(total * 1000)
        if not 0 < energy_wh <= HIGHEST_REGISTER_WH:
            self._refuse(row, "register-impossible", "bears a register that no meter shows")
            return None
        count = meter.phases
        powers = _known(rest[0:count])
        if not powers:
            self._remark(row, "flagged", "power-missing", "has no power")
            return MeterUnknown(meter.meter, at, "Oppleo kept no power")
        self._watch(row, meter.device, energy_wh)
        return MeterReading(
            meter.meter,
            at,
            energy_wh,
            sum(powers),
            powers,
            _voltages(rest[3 : 3 + count]),
            _known(rest[6 : 6 + count]),
            hz or None,
            energy_phases_wh=_registers(rest[9:12], energy_wh) if count == 3 else (),
            energy_register="total",
        )

    def _slowly(self, row: Cells, device: str, shown: str) -> datetime | None:
        """Return the moment of a time that has none, or two, or is no time at all."""
        at = cells.moment(shown)
        if at is None:
            return None
        try:
            meant = self._clock.meant(at)
        except OverflowError:
            return None
        if not meant.exists:
            self._remark(
                row,
                "flagged",
                "hour-never-was",
                "bears a time of the hour that is left out in spring; it counts as one later",
            )
        elif meant.second is not None and (device, shown[:10]) not in self._nights:
            self._nights.add((device, shown[:10]))
            self._remark(
                row,
                "changed",
                "hour-came-twice",
                "is the first in the hour that comes twice; the order of the rows tells which",
            )
        return meant.after(self._before.get(device))

    def _watch(self, row: Cells, device: str, energy_wh: int) -> None:
        """See whether the register falls, by the order in which Oppleo kept the rows."""
        before = self._register.get(device, 0)
        if energy_wh < before:
            self._remark(
                row,
                "flagged",
                "register-fell",
                f"has a register of {energy_wh} Wh after one of {before} Wh: another meter, or "
                "rows out of order",
            )
        self._register[device] = energy_wh

    def _refuse(self, row: Cells, code: str, text: str) -> None:
        self._report.count(TABLE, "refused")
        self._remark(row, "refused", code, text)

    def _remark(self, row: Cells, verdict: Verdict, code: str, text: str) -> None:
        original = cells.filled(dict(zip(COLUMNS, row, strict=True)))
        self._report.remark(Remark(TABLE, row[0] or "", verdict, code, text, original))


def _numbers(texts: Cells) -> list[float | None]:
    """Return numbers, None for what is none; there are millions, and mostly all are."""
    try:
        found = [float(text) for text in texts]  # type: ignore[arg-type]
    except TypeError:
        found = []
    if found and math.isfinite(sum(found)):
        return found  # type: ignore[return-value]
    return [cells.number(text) for text in texts]


def _known(values: Iterable[float | None]) -> tuple[float, ...]:
    """Return values if all of them are known, else none."""
    found = tuple(values)
    return () if None in found else found  # type: ignore[return-value]


def _voltages(values: Iterable[float | None]) -> tuple[float, ...]:
    """Return voltages that were measured; of a meter on one phase that of this one."""
    found = _known(values)
    if not found or not found[0]:
        return ()
    if not any(found[1:]):
        return found[:1]
    return found if all(found) else ()


def _registers(values: Iterable[float | None], whole_wh: int) -> tuple[int, ...]:
    """Return what each phase has counted, in Wh; none where a read failed, or cannot be right."""
    found = tuple([round(value * 1000) for value in _known(values)])
    if not found or not all(0 <= wh <= HIGHEST_REGISTER_WH for wh in found):
        return ()
    if not all(found) and abs(sum(found) - whole_wh) > _ROUNDED_WH:
        return ()
    return found
