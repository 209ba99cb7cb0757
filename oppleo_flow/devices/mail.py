"""E-mail: what nodes may ask of a mail server, and a twin that only remembers."""

import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from email.message import EmailMessage

    from pydantic import SecretStr

_REMEMBERED = 100
Security = Literal["starttls", "tls", "none"]
PORTS: Final[dict[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}


@immutable
class MailAccount:
    """Where a mail server is and as whom to go there; the password is opened only to be sent."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: "SecretStr | None" = None
    ca_file: str | None = None
    timeout_s: float = 30.0

    @property
    def place(self) -> str:
        """Return how a message names the server."""
        return f"{self.host}:{self.port}"


@immutable
class Refusal:
    """That a mail server does not take a message for somebody; `for_good`: nor will it later."""

    address: str
    code: int
    text: str

    @property
    def for_good(self) -> bool:
        """Return whether to try again changes nothing."""
        return self.code >= 500

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.address}: {self.code} {self.text}"


@immutable
class Posted:
    """Who gets a message, and who does not."""

    taken: tuple[str, ...]
    refused: tuple[Refusal, ...] = ()
    simulated: bool = False


class MailServer(ABC):
    """Takes one message for several people.  Nothing is tried again."""

    @property
    @abstractmethod
    def sender(self) -> str:
        """Return the address that messages come from."""

    @property
    @abstractmethod
    def sender_name(self) -> str:
        """Return the name that goes with it."""

    @abstractmethod
    def post(self, message: "EmailMessage", to: Sequence[str]) -> Posted:
        """Hand a message to the server; return for whom it takes it.

        Raises:
            ServiceRefused: It will never take it.
            ServiceTimeout: The answer was lost after the whole message: it may have been taken.
            ServiceError: It has not been taken.
        """


@dataclass
class RecordingMail:
    """The twin: sends nothing, takes everything, and remembers the last 100 messages."""

    log: logging.Logger
    messages: "deque[EmailMessage]" = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def post(self, message: "EmailMessage", to: Sequence[str]) -> Posted:
        """Remember a message."""
        self.messages.append(message)
        self.log.info("simulated, not sent: an e-mail to %s", ", ".join(to))
        return Posted(tuple(to), simulated=True)
