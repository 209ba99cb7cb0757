"""Live changes over real sockets: coming back, not reading, and being signed out."""

import http.client
import json
import socket
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow import SystemClock
from oppleo_flow.accounts.rights import Role
from oppleo_flow.payloads import MeterReading, SessionStarted
from tests.webui.page.site_with_accounts import PASSWORD, SiteWithAccounts
from webui.access import COOKIE, Demo
from webui.api.live import as_hint
from webui.server import listen

DEADLINE_S = 20.0
EVENTS = "/api/v1/events"
HINTS = "/api/v1/hints"


@pytest.fixture
def start(runtime, tmp_path):
    """Return what starts a server on a free port and stops it after the test."""
    running = []

    def start(**settings):
        parts = {"port": 0, "built_page": tmp_path, "access": Demo()} | settings
        running.append(listen(runtime, clock=SystemClock(), **parts).start())
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def site(tmp_path):
    made = SiteWithAccounts(tmp_path)
    yield made
    made.ledger.close()


@contextmanager
def asked(server, path, method="GET", body=None, **headers):
    """Give the answer to a request, whose socket is closed at the end."""
    asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        given["Content-Type"] = "application/json"
        body = json.dumps(body)
    try:
        asking.request(method, path, body, given)
        with asking.getresponse() as answer:
            yield answer
    finally:
        asking.close()


def events(answer):
    """Yield id, name and data of each event until the server ends the stream."""
    found = {}
    while line := answer.readline():
        field, _, value = line.decode().rstrip("\n").partition(": ")
        found[field] = value
        if not field and "data" in found:
            yield found["id"], found["event"], json.loads(found["data"])
            found = {}


def power_w(data):
    """Return what the meter reads according to an event; None when that does not say."""
    meters = [node for node in data["nodes"] if node["id"] == "meter"]
    levels = meters[0]["levels"] if meters else {}
    return levels["reading"]["value"]["power_w"] if levels else None


def read(runtime, power):
    runtime.set("meter", "reading", MeterReading.sample(power_w=power))


def until_power(answer, power):
    return next(id_ for id_, _, data in events(answer) if power_w(data) == power)


@pytest.fixture(params=["header", "query"])
def coming_back(request):
    """Return how a browser says what it heard last: by itself, or as our page opens a new one."""
    if request.param == "header":
        return lambda last: (EVENTS, {"Last_Event_ID": last})
    return lambda last: (f"{EVENTS}?after={last}", {})


def test_a_lost_connection_comes_back_to_what_it_missed(start, runtime, coming_back):
    server = start()
    with asked(server, EVENTS) as keen, asked(server, EVENTS) as cut_off:
        next(events(keen))
        next(events(cut_off))
        read(runtime, 1.0)
        until_power(keen, 1.0)
        last = until_power(cut_off, 1.0)
        cut_off.close()
        read(runtime, 2.0)
        until_power(keen, 2.0)
        path, headers = coming_back(last)
        with asked(server, path, **headers) as back:
            first = next(events(back))
        assert (first[1], power_w(first[2])) == ("change", 2.0)


def test_after_a_restart_everything_is_told_anew(start, coming_back):
    first = start()
    with asked(first, EVENTS) as answer:
        last, _, _ = next(events(answer))
    first.stop()
    path, headers = coming_back(last)
    with asked(start(), path, **headers) as back:
        id_, name, _ = next(events(back))
    assert name == "state"
    assert id_.partition("-")[0] != last.partition("-")[0]


def test_one_that_does_not_read_holds_up_neither_the_flow_nor_the_others(start, runtime):
    server = start()
    with socket.create_connection(("127.0.0.1", server.port)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(f"GET {EVENTS} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        with asked(server, EVENTS) as keen:
            next(events(keen))
            for power in range(200):  # far more than waits for anyone
                read(runtime, float(power))
            until_power(keen, 199.0)


def test_what_is_no_id_is_refused_or_says_nothing(start):
    server = start()
    with asked(server, f"{EVENTS}?after={'9' * 65}") as answer:
        assert (answer.status, json.loads(answer.read())["code"]) == (422, "wrong-query")
    with asked(server, EVENTS, Last_Event_ID="9" * 10_000) as answer:
        assert next(events(answer))[1] == "state"


# -- whose eyes it is for --------------------------------------------------------------------


def sign_in(server, name):
    """Return the headers of somebody who has signed in, as their browser sends them."""
    body = {"name": name, "password": PASSWORD}
    with asked(server, "/api/v1/sign-in", "POST", body) as answer:
        assert answer.status == 200, answer.read()
        shown = answer.headers["Set-Cookie"].partition(";")[0]
        token = json.loads(answer.read())["csrf_token"]
    assert shown.startswith(f"{COOKIE}=")
    return {"Cookie": shown, "X_CSRF_Token": token}


@pytest.mark.parametrize("path", ["/api/v1/state", EVENTS, "/api/v1/taps?at=meter"])
def test_who_has_not_signed_in_and_a_driver_are_told_nothing(start, site, path):
    server = start(**site.parts)
    site.add(Role.ADMIN)
    with asked(server, path) as answer:
        assert (answer.status, json.loads(answer.read())["code"]) == (401, "sign-in")
    driver = sign_in(server, site.add(Role.DRIVER, driver="Anna"))
    with asked(server, path, **driver) as answer:
        assert (answer.status, json.loads(answer.read())["code"]) == (403, "not-allowed")


def test_a_driver_is_told_that_something_changed_and_not_what(start, site, runtime):
    server = start(**site.parts)
    site.add(Role.ADMIN)
    driver = sign_in(server, site.add(Role.DRIVER, driver="Anna"))
    with asked(server, HINTS) as answer:
        assert (answer.status, json.loads(answer.read())["code"]) == (401, "sign-in")
    with asked(server, HINTS, **driver) as answer:
        hints = events(answer)
        first, name, data = next(hints)
        assert (name, data) == ("hint", {})
        read(runtime, 4200.0)
        runtime.send("session", "started", SessionStarted.sample(label="of somebody else"))
        said = next(hint for hint in hints if hint[0] != first)
        assert said[1:] == ("hint", {})


@given(
    st.binary(max_size=200).map(lambda text: text.replace(b"\n", b" ")), st.integers(min_value=0)
)
def test_a_hint_holds_the_id_of_an_event_and_nothing_else(told, number):
    event = b"retry: 2000\nid: 0a1b2c3d-%d\nevent: change\ndata: %b\n\n" % (number, told)
    assert as_hint(event) == (b"retry: 2000\nid: 0a1b2c3d-%d\nevent: hint\ndata: {}\n\n" % number)


@pytest.mark.parametrize(
    ("role", "path", "first"), [(Role.VIEWER, EVENTS, "state"), (Role.DRIVER, HINTS, "hint")]
)
@pytest.mark.parametrize("way", ["sign-out", "another role", "removed"])
def test_a_stream_ends_with_the_sign_in_that_opened_it(start, site, way, role, path, first):
    server = start(**site.parts)
    site.add(Role.ADMIN)
    name = site.add(role)
    viewer = sign_in(server, name)
    with asked(server, path, **viewer) as stream:
        assert next(events(stream))[1] == first
        if way == "sign-out":
            with asked(server, "/api/v1/sign-out", "POST", {}, **viewer) as answer:
                assert answer.status == 200, answer.read()
        elif way == "another role":
            site.accounts.set_terms(name, Role.OPERATOR, None)
        else:
            site.accounts.remove(name)
        with suppress(http.client.IncompleteRead):
            assert len(list(events(stream))) < 100  # and then it is over
