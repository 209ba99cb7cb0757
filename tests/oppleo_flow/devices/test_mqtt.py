"""MQTT brokers: one contract for the real one, a Mosquitto, and its twin; then the real one's."""

import gc
import logging
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from pydantic import SecretStr

from oppleo_flow.devices.mqtt import BrokerAddress, LastWill, MqttBroker, MqttMessage, fits
from oppleo_flow.devices.mqtt_twin import BrokerInside
from oppleo_flow.devices.paho_broker import PahoBroker, Patience
from oppleo_flow.errors import ServiceError, ServiceTimeout
from tests.oppleo_flow.devices.mosquitto import PASSWORD, USER, Mosquitto
from tests.oppleo_flow.devices.worlds import DEADLINE_S, Waiter

LOG = logging.getLogger("test")
CHECK = "does the broker run, and are host and port right?"
QUICK = Patience(first_s=0.02, longest_s=0.1)
IMPATIENT = Patience(first_s=0.02, longest_s=0.1, acknowledge_s=0.3)


@contextmanager
def connected(
    port: int, name: str = "test", patience: Patience = QUICK, **address: object
) -> Iterator[PahoBroker]:
    made = BrokerAddress("127.0.0.1", port, name, **address)  # type: ignore[arg-type]
    broker = PahoBroker(made, LOG, patience)
    broker.open()
    yield broker
    broker.close()


@contextmanager
def real(folder: Path) -> Iterator[MqttBroker]:
    with Mosquitto(folder) as server, connected(server.port) as broker:
        yield broker


@contextmanager
def twin(folder: Path) -> Iterator[MqttBroker]:
    yield BrokerInside()


Make = Callable[[Path], Iterator[MqttBroker]]
each = pytest.mark.parametrize("make", [real, twin])


@each
def test_a_message_reaches_everybody_whose_filter_fits_once(make: Make, tmp_path: Path) -> None:
    ears = {topic: Waiter() for topic in ("evse/+", "evse/#", "evse/State", "other")}
    with make(tmp_path) as broker:  # type: ignore[attr-defined]
        for topic_filter, heard in ears.items():
            broker.subscribe(topic_filter, heard)
        again = Waiter()
        broker.subscribe("evse/+", again)
        broker.publish("evse/State", "ä".encode())
        broker.publish("evse/last", b"")
        for name in ("evse/+", "evse/#"):
            ears[name].wait_for(lambda told: len(told) == 2)

    told = {name: [message.topic for message in heard.told] for name, heard in ears.items()}
    both = ["evse/State", "evse/last"]
    assert told == {"evse/+": both, "evse/#": both, "evse/State": both[:1], "other": []}
    assert again.told[0] == MqttMessage("evse/State", "ä".encode())


@each
def test_what_was_kept_is_told_as_such(make: Make, tmp_path: Path) -> None:
    heard = Waiter()
    with make(tmp_path) as broker:  # type: ignore[attr-defined]
        broker.publish("evse/State", b"Charging", retain=True)
        broker.subscribe("evse/State", heard)
        heard.wait_for(lambda told: len(told) == 1)
        broker.publish("evse/State", b"Charging", retain=True)
        heard.wait_for(lambda told: len(told) == 2)

    assert heard.told == [
        MqttMessage("evse/State", b"Charging", kept=True),
        MqttMessage("evse/State", b"Charging"),
    ]


@each
def test_who_ends_a_subscription_hears_no_more(make: Make, tmp_path: Path) -> None:
    gone, stays, other = Waiter(), Waiter(), Waiter()
    with make(tmp_path) as broker:  # type: ignore[attr-defined]
        end = broker.subscribe("a", gone)
        broker.subscribe("a", stays)
        end()
        broker.subscribe("b", other)()
        broker.publish("b", b"")
        broker.publish("a", b"")
        stays.wait_for(lambda told: len(told) == 1)

    assert (gone.told, other.told) == ([], [])


def test_from_its_return_on_a_subscription_misses_nothing(tmp_path: Path) -> None:
    heard = Waiter()
    with (
        Mosquitto(tmp_path) as server,
        connected(server.port, "ours") as ours,
        connected(server.port, "theirs") as theirs,
    ):
        for number in range(50):
            ours.subscribe(f"a/{number}", heard)
            theirs.publish(f"a/{number}", b"")
        heard.wait_for(lambda told: len(told) == 50)


