"""`oppleo-flow notifications` and `notify-test`, against a flow that runs and sends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nodes.notify.prowl import Prowl
from nodes.notify.recipient import Recipient
from oppleo_flow.charging.calendar import WEEKDAYS
from oppleo_flow.charging.told import ToldOnce
from oppleo_flow.cli import main
from oppleo_flow.cli.running_address import address_of
from oppleo_flow.cli.site import Site
from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.testing import BenchSite, graph_of, plan
from oppleo_flow.testing.bench import NOON
from tests.nodes.notify.service import RealWeb, service
from webui.access import Demo
from webui.server import listen

PATIENCE_S = 60.0
GOOD = (200, '<prowl><success code="200" remaining="9" resetdate="1"/></prowl>')
WRONG_KEY = (401, '<prowl><error code="401">Invalid API key</error></prowl>')


@contextmanager
def running(site: Path, prowl_at: str) -> Iterator[None]:
    """Run `owner > push` and a `quiet > push` beside it, and answer for them."""
    location = Site.load(site).service(StoreLocation)
    location.path.parent.mkdir(exist_ok=True)
    in_three_days = WEEKDAYS[(datetime.now(UTC).weekday() + 3) % 7]
    days = ",".join(day for day in WEEKDAYS if day != in_three_days)
    quiet = [{"days": days, "from": "00:00", "to": "24:00"}]
    push = plan(Prowl, {"http": "web", "key": "a key", "server": prowl_at})
    graph = graph_of(
        {"push": push, "owner": plan(Recipient), "sleeper": plan(Recipient, {"quiet": quiet})},
        ["owner.out > push.in", "sleeper.out > push.in"],
        {"web": RealWeb},
    )
    bench = BenchSite(folder=site, charge_point="garage", services={StoreLocation: location})
    runtime = Runtime(replace(graph, name="test"), clock=SystemClock(), site=bench)
    runtime.start()
    assert runtime.wait_settled(PATIENCE_S)
    try:
        with (
            listen(
                runtime, access=Demo(), clock=SystemClock(), port=0, built_page=site
            ).start() as server,
            address_of(site, server.url),
        ):
            yield
    finally:
        runtime.stop()


@pytest.mark.parametrize(
    ("answer", "node", "code", "says"),
    [
        pytest.param(GOOD, "push", 0, "push: sent", id="to the service itself"),
        pytest.param(GOOD, "owner", 0, "push: sent", id="to a person"),
        pytest.param(
            WRONG_KEY,
            *("push", 1),
            "push: refused for good: Prowl: refused with status 401: the key is not valid "
            "(Invalid API key)",
            id="with a wrong key",
        ),
    ],
)
def test_a_test_is_sent_and_it_says_how_that_went(site, capsys, answer, node, code, says) -> None:
    with service(answer) as prowl, running(site, prowl.url):
        assert main(["notify-test", node]) == code

    assert capsys.readouterr().out.strip() == says
    assert prowl.asked[0].form["event"] == "Test"
    assert prowl.asked[0].form["description"].startswith(f"This is a test of {node}, sent on ")


def test_a_test_to_somebody_who_sleeps_is_held_and_says_so(site, capsys) -> None:
    with service(GOOD) as prowl, running(site, prowl.url):
        assert main(["notify-test", "sleeper", "--wait", "1"]) == 1

    assert "sleeper: nothing was sent within 1 s" in capsys.readouterr().err
    assert prowl.asked == []


def test_a_flow_that_does_not_run_sends_no_test(site, capsys) -> None:
    assert main(["notify-test", "push"]) == 3
    assert "does not run" in capsys.readouterr().err


@pytest.fixture
def told(site) -> list[ToldOnce]:
    location = Site.load(site).service(StoreLocation)
    first = ToldOnce("push", "1", NOON, "fault", 1, "Fault: meter", "no answer", "sent")
    second = ToldOnce(
        *("mail", "2", NOON + timedelta(hours=1), "statement-ready", 0, "Statement", "3 sessions"),
        *("failed", "mail:587: cannot be reached: Connection refused", 2),
    )
    with open_ledger(location, "garage") as ledger:
        ledger.told.record(first)
        ledger.told.record(second)
        ledger.told.record(second)
    return [second, first]


def test_what_was_told_is_listed_by_the_local_clock_the_newest_first(told, capsys) -> None:
    assert main(["notifications"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "when by event title result tries error",
        "2026-01-15 14:00:00 mail statement-ready Statement failed 2 "
        "mail:587: cannot be reached: Connection refused",
        "2026-01-15 13:00:00 push fault Fault: meter sent 1",
    ]


def test_a_program_gets_all_of_it(told, capsys) -> None:
    assert main(["notifications", "--last", "1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "node": "mail",
            "told_id": "2",
            "at": "2026-01-15T13:00:00+00:00",
            "event": "statement-ready",
            "priority": 0,
            "title": "Statement",
            "text": "3 sessions",
            "result": "failed",
            "error": "mail:587: cannot be reached: Connection refused",
            "tries": 2,
        }
    ]


def test_without_a_ledger_it_says_what_to_do(site, capsys) -> None:
    assert main(["notifications"]) == 1
    assert "start `oppleo-flow run` once" in capsys.readouterr().err
