"""Dead letters over the API: of a real flow, whose node fails until a test mends it."""

import pytest

from oppleo_flow import Node, NodeConfig, Out, SystemClock
from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.testing import BenchSite, Collect, graph_of, plan
from oppleo_flow.testing.bench import NOON
from tests.webui.conftest import Client
from webui.access import Demo
from webui.app import create_app
from webui.feed import Feed
from webui.parts import Parts


class Clerk(Node[NodeConfig]):
    """Write numbers down, once the book is there."""

    type_name = "clerk"
    written: Out[int]
    broken = True

    def on_message(self, number: int) -> None:
        if self.broken:
            raise OSError("there is no book")
        self.written.send(number)


@pytest.fixture
def flow():
    """Return a running flow that two numbers have come into, in vain."""
    graph = graph_of(
        {"clerk": plan(Clerk, on_error=OnError(then="dead-letter")), "end": plan(Collect)},
        ["clerk.written > end.in"],
    )
    made = Runtime(graph, clock=VirtualClock(NOON), site=BenchSite())
    made.start()
    for number in (5, 6):
        made.inject("clerk", "in", number)
    made.run_for(0)
    yield made
    made.stop()


@pytest.fixture
def client(flow, tmp_path):
    feed = Feed(flow, SystemClock(), most_streams=1)
    yield Client(create_app(Parts(access=Demo(), runtime=flow, feed=feed), built_page=tmp_path))
    feed.close()


def numbers(client):
    return [letter["id"] for letter in client.get("/api/v1/dead-letters").json["dead_letters"]]


def test_the_newest_letter_is_the_first_with_all_that_is_known_of_it(client):
    answer = client.get("/api/v1/dead-letters?limit=1").json
    assert answer == {
        "dead_letters": [
            {
                "id": 2,
                "node": "clerk",
                "port": "in",
                "payload": {"type": "int", "value": 6},
                "sent_at": "2026-01-15T12:00:00+00:00",
                "source": "test/inject",
                "error": "OSError: there is no book",
                "failed_at": "2026-01-15T12:00:00+00:00",
                "tries": 1,
            }
        ],
        "count": 2,
        "lost": 0,
    }


def test_a_letter_is_replayed(client, flow):
    flow.node("clerk").broken = False
    answer = client.post("/api/v1/dead-letters/1/replay")
    assert (answer.status, answer.json["id"]) == (202, 1)
    flow.run_for(0)
    assert (flow.node("end").got, numbers(client)) == ([5], [2])


def test_a_letter_is_discarded(client):
    answer = client.post("/api/v1/dead-letters/1/discard")
    assert (answer.status, answer.json["id"], numbers(client)) == (200, 1, [2])


@pytest.mark.parametrize("what", ["replay", "discard"])
def test_a_letter_that_is_not_there_is_not_found(client, what):
    answer = client.post(f"/api/v1/dead-letters/7/{what}")
    assert (answer.status, answer.json["code"], answer.json["detail"]) == (
        404,
        "no-such-letter",
        "there is no dead letter 7",
    )


@pytest.mark.parametrize("what", ["replay", "discard"])
def test_only_json_can_change_anything(client, what):
    answer = client.post(f"/api/v1/dead-letters/1/{what}", Content_Type="text/plain")
    assert (answer.status, numbers(client)) == (415, [2, 1])


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_limit_that_cannot_be_is_refused(client, limit):
    answer = client.get(f"/api/v1/dead-letters?limit={limit}")
    assert (answer.status, answer.json["code"]) == (422, "wrong-query")
