"""The rows of the list that tell an editor what there is, and deploy its draft."""

from webui.parts import Parts
from webui.route import Route


def palette_routes(parts: Parts, api: str) -> tuple[Route, ...]:
    """Return the rows."""
    return ()
