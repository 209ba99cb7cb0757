"""What the runtime gives a node: its surroundings, as far as a node may know them."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from oppleo_flow.clock import Clock
from oppleo_flow.message import Message

if TYPE_CHECKING:
    from oppleo_flow.node import Connection, Level, Out

T = TypeVar("T")
StatusLevel = Literal["ok", "busy", "warn", "fault"]


class Timer(Protocol):
    """A call that waits for its time."""

    def cancel(self) -> None:
        """Take the call back; a call that has run or was taken back is left alone."""
        ...


class Site(Protocol):
    """The installation that a flow runs in, as far as nodes and connections may know it.

    `simulate` is true when the whole site runs on simulated hardware.
    """

    @property
    def folder(self) -> Path:
        """Return the site's folder."""
        ...

    @property
    def charge_point(self) -> str:
        """Return the charge point's id, as it stands in the ledger."""
        ...

    @property
    def timezone(self) -> str:
        """Return the name of the IANA zone in which the site's days, hours and months begin."""
        ...

    @property
    def currency(self) -> str:
        """Return the ISO 4217 code of the site's money."""
        ...

    @property
    def language(self) -> str:
        """Return the language of what people read: `en` or `nl`."""
        ...

    @property
    def simulate(self) -> bool:
        """Return whether all hardware is simulated."""
        ...

    def service(self, kind: type[T]) -> T:
        """Return the site's service of a kind, such as the simulated world.

        Raises:
            ConfigError: The site has no such service.
        """
        ...


class NodeContext(Protocol):
    """What the engine gives one node instance.  Authors use the methods of `Node` instead."""

    @property
    def node_id(self) -> str:
        """Return the node's id in its flow."""
        ...

    @property
    def clock(self) -> Clock:
        """Return the clock of the runtime."""
        ...

    @property
    def log(self) -> logging.Logger:
        """Return the node's own logger."""
        ...

    @property
    def site(self) -> Site:
        """Return the installation."""
        ...

    @property
    def safe(self) -> str | None:
        """Return the safe level that the flow chose; None for what does not move the world."""
        ...

    @property
    def wired(self) -> frozenset[str]:
        """Return the inputs that a wire leads to; a deploy may change which they are."""
        ...

    def out(self, port: str) -> "Out[Any]":
        """Return the output port of events."""
        ...

    def level(self, port: str) -> "Level[Any]":
        """Return the output port that holds a value."""
        ...

    def connection(self, name: str) -> "Connection[Any]":
        """Return the open connection of that name."""
        ...

    def message(self) -> Message:
        """Return the envelope of the message in hand."""
        ...

    def after(
        self, seconds: float, call: Callable[[], object], cause: Message | None = None
    ) -> Timer:
        """Run `call` once, later, as a handler of this node, because of a message."""
        ...

    def every(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Run `call` again and again, as a handler of this node."""
        ...

    def status(self, level: StatusLevel, text: str) -> None:
        """Say how the node is."""
        ...

    def fault(self, code: str, text: str) -> None:
        """Raise a fault that stays until it is cleared."""
        ...

    def clear(self, code: str) -> None:
        """Clear a fault; one that is not open is left alone."""
        ...
