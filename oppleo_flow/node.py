"""The contract with a node author: what a node is, and what the runtime gives it.

A node is one class in one file.  `on_message` is the input `in`, `on_<port>` a named input; the
annotation of its one parameter is the payload type.  `name: Out[T]` is an output of events,
`name: Level[T]` one that holds a value; a handler that returns a payload sends it on the output
`out`.  Every other annotated attribute with a value is state.  The settings are a `NodeConfig`
(`options.py`), the module's docstring is the help.
"""

import logging
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar

from oppleo_flow.clock import Clock
from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable
from oppleo_flow.message import Message
from oppleo_flow.node_context import NodeContext, Site, StatusLevel, Timer

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from oppleo_flow.options import NodeConfig

T = TypeVar("T")
ConfigT = TypeVar("ConfigT", bound="NodeConfig")
StopReason = Literal["stop", "fault", "deploy"]
_LAST_PULLED_UP = 8  # of the GPIOs of a Raspberry Pi


class Out(Generic[T]):
    """An output port that sends events.  `send` is legal from any thread.

    What it brings about may run on the thread that sends, so no lock may be held meanwhile.
    """

    __slots__ = ("port", "send")

    def __init__(self, port: str, send: Callable[[T], None]) -> None:
        self.port = port
        self.send = send


class Level(Generic[T]):
    """An output port that holds a value, which a new or restarted consumer is told at once."""

    __slots__ = ("_get", "port", "set")

    def __init__(self, port: str, set_: Callable[[T], None], get: Callable[[], "T | None"]) -> None:
        self.port = port
        self.set = set_
        self._get = get

    @property
    def value(self) -> T | None:
        """Return the value held now; None before the first."""
        return self._get()


class Ref(str, Generic[T]):
    """The type of an option that names a connection: `bus: Ref[SerialBus]`."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Read the name as text; the checker resolves it."""
        # Not at the top: the guardian imports this package and has no use for pydantic.
        from pydantic_core import core_schema  # noqa: PLC0415

        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(min_length=1),
            serialization=core_schema.to_string_ser_schema(),
        )


@immutable
class Claim:
    """Something that only one node may hold: a pin, a bus address, a port.

    `resource` is how a message names it (`GPIO 5`), `within` the connection it belongs to.  `pin`
    is the BCM number of a pin, `wire` what the other end of its wire is called, for drawings.  Who
    claim the same as `part_of` the same bus do not get in each other's way.
    """

    resource: str
    within: str = ""
    pin: int | None = field(default=None, compare=False)
    wire: str = field(default="", compare=False)
    part_of: str = field(default="", compare=False)

    @classmethod
    def of_pin(cls, pin: int, wire: str, part_of: str = "") -> Self:
        """Return the claim of a pin of the Raspberry Pi, by its BCM number."""
        return cls(f"GPIO {pin}", pin=pin, wire=wire, part_of=part_of)


@immutable
class SafePin:
    """A pin and the level at which it is safe; `within` names its connection."""

    pin: int
    high: bool
    within: str = ""

    @property
    def safe_at_boot(self) -> bool:
        """Return whether the pin is pulled to that level until a program drives it.

        A Raspberry Pi pulls GPIO 0 to 8 up, and all others down.
        """
        return self.high is (self.pin <= _LAST_PULLED_UP)


