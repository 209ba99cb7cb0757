"""Who may ask a running site: put together of its settings, its ledger and its audit."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from oppleo_flow.accounts.accounts import Accounts
from oppleo_flow.accounts.first_run import FirstRun
from oppleo_flow.accounts.networks import Networks, parse_address
from oppleo_flow.accounts.rules import LOOPBACK, AccessRules
from oppleo_flow.cli.console import say
from oppleo_flow.cli.running_address import new_command_key
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.web_sessions import WebSessions
from oppleo_flow.cli.web_settings import WebSettings
from oppleo_flow.clock import Clock
from oppleo_flow.errors import ConfigError, StoreError
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.store.audit import AuditLog, careful
from webui.access import SiteAccess
from webui.origin import Doors
from webui.server import WebServer
from webui.tls import Certificate

if TYPE_CHECKING:
    from oppleo_flow.cli.certificate_watch import CertificateWatch, Tell

_LOG = logging.getLogger(__name__)
THIS_MACHINE = "127.0.0.1"


class WebAccess:
    """Who may ask a site while it runs, and where it listens for them.

    `simulated` tells whether all the hardware of what runs now is simulated.
    """

    def __init__(
        self,
        site: Site,
        sessions: WebSessions,
        audit: AuditLog,
        *,
        clock: Clock,
        simulated: Callable[[], bool],
    ) -> None:
        self._settings: WebSettings = site.settings.web
        self._stays_near = False
        self._folder = site.folder
        self.command_key = new_command_key()
        self._watch = self._certificate_watch()
        noted = careful(audit.note)
        accounts = Accounts(
            *(sessions.books, site.ledger, site.charge_point),
            clock=clock,
            rules=rules_of(self._settings),
            title=site.settings.charge_point.name,
            unseal=_unseal,
            note=lambda who, what, about: noted(who, what, about, ""),
        )
        self.site = SiteAccess(
            accounts,
            clock=clock,
            simulated=simulated,
            command_key=self.command_key,
            first_run=FirstRun(clock) if self._is_new(accounts) else None,
            own_address=self._settings.host,
        )

    @property
    def doors(self) -> Doors:
        """Return by which names, and through whom, the site answers."""
        settings = self._settings
        return Doors(
            settings.names, Networks(settings.proxies), any_address=settings.host != THIS_MACHINE
        )

    @property
    def host(self) -> str:
        """Return where to listen: while nobody can sign in, on this machine only."""
        may_open = not self._stays_near and self._can_sign_in()
        return self._settings.host if self.is_near or may_open else THIS_MACHINE

    @property
    def is_near(self) -> bool:
        """Return whether the settings say to listen on this machine only."""
        return parse_address(self._settings.host) in LOOPBACK

    @property
    def certificate(self) -> Certificate | None:
        """Return the files to serve HTTPS with; None: it is HTTP."""
        files = self._settings.certificate_files
        return None if files is None else Certificate(*(self._folder / file for file in files))

    @property
    def certificate_file(self) -> Path | None:
        """Return the file by which commands know the site; None: it is HTTP."""
        return None if self._watch is None else self._watch.copy

    def _certificate_watch(self) -> "CertificateWatch | None":
        found = self.certificate
        if found is None:
            return None
        # Not at the top: few sites have a certificate.
        from oppleo_flow.cli.certificate_watch import CertificateWatch  # noqa: PLC0415

        return CertificateWatch(found, self._folder)

    def reach(self, server: WebServer) -> str:
        """Return what to say of who can reach a server."""
        return "for this machine only; " if server.is_near else ""

    def invite(self, server: WebServer) -> None:
        """Print on the console what the first account is made with, if nobody can sign in."""
        first_run = self.site.first_run
        if first_run is not None and self.site.needs_first_account:
            say(
                f"no account yet: make the first one at {server.url}first-run with the token "
                f"{first_run.token}, within an hour; `oppleo-flow users add NAME` makes one too",
                sys.stderr,
            )

    def look(
        self, server: WebServer, say_address: Callable[[str], None], tell_trouble: "Tell"
    ) -> None:
        """See whether the server is to listen elsewhere, or to show another certificate."""
        self.open_up(server, say_address)
        if self._watch is not None:
            self._watch.look(server, tell_trouble)

    def open_up(self, server: WebServer, say_address: Callable[[str], None]) -> None:
        """Listen where the settings say, as soon as somebody can sign in."""
        if not server.is_near or self.host == server.host:
            return
        try:
            server.move(self.host)
        except ConfigError as error:
            self._stays_near = True
            _LOG.error("%s; it stays for this machine only", error)
            return
        say_address(server.url)
        print(f"somebody can sign in now: {server.url}", flush=True)

    def _can_sign_in(self) -> bool:
        try:
            return self.site.accounts.exist
        except StoreError:  # whoever asks is told why
            return False

    def _is_new(self, accounts: Accounts) -> bool:
        try:
            return not accounts.exist
        except StoreError:
            return False


def all_simulated(graph: Graph) -> bool:
    """Return whether nothing real hangs on a flow: then it may be open to this machine."""
    return bool(graph.connections) and all(link.simulate for link in graph.connections.values())


def rules_of(settings: WebSettings) -> AccessRules:
    """Return from where somebody may sign in, and with what."""
    return AccessRules(Networks(settings.local_networks), settings.remote, settings.second_factor)


def _unseal(sealed: str, password: str) -> str:
    # Not at the top: only an account from Oppleo needs it, once.
    from oppleo_flow.oppleo_import.totp_secret import unsealed_secret  # noqa: PLC0415

    return unsealed_secret(sealed, password)
