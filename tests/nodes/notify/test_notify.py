"""`notify`: the real library against a server on this machine, and its secrets to nobody."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from nodes.notify.notify import Notify, NotifyConfig
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.payloads import Failure, Notification, SessionBilled
from oppleo_flow.testing import run_node
from oppleo_flow.testing.bench import Bench, BenchSite, Run
from tests.nodes.notify.service import Service, service

# The library imports it for what is signed with PGP.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
NOTE = Notification("Charged", "10.0 kWh – à €3")
AGAIN = OnError(retry=3, then="dead-letter")
GOOD = (200, '{"id":"1"}')


def address(at: Service, schema: str = "json", rest: str = "/hook") -> str:
    return at.url.replace("http://", f"{schema}://") + rest


def told(url: object, *payloads: Any, simulate: bool = False, **config: Any) -> Run:
    site = BenchSite(simulate=simulate)
    return run_node(
        Notify, {"url": url} | config, *payloads, site=site, on_error=AGAIN, advance=60.0
    )


def test_a_webhook_gets_title_and_text_as_json() -> None:
    with service(GOOD) as hook:
        run = told(address(hook), NOTE)

    (asked,) = hook.asked
    said = json.loads(asked.body)
    assert (asked.path, said["title"], said["message"], said["type"]) == (
        "/hook",
        "Charged",
        "10.0 kWh – à €3",
        "info",
    )
    assert (run.failures, run.status) == ([], "sent: Charged")


def test_ntfy_gets_the_topic_and_the_password() -> None:
    with service(GOOD) as ntfy:
        url = address(ntfy, "ntfy", "/garage").replace("127.0.0.1", "me:pa55word@127.0.0.1")
        run = told(url, NOTE)

    (asked,) = ntfy.asked
    said = json.loads(asked.body)
    assert (said["topic"], said["title"], said["message"]) == (
        "garage",
        "Charged",
        "10.0 kWh – à €3",
    )
    assert asked.headers["Authorization"] == "Basic bWU6cGE1NXdvcmQ="
    assert run.failures == []


@pytest.mark.parametrize(
    ("note", "kind"),
    [
        (Notification("a", "b"), "info"),
        (Notification("a", "b", 1, "fault", "k", "raised"), "warning"),
        (Notification("a", "b", 0, "fault", "k", "cleared"), "success"),
    ],
)
def test_a_service_is_told_how_grave_it_is(note: Notification, kind: str) -> None:
    with service(GOOD) as hook:
        told(address(hook), note)

    assert json.loads(hook.asked[0].body)["type"] == kind


def test_other_payloads_are_put_into_words_in_the_reader_s_language() -> None:
    with service(GOOD) as hook:
        told(address(hook), SessionBilled.sample(), language="nl")

    assert json.loads(hook.asked[0].body)["title"] == "Geladen: 10,0 kWh, € 3,50"


def test_a_service_that_does_not_take_it_is_tried_again() -> None:
    with service((500, "no"), GOOD) as hook:
        run = told(address(hook), NOTE)

    assert (len(hook.asked), run.failures, run.status) == (2, [], "sent: Charged")


def test_only_the_service_that_has_not_taken_it_is_tried_again() -> None:
    with service(GOOD) as well, service((500, "no"), GOOD) as ill:
        run = told([address(well), address(ill)], NOTE)

    assert (len(well.asked), len(ill.asked), run.failures) == (1, 2, [])


class Log(logging.Handler):
    """The program's own log; pytest's hears also what is kept from it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += self.format(record)


@pytest.fixture
def log() -> Iterator[Log]:
    root, made = logging.getLogger(), Log()
    level = root.level
    root.addHandler(made)
    root.setLevel(logging.DEBUG)
    yield made
    root.setLevel(level)
    root.removeHandler(made)


def test_no_part_of_an_address_is_told_logged_or_shown(log: Log) -> None:
    with service((401, "who are you")) as hook:
        url = address(hook, "json", "/t0ken-in-path?+X-Key=k3y-in-query").replace(
            "127.0.0.1", "user-name:pa55word@127.0.0.1"
        )
        run = told(url, NOTE)

    (failure,) = run.failures
    assert failure.message.startswith("JSON: did not take it: Failed to send JSON")
    for secret in ("user-name", "pa55word", "t0ken-in-path", "k3y-in-query"):
        assert secret not in log.text + repr(run), secret
    assert "node: JSON: did not take it" in log.text


def test_a_service_that_there_is_not_is_named_without_its_secrets() -> None:
    with Bench(Notify, {"url": "tellme://t0ken/s3cret"}, site=BenchSite(simulate=False)) as bench:
        (text,) = bench.run().faults.values()

    assert text.startswith("url: tellme://…: Apprise knows no such service")
    assert "t0ken" not in text
    assert "s3cret" not in text


def test_without_the_library_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with Bench(Notify, {"url": "json://localhost"}, site=BenchSite(simulate=False)) as bench:
        (text,) = bench.run().faults.values()

    assert text == "the library apprise is not there; `pip install 'oppleo-flow[notify]'`"


def test_simulated_nothing_is_sent_and_no_library_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with service(GOOD) as hook:
        run = told(address(hook), NOTE, simulate=True)

    assert (hook.asked, run.status) == ([], "simulated, not sent: Charged")


def test_check_connect_names_the_services_and_sends_nothing() -> None:
    with (
        service(GOOD) as hook,
        Bench(Notify, {"url": [address(hook), address(hook, "ntfy")]}) as bench,
    ):
        assert bench.node.probe() == "can tell by JSON, ntfy"
        assert hook.asked == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("ntfys://me:pa55word@host/topic", "ntfy"),
        ("tgram://123456789:abcdefghijklmnopqrstuvwxyz123456789/987654321", "Telegram"),
        ("mailtos://me:pa55word@example.org", "E-Mail"),
        ("signals://host/+31612345678/+31687654321", "Signal API"),
        ("matrixs://me:pa55word@host/#room", "Matrix"),
        ("hassios://host/token", "HomeAssistant"),
        ("jsons://host/path", "JSON"),
    ],
)
def test_the_services_of_the_help_are_known_to_the_library(url: str, name: str) -> None:
    with Bench(Notify, {"url": url}) as bench:
        assert bench.node.probe() == f"can tell by {name}"


def test_check_connect_says_what_is_no_service() -> None:
    with Bench(Notify, {"url": "tellme://x"}) as bench, pytest.raises(ConfigError):
        bench.node.probe()


def test_it_does_not_tell_of_its_own_failure() -> None:
    with service(GOOD) as hook:
        told(address(hook), Failure.sample(node="node"))

    assert hook.asked == []


def test_an_address_is_a_secret() -> None:
    config = NotifyConfig(url="json://user:pa55word@localhost")

    assert "pa55word" not in repr(config)
    with pytest.raises(ValidationError):
        NotifyConfig(url=[])
