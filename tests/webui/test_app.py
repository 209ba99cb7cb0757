import logging
import re

import pytest

from oppleo_flow.errors import DeviceMissing, Refused, StoreError
from webui.assets import Page
from webui.parts import Parts
from webui.routes.table import PAGES, routes


def example(path):
    """Return an address as it may be asked for."""
    return re.sub(r"<\w+(?::(\w+))?>", lambda found: "app.js" if found[1] == "path" else "7", path)


TABLE = routes(Parts(runtime=None, feed=None), Page({}))
ROUTES = [(row.method, example(row.path)) for row in TABLE]
PER_ROUTE = pytest.mark.parametrize(
    ("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES]
)


def assert_problem(answer, status, code):
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json) >= {"title", "status", "code", "detail"}
    assert (answer.json["status"], answer.json["code"]) == (status, code)


def test_no_address_stands_in_the_list_twice():
    assert [one for one in ROUTES if ROUTES.count(one) > 1] == []


@PER_ROUTE
def test_another_method_is_a_problem_that_names_the_right_one(client, method, path):
    answer = client.ask("TRACE", path)
    assert_problem(answer, 405, "wrong-method")
    assert method in answer.headers["Allow"].split(",")


@PER_ROUTE
def test_another_host_name_is_refused(client, method, path):
    """A stranger's page may point its own name at 127.0.0.1 and then read as if it were ours."""
    answer = client.ask(method, path, headers={"Host": "rebound.example:8080"})
    assert_problem(answer, 421, "wrong-host")
    assert answer.json["detail"] == (
        "this server answers as localhost or 127.0.0.1 only, got 'rebound.example:8080'; "
        "`web: names:` adds a name"
    )


@PER_ROUTE
def test_every_answer_carries_the_security_headers(client, method, path):
    headers = client.ask(method, path, headers={"Host": "rebound.example"}).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]:8080"])
def test_every_name_of_this_machine_is_answered(client, host):
    assert client.get("/live", Host=host).json == {"live": True}


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.org",
        "127.0.0.1.example.org",
        "example.org@",
        "user@example.org",
        "[::1",
        "0.0.0.0",
        "localhost.",
    ],
)
def test_any_other_name_is_refused(client, host):
    assert_problem(client.get("/live", Host=host), 421, "wrong-host")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec_Fetch_Site": "cross-site"}, id="the browser says another site"),
        pytest.param({"Sec_Fetch_Site": "same-site"}, id="another port of this machine"),
        pytest.param({"Origin": "http://example.org"}, id="another origin"),
        pytest.param({"Origin": "http://127.0.0.1:9090"}, id="an origin on another port"),
        pytest.param({"Origin": "null"}, id="a sandboxed page"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/state"), ("POST", "/live")])
def test_a_page_of_another_origin_is_refused(client, method, path, headers):
    assert_problem(client.ask(method, path, headers=headers), 403, "other-origin")


def test_our_own_page_and_a_person_with_a_terminal_are_answered(client):
    own = {"Sec_Fetch_Site": "same-origin", "Origin": "http://127.0.0.1:8080"}
    assert client.get("/api/v1/state", **own).status == 200
    assert client.get("/api/v1/state").status == 200


def test_a_link_on_another_site_may_lead_to_the_page(client):
    assert client.get("/live", Sec_Fetch_Site="cross-site").status == 200


@pytest.mark.parametrize("path", [one for one in map(example, PAGES) if one != "/"])
def test_a_slash_at_the_end_makes_no_other_page_of_an_address(client, path):
    plain, typed = client.get(path), client.get(f"{path}/")
    assert (typed.status, typed.body) == (plain.status, plain.body)
    assert_problem(client.get(f"{path}//"), 404, "no-such-address")


def test_of_what_programs_ask_for_an_address_is_exact(client):
    assert_problem(client.get("/api/v1/state/"), 404, "no-such-address")


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1", "/api/v2/state", "//", "/static"])
def test_an_unknown_address_is_a_problem(client, path):
    answer = client.get(path)
    assert_problem(answer, 404, "no-such-address")
    assert answer.json["detail"] == (
        "there is nothing at this address; the page is at /, the API under /api/v1"
    )


@pytest.mark.parametrize(
    ("error", "status", "code", "detail"),
    [
        pytest.param(Refused("not now"), 409, "refused", "not now", id="what is refused"),
        pytest.param(
            StoreError("ledger: locked"), 503, "not-available", "ledger: locked", id="a lost store"
        ),
        pytest.param(
            DeviceMissing("/dev/ttyUSB0: not there"), 503, "not-available",
            "/dev/ttyUSB0: not there", id="a lost device",
        ),
        pytest.param(
            KeyError("secret"), 500, "failed", "the request failed; the log says why", id="a bug"
        ),
    ],
)  # fmt: skip
def test_a_failure_behind_a_route_is_a_problem(
    client, runtime, caplog, error, status, code, detail
):
    runtime.fails_with = error
    with caplog.at_level(logging.CRITICAL):
        answer = client.get("/api/v1/state")
    assert_problem(answer, status, code)
    assert answer.json["detail"] == detail
    runtime.fails_with = None
    assert client.get("/api/v1/state").status == 200


def test_a_bug_is_in_the_log_with_its_cause(client, runtime, caplog):
    runtime.fails_with = KeyError("secret")
    client.get("/api/v1/state")
    (record,) = caplog.records
    assert record.getMessage() == "web: GET /api/v1/state failed"
    assert record.exc_info[1] is runtime.fails_with
