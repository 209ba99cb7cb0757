"""The page and the API cannot be loaded: who asks hears why, and never sees how."""

import errno
import logging
import sys

import pytest

from oppleo_flow.errors import StoreError
from tests.webui.conftest import Client
from webui.access import Demo
from webui.app import create_late_app
from webui.parts import Parts
from webui.ports import SiteFacts
from webui.unloaded import loaded

PERSON = {"Accept": "text/html,application/xhtml+xml"}
WHY = (
    "the page and the API cannot be loaded: import of webui.assets halted; None in sys.modules; "
    "install oppleo-flow once more, and start again"
)


@pytest.fixture
def make(runtime, feed, tmp_path):
    def make(language="en"):
        facts = SiteFacts(language=language)
        parts = Parts(runtime=runtime, feed=feed, access=Demo(), site=facts)
        return Client(create_late_app(parts, built_page=tmp_path))

    return make


@pytest.fixture
def broken(monkeypatch):
    """Take a part of the program away, as an installation does that was broken off."""
    monkeypatch.setitem(sys.modules, "webui.assets", None)
    return monkeypatch


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "The page cannot be loaded"), ("nl", "De pagina kan niet worden geladen")],
)
def test_a_person_gets_a_plain_page_with_the_reason(make, broken, language, title):
    answer = make(language).ask("GET", "/", headers=PERSON)
    page = answer.body.decode()
    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert answer.headers["Retry-After"] == "10"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert (f"<h1>{title}</h1>" in page, f"<pre>{WHY}</pre>" in page) == (True, True)
    assert ("Traceback" in page, ".py" in page) == (False, False)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/state"), ("POST", "/api/v1/sessions/start"), ("GET", "/static/a.js")],
)
def test_a_program_gets_a_problem(make, broken, method, path):
    answer = make().ask(method, path, b"{}", headers=PERSON)
    assert (answer.status, answer.json["code"], answer.json["detail"]) == (503, "not-loaded", WHY)


def test_what_says_that_the_charge_point_lives_answers_meanwhile(make, broken):
    client = make()
    assert client.ask("GET", "/", headers=PERSON).status == 503
    assert client.get("/live").json == {"live": True}


def test_a_page_of_a_stranger_has_nothing_loaded_for_it(make, broken):
    answer = make().ask("GET", "/api/v1/state", headers={"Host": "evil.example"})
    assert (answer.status, answer.json["code"]) == (421, "wrong-host")


def test_it_is_there_as_soon_as_it_can_be(make, broken):
    client = make()
    assert client.get("/api/v1/state").status == 503
    broken.undo()
    assert client.get("/api/v1/state").status == 200


@pytest.mark.parametrize(
    ("error", "status", "why"),
    [
        pytest.param(
            OSError(errno.EMFILE, "Too many open files"),
            *(503, "cannot be loaded: Too many open files; see `oppleo-flow doctor`"),
            id="of the system",
        ),
        pytest.param(StoreError("x.yaml: is damaged"), 503, "x.yaml: is damaged", id="of a file"),
        pytest.param(TypeError("a secret"), 500, "the log says why", id="of the program itself"),
    ],
)
def test_why_is_said_as_far_as_somebody_can_do_something_about_it(make, error, status, why):
    def load():
        raise error

    make().get("/live")  # so that there is a request that is being answered
    refusal = loaded(load)
    assert (refusal.status_code, why in refusal.body) == (status, True)
    assert "a secret" not in refusal.body


def test_the_log_has_it(make, broken, caplog):
    with caplog.at_level(logging.ERROR):
        make().get("/api/v1/state")
    assert "web: cannot be loaded: import of webui.assets halted" in caplog.text
