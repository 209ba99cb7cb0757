"""How much a request may bring: the server looks at that before any route does."""

from collections.abc import Mapping
from typing import Final

MOST: Final = 8 * 1024 * 1024
"""A set of flows; all else is far less, and is refused by its route."""
UPLOADS: Final[Mapping[bytes, int]] = {b"/api/v1/backups/taken-in": 2 << 30}
"""What goes to the disk as it comes, by its address."""
MOST_OF_ALL: Final = max(MOST, *UPLOADS.values())


def most_of(path: bytes) -> int:
    """Return how many bytes a request may bring to an address."""
    return UPLOADS.get(path, MOST)
