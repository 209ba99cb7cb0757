"""Post for a broker that comes and goes: events in their order, of levels the latest."""

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.mqtt import BrokerAddress, MqttMessage
from oppleo_flow.devices.mqtt_twin import BrokerInside
from oppleo_flow.devices.paho_broker import PahoBroker, Patience
from oppleo_flow.errors import ServiceError
from oppleo_flow.systems.mqtt_post import Letter, Post
from tests.oppleo_flow.devices.mosquitto import Mosquitto
from tests.oppleo_flow.devices.worlds import Waiter


def test_while_the_broker_is_away_events_wait_and_of_a_level_only_the_latest():
    broker, heard = BrokerInside(), Waiter()
    broker.subscribe("#", heard)
    post = Post(broker, 1)
    broker.leave("gone fishing")
    post.event(Letter("started", "1"))
    post.level("power", Letter("power", "10"))
    post.level("power", Letter("power", "20"))
    post.event(Letter("ended", "2"))
    with pytest.raises(ServiceError, match="gone fishing"):
        post.deliver()
    assert post.waiting == (Letter("started", "1"), Letter("ended", "2"))
    broker.leave(None)
    post.deliver()
    post.deliver()
    assert heard.told == [
        MqttMessage("started", b"1"),
        MqttMessage("ended", b"2"),
        MqttMessage("power", b"20"),
    ]
    assert post.waiting == ()


@given(st.integers(0, 30), st.integers(1, 10))
def test_of_too_many_events_the_oldest_are_lost_and_counted(count, most):
    post = Post(BrokerInside(), 0, most=most)
    for number in range(count):
        post.event(Letter("a", str(number)))
    assert [letter.text for letter in post.waiting] == [str(n) for n in range(count)][-most:]
    assert post.lost + len(post.waiting) == count


def test_what_a_broker_refuses_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    rights = tmp_path / "rights"
    rights.write_text("topic readwrite mine/#\n", encoding="utf-8")
    with Mosquitto(tmp_path, more=f"acl_file {rights}") as server:
        broker = PahoBroker(
            BrokerAddress("127.0.0.1", server.port, "post"),
            logging.getLogger("test"),
            Patience(first_s=0.02, longest_s=0.1),
        )
        broker.open()
        heard = Waiter()
        broker.subscribe("mine/#", heard)
        post = Post(broker, 1)
        post.event(Letter("yours", "no"))
        post.event(Letter("mine/a", "yes"))
        with pytest.raises(ServiceError, match="refuses yours: Not authorized"):
            post.deliver()
        heard.wait_for(lambda told: told == [MqttMessage("mine/a", b"yes")])
        assert post.waiting == ()
        broker.close()
