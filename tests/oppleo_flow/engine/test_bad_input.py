"""Whatever a drop-in does wrong at run time ends in a named fault at its place; the rest runs."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from oppleo_flow import Actuator, Node, NodeConfig, Out, SafePin, SystemClock, node
from oppleo_flow.testing import Collect, graph_of, plan
from tests.oppleo_flow.engine.versions import Lamp

PATIENCE_S = 20.0
LONG = "x" * 1_000_000


@node("as-text")
def as_text(number: int) -> int:
    """Return what it does not say, for an odd number."""
    return f"{number}" if number % 2 else number  # type: ignore[return-value]


@node("double")
def double(number: int) -> int:
    """Double a number, and nothing else."""
    return number + number // 1


class Chatty(Node[NodeConfig]):
    """Return something, which is annotated to be nothing."""

    type_name = "chatty"

    def on_message(self, number: int) -> None:
        return number  # type: ignore[return-value]


class Answering(Node[NodeConfig]):
    """Send by itself, and return what it should not."""

    type_name = "answering"
    loud: Out[int]

    def on_message(self, number: int) -> str:
        self.loud.send(number)
        return number  # type: ignore[return-value]


class WrongSender(Node[NodeConfig]):
    """Send what it does not say."""

    type_name = "wrong-sender"
    loud: Out[int]

    def on_message(self, number: int) -> None:
        self.loud.send(str(number))  # type: ignore[arg-type]


class Deep(Node[NodeConfig]):
    """Call itself for ever."""

    type_name = "deep"

    def on_message(self, number: int) -> int:
        return self.on_message(number + 1)


class Unreadable:
    def __repr__(self) -> str:
        raise ValueError("do not look")


@node("unreadable")
def unreadable(number: int) -> int:
    """Return what cannot even be shown."""
    return Unreadable()  # type: ignore[return-value]


@node("long-winded")
def long_winded(number: int) -> int:
    """Fail in a million words."""
    raise ValueError(LONG)


@node("too-long")
def too_long(number: int) -> int:
    """Return a long text in the place of a number."""
    return LONG  # type: ignore[return-value]


def faults(runtime: Any) -> dict[str, str]:
    return {n.id: n.faults[0].text for n in runtime.snapshot().nodes if n.faults}


def house(cls: type[Node[Any]], *wires: str) -> Any:
    """Return a graph of a bad node before a good one, and one that has nothing to do with it."""
    nodes = {
        "bad": plan(cls),
        "next": plan(double),
        "end": plan(Collect),
        "other": plan(double),
        "errors": plan(Collect),
    }
    return graph_of(nodes, [*wires, "other.out > end.in", "flow.errors > errors.in"])


FUSED = ("bad.out > next.in", "next.out > end.in")


@pytest.mark.parametrize(
    ("cls", "wires", "said"),
    [
        pytest.param(as_text, FUSED, "test/bad.out: carries int, got '7'", id="returned, fused"),
        pytest.param(
            as_text, ("bad.out >> next.in",), "test/bad.out: carries int, got '7'", id="durable"
        ),
        pytest.param(as_text, (), "test/bad.out: carries int, got '7'", id="returned to nobody"),
        pytest.param(
            Answering, (), "test/bad.out: carries str, got 7", id="returned by one that sends"
        ),
        pytest.param(
            WrongSender, ("bad.loud > end.in",), "test/bad.loud: carries int, got '7'", id="sent"
        ),
        pytest.param(
            Chatty,
            (),
            "node 'bad': its handlers are annotated to return nothing, got 7",
            id="something undeclared",
        ),
        pytest.param(
            unreadable, FUSED, "test/bad.out: carries int, got a Unreadable", id="unreadable"
        ),
        pytest.param(
            too_long,
            FUSED,
            f"test/bad.out: carries int, got '{LONG[:199]}… (1000002 characters)",
            id="a long text of the wrong type",
        ),
        pytest.param(long_winded, FUSED, f"{LONG[:1000]}… (1000000 characters)", id="a long error"),
    ],
)
def test_a_payload_of_the_wrong_type_is_the_fault_of_who_made_it(run, tmp_path, cls, wires, said):
    runtime = run(house(cls, *wires), state_path=tmp_path / "state.sqlite")
    runtime.inject("bad", "in", 7)
    runtime.inject("other", "in", 4)
    runtime.run_for(0)
    assert faults(runtime) == {"bad": said}
    assert runtime.node("end").got == [8]
    assert [failure.message for failure in runtime.node("errors").got] == [said]


def test_where_few_are_looked_at_the_one_who_fails_is_not_blamed_for_what_it_was_given(run):
    runtime = run(house(as_text, *FUSED))
    for number in range(0, 1002, 2):
        runtime.inject("bad", "in", number)
    runtime.inject("bad", "in", 7)
    runtime.run_for(0)
    assert faults(runtime) == {"bad": "test/bad.out: carries int, got '7'"}
    counts = {n.id: n.failed for n in runtime.snapshot().nodes}
    assert (counts["bad"], counts["next"]) == (1, 0)


@pytest.mark.parametrize("wires", [FUSED, ("bad.out >> next.in",)], ids=["fused", "durable"])
def test_a_recursion_without_end_is_a_failure_like_any_other(run, tmp_path, wires):
    runtime = run(house(Deep, *wires), state_path=tmp_path / "state.sqlite")
    runtime.inject("bad", "in", 1)
    runtime.inject("other", "in", 4)
    runtime.run_for(0)
    assert faults(runtime)["bad"].startswith("maximum recursion depth exceeded")
    assert runtime.node("end").got == [8]


class Talker(Node[NodeConfig]):
    """Pass a text on and hold it as its status."""

    type_name = "talker"
    said: Out[str]

    def on_message(self, text: str) -> None:
        self.status("ok", text)
        self.fault("too-much", text)
        self.said.send(text)


@pytest.mark.parametrize("arrow", [">", ">>"], ids=["plain", "durable"])
def test_a_long_text_travels_whole_and_is_shown_short(run, tmp_path, arrow):
    made = graph_of({"t": plan(Talker), "end": plan(Collect)}, [f"t.said {arrow} end.in"])
    runtime = run(made, state_path=tmp_path / "state.sqlite")
    runtime.inject("t", "in", LONG)
    runtime.run_for(0)
    assert runtime.node("end").got == [LONG]
    talker = runtime.snapshot().nodes[0]
    short = f"{LONG[:1000]}… (1000000 characters)"
    assert (talker.faults[0].text, runtime.node("t").context.condition.text) == (short, short)


# -- what fails before it runs ---------------------------------------------------------------------


class Unborn(Node[NodeConfig]):
    """Cannot be made before the third try; keeps a sum."""

    type_name = "unborn"
    sum: int = 0
    total: Out[int]
    tries = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        type(self).tries += 1
        if type(self).tries < 4:
            raise OSError(f"try {type(self).tries}")

    def on_message(self, number: int) -> None:
        self.sum += number
        self.total.send(self.sum)


class Pinned(Actuator[NodeConfig]):
    """Cannot tell its pins."""

    type_name = "pinned"
    safe_levels = ("off",)

    @classmethod
    def safe_pins(cls, config: NodeConfig, safe: str) -> Sequence[SafePin]:
        raise LookupError("no pin of that name")

    def on_message(self, number: int) -> None:
        raise AssertionError("it must not run")

    def go_safe(self, reason: str) -> None:
        pass


class Lost(Node[NodeConfig]):
    """Cannot start."""

    type_name = "lost"

    def start(self) -> None:
        raise KeyError("start")

    def on_message(self, number: int) -> int:
        return number


def test_a_node_that_cannot_be_made_is_in_fault_and_tried_again(run):
    Unborn.tries = 0
    runtime = run(house(Unborn, "bad.total > end.in"))
    assert faults(runtime) == {"bad": "try 2"}
    runtime.inject("other", "in", 4)
    runtime.run_for(60)
    assert faults(runtime) == {}
    runtime.inject("bad", "in", 1)
    runtime.run_for(0)
    assert runtime.node("end").got == [8, 1]


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        pytest.param(Pinned, "no pin of that name", id="safe_pins"),
        pytest.param(Lost, "'start'", id="start"),
    ],
)
def test_a_node_that_cannot_start_says_why_and_the_rest_runs(run, cls, said):
    runtime = run(house(cls))
    runtime.inject("other", "in", 4)
    runtime.inject("bad", "in", 4)
    runtime.run_for(0)
    assert faults(runtime) == {"bad": said}
    assert runtime.node("end").got == [8]
    assert runtime.safe_pins() == []
    assert runtime.stop().undelivered == 0


def test_a_deploy_of_a_node_that_cannot_be_made_leaves_what_ran(run):
    runtime = run(house(Lamp))
    Unborn.tries = 0
    with pytest.raises(Exception, match="try 2; what ran before runs again"):
        runtime.deploy(house(Unborn))
    assert faults(runtime) == {}


# -- threads ---------------------------------------------------------------------------------------


class Flood(Node[NodeConfig]):
    """Begin a thread that sends for ever, whatever becomes of the node."""

    type_name = "flood"
    drop: Out[int]
    go_on = threading.Event()

    def start(self) -> None:
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.go_on.is_set():
            self.drop.send(1)


@pytest.fixture
def flood(run: Callable[..., Any], system_clock: SystemClock) -> Any:
    Flood.go_on.clear()
    made = graph_of({"flood": plan(Flood), "end": plan(Collect)}, ["flood.drop > end.in"])
    yield run(made, system_clock)
    Flood.go_on.set()


def test_a_thread_that_sends_for_ever_does_not_keep_the_flow_from_its_end(flood):
    assert flood.wait_settled(PATIENCE_S)
    assert flood.stop().problems == ()


class Ears(logging.Handler):
    """Wait for the first words of a logger."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.heard = threading.Event()
        self.said = ""
        self.logger = logging.getLogger(name)
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.said = record.getMessage()
        self.heard.set()
        self.logger.removeHandler(self)


def test_a_thread_that_a_node_leaves_behind_is_told_and_not_heard(flood):
    ears = Ears("oppleo_flow.node.flood")
    assert flood.wait_settled(PATIENCE_S)
    flood.deploy(graph_of({"end": plan(Collect)}))
    assert ears.heard.wait(PATIENCE_S)
    assert ears.said == (
        "flood: a thread of it still sends, though the node has stopped; end it in `stop`"
    )
    assert flood.stop().problems == ()
