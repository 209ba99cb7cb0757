"""Send e-mail: notifications, and statements with their files.

```yaml
payroll:
  type: email
  from: {ref: report, durable: true}
  mail: mail              # a connection of type mail-server
  to: [me@example.org, payroll@example.com]
  language: nl
  on_error: {retry: 60, backoff: 30s..1h, then: dead-letter}
```

It takes what a `recipient` says, or makes words itself of a session's start, end and bill, of a
refused card, a statement, a fault, a failure, a start and a stop. Of its own failures it does not
tell. A statement's files are attached; one that cannot be is said in the letter.

`on_error` tries again what could not be sent, in order: a server that is away, and one that says
"later", as many do at the first letter from somebody they do not know. What is refused for good,
an address that is not there for one, is not tried again and is a fault; the others get the letter
all the same, once.

A statement of one driver or cost centre that is addressed to them goes to their own address, which
`oppleo-flow accounts` and the page Cards keep, and to nobody of `to`. Such ones are made by
`charge-report` with `to_each`, and by the page of statements.

When the server takes the whole letter and then hangs up without a word, nobody knows whether it
will go out. It is tried again, under the same `Message-ID`, by which a server or a reader can see
that it is one letter. What becomes of a letter that the server has taken, nobody tells: `sent` in
`oppleo-flow notifications` means that it was taken. `oppleo-flow notify-test payroll` sends a test.
"""

from collections.abc import Sequence
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, Field

from oppleo_flow import Example, Ref, ServiceError, ServiceRefused
from oppleo_flow.charging.tokens import AccountKind
from oppleo_flow.devices.mail import MailServer, Posted
from oppleo_flow.payloads import Notification
from oppleo_flow.sending import MailAddress, Outgoing, Sender, SenderConfig, Takers

_ADDRESS_REFUSED = "address-refused"


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class EmailConfig(SenderConfig):
    """Settings of an `email` node."""

    mail: Ref[MailServer] = Field(description="Mail server to send with.")
    to: Annotated[
        tuple[MailAddress, ...],
        BeforeValidator(_several, json_schema_input_type=str | tuple[str, ...]),
    ] = Field(min_length=1, max_length=50, description="Who gets it: an address, or a list.")
    attach: bool = Field(True, description="Whether the files of a statement go along.")


class Email(Sender[EmailConfig]):
    """Send e-mail.

    Input:
        A `Notification`, or what one can be made of: a session's start, end or bill, a refused
        card, a statement, a failure, and what the flow tells of itself.

    Output:
        None.

    Raises:
        ServiceRefused: The server will not take it, because of the password for one; or it is
            addressed to somebody without an address.
        ServiceError: The server cannot be reached, or takes it later, at least for somebody.
        ServiceTimeout: The answer was lost; whether it was sent is not known.

    Source:
        RFC 5321 (SMTP), RFC 5322 (the letter), RFC 3834 (letters of a program).
    """

    type_name = "email"
    icon = "mail"
    examples = [
        Example(
            config={"mail": "mail", "to": "me@example.org"},
            send=Notification(title="Charged", text="10.0 kWh for 'family'"),
        )
    ]

    def start(self) -> None:
        """Find the mail server."""
        super().start()
        self._mail = self.use(self.config.mail)
        self._takers = Takers[str]()

    def deliver(self, out: Outgoing) -> bool:
        """Send one letter to those who do not have it yet."""
        have, readers = self._takers.of(out), self._readers(out.note)
        to = [address for address in readers if address not in have]
        if not to:
            return False
        posted = self._mail.post(self._letter(out, readers), to)
        have.update(posted.taken)
        self._mind_refusals(posted, have)
        return posted.simulated

    def _readers(self, note: Notification) -> Sequence[str]:
        """Return who gets a letter: it is the one to whom alone it is addressed, if it is."""
        if not note.addressed_to:
            return self.config.to
        kind, name = note.addressed_to
        address = self.ledger.accounts.email(cast("AccountKind", kind), name)
        if address is None:
            raise ServiceRefused(f"{kind} {name!r}: has no e-mail address; nobody gets this")
        return (address,)

    def _mind_refusals(self, posted: Posted, have: set[str]) -> None:
        """Raise unless everybody has the letter who may ever get it."""
        later = [no for no in posted.refused if not no.for_good]
        never = [no for no in posted.refused if no.for_good]
        if never:
            text = "not taken for " + "; ".join(map(str, never))
            self.fault(_ADDRESS_REFUSED, text)
            if not have and not later:
                raise ServiceRefused(text)
        else:
            self.clear(_ADDRESS_REFUSED)
        if later:
            have.update(no.address for no in never)
            raise ServiceError("to be tried later: " + "; ".join(map(str, later)))

    def _letter(self, out: Outgoing, readers: Sequence[str]) -> Any:
        # Not at the top: only who sends e-mail needs it.
        from oppleo_flow.sending.letter import (  # noqa: PLC0415
            Letterhead,
            letter,
            read_attachments,
        )

        names = out.note.files if self.config.attach else ()
        head = Letterhead(
            sender=self._mail.sender,
            sender_name=self._mail.sender_name,
            to=tuple(readers),
            written_at=self.message.time,
            told_id=out.told_id,
            language=self.say.language,
        )
        return letter(head, out.note, read_attachments(self.site.folder, names, self.say))
