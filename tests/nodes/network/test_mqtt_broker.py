"""`mqtt-broker`: the broker inside when simulated, the real one otherwise."""

import gc
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from nodes.network.mqtt_broker import MqttBrokerConfig, MqttBrokerConnection
from oppleo_flow import DeviceMissing, SystemClock, VirtualClock
from oppleo_flow.devices.mqtt import MqttBroker, MqttMessage
from oppleo_flow.devices.world import Wiring, World
from oppleo_flow.errors import ServiceError
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.testing.bench import NOON, BenchSite
from tests.oppleo_flow.devices.authority import authority
from tests.oppleo_flow.devices.mosquitto import PASSWORD, USER, Mosquitto
from tests.oppleo_flow.devices.worlds import Waiter

CHECK = "does the broker run, and are host and port right?"


def connection(
    *, simulated: bool, site: BenchSite | None = None, clock: Any = None, **options: Any
) -> MqttBrokerConnection:
    config = MqttBrokerConfig(**{"host": "127.0.0.1", **options})
    return MqttBrokerConnection(
        "broker",
        config,
        clock=clock or VirtualClock(NOON),
        site=site or BenchSite(),
        simulated=simulated,
    )


def test_it_is_a_broker() -> None:
    assert issubclass(MqttBrokerConnection, MqttBroker)


def test_a_message_goes_out_and_comes_in(tmp_path: Path) -> None:
    heard, changed = Waiter(), Waiter()
    with Mosquitto(tmp_path, password=True) as server:
        broker = connection(
            simulated=False, port=server.port, user=USER, password=SecretStr(PASSWORD)
        )
        broker.open()
        assert broker.away is None
        broker.watch(changed)
        end = broker.subscribe("a/+", heard)
        broker.publish("a/b", b"1")
        heard.wait_for(lambda told: len(told) == 1)
        end()
        broker.close()

    assert heard.told == [MqttMessage("a/b", b"1")]
    assert changed.told == ["closed"]


def test_others_see_whether_it_runs(tmp_path: Path) -> None:
    heard = Waiter()
    with Mosquitto(tmp_path) as server:
        listener = connection(simulated=False, port=server.port, client_id="listener")
        listener.open()
        listener.subscribe("house/oppleo", heard)
        broker = connection(simulated=False, port=server.port, will="house/oppleo")
        broker.open()
        heard.wait_for(lambda told: len(told) == 1)
        broker.close()
        heard.wait_for(lambda told: len(told) == 2)
        listener.close()

    assert [message.payload for message in heard.told] == [b"online", b"offline"]


def test_one_that_is_not_there_is_away_and_a_probe_says_why(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as server:
        port = server.port
    broker = connection(simulated=False, port=port)
    broker.open()
    assert broker.away == "Connection refused"
    broker.close()
    with pytest.raises(ServiceError) as refused:
        connection(simulated=False, port=port).probe()

    assert str(refused.value) == (
        f"127.0.0.1:{port}: Connection refused; does the broker run, and are host and port right?"
    )


def test_one_that_comes_late_is_there_by_itself(tmp_path: Path) -> None:
    heard = Waiter()
    server = Mosquitto(tmp_path)
    broker = connection(simulated=False, port=server.port)
    broker.open()
    broker.subscribe("a", heard)
    broker.watch(heard)
    with server:
        heard.wait_for(lambda told: None in told)
        broker.publish("a", b"1")
        heard.wait_for(lambda told: MqttMessage("a", b"1") in told)
    broker.close()


CA_ADVICE = (
    "ca_file is the certificate of who signed the broker's, and host the name that stands in it"
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, None),
        (
            {"ca_file": "other.pem"},
            f"certificate verify failed: unable to get local issuer certificate; {CA_ADVICE}",
        ),
        (
            {"host": "localhost"},
            "certificate verify failed: Hostname mismatch, certificate is not valid for "
            f"'localhost'.; {CA_ADVICE}",
        ),
        ({"password": SecretStr("wrong")}, "not authorized; check user and password"),
        ({"host": "no-such-host.invalid"}, f"Name or service not known; {CHECK}"),
    ],
    ids=["all is right", "another authority", "another host", "wrong password", "no such host"],
)
# The library leaves the socket of a handshake that failed to be collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_with_certificate_and_password_a_probe_says_what_is_wrong(
    tmp_path: Path, change: Any, says: str | None
) -> None:
    certificate, key = authority(tmp_path).sign()
    authority(tmp_path, "other")
    tls = f"certfile {certificate}\nkeyfile {key}"
    with Mosquitto(tmp_path, password=True, more=tls) as server:
        right = {"user": USER, "password": SecretStr(PASSWORD), "ca_file": "authority.pem"}
        site = BenchSite(folder=tmp_path)
        options = {**right, "tls": True, "port": server.port, **change}
        broker = connection(simulated=False, site=site, **options)
        if says is None:
            assert broker.probe() == "connected, encrypted"
        else:
            with pytest.raises(ServiceError) as wrong:
                broker.probe()
            assert str(wrong.value) == f"{options.get('host', '127.0.0.1')}:{server.port}: {says}"
        broker.close()
    gc.collect()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_tls_to_a_broker_that_speaks_none_is_named(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path) as server,
        pytest.raises(ServiceError, match="; does the broker speak TLS at this port"),
    ):
        connection(simulated=False, port=server.port, tls=True).probe()
    gc.collect()


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    site = BenchSite(folder=tmp_path)
    with pytest.raises(DeviceMissing) as missing:
        connection(simulated=False, site=site, tls=True, ca_file="ca.pem").open()

    assert str(missing.value) == (
        f"connection 'broker': ca_file: is not there, got '{tmp_path}/ca.pem'"
    )


def test_before_it_is_open_nothing_is_sent() -> None:
    with pytest.raises(DeviceMissing) as refused:
        connection(simulated=True).publish("a", b"")

    assert str(refused.value) == "connection 'broker': is not open"


def test_simulated_it_carries_messages_within() -> None:
    broker = connection(simulated=True)
    broker.open()
    heard = Waiter()
    broker.subscribe("#", heard)
    broker.publish("a", b"1", retain=True)
    broker.close()

    assert heard.told == [MqttMessage("a", b"1")]


@pytest.mark.parametrize("clock", [VirtualClock(NOON), SystemClock()], ids=["virtual", "real"])
def test_simulated_a_smart_evse_speaks_there(clock: Any) -> None:
    world = SimulatedWorld(clock, wiring=Wiring(network=("SmartEVSE-1",)))
    site = BenchSite(services={World: world})
    broker = connection(simulated=True, site=site, clock=clock)
    broker.open()
    heard = Waiter()
    broker.subscribe("SmartEVSE-1/Access", heard)
    broker.publish("SmartEVSE-1/Set/Mode", b"Smart")
    broker.publish("SmartEVSE-1/Set/Mode", b"nonsense")
    broker.publish("SmartEVSE-2/Set/Mode", b"Smart")
    broker.publish("SmartEVSE-1/Set/CurrentOverride", b"60")
    heard.wait_for(lambda told: any(message.payload == b"Allow" for message in told))
    broker.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"password": "p"}, "password needs user"),
        ({"ca_file": "ca.pem"}, "ca_file needs tls: true"),
        ({"will": "a/#"}, "String should match pattern"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(options: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        connection(simulated=True, **options)


@pytest.mark.parametrize(("options", "port"), [({}, 1883), ({"tls": True}, 8883)])
def test_the_port_is_the_usual_one(options: Any, port: int) -> None:
    assert connection(simulated=False, **options)._address.port == port
