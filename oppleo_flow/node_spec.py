"""What a node class declares, read once from its annotations."""

import inspect
import re
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from oppleo_flow.errors import NodeFileError
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Actuator, Connection, Level, Node, Out, Ref, Router
from oppleo_flow.options import NodeConfig
from oppleo_flow.payloads import Failure

PortKind = Literal["event", "level"]
RESERVED_OPTIONS = frozenset(
    {
        "at_most",
        "disabled",
        "doc",
        "from",
        "inbox",
        "keep",
        "log",
        "on_error",
        "safe",
        "stale_after",
        "type",
        "version",
        "when_busy",
    }
)
_NOT_STATE = frozenset({"config", "context"})
_BASES = (Node, Actuator)


@immutable
class InputSpec:
    """An input port: `handler` is the method's name, `type` its parameter's annotation."""

    name: str
    type: Any
    handler: str
    required: bool


@immutable
class OutputSpec:
    """An output port; `returned` when the handlers' return value leaves through it."""

    name: str
    type: Any
    kind: PortKind
    returned: bool = False


@immutable
class NodeSpec:
    """Everything about a node type that can be known without making one."""

    type_name: str
    cls: type[Node[Any]]
    config: type[NodeConfig]
    inputs: Mapping[str, InputSpec]
    outputs: Mapping[str, OutputSpec]
    state: Mapping[str, Any]
    doc: str
    file: str

    @property
    def blocking(self) -> bool:
        """Return whether handlers may wait."""
        return self.cls.blocking

    @property
    def routes(self) -> bool:
        """Return whether the node sends nothing, but says where payloads go."""
        return issubclass(self.cls, Router)

    @property
    def returns_anything(self) -> bool:
        """Return whether a handler is annotated to return any object, and means nothing by it."""
        handlers = [getattr(self.cls, port.handler) for port in self.inputs.values()]
        return any(get_type_hints(handler).get("return") is object for handler in handlers)

    @property
    def options_make_outputs(self) -> bool:
        """Return whether an instance has outputs that only its settings name."""
        own: Any = self.cls.extra_outputs  # bound to its class; the function is what is compared
        every: Any = Node.extra_outputs
        return own.__func__ is not every.__func__

    @property
    def category(self) -> str:
        """Return the palette category: the folder of the file in its pack, or `drop-in`."""
        parts = self.cls.__module__.split(".")
        return parts[-2] if len(parts) > 2 else "drop-in"

    @property
    def safe_levels(self) -> tuple[str, ...]:
        """Return what `safe:` may be; empty for a node that does not move the world."""
        return self.cls.safe_levels if issubclass(self.cls, Actuator) else ()

    def carried_by_then(self, accepted: Any) -> Any:
        """Return what `on_error: {then: port}` sends for a payload of the type `accepted`.

        It is what `failed` is annotated to return, where the class has one of its own.
        """
        if self.cls.failed is Node.failed:
            return accepted
        return get_type_hints(self.cls.failed)["return"]

    def outputs_for(self, config: NodeConfig) -> dict[str, OutputSpec]:
        """Return all outputs of an instance, with those that its settings make and `error`."""
        made = {n: OutputSpec(n, t, "event") for n, t in self.cls.extra_outputs(config).items()}
        return {**self.outputs, **made, "error": _ERROR}


_ERROR = OutputSpec("error", Failure, "event")


@immutable
class ConnectionSpec:
    """Everything about a connection type that can be known without making one."""

    type_name: str
    cls: type[Connection[Any]]
    config: type[NodeConfig]
    doc: str
    file: str


