"""`prowl`: one request per notification, the key to nobody, and what can be known of the answer."""

import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from nodes.network.http_client import HttpClientConnection
from nodes.notify.prowl import Prowl, ProwlConfig
from oppleo_flow import Ref
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.payloads import Failure, Notification, ReportWritten, SessionEnded
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.testing import run_node
from oppleo_flow.testing.bench import Bench, BenchSite, Run
from tests.nodes.notify.service import RealWeb, Service, service

KEY = "5ec2e7-key"
CONFIG = {"http": "web", "key": KEY}
NOTE = Notification.sample()
GOOD = (
    200,
    '<?xml version="1.0"?><prowl><success code="200" remaining="9" resetdate="1"/></prowl>',
)
AGAIN = OnError(retry=3, then="dead-letter")


def refused(status: int, words: str = "") -> tuple[int, str]:
    text = f'<?xml version="1.0"?><prowl><error code="{status}">{words}</error></prowl>'
    return status, text


def told(prowl: Service, *payloads: Any, on_error: OnError | None = None, **config: Any) -> Run:
    """Send payloads through the real web client."""
    return run_node(
        Prowl,
        CONFIG | {"server": prowl.url} | config,
        *payloads,
        connections={"web": RealWeb},
        on_error=on_error,
        advance=60.0,
    )


def test_a_notification_is_one_post_with_the_fields_of_prowl() -> None:
    with service(GOOD) as prowl:
        run = told(prowl, Notification("Charged", "10 kWh – à €3", priority=-2), application="Home")

    (asked,) = prowl.asked
    assert (asked.path, run.failures, run.status) == ("/add", [], "sent: Charged")
    assert asked.form == {
        "apikey": KEY,
        "application": "Home",
        "event": "Charged",
        "description": "10 kWh – à €3",
        "priority": "-2",
    }


@pytest.mark.parametrize("priority", [-2, -1, 0, 1, 2])
def test_every_priority_is_one_of_prowl(priority: int) -> None:
    with service(GOOD) as prowl:
        run = told(prowl, Notification("a", "b", priority))

    assert (prowl.asked[0].form["priority"], run.failures) == (str(priority), [])


@pytest.mark.parametrize(("priority", "sent"), [(-7, "-2"), (9, "2")])
def test_a_priority_beyond_the_last_is_the_last(priority: int, sent: str) -> None:
    with service(GOOD) as prowl:
        told(prowl, Notification("a", "b", priority))

    assert prowl.asked[0].form["priority"] == sent


@pytest.mark.parametrize(
    ("payload", "event", "description", "priority"),
    [
        pytest.param(
            SessionEnded.sample(),
            *("Charged 10.0 kWh", "family: 2 h 00 min, ended with the card.", "0"),
            id="a session",
        ),
        pytest.param(
            ReportWritten.sample(),
            *("Statement of January 2026", "3 sessions, 30.0 kWh, €10.50.", "0"),
            id="a statement",
        ),
        pytest.param(
            Failure.sample(),
            *("Failure: meter", "DeviceTimeout: unit 1: no answer reading 0x0048", "1"),
            id="a failure, with high priority",
        ),
    ],
)
def test_other_payloads_are_put_into_words(
    payload: object, event: str, description: str, priority: str
) -> None:
    with service(GOOD) as prowl:
        told(prowl, payload)

    form = prowl.asked[0].form
    assert (form["event"], form["description"], form["priority"]) == (event, description, priority)


def test_the_words_are_in_the_language_that_is_asked_for() -> None:
    with service(GOOD) as prowl:
        told(prowl, SessionEnded.sample(), language="nl")

    assert prowl.asked[0].form["event"] == "Geladen: 10,0 kWh"


def test_what_is_too_long_for_prowl_is_shortened() -> None:
    with service(GOOD) as prowl:
        told(prowl, Notification("t" * 1025, "é" * 10_001))

    form = prowl.asked[0].form
    assert (form["event"], form["description"]) == ("t" * 1023 + "…", "é" * 9_999 + "…")


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(Failure.sample(node="node"), id="as a failure"),
        pytest.param(
            Notification("Failure: node", "x", key="failure:node:ServiceError"),
            id="as a recipient puts it",
        ),
    ],
)
def test_it_does_not_tell_of_its_own_failure(payload: object) -> None:
    with service(GOOD) as prowl:
        run = told(prowl, payload)

    assert (prowl.asked, run.failures) == ([], [])


