"""The tiles of the dashboard: levels of nodes that somebody pinned to it."""

from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.graph import Graph
from webui.api.audit import Deeds
from webui.board import MOST, Board, Tile
from webui.ports import Runtime, SiteFacts
from webui.reading import Nothing, read_body


class Pin(Nothing):
    """An output to show."""

    node: str = Field(min_length=1, max_length=200)
    port: str = Field(min_length=1, max_length=100, description="An output that holds a level.")
    title: str = Field("", max_length=60, description="What people call it; empty: its own name.")


class Pins(Nothing):
    """All tiles, in order."""

    tiles: list[Pin] = Field(max_length=MOST)


class TileAnswer(TypedDict):
    """A tile; `there`: the flow that runs has such a level."""

    node: str
    port: str
    title: str
    there: bool


class ChoiceAnswer(TypedDict):
    """An output that can be pinned."""

    node: str
    port: str


class TilesAnswer(TypedDict):
    """The tiles in order, and what else there is to pin."""

    tiles: list[TileAnswer]
    choices: list[ChoiceAnswer]


class Tiles:
    """The routes of `/api/v1/tiles`."""

    def __init__(self, runtime: Runtime, site: SiteFacts, deeds: Deeds) -> None:
        self._runtime = runtime
        self._board = Board(site.state_folder)
        self._deeds = deeds

    def show(self) -> TilesAnswer:
        """Answer `GET /api/v1/tiles`."""
        levels = _levels(self._runtime.graph)
        return {
            "tiles": [
                {
                    "node": one.node,
                    "port": one.port,
                    "title": one.title,
                    "there": (one.node, one.port) in levels,
                }
                for one in self._board.read()
            ],
            "choices": [{"node": node, "port": port} for node, port in levels],
        }

    def change(self) -> TilesAnswer:
        """Answer `PUT /api/v1/tiles`: these are the tiles from now on.

        Raises:
            Refused: The same twice, or no such level.
        """
        asked = [Tile(one.node, one.port, one.title) for one in read_body(Pins).tiles]
        places = [(one.node, one.port) for one in asked]
        if len(set(places)) < len(places):
            raise Refused("dashboard: the same output is pinned twice")
        levels = _levels(self._runtime.graph)
        known = {(one.node, one.port) for one in self._board.read()}
        for node, port in places:
            # One that was pinned may stay: its node may come back with the next deploy.
            if (node, port) not in levels and (node, port) not in known:
                raise Refused(f"dashboard: {node}.{port}: the flow has no such level")
        self._board.write(asked)
        self._deeds.note("dashboard", f"{len(asked)} tiles", ", ".join(map(".".join, places)))
        return self.show()


def _levels(graph: Graph) -> list[tuple[str, str]]:
    """Return the outputs of a flow that hold levels, in its own order."""
    return [
        (node.id, port)
        for node in graph.nodes.values()
        if not node.disabled
        for port, output in node.spec.outputs_for(node.config).items()
        if output.kind == "level"
    ]
