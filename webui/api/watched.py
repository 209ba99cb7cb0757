"""How busy each node of the flow is."""

from typing_extensions import TypedDict

from webui.answers import Moment
from webui.feed import Feed


class NodePaceAnswer(TypedDict):
    """How busy a node is.

    `per_minute` is null while there is nothing to compare with, `last_at` while it has had no
    message since it is looked at; `waiting` are in its inbox, and on disk behind it.
    """

    per_minute: float | None
    last_at: Moment | None
    waiting: int


class PaceAnswer(TypedDict):
    """How busy each node is, by its id, and since when that is looked at."""

    since: Moment | None
    nodes: dict[str, NodePaceAnswer]


class Watched:
    """The route of `/api/v1/flow/pace`."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def pace(self) -> PaceAnswer:
        """Answer `GET /api/v1/flow/pace`: messages per minute of the last minute, and their age.

        Of a node that receives and sends the more busy side counts.  An age is as exact as it is
        asked for: while somebody asks counts are looked at every two seconds, else every ten.
        """
        paces = self._feed.pace.nodes()
        return {
            "since": None if paces.since is None else paces.since.isoformat(),
            "nodes": {
                id_: {
                    "per_minute": one.per_minute,
                    "last_at": None if one.last_at is None else one.last_at.isoformat(),
                    "waiting": one.waiting,
                }
                for id_, one in paces.nodes.items()
            },
        }
