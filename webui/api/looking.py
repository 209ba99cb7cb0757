"""Looking at messages while the flow runs: taps of an output, and traces of whole ways.

Each holds a thread of the server for as long as somebody looks, so there are only a few.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import islice
from typing import Annotated, Any

from bottle import response
from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.accounts.rights import Right
from oppleo_flow.engine.taps import Tap, Tapped
from oppleo_flow.engine.traces import Trace, TraceStep
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.graph import Graph
from webui.access import Access
from webui.answers import Moment
from webui.api.state import ValueAnswer, as_json, value_data
from webui.feed import Feed
from webui.ports import Runtime
from webui.problem import problem
from webui.reading import Query, read_query
from webui.still import may_still

MOST_LOOKING = 4
MOST_OUTPUTS = 20
"""How many outputs one stream taps at most."""
_AT_ONCE = 100  # messages in one event of a tap; what comes faster is counted, not sent
_GATHER_S = 0.1
_BEATS = 50  # how often it looks before it says so: only then it notices a browser that is gone

_ID = Field(None, min_length=1, max_length=200)


class TapAsked(Query):
    """Of which outputs: `at` for each, which finds the port where there is only one.

    Or `node` and `port`, for one.
    """

    node: str | None = _ID
    port: str | None = _ID
    at: list[Annotated[str, Field(min_length=1, max_length=400)]] = Field(
        default_factory=list, max_length=MOST_OUTPUTS, description="A node, or node.port."
    )


class TracesAsked(Query):
    """How many messages to follow, and how long to wait for them."""

    count: int = Field(1, ge=1, le=100)
    node: str | None = Field(None, max_length=200, description="Where they are to begin.")
    wait: int = Field(10, ge=1, le=60, description="Seconds.")


class SentAnswer(ValueAnswer):
    """What a node sent."""

    port: str


class TraceStepAnswer(TypedDict):
    """What one node did with a message; `port` is null where it began by itself."""

    node: str
    port: str | None
    payload: ValueAnswer | None
    at: Moment
    took_us: int | None
    sent: list[SentAnswer]
    failure: str | None


class TraceAnswer(TypedDict):
    """The way of a message; `test` is the text of a test that brings it about again."""

    id: str
    source: str
    began_at: Moment
    steps: list[TraceStepAnswer]
    cut: bool
    test: str | None


class TracesAnswer(TypedDict):
    """The ways of messages."""

    traces: list[TraceAnswer]


class Looking:
    """The routes of `/api/v1/taps` and `/api/v1/traces`; ids of nodes are in the query."""

    def __init__(self, runtime: Runtime, feed: Feed, access: Access) -> None:
        self._runtime = runtime
        self._feed = feed
        self._access = access
        self._places = threading.BoundedSemaphore(MOST_LOOKING)

    def tap(self) -> "TapStream":
        """Answer `GET /api/v1/taps?at=meter.reading&at=evse.out`: server-sent events `messages`.

        `?at=meter` finds the port by itself, where the node has only one that can be meant.  Each
        event says how many messages it missed, because more came than anybody reads.
        """
        outputs = self._outputs_asked()
        with ExitStack() as held:
            held.enter_context(self._place())
            taps = [held.enter_context(closing(self._tap(*output))) for output in outputs]
            response.content_type = "text/event-stream"
            response.set_header("X-Accel-Buffering", "no")  # a proxy must pass it on at once
            may_look = may_still(self._access, Right.LOOK)
            return TapStream(taps, self._feed, held.pop_all(), may_look)

    def _outputs_asked(self) -> list[tuple[str, str]]:
        asked = read_query(TapAsked)
        if not asked.at:
            return [(_said("node", asked.node), _said("port", asked.port))]
        # Not at the top: few look at taps, and it costs start-up time.
        from oppleo_flow.flowfile.named_ports import output_named  # noqa: PLC0415

        graph = self._runtime.graph
        return list(dict.fromkeys(output_named(graph, name) for name in asked.at))

    def _tap(self, node: str, port: str) -> Tap:
        try:
            return self._runtime.tap(node, port, _AT_ONCE)
        except KeyError as error:
            detail = f"the flow has no output {node}.{port} now"
            raise problem(404, "no-such-output", detail) from error

    def traces(self) -> TracesAnswer:
        """Answer `GET /api/v1/traces?count=1&node=rfid&wait=10`: the next messages that begin.

        It answers when they have come to their end, or after `wait` seconds with what there is.
        Each has the text of a test that brings it about again, where one can.
        """
        asked = read_query(TracesAsked)
        node, wait_s = asked.node, asked.wait
        with self._place():
            try:
                traces = self._runtime.trace(asked.count, node=node, within_s=wait_s)
            except KeyError as error:
                raise problem(404, "no-such-node", f"no node {node!r} runs now") from error
            with closing(traces):
                for _ in range(round(wait_s / _GATHER_S)):
                    if traces.ended or self._feed.ends_within(_GATHER_S):
                        break
                graph = self._runtime.graph
                return {"traces": [_trace(trace, graph) for trace in traces.so_far()]}

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Take one of the few places for who looks."""
        if not self._places.acquire(blocking=False):
            busy = problem(503, "too-many-looking", f"{MOST_LOOKING} look already; close one")
            busy.set_header("Retry-After", "10")
            raise busy
        try:
            yield
        finally:
            self._places.release()


