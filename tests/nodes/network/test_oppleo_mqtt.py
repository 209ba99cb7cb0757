"""`oppleo-mqtt`: what Oppleo's listeners hear, each row of its table, at a real broker."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from nodes.network.mqtt_broker import MqttBrokerConnection
from nodes.network.oppleo_mqtt import OppleoMqtt
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    Notification,
    OdometerMissing,
    OdometerSought,
    OffPeak,
    SessionBilled,
    SessionEnded,
    SessionLatched,
    SessionOdometer,
    SessionSettled,
    SessionStarted,
    SwitchState,
    VehicleState,
    VehicleUnknown,
)
from oppleo_flow.testing.bench import NOON, Bench
from tests.nodes.network.brokers import RealBroker, listener
from tests.nodes.network.oppleo_told import (
    ENDED,
    ID,
    READING,
    SESSION,
    STARTED,
    USAGE,
    VEHICLE,
    data,
)
from tests.nodes.store_site import CONNECTIONS, ledger_in, site_in
from tests.oppleo_flow.devices.mosquitto import PASSWORD, USER, Mosquitto

LATER = READING.with_(time=NOON + timedelta(minutes=5), energy_import_wh=1_235_567)
CHARGING = EvseState.sample(signal=EvseSignal.CHARGING)
STANDBY = EvseState.sample(signal=EvseSignal.STANDBY)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


def telling(tmp_path: Path, broker: Any, **config: Any) -> Bench:
    with ledger_in(tmp_path) as ledger:
        if not ledger.prices.all():
            price = PriceVersion(UUID(int=5), NOON - timedelta(days=1), Decimal("0.35"), "EUR")
            ledger.prices.add(price)
    return Bench(
        OppleoMqtt,
        {"broker": "broker", "store": "store", **config},
        connections={**CONNECTIONS, "broker": broker},
        site=site_in(tmp_path),
    )


def at(server: Mosquitto) -> Any:
    return (RealBroker, {"host": "127.0.0.1", "port": server.port})


@pytest.mark.parametrize(
    ("payloads", "told"),
    [
        pytest.param([READING], [data("oppleo/bench/usage/status_update", USAGE)], id="usage"),
        pytest.param(
            [
                MeterReading.sample(
                    power_phases_w=(3680.0,),
                    voltage_phases_v=(230.0,),
                    current_phases_a=(16.0,),
                    energy_phases_wh=(),
                    frequency_hz=None,
                )
            ],
            [
                data(
                    "oppleo/bench/usage/status_update",
                    {
                        **USAGE,
                        **{f"kwh_l{phase}": "None" for phase in (1, 2, 3)},
                        **{f"{what}_l{phase}": "None" for what in "apv" for phase in (2, 3)},
                        "hz": "None",
                    },
                )
            ],
            id="usage of one phase, without what nobody has read",
        ),
        pytest.param(
            [SessionStarted.sample()],
            [data(f"{SESSION}/charge_session_started", STARTED)],
            id="charge_session_started",
        ),
        pytest.param(
            [
                SessionStarted.sample(
                    uid="WEB-12345678",
                    trigger="web",
                    meter_start_wh=None,
                    meter_start_quality="unknown",
                ),
                SessionLatched.sample(),
            ],
            [
                data(
                    f"{SESSION}/charge_session_started",
                    {
                        **STARTED,
                        **{"rfid": "WEB-12345678", "trigger": "WEB"},
                        **dict.fromkeys(
                            ("start_value", "end_value", "total_energy", "total_price"), "None"
                        ),
                    },
                ),
                data(
                    f"{SESSION}/charge_session_data_update",
                    {**STARTED, "rfid": "WEB-12345678", "trigger": "WEB"},
                ),
            ],
            id="a session that began while the meter was silent",
        ),
        pytest.param(
            [SessionStarted.sample(trigger="auto"), SessionEnded.sample()],
            [
                data(f"{SESSION}/charge_session_started", {**STARTED, "trigger": "AUTO"}),
                data(f"{SESSION}/charge_session_ended", {**ENDED, "trigger": "AUTO"}),
            ],
            id="charge_session_ended",
        ),
        pytest.param(
            [SessionStarted.sample(), LATER],
            [
                data(f"{SESSION}/charge_session_started", STARTED),
                data(
                    "oppleo/bench/usage/status_update",
                    {**USAGE, "created_at": "15/01/2026, 13:05:00", "kw_total": "1235.6"},
                ),
                data(
                    f"{SESSION}/charge_session_data_update",
                    {
                        **STARTED,
                        **{"end_value": "1235.6", "total_energy": "1.0", "total_price": "0.35"},
                    },
                ),
            ],
            id="charge_session_data_update",
        ),
        pytest.param(
            [SessionEnded.sample(), SessionSettled.sample(), SessionBilled.sample()],
            [
                data(
                    f"{SESSION}/charge_session_ended",
                    {**ENDED, "tariff": "None", "total_price": "None"},
                ),
                data(
                    f"{SESSION}/charge_session_data_update",
                    {**ENDED, "tariff": "None", "total_price": "None", "total_energy": "10.02"},
                ),
                data(
                    f"{SESSION}/charge_session_data_update",
                    {**ENDED, "tariff": "None", "total_price": "3.5"},
                ),
            ],
            id="a bill that comes after the end, of a session whose start was not heard",
        ),
        pytest.param(
            [STANDBY, CHARGING, CHARGING, EvseUnknown.sample(), STANDBY],
            [
                (f"{SESSION}/charge_session_status_update", {"id": "bench", "status": 3}),
                (f"{SESSION}/charge_session_status_update", {"id": "bench", "status": 2}),
            ],
            id="charge_session_status_update",
        ),
        pytest.param(
            [
                SessionStarted.sample(),
                OdometerSought.sample(),
                OdometerSought.sample(attempt=2),
                SessionOdometer.sample(),
            ],
            [
                data(f"{SESSION}/charge_session_started", STARTED),
                data(
                    f"{SESSION}/odomoter_update_started",
                    {"status": "started", "chargeSessionId": ID},
                ),
                data(
                    f"{SESSION}/odomoter_update_ended",
                    {"status": "success", "chargeSessionId": ID},
                ),
                data(f"{SESSION}/charge_session_data_update", {**STARTED, "km": "42137"}),
            ],
            id="odomoter_update_started and ended",
        ),
        pytest.param(
            [OdometerMissing.sample()],
            [
                data(
                    f"{SESSION}/odomoter_update_ended",
                    {
                        "status": "failed",
                        "chargeSessionId": ID,
                        "code": 486,
                        "reason": "no answer",
                    },
                )
            ],
            id="an odometer that was not obtained",
        ),
        pytest.param(
            [OffPeak.sample(once=True), OffPeak.sample(once=True, until=NOON + timedelta(days=1))],
            [
                data(
                    f"{SESSION}/off_peak_status_update",
                    {"isOffPeak": True, "offPeakEnabled": True, "peakAllowOnePeriod": True},
                )
            ],
            id="off_peak_status_update",
        ),
        pytest.param(
            [
                VehicleState.sample(),
                SessionStarted.sample(),
                VehicleState.sample(),
                VehicleUnknown.sample(),
                SessionEnded.sample(),
            ],
            [
                data(f"{SESSION}/charge_session_started", STARTED),
                data(f"{SESSION}/vehicle_charge_status_update", VEHICLE),
                data(f"{SESSION}/charge_session_ended", ENDED),
                (f"{SESSION}/vehicle_charge_status_stopped", {"id": "bench"}),
            ],
            id="vehicle_charge_status_update and stopped",
        ),
        pytest.param(
            [
                SwitchState(on=False, reason="start"),
                SwitchState(on=True, reason="session"),
                SwitchState(on=True, reason="another session"),
            ],
            [
                ("oppleo/bench/evse_status/evse_disabled", {"id": "bench"}),
                ("oppleo/bench/evse_status/evse_enabled", {"id": "bench"}),
            ],
            id="evse_enabled and evse_disabled",
        ),
        pytest.param(
            [Notification("Opgeladen", "10,0 kWh für 'family'", priority=1)],
            [
                data(
                    "oppleo/bench/notification",
                    {"title": "Opgeladen", "message": "10,0 kWh für 'family'", "priority": 1},
                )
            ],
            id="notification",
        ),
        pytest.param([MeterUnknown.sample()], [], id="a silent meter is silence, and no zeros"),
    ],
)
def test_what_the_flow_has_is_told_as_oppleo_did(
    server: Mosquitto, tmp_path: Path, payloads: list[Any], told: list[Any]
) -> None:
    with listener(server.port) as ear, telling(tmp_path, at(server)) as on:
        for payload in payloads:
            on.send(payload)
        on.runtime.node("node")._broker.publish("over", b"0")
        assert ear.said(len(told) + 1)[:-1] == told
        assert not any(message.kept for message in ear.heard.told)
        assert on.run().faults == {}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"voltage_phases_v": (231.0, 231.0, 231.0), "frequency_hz": 50.1}, 1),
        ({"power_phases_w": (3680.04, 3680.0, 3680.0)}, 1),
        ({"power_phases_w": (3680.1, 3680.0, 3680.0)}, 2),
        ({"current_phases_a": (16.0, 16.0, 16.1)}, 2),
        ({"energy_import_wh": 1_234_667}, 2),
        ({"time": NOON + timedelta(hours=1)}, 1),
        ({"time": NOON + timedelta(hours=1, seconds=1)}, 2),
        ({"time": NOON + timedelta(hours=24, seconds=1)}, 2),
    ],
    ids=[
        *("voltage and frequency alone", "less than a tenth", "power", "current", "energy"),
        *("an hour", "more than an hour", "more than a day"),
    ],
)
def test_a_reading_is_told_when_oppleo_would_have_stored_it(
    tmp_path: Path, change: dict[str, Any], told: int
) -> None:
    with telling(tmp_path, (MqttBrokerConnection, {"host": "h"})) as on:
        heard = []
        on.runtime.node("node")._broker.subscribe("#", heard.append)
        on.send(READING)
        on.send(READING.with_(**change))
        assert len(heard) == told


def test_what_differs_from_oppleo_is_by_option(server: Mosquitto, tmp_path: Path) -> None:
    options = {"qos": 1, "retain": True, "charger_id": "laadpaal_noord", "absent": "0"}
    with telling(tmp_path, at(server), **options) as on:
        on.send(READING.with_(current_phases_a=(16.0,), power_phases_w=(3680.0,)))
        on.send(SessionStarted.sample())
    with listener(server.port) as ear:
        (kept,) = ear.wait_for(1)
        ((topic, said),) = ear.said(1)
        ear.broker.publish(topic, b"", retain=True)
    assert (topic, kept.kept) == ("oppleo/laadpaal_noord/usage/status_update", True)
    assert said["id"] == said["data"]["energy_device_id"] == "laadpaal_noord"
    assert (said["data"]["a_l1"], said["data"]["a_l2"]) == ("16.0", "0")


def test_while_the_broker_is_away_events_wait_over_a_restart_and_levels_do_not(
    tmp_path: Path,
) -> None:
    durable = {"durable": True, "state_path": tmp_path / "state.sqlite"}
    server = Mosquitto(tmp_path, password=True)
    broker = (
        RealBroker,
        {"host": "127.0.0.1", "port": server.port, "user": USER, "password": PASSWORD},
    )
    clock = VirtualClock(NOON)

    def bench() -> Bench:
        telling(tmp_path, broker)  # it makes the ledger
        return Bench(
            OppleoMqtt,
            {"broker": "broker", "store": "store"},
            connections={**CONNECTIONS, "broker": broker},
            site=site_in(tmp_path),
            clock=clock,
            **durable,
        )

    with bench() as on:
        on.send(SessionStarted.sample())
        on.send(READING)
        away = f"127.0.0.1:{server.port}: Connection refused; not sent: {SESSION}"
        assert on.run().faults == {"broker-away": f"{away}/charge_session_started"}
        assert on.run().status == "1 events wait for the broker"
    with (
        server,
        listener(server.port, user=USER, password=SecretStr(PASSWORD)) as ear,
        bench() as on,
    ):
        on.advance(0)
        on.send(SessionEnded.sample())
        assert ear.said(2) == [
            data(f"{SESSION}/charge_session_started", STARTED),
            data(f"{SESSION}/charge_session_ended", ENDED),
        ]
        assert on.run().faults == {}


def test_when_the_broker_comes_back_what_waited_is_told_in_order(tmp_path: Path) -> None:
    with telling(tmp_path, (MqttBrokerConnection, {"host": "h"})) as on:
        broker, heard = on.runtime.node("node")._broker._broker, []
        broker.subscribe("#", lambda message: heard.append(message.topic))
        broker.leave("gone fishing")
        on.send(SessionStarted.sample())
        on.send(READING)
        on.send(LATER)
        on.send(SessionEnded.sample())
        broker.leave(None)
        on.advance(0)
        assert heard == [
            f"{SESSION}/charge_session_started",
            f"{SESSION}/charge_session_ended",
            "oppleo/bench/usage/status_update",
        ]
        assert on.run().faults == {}
