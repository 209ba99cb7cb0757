"""How busy each node is said to be, and since when it is quiet."""

from datetime import timedelta

import pytest

from oppleo_flow import VirtualClock
from webui.feed import Feed
from webui.pace import OFTEN_S, SELDOM_S, NodePace, Pace


@pytest.fixture
def clock(runtime):
    return VirtualClock(runtime.started_at)


@pytest.fixture
def pace(runtime, clock):
    return Pace(runtime, clock)


def test_at_the_first_look_nothing_is_known_of_rates_and_ages(pace, runtime):
    runtime.change("rfid", received=3, sent=3, waiting=2, spooled=5)
    paces = pace.nodes()
    assert paces.since == runtime.started_at
    assert paces.nodes["rfid"] == NodePace(None, None, 7)


def test_rates_and_ages_are_told(pace, runtime, clock):
    pace.look()
    clock.advance(30)
    runtime.change("meter", sent=40)
    runtime.change("authorise", received=5, sent=4)
    paces = pace.nodes()
    assert paces.nodes["meter"] == NodePace(80.0, clock.now(), 0)
    assert paces.nodes["authorise"] == NodePace(10.0, clock.now(), 0)
    assert paces.nodes["led"] == NodePace(0.0, None, 0)
    came = clock.now()
    clock.advance(5)
    assert pace.nodes().nodes["meter"].last_at == came


def test_a_rate_is_of_the_last_minute(pace, runtime, clock):
    for sent in range(0, 600, 10):  # one a second, for ten minutes, and then none
        runtime.change("meter", sent=sent)
        pace.look()
        clock.advance(10)
    assert pace.nodes().nodes["meter"].per_minute == pytest.approx(60, rel=0.2)
    for _ in range(7):
        pace.look()
        clock.advance(10)
    assert pace.nodes().nodes["meter"].per_minute == 0.0


def test_what_was_made_anew_begins_to_count_anew(pace, runtime, clock):
    runtime.change("meter", sent=1000)
    pace.look()
    clock.advance(60)
    runtime.change("meter", sent=3)
    assert pace.nodes().nodes["meter"] == NodePace(3.0, clock.now(), 0)


def test_a_node_that_a_deploy_took_away_is_forgotten(pace, runtime, clock):
    pace.look()
    clock.advance(10)
    runtime.change("meter", sent=3)
    pace.look()
    meter = runtime.nodes.pop("meter")
    clock.advance(10)
    assert "meter" not in pace.nodes().nodes
    runtime.nodes["meter"] = meter
    assert pace.nodes().nodes["meter"].last_at == clock.now()


def looks(pace, runtime, clock, seconds):
    """Return how often counts are looked at within some seconds."""
    seen = []
    snapshot, runtime.snapshot = runtime.snapshot, lambda: (seen.append(1), snapshot())[1]
    for _ in range(seconds):
        clock.advance(1)
        pace.look()
    runtime.snapshot = snapshot
    return len(seen)


def test_it_is_looked_at_more_often_while_somebody_asks(pace, runtime, clock):
    pace.look()
    assert looks(pace, runtime, clock, 60) == 60 / SELDOM_S
    pace.nodes()
    assert looks(pace, runtime, clock, 28) == 28 / OFTEN_S
    assert looks(pace, runtime, clock, 60) <= 60 / SELDOM_S + 1


def test_what_is_remembered_is_bounded(pace, runtime, clock):
    for _ in range(500):
        pace.nodes()
        clock.advance(1)
    assert len(pace._past) <= 14


def test_it_is_told_over_the_api(make_client, runtime, clock):
    feed = Feed(runtime, clock, most_streams=1)
    client = make_client(feed=feed)
    assert client.get("/api/v1/flow/pace").json["nodes"]["led"] == {
        "per_minute": None, "last_at": None, "waiting": 0,
    }  # fmt: skip
    clock.advance(60)
    runtime.change("led", received=6)
    answer = client.get("/api/v1/flow/pace").json
    assert answer["since"] == runtime.started_at.isoformat()
    then = (runtime.started_at + timedelta(seconds=60)).isoformat()
    assert answer["nodes"]["led"] == {"per_minute": 6.0, "last_at": then, "waiting": 0}
    feed.close()


def test_the_feed_looks_by_itself(runtime, clock):
    feed = Feed(runtime, clock, most_streams=1)
    stream = feed.listen()
    next(stream)
    feed.start()
    runtime.say("meter", "ok", "well")
    next(stream)  # it looks before it tells
    clock.advance(60)
    runtime.change("meter", sent=6)
    assert feed.pace.nodes().nodes["meter"].per_minute == 6.0
    feed.close()
