"""A service on this machine that keeps what it is sent and answers as a test says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qsl

from oppleo_flow import Connection, NodeConfig
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.http import HttpClient, HttpRequest, HttpResponse, RequestsClient


class RealWebConfig(NodeConfig):
    timeout_s: float = 5.0


class RealWeb(Connection[RealWebConfig], HttpClient):
    """The real client, also where all else is simulated."""

    type_name = "real-web"

    def open(self) -> None:
        self._client = RequestsClient(
            timeout_s=self.config.timeout_s, max_bytes=100_000, clock=SystemClock()
        )

    def close(self) -> None:
        self._client.close()

    def send(self, request: HttpRequest) -> HttpResponse:
        return self._client.send(request)


Answer = tuple[int, str] | Event | None


@dataclass
class Asked:
    path: str
    body: str
    headers: dict[str, str]

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body, keep_blank_values=True, strict_parsing=bool(self.body)))


@dataclass
class Service:
    """`answers` are given in turn, the last one for good.

    None: it hangs up without one; an event: it waits for that first.
    """

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def service(*answers: Answer) -> Iterator[Service]:
    made = Service(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            made.asked.append(Asked(self.path, body, dict(self.headers)))
            answer = made.next()
            if isinstance(answer, Event):
                answer.wait()
                answer = None
            if answer is None:
                self.close_connection = True
                return
            status, text = answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = do_POST  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
