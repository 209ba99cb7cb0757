"""The energy of a session in slices, one for each price, cut by the meter's own registers.

The register at an edge is that of a reading of this very moment.  Else it lies on the straight line
between the last reading before and the first one after, rounded down to a whole Wh.  Those two are
usually seconds apart.  Where they are more than a minute apart and differ, the slices on both
sides are marked as estimated.  So a gap in the readings that no edge lies in changes nothing, and
one in which the power was steady no more than the meter's own resolution.

The sum of the slices is always the end register less the start register.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from oppleo_flow.charging.price_parts import PricePart, TariffKind
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.immutable import immutable

NEAR = timedelta(minutes=1)
"""How far apart the readings around an edge may be for a register that counts as read."""


@immutable
class Mark:
    """A register of the meter at a moment."""

    time: datetime
    energy_wh: int


@immutable
class EnergySlice:
    """A part of a session's energy, with the registers that bound it and its price.

    `estimated`: a register lies between readings that are far apart.  `per_kwh` is None where the
    price is unknown.
    """

    since: datetime
    until: datetime
    start_wh: int
    end_wh: int
    kind: TariffKind
    version: PriceVersion | None
    per_kwh: Decimal | None
    estimated: bool = False

    @property
    def energy_wh(self) -> int:
        """Return its energy."""
        return self.end_wh - self.start_wh


Around = Callable[[datetime], tuple[Mark | None, Mark | None]]
"""The last reading at or before a moment, and the first one after it."""


def slice_energy(
    start: Mark, end: Mark, parts: Sequence[PricePart], around: Around
) -> tuple[EnergySlice, ...]:
    """Return the energy between two registers, cut where the price changes.

    `parts` are the prices from the start to the end.  Slices in which nothing was used are left
    out; of a session that used nothing the first stays.
    """
    slices = []
    at_wh, was_estimated = start.energy_wh, False
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        cut_wh, estimated = end.energy_wh, False
        if following is not None:
            cut_wh, estimated = _register_at(following.since, start, end, around)
            cut_wh = max(cut_wh, at_wh)
        made = EnergySlice(
            part.since,
            part.until,
            at_wh,
            cut_wh,
            part.kind,
            part.version,
            part.per_kwh,
            estimated or was_estimated,
        )
        slices.append(made)
        at_wh, was_estimated = cut_wh, estimated
    return tuple(one for one in slices if one.energy_wh) or tuple(slices[:1])


def _register_at(edge: datetime, start: Mark, end: Mark, around: Around) -> tuple[int, bool]:
    """Return the register at an edge, and whether it is no more than an estimate."""
    if edge <= start.time:
        return start.energy_wh, False
    if edge >= end.time:
        return end.energy_wh, False
    before, after = around(edge)
    before = start if before is None or before.time < start.time else before
    after = end if after is None or after.time > end.time else after
    low, high = before.energy_wh, after.energy_wh
    if not start.energy_wh <= low <= high <= end.energy_wh:
        before, after = start, end
        low, high = start.energy_wh, end.energy_wh
    span = after.time - before.time
    cut_wh = low + (high - low) * (edge - before.time) // span
    return cut_wh, span > NEAR and low != high and edge != before.time
