"""Addresses that a key may be sent to."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def is_this_machine(host: str) -> bool:
    """Return whether a host is this machine itself, so that nobody else hears what is sent."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _safe(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(host)):
        raise ValueError("an address that begins with https:// is needed: a key is sent there")
    if not host or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("an address such as https://push.example/api is needed, and no more")
    return url.rstrip("/")


SafeUrl = Annotated[str, AfterValidator(_safe)]
"""The address of a service: https, or this machine."""
