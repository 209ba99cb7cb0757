"""Several flows and subflows in one runtime: flow files through the checker, in virtual time."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.errors import ConfigError
from oppleo_flow.flow_events import FlowStarted, FlowStopping, NodeChanged
from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.payloads import Failure
from oppleo_flow.registry import Registry
from oppleo_flow.testing import BenchSite

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
NODES = {
    "sensor": """
class Sensor(Node[NodeConfig]):
    type_name = "sensor"
    optional_inputs = frozenset({"in"})
    value: Level[int]

    def on_message(self, number: int) -> None:
        if number < 0:
            return self.fault("broken", f"read {number}")
        self.clear("broken")
        return self.value.set(number)
""",
    "source": """
class Source(Node[NodeConfig]):
    type_name = "source"
    optional_inputs = frozenset({"in"})
    sent: Out[int]

    def on_message(self, number: int) -> None:
        self.sent.send(number)

    def stop(self, reason: str) -> None:
        self.context.log.warning("%s stops", self.id)
""",
    "times": """
class TimesConfig(NodeConfig):
    factor: int = 1


class Times(Node[TimesConfig]):
    type_name = "times"
    total: int = 0

    def on_message(self, number: int) -> int:
        if number == 13:
            raise ValueError("unlucky")
        self.total += number
        return number * self.config.factor
""",
    "sink": """
class Sink(Node[NodeConfig]):
    type_name = "sink"

    def start(self) -> None:
        self.got = []

    def on_message(self, thing: object) -> None:
        self.got.append(thing)
""",
    "chatty": """
class Chatty(Node[NodeConfig]):
    type_name = "chatty"
    heard: int = 0

    def on_message(self, thing: object) -> None:
        self.heard += 1
        self.status("ok", f"heard {self.heard}")
""",
    "valve": """
class Valve(Actuator[NodeConfig]):
    type_name = "valve"
    safe_levels = ("shut",)

    def start(self) -> None:
        self.opening = [0]

    def on_message(self, number: int) -> None:
        self.opening.append(number)

    def go_safe(self, reason: str) -> None:
        self.opening.append(0)
""",
    "late": """
class Late(Node[NodeConfig]):
    type_name = "late"

    def start(self) -> None:
        if self.site.folder.joinpath("away").exists():
            raise OSError("is away")
""",
}
HEAD = "from oppleo_flow import Actuator, Level, Node, NodeConfig, Out\n\n"
Start = Callable[..., Runtime]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("nodes")
    for name, text in NODES.items():
        (folder / f"{name}.py").write_text(HEAD + text)
    return Registry([], folder)


@pytest.fixture
def start(registry: Registry, tmp_path: Path) -> Iterator[Start]:
    """Run the nodes of a flow, with other flows beside it, until the test is over."""
    running: list[Runtime] = []

    def run(nodes: str, texts: dict[str, str] | None = None, **options: Any) -> Runtime:
        beside = {f"{name}.yaml": flow(name, text) for name, text in (texts or {}).items()}
        checked = check_text(flow("f", nodes), "f.yaml", registry, CheckSettings(texts=beside))
        if checked.graph is None:
            raise ConfigError("\n".join(finding.render() for finding in checked.errors))
        site = BenchSite(folder=tmp_path)
        runtime = Runtime(checked.graph, clock=VirtualClock(NOON), site=site, **options)
        running.append(runtime)
        runtime.start()
        return runtime

    yield run
    for runtime in running:
        if runtime.running:
            runtime.stop()


def flow(name: str, nodes: str) -> str:
    return f"flow: {name}\nformat: 1\n{nodes}"


def send(runtime: Runtime, node: str, payload: object) -> None:
    runtime.inject(node, "in", payload)
    runtime.run_for(0)


def got(runtime: Runtime, node: str = "sink") -> list[Any]:
    found: Any = runtime.node(node)
    return list(found.got)


SCALED = """\
subflows:
  scaled:
    params: {factor: {type: int}}
    in: {number: int}
    out: {result: twice}
    nodes:
      once: {type: times, from: in.number, factor: $(factor)}
      twice: {type: times, from: once, factor: 2, keep: durable}
