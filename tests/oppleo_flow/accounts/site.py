"""Accounts of a site in a ledger of its own, and a clock that a test turns."""

from contextlib import contextmanager
from datetime import UTC, datetime

from oppleo_flow.accounts.accounts import Accounts
from oppleo_flow.accounts.networks import parse_address
from oppleo_flow.accounts.rights import Role
from oppleo_flow.accounts.rules import AccessRules, Origin
from oppleo_flow.clock import VirtualClock
from oppleo_flow.oppleo_import.totp_secret import unsealed_secret
from oppleo_flow.store import StoreLocation, open_ledger

PASSWORD = "correct horse"
NEAR = Origin(parse_address("192.168.1.2"), "Firefox")
FAR = Origin(parse_address("2001:db8::1"), "Firefox")
HERE = Origin(parse_address("127.0.0.1"), "Firefox")


class AccountSite:
    """What a test sees of a site: its ledger, its accounts, its clock and what was noted."""

    def __init__(self, ledger, path, rules):
        self.ledger = ledger
        self.clock = VirtualClock(datetime(2026, 1, 15, 12, tzinfo=UTC))
        self.noted = []
        self.accounts = Accounts(
            *(lambda: ledger, path, "cp"),
            clock=self.clock,
            rules=rules,
            title="Garage",
            unseal=unsealed_secret,
            note=lambda *deed: self.noted.append(deed),
        )

    def has(self, name, role=Role.ADMIN, driver=None, password=PASSWORD):
        self.accounts.add(name, password, role, driver)

    def sign_in(self, name="anna", password=PASSWORD, code=None, origin=NEAR, *, remember=False):
        return self.accounts.sign_in(name, password, code, origin, remember=remember)

    def signed_in(self, shown, origin=NEAR):
        found = self.accounts.browsers.signed_in(shown, origin)
        return None if found is None else found.user.name


@contextmanager
def account_site(folder, rules=None):
    """Give a site without accounts."""
    path = folder / "ledger.sqlite"
    with open_ledger(StoreLocation(path), "cp") as ledger:
        yield AccountSite(ledger, path, rules or AccessRules())
