"""A thread that a node began is the node's: an error that ends it is a fault of the node."""

import sys
import threading

import pytest

from oppleo_flow import Node, NodeConfig
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.testing import graph_of, plan


class Threaded(Node[NodeConfig]):
    """Begin a thread for what comes in."""

    type_name = "threaded"

    def on_message(self, what: str) -> None:
        """Begin it, and wait for its end."""
        thread = threading.Thread(target=self.run if what != "function" else fail, args=(what,))
        thread.start()
        thread.join()

    def run(self, what: str) -> None:
        """Fail."""
        if what == "exit":
            sys.exit()
        raise ValueError(what)


def fail(what: str) -> None:
    """Fail, without a node in sight."""
    raise LookupError(what)


class Other(Node[NodeConfig]):
    """Have nothing to do with it."""

    type_name = "other"

    def on_message(self, what: str) -> None:
        """Do nothing."""


def faults(runtime: Runtime, node: str) -> list[tuple[str, str]]:
    shown = next(one for one in runtime.snapshot().nodes if one.id == node)
    return [(fault.code, fault.text) for fault in shown.faults]


@pytest.fixture
def two(run, monkeypatch):
    runtime = run(graph_of({"a": plan(Threaded), "b": plan(Threaded)}))
    monkeypatch.setattr(threading, "excepthook", runtime.thread_ended)
    return runtime


def send(runtime: Runtime, what: str) -> None:
    runtime.inject("a", "in", what)
    runtime.run_for(0)


def test_an_error_that_ends_a_thread_of_a_node_is_its_fault(two):
    send(two, "boom")
    assert faults(two, "a") == [("thread-failed", "a thread of it ended: ValueError: boom")]
    assert faults(two, "b") == []


def test_a_thread_may_end_itself(two):
    send(two, "exit")
    assert faults(two, "a") == []


def test_where_no_node_is_in_sight_it_is_the_fault_of_all_from_that_file(two):
    send(two, "function")
    text = "a thread of it ended: LookupError: function"
    assert faults(two, "a") == faults(two, "b") == [("thread-failed", text)]


def test_a_thread_that_belongs_to_no_node_is_told_in_one_line(run, monkeypatch, caplog):
    monkeypatch.setattr(threading, "excepthook", run(graph_of({})).thread_ended)
    thread = threading.Thread(target=fail, args=("why",), name="nobody's")
    thread.start()
    thread.join()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        'thread "nobody\'s" ended: LookupError: why'
    ]
