"""The ways to a SmartEVSE: one contract for REST, MQTT and the port twins of both."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.devices.http import HttpRequest, RecordingClient, RequestsClient
from oppleo_flow.devices.mqtt import BrokerAddress, MqttBroker
from oppleo_flow.devices.mqtt_twin import BrokerInside
from oppleo_flow.devices.network_trouble import NetworkTrouble
from oppleo_flow.devices.paho_broker import PahoBroker, Patience
from oppleo_flow.devices.smart_evse import EvseFacts, EvseMode, NotUnderstood
from oppleo_flow.devices.smart_evse_link import MqttEvse, RestEvse, SmartEvseLink
from oppleo_flow.devices.smart_evse_twin import EvsesAtBroker, EvsesByHttp
from oppleo_flow.devices.world import Wiring
from oppleo_flow.errors import OppleoError, ServiceError, ServiceTimeout
from oppleo_flow.payloads import EvseSignal
from oppleo_flow.simulator.world import SimulatedWorld
from tests.oppleo_flow.devices.mosquitto import Mosquitto
from tests.oppleo_flow.devices.smart_evse_peers import NAME, EvseWebServer
from tests.oppleo_flow.devices.worlds import AT_ONCE, NOON, Waiter

LOG = logging.getLogger("test")
HOST = "evse"
QUICK = Patience(first_s=0.02, longest_s=0.1, acknowledge_s=2.0)


@dataclass
class Peer:
    """A way to a SmartEVSE of a world, and how to have it say what is true now."""

    link: SmartEvseLink
    world: SimulatedWorld
    clock: VirtualClock
    tell: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self.heard = Waiter()
        self.link.watch(lambda: self.heard(None))

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Have it say how it is, and wait until that is known here."""
        self.tell()
        self.heard.wait_for(lambda _: holds())

    def says(self) -> EvseFacts | OppleoError:
        try:
            return self.link.facts()
        except ServiceError as error:
            return error

    def signal(self) -> EvseSignal | OppleoError:
        said = self.says()
        try:
            return said.signal() if isinstance(said, EvseFacts) else said
        except ServiceError as error:
            return error


def a_world() -> tuple[SimulatedWorld, VirtualClock]:
    clock = VirtualClock(NOON)
    return SimulatedWorld(clock, wiring=Wiring(network=(NAME, HOST)), times=AT_ONCE), clock


@contextmanager
def rest(folder: Path) -> Iterator[Peer]:
    world, clock = a_world()
    client = RequestsClient(timeout_s=0.2, max_bytes=100_000, clock=SystemClock())
    with EvseWebServer(world) as server:
        yield Peer(RestEvse(client, server.url), world, clock)
    client.close()


@contextmanager
def rest_twin(folder: Path) -> Iterator[Peer]:
    world, clock = a_world()
    client = EvsesByHttp(world, RecordingClient(LOG))
    yield Peer(RestEvse(client, f"http://{HOST}"), world, clock)


@contextmanager
def at_brokers(ours: MqttBroker, its: MqttBroker) -> Iterator[Peer]:
    world, clock = a_world()
    evses = EvsesAtBroker(its, world, clock if its is ours else SystemClock())
    link = MqttEvse(ours, NAME, clock)
    yield Peer(link, world, clock, lambda: evses.tell(everything=True))
    evses.close()
    link.close()


@contextmanager
def mqtt(folder: Path) -> Iterator[Peer]:
    with Mosquitto(folder) as server:
        brokers = [
            PahoBroker(BrokerAddress("127.0.0.1", server.port, name), LOG, QUICK)
            for name in ("ours", "its")
        ]
        for broker in brokers:
            broker.open()
        with at_brokers(*brokers) as peer:
            yield peer
        for broker in brokers:
            broker.close()


@contextmanager
def mqtt_twin(folder: Path) -> Iterator[Peer]:
    broker = BrokerInside()
    with at_brokers(broker, broker) as peer:
        yield peer


each = pytest.mark.parametrize("make", [rest, rest_twin, mqtt, mqtt_twin])
by_mqtt = pytest.mark.parametrize("make", [mqtt, mqtt_twin])
by_rest = pytest.mark.parametrize("make", [rest, rest_twin])
Make = Callable[[Path], Iterator[Peer]]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def settled(peer: Peer, wanted: EvseSignal) -> None:
    """Let the world come to rest, and the SmartEVSE say so."""
    peer.clock.advance(1.0)
    if isinstance(peer.link, RestEvse):
        assert peer.signal() == wanted
    else:
        peer.wait_for(lambda: peer.signal() == wanted)


