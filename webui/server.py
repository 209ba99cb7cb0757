"""The server: cheroot, on this machine only until there is a login."""

import errno
import logging
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cheroot import wsgi

from oppleo_flow.clock import Clock
from oppleo_flow.errors import ConfigError
from webui.app import BUILT_PAGE, create_app
from webui.feed import Feed
from webui.ports import Audit, Deploying, Levers, Runtime, Sessions, SiteFacts

LOOPBACK = "127.0.0.1"
_SPARE_THREADS = 16  # kept free of streams, for pages and requests
_LOG = logging.getLogger(__name__)
_REFUSALS = {
    errno.EADDRINUSE: "something listens there already; stop it, or choose another port",
    errno.EACCES: "this user may not listen there; choose a port above 1023",
}


class WebServer:
    """A web server that listens, and answers once it is started; leaving the `with` stops it."""

    def __init__(self, server: "_Cheroot", feed: Feed) -> None:
        self._server = server
        self._feed = feed
        self._thread = threading.Thread(target=server.serve, name="web", daemon=True)

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return int(self._server.bind_addr[1])

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"http://{LOOPBACK}:{self.port}/"

    def start(self) -> Self:
        """Begin to answer; return this very server."""
        self._feed.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Let the listening pages go, answer what is in hand, and stop."""
        self._feed.close()
        self._server.stop()
        if self._thread.ident is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def listen(  # noqa: PLR0913  (each is one part of the site, given by name)
    runtime: Runtime,
    *,
    clock: Clock,
    port: int,
    host: str = LOOPBACK,
    sessions: Sessions | None = None,
    levers: Levers | None = None,
    deploying: Deploying | None = None,
    site: SiteFacts | None = None,
    audit: Audit | None = None,
    threads: int = 32,
    built_page: Path = BUILT_PAGE,
) -> WebServer:
    """Listen on `port`, 0 for a free one, and return the server, which is still to be started.

    Who asks before that is answered then.

    Raises:
        ConfigError: The host is another than this machine, or the port cannot be had.
    """
    if host != LOOPBACK:
        raise ConfigError(
            f"web: host: only {LOOPBACK} until there is a login, got {host!r}; to look from "
            f"another machine use a tunnel, as in `ssh -L {port}:{LOOPBACK}:{port} HOST`"
        )
    if not 0 <= port <= 65_535:
        raise ConfigError(f"web: port: 0 to 65535, 0 for a free one, got {port}")
    if threads <= _SPARE_THREADS:
        raise ConfigError(f"web: threads: more than {_SPARE_THREADS} are needed, got {threads}")
    feed = Feed(runtime, clock, most_streams=threads - _SPARE_THREADS)
    app = create_app(
        runtime,
        feed,
        sessions=sessions,
        levers=levers,
        deploying=deploying,
        site=site,
        audit=audit,
        built_page=built_page,
    )
    server = _Cheroot(port, app, threads)
    try:
        server.prepare()
    except ConfigError:
        feed.close()
        raise
    return WebServer(server, feed)


class _Cheroot(wsgi.Server):
    """cheroot with our limits and our log."""

    max_request_header_size = 32 * 1024
    max_request_body_size = 8 * 1024 * 1024  # a set of flows; all else is far less

    def __init__(self, port: int, app: Any, threads: int) -> None:
        super().__init__(
            (LOOPBACK, port),
            app,
            numthreads=threads,
            max=threads,
            server_name="oppleo-flow",
            request_queue_size=128,  # 50 browsers that come at once are not kept waiting
            timeout=10,  # a browser that does not read is let go
            shutdown_timeout=2,
        )

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        """Bind, or say why not: cheroot would leave the socket open and lose the reason."""
        try:
            socket_.bind(bind_addr)
        except OSError as error:
            socket_.close()
            why = _REFUSALS.get(error.errno or 0, str(error.strerror))
            raise ConfigError(f"web: port {bind_addr[1]}: {why}") from error
        return socket_

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Write to our log instead of stderr."""
        _LOG.log(level, "web: %s", msg, exc_info=traceback)