class TapStream(Iterator[bytes]):
    """The events of some taps, until the browser or the server has had enough."""

    def __init__(
        self, taps: Sequence[Tap], feed: Feed, held: ExitStack, may_look: Callable[[], bool]
    ) -> None:
        self._taps = taps
        self._feed = feed
        self._held = held
        self._may_look = may_look
        self._missed = 0
        self._begun = False

    def __next__(self) -> bytes:
        """Return what has left the outputs since the last time, or a sign of life."""
        if not self._begun:
            self._begun = True
            return b"retry: 2000\n\n"
        if not self._may_look():
            raise StopIteration
        for _ in range(_BEATS):
            if self._feed.ends_within(_GATHER_S):
                raise StopIteration
            messages = [
                (message, tap)
                for tap in self._taps
                for message in islice(iter(partial(tap.get, 0), None), _AT_ONCE)
            ]
            if messages:
                return self._event(messages)
        return b": nothing\n\n"

    def _event(self, messages: list[tuple[Tapped, Tap]]) -> bytes:
        messages.sort(key=lambda one: one[0].at)
        messages, left_out = messages[-_AT_ONCE:], len(messages[:-_AT_ONCE])
        before, self._missed = self._missed, sum(tap.missed for tap in self._taps)
        data = {
            "missed": self._missed - before + left_out,
            "messages": [_tapped(message, tap) for message, tap in messages],
        }
        return b"event: messages\ndata: %b\n\n" % as_json(data)

    def close(self) -> None:
        """Let the outputs be."""
        self._held.close()


def _said(name: str, given: str | None) -> str:
    if given is None:
        raise problem(422, f"no-{name}", f"{name}: say which, as in ?{name}=…")
    return given


def _tapped(message: Tapped, tap: Tap) -> dict[str, Any]:
    return {
        "node": tap.node,
        "port": tap.port,
        "id": str(message.id),  # more digits than a number in a browser has
        "trace_id": str(message.trace_id),
        "source": message.source,
        "began_at": message.began_at,
        "at": message.at,
        **value_data(message.payload),
    }


def _trace(trace: Trace, graph: Graph) -> TraceAnswer:
    return {
        "id": str(trace.id),
        "source": trace.source,
        "began_at": trace.began_at.isoformat(),
        "steps": [_step(step) for step in trace.steps],
        "cut": trace.cut,
        "test": _test(trace, graph),
    }


def _test(trace: Trace, graph: Graph) -> str | None:
    # Not at the top: few look at traces, and it costs start-up time.
    from oppleo_flow.testing.copying import as_test  # noqa: PLC0415

    try:
        return as_test(trace, graph, f"what began on {trace.began_at:%Y-%m-%d at %H:%M:%S}")
    except Refused:
        return None


def _step(step: TraceStep) -> TraceStepAnswer:
    return {
        "node": step.node,
        "port": step.port,
        "payload": None if step.port is None else value_data(step.payload),
        "at": step.at.isoformat(),
        "took_us": step.took_us,
        "sent": [{"port": port, **value_data(payload)} for port, payload in step.sent],
        "failure": step.failure,
    }
