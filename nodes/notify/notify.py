"""Tell people by any service that Apprise knows: ntfy, Telegram, Signal, Matrix, webhooks.

```yaml
telephone:
  type: notify
  from: {ref: owner, durable: true}     # a `recipient`
  url: !secret ntfy_url   # ntfys://me:password@ntfy.example.org/garage
  on_error: {retry: 60, backoff: 5s..1h, then: dead-letter}
```

A service is an address, or a list of them; [its wiki](https://github.com/caronc/apprise/wiki) has
a page for each. Some that are asked for often:

| service | address |
|---|---|
| ntfy | `ntfys://topic`, or `ntfys://user:password@host/topic` |
| Telegram | `tgram://bottoken/chatid` |
| Signal, by its REST API | `signals://host/from/to` |
| Matrix | `matrixs://user:password@host/#room` |
| a webhook with JSON | `jsons://host/path` |
| Home Assistant | `hassios://host/token` |

An `s` at the end means by TLS. An address has a key or a password in it, so it is a secret: it is
neither shown nor logged, and of what the library itself would log nothing goes anywhere.

It needs the library: `pip install 'oppleo-flow[notify]'`. Prowl, Pushover and e-mail have nodes of
their own, which can tell what is refused for good from what may pass; here all is tried again that
`on_error` says. Of several services only those that have not taken a message are tried again. What
is longer than a service takes is sent in parts.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from oppleo_flow import Example, Seconds, ServiceError
from oppleo_flow.payloads import Notification
from oppleo_flow.sending import Outgoing, Sender, SenderConfig, Takers
from oppleo_flow.sending.services import Service


def _several(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


class NotifyConfig(SenderConfig):
    """Settings of a `notify` node."""

    url: Annotated[
        tuple[SecretStr, ...],
        BeforeValidator(_several, json_schema_input_type=SecretStr | tuple[SecretStr, ...]),
    ] = Field(min_length=1, max_length=20, description="Address of the service, or a list.")
    application: str = Field("Oppleo", min_length=1, max_length=100, description="Who tells it.")
    timeout: Seconds = Field(
        "20s", validate_default=True, ge=1, le=120, description="How long a service may take."
    )


class Notify(Sender[NotifyConfig]):
    """Tell people by any service that Apprise knows.

    Input:
        A `Notification`, or what one can be made of: a session's start, end or bill, a refused
        card, a statement, a failure, and what the flow tells of itself.

    Output:
        None.

    Raises:
        ServiceError: A service has not taken it.

    Source:
        The wiki of Apprise: the addresses.
    """

    type_name = "notify"
    icon = "bell"
    examples = [
        Example(
            config={"url": "ntfys://garage"},
            send=Notification(title="Charged", text="10.0 kWh for 'family'"),
        )
    ]

    def start(self) -> None:
        """Read the addresses; a simulated site has no use for them."""
        super().start()
        self._services = [] if self.site.simulate else self._made()
        self._takers = Takers[int]()

    def probe(self) -> str:
        """See whether the addresses are some; nothing is sent."""
        return f"can tell by {', '.join(service.name for service in self._made())}"

    def _made(self) -> list[Service]:
        config = self.config
        return [
            Service(url, app=config.application, timeout_s=config.timeout) for url in config.url
        ]

    def deliver(self, out: Outgoing) -> bool:
        """Send one message by each service that has not taken it yet."""
        if self.site.simulate:
            return True
        have = self._takers.of(out)
        wrong = []
        for number, service in enumerate(self._services):
            if number in have:
                continue
            try:
                service.send(out.note)
            except ServiceError as error:
                wrong.append(str(error))
            else:
                have.add(number)
        if wrong:
            raise ServiceError("; ".join(wrong))
        return False
