"""What the web interface needs of the runtime, the simulator and the ledger."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.engine.letters import DeadLetter, DeadLetters
from oppleo_flow.engine.snapshot import RuntimeEvent, RuntimeSnapshot


class Subscription(Protocol):
    """A bounded queue of what changes in a runtime; the oldest event goes when it is full."""

    def get(self, timeout_s: float) -> RuntimeEvent | None:
        """Return the next event; None when none came in time, and once it is closed."""
        ...

    def close(self) -> None:
        """End the subscription, and wake a `get` that waits."""
        ...


class Runtime(Protocol):
    """A running flow.  Everything here is legal from any thread."""

    @property
    def ready(self) -> bool:
        """Return whether every node has started and is free of faults."""
        ...

    def snapshot(self) -> RuntimeSnapshot:
        """Return the state of every node now."""
        ...

    def subscribe(self, size: int = 256) -> Subscription:
        """Return a queue of the changes from now on, at most `size` of them waiting."""
        ...

    def dead_letters(self, count: int) -> DeadLetters:
        """Return the newest of the messages that nobody could handle, the oldest of them first."""
        ...

    def replay(self, letter_id: int) -> DeadLetter:
        """Give a dead letter to its node once more.

        Raises:
            LookupError: There is no such letter.
            Refused: It cannot be replayed.
        """
        ...

    def discard(self, letter_id: int) -> DeadLetter:
        """Forget a dead letter.

        Raises:
            LookupError: There is no such letter.
        """
        ...


class Levers(Protocol):
    """What a person can do to the simulated world.  Legal from any thread."""

    def plug_in(self) -> None:
        """Plug the car in."""
        ...

    def plug_out(self) -> None:
        """Plug the car out."""
        ...

    def swipe(self, card: str) -> None:
        """Hold a card to the reader for as long as a person does."""
        ...

    def silence_meter(self, silent: bool) -> None:
        """Let the meter answer nothing, or answer again."""
        ...

    def snapshot(self) -> Mapping[str, Any]:
        """Return the world as plain JSON data."""
        ...


class Sessions(Protocol):
    """The sessions of the ledger.  Legal from any thread."""

    def latest(self, count: int) -> Sequence[SessionRecord]:
        """Return the `count` sessions that started last, the newest first.

        Raises:
            StoreError: The ledger cannot be read.
        """
        ...
