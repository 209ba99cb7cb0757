"""Three crashes in a row: the last good version runs, or the page alone, and both say why."""

import json
from contextlib import contextmanager

import pytest

from oppleo_flow.cli import main
from oppleo_flow.flowfile.versions import History
from oppleo_flow.store.audit import this_user
from tests.oppleo_flow.cli.running_site import HELLO, PATIENCE_S, RUNS, running, shown, start

BOOM = '''
"""End the process."""
import os
from oppleo_flow import Node, NodeConfig


class Boom(Node[NodeConfig]):
    """Crash as a broken driver does."""

    type_name = "boom"

    def start(self) -> None:
        """Take the process away."""
        os._exit(7)

    def on_message(self, thing: object) -> None:
        """Do nothing."""
'''
CRASHES = f"{HELLO}  boom: {{type: boom, from: tick}}\n"


@pytest.fixture
def site(site):
    """Return a site whose flow runs, and a type of node that crashes."""
    with (site / "oppleo.yaml").open("a") as settings:
        settings.write("web: {port: 0}\n")
    (site / "flows").mkdir()
    (site / "flows" / "charge-point.yaml").write_text(HELLO)
    (site / "nodes").mkdir()
    (site / "nodes" / "boom.py").write_text(BOOM)
    return site


@contextmanager
def crashing(site):
    """Run a flow that crashes when it starts, until something else runs; give its address."""
    (site / "flows" / "charge-point.yaml").write_text(CRASHES)
    with start() as guardian:
        announced = RUNS.fullmatch(guardian.stdout.readline().rstrip())
        assert announced, guardian.stderr.read()
        yield announced["url"]
        guardian.terminate()
        guardian.communicate(timeout=PATIENCE_S)


def ask(site, url, path="api/v1/state"):
    return json.loads(shown(site, url, path))


def test_the_last_good_version_runs_and_the_page_says_so(site):
    history = History(site / ".oppleo" / "history")
    with running() as (guardian, _):
        guardian.terminate()
        guardian.communicate(timeout=PATIENCE_S)
    history.mark_good(history.newest())
    with crashing(site) as url:
        state = ask(site, url)
        assert state["reasons"] == [
            "version 2 crashed three times within five minutes; "
            "version 1, the last good one, runs instead; mend it and deploy it"
        ]
        assert [node["id"] for node in state["nodes"]] == ["tick", "show"]
        assert ask(site, url, "api/v1/flow")["changed_on_disk"] == ["flows/charge-point.yaml"]
        mended = CRASHES.replace("type: boom", "type: debug")
        (site / "flows" / "charge-point.yaml").write_text(mended)
        assert main(["deploy", "--why", "mended"]) == 0
        assert ask(site, url)["reasons"] == []
    assert [(v.number, v.who, v.why) for v in history.versions()] == [
        (4, f"{this_user()} (command)", "mended"),
        (
            *(3, "guardian"),
            "version 2 crashed three times within five minutes; back to version 1",
        ),
        (2, "run", "started from the files"),
        (1, "run", "started from the files"),
    ]


def test_without_a_good_version_only_the_page_runs(site):
    with crashing(site) as url:
        state = ask(site, url)
        assert state["reasons"][0] == (
            "version 1 crashed three times within five minutes, and no version has run well for "
            "five minutes yet; only this page runs, the outputs are safe; "
            "mend the flow and deploy it"
        )
        assert state["nodes"] == []
        (site / "flows" / "charge-point.yaml").write_text(HELLO)
        assert main(["deploy"]) == 0
        state = ask(site, url)
        assert (state["ready"], state["reasons"]) == (True, [])
        assert [node["id"] for node in state["nodes"]] == ["tick", "show"]
