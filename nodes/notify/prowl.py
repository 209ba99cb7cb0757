"""Send a push notification by Prowl.

```yaml
push:
  type: prowl
  from: [session.ended, report.written, flow.errors]
  http: web               # a connection of type http-client
  key: !secret prowl_key
  at_most: 6/h
```

A notification goes as it is. Of the end of a session, its bill (`ledger.billed`), a statement and a
failure it makes a text;
a failure has priority 1 (high), the others 0. Of its own failures it does not tell.

Prowl refuses what is too long, so a text is shortened to its limits.
"""

from pydantic import Field, SecretStr

from oppleo_flow import Example, Node, NodeConfig, Ref, ServiceError
from oppleo_flow.charging.notices import notification
from oppleo_flow.devices.http import HttpClient, HttpRequest, HttpResponse
from oppleo_flow.payloads import (
    Failure,
    Notification,
    ReportWritten,
    SessionBilled,
    SessionEnded,
)

_BASE = "https://api.prowlapp.com/publicapi"
_URL = f"{_BASE}/add"
_TITLE_LENGTH = 1024
_TEXT_LENGTH = 10_000
_MEANINGS = {
    400: "it does not understand the request",
    401: "the key is not valid",
    406: "too many notifications this hour",
    409: "the key is not approved yet",
    500: "it has trouble of its own",
}


class ProwlConfig(NodeConfig):
    """Settings of a `prowl` node."""

    http: Ref[HttpClient] = Field(description="Web client to send with.")
    key: SecretStr = Field(min_length=1, description="API key of the Prowl account.")
    application: str = Field(
        "Oppleo", min_length=1, max_length=256, description="Name shown above the notification."
    )


class Prowl(Node[ProwlConfig]):
    """Send a push notification by Prowl.

    Input:
        A `Notification`, or a `SessionEnded`, `SessionBilled`, `ReportWritten` or `Failure` to make
        one of.

    Output:
        None.

    Raises:
        ServiceError: Prowl refused, with the status it gave, or cannot be reached.
        ServiceTimeout: Prowl did not answer in time; whether it was sent is not known.

    Source:
        Prowl public API, `add`: fields, their lengths and the meaning of a status.
    """

    type_name = "prowl"
    icon = "bell"
    blocking = True
    examples = [
        Example(
            config={"http": "web", "key": "an API key"},
            send=Notification(title="Charged", text="10.0 kWh for 'family'"),
        )
    ]

    def start(self) -> None:
        """Find the web client."""
        self._http = self.use(self.config.http)

    def probe(self) -> str:
        """See whether Prowl can be reached; the key is not sent."""
        answer = self.use(self.config.http).send(HttpRequest("GET", _BASE))
        if answer.simulated:
            return "simulated, not asked"
        return f"Prowl answers, with status {answer.status}"

    def on_message(
        self, payload: Notification | SessionEnded | SessionBilled | ReportWritten | Failure
    ) -> None:
        """Send one notification."""
        if isinstance(payload, Failure) and payload.node == self.id:
            return  # telling of it would fail the same way
        note = notification(payload)
        answer = self._http.send(self._request(note))
        if not answer.ok:
            raise ServiceError(_refusal(answer))
        self.status("ok", f"{'simulated, not sent' if answer.simulated else 'sent'}: {note.title}")

    def _request(self, note: Notification) -> HttpRequest:
        form: dict[str, str | SecretStr] = {
            "apikey": self.config.key,
            "application": self.config.application,
            "event": _shortened(note.title, _TITLE_LENGTH),
            "description": _shortened(note.text, _TEXT_LENGTH),
            "priority": str(note.priority),
        }
        return HttpRequest("POST", _URL, form)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _refusal(answer: HttpResponse) -> str:
    meaning = _MEANINGS.get(answer.status)
    return f"Prowl: refused with status {answer.status}{f': {meaning}' if meaning else ''}"
