"""Send push notifications by Pushover.

```yaml
push:
  type: pushover
  from: {ref: owner, durable: true}     # a `recipient`
  http: web               # a connection of type http-client
  token: !secret pushover_token         # of the application
  user: !secret pushover_user           # of who is told, or of a group
  sound: magic
  on_error: {retry: 60, backoff: 5s..1h, then: dead-letter}
```

It takes what a `recipient` says, or makes words itself of a session's start, end and bill, of a
refused card, a statement, a fault, a failure, a start and a stop. Of its own failures it does not
tell.

An emergency, priority 2, is repeated every `repeat` until somebody acknowledges it, for at most
`expire`.

Sounds: pushover, bike, bugle, cashregister, classical, cosmic, falling, gamelan, incoming,
intermission, magic, mechanical, pianobar, siren, spacealarm, tugboat, alien, climb, persistent,
echo, updown, vibrate, none; or one of your own. `oppleo-flow check --connect` sees whether token
and user are right, and names the devices.

`on_error` tries again what could not be sent, in order; what Pushover refuses for good, such as a
wrong token, is not tried again. When the answer is lost nobody knows whether it was sent: it is
tried again then, and may come twice. `oppleo-flow notify-test push` sends a test.
"""

import json
from typing import Any

from pydantic import Field, SecretStr

from oppleo_flow import Example, Ref, Seconds, ServiceError, ServiceRefused
from oppleo_flow.devices.http import HttpClient, HttpRequest, HttpResponse
from oppleo_flow.payloads import Notification
from oppleo_flow.sending import Outgoing, SafeUrl, Sender, SenderConfig, shortened

_TITLE_LENGTH = 250
_TEXT_LENGTH = 1024
_EMERGENCY = 2
_TOO_MANY = 429
_SAY = 200


class PushoverConfig(SenderConfig):
    """Settings of a `pushover` node."""

    http: Ref[HttpClient] = Field(description="Web client to send with.")
    token: SecretStr = Field(min_length=1, description="API token of the application.")
    user: SecretStr = Field(min_length=1, description="Key of the user or the group.")
    device: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]{1,25}(,[A-Za-z0-9_-]{1,25})*$",
        description="Only these devices of the user, by name; default: all.",
    )
    sound: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_-]{1,20}$", description="What it sounds like; default: his own."
    )
    repeat: Seconds = Field(
        "60s", validate_default=True, ge=30, description="How often an emergency is repeated."
    )
    expire: Seconds = Field(
        "1h",
        validate_default=True,
        ge=30,
        le=10_800,
        description="How long an emergency is repeated.",
    )
    server: SafeUrl = Field(
        "https://api.pushover.net/1", description="Where Pushover is; https, but for tests."
    )


class Pushover(Sender[PushoverConfig]):
    """Send push notifications by Pushover.

    Input:
        A `Notification`, or what one can be made of: a session's start, end or bill, a refused
        card, a statement, a failure, and what the flow tells of itself.

    Output:
        None.

    Raises:
        ServiceRefused: Pushover will not take it, because of token or user for one.
        ServiceError: Pushover has trouble, takes no more this month, or cannot be reached.
        ServiceTimeout: Pushover did not answer in time; whether it was sent is not known.

    Source:
        Pushover Message API, version 1: fields, their lengths, the answer and when to try again.
    """

    type_name = "pushover"
    icon = "bell"
    examples = [
        Example(
            config={"http": "web", "token": "a token", "user": "a user"},
            send=Notification(title="Charged", text="10.0 kWh for 'family'"),
        )
    ]

    def start(self) -> None:
        """Find the web client."""
        super().start()
        self._http = self.use(self.config.http)

    def probe(self) -> str:
        """See whether token and user are right, and what the user's devices are."""
        form = {"token": self.config.token, "user": self.config.user}
        request = HttpRequest("POST", f"{self.config.server}/users/validate.json", form)
        answer = self.use(self.config.http).send(request)
        if answer.simulated:
            return "simulated, not asked"
        said = _accepted(answer)
        devices = [str(one) for one in said.get("devices") or []]
        wanted = self.config.device.split(",") if self.config.device else []
        missing = [one for one in wanted if one not in devices]
        if missing:
            names = ", ".join(devices) or "none"
            raise ServiceRefused(f"Pushover: no device {missing[0]!r}; there are: {names}")
        return f"Pushover knows the user; devices: {', '.join(devices) or 'none'}"

    def deliver(self, out: Outgoing) -> bool:
        """Send one notification."""
        request = HttpRequest("POST", f"{self.config.server}/messages.json", self._form(out.note))
        answer = self._http.send(request)
        if not answer.simulated:
            _accepted(answer)
        return answer.simulated

    def _form(self, note: Notification) -> dict[str, str | SecretStr]:
        config = self.config
        form: dict[str, str | SecretStr] = {
            "token": config.token,
            "user": config.user,
            "title": shortened(note.title, _TITLE_LENGTH),
            "message": shortened(note.text or note.title, _TEXT_LENGTH),
            "priority": str(note.priority),
        }
        if note.priority == _EMERGENCY:
            form |= {"retry": str(round(config.repeat)), "expire": str(round(config.expire))}
        if config.device is not None:
            form["device"] = config.device
        if config.sound is not None:
            form["sound"] = config.sound
        return form


def _accepted(answer: HttpResponse) -> dict[str, Any]:
    """Return what Pushover says to a request that it takes.

    Raises:
        ServiceRefused: It will never take it.
        ServiceError: It does not take it now, or it is not Pushover that answers.
    """
    said = _said(answer.text)
    if answer.ok and said.get("status") == 1:
        return said
    if answer.ok and not said:
        raise ServiceError(f"Pushover: what answers with status {answer.status} is not Pushover")
    errors = [str(one) for one in said.get("errors") or []]
    text = f"Pushover: refused with status {answer.status}: {'; '.join(errors) or 'no reason'}"
    if 400 <= answer.status < 500 and answer.status != _TOO_MANY and said:
        raise ServiceRefused(text[:_SAY])
    raise ServiceError(text[:_SAY])


def _said(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
