"""Ports and payloads as people name them on a command line."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.graph import GraphFlow
from oppleo_flow.flowfile.named_ports import input_named, output_named, payload_given
from oppleo_flow.payloads import Authorised, CardSeen, MeterReading, MeterUnknown, SwitchRequest
from oppleo_flow.testing import Collect, graph_of, plan

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


class Fork(Node[NodeConfig]):
    """Two inputs, two outputs."""

    type_name = "fork"
    left: Out[int]
    right: Out[int]

    def on_one(self, value: int) -> None:
        self.left.send(value)

    def on_two(self, value: int) -> None:
        self.right.send(value)


class Source(Node[NodeConfig]):
    """One output with a name of its own."""

    type_name = "source"
    card: Out[int]


@pytest.fixture
def graph():
    nodes = {"source": plan(Source), "fork": plan(Fork), "store.end": plan(Collect)}
    made = graph_of({name.replace(".", "_"): node for name, node in nodes.items()})
    object.__setattr__(made, "flows", (GraphFlow("", "test", "", ""),))
    renamed = {name: made.nodes[name.replace(".", "_")] for name in nodes}
    object.__setattr__(made, "nodes", renamed)
    return made


@pytest.mark.parametrize(
    ("find", "name", "expected"),
    [
        (output_named, "source", ("source", "card")),
        (output_named, "source.error", ("source", "error")),
        (output_named, "fork.left", ("fork", "left")),
        (output_named, "flow.errors", ("flow", "errors")),
        (input_named, "store.end", ("store.end", "in")),
        (input_named, "store.end.in", ("store.end", "in")),
        (input_named, "fork.two", ("fork", "two")),
    ],
)
def test_a_port_may_be_left_out_where_there_is_no_doubt(graph, find, name, expected):
    assert find(graph, name) == expected


@pytest.mark.parametrize(
    ("find", "name", "wrong"),
    [
        (output_named, "fork", "'fork' has several outputs; say which: fork.left, fork.right"),
        (output_named, "fork.lefd", "'fork' has no output 'lefd'; did you mean 'left'?"),
        (output_named, "sourse", "there is no node 'sourse'; did you mean 'source'?"),
        (output_named, "meter.reading", "there is no node 'meter'; nodes: source, fork, store_end"),
        (input_named, "source", "'source' has no input"),
        (input_named, "flow.errors", "'flow' has no input"),
        (input_named, "fork", "'fork' has several inputs; say which: fork.one, fork.two"),
    ],
)
def test_a_port_that_is_not_there_is_told_with_those_that_are(graph, find, name, wrong):
    with pytest.raises(ConfigError) as raised:
        find(graph, name)
    assert str(raised.value) == wrong


@pytest.mark.parametrize(
    ("text", "kind", "payload"),
    [
        ("{on: true, reason: by hand}", SwitchRequest, SwitchRequest(True, "by hand")),
        ('{"uid": "04", "legacy_id": "1"}', CardSeen, CardSeen("04", "1")),
        (
            "{type: MeterUnknown, meter: m, reason: cut}",
            MeterReading | MeterUnknown,
            MeterUnknown("m", NOW, "cut"),
        ),
        ("5", int, 5),
        ("{a: 1}", Any, {"a": 1}),
    ],
    ids=["fields", "JSON", "one of several, now", "a number", "anything"],
)
def test_a_payload_is_written_as_in_a_test(text, kind, payload):
    assert payload_given(text, kind, NOW) == payload


def test_a_field_with_a_default_has_that_and_not_the_value_of_the_example():
    @dataclass(frozen=True)
    class Lamp:
        level: int
        colour: str = "white"

        @classmethod
        def sample(cls, **values: Any) -> "Lamp":
            return cls(**{"level": 1, "colour": "red", **values})

    assert payload_given("{level: 3}", Lamp, NOW) == Lamp(3)


@pytest.mark.parametrize(
    ("text", "kind", "wrong"),
    [
        ("{uid: 04A1}", CardSeen, "a CardSeen needs 'legacy_id'; add 'legacy_id: …'"),
        ("{token_id: x, uid: a, label: b}", Authorised, "'token_id' of a Authorised"),
        ("", int, "the payload is empty; give one"),
        ("{uid", CardSeen, "'{' is not closed"),
        ("many", int, "the payload"),
    ],
    ids=["a field is missing", "a value is wrong", "nothing", "broken", "another type"],
)
def test_what_is_no_payload_is_told(text, kind, wrong):
    with pytest.raises(ConfigError) as raised:
        payload_given(text, kind, NOW)
    assert str(raised.value).startswith(wrong)
