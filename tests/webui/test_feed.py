import json
import re
import threading
from itertools import pairwise

import pytest

from oppleo_flow import SystemClock, VirtualClock
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import Authorised, CardSeen, MeterReading, Rejected, SwitchRequest
from webui import feed as feed_module
from webui.feed import Feed, Past, Stream

DEADLINE_S = 20.0


def parse(chunk):
    """Return the name and the data of a server-sent event."""
    lines = [line for line in chunk.decode().splitlines() if not line.startswith("retry:")]
    assert [line.partition(": ")[0] for line in lines if line] == ["id", "event", "data"]
    return lines[1].removeprefix("event: "), json.loads(lines[2].removeprefix("data: "))


def id_of(chunk):
    """Return the id of a server-sent event, with which a browser comes back."""
    return re.search(rb"^id: (.+)$", chunk, re.MULTILINE)[1].decode()


@pytest.fixture
def running(runtime):
    """Return a feed that is running."""
    feed = Feed(runtime, SystemClock(), most_streams=2)
    feed.start()
    yield feed
    feed.close()


def until(stream, wanted):
    """Return the first change that `wanted` accepts; a hang is ended by the stream itself."""
    for chunk in stream:
        name, data = parse(chunk)
        if wanted(data):
            return name, data
    pytest.fail("the stream ended")


def changed_nodes(data):
    return [node["id"] for node in data["nodes"]]


def test_a_page_is_first_told_the_whole_state(running, runtime):
    stream = running.listen()
    name, data = parse(next(stream))
    assert name == "state"
    assert changed_nodes(data) == list(runtime.nodes)
    assert data == json.loads(running.state()) | {"now": data["now"]}


def test_it_asks_the_browser_to_come_back_after_two_seconds(running):
    assert next(running.listen()).startswith(b"retry: 2000\n")


def test_then_it_is_told_the_nodes_that_changed_whole(running, runtime):
    stream = running.listen()
    next(stream)
    runtime.set("meter", "reading", MeterReading.sample(power_w=42.0))
    name, data = until(stream, lambda data: "meter" in changed_nodes(data))
    assert name == "change"
    assert changed_nodes(data) == ["meter"]
    assert data["nodes"][0]["levels"]["reading"]["value"]["power_w"] == 42.0


def test_a_fault_and_readiness_reach_the_page(running, runtime):
    stream = running.listen()
    next(stream)
    runtime.ready = False
    runtime.fault("meter", "unit 1: no answer")
    _, data = until(stream, lambda data: not data["ready"])
    assert data["reasons"] == ["node 'meter': unit 1: no answer"]


def test_what_happened_is_told_and_remembered_for_who_comes_later(running, runtime):
    stream = running.listen()
    next(stream)
    runtime.send("authorise", "rejected", Rejected("DEADBEEF", "unknown"))
    _, data = until(stream, lambda data: data["activity"])
    (told,) = data["activity"]
    assert (told["node"], told["type"]) == ("authorise", "Rejected")
    assert told["value"] == {"uid": "DEADBEEF", "reason": "unknown"}
    _, state = parse(next(running.listen()))
    assert state["activity"] == [told]


def test_what_nobody_wants_to_read_is_not_told(running, runtime):
    stream = running.listen()
    next(stream)
    runtime.send("rfid", "out", CardSeen.sample())
    runtime.send("offpeak", "out", SwitchRequest.sample())
    runtime.send("authorise", "accepted", Authorised.sample())
    _, data = until(stream, lambda data: data["activity"])
    assert [told["type"] for told in data["activity"]] == ["Authorised"]


def test_counts_alone_wait_a_little(runtime):
    clock = VirtualClock(runtime.started_at)
    feed = Feed(runtime, clock, most_streams=1)
    stream = feed.listen()
    next(stream)
    feed.start()

    runtime.change("rfid", received=1)
    runtime.set("meter", "reading", MeterReading.sample())
    assert changed_nodes(until(stream, changed_nodes)[1]) == ["meter"]

    clock.advance(2.0)
    runtime.publish("status", "meter", "", "")
    assert changed_nodes(until(stream, changed_nodes)[1]) == ["rfid"]
    feed.close()