"""


# -- subflows -------------------------------------------------------------------------------------


def test_two_instances_work_by_themselves(start: Start) -> None:
    runtime = start(
        "nodes:\n  src: {type: source}\n  three: {type: flow:scaled, from: src, factor: 3}\n"
        "  five: {type: flow:scaled, from: src, factor: 5}\n"
        f"  sink: {{type: sink, from: [three, five]}}\n{SCALED}"
    )
    send(runtime, "src", 1)
    assert got(runtime) == [6, 10]
    send(runtime, "three.once", 10)
    assert got(runtime) == [6, 10, 60]
    totals: list[Any] = [runtime.node(n) for n in ("three.once", "five.once")]
    assert [node.total for node in totals] == [11, 1]


def test_the_state_of_a_node_inside_is_kept_under_its_whole_id(
    start: Start, tmp_path: Path
) -> None:
    nodes = (
        "nodes:\n  src: {type: source}\n  three: {type: flow:scaled, from: src, factor: 3}\n"
        "  five: {type: flow:scaled, from: src, factor: 5}\n" + SCALED
    )
    for total in (3, 6):
        runtime = start(nodes, state_path=tmp_path / "state.sqlite")
        send(runtime, "src", 1)
        kept: Any = runtime.node("three.twice")
        assert kept.total == total
        runtime.stop()


def test_the_errors_of_an_instance_are_those_of_every_node_inside(start: Start) -> None:
    runtime = start(
        "nodes:\n  src: {type: source}\n  three: {type: flow:scaled, from: src, factor: 3}\n"
        f"  sink: {{type: sink, from: three.error}}\n{SCALED}"
    )
    send(runtime, "src", 13)
    send(runtime, "three.twice", 13)
    assert [(failure.node, failure.message) for failure in got(runtime)] == [
        ("three.once", "unlucky"),
        ("three.twice", "unlucky"),
    ]


LEVELS = """\
subflows:
  measured:
    params: {off: {type: bool, default: no}}
    out: {value: sensor}
    nodes:
      sensor: {type: sensor, disabled: $(off)}
