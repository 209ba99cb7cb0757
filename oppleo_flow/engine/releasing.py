"""Letting what a node sent leave: at once, or after the commit that it is a part of.

When the node keeps durable state, or a durable wire ends or begins there, what it sent leaves after
the commit, in order.  A payload that is `urgent` on a level overtakes, and what it overtook is
dropped.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.calls import is_urgent
from oppleo_flow.engine.durable import NodeState, WireFull, logged
from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.node_timers import Undo
from oppleo_flow.engine.ports import LevelPort, Port
from oppleo_flow.engine.state_store import Append, Transaction
from oppleo_flow.errors import StoreError
from oppleo_flow.message import Message

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core

Sent = list[tuple[Port, Any]]


def _leave_durably(sent: Sent) -> bool:
    """Return whether a durable wire begins where something is sent."""
    # A loop: for so few a generator would cost more than what it looks at.
    for port, _ in sent:  # noqa: SIM110
        if port.durable_wires:
            return True
    return False


class Releasing:
    """Delivers, and commits where that is asked for; `in_flight` counts the commits under way."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self.states: dict[str, NodeState] = {}
        self.in_flight = 0

    def release(
        self, host: NodeHost, sent: Sent, envelope: Message, item: Item | None = None
    ) -> Exception | None:
        """Let what a node sent leave; return why it cannot be committed, and then nothing left."""
        state = self.states.get(host.node_id)
        if not (
            host.committing
            or (item is not None and item.done is not None and item.kept)
            or (state is not None and state.changed(host))
            or (sent and _leave_durably(sent))
        ):
            if sent:
                self.deliver(sent, envelope)
            return None
        transaction, error = attempt(self._transaction, host, state, sent, envelope, item)
        if error is not None:  # something in it has no JSON form, or there is no room for it
            if isinstance(error, WireFull):
                host.commits += 1
                self._let_urgent_pass(sent, envelope, host.commits)  # switching off never waits
            return error
        host.commits += 1
        number = host.commits
        later = self._let_urgent_pass(sent, envelope, number)
        self._commit(host, transaction, lambda: self._after_commit(item, later, envelope, number))
        return None

    def _transaction(
        self,
        host: NodeHost,
        state: NodeState | None,
        sent: Sent,
        envelope: Message,
        item: Item | None,
    ) -> Transaction:
        durable = [(port, payload, wire) for port, payload in sent for wire in port.durable_wires]
        for _, _, wire in durable:
            self._core.durable.must_have_room(wire)
        appends = [Append(wire, logged(payload, envelope)) for _, payload, wire in durable]
        return Transaction(
            state=None if state is None else state.change(host),
            appends=appends,
            acknowledged=[] if item is None else item.acknowledged,
            settled_letter=None if item is None else item.letter_id,
        )

    def deliver(self, sent: Sent, envelope: Message) -> None:
        """Deliver payloads to the consumers of their ports, in order."""
        listening = "event" in self._core.heard
        for port, payload in sent:
            port.sent += 1
            if listening and port.spec.kind == "event" and not isinstance(port, Undo):
                self._core.publish_event(port, payload)
            port.deliver(payload, envelope)

    def _let_urgent_pass(self, sent: Sent, envelope: Message, number: int) -> Sent:
        """Deliver at once what must not wait for a commit; return the rest."""
        later: Sent = []
        for port, payload in sent:
            if isinstance(port, LevelPort) and is_urgent(payload):
                port.superseded = number
                later = [(p, old) for p, old in later if p is not port]
                self.deliver([(port, payload)], envelope)
            else:
                later.append((port, payload))
        return later

    def _commit(self, host: NodeHost, transaction: Transaction, then: Callable[[], None]) -> None:
        """Commit, and call `then` in the loop when it is done."""

        def committed(error: StoreError | None) -> None:
            self.in_flight -= 1
            if error is not None:
                host.committing -= 1
                host.condition.raise_fault("state-not-saved", str(error))
                return
            self._core.durable.appended(transaction.appends)
            then()
            host.committing -= 1

        self.in_flight += 1
        host.committing += 1
        transaction.then = lambda error: self._core.loop.post(committed, error)
        self._core.state_store.submit(transaction)

    def _after_commit(
        self,
        item: Item | None,
        later: Sent,
        envelope: Message,
        number: int,
    ) -> None:
        """Acknowledge, and deliver what nothing urgent has overtaken meanwhile."""
        if item is not None and item.done is not None:
            item.done(None)
        self.deliver([s for s in later if s[0].superseded <= number], envelope)
