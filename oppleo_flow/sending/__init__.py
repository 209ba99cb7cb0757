"""Sending what people are told: what all nodes that do so have in common."""

from oppleo_flow.sending.cut import shortened
from oppleo_flow.sending.mail_address import MailAddress
from oppleo_flow.sending.safe_url import SafeUrl, is_this_machine
from oppleo_flow.sending.sender import Outgoing, Sender, SenderConfig, Takers

__all__ = [
    "MailAddress",
    "Outgoing",
    "SafeUrl",
    "Sender",
    "SenderConfig",
    "Takers",
    "is_this_machine",
    "shortened",
]
