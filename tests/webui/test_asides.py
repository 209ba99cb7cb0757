"""What an open editor is told with the events: that it has to look again, and at what."""

import json

import pytest

from oppleo_flow.cli.new_code import NewCode
from tests.oppleo_flow.cli.deployed_site import FASTER, FLOW, DeployedSite
from tests.webui.test_feed import parse
from webui.asides import DISK_S, Asides
from webui.feed import Feed
from webui.server import listen


class Drafted:
    """Stands for the drafts of all accounts: somebody may change one."""

    token = "0"


class Around:
    """Stands for what reads the flow files of a site."""

    def __init__(self, site):
        self._file = site.file

    def around(self):
        return {f"flows/{self._file.name}": self._file.read_text()}


@pytest.fixture
def site(tmp_path):
    made = DeployedSite(tmp_path)
    yield made
    made.runtime.stop()


@pytest.fixture
def drafts():
    return Drafted()


@pytest.fixture
def feed(site, drafts):
    made = Feed(site.runtime, site.clock, most_streams=2)
    made.editor = Asides(site.clock, site.deploying, editing=Around(site), drafts=drafts)
    yield made
    made.close()


@pytest.fixture
def next_change(feed, site):
    """Return what gives the next change that a page is told of the editor's."""
    stream = feed.listen()
    told = [parse(next(stream))[1]["editor"]]

    def change():
        for _ in range(4):
            site.clock.advance(DISK_S)
            feed._tell([])
            new = parse(next(stream))[1]["editor"]
            if new != told[-1]:
                told.append(new)
                return {name: new[name] for name in new if new[name] != told[-2][name]}
        return {}

    return change


def test_an_editor_is_told_first_what_runs(feed, site):
    assert json.loads(feed.state())["editor"] == {
        "running": site.revision,
        "version": 1,
        "who": "run",
        "disk": "",
        "code": "",
        "drafts": "0",
    }


def test_nothing_is_told_of_an_editor_where_nothing_can_be_edited(site):
    feed = Feed(site.runtime, site.clock, most_streams=1)
    assert json.loads(feed.state())["editor"] is None
    feed.close()


def test_a_deploy_changes_the_events(next_change, site):
    site.deploy(FASTER, who="Ada")
    assert next_change() == {"running": site.revision, "version": 2, "who": "Ada"}
    assert next_change() == {}


def test_each_change_on_the_disk_changes_the_events(next_change, site):
    tokens = []
    for text in (FASTER, FLOW.replace("1h", "2h")):
        site.file.write_text(text)
        tokens.append(next_change()["disk"])
    assert "" not in tokens
    assert tokens[0] != tokens[1]
    site.file.write_text(FLOW)
    assert next_change() == {"disk": ""}


def test_what_is_deployed_is_not_said_to_differ_even_for_a_moment(feed, site):
    site.file.write_text(FASTER)
    site.clock.advance(DISK_S)
    assert feed.editor()["disk"]
    site.deploy(None)
    assert feed.editor()["disk"] == ""


def test_the_disk_is_not_looked_at_for_each_event(feed, site):
    feed.editor()
    site.file.write_text(FASTER)
    assert feed.editor()["disk"] == ""
    site.clock.advance(DISK_S)
    assert feed.editor()["disk"]


def test_new_code_and_another_draft_each_change_the_events(next_change, site, drafts):
    tried_at = site.clock.now().isoformat()
    site.deploying.code.note(NewCode(faults=("fade.py:1: not good",)))
    assert next_change() == {"code": tried_at}
    drafts.token = "1"
    assert next_change() == {"drafts": "1"}


def test_a_change_beside_the_flow_is_kept_for_who_comes_back(feed, site, drafts):
    stream = feed.listen()
    first = next(stream).decode()
    after = first.partition("id: ")[2].partition("\n")[0]
    drafts.token = "1"
    feed._tell([])
    missed = feed.listen(after=after)
    assert parse(next(missed))[1]["editor"]["drafts"] == "1"


def test_a_server_that_can_deploy_tells_it(site, tmp_path):
    with listen(
        site.runtime, clock=site.clock, port=0, deploying=site.deploying, built_page=tmp_path
    ) as server:
        assert json.loads(server._feed.state())["editor"]["version"] == 1
