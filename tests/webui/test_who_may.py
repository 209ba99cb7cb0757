"""Who may ask what: every row of the list of routes, by every role and in every manner.

The gate and the rows are those of the product; behind the gate stands a call that says it was
reached, so that nothing happens but what is tried here.
"""

from dataclasses import replace

import pytest
from bottle import Bottle

from oppleo_flow.accounts.proving import csrf_token_of
from oppleo_flow.accounts.rights import RIGHTS, Right, Role
from tests.oppleo_flow.accounts.site import HERE, account_site
from tests.webui.conftest import Client
from webui.access import COOKIE, Closed, Demo, SiteAccess
from webui.assets import Page
from webui.gate import Gate
from webui.guard import failures_as_problems
from webui.origin import Doors
from webui.parts import Parts
from webui.route import Route
from webui.routes.table import routes

ROWS = routes(Parts(runtime=None, feed=None), Page({}))
PER_ROW = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
MAY = {
    Right.ANYONE: {*Role},
    Right.SIGNED_IN: {*Role},
    Right.LOOK: {Role.VIEWER, Role.OPERATOR, Role.EDITOR, Role.ADMIN},
    Right.OWN: {*Role},
    Right.CHARGE: {Role.OPERATOR, Role.EDITOR, Role.ADMIN},
    Right.KEEP_BOOKS: {Role.OPERATOR, Role.EDITOR, Role.ADMIN},
    Right.EDIT: {Role.EDITOR, Role.ADMIN},
    Right.ADMINISTER: {Role.ADMIN},
}
IN = (200, "let in")
SIGN_IN, NOT_ALLOWED = (401, "sign-in"), (403, "not-allowed")
NO_CSRF, UNSURE = (403, "no-csrf-token"), (403, "prove-yourself")
KEY = "command_key of this start"


class Walk:
    """A site with an account of each role, and all its routes."""

    def __init__(self, site, access):
        self.site, self.access = site, access
        self.shown = {role: site.sign_in(role.value, origin=HERE) for role in Role}
        self.tokens = {
            role: site.accounts.add_token(role.value, "all", [*Right], None)[0] for role in Role
        }
        self.client = app_of(access)

    def ask(self, row, *, shown=None, csrf=None, bearer=None, address="127.0.0.1"):
        """Return the status, and the code of the problem or what the call says."""
        headers = {"Cookie": shown and f"{COOKIE}={shown}", "X_CSRF_Token": csrf}
        headers["Authorization"] = bearer and f"Bearer {bearer}"
        return said(self.client.ask(row.method, example(row), headers=headers, peer=address))


def app_of(access, rows=ROWS):
    app = Bottle()
    app.install(failures_as_problems)
    app.install(Gate(access, Doors()))
    for row in rows:
        app.route(
            row.path, row.method, lambda **_: "let in", row=replace(row, answer=None, status=200)
        )
    return Client(app)


def said(answer):
    is_problem = answer.headers["Content-Type"] == "application/problem+json"
    return answer.status, answer.json["code"] if is_problem else answer.body.decode()


def example(row):
    parts = [part if part[:1] != "<" else "7" for part in row.path.split("/")]
    return "/".join(parts)


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    with account_site(tmp_path_factory.mktemp("who")) as site:
        for role in Role:
            site.has(role.value, role, "Anna" if role is Role.DRIVER else None)
        yield Walk(
            site,
            SiteAccess(site.accounts, clock=site.clock, simulated=lambda: True, command_key=KEY),
        )


@PER_ROW
def test_without_signing_in_only_what_anyone_may_is_answered(walk, row):
    expected = IN if row.right is Right.ANYONE else SIGN_IN
    assert walk.ask(row) == expected
    assert said(app_of(Closed(), [row]).ask(row.method, example(row))) == expected


@PER_ROW
def test_each_role_may_what_the_table_says(walk, row):
    for role, shown in walk.shown.items():
        expected = IN if role in MAY[row.right] else NOT_ALLOWED
        assert walk.ask(row, shown=shown, csrf=csrf_token_of(shown)) == expected, role


