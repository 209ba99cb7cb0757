"""`oppleo-flow audit`: what the command line and a running flow have noted."""

import json
import re
from datetime import UTC, datetime

import pytest

from oppleo_flow import Node, NodeConfig
from oppleo_flow.cli import main
from oppleo_flow.cli.audit_trail import audit_of
from oppleo_flow.cli.running import Running
from oppleo_flow.cli.site import Site
from oppleo_flow.clock import VirtualClock
from oppleo_flow.errors import StoreError
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.store.audit import AuditLog, this_user
from oppleo_flow.testing import graph_of, plan
from oppleo_flow.testing.bench import NOON
from tests.oppleo_flow.cli.deployed_site import FASTER, FLOW, DeployedSite
from tests.oppleo_flow.cli.served import served

ME = f"{this_user()} (command)"


def deeds(site):
    """Return what was noted, the oldest first."""
    found = audit_of(Site.load(site)).deeds()
    return [(deed.who, deed.what, deed.about, deed.details) for deed in reversed(found)]


def test_cards_and_prices_that_are_changed_are_noted(site):
    assert main(["tokens", "add", "04A1B2C3", "--label", "family", "--until", "2099-12-31"]) == 0
    assert main(["tokens", "disable", "family"]) == 0
    assert main(["tokens", "enable", "family"]) == 0
    assert main(["prices", "set", "0.41", "--from", "2099-01-01"]) == 0
    assert deeds(site) == [
        (ME, "token", "04A1B2C3 'family' may charge", "until 2099-12-31"),
        (ME, "token", "04A1B2C3 'family' may charge no more", ""),
        (ME, "token", "04A1B2C3 'family' may charge", "until 2099-12-31"),
        (ME, "price", "0.41 EUR per kWh from 2099-01-01 on", ""),
    ]


def test_what_was_refused_is_not_noted(site):
    assert main(["tokens", "disable", "nobody"]) == 3
    assert deeds(site) == []


def test_a_listing_is_in_the_time_of_the_site_and_marks_what_was_simulated(site, capsys):
    main(["tokens", "add", "04A1B2C3", "--label", "family", "--simulate"])
    capsys.readouterr()
    assert main(["audit"]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["when", "who", "what", "about"]
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d  {re.escape(ME)}  token  "
        r"04A1B2C3 'family' may charge  simulated",
        line,
    )


@pytest.fixture
def january(site):
    """Return a site at which two deploys were noted, at noon and a day later."""
    clock = VirtualClock(NOON)
    log = AuditLog(site / ".oppleo" / "audit.sqlite", clock)
    log.note("page", "deploy", "version 2: first", "-old\n+new")
    clock.advance(86_400)
    log.note("page", "deploy", "version 3: second")
    return site


def test_what_was_changed_is_shown_when_it_is_asked_for(january, capsys):
    assert main(["audit", "--details"]) == 0
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "when who what about",
        "2026-01-16 13:00:00 page deploy version 3: second",
        "2026-01-15 13:00:00 page deploy version 2: first",
        "-old",
        "+new",
    ]


@pytest.mark.parametrize(
    ("since", "found"),
    [
        pytest.param("2026-01-16", [2], id="a day of the site"),
        pytest.param("2026-01-15", [2, 1], id="a day on which something was done"),
        pytest.param("1s", [], id="how long ago"),
        pytest.param("36500d", [2, 1], id="a century ago"),
    ],
)
def test_only_what_was_done_since_a_moment_is_listed(january, capsys, since, found):
    assert main(["audit", "--since", since, "--json"]) == 0
    assert [deed["number"] for deed in json.loads(capsys.readouterr().out)] == found


