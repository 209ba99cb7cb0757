"""A web server in a process of its own: ours with a flow behind it, or the same answer, bare.

It prints its port, and ends when its standard input does.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bottle import Bottle, response
from cheroot import wsgi

import oppleo_flow
from oppleo_flow import Level, Node, NodeConfig
from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.testing import BenchSite, graph_of, plan
from oppleo_flow.testing.house import House
from webui.access import Demo
from webui.server import listen

STREAMS = 200
_THREADS = 32
_EVENT_EACH_S = 0.2
_NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
_FLOW = Path(oppleo_flow.__file__).parents[1] / "flows" / "charge-point.yaml"


class Beat(Node[NodeConfig]):
    """Tell five times a second what the monotonic time is, which all processes share."""

    type_name = "bench-beat"
    told: Level[float]

    def start(self) -> None:
        """Begin to tell."""
        self.every(_EVENT_EACH_S, self.tell)

    def tell(self) -> None:
        """Tell the time."""
        self.told.set(time.monotonic())


@contextmanager
def _house() -> Iterator[int]:
    """Serve the shipped flow, which stands still."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        House(_FLOW.read_text(encoding="utf-8"), Path(folder), _NOON) as house,
    ):
        house.run_for(60)
        server = listen(house.runtime, clock=SystemClock(), port=0, access=Demo(), threads=_THREADS)
        with server.start():
            yield server.port


@contextmanager
def _bare() -> Iterator[int]:
    """Answer what `_house` does, with the libraries alone."""
    with _house() as port:
        state = _get(port, "/api/v1/state")
    app = Bottle()

    def show() -> bytes:
        response.content_type = "application/json"
        return state

    app.route("/api/v1/state", "GET", show)
    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=_THREADS, max=_THREADS)
    server.prepare()
    # Not by `with`: it would serve on this very thread.
    from threading import Thread  # noqa: PLC0415

    serving = Thread(target=server.serve, daemon=True)
    serving.start()
    yield int(server.bind_addr[1])
    server.stop()
    serving.join()


@contextmanager
def _streams() -> Iterator[int]:
    """Serve a flow that tells something five times a second."""
    runtime = Runtime(graph_of({"beat": plan(Beat)}, []), clock=SystemClock(), site=BenchSite())
    runtime.start()
    server = listen(runtime, clock=SystemClock(), port=0, access=Demo(), threads=_THREADS + STREAMS)
    with server.start():
        yield server.port
    runtime.stop()


def _get(port: int, path: str) -> bytes:
    # Not at the top: only one kind of server asks another.
    from http.client import HTTPConnection  # noqa: PLC0415

    asking = HTTPConnection("127.0.0.1", port)
    asking.request("GET", path)
    body = asking.getresponse().read()
    asking.close()
    return body


KINDS: dict[str, Callable[[], AbstractContextManager[int]]] = {
    "house": _house,
    "bare": _bare,
    "streams": _streams,
}


if __name__ == "__main__":
    with KINDS[sys.argv[1]]() as found:
        sys.stdout.write(f"{found}\n")
        sys.stdout.flush()
        sys.stdin.read()
