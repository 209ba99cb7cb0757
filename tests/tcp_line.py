"""A line to a server on this machine that can be cut at a word, before or after it is answered."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

At = Literal["before", "after", "never-answered"]


class TcpLine:
    """Passes on what clients and server say.  From `cut` on it breaks when a client says a word.

    `before`: the server never hears it.  `after`: it does, and what it answers is not heard.
    `never-answered`: the same, and the line stays open, as when a server hangs.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._cut: tuple[bytes, At] | None = None
        self.was_cut = threading.Event()
        self._open: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        for end in self._open:
            end.close()

    def cut(self, word: bytes, at: At) -> None:
        """Let the line break once, at a word of a client."""
        self._cut = (word, at)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server_port))
            self._open += [client, server]
            muted = threading.Event()
            for one in ((client, server, muted, True), (server, client, muted, False)):
                threading.Thread(target=self._pass_on, args=one, daemon=True).start()

    def _pass_on(
        self, source: socket.socket, target: socket.socket, muted: threading.Event, says: bool
    ) -> None:
        try:
            while data := source.recv(65_536):
                if says and self._cut is not None and self._cut[0] in data:
                    at, self._cut = self._cut[1], None
                    if at == "before":
                        break
                    muted.set()
                    target.sendall(data)
                    if at == "never-answered":
                        self.was_cut.set()
                elif says or not muted.is_set():
                    target.sendall(data)
                elif not self.was_cut.is_set():
                    break  # the answer is there, and nobody hears it
        except OSError:
            pass
        finally:
            for end in (source, target):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