@immutable
class Example:
    """A worked example of a node: a test, a sample in the editor and a part of the reference.

    `send` is a payload for the input `in`, a sequence of them, or a mapping from port to either;
    `expect` maps an output port to the payload, or the sequence of payloads, that must leave it.
    `advance` moves the virtual clock on after the last payload, in seconds.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    send: Any = ()
    expect: Mapping[str, Any] = field(default_factory=dict)
    advance: float = 0.0
    doc: str = ""


class Connection(Generic[ConfigT]):
    """Something that several nodes share: a bus, a chip of pins, a database, a server.

    `simulate: true` on the connection, or the site's, makes `simulated` true; `open` then makes
    the simulated twin instead of the real driver.
    """

    type_name: ClassVar[str]
    icon: ClassVar[str] = "plug"
    parallel: ClassVar[bool] = False
    """Several threads may use it at the same time: its nodes do not wait for each other."""
    version: ClassVar[int] = 1
    """Goes up when a flow that was right before would not be, or would mean something else."""

    def __init__(
        self, name: str, config: ConfigT, *, clock: Clock, site: Site, simulated: bool
    ) -> None:
        self.name = name
        self.config = config
        self.clock = clock
        self.site = site
        self.simulated = simulated
        self.log = logging.getLogger(f"oppleo_flow.connection.{name}")

    def open(self) -> None:
        """Claim the hardware or the server; raise `DeviceMissing` when it is not there."""

    def close(self) -> None:
        """Let go of what `open` claimed."""

    def probe(self) -> str:
        """See whether it is there, and change nothing; return what there is to say of it.

        `oppleo-flow check --connect` calls it in the place of `open`, and `close` after it; in
        between the nodes that use the connection may look at what is behind it.
        """
        self.open()
        return "opens"

    @classmethod
    def migrate(cls, options: dict[str, Any], from_version: int) -> Mapping[str, Any]:
        """Return options that were written for an older version as this version has them.

        They are as the file has them: text, lists and maps.  A flow that does not say its version
        counts as of the first, so what is up to date already must stay as it is.
        """
        return options

    @classmethod
    def claims(cls, config: ConfigT) -> Iterable[Claim]:
        """Return what only one connection may hold with this configuration."""
        return ()


class Node(Generic[ConfigT]):
    """The base of every node type."""

    type_name: ClassVar[str]
    icon: ClassVar[str] = "box"
    version: ClassVar[int] = 1
    """Goes up when a flow that was right before would not be, or would mean something else."""
    blocking: ClassVar[bool] = False
    """Handlers may wait: they run on the worker of the node's connection, or, where it has none or
    that is `parallel`, on one of its own."""
    holds: ClassVar[bool] = False
    """What comes in waits or is stored, so that a circle of wires through it comes to rest."""
    parallel: ClassVar[bool] = False
    """Its handlers may run at the same time, on several threads: `when_busy: parallel 4`."""
    optional_inputs: ClassVar[frozenset[str]] = frozenset()
    """Inputs that a flow may leave unwired."""
    examples: ClassVar[Sequence[Example]] = ()

    if TYPE_CHECKING:
        config: ConfigT

    def __init__(self, config: ConfigT, context: NodeContext) -> None:
        self.config = config
        self.context = context

    # -- what an author may define -------------------------------------------------------------

    def start(self) -> object:
        """Claim what the node needs; raise to be in fault and be tried again later."""
        return None

    def stop(self, reason: StopReason) -> object:
        """Let go of what `start` claimed.

        `reason` is `fault` after a `start` that raised: it may have claimed a part, or nothing.
        """
        return None

    def clock_set(self, seconds: float) -> object:
        """Look at the wall clock again: it was set forward by `seconds`, or back if negative.

        A machine that slept looks the same.  It runs as a handler of this node; timers go by the
        monotonic count and need nothing.
        """
        return None

    def failed(self, payload: Any, error: Exception) -> Any:
        """Return what leaves the port that `on_error: {then: port}` names, when a handler failed.

        `payload` is what the handler was given; by default it leaves as it came in.
        """
        return payload

    @classmethod
    def migrate(cls, options: dict[str, Any], from_version: int) -> Mapping[str, Any]:
        """Return options that were written for an older version as this version has them.

        They are as the file has them: text, lists and maps.  A flow that does not say its version
        counts as of the first, so what is up to date already must stay as it is.
        """
        return options

    def probe(self) -> str | None:
        """Read one thing of what the node is connected to; return it in words.

        `oppleo-flow check --connect` calls it, without a `start` before: it may use connections and
        settings, changes nothing, moves nothing, and lets go of what it has claimed.  None when
        there is nothing to read.
        """
        return None

    def give_up(self, key: Any) -> object:
        """Forget what is under way: `when_busy: restart` is about to hand in what supersedes it.

        What was set with `after` is taken back already.  `key` is the value of the field that `per`
        names, where there is one.
        """
        return None

    @classmethod
    def claims(cls, config: ConfigT) -> Iterable[Claim]:
        """Return what only one node may hold with this configuration."""
        return ()

    @classmethod
    def bears_stale(cls, config: ConfigT) -> Iterable[str]:
        """Return the level inputs that may be stale without making this node's levels stale.

        It deals with that itself: what it sends is right all the same.
        """
        return ()

    @classmethod
    def extra_outputs(cls, config: ConfigT) -> Mapping[str, Any]:
        """Return the outputs that the settings make: port name to payload type."""
        return {}

    # -- what an author uses -------------------------------------------------------------------

    @property
    def id(self) -> str:
        """Return the node's id in its flow."""
        return self.context.node_id

    @cached_property
    def clock(self) -> Clock:
        """Return the clock of this runtime; the only source of time."""
        return self.context.clock

    @property
    def log(self) -> logging.Logger:
        """Return the node's own logger."""
        return self.context.log

    @property
    def site(self) -> Site:
        """Return the installation."""
        return self.context.site

    @property
    def message(self) -> Message:
        """Return the envelope of the message that the running handler was given."""
        return self.context.message()

    def out(self, port: str) -> Out[Any]:
        """Return an output that `extra_outputs` made."""
        return self.context.out(port)

    def use(self, ref: Ref[T]) -> T:
        """Return the open connection that an option names."""
        return self.context.connection(ref)  # type: ignore[return-value]

    def after(
        self, seconds: float, call: Callable[[], object], *, cause: Message | None = None
    ) -> Timer:
        """Run `call` once, in `seconds`, as a handler of this node.  Legal from any thread.

        What it sends goes on with the message in hand, or with the `cause` that is given: the
        `bare()` envelope of one that was in hand.  A call that fails is made again, after 1 s at
        first, then later each time.
        """
        return self.context.after(seconds, call, cause)

    def every(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Run `call` every `seconds`, first after that time, as a handler of this node."""
        return self.context.every(seconds, call)

    def status(self, level: StatusLevel, text: str) -> None:
        """Say how the node is, in a few words."""
        self.context.status(level, text)

    def fault(self, code: str, text: str) -> None:
        """Raise a fault; what depends on this node's levels goes to its safe level."""
        self.context.fault(code, text)

    def clear(self, code: str) -> None:
        """Clear a fault raised before; one that is not open is left alone."""
        self.context.clear(code)


class Router(Node[ConfigT]):
    """A node that says where payloads go: a handler returns an output, a tuple of them, or None."""


class Actuator(Node[ConfigT]):
    """A node that moves the world: it has a safe level, and the flow must say which."""

    safe_levels: ClassVar[tuple[str, ...]]
    """What `safe:` may be, the usual one first."""
    shows: ClassVar[bool] = False
    """True when it only tells people something, so that nothing comes to harm on stale input."""
    fails_open: ClassVar[bool] = False
    """True when the device keeps its last level if this machine dies."""

    @property
    def safe(self) -> str:
        """Return the safe level that the flow chose, one of `safe_levels`.

        Raises:
            ConfigError: The flow chose none, as no checked flow does.
        """
        if self.context.safe is None:
            raise ConfigError(f"node {self.id!r}: safe: an actuator needs a safe level")
        return self.context.safe

    @abstractmethod
    def go_safe(self, reason: str) -> None:
        """Take the output to its safe level at once.

        The engine calls it on stop, fault, stale input and exit; it must not wait.
        """

    @classmethod
    def safe_pins(cls, config: ConfigT, safe: str) -> Sequence[SafePin]:
        """Return the pins that the guardian must drive when this process dies."""
        return ()
