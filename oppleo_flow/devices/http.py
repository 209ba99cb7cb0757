"""HTTP: what nodes may ask of a web client, the real one, and a twin that only remembers.

A value of a form or a header may be a `SecretStr`.  It is opened at the moment of sending and
nowhere else, so that a request can be kept, shown and logged.
"""

import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from oppleo_flow.clock import Clock
from oppleo_flow.errors import ServiceError, ServiceTimeout
from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    import requests
    from pydantic import SecretStr

_CHUNK_BYTES = 16_384
_REMEMBERED = 100


@immutable
class HttpRequest:
    """What is asked of a server; `form` travels as the body of a POST."""

    method: Literal["GET", "POST"]
    url: str
    form: "Mapping[str, str | SecretStr]" = field(default_factory=dict)
    headers: "Mapping[str, str | SecretStr]" = field(default_factory=dict)

    @property
    def server(self) -> str:
        """Return the server's name, which is all that a message may tell of the address."""
        return urlsplit(self.url).hostname or self.url


@immutable
class HttpResponse:
    """What a server answered, whatever its status; `simulated` when nothing was sent."""

    status: int
    text: str
    simulated: bool = False

    @property
    def ok(self) -> bool:
        """Return whether the server did what was asked."""
        return 200 <= self.status < 300


class HttpClient(ABC):
    """Sends one request and waits for the answer.  Nothing is tried again."""

    @abstractmethod
    def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return the answer; a redirection is an answer too.

        Raises:
            ServiceTimeout: The whole answer was not there in time, or the connection broke before
                that: what was asked may have been done.
            ServiceError: The server cannot be reached, or its answer is broken or too long.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of open connections."""


class RequestsClient(HttpClient):
    """The real client: the library requests, with a deadline and a limit for the whole answer."""

    def __init__(self, *, timeout_s: float, max_bytes: int, clock: Clock) -> None:
        # Only where a flow uses them: they cost start-up time.
        from http.client import HTTPException  # noqa: PLC0415

        import requests  # noqa: PLC0415

        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._clock = clock
        self._session = requests.Session()
        self._failed = requests.RequestException
        self._timed_out = requests.Timeout
        self._cut_off = (HTTPException, ConnectionResetError, BrokenPipeError)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return the answer."""
        deadline = self._clock.monotonic() + self._timeout_s
        late = f"{request.server}: no whole answer in {self._timeout_s:g} s"
        try:
            with self._session.request(
                request.method,
                request.url,
                data={name: _opened(value) for name, value in request.form.items()},
                headers={name: _opened(value) for name, value in request.headers.items()},
                timeout=self._timeout_s,
                allow_redirects=False,  # it would carry a key to another server
                stream=True,
            ) as response:
                body = self._read(response, request, deadline)
                return HttpResponse(response.status_code, body.decode(errors="replace"))
        except self._timed_out as error:
            raise ServiceTimeout(late) from error
        except self._failed as error:
            if self._clock.monotonic() >= deadline:
                raise ServiceTimeout(late) from error
            if any(isinstance(one, self._cut_off) for one in _causes(error)):
                raise ServiceTimeout(
                    f"{request.server}: the connection broke before the whole answer; "
                    "what was asked may have been done"
                ) from error
            raise ServiceError(f"{request.server}: {_reason(error)}") from error

    def _read(self, response: "requests.Response", request: HttpRequest, deadline: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            body += chunk
            if len(body) > self._max_bytes:
                raise ServiceError(f"{request.server}: the answer is over {self._max_bytes} bytes")
            if self._clock.monotonic() >= deadline:
                raise ServiceTimeout(f"{request.server}: no whole answer in {self._timeout_s:g} s")
        return bytes(body)

    def close(self) -> None:
        """Let go of open connections."""
        self._session.close()


class RecordingClient(HttpClient):
    """The twin: sends nothing, says that all is well, and remembers the last 100 requests."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._remembered: deque[HttpRequest] = deque(maxlen=_REMEMBERED)
        self.count = 0

    @property
    def remembered(self) -> tuple[HttpRequest, ...]:
        """Return what would have been sent, oldest first; secrets stay closed."""
        return tuple(self._remembered)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Remember a request."""
        self.count += 1
        self._remembered.append(request)
        self._log.info("simulated, not sent: %s %s", request.method, request.server)
        return HttpResponse(200, "", simulated=True)

    def close(self) -> None:
        """Keep what is remembered: there is nothing to let go of."""


def _opened(value: "str | SecretStr") -> str:
    return value if isinstance(value, str) else value.get_secret_value()


def _reason(error: BaseException) -> str:
    """Return why a request failed, from the error at the bottom: `Connection refused`."""
    found = type(error).__name__
    for one in _causes(error):
        if isinstance(one, OSError) and one.strerror:
            found = one.strerror
    return found


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what it came from, and so on."""
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__ or _wrapped(at)


def _wrapped(error: BaseException) -> BaseException | None:
    inner = getattr(error, "reason", None) or next(iter(error.args), None)
    return inner if isinstance(inner, BaseException) else None
