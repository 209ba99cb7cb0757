from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from nodes.storage.ledger import LedgerNode
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.payloads import (
    BilledPart,
    MarketPrices,
    MeterReading,
    MeterUnknown,
    SessionBilled,
    SessionEnded,
    SessionLatched,
    SessionSettled,
    SessionStarted,
)
from oppleo_flow.store.reading_rows import Silence
from oppleo_flow.testing import Bench
from oppleo_flow.testing.bench import NOON
from tests.nodes.store_site import CONNECTIONS, ledger_in, rename_table, site_in

SECOND = timedelta(seconds=1)
UNTIL = NOON + 1000 * SECOND


@pytest.fixture
def ledger(tmp_path):
    with ledger_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def bench(tmp_path):
    def made(*, on_error: OnError | None = None, **settings) -> Bench:
        config = {"store": "store", "batch": "2s", **settings}
        more = {} if on_error is None else {"on_error": on_error}
        return Bench(LedgerNode, config, connections=CONNECTIONS, site=site_in(tmp_path), **more)

    return made


def reading(second: int) -> MeterReading:
    return MeterReading.sample(time=NOON + second * SECOND, energy_import_wh=1_234_567 + second)


def test_the_events_of_a_session_are_written_at_once(ledger, bench):
    with bench() as on:
        on.send(
            SessionStarted.sample(meter_start_wh=None, meter_start_quality="unknown"), "session"
        )
        assert ledger.sessions.open().meter_start_wh is None
        on.send(SessionLatched.sample(), "session")
        assert ledger.sessions.open().meter_start_quality == "late"
        on.send(SessionEnded.sample(), "session")
        assert ledger.sessions.open() is None
        assert ledger.sessions.latest(1)[0].energy_wh == 10_000


def test_an_event_that_comes_twice_is_kept_once(ledger, bench):
    with bench() as on:
        on.send(SessionEnded.sample(), "session")
        on.send(SessionEnded.sample(), "session")
        assert on.run().failures == []
    assert len(ledger.sessions.latest(10)) == 1


def test_a_reading_that_comes_alone_is_written_at_once(ledger, bench):
    with bench() as on:
        for second in (0, 10):
            on.send(reading(second), "reading")
            assert ledger.readings.latest("meter") == reading(second)
            on.advance(10)


def test_readings_that_follow_one_upon_the_other_are_written_together(ledger, bench):
    with bench() as on:
        for second in range(4):
            on.send(reading(second), "reading")
        assert ledger.readings.between("meter", NOON, UNTIL) == [reading(0)]
        on.advance(2)
        assert ledger.readings.between("meter", NOON, UNTIL) == [reading(n) for n in range(4)]


def test_what_waits_is_written_when_the_node_stops(ledger, bench):
    with bench() as on:
        on.send(reading(0), "reading")
    assert ledger.readings.latest("meter") == reading(0)


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        pytest.param({}, [0, 3600, 3630], id="the first and the last that are equal, one an hour"),
        pytest.param({"keep_readings": "all"}, [*range(0, 3650, 10)], id="all, if told so"),
    ],
)
def test_the_readings_that_are_kept(ledger, bench, settings, seconds):
    with bench(**settings) as on:
        for second in range(0, 3640, 10):
            on.send(MeterReading.sample(time=NOON + second * SECOND), "reading")
            on.advance(10)
        on.send(reading(3640), "reading")
    kept = ledger.readings.between("meter", NOON, NOON + timedelta(days=1))
    assert [one.time for one in kept] == [NOON + second * SECOND for second in [*seconds]] + (
        [] if settings else [NOON + 3640 * SECOND]
    )


def test_what_is_left_out_is_written_with_what_happens_to_a_session(ledger, bench):
    equal = [MeterReading.sample(time=NOON + second * SECOND) for second in range(0, 30, 10)]
    with bench() as on:
        for one in equal:
            on.send(one, "reading")
        on.send(SessionStarted.sample(started_at=NOON + 30 * SECOND), "session")
        assert ledger.readings.between("meter", NOON, UNTIL) == [equal[0], equal[2]]


def old_readings(ledger) -> list[int]:
    """Return when the readings were that are left of those of an hour two months ago."""
    start = NOON - timedelta(days=62)
    found = ledger.readings.between("meter", start, start + timedelta(hours=1))
    return [int((one.time - start) / SECOND) for one in found]