def test_a_subscription_does_not_wait_for_ever_for_a_broker_that_is_silent(tmp_path: Path) -> None:
    heard = Waiter()
    with Mosquitto(tmp_path) as server, connected(server.port, patience=IMPATIENT) as broker:
        server.hold()
        broker.subscribe("a", heard)
        server.go_on()
        broker.publish("a", b"1")
        heard.wait_for(lambda told: len(told) == 1)


def test_a_broker_that_comes_back_is_asked_for_the_same_again(tmp_path: Path) -> None:
    changes, heard = Waiter(), Waiter()
    with Mosquitto(tmp_path) as server, connected(server.port) as broker:
        broker.subscribe("a", heard)
        broker.watch(changes)
        server.kill()
        changes.wait_for(lambda told: len(told) >= 1)
        with pytest.raises(ServiceError) as lost:
            broker.publish("a", b"lost")
        server.start()
        changes.wait_for(lambda told: told[-1] is None)
        broker.publish("a", b"back")
        heard.wait_for(lambda told: len(told) == 1)

    assert changes.told[0] == "the connection was lost"
    assert str(lost.value).startswith(f"127.0.0.1:{server.port}: ")
    assert str(lost.value).endswith("; not sent: a")
    assert [message.payload for message in heard.told] == [b"back"]


def test_what_a_half_open_connection_did_not_acknowledge_is_never_sent(tmp_path: Path) -> None:
    heard, changes = Waiter(), Waiter()
    with Mosquitto(tmp_path) as server, connected(server.port, "listener") as listener:
        listener.subscribe("a", heard)
        with connected(server.port, patience=IMPATIENT) as broker:
            broker.watch(changes)
            server.hold()
            with pytest.raises(ServiceTimeout) as late:
                broker.publish("a", b"late")
            server.kill()
            server.start()
            changes.wait_for(lambda told: told[-1] is None)
            broker.publish("a", b"now", retain=True)
            heard.wait_for(lambda told: len(told) >= 1)

    assert str(late.value) == (
        f"127.0.0.1:{server.port}: did not say that it has it, so that is not known: a"
    )
    assert [message.payload for message in heard.told] == [b"now"]


@pytest.mark.parametrize("end", ["take leave", "die"])
def test_the_broker_tells_whether_the_client_is_there(tmp_path: Path, end: str) -> None:
    heard = Waiter()
    with Mosquitto(tmp_path) as server, connected(server.port, "listener") as listener:
        listener.subscribe("oppleo/running", heard)
        address = BrokerAddress("127.0.0.1", server.port, "flow", will=LastWill("oppleo/running"))
        broker = PahoBroker(address, LOG, QUICK)
        broker.open()
        heard.wait_for(lambda told: len(told) == 1)
        if end == "die":
            with connected(server.port, "flow"):  # takes the session over, so that the other dies
                heard.wait_for(lambda told: len(told) == 2)
        broker.close()
        heard.wait_for(lambda told: len(told) >= 2)

    assert [message.payload for message in heard.told[:2]] == [b"online", b"offline"]


@pytest.mark.parametrize(
    ("user", "password", "refused"),
    [
        (USER, PASSWORD, None),
        (USER, "wrong", "not authorized; check user and password"),
        (None, None, "not authorized; check user and password"),
    ],
    ids=["right", "wrong password", "no user"],
)
def test_user_and_password_are_checked_at_the_start(
    tmp_path: Path, user: str | None, password: str | None, refused: str | None
) -> None:
    secret = None if password is None else SecretStr(password)
    with Mosquitto(tmp_path, password=True) as server:
        address = BrokerAddress("127.0.0.1", server.port, "c", user=user, password=secret)
        broker = PahoBroker(address, LOG, QUICK)
        if refused is None:
            broker.open()
            broker.close()
        else:
            with pytest.raises(ServiceError) as error:
                broker.open()
            assert str(error.value) == f"127.0.0.1:{server.port}: {refused}"


def test_a_broker_that_is_not_there_is_named_with_the_reason() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError) as error:
            PahoBroker(BrokerAddress("127.0.0.1", port), LOG, QUICK).open()

    assert str(error.value) == f"127.0.0.1:{port}: Connection refused; {CHECK}"


