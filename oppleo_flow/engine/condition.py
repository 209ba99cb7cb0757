"""How a node is: its status, its open faults, and whether its output is at its safe level."""

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from oppleo_flow.engine.snapshot import PastFault, PastStatus
from oppleo_flow.engine.words import words_of
from oppleo_flow.immutable import immutable
from oppleo_flow.node_context import StatusLevel

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost

HANDLER_FAULT = "handler-failed"
SafeCause = Literal["fault", "stale", "stop"]


@immutable
class Fault:
    """Something that is wrong with a node until it is cleared."""

    code: str
    text: str
    since: datetime


class Condition:
    """The condition of one node.  Changed only within the loop.

    `kept_safe_by` says why the node's output is at its safe level; it is empty while that follows
    its input.
    """

    __slots__ = ("_host", "faults", "kept_safe_by", "level", "since", "text")

    def __init__(self, host: "NodeHost") -> None:
        self._host = host
        self.level: StatusLevel = "ok"
        self.text = ""
        self.since: datetime = host.core.clock.now()
        self.faults: dict[str, Fault] = {}
        self.kept_safe_by: dict[SafeCause, str] = {}

    @property
    def made_safe(self) -> str | None:
        """Return why the output is at its safe level."""
        if not self.kept_safe_by:
            return None
        return next((f"{cause}: {why}" for cause, why in self.kept_safe_by.items()), None)

    def is_safe_for(self, cause: SafeCause) -> bool:
        """Return whether `cause` keeps the output safe."""
        return cause in self.kept_safe_by

    def set_status(self, level: StatusLevel, text: str) -> None:
        """Keep what the node says of itself."""
        if (level, text) == (self.level, self.text):
            return
        now = self._host.core.clock.now()
        if self.text:  # before the first there was nothing to say
            past = PastStatus(self.level, self.text, self.since, now)
            self._host.core.note_past_status(self._host.node_id, past)
        self.level, self.text, self.since = level, text, now
        self._host.core.publish("status", self._host, value=text)

    def raise_fault(self, code: str, text: str) -> None:
        """Open a fault: an actuator goes to its safe level, the node's levels turn stale."""
        if code in self.faults:
            return
        self.faults[code] = Fault(code, text, self._host.core.clock.now())
        if code == HANDLER_FAULT:
            self._host.core.unwell.add(self._host)
        self._host.log.warning("%s: fault %s: %s", self._host.node_id, code, text)
        self._host.core.publish("fault", self._host, code, text)
        if self._host.actuator is not None and self._host.started:
            self.make_safe("fault", text)
        self._host.core.freshness.update()

    def clear_fault(self, code: str) -> None:
        """Close a fault."""
        fault = self.faults.pop(code, None)
        if fault is None:
            return
        if code == HANDLER_FAULT:
            self._host.core.unwell.discard(self._host)
        self._host.log.info("%s: fault %s is over", self._host.node_id, code)
        self._is_over(fault)
        self._host.core.publish("clear", self._host, code, fault.text)
        if not self.faults:
            self.follow_again("fault")
        self._host.core.freshness.update()

    def end(self) -> None:
        """Note that the node is gone, and with it what was wrong: another may take its place."""
        faults, self.faults = self.faults, {}
        for fault in faults.values():
            self._is_over(fault)
            self._host.core.publish("clear", self._host, fault.code, fault.text)

    def _is_over(self, fault: Fault) -> None:
        past = PastFault(fault.code, fault.text, fault.since, self._host.core.clock.now())
        self._host.core.note_past_fault(self._host.node_id, past)

    def make_safe(self, cause: SafeCause, reason: str) -> None:
        """Take the node's output to its safe level, and keep it there until `follow_again`."""
        if self._host.actuator is None or cause in self.kept_safe_by:
            return
        already = bool(self.kept_safe_by)
        self.kept_safe_by[cause] = reason
        if already and cause != "stop":
            return
        self._host.core.publish("safe", self._host, value=self.made_safe)
        if self.go_safe_again():
            level = logging.INFO if cause == "stop" else logging.WARNING
            text = self.made_safe
            self._host.log.log(level, "%s: at its safe level: %s", self._host.node_id, text)

    def go_safe_again(self) -> bool:
        """Drive the output to its safe level now; return whether it did."""
        actuator = self._host.actuator
        if actuator is None:
            return False
        reason = next(iter(self.kept_safe_by.values()), "")
        error = self._host.call_now(lambda: actuator.go_safe(reason))
        if error is not None:
            self.raise_fault("not-safe", f"could not go to its safe level: {words_of(error)}")
        return error is None

    def follow_again(self, cause: SafeCause) -> None:
        """Let the output follow its input again, if `cause` is why it does not."""
        if self.kept_safe_by.pop(cause, None) is None or self.kept_safe_by or self._host.stopping:
            return
        self._host.core.publish("safe", self._host, value="")
        self._host.core.replay_levels(self._host)
