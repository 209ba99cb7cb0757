"""JSON Schemas of the files that people write, for the completion and the hints of an editor.

The schema of a flow keeps to draft 7, which every editor knows.  What a reference names cannot be
said in a schema; the checker says it.
"""

from collections.abc import Iterable, Mapping
from typing import Final, get_args

from oppleo_flow.cli.cases_schema import tests_schema
from oppleo_flow.cli.flow_outline import (
    ID,
    WIRES,
    file_outline,
    outline_definitions,
    subflow_outline,
)
from oppleo_flow.cli.option_schema import (
    NOTHING,
    OptionSchemas,
    Schema,
    choice,
    one_of,
    or_nothing,
)
from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.devices.meter_profile import MeterProfile
from oppleo_flow.flowfile.graph import Then
from oppleo_flow.flowfile.node_options import (
    ConnectionOptions,
    InboxOptions,
    NodeOptions,
    OnErrorOptions,
)
from oppleo_flow.flowfile.safety import ACCEPTED
from oppleo_flow.flowfile.subflows import SUBFLOW
from oppleo_flow.flowfile.type_check import FAILS_OPEN
from oppleo_flow.node import Actuator
from oppleo_flow.node_spec import ConnectionSpec, NodeSpec, type_text
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.levers import world_words

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_EDITORS_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_OF_ACTUATORS: Final = ("safe", "stale_after")
_INSTANCE: Final = "#/definitions/subflow.node"


def node_schema(spec: NodeSpec) -> Schema:
    """Return the schema of one node type's own options."""
    return {"$schema": _DRAFT, **spec.config.model_json_schema()}


def site_schema() -> Schema:
    """Return the schema of `oppleo.yaml`."""
    return {"$schema": _DRAFT, **SiteSettings.model_json_schema()}


def meter_schema() -> Schema:
    """Return the schema of a profile of a meter."""
    return {"$schema": _DRAFT, **MeterProfile.model_json_schema()}


def flow_schema(registry: Registry) -> Schema:
    """Return the schema of a flow file, with every node and connection type of `registry`."""
    return _FlowSchema(registry).made()


def subflow_schema() -> Schema:
    """Return the schema of the file of a shared subflow; it needs the flow's beside it."""
    return {
        "$schema": _EDITORS_DRAFT,
        "title": "A subflow of oppleo_flow",
        **subflow_outline(),
    }


