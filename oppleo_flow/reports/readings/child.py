"""Have readings written by a process of its own, and pass on what it writes as it comes."""

import subprocess
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final, Self

from oppleo_flow.child import child_environment, python_module
from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.reports.readings.request import REFUSED, ReadingsRequest

_MODULE: Final = "oppleo_flow.reports.readings"
_CHUNK: Final = 64 * 1024


class ReadingsExport:
    """Writes readings in processes of their own, `at_once` at most."""

    def __init__(self, at_once: int = 2) -> None:
        self._places = threading.BoundedSemaphore(at_once)

    def begin(self, request: ReadingsRequest) -> "Pieces":
        """Return the file in pieces, of which the first is there already.

        Raises:
            Refused: As many are being written as may be, or the readings do not fit.
            StoreError: The ledger cannot be read.
        """
        if not self._places.acquire(blocking=False):
            raise Refused("readings are being exported already; try again when that is done")
        return Pieces(request, self._places.release)


class Pieces:
    """A file that a process is writing; who does not want the rest closes it."""

    def __init__(self, request: ReadingsRequest, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._open = True
        with ExitStack() as held:
            held.callback(ended)
            self._complaints = held.enter_context(tempfile.TemporaryFile())
            self._process = subprocess.Popen(
                python_module(_MODULE, *request.arguments()),
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
            )
            held.pop_all()  # from now on `close` does it
        begun = False
        try:
            self._next = self._read()
            begun = True
        finally:
            if not begun:
                self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        """Return the next piece.

        Raises:
            StoreError: The process failed, so what came before is not the whole file.
        """
        found = self._next
        if not found:
            self.close()
            raise StopIteration
        self._next = self._read()
        return found

    def close(self) -> None:
        """End the process, if it has not ended; what it wrote is forgotten."""
        if not self._open:
            return
        self._open = False
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._complaints.close()
        self._ended()

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        found = self._process.stdout.read(_CHUNK)
        if not found:
            self._check(self._process.wait())
        return found

    def _check(self, code: int) -> None:
        if code == 0:
            return
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        why = lines[-1] if lines else f"{_MODULE}: ended with {code}"
        raise Refused(why) if code == REFUSED else StoreError(why)
