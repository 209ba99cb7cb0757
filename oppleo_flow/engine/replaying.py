"""Giving dead letters to their node again, and discarding them, while the flow runs."""

from functools import partial
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.durable import read_back
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.letters import DeadLetter, FailedAgain
from oppleo_flow.engine.state_store import Transaction
from oppleo_flow.engine.words import words_of
from oppleo_flow.errors import Refused
from oppleo_flow.message import Message

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core


class Replaying:
    """What can be done with the dead letters of a runtime.  Legal from any thread."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._under_way: set[int] = set()

    def replay(self, letter_id: int) -> DeadLetter:
        """Give a letter to its node once more, as a message that has just come in.

        The letter is gone when the node has handled it, in one transaction with what the node makes
        of it; until then it stays, also over a restart.  If it fails it stays, with the new error.

        Raises:
            LookupError: There is no such letter.
            Refused: The flow has no such input any more, cannot read the message, or would move
                the world by it.
        """
        letter = self.letter(letter_id)
        host = self._core.hosts.get(letter.node)
        if host is None or letter.port not in host.plan.spec.inputs:
            raise Refused(
                f"dead letter {letter_id}: node {letter.node!r} has no input {letter.port!r} now; "
                "discard it, or bring the node back"
            )
        if host.actuator is not None:
            raise Refused(
                f"dead letter {letter_id}: node {letter.node!r} moves the world, and what it was "
                f"told on {letter.message['time'][:10]} is too old to be acted on; discard it"
            )
        kind = host.plan.spec.inputs[letter.port].type
        envelope, error = attempt(read_back, letter.message, kind)
        if error is not None:
            raise Refused(f"dead letter {letter_id}: the message cannot be read: {words_of(error)}")
        self._core.loop.post(self._deliver, letter, envelope)
        return letter

    def discard(self, letter_id: int) -> DeadLetter:
        """Forget a letter.

        Raises:
            LookupError: There is no such letter.
        """
        letter = self.letter(letter_id)
        self._core.state_store.submit(Transaction(settled_letter=letter_id))
        return letter

    def letter(self, letter_id: int) -> DeadLetter:
        """Return one letter.

        Raises:
            LookupError: There is no such letter.
        """
        found = self._core.state_store.dead_letter(letter_id)
        if found is None:
            raise LookupError(f"there is no dead letter {letter_id}")
        return found

    def _deliver(self, letter: DeadLetter, envelope: Message) -> None:
        if letter.id in self._under_way:
            return
        self._under_way.add(letter.id)
        host = self._core.hosts[letter.node]
        host.received += 1
        handler: Any = host.handler(letter.port)
        done = partial(self._done, letter)
        item = Item(handler, letter.port, envelope.payload, envelope, done, letter_id=letter.id)
        self._core.handling.accept(host, item)

    def _done(self, letter: DeadLetter, error: Exception | None) -> None:
        """Let a letter be replayed again; keep why it failed."""
        self._under_way.discard(letter.id)
        if error is not None:
            text = f"{type(error).__name__}: {words_of(error)}"
            failed = FailedAgain(letter.id, text, self._core.clock.now().isoformat())
            self._core.state_store.submit(Transaction(failed_letter=failed))
