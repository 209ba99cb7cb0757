from datetime import timedelta
from uuid import UUID

import pytest

from nodes.charging.charge_session import ChargeSession
from oppleo_flow.payloads import (
    Authorised,
    EvseSignal,
    EvseState,
    MeterReading,
    MeterUnknown,
    Rejected,
    SessionEnded,
    SessionStatus,
    SwitchRequest,
)
from oppleo_flow.testing import Bench
from oppleo_flow.testing.bench import NOON

CARD = Authorised.sample()
OTHER = Authorised(UUID(int=2), "04D4E5F6", "guest")
OFF = SwitchRequest(on=False, reason="no session")
ON = SwitchRequest(on=True, reason="session of 'family'")
SILENT = MeterUnknown("meter", NOON, "unit 1: no answer")


def bench(**settings) -> Bench:
    return Bench(ChargeSession, **settings)


def measure(on: Bench, energy_wh: int, **values) -> None:
    on.send(MeterReading.sample(energy_import_wh=energy_wh, time=on.clock.now(), **values), "meter")


def swipe(on: Bench, card: Authorised = CARD) -> None:
    on.send(card, "token")


def test_without_a_session_the_switch_is_asked_to_be_off():
    with bench() as on:
        assert on.sent("request") == [OFF]
        assert on.sent("status") == [SessionStatus("idle")]
        assert on.run().status == "idle"


def test_a_card_starts_a_session_at_the_meters_register():
    with bench() as on:
        measure(on, 1_000)
        swipe(on)
        (started,) = on.sent("started")
        assert (started.label, started.started_at) == ("family", NOON)
        assert (started.meter_start_wh, started.meter_start_quality) == (1_000, "measured")
        assert on.sent("request") == [OFF, ON]
        assert on.sent("status")[-1] == SessionStatus(
            "ready", started.session_id, "family", NOON, 0
        )


def test_the_same_card_ends_it_and_its_energy_is_what_the_meter_counted():
    with bench() as on:
        measure(on, 1_000)
        swipe(on)
        on.advance(3600)
        measure(on, 12_000)
        swipe(on)
        (started,) = on.sent("started")
        assert on.sent("ended") == [
            SessionEnded(
                session_id=started.session_id,
                token_id=CARD.token_id,
                uid=CARD.uid,
                label="family",
                started_at=NOON,
                ended_at=NOON + timedelta(hours=1),
                meter_start_wh=1_000,
                meter_end_wh=12_000,
                meter_end_quality="measured",
                energy_wh=11_000,
                reason="card",
            )
        ]
        assert on.sent("request") == [OFF, ON, OFF]
        assert on.sent("status")[-1] == SessionStatus("idle")


def test_a_second_session_is_another_one():
    with bench() as on:
        for _ in range(4):
            swipe(on)
            on.advance(1)
        first, second = on.sent("started")
        assert first.session_id != second.session_id


def test_another_card_is_refused_while_a_session_is_under_way():
    with bench() as on:
        measure(on, 1_000)
        swipe(on)
        swipe(on, OTHER)
        assert on.sent("refused") == [Rejected("04D4E5F6", "other-session")]
        assert on.sent("ended") == []
        assert on.sent("request")[-1] == ON


def test_a_card_that_may_only_end_its_session_starts_none():
    card = CARD.with_(only_ends="disabled")
    with bench() as on:
        swipe(on, card)
        assert on.sent("refused") == [Rejected(CARD.uid, "disabled")]
        assert on.sent("started") == []
        assert on.sent("request") == [OFF]


def test_a_card_that_may_only_end_its_session_ends_it():
    with bench() as on:
        swipe(on)
        swipe(on, CARD.with_(only_ends="expired"))
        assert len(on.sent("ended")) == 1