@each
def test_it_tells_what_its_led_would_show(make: Make, tmp_path: Path) -> None:
    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        world = peer.world
        settled(peer, EvseSignal.ACCESS_OFF)
        world.drive_pin(5, False)
        settled(peer, EvseSignal.STANDBY)
        world.plug_in(40.0)
        settled(peer, EvseSignal.CHARGING)
        world.shine(True)
        settled(peer, EvseSignal.CHARGING_SOLAR)
        world.break_evse(True)
        settled(peer, EvseSignal.ERROR)
        world.break_evse(False)
        world.plug_out()
        settled(peer, EvseSignal.STANDBY)


@each
def test_it_tells_of_a_car_without_access_too(make: Make, tmp_path: Path) -> None:
    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        peer.world.plug_in()
        settled(peer, EvseSignal.ACCESS_OFF)
        facts = peer.says()

    assert isinstance(facts, EvseFacts)
    assert facts.plugged is True


@each
def test_it_tells_what_flows(make: Make, tmp_path: Path) -> None:
    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        peer.world.drive_pin(5, False)
        peer.world.plug_in(40.0)
        settled(peer, EvseSignal.CHARGING)
        if not isinstance(peer.link, RestEvse):
            peer.wait_for(lambda: tells_its_currents(peer.link))
        facts = peer.says()

    assert isinstance(facts, EvseFacts)
    assert (facts.access, facts.mode, facts.error_id, facts.odd) == ("on", "normal", 0, ())
    assert (facts.current_phases_a, facts.power_w) == ((16.0, 16.0, 16.0), 11_040.0)
    assert (facts.charge_current_a, facts.override_current_a) == (16.0, 0.0)


@each
@pytest.mark.parametrize("mode", ["normal", "solar", "smart"])
def test_a_mode_gives_access_and_off_takes_it(make: Make, tmp_path: Path, mode: EvseMode) -> None:
    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        peer.link.set_mode(mode)
        settled(peer, EvseSignal.STANDBY)
        if not isinstance(peer.link, RestEvse):
            peer.wait_for(lambda: peer.link.facts().mode == mode)
        facts = peer.says()
        assert isinstance(facts, EvseFacts)
        assert (facts.access, facts.mode) == ("on", mode)
        peer.link.set_mode("off")
        settled(peer, EvseSignal.ACCESS_OFF)


@each
def test_the_current_is_overridden_and_left_to_it_again(make: Make, tmp_path: Path) -> None:
    def overridden(peer: Peer, current_a: float) -> bool:
        facts = peer.says()
        return isinstance(facts, EvseFacts) and facts.override_current_a == current_a

    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        for asked, told in ((8.3, 8.3), (None, 0.0)):
            peer.link.set_override(asked)
            peer.clock.advance(11.0)
            peer.tell()
            if isinstance(peer.link, RestEvse):
                assert overridden(peer, told)
            else:
                peer.wait_for(lambda told=told: overridden(peer, told))  # type: ignore[misc]


@each
@pytest.mark.parametrize(
    "trouble", [NetworkTrouble.HTML, NetworkTrouble.WRONG_TYPES], ids=lambda one: one.value
)
def test_what_it_cannot_say_is_not_taken(
    make: Make, tmp_path: Path, trouble: NetworkTrouble
) -> None:
    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        settled(peer, EvseSignal.ACCESS_OFF)
        peer.world.trouble_network(trouble)
        if not isinstance(peer.link, RestEvse):
            peer.wait_for(lambda: isinstance(peer.signal(), NotUnderstood))
        assert isinstance(peer.signal(), NotUnderstood)


@each
def test_a_current_below_nothing_is_not_known(make: Make, tmp_path: Path) -> None:
    def odd(peer: Peer) -> bool:
        facts = peer.says()
        return isinstance(facts, EvseFacts) and len(facts.odd) == 3

    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        settled(peer, EvseSignal.ACCESS_OFF)
        peer.world.trouble_network("negative")
        if not isinstance(peer.link, RestEvse):
            peer.wait_for(lambda: odd(peer))
        facts = peer.says()

    assert isinstance(facts, EvseFacts)
    assert facts.current_phases_a is None
    assert facts.odd[0].endswith("L1: cannot be, got '-1'")
    assert facts.signal() is EvseSignal.ACCESS_OFF


@each
def test_one_that_is_away_is_an_error_and_comes_back(make: Make, tmp_path: Path) -> None:
    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        settled(peer, EvseSignal.ACCESS_OFF)
        peer.world.trouble_network("away")
        if not isinstance(peer.link, RestEvse):
            peer.wait_for(lambda: isinstance(peer.says(), ServiceError))
        assert isinstance(peer.says(), ServiceError)
        peer.world.trouble_network(None)
        settled(peer, EvseSignal.ACCESS_OFF)