def test_a_silent_site_beats(runtime):
    clock = VirtualClock(runtime.started_at)
    feed = Feed(runtime, clock, most_streams=1)
    stream = feed.listen()
    next(stream)
    feed.start()
    clock.advance(feed_module.BEAT_S)
    runtime.publish("event", "rfid", "out", None)
    _, data = until(stream, lambda data: True)
    assert (data["nodes"], data["activity"], data["ready"]) == ([], [], True)
    feed.close()


def test_one_page_too_many_is_refused_and_a_closed_one_makes_room(running):
    first, second = running.listen(), running.listen()
    next(first), next(second)
    with pytest.raises(Refused) as refused:
        running.listen()
    assert str(refused.value) == "web: live changes: 2 pages listen already; close one"
    assert running.streams == 2
    first.close()
    assert running.streams == 1
    third = running.listen()
    assert parse(next(third))[0] == "state"


def test_a_page_that_does_not_read_costs_a_bounded_queue_and_is_then_told_all(runtime):
    feed = Feed(runtime, SystemClock(), most_streams=2, most_waiting=2)
    feed.start()
    lazy, keen = feed.listen(), feed.listen()
    next(lazy), next(keen)
    for watts in (1.0, 2.0, 3.0, 4.0):
        runtime.set("meter", "reading", MeterReading.sample(power_w=watts))
        until(keen, changed_nodes)
    told = [parse(next(lazy)), parse(next(lazy))]
    feed.close()
    assert [name for name, _ in told] == ["state", "change"]
    assert [power_of_meter(data) for _, data in told] == [3.0, 4.0]


def power_of_meter(data):
    (meter,) = [node for node in data["nodes"] if node["id"] == "meter"]
    return meter["levels"]["reading"]["value"]["power_w"]


# -- who comes back --------------------------------------------------------------------------


@pytest.fixture
def told(runtime):
    """Return a feed, and a page that keeps it telling, whatever becomes of others."""
    feed = Feed(runtime, SystemClock(), most_streams=4, most_waiting=8)
    feed.start()
    keen = feed.listen()
    next(keen)
    yield feed, keen
    feed.close()


def tell(runtime, keen, *powers):
    """Let the meter read powers, each told as a change of its own; return the last one's id."""
    for power_w in powers:
        runtime.set("meter", "reading", MeterReading.sample(power_w=power_w))
        for chunk in keen:
            _, data = parse(chunk)
            if changed_nodes(data) == ["meter"] and power_of_meter(data) == power_w:
                break
    return id_of(chunk)


def heard(stream, count):
    return [parse(next(stream)) for _ in range(count)]


def test_who_comes_back_is_told_what_it_missed_and_then_how_it_is(told, runtime):
    feed, keen = told
    last = tell(runtime, keen, 1.0)
    tell(runtime, keen, 2.0, 3.0)
    first, second, now = heard(feed.listen(after=last), 3)
    assert [name for name, _ in (first, second, now)] == ["change"] * 3
    assert [power_of_meter(data) for _, data in (first, second)] == [2.0, 3.0]
    assert (now[1]["nodes"], now[1]["ready"]) == ([], True)


def test_who_missed_nothing_is_told_so(told, runtime):
    feed, keen = told
    (now,) = heard(feed.listen(after=tell(runtime, keen, 1.0)), 1)
    assert (now[0], now[1]["nodes"], now[1]["activity"]) == ("change", [], [])


