"""A site that nobody can sign in to yet, and how its first account comes about."""

import json
import re
import stat
import urllib.error
import urllib.request

import pytest

from oppleo_flow.cli import main
from tests.oppleo_flow.cli.running_site import HELLO, running, shown

INVITES = re.compile(
    r"no account yet: make the first one at (?P<url>\S+)first-run with the token "
    r"(?P<token>[a-z2-7-]{19}), within an hour; `oppleo-flow users add NAME` makes one too\n"
)


@pytest.fixture
def site(site):
    with (site / "oppleo.yaml").open("a") as settings:
        settings.write("web: {port: 0, host: 0.0.0.0}\n")
    (site / "flows").mkdir()
    (site / "flows" / "charge-point.yaml").write_text(HELLO)
    return site


def ask(url, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{url}api/v1/{path}", data, {"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_first_account_is_made_from_the_page_with_the_token_on_the_console(site):
    with running() as (guardian, url):
        invited = INVITES.fullmatch(guardian.stderr.readline())
        assert invited["url"] == url
        assert ask(url, "state")[0] == 401
        first = {"token": invited["token"], "name": "anna", "password": "correct horse"}
        status, account = ask(url, "first-run", first)
        assert (status, account["name"], account["role"]) == (201, "anna", "admin")
    log = (site / ".oppleo" / "log" / "oppleo-flow.log").read_text()
    assert invited["token"] not in log
    assert "correct horse" not in log


def test_commands_prove_themselves_with_a_key_that_only_their_owner_reads(site):
    key = site / ".oppleo" / "command.key"
    with running() as (_, url):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert json.loads(shown(site, url, "api/v1/state"))["flow"] == "hello"
        assert main(["dead-letters", "list"]) == 0
        first = key.read_text()
    assert not key.exists()
    with running():
        assert key.read_text() != first


def test_what_listens_for_others_listens_when_somebody_can_sign_in(site, monkeypatch):
    with running() as (guardian, url):
        elsewhere = url.replace("127.0.0.1", "127.0.0.2")
        with pytest.raises(urllib.error.URLError):
            ask(elsewhere, "account")
        (site / "password.txt").write_text("correct horse\n")
        with (site / "password.txt").open() as typed:
            monkeypatch.setattr("sys.stdin", typed)
            assert main(["users", "add", "anna"]) == 0
        assert guardian.stdout.readline() == f"somebody can sign in now: {url}\n"
        status, account = ask(elsewhere, "sign-in", {"name": "anna", "password": "correct horse"})
        assert (status, account["role"]) == (200, "admin")
        assert main(["dead-letters", "list"]) == 0  # a command finds it there
