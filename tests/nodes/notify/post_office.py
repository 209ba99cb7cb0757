"""A real mail server on this machine, which behaves as a test says."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "pa55-word-of-mail"
HANGS_UP, IS_SLOW = "hangs up", "is slow"


@dataclass
class PostOffice:
    """`answers` to a whole message in turn, the last for good; `to` what is said of an address."""

    answers: list[str] = field(default_factory=lambda: ["250 taken"])
    to: dict[str, list[str]] = field(default_factory=dict)
    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str | None, tuple[str, ...]]] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(  # noqa: N802  (the library's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        says = self.to.get(address, ["250 known"])
        answer = says.pop(0) if len(says) > 1 else says[0]
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        assert isinstance(envelope.content, bytes)
        if answer.startswith("2") or answer == HANGS_UP:
            made: Any = message_from_bytes(envelope.content, policy=policy.default)
            self.taken.append(made)
            self.envelopes.append((envelope.mail_from, tuple(envelope.rcpt_tos)))
        if answer == HANGS_UP and server.transport is not None:
            server.transport.abort()
        if answer == IS_SLOW:
            await self.let_go.wait()
        return answer if answer[0].isdigit() else "250 taken"

    def sign_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth: Any
    ) -> AuthResult:
        right = isinstance(auth, LoginPassword) and auth.password == PASSWORD.encode()
        if right:
            self.signed_in.append(auth.login.decode())
        return AuthResult(success=right, handled=False)


def context(certificate: Path, key: Path) -> SSLContext:
    made = SSLContext(PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def post_office(
    *answers: str,
    to: dict[str, list[str]] | None = None,
    users: bool = False,
    starttls: SSLContext | None = None,
    tls: SSLContext | None = None,
) -> Iterator[PostOffice]:
    office = PostOffice(to=to or {})
    if answers:
        office.answers = list(answers)
    office.port = _free_port()
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=office.port,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        authenticator=office.sign_in if users else None,
        auth_required=users,
        auth_require_tls=starttls is not None or not users,
    )
    controller.start()
    try:
        yield office
    finally:
        controller.loop.call_soon_threadsafe(office.let_go.set)
        controller.stop()
