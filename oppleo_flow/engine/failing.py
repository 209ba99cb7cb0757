"""What follows a handler that raised: another try, a report, and what `on_error` says."""

import logging
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.condition import HANDLER_FAULT
from oppleo_flow.engine.durable import letter
from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.letters import DeadLetter
from oppleo_flow.engine.state_store import Transaction
from oppleo_flow.engine.words import words_of
from oppleo_flow.errors import ServiceRefused
from oppleo_flow.flowfile.graph import Then
from oppleo_flow.message import Message
from oppleo_flow.payloads import Failure

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core

LOG_EVERY_S = 10.0
_THENS: tuple[Then, ...] = ("fault", "drop", "dead-letter", "stop-flow")


class Failing:
    """Deals with failures; `try_again` runs an item once more."""

    def __init__(self, core: "Core", try_again: Callable[[NodeHost, Item], None]) -> None:
        self._core = core
        self._try_again = try_again
        self._jitter = random.Random(core.flow)

    def failed(self, host: NodeHost, item: Item, error: Exception) -> None:
        """Try again later, or free the node and do what `on_error` says."""
        policy = host.plan.on_error
        in_vain = isinstance(error, ServiceRefused)
        if item.attempts < policy.retry and not host.stopping and not in_vain:
            wait = min(policy.backoff_min_s * 2**item.attempts, policy.backoff_max_s)
            item.attempts += 1
            text = words_of(error)
            host.log.info("%s: %s; try %d in %.1f s", host.node_id, text, item.attempts + 1, wait)
            entry = self._core.loop.timers.call_at(
                self._core.clock.monotonic() + wait * self._jitter.uniform(0.8, 1.2),
                lambda: self._try_again(host, item),
            )
            host.retry = (entry, item)
            return
        host.over(item)
        self.report(host, item.payload, item.envelope, error)
        self._then(host, item, error)

    def failed_plainly(
        self, host: NodeHost, payload: Any, envelope: Message, error: Exception
    ) -> None:
        """Deal with a failure of a node without an inbox: nothing of it is kept anywhere."""
        self.report(host, payload, envelope, error)
        then = host.plan.on_error.then
        if then not in _THENS:
            self._leave_by(host, then, payload, envelope, error)
        elif then != "drop":
            self.fault(host, error)

    def fault(self, host: NodeHost, error: Exception) -> None:
        """Put a node in fault until its next handler succeeds."""
        if HANDLER_FAULT not in host.condition.faults:
            host.condition.raise_fault(HANDLER_FAULT, words_of(error))

    def report(self, host: NodeHost, payload: Any, envelope: Message, error: Exception) -> None:
        """Count and log a failure, and tell the node's `error` port and `flow.errors`."""
        core = self._core
        host.failed += 1
        text = words_of(error)
        self._log(host, error, text)
        if not core.flow_ports.take_failures_of(host.node_id):
            return
        failure = Failure(host.node_id, type(error).__name__, text, payload, core.clock.now())
        port, releasing = host.error_port, core.handling.releasing
        # What no log can keep reaches at least those who listen now.
        if not port.durable_wires or releasing.release(host, [(port, failure)], envelope):
            port.deliver(failure, envelope)
        core.flow_ports.failed(failure, envelope)

    def _log(self, host: NodeHost, error: Exception, text: str) -> None:
        """Log a failure; of a node that fails all the time only one in a while."""
        now = self._core.clock.monotonic()
        if now < host.quiet_until:
            host.unlogged += 1
            return
        more = f" ({host.unlogged} more like it)" if host.unlogged else ""
        host.log.warning("%s: %s: %s%s", host.node_id, type(error).__name__, text, more)
        if host.log.isEnabledFor(logging.DEBUG):
            host.log.debug("%s: traceback", host.node_id, exc_info=error)
        host.unlogged = 0
        host.quiet_until = now + LOG_EVERY_S

    def _then(self, host: NodeHost, item: Item, error: Exception) -> None:
        """Do what `on_error: {then: …}` says."""
        then = host.plan.on_error.then
        if then == "stop-flow":
            self._core.stop_flow(f"node {host.node_id!r}: {words_of(error)}")
        if then == "fault" or item.port is None:
            self.fault(host, error)
            _tell(item, error)
        elif then not in _THENS:
            self._to_port(host, then, item, error)
        elif then == "drop":
            self._settle(item, None)
        elif item.letter_id is not None:
            _tell(item, error)  # it stays among the dead letters
        else:
            self._settle(item, letter(host.node_id, item, error, self._core.clock.now()))

    def _settle(self, item: Item, dead: DeadLetter | None) -> None:
        """Be done with a message that could not be handled, all in one transaction."""
        transaction = Transaction(
            acknowledged=item.acknowledged, settled_letter=item.letter_id, dead_letter=dead
        )
        if not transaction.empty:
            self._core.state_store.submit(transaction)
        _tell(item, None)

    def _to_port(self, host: NodeHost, port: str, item: Item, error: Exception) -> None:
        """Let what the node makes of a failed message leave by the port that `then` names."""
        broken = self._leave_by(host, port, item.payload, item.envelope, error, item)
        if broken is not None:
            _tell(item, broken)

    def _leave_by(
        self,
        host: NodeHost,
        port: str,
        payload: Any,
        envelope: Message,
        error: Exception,
        item: Item | None = None,
    ) -> Exception | None:
        """Let what a node makes of a failed message leave by a port; return why it cannot."""
        made, broken = attempt(host.node.failed, payload, error)
        if broken is None:
            sent = [(host.ports[port], made)]
            broken = self._core.handling.releasing.release(host, sent, envelope, item)
        if broken is not None:
            self.fault(host, broken)
        return broken


def _tell(item: Item, error: Exception | None) -> None:
    """Tell who gave an item, if that wants to know, that it is over."""
    if item.done is not None:
        item.done(error)
