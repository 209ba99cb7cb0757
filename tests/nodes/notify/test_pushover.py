"""`pushover`: its own interface against a server on this machine, and what can be known of it."""

import logging
from typing import Any

import pytest
from pydantic import ValidationError

from nodes.network.http_client import HttpClientConnection
from nodes.notify.pushover import Pushover, PushoverConfig
from oppleo_flow import ServiceRefused
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.payloads import Failure, Notification
from oppleo_flow.testing import run_node
from oppleo_flow.testing.bench import Bench, Run
from tests.nodes.notify.service import RealWeb, Service, service

TOKEN, USER = "a-token-of-30-characters", "a-user-key"
CONFIG = {"http": "web", "token": TOKEN, "user": USER}
NOTE = Notification.sample()
GOOD = (200, '{"status":1,"request":"647d2300"}')
AGAIN = OnError(retry=3, then="dead-letter")


def refused(status: int, *errors: str) -> tuple[int, str]:
    words = ",".join(f'"{error}"' for error in errors)
    return status, f'{{"status":0,"errors":[{words}],"request":"1"}}'


def told(service: Service, *payloads: Any, on_error: OnError | None = None, **config: Any) -> Run:
    return run_node(
        Pushover,
        CONFIG | {"server": service.url} | config,
        *payloads,
        connections={"web": RealWeb},
        on_error=on_error,
        advance=60.0,
    )


def test_a_notification_is_one_post_with_the_fields_of_pushover() -> None:
    with service(GOOD) as pushover:
        run = told(pushover, NOTE, device="iphone,desk", sound="magic")

    (asked,) = pushover.asked
    assert (asked.path, run.failures, run.status) == ("/messages.json", [], "sent: Charged")
    assert asked.form == {
        "token": TOKEN,
        "user": USER,
        "title": "Charged",
        "message": "10.0 kWh for 'family'",
        "priority": "0",
        "device": "iphone,desk",
        "sound": "magic",
    }


@pytest.mark.parametrize("priority", [-2, -1, 0, 1])
def test_a_priority_below_emergency_is_not_repeated(priority: int) -> None:
    with service(GOOD) as pushover:
        run = told(pushover, Notification("a", "b", priority))

    form = pushover.asked[0].form
    assert (form["priority"], "retry" in form, run.failures) == (str(priority), False, [])


def test_an_emergency_is_repeated_until_it_is_acknowledged() -> None:
    with service(GOOD) as pushover:
        told(pushover, Notification("a", "b", 2), repeat="90s", expire="2h")

    form = pushover.asked[0].form
    assert (form["priority"], form["retry"], form["expire"]) == ("2", "90", "7200")


@pytest.mark.parametrize(
    "option",
    [
        pytest.param({"repeat": "29s"}, id="repeated more often than Pushover takes"),
        pytest.param({"expire": "4h"}, id="repeated for longer than Pushover takes"),
        pytest.param({"sound": "a sound"}, id="no name of a sound"),
        pytest.param({"device": "my phone"}, id="no name of a device"),
        pytest.param({"server": "http://push.example"}, id="without TLS"),
    ],
)
def test_what_pushover_would_refuse_is_refused_by_the_checker(option: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PushoverConfig(**CONFIG | option)


def test_what_is_too_long_for_pushover_is_shortened() -> None:
    with service(GOOD) as pushover:
        told(pushover, Notification("t" * 251, "€" * 1025))

    form = pushover.asked[0].form
    assert (form["title"], form["message"]) == ("t" * 249 + "…", "€" * 1023 + "…")


def test_a_notification_without_a_text_has_its_title_as_text() -> None:
    with service(GOOD) as pushover:
        told(pushover, Notification("only a title", ""))

    assert pushover.asked[0].form["message"] == "only a title"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            refused(400, "application token is invalid"),
            "Pushover: refused with status 400: application token is invalid",
            id="a wrong token",
        ),
        pytest.param(
            refused(400, "user identifier is invalid", "sound is invalid"),
            "Pushover: refused with status 400: user identifier is invalid; sound is invalid",
            id="two things at once",
        ),
    ],
)
def test_what_is_refused_for_good_is_a_fault_and_not_tried_again(
    answer: tuple[int, str], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with service(answer) as pushover:
        run = told(pushover, NOTE, on_error=AGAIN)

    assert len(pushover.asked) == 1
    assert [(f.error, f.message) for f in run.failures] == [("ServiceRefused", message)]
    assert run.faults == {"refused": message}
    assert TOKEN not in caplog.text + repr(run)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            refused(429, "application is over its quota"),
            "Pushover: refused with status 429: application is over its quota",
            id="too many this month",
        ),
        pytest.param(
            (502, "Bad gateway"),
            "Pushover: refused with status 502: no reason",
            id="its own trouble",
        ),
        pytest.param(
            (404, "nothing here"),
            "Pushover: refused with status 404: no reason",
            id="somebody else's no",
        ),
        pytest.param(
            (200, "<html>Log in</html>"),
            "Pushover: what answers with status 200 is not Pushover",
            id="somebody else's yes",
        ),
    ],
)
def test_what_may_pass_is_tried_again(answer: tuple[int, str], message: str) -> None:
    with service(answer) as pushover:
        run = told(pushover, NOTE, on_error=AGAIN)

    assert len(pushover.asked) == 4
    assert [(f.error, f.message) for f in run.failures] == [("ServiceError", message)]


def test_the_keys_are_in_no_address_and_no_header() -> None:
    with service(GOOD) as pushover:
        told(pushover, NOTE)

    (asked,) = pushover.asked
    assert not any(key in asked.path + str(asked.headers) for key in (TOKEN, USER))


def test_it_does_not_tell_of_its_own_failure() -> None:
    with service(GOOD) as pushover:
        told(pushover, Failure.sample(node="node"))

    assert pushover.asked == []


@pytest.mark.parametrize(
    ("device", "says"),
    [
        pytest.param(None, "Pushover knows the user; devices: iphone, desk", id="all"),
        pytest.param("desk", "Pushover knows the user; devices: iphone, desk", id="one"),
        pytest.param(
            "tablet", "Pushover: no device 'tablet'; there are: iphone, desk", id="one that is not"
        ),
    ],
)
def test_check_connect_sees_whether_token_and_user_are_right(device: str | None, says: str) -> None:
    with service((200, '{"status":1,"devices":["iphone","desk"]}')) as pushover:
        config = CONFIG | {"server": pushover.url} | ({"device": device} if device else {})
        with Bench(Pushover, config, connections={"web": RealWeb}) as bench:
            try:
                said = bench.node.probe()
            except ServiceRefused as error:
                said = str(error)

    (asked,) = pushover.asked
    assert (said, asked.path) == (says, "/users/validate.json")
    assert asked.form == {"token": TOKEN, "user": USER}


def test_simulated_nothing_is_sent() -> None:
    run = run_node(Pushover, CONFIG, NOTE, connections={"web": HttpClientConnection})

    assert run.status == "simulated, not sent: Charged"
