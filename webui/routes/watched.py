"""The rows of the list that watch a flow and try it from the editor."""

from webui.parts import Parts
from webui.route import Route


def watched_routes(parts: Parts, api: str) -> tuple[Route, ...]:
    """Return the rows."""
    return ()
