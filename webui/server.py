"""The server: cheroot, on this machine or on the network, with a certificate or without."""

import errno
import logging
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cheroot import wsgi

from oppleo_flow.accounts.networks import parse_address
from oppleo_flow.accounts.rules import LOOPBACK as NEAR
from oppleo_flow.clock import Clock
from oppleo_flow.errors import ConfigError
from webui import sizes
from webui.access import Access, Closed, Demo
from webui.app import BUILT_PAGE, create_late_app
from webui.asides import Asides
from webui.connection import Connection
from webui.editing import Editing
from webui.feed import Feed
from webui.origin import Doors
from webui.parts import Parts
from webui.ports import Audit, Deploying, Levers, Runtime, Sessions, SiteFacts
from webui.tls import Certificate, Encrypting

LOOPBACK = "127.0.0.1"
_SPARE_THREADS = 16  # kept free of streams, for pages and requests
_LOG = logging.getLogger(__name__)
_REFUSALS = {
    errno.EADDRINUSE: "something listens there already; stop it, or choose another port",
    errno.EACCES: "this user may not listen there; choose a port above 1023",
    errno.EADDRNOTAVAIL: "this machine does not have that address; choose another `host`",
}
_ALL_ADDRESSES = ("0.0.0.0", "::")


class WebServer:
    """A web server that listens, and answers once it is started; leaving the `with` stops it."""

    def __init__(
        self,
        make: Callable[[str, int], "_Cheroot"],
        feed: Feed,
        host: str,
        port: int,
        encrypting: Encrypting | None,
    ) -> None:
        self._make = make
        self._feed = feed
        self._encrypting = encrypting
        self._take(host, port)

    def _take(self, host: str, port: int) -> None:
        server = self._make(host, port)
        server.prepare()
        self._server = server
        self._thread = threading.Thread(target=server.serve, name="web", daemon=True)

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return int(self._server.bind_addr[1])

    @property
    def host(self) -> str:
        """Return the address that it listens on."""
        return str(self._server.bind_addr[0])

    @property
    def is_near(self) -> bool:
        """Return whether it listens on this machine only."""
        return parse_address(self.host) in NEAR

    @property
    def url(self) -> str:
        """Return the address of the page, for this machine."""
        scheme = "http" if self._server.ssl_adapter is None else "https"
        host = LOOPBACK if self.host in _ALL_ADDRESSES else self.host
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def start(self) -> Self:
        """Begin to answer; return this very server."""
        self._feed.start()
        self._thread.start()
        return self

    def move(self, host: str) -> None:
        """Listen at another address, on the same port; who listens to changes comes back to it.

        Raises:
            ConfigError: It cannot be had; the server listens where it did.
        """
        before, port = self.host, self.port
        self._server.stop()
        self._thread.join()
        try:
            self._take(host, port)
        except ConfigError:
            self._take(before, port)
            raise
        finally:
            self._thread.start()

    def renew(self, certificate: Certificate) -> None:
        """Show another certificate to who connects from now on; all who are there stay.

        Raises:
            ConfigError: It cannot be used, or the server does not speak HTTPS; the one before is
                shown.
        """
        if self._encrypting is None:
            raise ConfigError("web: without a certificate at its start it serves HTTP")
        self._encrypting.renew(certificate)

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
    editing: Editing | None = None,
    site: SiteFacts | None = None,
    audit: Audit | None = None,
    access: Access | None = None,
    doors: Doors | None = None,
    certificate: Certificate | None = None,
    threads: int = 32,
    built_page: Path = BUILT_PAGE,
) -> WebServer:
    """Listen on `port`, 0 for a free one, and return the server, to be started; who asks waits.

    Raises:
        ConfigError: The port cannot be had, the certificate cannot be used, or a demo is to be
            seen from elsewhere.
    """
    _check(host, access, port, threads)
    feed = Feed(runtime, clock, most_streams=threads - _SPARE_THREADS)
    parts = Parts(
        runtime=runtime,
        feed=feed,
        sessions=sessions,
        levers=levers,
        deploying=deploying,
        editing=editing,
        audit=audit,
        site=site or SiteFacts(),
        access=access or Closed(),
        doors=doors or Doors(),
    )
    if deploying is not None:
        feed.editor = Asides(clock, deploying, editing=parts.editing, drafts=parts.drafts)
    app = create_late_app(parts, built_page=built_page)
    try:
        encrypting = None if certificate is None else Encrypting(certificate)
        return WebServer(
            lambda host, port: _Cheroot((host, port), app, threads, encrypting),
            *(feed, host, port, encrypting),
        )
    except ConfigError:
        feed.close()
        raise


def _check(host: str, access: Access | None, port: int, threads: int) -> None:
    if parse_address(host) is None:
        raise ConfigError(f"web: host: an address of this machine is needed, got {host!r}")
    if isinstance(access, Demo) and host != LOOPBACK:
        raise ConfigError(f"web: host: a demo is for {LOOPBACK} only, got {host!r}")
    if not 0 <= port <= 65_535:
        raise ConfigError(f"web: port: 0 to 65535, 0 for a free one, got {port}")
    if threads <= _SPARE_THREADS:
        raise ConfigError(f"web: threads: more than {_SPARE_THREADS} are needed, got {threads}")


class _Cheroot(wsgi.Server):
    """cheroot with our limits, our log and our problems."""

    ConnectionClass = Connection

    max_request_header_size = 32 * 1024
    max_request_body_size = sizes.MOST_OF_ALL  # most addresses take far less: see `Request`

    def __init__(
        self, address: tuple[str, int], app: Any, threads: int, encrypting: Encrypting | None
    ) -> None:
        super().__init__(
            address,
            app,
            numthreads=threads,
            max=threads,
            server_name="oppleo-flow",
            request_queue_size=128,  # 50 browsers that come at once are not kept waiting
            timeout=10,  # a browser that does not read is let go
            shutdown_timeout=2,
        )
        self.ssl_adapter = encrypting

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
        # Whoever breaks off, or does not speak TLS, is no failure of ours.
        if isinstance(sys.exception(), ssl.SSLError | ConnectionError | TimeoutError):
            level, traceback = logging.DEBUG, False
        _LOG.log(level, "web: %s", msg, exc_info=traceback)
