"""Addresses of e-mail."""

import re
from typing import Annotated

from pydantic import AfterValidator

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


def _mailable(text: str) -> str:
    local, _, _ = text.rpartition("@")
    dots = local.startswith(".") or local.endswith(".") or ".." in text
    if not _ADDRESS.fullmatch(text) or dots or len(text) > 254:
        raise ValueError("an address such as me@example.org is needed, without a name")
    return text


MailAddress = Annotated[str, AfterValidator(_mailable)]
"""An address such as `me@example.org`."""
