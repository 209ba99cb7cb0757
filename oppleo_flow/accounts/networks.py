"""Which networks an address is in.  What is in none that is named is elsewhere: unknown is far."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

HOME: Final = (
    *("127.0.0.0/8", "::1/128"),
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
    *("fc00::/7", "fe80::/10"),
)
"""This machine, and the networks that no router passes on: RFC 1918, 3927, 4193 and 4291."""


def parse_network(text: str) -> Network:
    """Return a network, such as 192.168.1.0/24, or of a single address.

    Raises:
        ValueError: It is none.
    """
    try:
        around = ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError("a network such as 192.168.1.0/24 or fd00::/8 is needed") from None
    if parse_address(text.partition("/")[0]) not in (around.network_address, None):
        raise ValueError(f"is an address in a network; write the network, {around}")
    return around


@lru_cache(maxsize=64)  # each request is from one, and to one: the same few again and again
def parse_address(text: str) -> Address | None:
    """Return an address, also of a name of an interface behind it; None for what is none.

    An IPv4 address in the clothes of IPv6 is the IPv4 address.
    """
    try:
        found = ip_address(text.strip().removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


class Networks:
    """Some networks."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = tuple(parse_network(text) for text in networks)

    def __contains__(self, address: Address | None) -> bool:
        """Return whether an address is in one of them; one that nobody knows is in none."""
        if address is None:
            return False
        return any(address in one for one in self._networks if one.version == address.version)


def counted_as(address: Address | None) -> str:
    """Return what attempts from an address are counted by.

    Whoever has one address of IPv6 has 2**64 of them.
    """
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)
