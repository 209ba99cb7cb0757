"""What has settings: the site, and each node and connection of the flow that runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, Literal, Protocol

from pydantic import BaseModel

from oppleo_flow.flowfile import Finding
from oppleo_flow.flowfile.editing.values import Path
from oppleo_flow.flowfile.graph import Graph, flow_of
from oppleo_flow.flowfile.versions import FlowSet
from oppleo_flow.immutable import immutable
from oppleo_flow.node_spec import refs
from webui.api.setting_models import Section
from webui.setting_fields import Field, fields_of

SITE: Final = "site"
_SECTIONS: Final[Mapping[str, Section]] = {
    "charging": "charge-point",
    "hardware": "hardware",
    "network": "network",
    "notify": "notifications",
    "storage": "storage",
    "flow": "flow",
}
_GROUPS: Final[Mapping[str, Section]] = {
    "statement": "charge-point",
    "web": "network",
    "log": "storage",
    "watch": "storage",
    "durable_wires": "storage",
}
"""What of the site's settings is a part of its own, and where."""
_NOT_HERE: Final = frozenset({"format"})
"""What nobody changes: which form the file has."""
_ASKED_TO_TEST: Final = frozenset({"prowl", "pushover", "notify", "email", "recipient"})


class SettingsFile(Protocol):
    """The file `oppleo.yaml`.  Legal from any thread."""

    @property
    def name(self) -> str:
        """Return what it is called."""
        ...

    @property
    def model(self) -> type[BaseModel]:
        """Return what it may say."""
        ...

    @property
    def start_needed(self) -> bool:
        """Return whether it says something else than what the program started with."""
        ...

    def text(self) -> str:
        """Return what stands in it.

        Raises:
            StoreError: It cannot be read.
        """
        ...

    def check(self, text: str) -> tuple[Finding, ...]:
        """Return what a check finds in a text for it."""
        ...

    def save(self, text: str, before: str) -> None:
        """Put a text in the place of the one `before`.

        Raises:
            Refused: It holds another one by now.
            StoreError: It cannot be written.
        """
        ...


@immutable
class Inside:
    """That something stands in a subflow: where this declares its parameters, and its instances."""

    subflow: str
    parameters: Path
    uses: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """The site, a node or a connection; `path` leads to its options in the text of `file`.

    `only` names those that it has of its settings class; None: all.  `group` is what these are
    called there, empty of what has no such name.  An instance of a subflow has its `parameters`
    for options.
    """

    id: str
    kind: Literal["site", "node", "connection"]
    type_name: str
    section: Section
    about: str
    file: str
    line: int
    path: Path
    config: type[Any]
    nested: bool = False
    editable: bool = True
    only: frozenset[str] | None = None
    group: str = ""
    inside: Inside | None = None
    parameters: tuple[Field, ...] | None = None

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Return its options."""
        if self.parameters is not None:
            return self.parameters
        config: Any = self.config
        found = fields_of(config, tuple(self.refs), nested=self.nested)
        here = self.only
        return tuple(
            one
            for one in found
            if one.name not in _NOT_HERE and (here is None or one.path[0] in here)
        )

    @property
    def refs(self) -> Mapping[str, Any]:
        """Return its options that name a connection, with the kind each needs."""
        config: Any = self.config
        return {} if self.nested else refs(config)

    @property
    def can_be_tested(self) -> bool:
        """Return whether something can be sent by it, to see whether that arrives."""
        return self.type_name in _ASKED_TO_TEST and self.inside is None

    def has(self, finding: Finding) -> bool:
        """Return whether a finding is about it, or may be because of what an instance is given."""
        if self.inside is not None:
            alike = finding.node == self.path[-1]
            return alike and any(one in self.inside.uses for one in finding.instances)
        within = self.parameters is not None and self.id in finding.instances
        return within or (finding.node == self.id and not finding.instances)


def parts_of(graph: Graph, flows: FlowSet | None, site: SettingsFile | None) -> Iterator[Part]:
    """Yield what has settings, the site first; what of subflows has some is told elsewhere."""
    if site is not None:
        yield from _of_site(site)
    for link in graph.connections.values():
        yield _part(link.name, "connection", link, flows)
    for node in graph.nodes.values():
        if flows is None or container_of(node.id) is None:
            yield _part(node.id, "node", node, flows)


def container_of(node: str) -> str | None:
    """Return the instance of a subflow in which a node stands; None: it stands in a flow."""
    within, dot, _ = node.rpartition(".")
    return within if dot and "/" not in node[len(within) :] else None


def section_of(cls: type) -> Section:
    """Return where the settings of a node or a connection are shown, by the room it is of."""
    return _SECTIONS.get(cls.__module__.split(".")[-2], "flow")


def _of_site(site: SettingsFile) -> Iterator[Part]:
    """Yield the site: what of it belongs together is a part."""
    about = _about(site.model)
    names = dict.fromkeys(one.path[0] for one in fields_of(site.model, nested=True))
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name if name in _GROUPS else "", []).append(name)
    for group, members in groups.items():
        yield Part(
            id=SITE,
            kind="site",
            type_name=SITE,
            section=_GROUPS.get(group, "charge-point"),
            about=about[group] if group else "",
            file=site.name,
            line=1,
            path=(),
            config=site.model,
            nested=True,
            only=frozenset(members),
            group=group,
        )


@cache
def _about(model: type[BaseModel]) -> Mapping[str, str]:
    """Return what each option of a settings class says of itself."""
    options = model.model_json_schema()["properties"]
    return {name: str(said.get("description", "")) for name, said in options.items()}


def _part(name: str, kind: Literal["node", "connection"], one: Any, flows: FlowSet | None) -> Part:
    prefix = flow_of(name)
    file = None if flows is None else flows.file_of(prefix)
    bare = name.removeprefix(prefix)
    spec = one.spec
    about = spec.doc.strip().partition("\n")[0]
    return Part(
        id=name,
        kind=kind,
        type_name=spec.type_name,
        section=section_of(spec.cls),
        about=about,
        file=file or one.place.file,
        line=one.place.line,
        path=("nodes" if kind == "node" else "connections", bare),
        config=spec.config,
        editable=file is not None,
    )
