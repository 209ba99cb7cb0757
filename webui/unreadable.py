"""What the server itself refuses before any route sees it, in the one shape of a problem."""

from http import HTTPStatus
from typing import Final

from cheroot.errors import socket_errors_to_ignore
from cheroot.server import HTTPRequest

from webui import problem, sizes

_CODES: Final = {413: "too-long", 414: "too-long"}


class Request(HTTPRequest):
    """A request, as cheroot reads it."""

    def read_request_headers(self) -> bool:
        """Read the headers, and refuse a body that is too long for where it goes."""
        read = bool(super().read_request_headers())  # type: ignore[no-untyped-call]
        if read and int(self.inheaders.get(b"Content-Length", 0)) > sizes.most_of(self.path):
            self.simple_response(413, f"at most {sizes.most_of(self.path)} bytes are read")
            return False
        return read

    def send_headers(self) -> None:
        """Begin to answer; what is left of a large body is not read just to be thrown away.

        cheroot would, and hold all of it in memory.
        """
        if getattr(self.rfile, "remaining", 0) > sizes.MOST:
            self.close_connection = True
        super().send_headers()

    def simple_response(self, status: str | int, msg: str | bytes = "") -> None:
        """Refuse what cannot be read; the connection is of no more use then."""
        number = int(str(status)[:3])
        said = msg.decode("latin-1") if isinstance(msg, bytes) else msg
        detail = said.strip().rstrip(".") or HTTPStatus(number).phrase.lower()
        body = problem.body(number, _CODES.get(number, "unreadable"), detail).encode()
        self.close_connection = True
        head = (
            f"{self.server.protocol} {number} {HTTPStatus(number).phrase}\r\n"
            f"Content-Type: {problem.CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
            "Connection: close\r\n\r\n"
        )
        try:
            self.conn.wfile.write(head.encode("ascii") + body)
        except OSError as error:
            if error.args[0] not in socket_errors_to_ignore:
                raise
