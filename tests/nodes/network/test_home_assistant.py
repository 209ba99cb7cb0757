"""`home-assistant`: what it shows, what it takes back, and what it lets nobody do."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr, ValidationError

from nodes.network.home_assistant import HomeAssistant, HomeAssistantConfig
from nodes.network.mqtt_broker import MqttBrokerConnection
from oppleo_flow.charging.tokens import card_token
from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.mqtt import MqttMessage
from oppleo_flow.payloads import (
    CardSeen,
    CurrentRequest,
    EvseReport,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    OffPeak,
    PeakOnce,
    SessionBilled,
    SessionStatus,
    SwitchState,
    VehicleState,
)
from oppleo_flow.testing.bench import NOON, Bench
from tests.nodes.network.brokers import RealBroker, listener
from tests.nodes.store_site import CONNECTIONS, ledger_in, site_in
from tests.oppleo_flow.devices.authority import authority
from tests.oppleo_flow.devices.mosquitto import PASSWORD, USER, Mosquitto
from tests.oppleo_flow.devices.worlds import Waiter

BASE = "oppleo-flow/bench"
WILL = {"host": "h", "will": f"{BASE}/running"}
ALL = ("start", "stop", "peak-once", "current")
HOME = CardSeen("04A1B2C3", "19892716500", "start", "web")


def know_the_cards(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        if not ledger.tokens.all():
            for number, (uid, label) in enumerate(
                {"04A1B2C3": "home", "04D4E5F6": "office"}.items()
            ):
                ledger.tokens.add(card_token(UUID(int=number + 1), uid, label), NOON)


class Home:
    """The node on the bench, and the simulated broker that Home Assistant would be at."""

    def __init__(self, folder: Path, config: dict[str, Any], bench: dict[str, Any]) -> None:
        know_the_cards(folder)
        self.on = Bench(
            HomeAssistant,
            {"broker": "broker", "store": "store", **config},
            connections={**CONNECTIONS, "broker": (MqttBrokerConnection, WILL)},
            site=site_in(folder),
            **bench,
        )

    def __enter__(self) -> "Home":
        self.on.__enter__()
        self.broker: Any = self.on.runtime.node("node")._broker._broker
        self.told: list[tuple[str, str]] = []
        self.broker.subscribe("#", lambda one: self.told.append((one.topic, one.payload.decode())))
        self.on.advance(0)
        return self

    def __exit__(self, *error: object) -> None:
        self.on.__exit__(*error)

    def say(self, entity: str, text: str, *, retain: bool = False) -> None:
        """Ask for something, as Home Assistant does."""
        self.broker.publish(f"{BASE}/{entity}/set", text.encode(), retain=retain)
        self.on.advance(0)

    @property
    def states(self) -> dict[str, str]:
        """Return what each topic of its own said last."""
        return {
            topic.removeprefix(f"{BASE}/"): text
            for topic, text in self.told
            if topic.startswith(BASE)
            and not topic.endswith(("/set", "/available", "/running", "/known"))
        }

    @property
    def kept(self) -> set[str]:
        """Return the entities of which the broker has kept a discovery message."""
        return {topic.split("/")[-2] for topic in self.broker._kept if topic.endswith("/config")}


@pytest.fixture
def home(tmp_path: Path) -> Any:
    def make(*, bench: dict[str, Any] | None = None, **config: Any) -> Home:
        return Home(tmp_path, config, bench or {})

    return make


def test_what_the_flow_has_is_found_and_shown(home: Any) -> None:
    with home() as at:
        at.on.send(MeterReading.sample(), "meter")
        at.on.send(SessionStatus("charging", label="family", energy_wh=1_234), "session")
        at.on.send(SessionBilled.sample(), "bill")
        at.on.send(EvseState.sample(), "evse")
        at.on.send(SwitchState.sample(), "switch")
        at.on.send(OffPeak.sample(), "offpeak")
        at.on.send(EvseReport.sample(), "report")
        at.on.send(VehicleState.sample(), "vehicle")
        assert at.kept - {"oppleo_bench"} == set(at.states)
        assert {
            name: at.states[name] for name in ("energy", "session", "charging", "odometer")
        } == {
            **{"energy": "1234.567", "session": "charging", "charging": "on"},
            "odometer": "42137",
        }
        assert at.on.run().status == "29 entities"
        assert at.broker._kept[f"{BASE}/available"] == b"online"
    assert at.broker._kept[f"{BASE}/available"] == b"offline"


def test_only_what_changes_is_told_and_all_of_it_each_refresh(home: Any) -> None:
    with home(refresh="30s") as at:
        at.on.send(MeterReading.sample(), "meter")
        at.told.clear()
        at.on.send(MeterReading.sample(power_w=100.0), "meter")
        assert at.told == [(f"{BASE}/power", "100.0")]
        at.told.clear()
        at.on.advance(30)
        assert len(at.states) == 15


def test_a_silent_meter_is_unknown_and_so_is_an_old_reading(home: Any) -> None:
    with home(max_age="2m") as at:
        at.on.send(MeterReading.sample(time=NOON), "meter")
        at.on.advance(110)
        assert at.states["power"] == "11040.0"
        at.on.advance(80)
        assert set(at.states.values()) == {"None"}
        at.on.send(MeterReading.sample(time=NOON + timedelta(seconds=190)), "meter")
        assert at.states["power"] == "11040.0"
        at.on.send(MeterUnknown.sample(), "meter")
        assert set(at.states.values()) == {"None"}


def test_words_that_are_not_known_are_not_told_but_that_they_are_not(home: Any) -> None:
    with home() as at:
        at.on.send(EvseState.sample(), "evse")
        at.told.clear()
        at.on.send(EvseUnknown.sample(), "evse")
        assert at.told == [
            (f"{BASE}/evse_state/known", "offline"),
            (f"{BASE}/car_connected", "None"),
            (f"{BASE}/charging", "None"),
        ]
        at.told.clear()
        at.on.send(EvseState.sample(), "evse")
        assert at.told[:2] == [
            (f"{BASE}/evse_state", "charging"),
            (f"{BASE}/evse_state/known", "online"),
        ]


def test_an_entity_that_is_gone_is_taken_back(home: Any) -> None:
    with home() as at:
        at.on.send(MeterReading.sample(), "meter")
        assert "power_l3" in at.kept
        one = MeterReading.sample(
            power_phases_w=(1.0,),
            voltage_phases_v=(230.0,),
            current_phases_a=(1.0,),
            energy_phases_wh=(),
        )
        at.on.send(one, "meter")
        assert at.kept == {
            *("energy", "power", "frequency", "power_l1", "current_l1", "voltage_l1")
        }


def test_what_an_earlier_flow_left_at_the_broker_is_taken_back(home: Any) -> None:
    def topic(platform: str, of: str) -> str:
        return f"homeassistant/{platform}/{of}/config"

    mine, others = "oppleo_bench/odometer", "oppleo_other/odometer"
    phase = "oppleo_bench/power_l2"
    with home() as at:
        for one in (mine, others, phase):
            at.broker.publish(topic("sensor", one), b"{}", retain=True)
        at.broker.leave("gone")
        at.broker.leave(None)
        at.on.send(SwitchState.sample(), "switch")
        at.on.advance(11)
        left = {one for one in at.broker._kept if one.endswith("config")}
        assert left == {
            topic("sensor", others),
            topic("sensor", phase),  # nobody knows yet how many phases there are
            topic("binary_sensor", "oppleo_bench/switch"),
        }


@pytest.mark.parametrize("how", ["home assistant was born", "the broker came back"])
def test_all_is_told_anew_when_somebody_may_have_forgotten_it(home: Any, how: str) -> None:
    with home() as at:
        at.on.send(SwitchState.sample(), "switch")
        at.on.advance(5)
        at.told.clear()
        if how == "the broker came back":
            at.broker.leave("gone")
            at.broker._kept.clear()
            at.broker.leave(None)
        else:
            at.broker.publish("homeassistant/status", b"online")
        at.on.advance(0)
        assert at.kept == {"switch"}
        at.on.advance(2)
        assert at.states == {"switch": "on"}


def test_while_the_broker_is_away_that_is_a_fault_and_only_the_latest_is_told_later(
    home: Any,
) -> None:
    with home() as at:
        at.on.send(MeterReading.sample(), "meter")
        at.broker.leave("gone fishing")
        at.on.advance(0)
        assert at.on.run().faults == {"broker-away": "the broker is away: gone fishing"}
        for power_w in (1.0, 2.0, 3.0):
            at.on.send(MeterReading.sample(power_w=power_w), "meter")
        assert list(at.on.run().faults) == ["broker-away"]
        assert at.on.run().status == "waits for the broker"
        at.told.clear()
        at.broker.leave(None)
        at.on.advance(0)
        assert [text for topic, text in at.told if topic == f"{BASE}/power"] == ["3.0"]
        assert at.on.run().faults == {}


def test_a_connection_without_a_will_is_a_warning(tmp_path: Path) -> None:
    with Bench(
        HomeAssistant,
        {"broker": "broker"},
        connections={"broker": (MqttBrokerConnection, {"host": "h"})},
        site=site_in(tmp_path),
    ) as on:
        on.advance(0)
        assert on.run().status == ("the broker's connection has no will, so who dies seems to live")


def test_start_presents_the_card_that_was_chosen_also_after_a_restart(
    home: Any, tmp_path: Path
) -> None:
    bench = {"durable": True, "state_path": tmp_path / "state.sqlite", "clock": VirtualClock(NOON)}
    config = {"commands": ALL, "charge_as": ("home", "office")}
    with home(bench=bench, **config) as at:
        at.say("start", "PRESS")
        assert at.on.sent("card") == [HOME]
        at.say("charge_as", "office")
        assert at.states["charge_as"] == "office"
    with home(bench=bench, **config) as at:
        at.say("start", "PRESS")
        assert [card.uid for card in at.on.sent("card")] == ["04D4E5F6"]


@pytest.mark.parametrize(
    ("label", "uid"), [("office", "04D4E5F6"), ("guest", "04A1B2C3"), (None, "04A1B2C3")]
)
def test_stop_presents_the_card_of_the_session_only_if_it_may(
    home: Any, label: str | None, uid: str
) -> None:
    with home(commands=["stop"], charge_as=["home", "office"]) as at:
        at.on.send(SessionStatus("charging" if label else "idle", label=label), "session")
        at.say("stop", "PRESS")
        assert [(card.uid, card.wish) for card in at.on.sent("card")] == [(uid, "end")]


def test_leave_at_peak_and_a_limit_of_the_current_go_into_the_flow(home: Any) -> None:
    with home(commands=["peak-once", "current"], most_current_a=20) as at:
        at.say("peak_once", "on")
        at.say("peak_once", "off")
        at.say("current_limit", "20")
        at.say("current_limit", "6.0")
        assert at.on.sent("once") == [
            PeakOnce(True, "Home Assistant"),
            PeakOnce(False, "Home Assistant"),
        ]
        assert at.on.sent("current") == [
            CurrentRequest(20.0, "Home Assistant"),
            CurrentRequest(6.0, "Home Assistant"),
        ]


@pytest.mark.parametrize(
    ("entity", "text", "code", "says"),
    [
        ("start", "", "command-malformed", "PRESS is needed, got ''"),
        ("start", "press", "command-malformed", "PRESS is needed, got 'press'"),
        ("charge_as", "guest", "command-malformed", "home is needed, got 'guest'"),
        ("peak_once", "true", "command-malformed", "on or off is needed, got 'true'"),
        ("current_limit", "5.9", "command-malformed", "6 to 16 A are needed, got '5.9'"),
        ("current_limit", "16.1", "command-malformed", "6 to 16 A are needed, got '16.1'"),
        ("current_limit", "nan", "command-malformed", "6 to 16 A are needed, got 'nan'"),
        ("current_limit", "inf", "command-malformed", "6 to 16 A are needed, got 'inf'"),
        ("current_limit", "x" * 99, "command-malformed", f"6 to 16 A are needed, got '{'x' * 40}'"),
        ("reboot", "PRESS", "command-malformed", "there is no such command, got 'reboot'"),
        ("stop", "PRESS", "command-not-allowed", "stop is not among the node's commands"),
    ],
)
def test_a_command_that_is_not_plain_is_a_fault_and_nothing_else(
    home: Any, entity: str, text: str, code: str, says: str
) -> None:
    with home(commands=["start", "peak-once", "current"], charge_as=["home"]) as at:
        at.say(entity, text)
        assert at.on.run().faults == {code: f"{BASE}/{entity}/set: {says}"}
        assert [at.on.sent(port) for port in ("card", "once", "current")] == [[], [], []]
        at.on.advance(599)
        assert list(at.on.run().faults) == [code]
        at.on.advance(1)
        assert at.on.run().faults == {}


def test_a_good_command_ends_the_fault_of_a_bad_one(home: Any) -> None:
    with home(commands=["start"], charge_as=["home"]) as at:
        at.say("start", "x")
        at.say("start", "PRESS")
        assert (at.on.run().faults, at.on.sent("card")) == ({}, [HOME])


def test_a_card_that_the_ledger_does_not_have_is_a_fault(home: Any) -> None:
    with home(commands=["start"], charge_as=["nobody"]) as at:
        at.say("start", "PRESS")
        assert at.on.run().faults == {
            "card-unknown": f"{BASE}/start/set: one card labelled 'nobody' is needed, the ledger "
            "has 0; `oppleo-flow tokens` lists them"
        }


def test_none_is_obeyed_unless_the_flow_allows_it(home: Any) -> None:
    with home() as at:
        for entity, text in {"start": "PRESS", "peak_once": "on", "current_limit": "8"}.items():
            at.say(entity, text)
        assert list(at.on.run().faults) == ["command-not-allowed"]
        assert [at.on.sent(port) for port in ("card", "once", "current")] == [[], [], []]
        assert at.kept == set()


@pytest.mark.parametrize("missing", [{"charge_as": ("home",)}, {"store": "store"}])
def test_start_needs_the_store_and_the_cards_it_may_present(missing: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="start and stop need store and charge_as"):
        HomeAssistantConfig(broker="broker", commands=("start",), **missing)


def test_a_start_that_the_broker_kept_charges_nobody_after_a_reboot(tmp_path: Path) -> None:
    """At a real broker, with certificate and password."""
    know_the_cards(tmp_path)
    certificate, key = authority(tmp_path).sign()
    secret = {"user": USER, "password": SecretStr(PASSWORD)}
    encrypted = {"tls": True, "ca_file": str(tmp_path / "authority.pem"), **secret}
    tls = f"certfile {certificate}\nkeyfile {key}"
    with (
        Mosquitto(tmp_path, password=True, more=tls) as server,
        listener(server.port, **encrypted) as ear,
    ):
        ear.broker.publish(f"{BASE}/start/set", b"PRESS", retain=True)
        options = {"host": "127.0.0.1", "port": server.port, "will": f"{BASE}/running"}
        with Bench(
            HomeAssistant,
            {"broker": "broker", "store": "store", "commands": ALL, "charge_as": ("home",)},
            connections={**CONNECTIONS, "broker": (RealBroker, {**options, **encrypted})},
            site=site_in(tmp_path),
        ) as on:
            commands = Waiter()
            on.runtime.node("node")._broker.subscribe(f"{BASE}/+/set", commands)  # as it does
            on.advance(0)
            ear.wait_for_topic("homeassistant/button/oppleo_bench/start/config")
            ear.wait_for_topic(f"{BASE}/available", b"online")
            ear.broker.publish(f"{BASE}/stop/set", b"not a press")
            commands.wait_for(lambda told: told[-1:] and told[-1].payload == b"not a press")
            assert commands.told[0] == MqttMessage(f"{BASE}/start/set", b"PRESS", kept=True)
            on.advance(0)
            assert on.sent("card") == []
            assert list(on.run().faults) == ["command-malformed"]
        ear.wait_for_topic(f"{BASE}/available", b"offline")
        ear.wait_for_topic(f"{BASE}/running", b"offline")
