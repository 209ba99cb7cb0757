"""What can be set and what it is, as the API tells it of a flow that runs and of the site."""

from functools import cached_property

from oppleo_flow.flowfile.editing.values import Path
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.versions import FlowSet
from webui.api.setting_models import InsideAnswer, OptionAnswer, PartAnswer
from webui.oppleo_names import NAMES
from webui.setting_fields import Field
from webui.setting_parts import Part, SettingsFile, parts_of
from webui.setting_text import SettingText
from webui.subflow_parts import SubflowParts


class LookedAt:
    """The flow that runs, its texts and the text of the site, at one moment.

    `flows` is None where nothing can be deployed, `site` where there are no settings of a site.
    """

    def __init__(
        self, graph: Graph, flows: FlowSet | None, site: SettingsFile | None, of_site: str | None
    ) -> None:
        self._graph = graph
        self._flows = flows
        self._site = site
        self._of_site = of_site

    def is_still(self, graph: Graph, flows: FlowSet | None, of_site: str | None) -> bool:
        """Return whether these very ones run, and the site still says what it said."""
        return graph is self._graph and flows is self._flows and of_site == self._of_site

    def text(self, file: str) -> str:
        """Return what stands in a file."""
        if self._site is not None and file == self._site.name:
            assert self._of_site is not None
            return self._of_site
        assert self._flows is not None  # or nothing of it could be changed
        return self._flows.files[file]

    def parts(self) -> list[Part]:
        """Return what has settings."""
        return self._parts({})

    @cached_property
    def answers(self) -> list[PartAnswer]:
        """Return it as the API tells it."""
        # The trees of the texts are not kept: they are many small things, and a collection of
        # garbage would have to look at each of them.
        read: dict[str, SettingText] = {}
        return [
            self._part(part, self._read(part.file, read) if part.editable else None)
            for part in self._parts(read)
        ]

    def _parts(self, read: dict[str, SettingText]) -> list[Part]:
        found = list(parts_of(self._graph, self._flows, self._site))
        if self._flows is not None:
            inside = SubflowParts(self._graph, self._flows, lambda file: self._read(file, read))
            found += inside.all()
        return found

    def _read(self, file: str, read: dict[str, SettingText]) -> SettingText:
        if file not in read:
            read[file] = SettingText(self.text(file), file)
        return read[file]

    def _part(self, part: Part, text: SettingText | None) -> PartAnswer:
        return {
            "id": part.id,
            "part": part.kind,
            "group": part.group,
            "type": part.type_name,
            "section": part.section,
            "about": part.about,
            "file": part.file,
            "line": part.line,
            "editable": part.editable,
            "inside": _inside(part),
            "test": part.id if part.can_be_tested else None,
            "options": [self._option(part, one, text) for one in part.fields],
        }

    def _option(self, part: Part, option: Field, text: SettingText | None) -> OptionAnswer:
        owner, variable, parameter = owner_of(part, option, text)
        choices = list(option.choices)
        if option.name in part.refs:
            choices = self._connections(part.refs[option.name])
        return {
            "name": option.name,
            "kind": option.kind,
            "description": option.description,
            "unit": option.unit,
            "minimum": option.minimum,
            "maximum": option.maximum,
            "choices": choices,
            "examples": list(option.examples),
            "required": option.required,
            "default": option.default,
            "value": None if text is None else text.shown(owner, option),
            "variable": variable,
            "parameter": parameter,
            "line": None if text is None else text.line_of(owner),
            "oppleo": list(NAMES.get(f"{part.type_name}.{option.name}", ())),
        }

    def _connections(self, needed: type) -> list[str]:
        links = self._graph.connections.values()
        return [one.name for one in links if issubclass(one.spec.cls, needed)]


def _inside(part: Part) -> InsideAnswer | None:
    if part.inside is None:
        return None
    name, uses = str(part.path[-1]), list(part.inside.uses)
    return {"subflow": part.inside.subflow, "name": name, "uses": uses}


def owner_of(
    part: Part, option: Field, text: SettingText | None
) -> tuple[Path, str | None, str | None]:
    """Return where a value really stands, and the variable or the parameter that stands for it."""
    path: Path = (*part.path, *option.path)
    if text is None:
        return path, None, None
    if part.inside is not None:
        return path, None, text.parameter(path, part.inside.parameters)
    return *text.owner(path), None
