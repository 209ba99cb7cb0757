"""A connection as our server keeps it: an answer leaves in one piece, and the next may follow.

cheroot writes the head of an answer and its body one after the other, and hands a connection back
after each request, to a thread that waits for all of them.  Each costs as much as a small answer
takes to make.
"""

import select
from typing import Any, Final

from cheroot.server import HTTPConnection

from webui import unreadable

_LINGER_MS: Final = 2
"""How long the next request is waited for where the last was: a page asks for many in a row."""


class Request(unreadable.Request):
    """A request whose answer's head leaves with the first piece of its body."""

    def send_headers(self) -> None:
        """Hold the head until there is something to go with it."""
        writer = self.conn.wfile
        writer.holds = True
        try:
            super().send_headers()
        finally:
            writer.holds = False

    def respond(self) -> None:
        """Answer; a head that no body follows leaves by itself."""
        try:
            super().respond()
        finally:
            self.conn.wfile.flush()


class Connection(HTTPConnection):
    """A connection whose requests are answered in a row, as long as each follows at once."""

    RequestHandlerClass = Request

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wfile = _Writer(self.wfile)

    def communicate(self) -> bool:
        """Answer what is asked; return whether the connection is to be kept for more."""
        while super().communicate():  # type: ignore[no-untyped-call]  # cheroot has no type for it
            if not self._more_follows():
                return True
        return False

    def _more_follows(self) -> bool:
        """Return whether the next request is there, and nobody else waits for this thread."""
        if self.server.requests.qsize:
            return False
        if self.rfile.has_data():
            return True
        waiting = select.poll()
        waiting.register(self.socket, select.POLLIN)
        return bool(waiting.poll(_LINGER_MS))


class _Writer:
    """Writes to a connection; what comes while it `holds` leaves together with what is next."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self._held = b""
        self.holds = False

    def write(self, text: bytes) -> None:
        """Write, or hold."""
        if self.holds:
            self._held += text
            return
        held, self._held = self._held, b""
        self._writer.write(held + text if held else text)

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            self.write(b"")