@PER_ROW
def test_a_cookie_alone_changes_nothing(walk, row):
    steers = row.method != "GET" and row.right is not Right.ANYONE
    shown = walk.shown[Role.ADMIN]
    for csrf in (None, "", "wrong", csrf_token_of(walk.shown[Role.EDITOR])):
        assert walk.ask(row, shown=shown, csrf=csrf) == (NO_CSRF if steers else IN)


@PER_ROW
def test_a_program_may_what_its_owner_may_but_for_what_needs_the_password(walk, row):
    for role, token in walk.tokens.items():
        expected = IN if role in MAY[row.right] else NOT_ALLOWED
        expected = UNSURE if row.sure and expected == IN else expected
        assert walk.ask(row, bearer=token) == expected, role


@PER_ROW
def test_a_session_that_has_ended_is_nobodys(walk, row):
    shown = walk.site.sign_in("admin", origin=HERE)
    (ended,) = [
        one for one in walk.site.ledger.sign_ins.sessions("admin")
        if walk.site.accounts.browsers.signed_in(shown, HERE).session.id_hash == one.id_hash
    ]  # fmt: skip
    walk.site.accounts.end_session("admin", ended.reference)
    expected = IN if row.right is Right.ANYONE else SIGN_IN
    assert walk.ask(row, shown=shown, csrf=csrf_token_of(shown)) == expected


@PER_ROW
def test_the_commands_of_this_machine_may_all(walk, row):
    assert walk.ask(row, bearer=KEY) == IN
    for bearer in (KEY[:-1], f"{KEY}x", "command_"):
        assert walk.ask(row, bearer=bearer) == SIGN_IN
    assert walk.ask(row, bearer=KEY, address="192.168.1.2") == SIGN_IN


@PER_ROW
def test_a_demo_is_open(row):
    assert said(app_of(Demo(), [row]).ask(row.method, example(row))) == IN


def test_what_needs_the_password_needs_it_again_after_five_minutes(walk):
    sure = [row for row in ROWS if row.sure]
    assert sure
    walk.site.clock.advance(300)
    shown = walk.shown[Role.ADMIN]
    for row in sure:
        assert walk.ask(row, shown=shown, csrf=csrf_token_of(shown)) == UNSURE
    walk.site.accounts.browsers.sure_again(
        walk.site.accounts.browsers.signed_in(shown, HERE).session.id_hash
    )
    for row in sure:
        assert walk.ask(row, shown=shown, csrf=csrf_token_of(shown)) == IN


def test_a_token_may_no_more_than_it_was_made_for(walk):
    look, _ = walk.site.accounts.add_token("admin", "look", [Right.LOOK], None)
    for row in ROWS:
        may = row.right in (Right.ANYONE, Right.LOOK, Right.OWN)
        assert walk.ask(row, bearer=look) == (IN if may else NOT_ALLOWED), row.name


def test_a_row_without_a_right_cannot_be_made():
    (row,) = (row for row in ROWS if row.path == "/api/v1/state")
    with pytest.raises(TypeError) as error:
        replace(row, right=None)
    assert str(error.value) == "GET /api/v1/state: names no right"


def test_a_route_without_a_row_is_not_let_in():
    app = Bottle()
    app.install(failures_as_problems)
    app.install(Gate(Demo(), Doors()))
    app.route("/open", "GET", lambda: "let in")
    app.catchall = False
    with pytest.raises(TypeError) as error:
        Client(app).get("/open")
    assert str(error.value) == "GET /open: has no row in the list of routes"


def test_every_right_stands_in_the_table_and_every_role_has_those_of_it():
    for role in Role:
        found = {right for right in Right if role in MAY[right]}
        assert found == RIGHTS[role] | ({Right.OWN} if Right.LOOK in RIGHTS[role] else set())


def test_what_is_done_to_users_needs_the_password():
    changes = [row for row in ROWS if row.path.startswith("/api/v1/users") and row.method != "GET"]
    assert changes
    assert all(row.sure and row.right is Right.ADMINISTER for row in changes)
    assert isinstance(changes[0], Route)
