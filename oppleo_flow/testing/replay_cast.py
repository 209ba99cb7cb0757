"""Who plays which part in a replay: what the sources are to send, and what is compared."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile import cases
from oppleo_flow.flowfile.graph import Graph, Place, is_flow
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import Authorised, Rejected, SessionBilled
from oppleo_flow.store import Ledger
from oppleo_flow.testing.pocket import know_as_recorded, know_prices_as_recorded
from oppleo_flow.testing.recording import Happening, Recording

SAFE = "made safe"
"""The port under which it is compared when and why an output is at its safe level."""
_BY_ITSELF = ("start", "stop", "status")
_VERDICTS = (Authorised.__name__, Rejected.__name__)


@immutable
class Choice:
    """How to replay: what is left out, what else is silent, and how far moments may differ.

    The messages that begin at the node `as_tests` become tests of the flow.
    """

    without: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    within: timedelta = timedelta(seconds=2)
    as_tests: str | None = None


class Cast:
    """The parts of one replay: `silent` nodes send what they sent when it was recorded.

    Raises:
        ConfigError: A source is not in the flow any more, or sent what cannot be sent now.
    """

    def __init__(
        self, graph: Graph, recording: Recording, silent: frozenset[str], choice: Choice
    ) -> None:
        self.graph = graph
        self.recording = recording
        self.choice = choice
        self.new = tuple(n for n in graph.nodes if recording.nodes and n not in recording.nodes)
        self.played: list[Happening] = []
        self.held: dict[str, dict[str, cases.Given]] = {}
        self.levels: list[Happening] = []
        self.expected: list[Happening] = []
        self.silent = silent
        self._wired = {(wire.source_node, wire.source_port) for wire in graph.wires}
        for one in recording.happenings:
            if one.node in choice.without or one.node in self.new:
                continue
            if one.node in silent:
                self._take(one)
            elif one.kind == "held" and self.is_compared(one.node, one.port):
                self.levels.append(one)
            elif self.is_compared(one.node, one.port) and one.kind in ("message", "safe"):
                self.expected += [] if one.facts.get("held") else [_comparable(one)]

    def _take(self, one: Happening) -> None:
        if one.kind == "safe":
            return
        self._refuse_what_is_gone(one)
        if one.kind == "held":
            self.held.setdefault(one.node, {})[one.port] = cases.Plain(one.payload())
        else:
            if one.kind == "message":
                one.payload()
            self.played.append(one)

    def _refuse_what_is_gone(self, one: Happening) -> None:
        node = self.graph.nodes.get(one.node)
        where = f"{one.file}:{one.number}"
        leave = f"leave it out with '--without {one.node}'"
        if node is None or node.disabled:
            why = "is not in the flow any more" if node is None else "is disabled"
            raise ConfigError(
                f"{where}: node {one.node!r}: {why}, and what it sent cannot be played; {leave}"
            )
        if one.port and one.port not in self.graph.outputs(one.node):
            raise ConfigError(
                f"{where}: node {one.node!r}: has no output {one.port!r} any more; {leave}"
            )

    def is_compared(self, node: str, port: str) -> bool:
        """Return whether what leaves an output should be as it was."""
        if is_flow(node):  # what nobody is wired to is not recorded
            return port not in _BY_ITSELF and (node, port) in self._wired
        return node not in self.silent and node not in self.choice.without and node not in self.new

    def stub(self, node: str) -> cases.Stub:
        """Return what silences a node; one without inputs begins with what its levels held."""
        inputs = self.graph.nodes[node].spec.inputs
        answers = {} if inputs else self.held.get(node, {})
        return cases.Stub(Place(self.recording.file, 1, 1), node, answers)

    def held_by_silent_nodes(self) -> Iterator[tuple[str, str, cases.Given]]:
        """Yield what the levels of silent nodes that have inputs held at the beginning."""
        for node, levels in self.held.items():
            if self.graph.nodes[node].spec.inputs:
                for port, given in levels.items():
                    yield node, port, given

    def know(self, ledger: Ledger, now: datetime) -> None:
        """Let the ledger know the cards and the prices that were known when it was recorded."""
        know_as_recorded(ledger, self._recorded(*_VERDICTS), now)
        know_prices_as_recorded(ledger, self._recorded(SessionBilled.__name__))

    def _recorded(self, *types: str) -> Iterator[Any]:
        """Yield every payload of some types."""
        for one in self.recording.happenings:
            if one.kind == "message" and one.facts.get("type") in types:
                yield one.payload()


def _comparable(one: Happening) -> Happening:
    """Return a line as `Comparison` takes it: how an output was made safe, as a message."""
    if one.kind == "message":
        return one
    return replace(
        one, facts={"port": SAFE, "began_at": one.facts["at"], **_why(one.facts.get("why"))}
    )


def _why(why: str | None) -> dict[str, Any]:
    return {"type": type(why).__name__, "value": why}
