"""Readings of a meter, so many seconds after a noon."""

from datetime import UTC, datetime, timedelta

from oppleo_flow.payloads import MeterReading

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def reading(
    second: float, energy_wh: int, power_w: float = 100.0, **values: object
) -> MeterReading:
    return MeterReading.sample(
        time=NOON + second * SECOND, energy_import_wh=energy_wh, power_w=power_w, **values
    )
