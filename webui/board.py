"""Which outputs are pinned to the dashboard: one list for the site, as a car has one dashboard.

It is a small file among what the site remembers; a simulated site has one of its own.
"""

import json
import os
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Final

from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.immutable import immutable

FILE: Final = "dashboard.json"
MOST: Final = 24
"""So many tiles may be pinned; more is no dashboard."""


@immutable
class Tile:
    """An output that is pinned; `title` is what people call it, empty: its own name."""

    node: str
    port: str
    title: str = ""


class Board:
    """The tiles of a site, in order; without a `folder` it has none.  Legal from any thread."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FILE
        self._lock = threading.Lock()

    def read(self) -> list[Tile]:
        """Return the tiles.

        Raises:
            StoreError: The file cannot be read.
        """
        if self._path is None:
            return []
        try:
            text = self._path.read_text(encoding="utf-8")
            return [Tile(**one) for one in json.loads(text)["tiles"]]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(
                f"{self._path}: is not a list of tiles: {error}; move it away to begin anew"
            ) from error

    def write(self, tiles: list[Tile]) -> None:
        """Pin these, and no other.

        Raises:
            Refused: The site remembers nothing.
            StoreError: The file cannot be written.
        """
        if self._path is None:
            raise Refused("dashboard: this site has no folder to keep its tiles in")
        text = json.dumps({"tiles": [asdict(tile) for tile in tiles]}, indent=1)
        draft = self._path.with_suffix(".new")
        with self._lock:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with draft.open("w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(self._path)
            except OSError as error:
                raise StoreError(f"{self._path}: cannot be written: {error.strerror}") from error
