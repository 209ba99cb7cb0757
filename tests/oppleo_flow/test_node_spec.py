"""What is read from a node class, and what is wrong with one that breaks the contract."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from pydantic import Field, create_model

from oppleo_flow import Actuator, Connection, Instant, Level, Node, NodeConfig, Out, Ref, Router
from oppleo_flow.errors import NodeFileError
from oppleo_flow.node_spec import (
    InputSpec,
    OutputSpec,
    fits,
    members,
    read_connection,
    read_node,
    refs,
    type_text,
)
from oppleo_flow.payloads import (
    Beep,
    EvseState,
    EvseUnknown,
    Failure,
    MeterReading,
    MeterUnknown,
    Payload,
)
from oppleo_flow.record import Record

T = TypeVar("T")


class Bus(Connection[NodeConfig]):
    """Something to refer to."""

    type_name = "bus"


class FullConfig(NodeConfig):
    bus: Ref[Bus] = Field(description="A connection.")
    other: Ref[Bus] | None = Field(None, description="Another, or none.")
    limit_w: float = 5.0


class Full(Node[FullConfig]):
    """A node with something of everything."""

    type_name = "full"
    optional_inputs = frozenset({"plug"})
    alarm: Out[Beep]
    reading: Level[MeterReading | MeterUnknown]
    since: Instant | None = None
    count: int = 0
    table: ClassVar[dict[str, int]] = {}
    _hidden: int = 0

    def on_message(self, payload: T) -> T | None:
        """Return what came in."""

    def on_meter(self, reading: MeterReading | MeterUnknown) -> None:
        """Take a reading."""

    def on_plug(self, state: EvseState) -> Beep | None:
        """Answer with a beep."""

    def one_more(self, value: int) -> None:
        """Be no handler."""

    @classmethod
    def extra_outputs(cls, config: FullConfig) -> Mapping[str, Any]:
        """Return an output of the settings."""
        return {"high": T}


def test_inputs_are_the_handlers_with_what_they_take() -> None:
    assert read_node(Full).inputs == {
        "in": InputSpec("in", T, "on_message", required=True),
        "meter": InputSpec("meter", MeterReading | MeterUnknown, "on_meter", required=True),
        "plug": InputSpec("plug", EvseState, "on_plug", required=False),
    }


def test_outputs_are_the_ports_and_what_handlers_return() -> None:
    assert read_node(Full).outputs == {
        "alarm": OutputSpec("alarm", Beep, "event"),
        "reading": OutputSpec("reading", MeterReading | MeterUnknown, "level"),
        "out": OutputSpec("out", T | Beep, "event", returned=True),
    }


def test_an_instance_has_the_outputs_of_its_settings_and_error() -> None:
    spec = read_node(Full)
    made = spec.outputs_for(FullConfig(bus=Ref("b")))

    assert {name: made[name] for name in made.keys() - spec.outputs} == {
        "high": OutputSpec("high", T, "event"),
        "error": OutputSpec("error", Failure, "event"),
    }


def test_state_is_what_is_annotated_and_public_and_no_port() -> None:
    assert read_node(Full).state == {"since": Instant | None, "count": int}


def test_the_rest_of_what_a_class_tells() -> None:
    spec = read_node(Full)

    assert (spec.type_name, spec.config, spec.blocking) == ("full", FullConfig, False)
    assert (Path(spec.file), spec.doc) == (Path(__file__), (__doc__ or "").strip())


def test_options_that_name_a_connection_are_found() -> None:
    assert refs(FullConfig) == {"bus": Bus, "other": Bus}


class Lamp(Actuator[NodeConfig]):
    """An actuator without settings."""

    type_name = "lamp"
    safe_levels = ("off", "on")

    def on_message(self, on: bool) -> None:
        """Switch."""

    def go_safe(self, reason: str) -> None:
        """Switch off."""


def test_only_an_actuator_has_safe_levels() -> None:
    assert (read_node(Lamp).safe_levels, read_node(Full).safe_levels) == (("off", "on"), ())


def test_a_connection_tells_its_type_and_settings() -> None:
    spec = read_connection(Bus)

    assert (spec.type_name, spec.cls, spec.config) == ("bus", Bus, NodeConfig)


def routing_a_payload(self: Any, payload: Beep) -> Beep: ...


def node_class(**members_: Any) -> type[Node[Any]]:
    return type("Broken", (Node,), {"type_name": "broken", "__module__": __name__, **members_})


def without_annotation(self: Any, payload) -> None: ...  # type: ignore[no-untyped-def]


def without_return(self: Any, payload: Beep): ...  # type: ignore[no-untyped-def]


def failed_without_return(self: Any, payload: Beep, error: Exception): ...


def with_two(self: Any, payload: Beep, other: Beep) -> None: ...


def with_unknown(self: Any, payload: "Beeep") -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        pytest.param(
            node_class(type_name=None),
            "Broken: type_name: a hyphenated name is needed",
            id="no name",
        ),
        pytest.param(
            node_class(on_message=without_annotation),
            "without_annotation: one annotated parameter and an annotated return are needed",
            id="a parameter without its type",
        ),
        pytest.param(
            node_class(on_message=without_return),
            "without_return: one annotated parameter and an annotated return are needed",
            id="a return without its type",
        ),
        pytest.param(
            node_class(failed=failed_without_return),
            "failed_without_return: an annotated return is needed: what leaves after a failure",
            id="what leaves after a failure without its type",
        ),
        pytest.param(
            type("Broken", (Router,), {"type_name": "b", "on_message": routing_a_payload}),
            "routing_a_payload: a router returns its outputs, not Beep",
            id="a router that returns a payload",
        ),
        pytest.param(
            node_class(on_message=with_two),
            "with_two: one annotated parameter and an annotated return are needed",
            id="two parameters",
        ),
        pytest.param(
            node_class(on_message=with_unknown),
            "with_unknown: an annotation cannot be read: name 'Beeep' is not defined",
            id="an annotation that means nothing",
        ),
        pytest.param(
            node_class(__annotations__={"alarm": "Out[Beeep]"}),
            "Broken: an annotation cannot be read: name 'Beeep' is not defined",
            id="a port of a type that is not there",
        ),
        pytest.param(
            node_class(__annotations__={"alarm": Out}),
            "Broken: alarm: what it carries is needed, such as Out[Beep]",
            id="a port that does not say what it carries",
        ),
        pytest.param(
            node_class(__annotations__={"seen": dict[str, int]}, seen={}),
            "Broken: seen: state that can be changed in place would be shared",
            id="state that all instances would share",
        ),
        pytest.param(
            node_class(version=0),
            "Broken: version: a whole number from 1 is needed, got 0",
            id="a version that cannot be",
        ),
        pytest.param(
            node_class(version=2),
            "Broken: version is 2: 'migrate' is needed, from those before",
            id="a version that nothing leads to",
        ),
        pytest.param(
            node_class(__annotations__={"message": Out[Beep]}),
            "Broken: 'message' means something in every node; choose another name",
            id="an output named like what every node has",
        ),
        pytest.param(
            node_class(__annotations__={"clock": str}, clock=""),
            "Broken: 'clock' means something in every node; choose another name",
            id="state named like what every node has",
        ),
        pytest.param(
            node_class(__annotations__={"config": Level[Beep]}),
            "Broken: 'config' means something in every node; choose another name",
            id="an output named like what every node is given",
        ),
        pytest.param(
            node_class(
                __orig_bases__=(Node[create_model("C", __base__=NodeConfig, keep=(int, 1))],)
            ),
            "Broken: C: 'keep' is an option of every node",
            id="an option that every node has",
        ),
    ],
)
def test_a_class_that_breaks_the_contract_is_named_with_its_place(
    cls: type[Node[Any]], message: str
) -> None:
    with pytest.raises(NodeFileError) as refused:
        read_node(cls)
    place, _, what = str(refused.value).partition(": ")

    assert what == message
    assert re.fullmatch(rf"{re.escape(__file__)}:\d+", place)


class Talkative(Lamp):
    """A lamp whose output has a name that is taken."""

    type_name = "talkative"

    safe: Out[Beep]  # type: ignore[assignment]


def test_a_name_that_is_taken_is_told_at_its_own_line() -> None:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    line = 1 + next(n for n, text in enumerate(lines) if text.startswith("    safe: Out[Beep]"))
    with pytest.raises(NodeFileError) as refused:
        read_node(Talkative)
    assert str(refused.value) == (
        f"{__file__}:{line}: Talkative: 'safe' means something in every node; choose another name"
    )


class Special(EvseState):
    """A payload type below another."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("carried", "accepted", "fit"),
    [
        pytest.param(Beep, Beep, True, id="the same"),
        pytest.param(Special, EvseState, True, id="a subclass"),
        pytest.param(EvseState, Special, False, id="not the other way"),
        pytest.param(EvseState, EvseState | EvseUnknown, True, id="one of what is taken"),
        pytest.param(EvseState | EvseUnknown, EvseState, False, id="more than is taken"),
        pytest.param(EvseState | EvseUnknown, EvseUnknown | EvseState, True, id="in any order"),
        pytest.param(Beep, Payload, True, id="the base of all"),
        pytest.param(Beep, object, True, id="anything"),
        pytest.param(Beep, Any, True, id="anything, said otherwise"),
        pytest.param(Any, Beep, False, id="anything is not a beep"),
        pytest.param(Any, object, True, id="anything is an object"),
        pytest.param(T, Beep, True, id="what came in, until the wires bind it"),
        pytest.param(Beep, T, True, id="whatever comes in"),
        pytest.param(int, float, True, id="a whole number is a number"),
        pytest.param(float, int, False, id="not every number is whole"),
        pytest.param(list[Beep], list[Beep], True, id="the same list"),
        pytest.param(list[Beep], list[EvseState], False, id="another list"),
        pytest.param(list[Beep], Beep, False, id="a list is not one of it"),
        pytest.param(Record, Beep, False, id="a record is not converted"),
    ],
)
def test_what_fits_on_a_wire(carried: Any, accepted: Any, fit: bool) -> None:
    assert fits(carried, accepted) is fit


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Beep, "Beep"),
        (EvseState | EvseUnknown, "EvseState | EvseUnknown"),
        (T, "the type of its input"),
        (float, "float"),
    ],
)
def test_a_type_in_words(kind: Any, text: str) -> None:
    assert type_text(kind) == text


def test_the_members_of_a_type() -> None:
    assert (members(Beep), members(EvseState | None)) == ((Beep,), (EvseState, type(None)))
