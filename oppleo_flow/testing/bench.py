"""One node on the bench: the real engine, a virtual clock, and ears on every output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.graph import Graph, GraphNode, OnError
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Example, Node
from oppleo_flow.options import NodeConfig
from oppleo_flow.record import Record
from oppleo_flow.testing.by_hand import graph_of, link, plan

T = TypeVar("T")
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SUBJECT = "node"


@dataclass
class BenchSite:
    """An installation for a test; `services` holds what `site.service` returns, by its kind."""

    folder: Path = field(default_factory=Path.cwd)
    charge_point: str = "bench"
    timezone: str = "Europe/Amsterdam"
    currency: str = "EUR"
    language: str = "en"
    simulate: bool = True
    services: dict[type, Any] = field(default_factory=dict)

    def service(self, kind: type[T]) -> T:
        """Return the service of a kind.

        Raises:
            ConfigError: The test gave none, or one of another kind.
        """
        try:
            found = self.services[kind]
        except KeyError:
            raise ConfigError(f"bench: the test gave no {kind.__name__}") from None
        if not isinstance(found, kind):
            raise ConfigError(f"bench: a {kind.__name__} is needed, got {found!r}")
        return found


class Collect(Node[NodeConfig]):
    """Keep everything that comes in."""

    type_name = "collect"

    def start(self) -> None:
        """Begin with nothing."""
        self.got: list[Any] = []

    def on_message(self, payload: object) -> None:
        """Keep one payload."""
        self.got.append(payload)


@immutable
class Run:
    """What a node did on the bench.

    `outputs` has every output port, in order of sending; `failures` what handlers raised, as
    `payloads.Failure`; `status` and `faults` are how the node was at the end.
    """

    outputs: Mapping[str, Sequence[Any]]
    failures: Sequence[Any]
    status: str
    faults: Mapping[str, str]
    made_safe: str | None
    dropped: int

    @property
    def out(self) -> Sequence[Any]:
        """Return what left the output `out`."""
        return self.outputs["out"]


class Bench:
    """A node on the bench, for tests that look at it step by step; a context manager.

    `connections` maps the name that an option gives to the connection's class, or to a pair of
    class and settings.
    """

    def __init__(  # noqa: PLR0913  (each is one fact of the node's plan, given by name)
        self,
        node: type[Node[Any]],
        config: Mapping[str, Any] | None = None,
        *,
        safe: str | None = None,
        durable: bool = False,
        stale_after_s: float | None = None,
        on_error: OnError | None = None,
        connections: Mapping[str, Any] | None = None,
        site: BenchSite | None = None,
        clock: VirtualClock | None = None,
        state_path: Path | None = None,
        externals: Sequence[Any] = (),
    ) -> None:
        self.clock = clock or VirtualClock(NOON)
        made = plan(
            node,
            config,
            on_error=on_error or OnError(),
            durable=durable,
            stale_after_s=stale_after_s,
        )
        subject = replace(made, safe=safe or made.safe)
        self.spec = made.spec
        kwargs: dict[str, Any] = {} if state_path is None else {"state_path": state_path}
        self.runtime = Runtime(
            _graph(subject, connections or {}),
            clock=self.clock,
            site=site or BenchSite(),
            externals=externals,
            **kwargs,
        )

    def __enter__(self) -> "Bench":
        self.runtime.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.runtime.stop()

    @property
    def node(self) -> Node[Any]:
        """Return the node's instance."""
        return self.runtime.node(SUBJECT)

    def send(self, payload: Any, port: str = "in") -> None:
        """Send a payload into an input and let everything happen that follows at once."""
        self.runtime.inject(SUBJECT, port, payload)
        self.runtime.run_for(0)

    def advance(self, seconds: float) -> None:
        """Move time on."""
        self.runtime.run_for(seconds)

    def sent(self, port: str = "out") -> list[Any]:
        """Return what has left an output so far."""
        collect = self.runtime.node(_ear(port))
        assert isinstance(collect, Collect)
        return collect.got

    def run(self) -> Run:
        """Return what the node has done so far."""
        snapshot = next(n for n in self.runtime.snapshot().nodes if n.id == SUBJECT)
        ports = [p for p in self.runtime.graph.outputs(SUBJECT) if p != "error"]
        return Run(
            outputs={port: list(self.sent(port)) for port in ports},
            failures=list(self.sent("error")),
            status=snapshot.status_text,
            faults={fault.code: fault.text for fault in snapshot.faults},
            made_safe=snapshot.made_safe,
            dropped=snapshot.dropped,
        )


def run_node(
    node: type[Node[Any]],
    config: Mapping[str, Any] | None = None,
    *payloads: Any,
    port: str = "in",
    advance: float = 0.0,
    **bench: Any,
) -> Run:
    """Send payloads into a node, move time on, stop it, and return what it did.

    `bench` takes the keyword arguments of `Bench`.  What the node sends while it stops counts.
    """
    made = Bench(node, config, **bench)
    with made:
        for payload in payloads:
            made.send(payload, port)
        if advance:
            made.advance(advance)
        status = made.run()
    return Run(
        outputs={name: list(made.sent(name)) for name in status.outputs},
        failures=list(made.sent("error")),
        status=status.status,
        faults=status.faults,
        made_safe=status.made_safe,
        dropped=status.dropped,
    )


def run_example(node: type[Node[Any]], example: Example, **bench: Any) -> dict[str, list[Any]]:
    """Run an example of a node; return what left each port that the example speaks of.

    Compare with `expected(example)`.
    """
    made = Bench(node, example.config, **bench)
    with made:
        # A record is a mapping too, and a payload.
        by_port = isinstance(example.send, dict) and not isinstance(example.send, Record)
        inputs = example.send if by_port else {"in": example.send}
        for port, payloads in inputs.items():
            for payload in payloads if isinstance(payloads, list | tuple) else [payloads]:
                made.send(payload, port)
        made.advance(example.advance)
        return {port: list(made.sent(port)) for port in example.expect}


def expected(example: Example) -> dict[str, list[Any]]:
    """Return what an example expects, each port as a list."""
    return {
        port: list(value) if isinstance(value, list | tuple) else [value]
        for port, value in example.expect.items()
    }


def _ear(port: str) -> str:
    return f"hears_{port}"


def _graph(subject: GraphNode, connections: Mapping[str, Any]) -> Graph:
    """Return a graph of one node with a collector on each of its outputs."""
    ports = subject.spec.outputs_for(subject.config)
    graph = graph_of(
        {SUBJECT: subject, **{_ear(port): plan(Collect) for port in ports}},
        [f"{SUBJECT}.{port} > {_ear(port)}.in" for port in ports],
    )
    links = {
        name: link(name, *(made if isinstance(made, tuple) else (made,)))
        for name, made in connections.items()
    }
    return replace(graph, name="bench", connections=links)
