"""What an author's test is told by `run_node`, `Bench` and `run_example`."""

from pathlib import Path

import pytest

from oppleo_flow import Actuator, Connection, Example, Level, Node, NodeConfig, Out, Record, Ref
from oppleo_flow.errors import ConfigError
from oppleo_flow.testing import Bench, BenchSite, expected, run_example, run_node
from oppleo_flow.testing.bench import NOON


class Doubled(Node[NodeConfig]):
    type_name = "doubled"
    seen: Level[int]
    late: Out[str]

    def on_message(self, value: int) -> int:
        if value < 0:
            raise ValueError("a number above 0 is needed")
        self.seen.set(value)
        self.status("ok", f"saw {value}")
        self.after(60.0, lambda: self.late.send("a minute later"))
        return 2 * value

    def on_other(self, value: int) -> int:
        return value

    def stop(self, reason: object) -> None:
        self.late.send("stopping")


def test_a_run_tells_everything_that_left_in_order_and_how_the_node_was() -> None:
    run = run_node(Doubled, None, 1, 2, advance=60.0)

    assert run.outputs == {
        "seen": [1, 2],
        "late": ["a minute later", "a minute later", "stopping"],
        "out": [2, 4],
    }
    assert (run.out, run.status, run.failures, run.faults) == ([2, 4], "saw 2", [], {})


def test_a_handler_that_raises_is_a_failure_of_the_run() -> None:
    run = run_node(Doubled, None, -1)

    assert run.out == []
    assert [(f.error, f.message, f.payload) for f in run.failures] == [
        ("ValueError", "a number above 0 is needed", -1)
    ]


def test_a_payload_goes_to_the_input_that_is_named() -> None:
    assert run_node(Doubled, None, 7, port="other").out == [7]


def test_time_stands_still_at_noon_until_it_is_moved() -> None:
    with Bench(Doubled) as bench:
        bench.send(1)
        assert (bench.clock.now(), bench.sent("late")) == (NOON, [])
        bench.advance(60.0)
        assert bench.sent("late") == ["a minute later"]


@pytest.mark.parametrize(
    ("send", "out"),
    [
        pytest.param(3, [6], id="a payload"),
        pytest.param([1, 2], [2, 4], id="a sequence of them"),
        pytest.param({"in": 1, "other": [5, 6]}, [2, 5, 6], id="a mapping of inputs"),
        pytest.param((), [], id="nothing"),
    ],
)
def test_an_example_sends_what_it_says(send: object, out: list[int]) -> None:
    example = Example(send=send, expect={"out": out})

    assert run_example(Doubled, example) == expected(example) == {"out": out}


class Echo(Node[NodeConfig]):
    type_name = "echo"

    def on_message(self, record: Record) -> Record:
        return record


def test_a_record_is_a_payload_and_no_mapping_of_inputs() -> None:
    example = Example(send=Record.of({"a": 1}), expect={"out": Record.of({"a": 1})})

    assert run_example(Echo, example) == expected(example)


class PlugConfig(NodeConfig):
    volts: int = 230


class Plug(Connection[PlugConfig]):
    type_name = "plug"


class LampConfig(NodeConfig):
    plug: Ref[Plug]


class Lamp(Actuator[LampConfig]):
    type_name = "lamp"
    safe_levels = ("off", "dim")
    volts: Out[int]

    def on_message(self, value: int) -> None:
        plug = self.use(self.config.plug)
        assert plug.simulated
        self.volts.send(plug.config.volts)

    def go_safe(self, reason: str) -> None:
        self.status("ok", self.safe)


@pytest.mark.parametrize(
    ("made", "volts"),
    [
        pytest.param(Plug, 230, id="a class has its defaults"),
        pytest.param((Plug, {"volts": "12"}), 12, id="a pair brings settings"),
    ],
)
def test_a_connection_is_a_class_or_a_class_with_settings(made: object, volts: int) -> None:
    run = run_node(Lamp, {"plug": "plug"}, 1, connections={"plug": made})

    assert run.outputs == {"volts": [volts]}


@pytest.mark.parametrize(
    ("chosen", "level"),
    [
        pytest.param(None, "off", id="without a word the usual one"),
        pytest.param("dim", "dim", id="the one that is asked for"),
    ],
)
def test_an_actuator_has_a_safe_level(chosen: str | None, level: str) -> None:
    with Bench(Lamp, {"plug": "plug"}, connections={"plug": Plug}, safe=chosen) as bench:
        assert bench.node.safe == level


@pytest.mark.parametrize(
    ("services", "message"),
    [
        pytest.param({}, "bench: the test gave no Path", id="none"),
        pytest.param({Path: "x"}, "bench: a Path is needed, got 'x'", id="one of another kind"),
    ],
)
def test_a_site_without_the_service_says_so(services: dict[type, object], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        BenchSite(services=services).service(Path)

    assert str(refused.value) == message