@each
def test_one_that_says_nothing_is_not_known(make: Make, tmp_path: Path) -> None:
    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        settled(peer, EvseSignal.ACCESS_OFF)
        peer.world.trouble_network("silent")
        peer.clock.advance(31.0)
        peer.tell()
        assert isinstance(peer.says(), ServiceTimeout)


@by_mqtt
def test_what_the_broker_kept_is_not_taken_for_the_present(make: Make, tmp_path: Path) -> None:
    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        settled(peer, EvseSignal.ACCESS_OFF)
        all_was_heard(peer.link._broker)
        late = MqttEvse(peer.link._broker, NAME, peer.clock)
        heard = Waiter()
        late.watch(lambda: heard(None))
        with pytest.raises(ServiceTimeout) as nothing:
            late.facts()
        peer.clock.advance(11.0)
        peer.tell()
        heard.wait_for(lambda _: tells_its_access(late))
        late.close()

    assert str(nothing.value) == (
        f"{NAME}: said nothing of Access, EVPlugState, Error, Mode, State yet"
    )


def test_one_that_speaks_is_there_whatever_was_last_said_of_it() -> None:
    broker = BrokerInside()
    link = MqttEvse(broker, NAME, VirtualClock(NOON))
    broker.publish(f"{NAME}/connected", b"offline", retain=True)
    with pytest.raises(ServiceError) as gone:
        link.facts()
    said = {"Access": b"Deny", "Mode": b"Off", "State": b"Ready to Charge", "Error": b"None"}
    for topic, text in {**said, "EVPlugState": b"Disconnected"}.items():
        broker.publish(f"{NAME}/{topic}", text)

    assert str(gone.value) == f"{NAME}: is not connected to the broker"
    assert link.facts().signal() is EvseSignal.ACCESS_OFF


def all_was_heard(broker: MqttBroker) -> None:
    """Wait for what was sent until now: what comes back to its sender comes after all of it."""
    heard = Waiter()
    broker.subscribe("over", heard)
    broker.publish("over", b"")
    heard.wait_for(lambda told: len(told) == 1)


def tells_its_currents(link: SmartEvseLink) -> bool:
    return link.facts().current_phases_a == (16.0, 16.0, 16.0)


def tells_its_access(link: SmartEvseLink) -> bool:
    try:
        return link.facts().access == "off"
    except ServiceError:
        return False


@by_rest
@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (NetworkTrouble.BROKEN, "answered with status 500"),
        (
            NetworkTrouble.ELSEWHERE,
            "wants to send me elsewhere, with status 302; url must be that of the SmartEVSE itself",
        ),
        (
            NetworkTrouble.HTML,
            "answers something that is not JSON; is it a SmartEVSE?",
        ),
    ],
    ids=lambda value: value if isinstance(value, NetworkTrouble) else "",
)
def test_what_a_web_server_answers_else_is_told(
    make: Make, tmp_path: Path, trouble: NetworkTrouble, says: str
) -> None:
    with make(tmp_path) as peer:  # type: ignore[attr-defined]
        peer.world.trouble_network(trouble)
        with pytest.raises(ServiceError) as error:
            peer.link.facts()

    assert str(error.value).partition(": ")[2] == says


def test_a_command_by_rest_has_a_body_of_no_length(tmp_path: Path) -> None:
    world, _ = a_world()
    client = RequestsClient(timeout_s=5.0, max_bytes=100_000, clock=SystemClock())
    with EvseWebServer(world) as server:
        RestEvse(client, f"{server.url}/").set_mode("solar")
        RestEvse(client, server.url).set_override(8.3)
    client.close()

    assert server.asked == [
        ("POST /settings?mode=2", ""),
        ("POST /settings?override_current=83", ""),
    ]


def test_another_web_server_is_noticed() -> None:
    world, _ = a_world()
    client = EvsesByHttp(world, RecordingClient(LOG))
    with pytest.raises(NotUnderstood) as other:
        RestEvse(client, f"http://{HOST}/another/place").facts()

    assert str(other.value) == f"{HOST}: answered with status 404; is a SmartEVSE 3 there?"


def test_what_is_no_smart_evse_of_the_world_is_not_asked() -> None:
    world, _ = a_world()
    remembers = RecordingClient(LOG)
    client = EvsesByHttp(world, remembers)
    with pytest.raises(ServiceError) as nobody:
        RestEvse(client, "http://192.0.2.7").facts()
    client.close()

    assert str(nobody.value) == "192.0.2.7: simulated, and no SmartEVSE is there"
    assert remembers.remembered == (HttpRequest("GET", "http://192.0.2.7/settings"),)
