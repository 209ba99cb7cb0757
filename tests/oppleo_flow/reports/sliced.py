"""Sessions in several slices, for the tests of what a statement says."""

from dataclasses import replace
from datetime import UTC, datetime

from oppleo_flow.charging.price_parts import price_parts
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.slices import Mark, slice_energy
from oppleo_flow.charging.tariff import PriceVersion
from tests.oppleo_flow.reports.statements import session


def cut(number: int, version: PriceVersion, energy_wh: int = 12_345) -> SessionRecord:
    """Return a session of a night, priced by a version and cut where its price changes.

    It lasts from Friday 16 October 22:00, an hour before the off-peak hours, by the clock there.
    """
    friday = datetime(2026, 10, 16, 20, 0, tzinfo=UTC)
    whole = session(number, price=version, energy_wh=energy_wh, started_at=friday)
    assert whole.ended_at is not None
    parts = price_parts([version], whole.started_at, whole.ended_at)
    start = Mark(whole.started_at, whole.meter_start_wh)
    end = Mark(whole.ended_at, whole.meter_end_wh)
    edge = Mark(parts[0].until, whole.meter_start_wh + 2_000)
    return replace(whole, slices=slice_energy(start, end, parts, lambda at: (edge, None)))
