"""A line to a server that can fall silent while it stays open, as when the power fails."""

import socket
import threading
from contextlib import suppress


class SilentLine:
    """Passes on what browsers and a server say; while it is silent nobody hears anything."""

    def __init__(self, port):
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._heard = threading.Event()
        self._heard.set()
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        """Return the address of the page at this end of the line."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def fall_silent(self):
        self._heard.clear()

    def speak(self):
        self._heard.set()

    def close(self):
        self._heard.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._open += [browser, server]
                for ends in ((browser, server), (server, browser)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, speaker, hearer):
        with suppress(OSError):
            while said := speaker.recv(65_536):
                self._heard.wait()
                hearer.sendall(said)
            hearer.shutdown(socket.SHUT_WR)