def write_old_readings(ledger) -> None:
    start = NOON - timedelta(days=62)
    ledger.readings.record(
        [
            MeterReading.sample(time=start + minute * 60 * SECOND, energy_import_wh=minute)
            for minute in range(60)
        ]
    )
    ledger.readings.record([reading(0)])


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        pytest.param({}, [*range(0, 3600, 60)], id="for ever"),
        pytest.param({"keep_months": 3}, [*range(0, 3600, 60)], id="not as old"),
        pytest.param({"keep_months": 1}, [0, 840, 1740, 2640, 3540], id="old"),
    ],
)
def test_readings_that_are_old_make_room(ledger, bench, settings, left):
    write_old_readings(ledger)
    with bench(**settings) as on:
        on.advance(7200)
    assert old_readings(ledger) == left


def test_no_reading_goes_by_a_clock_that_nobody_has_told_the_time(ledger, bench):
    write_old_readings(ledger)
    with bench(keep_months=1) as on:
        on.clock.trusted = False
        on.advance(7200)
        assert len(old_readings(ledger)) == 60
        on.clock.trusted = True
        on.advance(86_400)
        assert len(old_readings(ledger)) == 5


def test_a_silent_meter_is_a_gap_and_not_a_number(ledger, bench):
    silent = MeterUnknown("meter", NOON + 10 * SECOND, "unit 1: no answer")
    with bench() as on:
        for payload in (reading(0), silent, silent, reading(40)):
            on.send(payload, "reading")
    assert ledger.readings.between("meter", NOON, UNTIL) == [reading(0), reading(40)]
    assert ledger.readings.silences("meter", NOON, UNTIL) == [
        Silence("meter", NOON + 10 * SECOND, NOON + 40 * SECOND, "unit 1: no answer")
    ]


def test_readings_that_cannot_be_written_wait_until_they_can(ledger, bench, tmp_path):
    with bench(on_error=OnError(then="drop")) as on:
        rename_table(tmp_path, "readings", "elsewhere")
        on.send(reading(0), "reading")
        assert [failure.message for failure in on.sent("error")] == [
            f"{tmp_path}/ledger.sqlite: no such table: readings"
        ]
        rename_table(tmp_path, "elsewhere", "readings")
        on.send(reading(1), "reading")
        on.advance(2)
        assert ledger.readings.between("meter", NOON, UNTIL) == [reading(0), reading(1)]


def test_readings_that_could_not_be_written_are_when_no_more_come(ledger, bench, tmp_path):
    with bench(on_error=OnError(then="drop")) as on:
        rename_table(tmp_path, "readings", "elsewhere")
        on.send(reading(0), "reading")
        on.advance(2)
        rename_table(tmp_path, "elsewhere", "readings")
        on.advance(2)
        assert ledger.readings.between("meter", NOON, UNTIL) == [reading(0)]


def test_what_cannot_be_written_is_a_failure_once_and_a_fault_as_long_as_it_is(
    ledger, bench, tmp_path
):
    with bench(on_error=OnError(then="drop")) as on:
        rename_table(tmp_path, "readings", "elsewhere")
        for second in range(0, 600, 10):
            on.send(reading(second), "reading")
            on.advance(10)
            assert "not-written" in on.run().faults
        assert len(on.sent("error")) == 1
        rename_table(tmp_path, "elsewhere", "readings")
        on.advance(60)
        assert on.run().faults == {}
    assert len(ledger.readings.between("meter", NOON, UNTIL)) == 60


def test_an_event_that_cannot_be_written_is_tried_again(ledger, bench, tmp_path):
    with bench(on_error=OnError(retry=1, backoff_min_s=5.0)) as on:
        rename_table(tmp_path, "session_started", "elsewhere")
        on.send(SessionStarted.sample(), "session")
        rename_table(tmp_path, "elsewhere", "session_started")
        on.advance(10)
        assert on.sent("error") == []
    assert ledger.sessions.open().label == "family"