def test_ids_go_up_with_each_change_and_a_beat_has_the_last_one(told, runtime):
    feed, keen = told
    stream = feed.listen()
    ids = [id_of(next(stream)), tell(runtime, keen, 1.0), tell(runtime, keen, 2.0)]
    numbers = [int(one.partition("-")[2]) for one in ids]
    assert [later - earlier for earlier, later in pairwise(numbers)] == [1, 1]
    assert id_of(next(feed.listen(after=ids[-1]))) == ids[-1]


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("", id="none"),
        pytest.param("0badcafe-1", id="of another start"),
        pytest.param("7", id="no id of ours"),
        pytest.param("{start}-", id="without a number"),
        pytest.param("{start}--1", id="below none"),
        pytest.param("{start}-٣", id="digits of elsewhere"),
        pytest.param("{start}-999999", id="not told yet"),
        pytest.param("{start}-" + "9" * 5000, id="longer than any"),
    ],
)
def test_an_id_that_says_nothing_here_is_answered_with_the_whole_state(told, runtime, after):
    feed, keen = told
    start = tell(runtime, keen, 1.0).partition("-")[0]
    ((name, data),) = heard(feed.listen(after=after.replace("{start}", start)), 1)
    assert (name, changed_nodes(data)) == ("state", list(runtime.nodes))


def test_who_missed_more_than_is_kept_is_told_the_whole_state(told, runtime):
    feed, keen = told
    last = tell(runtime, keen, 0.0)
    tell(runtime, keen, *map(float, range(1, 10)))
    ((name, data),) = heard(feed.listen(after=last), 1)
    assert (name, power_of_meter(data)) == ("state", 9.0)


def test_what_is_kept_is_bounded_by_its_size_too():
    past = Past(64)
    for _ in range(3):
        past.number += 1
        past.add(b"x" * (feed_module._KEPT_BYTES // 2))
    assert [past.since(number) is None for number in range(4)] == [True, False, False, False]


def test_changes_are_kept_for_a_while_when_nobody_listens(runtime):
    clock = VirtualClock(runtime.started_at)
    feed = Feed(runtime, clock, most_streams=1)
    feed.start()
    stream = feed.listen()
    last = id_of(next(stream))
    stream.close()
    runtime.set("meter", "reading", MeterReading.sample(power_w=7.0))
    back = feed.listen(after=last)
    _, data = until(back, changed_nodes)
    assert (changed_nodes(data), power_of_meter(data)) == (["meter"], 7.0)
    feed.close()


def test_later_nobody_can_say_what_was_missed(runtime):
    clock = VirtualClock(runtime.started_at)
    feed = Feed(runtime, clock, most_streams=1)
    stream = feed.listen()
    last = id_of(next(stream))
    stream.close()
    clock.advance(feed_module._KEPT_S)
    feed._tell([])
    ((name, _),) = heard(feed.listen(after=last), 1)
    assert name == "state"
    feed.close()


def test_a_stream_ends_when_its_reader_may_not_listen_any_more(runtime):
    clock = VirtualClock(runtime.started_at)
    feed = Feed(runtime, clock, most_streams=1)
    signed_in = [True, True, False]
    stream = feed.listen(may_listen=lambda: signed_in.pop(0))
    for _ in range(3):
        runtime.set("meter", "reading", MeterReading.sample())
        feed._tell([])
    heard_of = 0
    for _ in stream:
        heard_of += 1
        clock.advance(feed_module.RECHECK_S)
    assert (heard_of, signed_in, feed.streams) == (3, [], 0)
    feed.close()


def test_a_stream_says_when_too_much_waits():
    stream = Stream(2)
    assert [stream.put(b"x") for _ in range(3)] == [True, True, False]
    stream.start_over(b"all")
    assert stream.get(0) == b"all"
    assert stream.get(0) is None


def test_closing_ends_every_page_at_once(running):
    stream = running.listen()
    next(stream)
    ended = threading.Event()

    def read():
        for _ in stream:
            pass
        ended.set()

    reader = threading.Thread(target=read)
    reader.start()
    running.close()
    assert ended.wait(DEADLINE_S)
    reader.join()
    assert running.streams == 0
    with pytest.raises(Refused) as refused:
        running.listen()
    assert str(refused.value) == "web: live changes: the server is stopping"


def test_pages_do_not_wait_for_a_feed_that_broke(runtime, monkeypatch):
    failures = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    feed = Feed(runtime, SystemClock(), most_streams=1)
    stream = feed.listen()
    next(stream)
    runtime.fails_with = RuntimeError("engine is gone")
    feed.start()
    runtime.publish("event", "rfid", "out", None)
    assert list(stream) == []
    feed.close()
    assert [failure.exc_value for failure in failures] == [runtime.fails_with]
