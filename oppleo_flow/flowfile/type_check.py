"""Which class each node and connection is, and whether its options fit it."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from oppleo_flow.errors import NodeFileError, UnknownNodeType
from oppleo_flow.flowfile.draft import ConnectionDraft, NodeDraft, Scope
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.graph import InboxPolicy
from oppleo_flow.flowfile.migrations import Migration, Outdated, migrated
from oppleo_flow.flowfile.node_options import ConnectionOptions, InboxOptions, NodeOptions
from oppleo_flow.flowfile.option_check import BROKEN_CODE, OptionCheck, Subject
from oppleo_flow.flowfile.option_words import got
from oppleo_flow.flowfile.settings import no_site
from oppleo_flow.flowfile.subflows import SUBFLOW
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Scalar, Value, YamlMap, kind_text
from oppleo_flow.node import Actuator
from oppleo_flow.node_spec import RESERVED_OPTIONS, ConnectionSpec, NodeSpec, OutputSpec
from oppleo_flow.options import SITE_NAMES, NodeConfig
from oppleo_flow.registry import Registry

FAILS_OPEN = "fails_open"
_CONNECTION_OPTIONS = frozenset({"type", *ConnectionOptions.model_fields})
_INBOX_KEYS = frozenset(InboxOptions.model_fields)
_USUAL: Mapping[str, InboxPolicy] = MappingProxyType({})
"""Each input of a node has the usual policy."""


class TypeCheck:
    """Finds the classes and checks the options, of all nodes and connections of one flow."""

    def __init__(
        self,
        registry: Registry,
        report: Report,
        *,
        placeholders: bool = False,
        site_names: Callable[[str], Collection[str] | None] = no_site,
    ) -> None:
        self._registry = registry
        self._report = report
        self._placeholders = placeholders
        self._options = OptionCheck(report, {SITE_NAMES: site_names})
        self.migrations: list[Migration] = []

    def check(self, flow: Scope) -> None:
        """Fill in `spec`, `config` and `options` of everything in the flow."""
        for connection in flow.connections.values():
            self._connection(connection)
        for node in flow.all_nodes_inside():
            self._node(node)

    def _connection(self, draft: ConnectionDraft) -> None:
        subject = Subject(draft.key.start, f"connection {draft.name!r}", draft.id)
        draft.options = self._options.check(
            ConnectionOptions, draft.body.only(_CONNECTION_OPTIONS - {"type"}), subject
        )
        type_name = self._type_name(draft.body, draft.key, draft.id)
        if type_name is None:
            return
        try:
            draft.spec = self._registry.connection(type_name.text)
        except UnknownNodeType:
            message = self._no_connection_type(type_name.text)
            self._report.error("unknown-type", type_name.start, message, draft.id)
        except NodeFileError as error:
            message = _unusable(type_name.text, error)
            self._report.error("node-file", type_name.start, message, draft.id)
        if draft.spec is not None:
            about = Subject(
                draft.key.start, draft.spec.type_name, draft.id, sorted(_CONNECTION_OPTIONS)
            )
            self._config(draft, draft.spec, about, _CONNECTION_OPTIONS)

    def _node(self, draft: NodeDraft) -> None:
        draft.options = self._node_options(draft)
        type_name = self._type_name(draft.body, draft.key, draft.id)
        if type_name is None:
            return
        if type_name.text.startswith(SUBFLOW):  # one that cannot be used, which has been told
            return
        try:
            draft.spec = self._registry.node(type_name.text)
        except UnknownNodeType as error:
            self._no_type(draft, "unknown-type", type_name, self._no_node_type(type_name, error))
        except NodeFileError as error:
            self._no_type(draft, "node-file", type_name, _unusable(type_name.text, error))
        else:
            self._of_type(draft, draft.spec)

    def _node_options(self, draft: NodeDraft) -> NodeOptions | None:
        """Return the options that every node has; those that are wrong as if they were not there.

        So a slip in one of them hides nothing that is wrong with the others.
        """
        subject = Subject(draft.at, f"node {draft.key.text!r}", draft.id)
        given = draft.body.only(RESERVED_OPTIONS - {"type", "from", "inbox"})
        made = self._options.check(NodeOptions, given, subject)
        if made is not None:
            return made
        quiet = OptionCheck(Report("", ()))
        right = [
            name
            for name in given.entries
            if quiet.check(NodeOptions, given.only([name]), subject) is not None
        ]
        return quiet.check(NodeOptions, given.only(right), subject)

    def _no_type(self, draft: NodeDraft, code: str, type_name: Scalar, message: str) -> None:
        """Report that there is no class for a node: an error, or a warning and a placeholder."""
        if self._placeholders:
            draft.missing = message
            self._report.warning(code, type_name.start, message, draft.id)
        else:
            self._report.error(code, type_name.start, message, draft.id)

    def _of_type(self, draft: NodeDraft, spec: NodeSpec) -> None:
        """Check what only the node's type knows: its own options, outputs and inputs."""
        about = Subject(draft.at, spec.type_name, draft.id, sorted(RESERVED_OPTIONS))
        self._config(draft, spec, about, RESERVED_OPTIONS | _apart(spec))
        if draft.config is not None:
            draft.outputs = self._outputs(draft, spec, draft.config)
        elif not spec.options_make_outputs:
            draft.outputs = spec.outputs_for(spec.config.model_construct())
        draft.inbox = self._inbox(draft, spec)

    def _outputs(
        self, draft: NodeDraft, spec: NodeSpec, config: NodeConfig
    ) -> Mapping[str, OutputSpec] | None:
        try:
            return spec.outputs_for(config)
        except (ValueError, *BROKEN_CODE) as error:
            message = (
                f"{spec.type_name} cannot tell its outputs: {type(error).__name__}: {error}; "
                "mend that node type"
            )
            self._report.error("node-file", draft.at, message, draft.id)
            return None

    def _config(
        self,
        draft: NodeDraft | ConnectionDraft,
        spec: NodeSpec | ConnectionSpec,
        about: Subject,
        reserved: frozenset[str],
    ) -> None:
        """Fill in the options that only the type has, brought up to date before the check."""
        version = draft.options.version if draft.options is not None else None
        repeated = isinstance(draft, NodeDraft) and draft.home.subflow is not None
        part = Outdated(draft.body, spec, version, reserved, repeated)
        body, migration = migrated(part, about, self._report)
        if migration is not None:
            self.migrations.append(migration)
        if body is not None:
            draft.body = body
            draft.config = self._options.check(spec.config, body, about, skip=reserved)

    def _type_name(self, body: YamlMap, key: Scalar, name: str) -> Scalar | None:
        value = body.get("type")
        if value is None:
            if not body.incomplete:
                self._report.error(
                    "missing-key", key.start, "'type' is missing; add 'type: …'", name
                )
            return None
        if not isinstance(value, Scalar) or value.secret:
            what = "a secret" if isinstance(value, Scalar) else kind_text(value)
            message = f"'type' is a name, got {what}; write the name of a type"
            self._report.error("wrong-shape", value.start, message, name)
            return None
        return None if value.unreadable else value

    def _no_connection_type(self, name: str) -> str:
        if name in self._registry.nodes():
            return f"{name!r} is a node type; write it under nodes"
        known = self._registry.connections()
        return f"unknown connection type {name!r}{hint(name, known) or '; see `oppleo-flow nodes`'}"

    def _no_node_type(self, type_name: Scalar, error: UnknownNodeType) -> str:
        if type_name.text in self._registry.connections():
            return f"{type_name.text!r} is a connection type; write it under connections"
        return str(error)

    def _inbox(self, draft: NodeDraft, spec: NodeSpec) -> Mapping[str, InboxPolicy]:
        """Return the policy of every input: one for all, or one for each."""
        value = draft.body.get("inbox")
        if value is None:
            return _USUAL
        policies = dict.fromkeys(spec.inputs, InboxPolicy())
        if not isinstance(value, YamlMap):
            self._not_a_map(draft, value, "inbox")
            return policies
        if _INBOX_KEYS & value.entries.keys() or not value.entries:
            policy = self._policy(draft, value, "inbox.")
            return dict.fromkeys(spec.inputs, policy)
        for port, entry in value.entries.items():
            if port not in spec.inputs:
                advice = hint(port, spec.inputs, what="it has")
                message = f"{spec.type_name} has no input {port!r}{advice}"
                self._report.error("unknown-port", entry.key.start, message, draft.id)
            elif isinstance(entry.value, YamlMap):
                policies[port] = self._policy(draft, entry.value, f"inbox.{port}.")
            else:
                self._not_a_map(draft, entry.value, f"inbox.{port}")
        return policies

    def _not_a_map(self, draft: NodeDraft, value: Value, name: str) -> None:
        if not (isinstance(value, Scalar) and value.unreadable):
            message = f"{name!r} must be a map such as {{size: 10, full: latest}}{got(value)}"
            self._report.error("option-value", value.start, message, draft.id)

    def _policy(self, draft: NodeDraft, value: YamlMap, prefix: str) -> InboxPolicy:
        subject = Subject(value.start, "inbox", draft.id, prefix=prefix)
        made = self._options.check(InboxOptions, value, subject)
        return InboxPolicy() if made is None else made.made()


def _unusable(type_name: str, error: NodeFileError) -> str:
    return f"type {type_name!r} cannot be used: {error}; mend that file"


def _apart(spec: NodeSpec) -> frozenset[str]:
    """Return the options that the checker reads for a node whose own settings lack them."""
    open_actuator = issubclass(spec.cls, Actuator) and spec.cls.fails_open
    lacks = FAILS_OPEN not in spec.config.model_fields
    return frozenset({FAILS_OPEN}) if open_actuator and lacks else frozenset()
