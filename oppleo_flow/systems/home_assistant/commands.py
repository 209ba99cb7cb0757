"""What Home Assistant may ask for, and how that is read: nothing is obeyed that is not plain."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from oppleo_flow.immutable import immutable
from oppleo_flow.node import Node
from oppleo_flow.node_context import Timer
from oppleo_flow.systems.home_assistant.entities import (
    LEAST_CURRENT_A,
    OFF,
    ON,
    PRESS,
    Command,
    Offered,
)

MALFORMED: Final = "command-malformed"
NOT_ALLOWED: Final = "command-not-allowed"
UNKNOWN_CARD: Final = "card-unknown"
_FAULT_FOR_S: Final = 600.0
_SHOWN: Final = 40
_NUMBER: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,20})?")
_ASKED_BY: Final[Mapping[str, Command]] = {
    "start": "start",
    "charge_as": "start",
    "stop": "stop",
    "peak_once": "peak-once",
    "current_limit": "current",
}


class CommandError(ValueError):
    """A command that is not obeyed; `code` is the fault that says so."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        super().__init__(text)


@immutable
class Asked:
    """A command that may be obeyed: the entity that was used, and what was said.

    `value` is a card's label, whether to allow, or a current in A; None for a button.
    """

    entity: str
    value: str | bool | float | None = None


def read_command(entity: str, text: str, offered: Offered) -> Asked:
    """Return what is asked.

    Raises:
        CommandError: It makes no sense, or is not offered.
    """
    needs = _ASKED_BY.get(entity)
    if needs is None:
        raise CommandError(MALFORMED, f"there is no such command, got {entity[:_SHOWN]!r}")
    if needs not in offered.commands:
        raise CommandError(NOT_ALLOWED, f"{needs} is not among the node's commands")
    if entity == "charge_as":
        return Asked(entity, _one_of(text, offered.cards))
    if entity == "peak_once":
        return Asked(entity, _one_of(text, (ON, OFF)) == ON)
    if entity == "current_limit":
        return Asked(entity, _current_a(text, offered.most_current_a))
    _one_of(text, (PRESS,))
    return Asked(entity)


def _one_of(text: str, known: Collection[str]) -> str:
    if text not in known:
        raise CommandError(MALFORMED, f"{' or '.join(known)} is needed, got {text[:_SHOWN]!r}")
    return text


def _current_a(text: str, most_a: float) -> float:
    limit_a = float(text) if _NUMBER.fullmatch(text) else 0.0
    if not LEAST_CURRENT_A <= limit_a <= most_a:
        raise CommandError(
            MALFORMED, f"{LEAST_CURRENT_A:g} to {most_a:g} A are needed, got {text[:_SHOWN]!r}"
        )
    return limit_a


class CommandFaults:
    """The faults of commands that were not obeyed: for ten minutes, or until the next good one."""

    def __init__(self, node: Node[Any]) -> None:
        self._node = node
        self._open: dict[str, Timer] = {}

    def heed(self, topic: str, obey: Callable[[], object]) -> None:
        """Obey a command, or say why not."""
        try:
            obey()
        except CommandError as error:
            self._end(error.code)
            self._node.fault(error.code, f"{topic}: {error}")
            code = error.code
            self._open[code] = self._node.after(_FAULT_FOR_S, lambda: self._end(code))
        else:
            for code in list(self._open):
                self._end(code)

    def _end(self, code: str) -> None:
        timer = self._open.pop(code, None)
        if timer is not None:
            timer.cancel()
            self._node.clear(code)
