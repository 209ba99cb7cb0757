"""Which node hangs is read from the stack of whatever thread it runs on."""

import sys
import threading

import pytest

from oppleo_flow import Node, NodeConfig, node
from oppleo_flow.engine.heartbeat import node_on_stack
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.testing import graph_of, plan

PATIENCE_S = 20.0


@node("double")
def double(number: int) -> int:
    """Double a number."""
    return number * 2


class Held:
    """Where a handler is held until the test lets it go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.go.wait(PATIENCE_S)


HELD = {"now": Held()}


@node("hang")
def hang(number: int) -> int:
    """Hang, when it is told to."""
    if number < 0:
        HELD["now"]()
    return number


class Hang(Node[NodeConfig]):
    """Hang, when it is told to."""

    type_name = "hang-class"

    def on_message(self, number: int) -> int:
        return hang.on_message(self, number)


@pytest.mark.parametrize("cls", [hang, Hang], ids=["a function", "a class"])
@pytest.mark.parametrize("before", [0, 300], ids=["timed", "not timed"])
@pytest.mark.parametrize("retry", [0, 1], ids=["fused", "not fused"])
def test_a_node_that_hangs_is_named_by_the_stack_of_who_brought_the_message(
    run, system_clock, cls, before, retry
):
    held = HELD["now"] = Held()
    bad = plan(cls, on_error=OnError(retry=retry))
    made = graph_of({"first": plan(double), "bad": bad}, ["first.out > bad.in"])
    runtime = run(made, system_clock)
    assert runtime.wait_settled(PATIENCE_S)
    for number in range(before):
        runtime.inject("first", "in", number)
    web = threading.Thread(target=runtime.inject, args=("first", "in", -1))
    web.start()
    try:
        assert held.reached.wait(PATIENCE_S)
        frame = sys._current_frames()[runtime.running_thread()]
        assert node_on_stack(frame) == "bad"
    finally:
        held.go.set()
        web.join()
