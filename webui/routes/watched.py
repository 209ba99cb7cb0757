"""The rows of the list that watch a flow and try it from the editor."""

from oppleo_flow.accounts.rights import Right
from webui.api import watched as told
from webui.parts import Parts
from webui.route import Route

LOOK = Right.LOOK

# A table reads best in rows.
# fmt: off


def watched_routes(parts: Parts, api: str) -> tuple[Route, ...]:
    """Return the rows."""
    watched = told.Watched(parts.feed)
    return (
        Route("GET", f"{api}/flow/pace", watched.pace, LOOK, "How busy each node is",
              answer=told.PaceAnswer),
    )