def test_what_contradicts_the_ledger_is_a_failure(ledger, bench, tmp_path):
    with bench() as on:
        on.send(SessionEnded.sample(), "session")
        on.send(SessionEnded.sample(energy_wh=9, meter_end_wh=1_234_576), "session")
        (failure,) = on.sent("error")
    assert failure.message == (
        f"{tmp_path}/ledger.sqlite: session 00000000-0000-4000-8000-000000000001: "
        "has ended already, with other figures; what is written is not changed"
    )
    assert ledger.sessions.latest(1)[0].energy_wh == 10_000


def test_of_too_many_readings_that_wait_the_oldest_are_lost_and_that_is_said(ledger, bench, caplog):
    with bench() as on:
        node = on.node
        for second in range(10_002):
            node.on_reading(reading(second))
        on.advance(2)
    found = ledger.readings.between("meter", NOON, NOON + timedelta(days=1))
    assert [found[0], found[1], found[-1]] == [reading(0), reading(2), reading(10_001)]
    assert len(found) == 10_001
    assert "readings lost while none could be written: 1" in caplog.text


def test_the_readings_that_wait_cut_the_energy_of_the_session_that_ends(ledger, bench):
    ledger.prices.add(PriceVersion(UUID(int=1), NOON - SECOND, Decimal("0.30"), "EUR"))
    ledger.prices.add(PriceVersion(UUID(int=2), NOON + 2 * SECOND, Decimal("0.40"), "EUR"))
    with bench() as on:
        on.send(SessionStarted.sample(meter_start_wh=1_000), "session")
        for second, energy_wh in ((0, 1_000), (2, 1_300), (3, 1_400)):
            on.send(reading(second).with_(energy_import_wh=energy_wh), "reading")
        on.send(
            SessionEnded.sample(
                ended_at=NOON + 4 * SECOND,
                meter_start_wh=1_000,
                meter_end_wh=1_500,
                energy_wh=500,
            ),
            "session",
        )
        (session,) = ledger.sessions.latest(1)
        assert [(one.energy_wh, one.estimated) for one in session.slices] == [
            (300, False),
            (200, False),
        ]


def test_market_prices_are_kept_for_the_sessions_that_go_by_them(ledger, bench):
    told = MarketPrices.sample()
    with bench() as on:
        on.send(told, "prices")
        on.send(told, "prices")
        (slot,) = ledger.market.between("day-ahead", "EUR", NOON, UNTIL)
    assert slot == told.slots[0]


def test_sessions_by_a_clock_that_nobody_has_told_the_time_are_dated_when_somebody_does(
    ledger, bench
):
    """D11 of the original: a Pi without a clock dates a session wrongly, for good."""
    with bench() as on:
        on.clock.trusted = False
        stamp = on.clock.instant()
        event = {"clock_uncertain": True, "stamp": stamp}
        on.send(SessionStarted.sample(started_at=NOON, **event), "session")
        on.send(SessionEnded.sample(started_at=NOON, ended_at=NOON, **event), "session")
        on.advance(3600)
        assert ledger.sessions.latest(1)[0].clock_uncertain
        on.clock.set_wall(NOON + timedelta(days=3, hours=1))
        on.clock.trusted = True
        on.advance(10)
        (session,) = ledger.sessions.latest(1)
        assert (session.started_at, session.clock_uncertain) == (NOON + timedelta(days=3), False)


def test_what_a_session_costs_is_told_when_it_has_ended_and_again_when_it_is_settled(ledger, bench):
    ledger.prices.add(PriceVersion(UUID(int=1), NOON - SECOND, Decimal("0.35"), "EUR"))
    ended = SessionEnded.sample()
    with bench() as on:
        on.send(SessionStarted.sample(), "session")
        assert on.sent("billed") == []
        on.send(ended.with_(meter_end_wh=None, energy_wh=None), "session")
        on.send(SessionSettled.sample(meter_end_wh=1_244_567, energy_wh=10_000), "session")
        unknown, bill = on.sent("billed")
    assert (unknown.amount, unknown.parts) == (None, ())
    assert bill == SessionBilled(
        session_id=ended.session_id,
        label="family",
        started_at=NOON,
        ended_at=ended.ended_at,
        energy_wh=10_000,
        amount=Decimal("3.50"),
        currency="EUR",
        parts=(BilledPart(NOON, ended.ended_at, 10_000, "flat", Decimal("0.35"), estimated=False),),
        flags=("late-end",),
    )
