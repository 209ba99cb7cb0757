"""Who may ask, what every answer carries, and what becomes of a request that fails.

A browser also runs the pages of strangers: they must neither read nor steer, be it directly,
through a form, or by a host name that they point at this machine.  An address cannot be pointed
elsewhere, so where the server is to be reached from other machines it answers by any.
"""

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from bottle import HTTPResponse, request, response

from oppleo_flow.accounts.networks import parse_address
from oppleo_flow.errors import ConfigError, DeviceError, Refused, StoreError
from webui.origin import Doors
from webui.problem import problem

_LOG = logging.getLogger(__name__)
_OUR_NAMES = ("127.0.0.1", "localhost", "::1")
_READING = ("GET", "HEAD")

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def refuse_strangers(doors: Doors) -> None:
    """Refuse a request that a stranger's page may have made; a Bottle hook before each request."""
    environ = request.environ
    host = doors.host(environ)
    name = _name_of(host)
    by_address = doors.any_address and name is not None and parse_address(name) is not None
    if name not in (*_OUR_NAMES, *doors.names) and not by_address:
        names = " or ".join((*doors.names, "localhost", "127.0.0.1"))
        raise problem(
            *(421, "wrong-host"),
            f"this server answers as {names} only, got {host!r}; `web: names:` adds a name",
        )
    steers = environ["REQUEST_METHOD"] not in _READING
    if (steers or request.path.startswith("/api/")) and _comes_from_elsewhere(environ, host):
        raise problem(403, "other-origin", "only the page of this server may ask for this")


def add_headers() -> None:
    """Add what every answer carries; a Bottle hook after each request."""
    for name, value in _HEADERS.items():
        response.set_header(name, value)
    if "Cache-Control" not in response.headers:
        response.set_header("Cache-Control", "no-store")


def failures_as_problems(call: Callable[..., Any]) -> Callable[..., Any]:
    """Let no failure of a route reach the server; a Bottle plug-in around each route.

    This is the one place of the web interface that catches everything.
    """

    @functools.wraps(call)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except HTTPResponse:
            raise
        except Refused as error:
            raise problem(409, "refused", str(error)) from error
        except ConfigError as error:
            raise problem(422, "not-possible", str(error)) from error
        except (DeviceError, StoreError) as error:
            raise problem(503, "not-available", str(error)) from error
        except Exception as error:
            _LOG.exception("web: %s %s failed", request.method, request.path)
            raise problem(500, "failed", "the request failed; the log says why") from error

    return guarded


def _name_of(host: str) -> str | None:
    """Return the name in a Host header, in lower case; None for one that is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _comes_from_elsewhere(environ: Mapping[str, Any], host: str) -> bool:
    """Return whether a browser says that a page of another origin made the request."""
    if environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("same-origin", "none"):
        return True
    origin = environ.get("HTTP_ORIGIN")
    return origin is not None and origin.lower().partition("://")[2] != host.lower()
