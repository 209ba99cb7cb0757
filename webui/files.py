"""Files that are made for one request: written by a child, sent in pieces, and gone after that."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote

from bottle import response

from oppleo_flow.reports import Format
from webui.problem import problem

TIMEOUT_S: Final = 300.0
_PIECE: Final = 64 * 1024
_AT_ONCE: Final = 2
_WAITING: Final = 6
_KINDS: Final = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".csv": "text/csv; charset=utf-8",
    ".ndjson": "application/x-ndjson",
}
ENDINGS: Final[dict[Format, str]] = {
    "xlsx": "xlsx",
    "pdf": "pdf",
    "csv": "csv",
    "csv-excel": "excel.csv",
}


class Workshop:
    """Lets a few children at a time write files, and a few requests wait for them.

    Whoever comes then is asked to come again: those who only look are to have threads, too.
    """

    def __init__(self) -> None:
        self._working = threading.BoundedSemaphore(_AT_ONCE)
        self._inside = threading.BoundedSemaphore(_AT_ONCE + _WAITING)

    def made(self, make: Callable[[Path], Path]) -> "Sent":
        """Return the file that is made in a folder of its own, to be sent."""
        with ExitStack() as held:
            folder = Path(held.enter_context(TemporaryDirectory(prefix="oppleo-flow-")))
            with self.place():
                path = make(folder)
            return Sent(path, then=held.pop_all().close)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Give a place for one child, which is held while it works."""
        if not self._inside.acquire(blocking=False):
            busy = problem(503, "busy", "other files are being made just now; ask again")
            busy.set_header("Retry-After", "5")
            raise busy
        try:
            with self._working:
                yield
        finally:
            self._inside.release()


class Sent:
    """A file on its way to a browser, which saves it under the file's name."""

    def __init__(self, path: Path, *, then: Callable[[], object] = lambda: None) -> None:
        self._then = then
        self._file = path.open("rb")
        response.content_type = _KINDS.get(path.suffix, "application/octet-stream")
        response.set_header("Content-Length", str(path.stat().st_size))
        response.set_header(
            "Content-Disposition", f"attachment; filename*=UTF-8''{quote(path.name)}"
        )

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._file.read(_PIECE):
            yield piece

    def close(self) -> None:
        """Let go of the file; the server calls it, also when the browser went away."""
        with suppress(OSError):
            self._file.close()
        self._then()
