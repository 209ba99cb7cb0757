"""A mail server that takes e-mail for others, as your provider's does.

```yaml
connections:
  mail:
    type: mail-server
    host: smtp.example.org
    user: me@example.org
    password: !secret mail_password
    sender: me@example.org
```

The connection is encrypted: by `starttls` on port 587, or by `tls` from the first byte on port 465;
one of these is what your provider names. The server's certificate must be signed by somebody whom
this machine trusts, or by who has signed `ca_file`. `security: none` is for a server on this
machine; a password is never sent to another one without encryption.

`oppleo-flow check --connect` signs in and sends nothing. Simulated, nothing leaves this machine.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from pydantic import Field, SecretStr, model_validator

from oppleo_flow import Connection, DeviceMissing, NodeConfig, Seconds
from oppleo_flow.devices.mail import (
    PORTS,
    MailAccount,
    MailServer,
    Posted,
    RecordingMail,
    Security,
)
from oppleo_flow.sending import MailAddress, is_this_machine

if TYPE_CHECKING:
    from email.message import EmailMessage

    from oppleo_flow.devices.smtp import SmtpServer


class MailServerConfig(NodeConfig):
    """Settings of a `mail-server` connection."""

    host: str = Field(min_length=1, description="Name or address of the server.")
    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Its port; default: 587 with starttls, 465 with tls, 25 with none.",
    )
    security: Security = Field("starttls", description="How the connection is encrypted.")
    ca_file: str | None = Field(
        None,
        min_length=1,
        description="Certificate of who signed the server's; default: those of this machine.",
    )
    user: str | None = Field(None, min_length=1, description="User name at the server.")
    password: SecretStr | None = Field(None, min_length=1, description="Password of the user.")
    sender: MailAddress = Field(description="Address that messages come from.")
    sender_name: str = Field(
        "Oppleo", min_length=1, max_length=100, description="Name that goes with it."
    )
    timeout: Seconds = Field(
        "30s",
        validate_default=True,
        ge=1,
        le=300,
        description="How long each answer of the server may take.",
    )

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        if (self.user is None) is not (self.password is None):
            raise ValueError("user and password go together")
        if self.security != "none":
            return self
        if self.ca_file is not None:
            raise ValueError("ca_file needs security: starttls or tls")
        if self.password is not None and not is_this_machine(self.host):
            raise ValueError(
                "security: none would send the password in clear over the network; "
                "set security to starttls or tls"
            )
        return self


class MailServerConnection(Connection[MailServerConfig], MailServer):
    """A mail server that nodes share."""

    type_name = "mail-server"
    icon = "mail"
    _server: "SmtpServer | None" = None
    _twin: RecordingMail | None = None

    def open(self) -> None:
        """Get ready; nobody is connected to yet."""
        if self.simulated:
            self._twin = RecordingMail(self.log)
            return
        # Not at the top: only a flow that sends e-mail needs it.
        from oppleo_flow.devices.smtp import SmtpServer  # noqa: PLC0415

        self._server = SmtpServer(self._account)

    def probe(self) -> str:
        """Sign in, and send nothing."""
        self.open()
        return "simulated, not asked" if self._server is None else self._server.probe()

    @property
    def sender(self) -> str:
        """Return the address that messages come from."""
        return self.config.sender

    @property
    def sender_name(self) -> str:
        """Return the name that goes with it."""
        return self.config.sender_name

    def post(self, message: "EmailMessage", to: Sequence[str]) -> Posted:
        """Hand a message to the server; return for whom it takes it."""
        if self._twin is not None:
            return self._twin.post(message, to)
        if self._server is None:
            raise DeviceMissing(f"connection {self.name!r}: is not open")
        return self._server.post(message, self.config.sender, to)

    @property
    def would_have_sent(self) -> "tuple[EmailMessage, ...]":
        """Return what a simulated server remembers; a real one remembers nothing."""
        return () if self._twin is None else tuple(self._twin.messages)

    @property
    def status(self) -> str:
        """Return how the connection is, in a few words."""
        return "" if self._twin is None else f"simulated: {len(self._twin.messages)} not sent"

    @property
    def _account(self) -> MailAccount:
        config = self.config
        ca_file = config.ca_file
        return MailAccount(
            host=config.host,
            port=config.port or PORTS[config.security],
            security=config.security,
            user=config.user,
            password=config.password,
            ca_file=None if ca_file is None else str(self.site.folder / ca_file),
            timeout_s=config.timeout,
        )
