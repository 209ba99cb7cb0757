"""SmartEVSEs of a simulated world on a real network: a web server, and clients of a Mosquitto."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from oppleo_flow.devices.http import HttpRequest
from oppleo_flow.devices.network_trouble import NetworkTrouble
from oppleo_flow.devices.smart_evse_twin import answer
from oppleo_flow.devices.world import World

NAME = "SmartEVSE-1234"


class EvseWebServer:
    """A SmartEVSE's web server on the loopback interface; a context manager.

    `asked` has each request line that came, with what came as its body.
    """

    def __init__(self, world: World, name: str = NAME) -> None:
        asked: list[tuple[str, str]] = []
        released = threading.Event()
        self.asked, self._released = asked, released

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = self.headers["Content-Length"]
                if self.command == "POST" and length is None:
                    released.wait()  # it waits for a body, until whoever asks gives up
                body = self.rfile.read(int(length or 0)).decode()
                asked.append((f"{self.command} {self.path}", body))
                trouble = world.smart_evses()[name].trouble
                if trouble is NetworkTrouble.SILENT:
                    released.wait()
                    return
                if trouble is NetworkTrouble.AWAY:
                    return
                method: Any = self.command
                given = answer(world, name, HttpRequest(method, f"http://evse{self.path}"))
                self.send_response(given.status)
                for header, value in given.headers.items():
                    self.send_header(header, value)
                text = given.text.encode()
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET  # noqa: N815  (the name that the library looks for)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )

    def __enter__(self) -> "EvseWebServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