def test_a_session_that_starts_while_the_meter_is_silent_takes_its_register_late():
    with bench() as on:
        on.send(SILENT, "meter")
        swipe(on)
        (started,) = on.sent("started")
        assert (started.meter_start_wh, started.meter_start_quality) == (None, "unknown")
        assert on.sent("status")[-1].energy_wh is None
        on.advance(60)
        measure(on, 5_000)
        measure(on, 6_000)
        (latched,) = on.sent("latched")
        assert (latched.session_id, latched.meter_start_wh) == (started.session_id, 5_000)
        assert latched.latched_at == NOON + timedelta(minutes=1)
        swipe(on)
        assert on.sent("ended")[0].energy_wh == 1_000


@pytest.mark.parametrize("silence", [SILENT, None], ids=["the meter says so", "nothing comes"])
def test_a_session_that_ends_while_the_meter_is_silent_has_an_unknown_energy(silence):
    with bench() as on:
        measure(on, 1_000)
        swipe(on)
        on.advance(61)
        if silence is not None:
            on.send(silence, "meter")
        swipe(on)
        (ended,) = on.sent("ended")
        assert (ended.meter_start_wh, ended.meter_end_wh, ended.energy_wh) == (1_000, None, None)
        assert ended.meter_end_quality == "unknown"


def test_a_reading_that_is_too_old_is_no_start_register():
    with bench(config={"reading_max_age": "30s"}) as on:
        measure(on, 1_000)
        on.advance(31)
        swipe(on)
        assert on.sent("started")[0].meter_start_wh is None


@pytest.mark.parametrize(
    ("between", "serial"),
    [
        pytest.param((900, 3_000), "A", id="the register fell"),
        pytest.param((2_000, 1_500, 3_000), "A", id="it fell, but not below the start"),
        pytest.param((2_000, 3_000), "B", id="the meter was exchanged"),
    ],
)
def test_a_register_that_cannot_be_compared_makes_the_energy_unknown(between, serial):
    with bench() as on:
        measure(on, 1_000, serial="A")
        swipe(on)
        for energy_wh in between:
            measure(on, energy_wh, serial=serial)
        swipe(on)
        (ended,) = on.sent("ended")
        assert (ended.energy_wh, ended.meter_end_quality) == (None, "unknown")


def test_the_status_follows_the_car_and_the_meter():
    with bench() as on:
        measure(on, 1_000)
        swipe(on)
        for signal in (EvseSignal.ACCESS_OFF, EvseSignal.CONNECTED, EvseSignal.CHARGING):
            on.send(EvseState(signal, NOON), "plug")
        measure(on, 3_500)
        phases = [(one.phase, one.energy_wh) for one in on.sent("status")]
        assert phases == [
            *(("idle", None), ("ready", 0), ("waiting", 0), ("ready", 0)),
            *(("charging", 0), ("charging", 2_500)),
        ]
        assert on.run().status == "charging, 'family', 2.5 kWh"


def test_a_status_that_stays_the_same_is_not_told_again():
    with bench() as on:
        for _ in range(5):
            measure(on, 1_000)
        assert on.sent("status") == [SessionStatus("idle")]


def test_a_session_survives_a_restart(tmp_path):
    state = tmp_path / "state.sqlite"
    with bench(durable=True, state_path=state) as on:
        measure(on, 1_000)
        swipe(on)
        (started,) = on.sent("started")
    with bench(durable=True, state_path=state) as on:
        assert on.sent("request") == [ON]
        assert on.sent("status")[-1].session_id == started.session_id
        measure(on, 9_000)
        swipe(on)
        (ended,) = on.sent("ended")
        assert (ended.session_id, ended.energy_wh) == (started.session_id, 8_000)


def test_a_session_whose_register_is_unknown_survives_a_restart_as_that(tmp_path):
    state = tmp_path / "state.sqlite"
    with bench(durable=True, state_path=state) as on:
        swipe(on)
    with bench(durable=True, state_path=state) as on:
        measure(on, 9_000)
        assert on.sent("latched")[0].meter_start_wh == 9_000


def test_two_runs_of_the_same_make_the_same_ids():
    ids = []
    for _ in range(2):
        with bench() as on:
            swipe(on)
            ids.append(on.sent("started")[0].session_id)
    assert ids[0] == ids[1]