"""
STALE = "stale: its input is stale for 90 s"
VALVE = "  valve: {type: valve, from: tank, safe: shut, stale_after: 90s}\n"


def test_a_level_out_of_an_instance_stays_a_level_with_its_freshness(start: Start) -> None:
    runtime = start(f"nodes:\n  tank: {{type: flow:measured}}\n{VALVE}{LEVELS}")
    send(runtime, "tank.sensor", 40)
    send(runtime, "tank.sensor", -1)
    valve: Any = runtime.node("valve")
    assert valve.opening == [0, 40]
    runtime.run_for(90)
    assert valve.opening == [0, 40, 0]
    (seen,) = [node for node in runtime.snapshot().nodes if node.id == "valve"]
    assert seen.made_safe == f"{STALE}: tank.sensor: read -1"
    send(runtime, "tank.sensor", 50)
    assert valve.opening[-1] == 50


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("off: yes", id="a node inside"),
        pytest.param("disabled: yes", id="the instance"),
    ],
)
def test_what_builds_on_a_level_of_what_is_disabled_is_never_fresh(start, given: str) -> None:
    runtime = start(f"nodes:\n  tank: {{type: flow:measured, {given}}}\n{VALVE}{LEVELS}")
    runtime.run_for(90)
    seen = {node.id: node for node in runtime.snapshot().nodes}
    assert seen["tank.sensor"].disabled
    assert seen["valve"].made_safe == f"{STALE}: tank.sensor: does not run"


# -- several flows --------------------------------------------------------------------------------

MAIN = "nodes:\n  sink: {type: sink, from: [garage/src, garage/tank.value]}\n"
GARAGE = "nodes:\n  src: {type: source}\n  tank: {type: sensor}\n"


def test_messages_cross_from_one_flow_to_the_other(start: Start) -> None:
    runtime = start(MAIN, {"garage": GARAGE})
    send(runtime, "garage/src", 1)
    send(runtime, "garage/tank", 2)
    assert got(runtime) == [1, 2]
    assert [node.id for node in runtime.snapshot().nodes] == ["sink", "garage/src", "garage/tank"]


def test_nothing_of_a_disabled_flow_runs_and_its_levels_are_never_fresh(start: Start) -> None:
    garage = f"disabled: on\n{GARAGE}"
    runtime = start(
        "nodes:\n  valve: {type: valve, from: garage/tank, safe: shut, stale_after: 90s}\n",
        {"garage": garage},
    )
    runtime.run_for(90)
    seen = {node.id: node for node in runtime.snapshot().nodes}
    assert (seen["garage/src"].disabled, seen["garage/tank"].disabled) == (True, True)
    assert seen["valve"].made_safe == f"{STALE}: garage/tank: does not run"


# -- the ports of a flow --------------------------------------------------------------------------


def test_each_flow_tells_once_that_it_has_started_and_that_it_stops(start: Start) -> None:
    runtime = start(
        "nodes:\n  sink: {type: sink, from: [flow.start, flow.stop]}\n"
        "  other: {type: sink, from: [garage/flow.start, garage/flow.stop]}\n",
        {"garage": GARAGE},
    )
    first, second = runtime.node("sink"), runtime.node("other")
    runtime.run_for(60)
    runtime.stop()
    later = NOON.replace(minute=1)
    assert first.got == [FlowStarted(NOON, flow="f"), FlowStopping(later, flow="f")]
    assert second.got == [FlowStarted(NOON, flow="garage"), FlowStopping(later, flow="garage")]


def test_a_flow_has_started_when_each_of_its_nodes_has_or_failed_to(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "away").touch()
    runtime = start("nodes:\n  late: {type: late}\n  sink: {type: sink, from: flow.start}\n")
    assert got(runtime) == [FlowStarted(NOON, flow="f")]
    (tmp_path / "away").unlink()
    runtime.run_for(60)
    assert runtime.ready
    assert len(got(runtime)) == 1


def test_a_flow_of_which_nothing_runs_does_not_start(start: Start) -> None:
    nodes = "nodes:\n  sink: {type: sink, from: garage/flow.start}\n"
    assert got(start(nodes, {"garage": f"disabled: on\n{GARAGE}"})) == []


def test_a_flow_tells_that_it_stops_before_its_sources_stop(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """The message that `flow.stop` sets off still gets through."""
    runtime = start(
        "nodes:\n  src: {type: source}\n  last: {type: chatty, from: flow.stop}\n"
        "  sink: {type: sink, from: [src, flow.status]}\n"
    )
    with caplog.at_level(logging.WARNING):
        sink = runtime.node("sink")
        runtime.stop()
    assert [change.text for change in sink.got if isinstance(change, NodeChanged)] == ["heard 1"]
    assert caplog.messages == ["src stops"]


def test_each_flow_tells_of_the_failures_and_conditions_of_its_own_nodes(start: Start) -> None:
    listening = "{type: sink, from: [flow.errors, flow.status]}"
    runtime = start(
        f"nodes:\n  src: {{type: source}}\n  own: {{type: times, from: src}}\n"
        f"  sink: {listening}\n  keep: {{type: sink, from: garage/src}}\n",
        {"garage": f"{GARAGE}  own: {{type: times, from: src}}\n  sink: {listening}\n"},
    )
    send(runtime, "garage/own", 13)
    assert got(runtime) == []
    failure, change = sorted(got(runtime, "garage/sink"), key=lambda one: type(one).__name__)
    assert failure == Failure("garage/own", "ValueError", "unlucky", 13, NOON)
    assert change == NodeChanged("garage/own", "fault", "handler-failed", "unlucky", NOON)


def test_who_hears_of_changes_does_not_tell_of_its_own(start: Start) -> None:
    """Otherwise a node that counts what it hears would hear of that for ever."""
    runtime = start(
        "nodes:\n  src: {type: source}\n  own: {type: times, from: src}\n"
        "  counts: {type: chatty, from: flow.status}\n"
    )
    send(runtime, "own", 13)
    counts: Any = runtime.node("counts")
    assert counts.heard == 1


def test_failures_do_not_go_round_between_two_flows(start: Start) -> None:
    """Each flow's listener fails on what the other tells."""
    runtime = start(
        "nodes:\n  src: {type: source}\n  own: {type: times, from: src}\n"
        "  bad: {type: sink, from: garage/flow.errors}\n",
        {"garage": "nodes:\n  own: {type: sink, from: f/flow.errors}\n"},
    )
    for node in ("bad", "garage/own"):
        broken: Any = runtime.node(node)
        del broken.got
    send(runtime, "own", 13)
    seen = {node.id: node.failed for node in runtime.snapshot().nodes}
    assert seen == {"src": 0, "own": 1, "bad": 0, "garage/own": 1}
