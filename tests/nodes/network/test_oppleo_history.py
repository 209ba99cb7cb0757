"""`oppleo-history`: the readings of the past, once each and in their order."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nodes.network.mqtt_broker import MqttBrokerConnection
from nodes.network.oppleo_history import OppleoHistory
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import HistoryProgress, HistoryWish, MeterReading
from oppleo_flow.testing.bench import NOON, Bench
from tests.nodes.network.brokers import RealBroker, listener
from tests.nodes.store_site import CONNECTIONS, ledger_in, site_in
from tests.oppleo_flow.devices.mosquitto import Mosquitto

USAGE = "oppleo/bench/usage/status_update"
TURN = "oppleo/bench/mqtt/mqtt_send_history_"
SIMULATED = (MqttBrokerConnection, {"host": "h"})


def reading(second: int, meter: str = "meter") -> MeterReading:
    at = NOON - timedelta(days=1) + timedelta(seconds=second)
    return MeterReading.sample(
        meter=meter, time=at, energy_import_wh=1_000_000 + second, frequency_hz=None
    )


def bench(tmp_path: Path, *kept: MeterReading, broker: Any = SIMULATED, **options: Any) -> Bench:
    with ledger_in(tmp_path) as ledger:
        ledger.readings.record(kept)
    more = {name: options.pop(name) for name in ("durable", "state_path", "clock") & options.keys()}
    return Bench(
        OppleoHistory,
        {"broker": "broker", "store": "store", **options},
        connections={**CONNECTIONS, "broker": broker},
        site=site_in(tmp_path),
        **more,
    )


class Ear:
    """Hears at a simulated broker."""

    def __init__(self, on: Bench) -> None:
        self.broker = on.runtime.node("node")._broker._broker
        self.told: list[tuple[str, Any]] = []
        self.broker.subscribe("#", self._hear)

    def _hear(self, message: Any) -> None:
        self.told.append((message.topic, json.loads(message.payload)["data"]))

    @property
    def kwh(self) -> list[float]:
        return [row["kw_total"] for topic, rows in self.told if topic == USAGE for row in rows]

    @property
    def turns(self) -> list[tuple[str, int]]:
        return [
            (topic.removeprefix(TURN), said["processed"])
            for topic, said in self.told
            if topic != USAGE
        ]


def test_a_reading_of_the_past_is_a_row_of_numbers_at_a_real_broker(tmp_path):
    with (
        Mosquitto(tmp_path) as server,
        listener(server.port) as ear,
        bench(
            tmp_path,
            reading(0),
            broker=(RealBroker, {"host": "127.0.0.1", "port": server.port}),
        ) as on,
    ):
        on.send(HistoryWish("start"))
        on.advance(1)
        told = ear.said(3)
    row = {
        "energy_device_id": "bench",
        "created_at": "14/01/2026, 13:00:00",
        **dict.fromkeys(("kwh_l1", "kwh_l2", "kwh_l3"), 411.5),
        **dict.fromkeys(("a_l1", "a_l2", "a_l3"), 16.0),
        **dict.fromkeys(("p_l1", "p_l2", "p_l3"), 3680.0),
        **dict.fromkeys(("v_l1", "v_l2", "v_l3"), 230.0),
        "kw_total": 1000.0,
        "hz": None,
    }
    started = {"total": 1, "processed": 0, "remaining": 1}
    completed = {"total": 1, "processed": 1, "remaining": 0}
    assert told == [
        (f"{TURN}started", {"data": started, "id": "bench"}),
        (USAGE, {"data": [row], "id": "bench"}),
        (f"{TURN}completed", {"data": completed, "id": "bench"}),
    ]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.integers(0, 20_000), max_size=40),
    st.sets(st.integers(0, 20_000), max_size=10),
    st.integers(1, 7),
)
def test_each_reading_is_told_once_a_meter_after_the_other_in_order(
    tmp_path_factory, house, garage, batch
):
    tmp_path = tmp_path_factory.mktemp("history")
    kept = [*(reading(s, "house") for s in house), *(reading(s, "garage") for s in garage)]
    with bench(tmp_path, *kept, batch=batch) as on:
        ear = Ear(on)
        on.send(HistoryWish("start"))
        on.advance(60)
        told = [row["kw_total"] for topic, rows in ear.told if topic == USAGE for row in rows]
        total = len(house) + len(garage)
        expected = [
            round((1_000_000 + second) / 1000, 1)
            for one in (garage, house)
            for second in sorted(one)
        ]
        assert told == expected
        assert on.sent("progress")[-1] == HistoryProgress("completed", total, total)


def test_it_pauses_goes_on_and_is_cancelled(tmp_path):
    with bench(tmp_path, *(reading(s) for s in range(0, 5000, 100)), batch=10) as on:
        ear = Ear(on)
        on.send(HistoryWish("start"))
        on.advance(0.12)
        on.send(HistoryWish("pause"))
        on.advance(60)
        assert (len(ear.kwh), on.run().status) == (20, "paused: 20 of 50 readings told")
        on.send(HistoryWish("resume"))
        on.advance(0.07)
        on.send(HistoryWish("cancel"))
        on.advance(60)
        assert ear.turns == [("started", 0), ("paused", 20), ("started", 20), ("cancelled", 30)]
        assert ear.kwh == [1000 + n / 10 for n in range(30)]


def test_it_goes_on_after_a_restart_where_it_was(tmp_path):
    durable = {
        "durable": True,
        "state_path": tmp_path / "state.sqlite",
        "clock": VirtualClock(NOON),
    }
    kept = [reading(s) for s in range(0, 3000, 100)]
    with bench(tmp_path, *kept, batch=10, **durable) as on:
        before = Ear(on)
        on.send(HistoryWish("start"))
        on.advance(0.12)
    with bench(tmp_path, batch=10, **durable) as on:
        after = Ear(on)
        on.advance(60)
    assert (len(before.kwh), len(after.kwh)) == (20, 10)
    assert before.kwh + after.kwh == [1000 + n / 10 for n in range(30)]


def test_while_the_broker_is_away_it_waits(tmp_path):
    with bench(tmp_path, reading(0)) as on:
        ear = Ear(on)
        ear.broker.leave("gone fishing")
        on.send(HistoryWish("start"))
        on.advance(60)
        says = f"simulated broker: gone fishing; not sent: {USAGE}"
        assert on.run().faults == {"broker-away": says}
        ear.broker.leave(None)
        on.advance(30)
        assert (ear.kwh, on.run().faults) == ([1000.0], {})


def test_part_of_the_past_is_told_where_that_is_asked_for(tmp_path):
    with bench(tmp_path, *(reading(s) for s in range(0, 1000, 100))) as on:
        ear = Ear(on)
        day = NOON - timedelta(days=1)
        since, until = day + timedelta(seconds=200), day + timedelta(seconds=400)
        on.send(HistoryWish("start", since, until))
        on.advance(1)
        assert ear.kwh == [1000.2, 1000.3]


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (HistoryWish("pause"), "there is no history to pause; start it first"),
        (HistoryWish("resume"), "there is no history to resume; start it first"),
        (HistoryWish("cancel"), "there is no history to cancel; start it first"),
        (
            HistoryWish("start", NOON, NOON),
            "since: is not before until, got 2026-01-15T12:00:00+00:00",
        ),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(tmp_path, wish, says):
    with bench(tmp_path) as on:
        on.send(wish)
        assert [failure.message for failure in on.run().failures] == [says]