def test_a_program_is_told_all_of_it(january, capsys):
    assert main(["audit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[1] == {
        "number": 1,
        "at": "2026-01-15T12:00:00+00:00",
        "who": "page",
        "what": "deploy",
        "about": "version 2: first",
        "details": "-old\n+new",
        "simulated": False,
    }


@pytest.mark.parametrize(
    ("word", "said"),
    [
        pytest.param(
            "yesterday",
            "a day such as 2026-01-31, or a time such as 2h, is needed, got 'yesterday'",
            id="no day",
        ),
        pytest.param(
            "7 weeks", "a duration such as 500ms, 10s, 5m, 1h30m or 2d is needed", id="no duration"
        ),
    ],
)
def test_a_moment_that_cannot_be_understood_is_refused(site, capsys, word, said):
    assert main(["audit", "--since", word]) == 2
    assert capsys.readouterr().err == (
        f"oppleo-flow: --since: {said}; see `oppleo-flow audit --help`\n"
    )


# -- what a running flow notes -----------------------------------------------------------------


@pytest.fixture
def noted():
    return []


@pytest.fixture
def running(site, noted):
    made = DeployedSite(site, note=lambda *deed: noted.append(deed))
    yield made
    made.runtime.stop()


def test_a_deploy_is_noted_with_its_diff_and_so_is_the_way_back(running, noted):
    running.deploy(FASTER)
    running.deploying.back(1, running.revision, who="pi (command)")
    (who, what, about, diff), back = noted
    assert (who, what, about) == ("page", "deploy", "version 2: because")
    assert "-  tick: {type: schedule, every: 1h}  # now and then\n" in diff
    assert "+  tick: {type: schedule, every: 1m}  # now and then\n" in diff
    assert back[:3] == ("pi (command)", "deploy", "version 3: back to version 1")


def test_a_deploy_that_changes_nothing_is_not_noted(running, noted):
    running.deploy(FLOW)
    running.deploy(None)
    assert noted == []


def test_a_deploy_that_only_writes_over_a_file_is_noted(running, noted):
    running.file.write_text(FASTER)
    running.deploy(FLOW, overwrite=True)
    assert [deed[:3] for deed in noted] == [("page", "deploy", "version 1: because")]
    assert running.file.read_text() == FLOW


def test_a_deploy_that_cannot_be_noted_is_done_all_the_same(site, caplog):
    def refuse(*_):
        raise StoreError("the disk is full")

    made = DeployedSite(site, note=refuse)
    made.deploy(FASTER)
    assert made.every() == 60
    assert "not in the audit: page: deploy version 2: because: the disk is full" in caplog.text
    made.runtime.stop()


class Clerk(Node[NodeConfig]):
    """Fail to write anything down."""

    type_name = "clerk"

    def on_message(self, thing: object) -> None:
        raise OSError("there is no book")


class Scribe(Node[NodeConfig]):
    """Take a number in."""

    type_name = "scribe"

    def on_message(self, number: int) -> None:
        self.status("ok", str(number))


def test_what_is_sent_by_hand_is_noted_with_what_it_was(site):
    with served(site, graph_of({"scribe": plan(Scribe)}, []), audit=audit_of(Site.load(site))):
        Running(site).ask("POST", "/inject", {"to": "scribe", "payload": "5"})
    assert deeds(site) == [(ME, "inject", "scribe.in", "5")]


def test_a_dead_letter_and_a_log_level_are_noted_under_the_name_of_who_asked(site):
    graph = graph_of({"clerk": plan(Clerk, on_error=OnError(then="dead-letter"))}, [])
    with served(site, graph, audit=audit_of(Site.load(site))) as flow:
        flow.inject("clerk", "in", 5)
        flow.run_for(0)
        assert main(["dead-letters", "replay", "1"]) == 0
        assert main(["dead-letters", "discard", "1"]) == 0
        assert main(["log-level", "clerk", "info"]) == 0
        assert main(["log-level", "clerk", "--reset"]) == 0
    assert deeds(site) == [
        (ME, "replay", "dead letter 1 of clerk.in", '{"type": "int", "value": 5}'),
        (ME, "discard", "dead letter 1 of clerk.in", '{"type": "int", "value": 5}'),
        (ME, "log-level", "clerk: info", ""),
        (ME, "log-level", "clerk: warning", ""),
    ]
    assert datetime.now(UTC) >= audit_of(Site.load(site)).deeds()[0].at