class BareBroker:
    """As much of a broker as a test needs: it says what it is told to, word for word."""

    def __init__(self, *answers: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._answers = answers
        self._thread = Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "BareBroker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(DEADLINE_S)
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            for answer in self._answers:
                asked = connection.recv(4096)
                connection.sendall(answer.replace(b"ID", asked[2:4]))
            while connection.recv(4096):
                pass


CONNACK = bytes([0x20, 3, 0, 0, 0])
SUBACK_NOT_AUTHORIZED = bytes([0x90, 4]) + b"ID" + bytes([0, 0x87])


def test_a_broker_that_takes_the_connection_and_says_nothing_is_given_up() -> None:
    patience = Patience(first_s=0.02, connect_s=0.1)
    with BareBroker() as server:
        broker = PahoBroker(BrokerAddress("127.0.0.1", server.port), LOG, patience)
        with pytest.raises(ServiceError) as error:
            broker.open()

    assert str(error.value) == f"127.0.0.1:{server.port}: does not answer; {CHECK}"


def test_a_subscription_that_is_refused_is_told() -> None:
    refused = Waiter()
    tells = logging.Handler()
    tells.emit = lambda record: refused(record.getMessage())  # type: ignore[method-assign]
    LOG.addHandler(tells)
    with BareBroker(CONNACK, SUBACK_NOT_AUTHORIZED) as server, connected(server.port) as broker:
        broker.subscribe("yours", Waiter())
        refused.wait_for(lambda told: any("refuses" in text for text in told))
    LOG.removeHandler(tells)

    assert refused.told[-1] == (
        f"127.0.0.1:{server.port}: refuses a subscription: Not authorized; check the rights of "
        "this client"
    )


def test_a_message_that_may_not_be_sent_is_an_error(tmp_path: Path) -> None:
    rights = tmp_path / "rights"
    rights.write_text("topic readwrite mine/#\n", encoding="utf-8")
    with (
        Mosquitto(tmp_path, more=f"acl_file {rights}") as server,
        connected(server.port) as broker,
    ):
        broker.publish("mine/a", b"")
        with pytest.raises(ServiceError) as refused:
            broker.publish("yours/a", b"")
        with pytest.raises(ServiceError) as wrong:
            broker.publish("a/#", b"")

    place = f"127.0.0.1:{server.port}"
    assert str(refused.value) == f"{place}: refuses yours/a: Not authorized"
    assert str(wrong.value).startswith(f"{place}: not sent: a/#: ")


def test_who_is_told_of_a_message_must_not_wait_for_another(tmp_path: Path) -> None:
    said = Waiter()
    with Mosquitto(tmp_path) as server, connected(server.port) as broker:

        def answer(message: MqttMessage) -> None:
            try:
                broker.publish("b", b"")
            except ServiceError as error:
                said(str(error))

        broker.subscribe("a", answer)
        broker.publish("a", b"")
        said.wait_for(lambda told: len(told) == 1)

    assert said.told == ["b: cannot be sent by who is being told of a message"]


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[tuple[Mosquitto, str]]:
    """Return a broker that is encrypted, and the file of who signed its certificate."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out",
         "cert.pem", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    tls = f"certfile {tmp_path / 'cert.pem'}\nkeyfile {tmp_path / 'key.pem'}"
    with Mosquitto(tmp_path, more=tls) as server:
        yield server, str(tmp_path / "cert.pem")


# The library leaves the socket of a handshake that failed to be collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_encrypted_broker_is_known_by_who_signed_it(encrypted: tuple[Mosquitto, str]) -> None:
    server, signed_by = encrypted
    heard = Waiter()
    with connected(server.port, tls=True, ca_file=signed_by) as broker:
        broker.subscribe("a", heard)
        broker.publish("a", b"1")
        heard.wait_for(lambda told: len(told) == 1)
    stranger = PahoBroker(BrokerAddress("127.0.0.1", server.port, tls=True), LOG, QUICK)
    with pytest.raises(ServiceError, match="certificate verify failed"):
        stranger.open()
    del stranger
    gc.collect()


def test_an_encrypted_connection_bears_many_who_send_while_messages_come(
    encrypted: tuple[Mosquitto, str],
) -> None:
    server, signed_by = encrypted
    heard, changes = Waiter(), Waiter()
    with connected(server.port, tls=True, ca_file=signed_by) as broker:
        broker.subscribe("a", heard)
        broker.watch(changes)
        with ThreadPoolExecutor(4) as senders:
            for _ in senders.map(lambda _: broker.publish("a", bytes(2000)), range(400)):
                pass
        heard.wait_for(lambda told: len(told) == 400)
        assert changes.told == []


@pytest.mark.parametrize(
    ("topic_filter", "topic", "does"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("#", "a/b", True),
        ("#", "$SYS/load", False),
        ("+/load", "$SYS/load", False),
        ("a/b", "a", False),
        ("a", "a/b", False),
    ],
)
def test_a_filter_fits_as_a_broker_has_it(topic_filter: str, topic: str, does: bool) -> None:
    assert fits(topic_filter, topic) is does
