"""The rows of the list that hold and change what an editor drafts."""

from webui.parts import Parts
from webui.route import Route


def draft_routes(parts: Parts, api: str) -> tuple[Route, ...]:
    """Return the rows."""
    return ()
