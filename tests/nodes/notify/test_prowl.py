"""`prowl`: one request per notification, refusals told with their status, the key to nobody."""

import logging
from typing import Any

import pytest
from pydantic import SecretStr

from nodes.network.http_client import HttpClientConnection
from nodes.notify.prowl import Prowl
from oppleo_flow import Connection, NodeConfig, Ref
from oppleo_flow.devices.http import HttpClient, HttpRequest, HttpResponse
from oppleo_flow.payloads import Failure, Notification, ReportWritten, SessionEnded
from oppleo_flow.testing import run_node
from oppleo_flow.testing.bench import Bench

KEY = "5ec2e7"
CONFIG = {"http": "web", "key": KEY}
NOTE = Notification.sample()


class AnswersConfig(NodeConfig):
    status: int


class Answers(Connection[AnswersConfig], HttpClient):
    """A service that always answers with the same status."""

    type_name = "answers"

    def send(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(self.config.status, "an answer")


def sent(payload: Any, **config: str) -> dict[str, Any]:
    """Return the form that is sent for a payload."""
    with Bench(Prowl, CONFIG | config, connections={"web": HttpClientConnection}) as bench:
        bench.send(payload)
        web: HttpClientConnection = bench.node.use(Ref("web"))
        (request,) = web.would_have_sent
        return {"method": request.method, "url": request.url, **request.form}


def test_a_notification_is_one_post_with_the_fields_of_prowl() -> None:
    assert sent(Notification("Charged", "10 kWh", priority=-2), application="Garage") == {
        "method": "POST",
        "url": "https://api.prowlapp.com/publicapi/add",
        "apikey": SecretStr(KEY),
        "application": "Garage",
        "event": "Charged",
        "description": "10 kWh",
        "priority": "-2",
    }


@pytest.mark.parametrize(
    ("payload", "event", "description", "priority"),
    [
        pytest.param(
            SessionEnded.sample(),
            "Charged 10.0 kWh",
            "family: 2 h 00 min, ended by card",
            "0",
            id="a session",
        ),
        pytest.param(
            ReportWritten.sample(),
            "Statement 2026-01",
            "3 sessions, 30.0 kWh, EUR 10.50",
            "0",
            id="a statement",
        ),
        pytest.param(
            Failure.sample(),
            "Failure of meter",
            "DeviceTimeout: unit 1: no answer reading 0x0048",
            "1",
            id="a failure, with high priority",
        ),
    ],
)
def test_other_payloads_are_put_into_words(
    payload: object, event: str, description: str, priority: str
) -> None:
    form = sent(payload)

    assert (form["event"], form["description"], form["priority"]) == (event, description, priority)


def test_what_is_too_long_for_prowl_is_shortened() -> None:
    form = sent(Notification("t" * 1025, "x" * 10_001))

    assert (form["event"], form["description"]) == ("t" * 1023 + "…", "x" * 9_999 + "…")


def test_it_does_not_tell_of_its_own_failure() -> None:
    failure = Failure.sample(node="node")
    run = run_node(Prowl, CONFIG, failure, connections={"web": HttpClientConnection})

    assert (run.status, run.failures) == ("", [])


def test_simulated_the_status_says_that_nothing_was_sent() -> None:
    run = run_node(Prowl, CONFIG, NOTE, connections={"web": HttpClientConnection})

    assert run.status == "simulated, not sent: Charged"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        pytest.param(401, "Prowl: refused with status 401: the key is not valid", id="a wrong key"),
        pytest.param(
            406,
            "Prowl: refused with status 406: too many notifications this hour",
            id="too many",
        ),
        pytest.param(302, "Prowl: refused with status 302", id="a redirection"),
    ],
)
def test_a_refusal_is_an_error_that_tells_the_status_and_not_the_key(
    status: int, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = {"web": (Answers, {"status": status})}
    run = run_node(Prowl, CONFIG, NOTE, connections=answers)

    assert [(f.error, f.message) for f in run.failures] == [("ServiceError", message)]
    assert KEY not in caplog.text + repr(run)


def test_an_answer_of_success_is_shown() -> None:
    run = run_node(Prowl, CONFIG, NOTE, connections={"web": (Answers, {"status": 200})})

    assert run.status == "sent: Charged"
