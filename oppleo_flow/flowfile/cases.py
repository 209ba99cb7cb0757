"""The tests of a checked flow: what the checker makes of `tests:` and a runner goes through."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, Protocol

from oppleo_flow.errors import (
    DeviceError,
    DeviceMissing,
    DeviceTimeout,
    PayloadError,
    ServiceError,
    ServiceTimeout,
    StoreError,
)
from oppleo_flow.flowfile.graph import Place
from oppleo_flow.flowfile.wants import Want
from oppleo_flow.immutable import immutable
from oppleo_flow.options import NodeConfig

FAILURES: Final[Mapping[str, type[Exception]]] = {
    "timeout": DeviceTimeout,
    "missing": DeviceMissing,
    "device": DeviceError,
    "service": ServiceError,
    "service-timeout": ServiceTimeout,
    "store": StoreError,
    "payload": PayloadError,
    "error": RuntimeError,
}
"""What `fail: {node: …}` makes a node raise."""

NODE_WORDS: Final = ("status", "fault", "safe")
"""What `expect_state` can say of every node: its status, an open fault, whether it is made safe."""


class Lever(NodeConfig):
    """A step that does something to the world of a test; its fields are what the step may say.

    A step of one word or value sets the field `main`, or, where there is none, the truth of that
    name: `swipe: family`, `silence: meter`.
    """

    main: ClassVar[str | None] = None

    @abstractmethod
    def pull(self, world: Any) -> None:
        """Do it."""


ANY_NAME: Final = "*"
"""The one key of a mapping that may have any names, in the example of a world."""


@immutable
class WorldWords:
    """What tests may say of a world: its levers by name, and an example of what it looks like.

    `premise` is what `given:` may say of it: how it is when a test begins; None: nothing.
    """

    levers: Mapping[str, type[Lever]] = field(default_factory=dict)
    sight: Mapping[str, Any] = field(default_factory=dict)
    premise: type[NodeConfig] | None = None


# -- payloads -----------------------------------------------------------------------------------


class Given(Protocol):
    """A payload that a test gives."""

    def payload(self, now: datetime) -> Any:
        """Return it, as it is at a moment."""
        ...


@immutable
class Plain:
    """A payload that is there already."""

    value: Any

    def payload(self, now: datetime) -> Any:
        """Return it."""
        return self.value


@immutable
class Filled:
    """A payload of which some fields are given.

    The others are as in the type's example, and a moment that is not given is the present one.
    """

    kind: type[Any]
    values: Mapping[str, Any]
    moments: tuple[str, ...] = ()

    def payload(self, now: datetime) -> Any:
        """Return it, with the present moment where none is given."""
        values = {**dict.fromkeys(self.moments, now), **self.values}
        make = getattr(self.kind, "sample", self.kind)
        return make(**values)


# -- where a message is looked for --------------------------------------------------------------


@immutable
class Target:
    """Where messages come by: an output, an input, or (without a port) all inputs of a node."""

    node: str
    port: str | None
    side: Literal["in", "out"]

    def __str__(self) -> str:
        """Return the target as a flow writes it."""
        return self.node if self.port is None else f"{self.node}.{self.port}"


# -- steps --------------------------------------------------------------------------------------


@immutable
class Send:
    """Let a payload leave an output, as if the node had sent it."""

    place: Place
    node: str
    port: str
    given: Given


@immutable
class Inject:
    """Let a payload reach an input, as if a wire had brought it."""

    place: Place
    node: str
    port: str
    given: Given


@immutable
class Stub:
    """Let a node answer every message with payloads of the test's; None: be itself again."""

    place: Place
    node: str
    answers: Mapping[str, Given] | None


@immutable
class Expect:
    """The next message at a target must be as wanted; `written` is that as the test says it."""

    place: Place
    target: Target
    want: Want
    written: str


@immutable
class ExpectNone:
    """No message may have come by a target."""

    place: Place
    target: Target


@immutable
class ExpectLevel:
    """What a level holds now must be as wanted."""

    place: Place
    node: str
    port: str
    want: Want
    written: str


@immutable
class ExpectNode:
    """How a node is now must be as wanted: its status, faults, safety and state."""

    place: Place
    node: str
    want: Want
    written: str


@immutable
class ExpectWorld:
    """What the world looks like now must be as wanted."""

    place: Place
    want: Want
    written: str


@immutable
class Fail:
    """Let every handler and timer of a node raise; None: work again."""

    place: Place
    node: str
    kind: str | None


@immutable
class Advance:
    """Move time on."""

    place: Place
    seconds: float


@immutable
class Restart:
    """Stop the runtime, and start it again later on what it has kept."""

    place: Place
    off_s: float


@immutable
class SetClock:
    """Let the wall clock jump."""

    place: Place
    to: datetime


@immutable
class Pull:
    """Pull a lever of the world."""

    place: Place
    word: str
    lever: Lever


Step = (
    Send
    | Inject
    | Stub
    | Expect
    | ExpectNone
    | ExpectLevel
    | ExpectNode
    | ExpectWorld
    | Fail
    | Advance
    | Restart
    | SetClock
    | Pull
)


@immutable
class FlowTest:
    """One test of a flow.

    `at` is when its first step is, None for a moment of the runner's; `timezone` that of the site,
    None for the one that the flow runs at.
    `variables` are those of the flow that have another value for this test; `ignore` has the nodes
    at which messages need not be expected; `given` is how the world is, None: as it always is.
    """

    name: str
    place: Place
    steps: tuple[Step, ...]
    at: datetime | None = None
    timezone: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    stubs: tuple[Stub, ...] = ()
    ignore: frozenset[str] = frozenset()
    given: NodeConfig | None = None

    @property
    def targets(self) -> frozenset[Target]:
        """Return where the steps look for messages."""
        return frozenset(
            step.target for step in self.steps if isinstance(step, Expect | ExpectNone)
        )
