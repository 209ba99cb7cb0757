"""The ledger of a simulation held against the register; here the ledger is cooked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.cli.simulated_meter import MeterComparison, compare
from oppleo_flow.payloads import MeterReading, SessionEnded, SessionLatched, SessionStarted
from oppleo_flow.store import Ledger, StoreLocation, open_ledger

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
POWER_W = 3600.0  # a Wh each second


def register(at: datetime) -> float:
    return 1_234_567 + (at - NOON).total_seconds() * POWER_W / 3600


@pytest.fixture
def ledger(tmp_path) -> Iterator[Ledger]:
    """Return a ledger with a reading every ten seconds of an hour."""
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "cp") as opened:
        moments = [NOON + 10 * number * SECOND for number in range(360)]
        opened.readings.record(
            [MeterReading.sample(time=at, energy_import_wh=round(register(at))) for at in moments]
        )
        yield opened


def held(ledger: Ledger) -> MeterComparison:
    until = NOON + 3600 * SECOND
    return compare(ledger, ledger.sessions.between(NOON, until), register, NOON, until)


def ended(*, took_wh: int, start_wh: int = 1_234_667) -> SessionEnded:
    """Return the end of a session from 105 s to 1005 s, of which the last readings are older."""
    return SessionEnded.sample(
        started_at=NOON + 105 * SECOND,
        ended_at=NOON + 1005 * SECOND,
        meter_start_wh=start_wh,
        meter_end_wh=start_wh + took_wh,
        energy_wh=took_wh,
    )


def test_a_session_between_two_readings_agrees_with_the_register(ledger):
    ledger.sessions.record(ended(took_wh=900))
    found = held(ledger)

    assert (found.compared, found.largest_difference_wh, found.agrees) == (1, 0.0, True)
    assert (found.counted_wh, found.sessions_wh, found.outside_wh) == (3600, 900, 2700)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(ended(took_wh=902), id="an end that nobody read"),
        pytest.param(ended(took_wh=900, start_wh=1_234_660), id="a start that nobody read"),
    ],
)
def test_a_session_with_a_register_that_nobody_read_is_strange(ledger, event):
    ledger.sessions.record(event)
    found = held(ledger)

    assert not found.agrees
    assert [session.session_id for session in found.strange] == [event.session_id]


def test_a_late_start_counts_from_its_first_reading(ledger):
    begun = {"started_at": NOON + 105 * SECOND}
    ledger.sessions.record(
        SessionStarted.sample(meter_start_wh=None, meter_start_quality="unknown", **begun)
    )
    ledger.sessions.record(
        SessionLatched.sample(latched_at=NOON + 200 * SECOND, meter_start_wh=1_234_767)
    )
    ledger.sessions.record(ended(took_wh=800, start_wh=1_234_767))

    assert held(ledger).agrees


def test_what_is_under_way_is_counted_up_to_the_last_reading(ledger):
    ledger.sessions.record(
        SessionStarted.sample(started_at=NOON + 3005 * SECOND, meter_start_wh=1_237_567)
    )
    found = held(ledger)

    assert (found.under_way_wh, found.outside_wh) == (590, 3010)


@pytest.mark.parametrize(
    ("end_wh", "agrees"),
    [
        pytest.param(1_238_470, True, id="the meter showed it"),
        pytest.param(1_238_480, False, id="the meter had not come so far"),
        pytest.param(1_238_400, False, id="the meter had gone beyond it"),
    ],
)
def test_where_readings_are_lost_a_register_must_be_one_that_the_meter_showed(
    ledger, end_wh, agrees
):
    ledger.sessions.record(
        SessionEnded.sample(
            started_at=NOON + 105 * SECOND,
            ended_at=NOON + 3905 * SECOND,  # the last reading is from 3590 s
            meter_start_wh=1_234_667,
            meter_end_wh=end_wh,
            energy_wh=end_wh - 1_234_667,
        )
    )
    until = NOON + 4000 * SECOND
    found = compare(ledger, ledger.sessions.between(NOON, until), register, NOON, until)
    assert found.agrees is agrees
