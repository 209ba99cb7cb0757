"""What a session that is open has cost so far."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from oppleo_flow.payloads import MeterReading, SessionLatched, SessionStarted
from oppleo_flow.store.cost_so_far import CostSoFar, cost_so_far, prices_between
from tests.oppleo_flow.charging.prices import DUAL, FLAT

EDGE = datetime(2026, 1, 15, 22, 0, tzinfo=UTC)  # 23:00 in Amsterdam
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
STARTED = SessionStarted.sample(started_at=EDGE - HOUR, meter_start_wh=1_000)


def so_far(ledger, energy_wh, meter="meter"):
    session = ledger.sessions.get(STARTED.session_id)
    return cost_so_far(ledger, session, energy_wh, EDGE + HOUR, meter)


def test_without_a_price_it_is_not_known_what_a_session_costs_and_it_is_not_free(ledger):
    ledger.sessions.record(STARTED)
    found = so_far(ledger, 8_000)
    assert (found.amount, found.currency) == (None, None)


def test_at_one_price_it_costs_its_energy_times_that(ledger):
    ledger.prices.add(FLAT)
    ledger.sessions.record(STARTED)
    found = so_far(ledger, 8_000)
    assert found.amount == (FLAT.price_per_kwh * 8).quantize(Decimal("0.01"))
    assert found.currency == "EUR"


def test_what_flowed_before_the_cheap_hours_costs_what_it_cost_then(ledger):
    ledger.prices.add(DUAL)
    ledger.sessions.record(STARTED)
    ledger.readings.record(
        MeterReading.sample(time=EDGE + seconds * SECOND, energy_import_wh=energy_wh)
        for seconds, energy_wh in ((-5, 4_000), (5, 4_030))
    )
    measured, guessed = so_far(ledger, 8_000), so_far(ledger, 8_000, meter=None)
    peak, off_peak = prices_between(ledger, EDGE - HOUR, EDGE + HOUR)
    assert [one.energy_wh for one in measured.slices] == [3_015, 4_985]
    assert [one.energy_wh for one in guessed.slices] == [4_000, 4_000]
    exact = 3_015 * peak.per_kwh + 4_985 * off_peak.per_kwh
    assert measured == CostSoFar(
        (exact / 1000).quantize(Decimal("0.01")), "EUR", off_peak.per_kwh, measured.slices
    )


def test_a_session_that_waited_for_the_cheap_hours_is_told_their_price_before_anything_flows(
    ledger,
):
    ledger.prices.add(DUAL)
    ledger.sessions.record(STARTED)
    _, off_peak = prices_between(ledger, EDGE - HOUR, EDGE + HOUR)
    assert so_far(ledger, 0).per_kwh == off_peak.per_kwh


def test_until_a_late_start_register_is_known_the_cost_is_not_and_right_after_it_is(ledger):
    ledger.prices.add(DUAL)
    ledger.sessions.record(STARTED.with_(meter_start_wh=None))
    _, off_peak = prices_between(ledger, EDGE - HOUR, EDGE + HOUR)
    assert so_far(ledger, None) == CostSoFar(None, "EUR", off_peak.per_kwh)
    # Of before the session, and of the moment at which the meter spoke again.
    ledger.readings.record(
        MeterReading.sample(time=EDGE + minutes * MINUTE, energy_import_wh=energy_wh)
        for minutes, energy_wh in ((-90, 400), (30, 5_000))
    )
    ledger.sessions.record(
        SessionLatched(STARTED.session_id, EDGE + 30 * MINUTE, 5_000, meter_serial=None)
    )
    nothing, some = so_far(ledger, 0), so_far(ledger, 2_000)
    assert nothing.amount == Decimal("0.00")
    assert [(one.kind, one.energy_wh) for one in some.slices] == [("off-peak", 2_000)]
    assert some.amount == (off_peak.per_kwh * 2).quantize(Decimal("0.01"))
