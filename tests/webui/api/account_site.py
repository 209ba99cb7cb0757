"""A site with accounts, and browsers that ask it."""

import json
from contextlib import contextmanager
from http.cookies import SimpleCookie

from oppleo_flow.accounts.first_run import FirstRun
from tests.oppleo_flow.accounts.site import account_site
from tests.webui.conftest import Client
from webui.access import COOKIE, SiteAccess
from webui.app import create_app
from webui.origin import Doors
from webui.parts import Parts
from webui.ports import SiteFacts


class Audit:
    """Implements `webui.ports.Audit`: in memory."""

    def __init__(self):
        self.noted = []

    def note(self, who, what, about, details=""):
        self.noted.append((who, what, about))


class Browser:
    """Keeps its cookie, and shows the token of its page."""

    def __init__(self, site, peer="127.0.0.1"):
        self._client, self._peer = site.client, peer
        self.cookie = self.csrf = self.set_cookie = None

    def ask(self, method, path, body=None, **headers):
        given = {"Cookie": self.cookie and f"{COOKIE}={self.cookie}", "X_CSRF_Token": self.csrf}
        data = b"" if body is None else json.dumps(body).encode()
        answer = self._client.ask(
            method, f"/api/v1/{path}", data, headers=given | headers, peer=self._peer
        )
        self.set_cookie = answer.headers["Set-Cookie"]
        if self.set_cookie is not None:
            self.cookie = SimpleCookie(self.set_cookie)[COOKIE].value or None
        if answer.status < 300 and answer.json.get("csrf_token"):
            self.csrf = answer.json["csrf_token"]
        return answer.status, answer.json

    def sign_in(self, name="anna", password="correct horse", code=None, **more):
        asked = {"name": name, "password": password, "code": code, **more}
        return self.ask("POST", "sign-in", asked)

    def code(self, method, path, body=None):
        """Return the status of an answer, and the code of a problem."""
        status, answer = self.ask(method, path, body)
        return status, answer.get("code")


class SignInSite:
    """What a test sees of it."""

    def __init__(self, site, runtime, feed, folder, *, simulated=False, proxies=()):
        self.site, self.clock, self.accounts = site, site.clock, site.accounts
        self.audit = Audit()
        self.first_run = FirstRun(site.clock)
        self.access = SiteAccess(
            site.accounts,
            clock=site.clock,
            simulated=lambda: self.simulated,
            command_key="command_key",
            first_run=self.first_run,
        )
        self.simulated = simulated
        parts = Parts(
            runtime=runtime,
            feed=feed,
            access=self.access,
            audit=self.audit,
            site=SiteFacts(clock=site.clock),
            doors=Doors(proxies=proxies),
        )
        self.client = Client(create_app(parts, built_page=folder))

    def browser(self, peer="127.0.0.1"):
        return Browser(self, peer)


@contextmanager
def sign_in_site(runtime, feed, folder, rules=None, **more):
    with account_site(folder, rules) as site:
        yield SignInSite(site, runtime, feed, folder, **more)
