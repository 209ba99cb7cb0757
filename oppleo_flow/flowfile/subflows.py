"""What `subflows:` declares: parameters, inputs and outputs, and the nodes inside."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from oppleo_flow.flowfile.draft import Scope
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.parameters import Parameter, Parameters, model_of
from oppleo_flow.flowfile.payload_names import PayloadNames
from oppleo_flow.flowfile.scalars import TRUTHS
from oppleo_flow.flowfile.shape import add_nodes
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Entry, Mark, Scalar, Text, Value, YamlList, YamlMap, kind_text
from oppleo_flow.options import NodeConfig

SUBFLOW = "flow:"
SHARED_SECTIONS = ("subflow", "format", "doc", "params", "in", "out", "nodes", "tests")
_KEYS = ("doc", "params", "in", "out", "nodes", "tests")
_MAPS = ("params", "in", "out", "nodes")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_PORT = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(slots=True, eq=False)
class InPort:
    """An input of a subflow, and what it may carry."""

    name: str
    at: Mark
    type: Any
    used: bool = False


@dataclass(slots=True, eq=False)
class OutPort:
    """An output of a subflow: the outputs inside that it stands for."""

    name: str
    at: Mark
    refs: list[Scalar]


@dataclass(slots=True, eq=False)
class SubflowDraft:
    """A subflow as it is written; a copy of its nodes is made for each instance.

    `parameters` has None for one that is declared wrongly, and `model` is None then: what an
    instance gives it cannot be checked.  `taken` are the parameters that some value inside uses.
    """

    name: str
    at: Mark
    text: Text
    doc: str = ""
    parameters: dict[str, Parameter | None] = field(default_factory=dict)
    model: type[NodeConfig] | None = None
    inputs: dict[str, InPort] = field(default_factory=dict)
    outputs: dict[str, OutPort] = field(default_factory=dict)
    nodes: YamlMap | None = None
    tests: Value | None = None
    all_ports: bool = True
    shared: bool = False
    used: bool = False
    taken: set[str] = field(default_factory=set)

    @property
    def type_name(self) -> str:
        """Return what `type:` of an instance says."""
        return f"{SUBFLOW}{self.name}"


class Subflows:
    """Reads subflows: those of a flow's own file, and the shared ones that have a file each."""

    def __init__(self, report: Report, payloads: PayloadNames) -> None:
        self._report = report
        self._payloads = payloads

    def of_flow(self, section: Value | None, text: Text) -> dict[str, SubflowDraft | None]:
        """Return the subflows of a flow by name; None for one that means nothing."""
        if section is None:
            return {}
        if not isinstance(section, YamlMap):
            self._wrong(section, "'subflows' is a map of names and subflows")
            return {}
        return {name: self._one(name, entry, text) for name, entry in section.entries.items()}

    def shared(self, root: YamlMap, name: str, text: Text) -> SubflowDraft:
        """Return the subflow that a file of its own declares."""
        for key, entry in root.entries.items():
            if key not in SHARED_SECTIONS:
                advice = hint(key, SHARED_SECTIONS, what="it has")
                message = f"{key!r} is not a part of a subflow's file{advice}"
                self._report.error("unknown-key", entry.key.start, message)
        said = root.get("subflow")
        if not isinstance(said, Scalar):
            if not root.incomplete:
                message = f"'subflow' is missing; add 'subflow: {name}'"
                self._report.error("missing-key", root.start, message)
        elif said.text != name and not said.unreadable:
            message = f"'subflow' must be as the file is called, {name!r}, got {said.text!r}"
            self._report.error("bad-id", said.start, message)
        draft = self._read(name, root, root.start if said is None else said.start, text)
        draft.shared = True
        return draft

    def _one(self, name: str, entry: Entry, text: Text) -> SubflowDraft | None:
        if not _NAME.fullmatch(name):
            message = f"a subflow's name is small letters, digits, - and _, got {name!r}; rename it"
            self._report.error("bad-id", entry.key.start, message)
        body = entry.value
        if not isinstance(body, YamlMap):
            self._wrong(body, f"the subflow {name!r} is a map with 'nodes'")
            return None
        for key, inner in body.entries.items():
            if key not in _KEYS:
                message = f"{key!r} is no part of a subflow{hint(key, _KEYS, what='it has')}"
                self._report.error("unknown-key", inner.key.start, message)
        return self._read(name, body, entry.key.start, text)

    def _read(self, name: str, body: YamlMap, at: Mark, text: Text) -> SubflowDraft:
        draft = SubflowDraft(name, at, text)
        maps = {key: self._map(body, key, name) for key in _MAPS}
        doc = body.get("doc")
        if isinstance(doc, Scalar):
            draft.doc = doc.text
        elif doc is not None:
            self._wrong(doc, "'doc' is text")
        draft.parameters = Parameters(self._report).read(maps["params"])
        right = [one for one in draft.parameters.values() if one is not None]
        if len(right) == len(draft.parameters) and not _incomplete(maps["params"]):
            draft.model = model_of(right)
        draft.inputs = dict(self._inputs(maps["in"]))
        draft.outputs = dict(self._outputs(maps["out"]))
        draft.all_ports = not _incomplete(maps["in"]) and not _incomplete(maps["out"])
        draft.nodes = maps["nodes"]
        if draft.nodes is not None:  # what is wrong with their ids is so in every instance
            add_nodes(draft.nodes, Scope(text), self._report)
        draft.tests = body.get("tests")
        if "nodes" not in body.entries and not body.incomplete:
            message = f"the subflow {name!r} has no nodes; add 'nodes:'"
            self._report.error("missing-key", at, message)
        return draft

    def _map(self, body: YamlMap, key: str, name: str) -> YamlMap | None:
        value = body.get(key)
        if value is None or isinstance(value, YamlMap):
            return value
        self._wrong(value, f"{key!r} of the subflow {name!r} is a map")
        return None

    def _inputs(self, section: YamlMap | None) -> Iterator[tuple[str, InPort]]:
        for name, entry in _entries(section):
            self._port_name(name, entry)
            kind: Any = Any
            value = entry.value
            if not isinstance(value, Scalar) or value.empty:
                example = f"{name}: MeterReading"
                self._wrong(value, f"an input is given the payload that it takes, as in {example}")
            elif not value.unreadable:
                try:
                    kind = self._payloads.read(value.text)
                except ValueError as error:
                    self._report.error("payload-type", value.start, str(error))
            yield name, InPort(name, entry.key.start, kind)

    def _outputs(self, section: YamlMap | None) -> Iterator[tuple[str, OutPort]]:
        for name, entry in _entries(section):
            self._port_name(name, entry)
            given = entry.value.items if isinstance(entry.value, YamlList) else [entry.value]
            refs = [one for one in given if isinstance(one, Scalar) and not one.empty]
            if len(refs) < len(given) or not refs:
                example = f"{name}: node.port"
                self._wrong(entry.value, f"an output is given what it sends, as in {example}")
            yield name, OutPort(name, entry.key.start, refs)

    def _port_name(self, name: str, entry: Entry) -> None:
        if not _PORT.fullmatch(name) or name == "error":
            message = f"a port's name is small letters, digits and _, and not error, got {name!r}"
            self._report.error("bad-id", entry.key.start, f"{message}; rename it")

    def _wrong(self, value: Value, what: str) -> None:
        if not (isinstance(value, Scalar) and value.unreadable):
            self._report.error("wrong-shape", value.start, f"{what}, got {kind_text(value)}")


def report_idle(subflow: SubflowDraft, report: Report) -> None:
    """Warn of a subflow that no node uses, and of what nothing inside it uses."""
    if not subflow.used and not subflow.shared:
        message = f"no node uses the subflow {subflow.name!r}; remove it"
        report.warning("unused-subflow", subflow.at, message)
    for name, parameter in subflow.parameters.items():
        if parameter is not None and name not in subflow.taken:
            message = f"nothing in {subflow.name!r} uses the parameter {name!r}; remove it"
            report.warning("unused-parameter", parameter.at, message)
    for port in subflow.inputs.values():
        if not port.used:
            message = f"nothing in {subflow.name!r} takes 'in.{port.name}'; remove it"
            report.warning("unused-input", port.at, message)


def truth_of(value: Value) -> bool | None:
    """Return what `on`, `off` and the like mean; None for anything else."""
    return TRUTHS.get(value.text.lower()) if isinstance(value, Scalar) else None


def _entries(section: YamlMap | None) -> Iterator[tuple[str, Entry]]:
    if section is not None:
        yield from section.entries.items()


def _incomplete(section: YamlMap | None) -> bool:
    return section is not None and section.incomplete