def config_type(cls: type) -> type[NodeConfig]:
    """Return the settings class that `cls` gives its generic base; `NodeConfig` when none."""
    for klass in cls.__mro__:
        for base in getattr(klass, "__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, NodeConfig):
                    return argument
    return NodeConfig


@cache
def refs(config: type[NodeConfig]) -> Mapping[str, Any]:
    """Return the options of `config` that name a connection, with the kind each needs."""
    hints = get_type_hints(config)
    found = {}
    for name in config.model_fields:
        for kind in (hints[name], *get_args(hints[name])):
            if get_origin(kind) is Ref:
                found[name] = get_args(kind)[0]
    return found


def _whole(config: type[NodeConfig]) -> type[NodeConfig]:
    """Return a settings class with its validator, which was not made with it."""
    config.model_rebuild()
    return config


def read_node(cls: type[Node[Any]]) -> NodeSpec:
    """Return what a node class declares.

    Raises:
        NodeFileError: The class breaks the contract; the message names its file and line.
    """
    type_name = cls.__dict__.get("type_name")
    if not isinstance(type_name, str):
        raise broken(cls, "type_name: a hyphenated name is needed")
    hints = _hints(cls)
    _refuse_taken_names(cls)
    _check_version(cls)
    config = _whole(config_type(cls))
    clash = sorted(RESERVED_OPTIONS & set(config.model_fields))
    if clash:
        raise broken(cls, f"{config.__name__}: {clash[0]!r} is an option of every node")
    inputs, returns = _inputs(cls)
    outputs = _outputs(cls, hints)
    if cls.failed is not Node.failed and "return" not in _hints(cls.failed):
        raise broken(cls.failed, "an annotated return is needed: what leaves after a failure")
    if returns:
        outputs["out"] = OutputSpec("out", _union(returns), "event", returned=True)
    return NodeSpec(
        type_name=type_name,
        cls=cls,
        config=config,
        inputs=inputs,
        outputs=outputs,
        state=_state(cls, hints),
        doc=inspect.cleandoc(inspect.getmodule(cls).__doc__ or cls.__doc__ or ""),
        file=inspect.getsourcefile(cls) or "",
    )


def read_connection(cls: type[Connection[Any]]) -> ConnectionSpec:
    """Return what a connection class declares.

    Raises:
        NodeFileError: It has a version that cannot be.
    """
    _check_version(cls)
    return ConnectionSpec(
        type_name=cls.type_name,
        cls=cls,
        config=_whole(config_type(cls)),
        doc=inspect.cleandoc(inspect.getmodule(cls).__doc__ or cls.__doc__ or ""),
        file=inspect.getsourcefile(cls) or "",
    )


def broken(
    thing: type | Callable[..., Any], what: str, *, attribute: str | None = None
) -> NodeFileError:
    """Return the error for a class or function that breaks the contract, at its own line.

    With `attribute` it is at the line that annotates that attribute.
    """
    try:
        lines, first = inspect.getsourcelines(thing)
        written = re.compile(rf"\s+{attribute}\s*:")
        below = (number for number, line in enumerate(lines) if written.match(line))
        place = f"{inspect.getsourcefile(thing)}:{first + next(below, 0)}"
    except (OSError, TypeError):  # a class that a decorator made has no line of its own
        module = sys.modules.get(thing.__module__)
        place = f"{getattr(module, '__file__', thing.__module__)}:1"
    return NodeFileError(f"{place}: {thing.__name__}: {what}")


def _inputs(cls: type[Node[Any]]) -> tuple[dict[str, InputSpec], list[Any]]:
    """Return the inputs, and what their handlers return."""
    inputs: dict[str, InputSpec] = {}
    returns: list[Any] = []
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        if not name.startswith("on_"):
            continue
        port = "in" if name == "on_message" else name.removeprefix("on_")
        hints = _hints(method)
        parameters = list(inspect.signature(method).parameters)[1:]
        if len(parameters) != 1 or parameters[0] not in hints or "return" not in hints:
            raise broken(method, "one annotated parameter and an annotated return are needed")
        inputs[port] = InputSpec(port, hints[parameters[0]], name, port not in cls.optional_inputs)
        returned = [k for k in members(hints["return"]) if k is not NoneType]
        if issubclass(cls, Router):
            _check_outputs(method, returned)
            continue
        if returned and hints["return"] is not object:
            returns.extend(k for k in returned if k not in returns)
    return inputs, returns


def _check_outputs(method: Callable[..., Any], returned: Sequence[Any]) -> None:
    """Check that a router's handler is annotated to return outputs."""
    for kind in returned:
        several = get_args(kind) if get_origin(kind) is tuple else (kind,)
        if not all(get_origin(one) is Out for one in several if one is not Ellipsis):
            raise broken(method, f"a router returns its outputs, not {type_text(kind)}")


def _hints(thing: type | Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(thing)
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        raise broken(thing, f"an annotation cannot be read: {error}") from error


def _check_version(cls: type[Node[Any]] | type[Connection[Any]]) -> None:
    """Refuse a version that nobody could bring an older one up to."""
    if not isinstance(cls.version, int) or cls.version < 1:
        raise broken(cls, f"version: a whole number from 1 is needed, got {cls.version!r}")
    base = Node if issubclass(cls, Node) else Connection
    if cls.version > 1 and cls.migrate.__func__ is base.migrate.__func__:  # type: ignore[attr-defined]
        raise broken(cls, f"version is {cls.version}: 'migrate' is needed, from those before")


def _refuse_taken_names(cls: type[Node[Any]]) -> None:
    """Refuse ports and state under a name that every node has and that cannot be given away."""
    taken = _NOT_STATE | {
        name
        for base in _BASES
        if issubclass(cls, base)
        for name, member in vars(base).items()
        if isinstance(member, property | cached_property)
    }
    for owner in cls.__mro__:
        if owner in _BASES:
            continue
        for name in inspect.get_annotations(owner):
            if name in taken:
                what = f"{name!r} means something in every node; choose another name"
                raise broken(owner, what, attribute=name)


def _outputs(cls: type[Node[Any]], hints: Mapping[str, Any]) -> dict[str, OutputSpec]:
    kinds: dict[Any, PortKind] = {Out: "event", Level: "level"}
    for name, hint in hints.items():
        if hint in (Out, Level):
            raise broken(cls, f"{name}: what it carries is needed, such as {hint.__name__}[Beep]")
    return {
        name: OutputSpec(name, get_args(hint)[0], kinds[get_origin(hint)])
        for name, hint in hints.items()
        if get_origin(hint) in kinds
    }


def _state(cls: type[Node[Any]], hints: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state attributes: annotated and given a value, neither port nor class variable."""
    state = {}
    for name, hint in hints.items():
        if name in _NOT_STATE or name.startswith("_") or get_origin(hint) in (Out, Level):
            continue
        if get_origin(hint) is typing.ClassVar or not hasattr(cls, name):
            continue
        if isinstance(getattr(cls, name, None), list | dict | set):
            raise broken(cls, f"{name}: state that can be changed in place would be shared")
        state[name] = hint
    return state


def members(kind: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the one type."""
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _union(kinds: list[Any]) -> Any:
    result = kinds[0]
    for kind in kinds[1:]:
        result = result | kind
    return result


def fits(carried: Any, accepted: Any) -> bool:
    """Return whether everything that `carried` may be is something that `accepted` takes.

    A type variable, `Any` and `object` accept everything; a type variable that is carried stands
    for whatever came in and fits everywhere until the wires bind it.
    """
    if accepted is Any or accepted is object or isinstance(accepted, TypeVar):
        return True
    return all(any(_is_a(one, other) for other in members(accepted)) for one in members(carried))


def _is_a(one: Any, other: Any) -> bool:
    if one is other or isinstance(one, TypeVar) or other in (Any, object):
        return True
    if one is Any:
        return False
    if get_origin(one) or get_origin(other):
        return bool(one == other)
    if other is float and one is int:
        return True
    return isinstance(one, type) and isinstance(other, type) and issubclass(one, other)


def type_text(kind: Any) -> str:
    """Return a payload type as a message names it: `MeterReading | MeterUnknown`."""
    if isinstance(kind, TypeVar):
        return "the type of its input"
    origin = get_origin(kind)
    if origin is not None and origin not in (Union, UnionType):
        return f"{origin.__name__}[{', '.join(type_text(part) for part in get_args(kind))}]"
    if origin is not None:
        return " | ".join(type_text(member) for member in members(kind))
    return "..." if kind is Ellipsis else str(getattr(kind, "__name__", kind))
