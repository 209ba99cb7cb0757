"""A site on which people sign in: a ledger with users, and the rules of who may ask."""

from datetime import timedelta

import pyotp

from oppleo_flow import SystemClock
from oppleo_flow.accounts.accounts import Accounts
from oppleo_flow.accounts.first_run import FirstRun
from oppleo_flow.accounts.rights import Role
from oppleo_flow.accounts.rules import AccessRules
from oppleo_flow.store import StoreLocation, open_ledger
from webui.access import SiteAccess
from webui.ports import SiteFacts

PASSWORD = "correct horse battery"
HOUR = timedelta(hours=1)
NAMES = {
    Role.VIEWER: "Vera",
    Role.DRIVER: "Anna",
    Role.OPERATOR: "Otto",
    Role.EDITOR: "Edda",
    Role.ADMIN: "Ada",
}


class SiteWithAccounts:
    """Keeps users in a ledger of its own; real hardware, as far as access goes."""

    def __init__(self, folder):
        clock = SystemClock()
        location = StoreLocation(folder / "ledger.sqlite")
        self.ledger = open_ledger(location, "house")
        self.first_run = FirstRun(clock)
        self.accounts = Accounts(
            lambda: self.ledger,
            location.path,
            "house",
            clock=clock,
            rules=AccessRules(),
            title="Charge point",
            unseal=None,
            note=lambda who, what, about: None,
        )
        self.access = SiteAccess(
            self.accounts,
            clock=clock,
            simulated=lambda: False,
            command_key=None,
            first_run=self.first_run,
        )
        self.facts = SiteFacts(books=lambda: self.ledger, timezone="Europe/Amsterdam")

    @property
    def parts(self):
        """Return what a server of this site is made of."""
        return {"access": self.access, "site": self.facts}

    def add(self, role=Role.ADMIN, *, driver=None):
        """Let somebody sign in, by the name that goes with their role."""
        return self.accounts.add(NAMES[role], PASSWORD, role, driver).name

    def add_second_factor(self, name):
        """Give somebody a second factor; return their app."""
        proposed = self.accounts.propose_second_factor(name)
        app = pyotp.TOTP(proposed.secret)
        self.accounts.confirm_second_factor(name, app.now(), but="")
        return app

    def forget_that_they_are_sure(self):
        """Let all have given their password an hour ago."""
        for session in self.accounts.sessions():
            self.ledger.sign_ins.prove_session(session.id_hash, session.proved_at - HOUR)
        self.accounts.browsers.forget()


def sign_in(page, name, password=PASSWORD):
    """Fill in the form of who wants in, and send it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
