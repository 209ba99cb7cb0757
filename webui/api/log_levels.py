"""How much each node writes into the log: to look at, and to change while the flow runs."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field
from typing_extensions import TypedDict

from webui.api.audit import Deeds
from webui.ports import Runtime
from webui.problem import problem
from webui.reading import Nothing, read_body


class NodeLevel(Nothing):
    """Which node is to write down how much."""

    node: str = Field(min_length=1, max_length=200, description="Its id.")
    level: Literal["debug", "info", "warning", "error"] | None = Field(
        description="The least that it writes down; null is what the flow says."
    )


class NodeLevelsAnswer(TypedDict):
    """The level of each node that runs."""

    nodes: Mapping[str, str]


class NodeLevelAnswer(TypedDict):
    """The level of one node."""

    node: str
    level: str


class NodeLevels:
    """The routes of `/api/v1/log-levels`."""

    def __init__(self, runtime: Runtime, deeds: Deeds) -> None:
        self._runtime = runtime
        self._deeds = deeds

    def show(self) -> NodeLevelsAnswer:
        """Answer `GET /api/v1/log-levels`: the level of each node that runs."""
        return {"nodes": self._runtime.log_levels.all()}

    def change(self) -> NodeLevelAnswer:
        """Answer `PUT /api/v1/log-levels`: of one node, until it or the program starts anew."""
        asked = read_body(NodeLevel)
        try:
            level = self._runtime.log_levels.set(asked.node, asked.level)
        except KeyError as error:
            raise problem(404, "no-such-node", f"no node {asked.node!r} runs now") from error
        self._deeds.note("log-level", f"{asked.node}: {level}")
        return {"node": asked.node, "level": level}
