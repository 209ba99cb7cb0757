"""How much each node says in the log, while the flow runs."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from oppleo_flow.flowfile.graph import Graph

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.host import NodeHost

LogLevel = Literal["debug", "info", "warning", "error"]


class LogLevels:
    """The levels of the nodes of one runtime.  Legal from any thread.

    What is set holds until the node or the program starts anew, or the flow says something else.
    """

    def __init__(self, core: "Core") -> None:
        self._core = core

    def all(self) -> dict[str, str]:
        """Return the least that each node writes down."""
        return {
            node: logging.getLevelName(host.log.getEffectiveLevel()).lower()
            for node, host in list(self._core.hosts.items())
        }

    def set(self, node: str, level: LogLevel | None) -> str:
        """Let a node write down more or less; None is what the flow says.  Return its level now.

        Raises:
            KeyError: There is no such node, or it does not run.
        """
        host = self._core.hosts[node]
        _set(host, level)
        return logging.getLevelName(host.log.getEffectiveLevel()).lower()


def take_over_levels(hosts: "Mapping[str, NodeHost]", before: Graph) -> None:
    """Let nodes that go on in another version of the flow say as much as that one says."""
    for node, host in hosts.items():
        plan = before.nodes.get(node)
        if plan is not None and plan.log_level != host.plan.log_level:
            _set(host, None)


def _set(host: "NodeHost", level: LogLevel | None) -> None:
    host.log.setLevel((level or host.plan.log_level or "notset").upper())
