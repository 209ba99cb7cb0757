"""What of subflows has settings: what stands inside, once for all its uses, and what each is given.

An option inside a subflow is written in one place and counts for every instance.  What differs
between instances are its parameters: these are the settings of an instance.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from oppleo_flow.flowfile.editing.values import Data, Path, text_of
from oppleo_flow.flowfile.graph import Graph, GraphInstance, GraphNode, flow_of
from oppleo_flow.flowfile.scalars import NULLS, TRUTHS
from oppleo_flow.flowfile.subflows import SUBFLOW
from oppleo_flow.flowfile.versions import FlowSet
from oppleo_flow.immutable import immutable
from oppleo_flow.options import NodeConfig
from webui.setting_fields import Field, Kind, Shown
from webui.setting_parts import Inside, Part, container_of, section_of
from webui.setting_text import SettingText

_Placed = GraphInstance | GraphNode
_FOLDER: Final = "subflows"
_KINDS: Final[Mapping[str, Kind]] = {
    "int": "number",
    "float": "number",
    "bool": "switch",
    "choice": "choice",
    "secret": "secret",
    "connection": "connection",
}
"""How a form asks for a parameter of a type; for all else by text, such as `10s`."""


@immutable
class Body:
    """Where a subflow stands: in a flow, whose ids begin with `prefix`, or in a file of its own.

    `path` leads to it in the text of `file`; of one with a file of its own it is empty.
    """

    subflow: str
    file: str
    path: Path
    prefix: str

    @property
    def id(self) -> str:
        """Return what tells it apart from the others of a site."""
        of = f"{SUBFLOW}{self.subflow}"
        return f"{self.prefix}{of}" if self.path else f"sub{of}"


@immutable
class Stands:
    """Where a node stands: in a file, at a path.

    `parameters` leads to those of the subflow in which that is; None: it is in none.
    """

    file: str
    path: Path
    parameters: Path | None = None


class SubflowParts:
    """What of the subflows of a flow has settings; `read` returns the text of one of its files."""

    def __init__(self, graph: Graph, flows: FlowSet, read: Callable[[str], SettingText]) -> None:
        self._graph = graph
        self._flows = flows
        self._read = read

    def all(self) -> Iterator[Part]:
        """Yield the instances that stand in a flow, then what stands in subflows."""
        found: dict[str, list[_Placed]] = {}
        bodies: dict[str, Body] = {}
        there: list[_Placed] = [*self._graph.instances.values(), *self._graph.nodes.values()]
        for one in there:
            within = container_of(one.id)
            if within is not None:
                body = self._body(self._graph.instances[within])
                id_ = f"{body.id}.{_last(one.id)}"
                bodies[id_] = body
                found.setdefault(id_, []).append(one)
            elif isinstance(one, GraphInstance):
                yield self._in_flow(one)
        for id_, alike in found.items():
            yield self._in_subflow(id_, bodies[id_], alike)

    def stands(self, node: str) -> Stands | None:
        """Return where a node or an instance stands; None: in a file that is not known here."""
        prefix, within = flow_of(node), container_of(node)
        if within is None:
            file = self._flows.file_of(prefix)
            return None if file is None else Stands(file, ("nodes", node.removeprefix(prefix)))
        body = self._body(self._graph.instances[within])
        return Stands(body.file, (*body.path, "nodes", _last(node)), (*body.path, "params"))

    def option(self, node: str, name: str) -> Stands | None:
        """Return where an option of a node is said: at a use of its subflow, if by a parameter."""
        stands = self.stands(node)
        while stands is not None and stands.parameters is not None:
            path = (*stands.path, name)
            parameter = self._read(stands.file).parameter(path, stands.parameters)
            if parameter is None:
                break
            node, name = str(container_of(node)), parameter
            stands = self.stands(node)
        return None if stands is None else replace(stands, path=(*stands.path, name))

    def _in_flow(self, one: GraphInstance) -> Part:
        prefix = flow_of(one.id)
        file = self._flows.file_of(prefix)
        path = ("nodes", one.id.removeprefix(prefix))
        return self._instance(one, one.id, file or one.place.file, path, None)

    def _in_subflow(self, id_: str, body: Body, alike: list[_Placed]) -> Part:
        """Return what stands in a subflow; `alike` is it in each of the instances."""
        inside = Inside(
            body.subflow, (*body.path, "params"), tuple(str(container_of(one.id)) for one in alike)
        )
        path = (*body.path, "nodes", _last(alike[0].id))
        first = alike[0]
        if isinstance(first, GraphInstance):
            return self._instance(first, id_, body.file, path, inside)
        return Part(
            id=id_,
            kind="node",
            type_name=first.spec.type_name,
            section=section_of(first.spec.cls),
            about=first.spec.doc.strip().partition("\n")[0],
            file=body.file,
            line=first.place.line,
            path=path,
            config=first.spec.config,
            inside=inside,
        )

    def _instance(
        self, one: GraphInstance, id_: str, file: str, path: Path, inside: Inside | None
    ) -> Part:
        """Return an instance, whose options are the parameters of its subflow."""
        body = self._body(one)
        text = self._read(body.file)
        declared = text.data((*body.path, "params"))
        return Part(
            id=id_,
            kind="node",
            type_name=f"{SUBFLOW}{one.subflow}",
            section="flow",
            about=one.doc or text_of(text.data((*body.path, "doc"))) or "",
            file=file,
            line=one.place.line,
            path=path,
            config=NodeConfig,
            inside=inside,
            parameters=tuple(
                self._field(name, said)
                for name, said in (declared.items() if isinstance(declared, dict) else ())
                if isinstance(said, dict)
            ),
        )

    def _field(self, name: str, declared: Mapping[str, Data]) -> Field:
        """Return how a form asks for a parameter."""
        said = {key: text_of(value) or "" for key, value in declared.items()}
        kind = _KINDS.get(said.get("type", ""), "text")
        choices = declared.get("choices")
        offered = [text_of(one) or "" for one in choices] if isinstance(choices, list) else []
        if kind == "connection":
            offered = self._connections(said.get("kind"))
        is_number = kind == "number"
        return Field(
            path=(name,),
            kind=kind,
            description=said.get("doc", ""),
            default=_default(said.get("default"), kind),
            required="default" not in declared,
            unit=said.get("unit", ""),
            minimum=_number(said.get("min")) if is_number else None,
            maximum=_number(said.get("max")) if is_number else None,
            choices=tuple(offered),
        )

    def _connections(self, type_name: str | None) -> list[str]:
        links = self._graph.connections.values()
        return [one.name for one in links if type_name in (None, one.spec.type_name)]

    def _body(self, one: GraphInstance) -> Body:
        """Return where the inside of an instance stands."""
        prefix, within = flow_of(one.id), container_of(one.id)
        own, path = self._flows.file_of(prefix), ("subflows", one.subflow)
        # One that has a file of its own knows no subflows of the flow that uses it.
        in_flow = within is None or self._body(self._graph.instances[within]).path
        if in_flow and own is not None and self._read(own).is_said(path):
            return Body(one.subflow, own, path, prefix)
        name = (_FOLDER, f"{one.subflow}.yaml")
        (file,) = (one for one in self._flows.files if PurePosixPath(one).parts[-2:] == name)
        return Body(one.subflow, file, (), "")


def _last(node: str) -> str:
    return node.rpartition(".")[2]


def _default(said: str | None, kind: Kind) -> Shown:
    if said is None or said in NULLS or kind == "secret":
        return None
    return TRUTHS.get(said.lower(), said) if kind == "switch" else said


def _number(said: str | None) -> float | None:
    try:
        return None if said is None else float(said)
    except ValueError:
        return None  # the check of the flow tells what is wrong with it
