"""The real mail server, by the standard library's SMTP client, one step at a time.

The steps are taken one by one because what can be known differs: until the last line of the message
has been sent nothing was taken, and after it a lost answer tells nothing (RFC 5321, 6.1).
"""

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from email import policy
from email.message import EmailMessage
from typing import Final

from oppleo_flow.devices.mail import MailAccount, Posted, Refusal
from oppleo_flow.errors import ConfigError, ServiceError, ServiceRefused, ServiceTimeout

# Seven bits only: no server need say that it takes eight.
_FORM: Final = policy.SMTP.clone(cte_type="7bit")
_SAY: Final = 300
_DOT: Final = re.compile(rb"(?m)^\.")


class SmtpServer:
    """A mail server at an account; each message has a connection of its own."""

    def __init__(self, account: MailAccount) -> None:
        self._account = account

    def probe(self) -> str:
        """Sign in and leave again; return what there is to say of it."""
        with self._session() as smtp:
            code, text = smtp.noop()
        signed = "signs in" if self._account.user else "is open"
        return f"{self._account.place} answers {code} {_text(text)}, and {signed}"

    def post(self, message: EmailMessage, sender: str, to: Sequence[str]) -> Posted:
        """Hand a message over; raises as `MailServer.post` does."""
        body = _DOT.sub(b"..", message.as_bytes(policy=_FORM))
        with self._session() as smtp:
            self._must(smtp.mail(sender), "takes nothing from this sender")
            refused = [
                Refusal(address, code, _text(text))
                for address in to
                for code, text in [smtp.rcpt(address)]
                if code not in (250, 251)
            ]
            taken = tuple(one for one in to if one not in {no.address for no in refused})
            if taken:
                self._must(smtp.docmd("DATA"), "takes no message", good=354)
                smtp.send(body.removesuffix(b"\r\n") + b"\r\n")
                self._end(smtp)
        return Posted(taken, tuple(refused))

    def _end(self, smtp: smtplib.SMTP) -> None:
        """Send a message's last line; a lost answer to it tells nothing."""
        try:
            smtp.send(b".\r\n")
            answer = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise ServiceTimeout(
                f"{self._account.place}: no answer after the whole message was sent "
                f"({_reason(error)}); whether it was taken is not known"
            ) from error
        self._must(answer, "does not take this message")

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """Connect, sign in, and take leave; what goes wrong is put into words."""
        place = self._account.place
        try:
            smtp = self._connected()
        except ssl.SSLCertVerificationError as error:
            raise ServiceError(
                f"{place}: its certificate is not trusted: {error.verify_message}; "
                "set host to the name in it, or ca_file to who signed it"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ServiceError(f"{place}: cannot be reached: {_reason(error)}") from error
        try:
            self._sign_in(smtp)
            yield smtp
        except (smtplib.SMTPException, OSError) as error:
            if isinstance(error, ServiceError):
                raise
            raise ServiceError(f"{place}: hung up: {_reason(error)}; nothing was sent") from error
        finally:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        account = self._account
        if account.security == "tls":
            return smtplib.SMTP_SSL(
                account.host, account.port, timeout=account.timeout_s, context=self._trust()
            )
        with ExitStack() as undo:
            smtp = smtplib.SMTP(account.host, account.port, timeout=account.timeout_s)
            undo.callback(smtp.close)
            if account.security == "starttls":
                smtp.starttls(context=self._trust())
            undo.pop_all()
        return smtp

    def _trust(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._account.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"ca_file {self._account.ca_file}: cannot be read: {error}"
            ) from error

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        account = self._account
        smtp.ehlo_or_helo_if_needed()
        if account.user is None or account.password is None:
            return
        try:
            smtp.login(account.user, account.password.get_secret_value())
        except smtplib.SMTPAuthenticationError as error:
            self._must((error.smtp_code, error.smtp_error), "does not let this user in")
        except smtplib.SMTPNotSupportedError as error:
            raise ServiceRefused(f"{account.place}: knows no users: {error}") from error

    def _must(self, answer: tuple[int, bytes | str], what: str, good: int = 250) -> None:
        code, text = answer
        if code == good:
            return
        words = f"{self._account.place}: {what}: {code} {_text(text)}"
        raise (ServiceRefused if code >= 500 else ServiceError)(words)


def _text(said: bytes | str) -> str:
    """Return what a server says on one line, and not too long."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:_SAY]


def _reason(error: Exception) -> str:
    # The library makes a broken connection of an answer that does not come.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the connection broke"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return (error.strerror if isinstance(error, OSError) else None) or _text(str(error))
