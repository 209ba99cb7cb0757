"""The services that the library Apprise knows: more than a hundred, each an address with a secret.

The library says in its log what went wrong, with parts of the address in it.  So its log goes
nowhere but to here, where they are taken out.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from oppleo_flow.errors import ConfigError, DeviceMissing, ServiceError
from oppleo_flow.payloads import Notification
from oppleo_flow.redaction import Redaction

if TYPE_CHECKING:
    from pydantic import SecretStr

_LOG: Final = "apprise"
_TELL_ADDRESSES: Final = (_LOG, "urllib3")
_SAY: Final = 200
_SCHEMA: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


class _Said(logging.Handler):
    """Keeps what the library complains of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


class Service:
    """One service, by its address; `name` is what people call it."""

    def __init__(self, url: "SecretStr", *, app: str, timeout_s: float) -> None:
        """Read an address.

        Raises:
            DeviceMissing: The library is not there.
            ConfigError: It knows no such service.
        """
        apprise = _library()
        secret = url.get_secret_value()
        self._redaction = _parts(secret)
        asset = apprise.AppriseAsset(
            app_id=app, app_desc=app, async_mode=False, service_timeout=timeout_s
        )
        with _listening() as said:
            self._service: Any = apprise.Apprise.instantiate(secret, asset=asset)
        if self._service is None:
            schema = secret.partition("://")[0]
            known = schema if _SCHEMA.fullmatch(schema) and len(schema) < 20 else "…"
            raise ConfigError(
                f"url: {known}://…: Apprise knows no such service, or not this form of its "
                f"address{self._reason(said)}; its wiki has a page for each"
            )
        if "overflow=" not in secret:
            self._service.overflow_mode = apprise.OverflowMode.SPLIT  # nothing is cut off
        self.name = str(self._service.service_name)

    def send(self, note: Notification) -> None:
        """Send a message.

        Raises:
            ServiceError: It was not taken; the library does not tell whether it ever will be.
        """
        kind = "info"
        if note.state == "cleared":
            kind = "success"
        elif note.priority > 0:
            kind = "warning"
        with _listening() as said:
            taken = self._service.notify(
                body=note.text or note.title, title=note.title, notify_type=kind
            )
        if not taken:
            raise ServiceError(f"{self.name}: did not take it{self._reason(said)}")

    def _reason(self, said: _Said) -> str:
        text = " ".join(self._redaction.redacted(" ".join(said.lines)).split())
        return f": {text[:_SAY]}" if text else ""


def _library() -> Any:
    try:
        import apprise  # noqa: PLC0415  (a quarter of a second that only its users pay)
    except ImportError as error:
        raise DeviceMissing(
            "the library apprise is not there; `pip install 'oppleo-flow[notify]'`"
        ) from error
    for name in _TELL_ADDRESSES:
        logging.getLogger(name).propagate = False
    return apprise


@contextmanager
def _listening() -> Iterator[_Said]:
    """Hear the library's complaints."""
    log, said = logging.getLogger(_LOG), _Said()
    log.addHandler(said)
    try:
        yield said
    finally:
        log.removeHandler(said)


def _parts(url: str) -> Redaction:
    """Return what takes an address, and all in it that may be a secret, out of a text."""
    redaction = Redaction()
    split = urlsplit(url)
    found = [url, split.netloc, split.query, split.path]
    found += re.split(r"[:@/?&=]", url.partition("://")[2])
    found += [value for _, value in parse_qsl(split.query)]
    for one in found:
        redaction.learn("url", one)
        redaction.learn("url", unquote(one))
    return redaction
