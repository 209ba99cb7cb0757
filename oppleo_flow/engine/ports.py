"""Output ports at run time: where a payload goes, and the value that a level holds."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.calls import Receive
from oppleo_flow.engine.words import shown
from oppleo_flow.message import Message
from oppleo_flow.node import Level, Out
from oppleo_flow.node_spec import OutputSpec, members, type_text

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost


def _nowhere(payload: Any, envelope: Message) -> None:
    """Take a payload that nobody is wired to."""


class Port:
    """One output port of one node; `deliver` is set when the routes are compiled.

    `durable_wires` are the names of the durable wires that begin here.
    """

    __slots__ = (
        "_author",
        "deliver",
        "durable_wires",
        "host",
        "sent",
        "spec",
        "superseded",
        "types",
    )

    def __init__(self, host: "NodeHost", spec: OutputSpec) -> None:
        self.host = host
        self.spec = spec
        self.deliver: Receive = _nowhere
        self.durable_wires: tuple[str, ...] = ()
        self.sent = 0
        self.superseded = 0
        self.types = _checkable(spec.type)
        self._author: Out[Any] | Level[Any] | None = None

    @property
    def author(self) -> Out[Any] | Level[Any]:
        """Return the port as the node's author sees it; most ports are never asked for it."""
        if self._author is None:
            self._author = self._for_the_author()
        return self._author

    def _for_the_author(self) -> Out[Any] | Level[Any]:
        return Out(self.spec.name, self.sender())

    @property
    def source(self) -> str:
        """Return `flow/node.port`, as messages name their origin."""
        return self.host.core.address(f"{self.host.plan.id}.{self.spec.name}")

    def sender(self) -> Callable[[Any], None]:
        """Return the `send` or `set` of this port, legal from any thread.

        Within a handler of the node the payload waits until the handler has returned.  A thread of
        the node's own that sends faster than the dispatcher can take is made to wait.
        """
        if self.host.plan.spec.routes:
            return self._refuse
        host, types, ident = self.host, self.types, threading.get_ident

        def send(payload: Any) -> None:
            if types is not None and not isinstance(payload, types):
                raise self.misfit(payload)
            if host.running == ident():
                host.pending.append((self, payload))
                return
            if host.core.loop.inside:
                host.core.loop.post(host.send_from_outside, self, payload)
            else:
                host.permits.get()
                host.core.loop.bring(host.send_from_thread, self, payload)

        return send

    def _refuse(self, payload: Any) -> None:
        raise TypeError(f"{self.source}: a router returns its output, it does not send")

    def misfit(self, payload: Any) -> TypeError:
        """Return the error for a payload that this port does not carry."""
        return TypeError(
            f"{self.source}: carries {type_text(self.spec.type)}, got {shown(payload)}"
        )


class LevelPort(Port):
    """An output port that holds its last value.

    `fresh` is kept by the engine: the producer and the levels it builds on are free of faults.
    """

    __slots__ = ("_since_s", "forward", "fresh", "has_value", "value")

    def __init__(self, host: "NodeHost", spec: OutputSpec) -> None:
        super().__init__(host, spec)
        self.value: Any = None
        self.has_value = False
        self.fresh = True
        self._since_s = 0.0
        self.forward: Receive = _nowhere
        self.deliver = self._set

    def _for_the_author(self) -> Level[Any]:
        return Level(self.spec.name, self.sender(), self.get)

    def _set(self, payload: Any, envelope: Message) -> None:
        self.value = payload
        self.has_value = True
        self._since_s = envelope.time_s
        if "level" in self.host.core.heard:
            self.host.core.publish_level(self)
        self.forward(payload, envelope)

    @property
    def since(self) -> datetime | None:
        """Return when the value came; None before the first."""
        return datetime.fromtimestamp(self._since_s, UTC) if self.has_value else None

    def get(self) -> Any:
        """Return the value held now; None before the first."""
        return self.value


@cache
def _checkable(kind: Any) -> tuple[type, ...] | None:
    """Return the classes that a payload must be one of; None when that cannot be told."""
    classes = members(kind)
    if not all(isinstance(one, type) for one in classes) or {object, Any} & {*classes}:
        return None
    return (*classes, int) if float in classes else classes
