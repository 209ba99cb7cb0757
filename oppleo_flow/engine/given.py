"""What a node is given at run time, which its author calls by the methods of `Node`."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oppleo_flow.clock import Clock
from oppleo_flow.engine.words import shortened
from oppleo_flow.message import Message
from oppleo_flow.node import Connection, Level, Out
from oppleo_flow.node_context import Site, StatusLevel, Timer

if TYPE_CHECKING:
    from oppleo_flow.engine.condition import Condition
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.node_timers import NodeTimers
    from oppleo_flow.engine.ports import Port


class Given:
    """The `NodeContext` of a node; what runs the node is made of it."""

    __slots__ = ()

    if TYPE_CHECKING:
        node_id: str
        safe: str | None
        core: Core
        clock: Clock
        condition: Condition
        ports: dict[str, Port]
        envelope: Message | None

        @property
        def timers(self) -> NodeTimers:
            """Return the node's timers."""
            ...

    @property
    def log_name(self) -> str:
        """Return the name of the node's logger, which is made when it is first asked for."""
        return f"oppleo_flow.node.{self.node_id}"

    @property
    def log(self) -> logging.Logger:
        """Return the node's own logger."""
        return logging.getLogger(self.log_name)

    @property
    def site(self) -> Site:
        """Return the installation."""
        return self.core.site

    @property
    def wired(self) -> frozenset[str]:
        """Return the inputs that a wire leads to."""
        return self.core.wired.get(self.node_id, frozenset())

    def out(self, port: str) -> Out[Any]:
        """Return an output of events.

        Raises:
            KeyError: There is no such port.
            TypeError: It holds a value.
        """
        found = self.ports[port].author
        if not isinstance(found, Out):
            raise TypeError(f"node {self.node_id!r}: port {port!r} holds a value, it has no `send`")
        return found

    def level(self, port: str) -> Level[Any]:
        """Return an output that holds a value.

        Raises:
            KeyError: There is no such port.
            TypeError: It sends events.
        """
        found = self.ports[port].author
        if not isinstance(found, Level):
            raise TypeError(f"node {self.node_id!r}: port {port!r} sends events, it holds no value")
        return found

    def connection(self, name: str) -> Connection[Any]:
        """Return the open connection of that name; raises what opening it raised."""
        return self.core.connections.get(name)

    def message(self) -> Message:
        """Return the envelope of the message in hand.

        Raises:
            LookupError: None is in hand.
        """
        envelope = self.envelope or self.core.envelope
        if envelope is None:
            raise LookupError(f"node {self.node_id!r}: no message is in hand")
        return envelope

    def after(
        self, seconds: float, call: Callable[[], object], cause: Message | None = None
    ) -> Timer:
        """Run `call` once, later, as a handler of the node, because of a message."""
        return self.timers.after(seconds, call, cause)

    def every(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Run `call` every `seconds`; one that is still waiting for its turn is not doubled.

        Raises:
            ValueError: The time is not above 0.
        """
        if seconds <= 0:
            raise ValueError(
                f"node {self.node_id!r}: every: more than 0 s is needed, got {seconds}"
            )
        return self.timers.every(seconds, call)

    def status(self, level: StatusLevel, text: str) -> None:
        """Say how the node is."""
        self._in_loop(self.condition.set_status, level, shortened(str(text)))

    def fault(self, code: str, text: str) -> None:
        """Raise a fault that stays until it is cleared."""
        self._in_loop(self.condition.raise_fault, str(code), shortened(str(text)))

    def clear(self, code: str) -> None:
        """Clear a fault."""
        # Many nodes clear with each message what is hardly ever raised.
        if self.condition.faults or not self.core.loop.inside:
            self._in_loop(self.condition.clear_fault, str(code))

    def _in_loop(self, call: Callable[..., object], *args: Any) -> None:
        if self.core.loop.inside:
            call(*args)
        else:
            self.core.loop.post(call, *args)