class _FlowSchema:
    """Puts the schema of a flow together; what is used twice stands in `definitions`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._options = OptionSchemas()
        self.definitions = self._options.definitions
        self.common = self._common(NodeOptions)
        self.simulate = self._common(ConnectionOptions)
        inbox = self._options.of(InboxOptions, "options.inbox")
        self.definitions |= outline_definitions() | {"options.inbox": or_nothing(inbox)}

    def made(self) -> Schema:
        """Return the schema of the whole file."""
        nodes, connections = self._registry.nodes(), self._registry.connections()
        for spec in nodes.values():
            self.definitions[f"node.{spec.type_name}"] = self._node(spec)
        for link in connections.values():
            self.definitions[f"connection.{link.type_name}"] = self._connection(link)
        self.definitions["tests"] = tests_schema(self._options, world_words())
        self.definitions["subflow.node"] = self._instance()
        self.definitions["nodes"] = _by_type("node", nodes, subflows=f"^{SUBFLOW}[a-z]")
        self.definitions["connections"] = _by_type("connection", connections, subflows="")
        return {
            "$schema": _EDITORS_DRAFT,
            **file_outline(),
            "definitions": dict(sorted(self.definitions.items())),
        }

    def _common(self, model: type[NodeOptions | ConnectionOptions]) -> dict[str, Schema]:
        """Return references to the options that every node or connection has, by name."""
        made = self._options.of(model, "options")["properties"]
        self.definitions |= {f"option.{name}": schema for name, schema in made.items()}
        return {name: {"$ref": f"#/definitions/option.{name}"} for name in made}

    def _node(self, spec: NodeSpec) -> Schema:
        """Return the schema of a node of one type."""
        schema = self._options.of(spec.config, f"node.{spec.type_name}")
        options = {**self._reserved(spec), **schema["properties"]}
        needed = [name for name in ("safe", FAILS_OPEN) if name in options]
        return {
            **schema,
            **_about(spec, _ports(spec)),
            "properties": {"type": {"const": spec.type_name}, **options},
            "required": ["type", *schema.get("required", []), *needed],
        }

    def _reserved(self, spec: NodeSpec) -> dict[str, Schema]:
        """Return the options that every node has, as far as they mean something to this one."""
        options = {name: one for name, one in self.common.items() if name not in _OF_ACTUATORS}
        if issubclass(spec.cls, Actuator):
            about = NodeOptions.model_fields["safe"].description
            options["safe"] = {**one_of(choice(spec.safe_levels)), "description": about}
            options["stale_after"] = self.common["stale_after"]
            if spec.cls.fails_open:
                options[FAILS_OPEN] = {
                    **one_of(choice([ACCEPTED])),
                    "description": "That the device stays as it is in a crash is safe here.",
                }
        if not spec.options_make_outputs:
            options["on_error"] = self._on_error(spec.outputs)
        if spec.inputs:
            options["from"] = or_nothing(_each_or_all(spec.inputs, "wires"))
            options["inbox"] = _each_or_all(spec.inputs, "options.inbox")
        return options

    def _on_error(self, outputs: Iterable[str]) -> Schema:
        """Return `on_error` of a type whose outputs are known."""
        words = or_nothing(one_of(choice([*get_args(Then), *outputs])))
        about = OnErrorOptions.model_fields["then"].description
        then = {"then": {**words, "description": about}}
        return {"allOf": [self.common["on_error"]], "properties": then}

    def _connection(self, link: ConnectionSpec) -> Schema:
        schema = self._options.of(link.config, f"connection.{link.type_name}")
        kind: Schema = {"const": link.type_name}
        return {
            **schema,
            **_about(link),
            "properties": {"type": kind, **self.simulate, **schema["properties"]},
            "required": ["type", *schema.get("required", [])],
        }

    def _instance(self) -> Schema:
        """Return the schema of a subflow's node; which parameters it has, the checker knows."""
        options = {name: one for name, one in self.common.items() if name not in _OF_ACTUATORS}
        by_port: Schema = {"type": "object", "additionalProperties": WIRES}
        return {
            "description": "A subflow; its parameters are options here.",
            "type": "object",
            "properties": {**options, "from": {"anyOf": [WIRES, by_port, NOTHING]}},
            "required": ["type"],
        }


def _by_type(kind: str, specs: Mapping[str, NodeSpec | ConnectionSpec], subflows: str) -> Schema:
    """Return the schema of a map whose members have the options of their own `type`."""
    known: Schema = {
        "enum": [*specs],
        "enumDescriptions": [spec.doc.partition("\n")[0] for spec in specs.values()],
    }
    either: Schema = {"anyOf": [known, {"type": "string", "pattern": subflows}]}
    rules: list[tuple[Schema, str]] = [
        ({"const": name}, f"#/definitions/{kind}.{name}") for name in specs
    ]
    if subflows:
        rules.append(({"type": "string", "pattern": subflows}, _INSTANCE))
    return {
        "type": "object",
        "propertyNames": {"pattern": ID},
        "additionalProperties": {
            "type": "object",
            "required": ["type"],
            "properties": {"type": either if subflows else known},
            "allOf": [
                {
                    "if": {"required": ["type"], "properties": {"type": type_}},
                    "then": {"$ref": definition},
                }
                for type_, definition in rules
            ],
        },
    }


def _each_or_all(inputs: Iterable[str], definition: str) -> Schema:
    """Return the schema of something that is said once, or for each input by itself."""
    one: Schema = {"$ref": f"#/definitions/{definition}"}
    ports = {"type": "object", "properties": dict.fromkeys(inputs, one)}
    return {"anyOf": [one, {**ports, "additionalProperties": False}]}


def _about(spec: NodeSpec | ConnectionSpec, ports: str = "") -> Schema:
    """Return what an editor shows of a type: in short, and as far as it can, all of its help."""
    return {
        "description": spec.doc.partition("\n")[0],
        "markdownDescription": f"{spec.doc}\n\n{ports}".strip(),
    }


def _ports(spec: NodeSpec) -> str:
    """Return the inputs and outputs of a type as a list in Markdown."""
    lines = [f"* input `{port.name}`: {type_text(port.type)}" for port in spec.inputs.values()]
    lines += [
        f"* output `{port.name}`: {type_text(port.type)}{', a level' * (port.kind == 'level')}"
        for port in spec.outputs.values()
    ]
    return "\n".join(lines)
