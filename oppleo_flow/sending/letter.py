"""A notification as an e-mail: plain text and HTML, with its files."""

import mimetypes
from collections.abc import Iterable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Final

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import Notification
from oppleo_flow.wording import Wording

DOCUMENTS: Final = frozenset({".csv", ".pdf", ".xlsx"})
"""What is attached: what nodes write for people, and no other file of the machine."""

MOST_BYTES: Final = 15_000_000
"""Many servers take no more than 25 MB, and what is attached grows by a third."""


@immutable
class Attachments:
    """The files of a letter that can be sent, and what is to be said of the others."""

    files: tuple[tuple[str, bytes], ...] = ()
    missing: tuple[str, ...] = ()


def read_attachments(folder: Path, names: Iterable[str], say: Wording) -> Attachments:
    """Read files; one that is not there, or one too many, is said."""
    files: list[tuple[str, bytes]] = []
    missing: list[str] = []
    left = MOST_BYTES
    for name in names:
        path = folder / name
        if path.suffix.lower() not in DOCUMENTS:
            missing.append(say("mail.no_document", file=path.name))
            continue
        try:
            size = path.stat().st_size
            if size > left:
                missing.append(say("mail.too_large", file=path.name))
                continue
            files.append((path.name, path.read_bytes()))
        except OSError as error:
            missing.append(say("mail.unreadable", file=path.name, why=error.strerror or "?"))
            continue
        left -= size
    return Attachments(tuple(files), tuple(missing))


@immutable
class Letterhead:
    """Who writes, to whom, and under which number: the same at every try."""

    sender: str
    sender_name: str
    to: tuple[str, ...]
    written_at: datetime
    told_id: str
    language: str


def letter(head: Letterhead, note: Notification, attached: Attachments) -> EmailMessage:
    """Return a notification as an e-mail."""
    message = EmailMessage()
    message["From"] = Address(_line(head.sender_name), addr_spec=head.sender)
    message["To"] = [Address(addr_spec=one) for one in head.to]
    message["Subject"] = _line(note.title)
    message["Date"] = format_datetime(head.written_at)
    message["Message-ID"] = f"<{head.told_id}@{head.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if note.priority > 0:
        message["Importance"] = "high"
    text = "\n\n".join([note.text, *attached.missing])
    message.set_content(f"{text}\n")
    message.add_alternative(_html(head.language, note.title, text), subtype="html")
    for name, content in attached.files:
        kind, _ = mimetypes.guess_type(name)
        main, _, sub = (kind or "application/octet-stream").partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=_line(name))
    # At the end: what begins with "Content-" goes to the first part when there are several.
    message["Content-Language"] = head.language
    return message


def _line(text: str) -> str:
    """Return a text on one line, so that it can begin no header of its own."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _html(language: str, title: str, text: str) -> str:
    paragraphs = "".join(
        f"<p>{'<br>'.join(escape(line) for line in part.splitlines())}</p>"
        for part in text.split("\n\n")
        if part
    )
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head><body><h2>{escape(title)}</h2>"
        f"{paragraphs}</body></html>\n"
    )
