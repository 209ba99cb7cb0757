"""Which node hangs is read from the stack of whatever thread it runs on."""

import json
import os
import sys
import threading
from typing import Any

import pytest

from oppleo_flow import Node, NodeConfig, node
from oppleo_flow.engine.heartbeat import Heartbeat, node_on_stack
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


HELD = {"now": Held(), "making": Held()}


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


class HangsUnborn(Node[NodeConfig]):
    """Hang before it is a node."""

    type_name = "hangs-unborn"

    def __init__(self, *given: Any) -> None:
        HELD["making"]()
        super().__init__(*given)

    def on_message(self, number: int) -> None:
        """Do nothing."""


class HangsNewborn(HangsUnborn):
    """Hang when it is a node, but for a last touch."""

    type_name = "hangs-newborn"

    def __init__(self, *given: Any) -> None:
        Node.__init__(self, *given)
        HELD["making"]()


@pytest.mark.parametrize("cls", [HangsUnborn, HangsNewborn])
def test_a_node_that_hangs_while_it_is_made_is_named_to_the_guardian(run, system_clock, cls):
    held = HELD["making"] = Held()
    read, write = os.pipe()
    made = graph_of({"good": plan(double), "bad": plan(cls)})
    maker = threading.Thread(target=run, args=(made, system_clock))
    maker.start()
    heart = Heartbeat(write, lambda: None)
    try:
        assert held.reached.wait(PATIENCE_S)
        heart.watch(lambda: maker.ident or 0)
        with os.fdopen(read) as said:
            assert json.loads(said.readline()) == {"stalled": "bad"}
    finally:
        held.go.set()
        maker.join()
        heart.close()
        os.close(write)


@pytest.mark.parametrize("cls", [HangsUnborn, HangsNewborn])
def test_a_node_in_quarantine_is_not_even_made(run, cls):
    HELD["making"] = Held()
    runtime = run(graph_of({"bad": plan(cls)}), quarantine=frozenset({"bad"}))
    assert not HELD["making"].reached.is_set()
    (bad,) = runtime.snapshot().nodes
    assert [fault.code for fault in bad.faults] == ["quarantined"]
