from datetime import UTC, datetime, timedelta

from oppleo_flow.payloads import MeterReading
from oppleo_flow.store.exchange_rows import Exchange

START = datetime(2026, 1, 1, tzinfo=UTC)


def reading(hours: float, energy_wh: int, serial: str | None) -> MeterReading:
    at = START + timedelta(hours=hours)
    return MeterReading.sample(time=at, energy_import_wh=energy_wh, serial=serial)


def test_an_exchange_is_told_by_the_serial_number(ledger):
    old = [reading(0, 1_000, "A"), reading(1, 2_000, "A"), reading(1.5, 2_100, None)]
    new = [reading(2, 0, "B"), reading(3, 500, "B")]
    newest = [reading(4, 70_000, "C")]
    ledger.readings.record([*old, *new, *newest])
    until = START + timedelta(days=1)
    assert list(ledger.exchanges.between("meter", old[0], until)) == [
        Exchange(old[-1], new[0]),
        Exchange(new[-1], newest[0]),
    ]
    early = START + timedelta(hours=3)
    assert list(ledger.exchanges.between("meter", old[0], early)) == [Exchange(old[-1], new[0])]


def test_a_serial_number_that_is_read_later_is_no_exchange(ledger):
    first, second = reading(0, 1_000, None), reading(1, 2_000, "A")
    ledger.readings.record([first, second])
    assert list(ledger.exchanges.between("meter", first, START + timedelta(days=1))) == []
