"""Send push notifications to an iPhone by Prowl.

```yaml
push:
  type: prowl
  from: {ref: owner, durable: true}     # a `recipient`
  http: web               # a connection of type http-client
  key: !secret prowl_key
  on_error: {retry: 60, backoff: 5s..1h, then: dead-letter}
```

It takes what a `recipient` says, or makes words itself of a session's start, end and bill, of a
refused card, a statement, a fault, a failure, a start and a stop. Of its own failures it does not
tell.

`on_error` tries again what could not be sent, in order; what Prowl refuses for good, such as a
wrong key, is not tried again. When the answer is lost nobody knows whether it was sent: it is tried
again then, and may come twice.

`oppleo-flow notify-test push` sends a test.
"""

from xml.etree import ElementTree

from pydantic import Field, SecretStr

from oppleo_flow import Example, Ref, ServiceError, ServiceRefused
from oppleo_flow.devices.http import HttpClient, HttpRequest, HttpResponse
from oppleo_flow.payloads import Notification
from oppleo_flow.sending import Outgoing, SafeUrl, Sender, SenderConfig, shortened

_TITLE_LENGTH = 1024
_TEXT_LENGTH = 10_000
_IN_VAIN = {
    400: "it does not understand the request",
    401: "the key is not valid",
    409: "the key is not approved yet",
}
_LATER = {
    406: "too many notifications this hour",
    500: "it has trouble of its own",
}


class ProwlConfig(SenderConfig):
    """Settings of a `prowl` node."""

    http: Ref[HttpClient] = Field(description="Web client to send with.")
    key: SecretStr = Field(min_length=1, description="API key of the Prowl account.")
    application: str = Field(
        "Oppleo", min_length=1, max_length=256, description="Name shown above the notification."
    )
    server: SafeUrl = Field(
        "https://api.prowlapp.com/publicapi", description="Where Prowl is; https, but for tests."
    )


class Prowl(Sender[ProwlConfig]):
    """Send push notifications by Prowl.

    Input:
        A `Notification`, or what one can be made of: a session's start, end or bill, a refused
        card, a statement, a failure, and what the flow tells of itself.

    Output:
        None.

    Raises:
        ServiceRefused: Prowl will not take it, because of the key for one.
        ServiceError: Prowl has trouble, or cannot be reached.
        ServiceTimeout: Prowl did not answer in time; whether it was sent is not known.

    Source:
        Prowl public API, `add`: fields, their lengths, the answer and the meaning of a status.
    """

    type_name = "prowl"
    icon = "bell"
    examples = [
        Example(
            config={"http": "web", "key": "an API key"},
            send=Notification(title="Charged", text="10.0 kWh for 'family'"),
        )
    ]

    def start(self) -> None:
        """Find the web client."""
        super().start()
        self._http = self.use(self.config.http)

    def probe(self) -> str:
        """See whether Prowl can be reached; the key is not sent."""
        answer = self.use(self.config.http).send(HttpRequest("GET", self.config.server))
        if answer.simulated:
            return "simulated, not asked"
        return f"Prowl answers, with status {answer.status}"

    def deliver(self, out: Outgoing) -> bool:
        """Send one notification."""
        answer = self._http.send(self._request(out.note))
        if answer.simulated:
            return True
        code, said = _answer(answer)
        if answer.ok and code == 200:
            return False
        status = code or answer.status
        if status in _IN_VAIN:
            raise ServiceRefused(f"Prowl: refused with status {status}: {_IN_VAIN[status]}{said}")
        meaning = f": {_LATER[status]}" if status in _LATER else ""
        if answer.ok and code is None:
            raise ServiceError(f"Prowl: what answers with status {answer.status} is not Prowl")
        raise ServiceError(f"Prowl: refused with status {status}{meaning}{said}")

    def _request(self, note: Notification) -> HttpRequest:
        form: dict[str, str | SecretStr] = {
            "apikey": self.config.key,
            "application": self.config.application,
            "event": shortened(note.title, _TITLE_LENGTH),
            "description": shortened(note.text, _TEXT_LENGTH),
            "priority": str(note.priority),
        }
        return HttpRequest("POST", f"{self.config.server}/add", form)


def _answer(answer: HttpResponse) -> tuple[int | None, str]:
    """Return the code in Prowl's answer, and what it says; None where it is not Prowl's."""
    try:
        root = ElementTree.fromstring(answer.text)
    except ElementTree.ParseError:
        return None, ""
    for child in root if root.tag == "prowl" else ():
        code = child.get("code", "")
        if child.tag in ("success", "error") and code.isdecimal():
            said = (child.text or "").strip()
            return int(code), f" ({said})" if said else ""
    return None, ""
