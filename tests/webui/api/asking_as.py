"""Somebody who makes a request, for tests of what each may see."""

from dataclasses import replace

from bottle import request

from oppleo_flow.accounts.rights import RIGHTS, Role
from webui.asking import By, Who
from webui.gate import Gate

CSRF = "shown by the page"
VIEWER = Who("Vera", Role.VIEWER, None, RIGHTS[Role.VIEWER], By.COOKIE)
OPERATOR = Who("Otto", Role.OPERATOR, None, RIGHTS[Role.OPERATOR], By.COOKIE)
EDITOR = Who("Edda", Role.EDITOR, None, RIGHTS[Role.EDITOR], By.COOKIE)
DRIVER = Who("anna", Role.DRIVER, "Anna", RIGHTS[Role.DRIVER], By.COOKIE)


class As:
    """Implements `webui.access.Access`: whoever asks is somebody, as by their own browser."""

    def __init__(self, who):
        self.now = who

    def who(self, origin):
        request.environ["HTTP_X_CSRF_TOKEN"] = CSRF
        return replace(self.now, csrf_token=CSRF, is_sure=True)


def asked_by(app, who):
    """Let all that asks an application from now on be somebody, whatever it proves."""
    (gate,) = (plugin for plugin in app.plugins if isinstance(plugin, Gate))
    gate.access = As(who)