def test_simulated_the_status_says_that_nothing_was_sent() -> None:
    with Bench(Prowl, CONFIG, connections={"web": HttpClientConnection}) as bench:
        bench.send(NOTE)
        web: HttpClientConnection = bench.node.use(Ref("web"))

        assert bench.run().status == "simulated, not sent: Charged"
        assert web.would_have_sent[0].form["apikey"] == SecretStr(KEY)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            refused(401, "Invalid API key"),
            "Prowl: refused with status 401: the key is not valid (Invalid API key)",
            id="a wrong key",
        ),
        pytest.param(
            refused(409),
            "Prowl: refused with status 409: the key is not approved yet",
            id="not approved",
        ),
    ],
)
def test_what_is_refused_for_good_is_a_fault_and_not_tried_again(
    answer: tuple[int, str], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with service(answer) as prowl:
        run = told(prowl, NOTE, on_error=AGAIN)

    assert len(prowl.asked) == 1
    assert [(f.error, f.message) for f in run.failures] == [("ServiceRefused", message)]
    assert run.faults == {"refused": message}
    assert KEY not in caplog.text + repr(run)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            refused(406, "exceeded"),
            "Prowl: refused with status 406: too many notifications this hour (exceeded)",
            id="too many",
        ),
        pytest.param(
            refused(500),
            "Prowl: refused with status 500: it has trouble of its own",
            id="its own trouble",
        ),
        pytest.param((302, ""), "Prowl: refused with status 302", id="a redirection"),
        pytest.param(
            (200, "<html>Log in to the hotel's network</html>"),
            "Prowl: what answers with status 200 is not Prowl",
            id="something else that says yes to everything",
        ),
        pytest.param(
            (200, "not <even> XML"),
            "Prowl: what answers with status 200 is not Prowl",
            id="something else entirely",
        ),
    ],
)
def test_what_may_pass_is_tried_again(answer: tuple[int, str], message: str) -> None:
    with service(answer) as prowl:
        run = told(prowl, NOTE, on_error=AGAIN)

    assert len(prowl.asked) == 4
    assert [(f.error, f.message) for f in run.failures] == [("ServiceError", message)]


def test_an_answer_that_is_lost_is_tried_again_and_then_it_is_well() -> None:
    with service(None, GOOD) as prowl:
        run = told(prowl, NOTE, on_error=AGAIN)

    assert (len(prowl.asked), run.failures, run.status) == (2, [], "sent: Charged")


def test_where_every_answer_is_lost_it_is_not_known_whether_it_was_sent(tmp_path: Path) -> None:
    location = StoreLocation(tmp_path / "ledger.sqlite", lasting=False)
    site = BenchSite(services={StoreLocation: location})
    with service(None) as prowl:
        run_node(
            Prowl,
            CONFIG | {"server": prowl.url},
            NOTE,
            connections={"web": RealWeb},
            on_error=AGAIN,
            advance=60.0,
            site=site,
        )
    with open_ledger(location, "bench") as ledger:
        (once,) = ledger.told.newest()

    assert (once.result, once.tries) == ("unknown", 4)


def test_the_key_is_in_no_address_and_no_header() -> None:
    with service(GOOD) as prowl:
        told(prowl, NOTE)

    (asked,) = prowl.asked
    assert KEY not in asked.path + str(asked.headers)


@pytest.mark.parametrize(
    ("server", "right"),
    [
        ("https://push.example/api", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://localhost", True),
        ("http://push.example/api", False),
        ("http://127.0.0.1.push.example", False),
        ("https://me:secret@push.example", False),
        ("https://push.example/?key=1", False),
        ("ftp://push.example", False),
        ("push.example", False),
    ],
)
def test_a_key_goes_to_a_server_by_tls_only(server: str, right: bool) -> None:
    try:
        ProwlConfig(**CONFIG, server=server)
        accepted = True
    except ValidationError:
        accepted = False

    assert accepted is right


def test_the_server_is_prowl_s_own_unless_another_is_named() -> None:
    assert ProwlConfig(**CONFIG).server == "https://api.prowlapp.com/publicapi"
