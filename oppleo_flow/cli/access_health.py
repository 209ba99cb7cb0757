"""How safe a site is to sign in to: accounts, networks, and the certificate."""

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from oppleo_flow.cli.command import PROGRAM
from oppleo_flow.cli.diagnosis import Diagnosis, bad, well, worth_a_look
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.web_settings import WebSettings
from oppleo_flow.errors import ConfigError, StoreError
from oppleo_flow.store.who_can import somebody_can_sign_in

_SOON = timedelta(days=14)
_OTHERS = 0o077
_WIDE_BITS = 8


def access(site: Site, now: datetime) -> Iterator[Diagnosis]:
    """Yield who may sign in, from where, and how well what they type is kept."""
    settings = site.settings.web
    near = ip_address(settings.host).is_loopback
    try:
        exist = somebody_can_sign_in(site.ledger, site.charge_point)
    except StoreError:
        return  # the ledger says so itself
    if exist:
        yield well("accounts", "somebody can sign in")
    elif near:
        yield well("accounts", "nobody can sign in yet; a start says how to make the first account")
    else:
        yield worth_a_look(
            "accounts",
            f"nobody can sign in yet, so it listens on this machine only, not on {settings.host}",
            f"{PROGRAM} users add NAME",
        )
    yield from _networks(settings)
    yield from _encryption(site.folder, settings, now, near=near)
    if site.ledger.exists() and stat.S_IMODE(site.ledger.stat().st_mode) & stat.S_IROTH:
        yield bad("ledger", f"everybody can read {site.ledger}", f"chmod 600 {site.ledger}")


def _networks(settings: WebSettings) -> Iterator[Diagnosis]:
    for text in settings.proxies:
        if ip_network(text).prefixlen < _WIDE_BITS:
            said = f"{text} are all believed when they say for whom they ask"
            yield bad("proxies", said, "name the address of the proxy in `web: proxies:`")
    for text in settings.local_networks:
        if ip_network(text).prefixlen == 0:
            said = f"{text} is everybody, so that nobody is remote"
            yield worth_a_look("networks", said, "name your own in `web: local_networks:`")
    if settings.remote == "password":
        yield worth_a_look(
            *("remote", "who comes from elsewhere needs a password and no more"),
            "`web: remote: second-factor` asks for a code as well",
        )


def _encryption(
    folder: Path, settings: WebSettings, now: datetime, *, near: bool
) -> Iterator[Diagnosis]:
    files = settings.certificate_files
    if files is None:
        if not near and not settings.proxies:
            yield worth_a_look(
                *("encryption", f"passwords cross the network in clear to {settings.host}"),
                "set `web: certificate:` and `key:`, or serve it through a reverse proxy",
            )
        return
    # Not at the top: few sites have a certificate, and this imports the server.
    from cryptography import x509  # noqa: PLC0415

    from webui.tls import Certificate  # noqa: PLC0415

    certificate = Certificate(*(folder / file for file in files))
    try:
        certificate.context()
    except ConfigError as error:
        yield bad("certificate", str(error), "see `web:` in oppleo.yaml")
        return
    if stat.S_IMODE(certificate.key.stat().st_mode) & _OTHERS:
        yield bad(
            "certificate", f"others can read {certificate.key}", f"chmod 600 {certificate.key}"
        )
    until = x509.load_pem_x509_certificate(certificate.chain.read_bytes()).not_valid_after_utc
    if until <= now:
        yield bad(
            "certificate",
            f"is over since {until:%F}",
            "renew it; a site that runs takes it in by itself",
        )
    elif until - now <= _SOON:
        yield worth_a_look(
            "certificate",
            f"is over on {until:%F}",
            "renew it; a site that runs takes it in by itself",
        )
    else:
        yield well("certificate", f"holds until {until:%F}")
