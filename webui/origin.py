"""Where a request comes from, and by which name it was meant, also behind a reverse proxy.

What a proxy says of it is believed of the listed ones only; anybody can write such a header.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from bottle import request

from oppleo_flow.accounts.networks import Address, Networks, parse_address
from oppleo_flow.accounts.rules import Origin
from oppleo_flow.immutable import immutable

_KEY: Final = "oppleo.origin"
_FORWARDED: Final = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"),
    *("HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO"),
)


@immutable
class Doors:
    """By which names a server answers, and through whom.

    `names` are host names besides that of this machine; `proxies` may say for whom they ask;
    `any_address`: it answers by any address too, as it does where it listens on the network.
    """

    names: tuple[str, ...] = ()
    proxies: Networks = field(default_factory=Networks)
    any_address: bool = False

    def origin(self, environ: Mapping[str, Any]) -> Origin:
        """Return where a request comes from."""
        peer = parse_address(environ.get("REMOTE_ADDR", ""))
        agent = environ.get("HTTP_USER_AGENT", "")
        own_https = environ.get("wsgi.url_scheme") == "https"
        if peer not in self.proxies:
            straight = not any(environ.get(name) for name in _FORWARDED)
            return Origin(peer, agent, https=own_https, straight=straight, vouched=straight)
        proto = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
        client = self._client(environ.get("HTTP_X_FORWARDED_FOR", ""))
        return Origin(client, agent, https=proto == "https", straight=False)

    def host(self, environ: Mapping[str, Any]) -> str:
        """Return the host, and the port, that a request was made to."""
        asked = str(environ.get("HTTP_HOST", ""))
        if parse_address(environ.get("REMOTE_ADDR", "")) not in self.proxies:
            return asked
        forwarded = environ.get("HTTP_X_FORWARDED_HOST", "").rpartition(",")[2].strip()
        return forwarded or asked

    def _client(self, forwarded: str) -> Address | None:
        """Return the last address that no listed proxy has; None if that is no address."""
        for text in reversed(forwarded.split(",")):
            address = parse_address(text)
            if address is None or address not in self.proxies:
                return address
        return None


def origin() -> Origin:
    """Return where the request that is being answered comes from."""
    found = request.environ.get(_KEY)
    return found if isinstance(found, Origin) else Origin(None, straight=False)


def comes_from(found: Origin) -> None:
    """Keep where the request that is being answered comes from."""
    request.environ[_KEY] = found
