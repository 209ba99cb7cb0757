"""Files saved while a site runs: new code is taken in by itself, a new flow is only told of."""

import pytest

from oppleo_flow.cli.disk_watch import DiskWatch
from oppleo_flow.cli.site_config import WatchSettings
from tests.oppleo_flow.cli.deployed_site import FASTER, FLOW, NAME, DeployedSite
from tests.oppleo_flow.cli.own_nodes import code, write

OWN = FLOW.replace("more: {type: debug", "mine: {type: own")


class Watched(DeployedSite):
    """A site that is looked at when a test says so; `said` are the lines on the terminal."""

    def __init__(self, folder, **settings):
        (folder / "nodes").mkdir()
        write(folder, "own", code("own"))
        super().__init__(folder, OWN)
        self.site = folder
        self.said = []
        self.watch = self.watched(**settings)

    def watched(self, **settings):
        return DiskWatch(
            self.deploying, self.site / "nodes", WatchSettings(**settings), say=self.said.append
        )

    def look(self, times=2):
        for _ in range(times):
            self.watch.look()
            self.watch.wait()

    def troubles(self):
        told = self.runtime.snapshot().troubles
        return [trouble.replace(f"{self.site}/", "") for trouble in told]

    def step(self):
        """Return by how much the node counts on."""
        before = self.runtime.node("mine").count
        self.runtime.run_for(3600)
        return self.runtime.node("mine").count - before


@pytest.fixture
def make(tmp_path):
    made = []

    def watched(**settings):
        made.append(Watched(tmp_path, **settings))
        return made[-1]

    yield watched
    for site in made:
        site.runtime.stop()


# -- code ------------------------------------------------------------------------------------------


def test_new_code_is_taken_in_once_it_has_settled(make):
    site = make()
    write(site.site, "own", code("own", step=10))
    site.look(1)
    assert (site.said, site.step()) == ([], 1)
    site.look(3)
    assert (site.said, site.step()) == (["new code: own.py: restarts mine"], 10)
    assert site.deploying.code.newest.files == ("own.py",)


def test_code_that_is_half_written_is_waited_for(make):
    site = make()
    text = code("own", step=10)
    for end in (100, 200, len(text)):
        write(site.site, "own", text[:end])
        site.look(1)
    assert site.said == site.troubles() == []
    site.look(1)
    assert (site.said, site.step()) == (["new code: own.py: restarts mine"], 10)


def test_bad_code_is_refused_once_and_what_is_mended_is_taken_in(make):
    site = make()
    write(site.site, "own", code("own", more="\n1 / 0\n"))
    site.look(4)
    fault = "nodes/own.py:5: ZeroDivisionError: division by zero"
    assert site.troubles() == [f"new code is not let in: {fault}; what ran before goes on running"]
    assert (site.said, site.step()) == ([], 1)
    tried = site.deploying.code.newest
    assert [line.replace(f"{site.site}/", "") for line in tried.faults] == [fault]
    write(site.site, "own", code("own", step=10))
    site.look(2)
    assert (site.troubles(), site.step()) == ([], 10)
    assert site.said == ["new code: own.py: restarts mine"]


def test_a_new_type_is_there_for_the_next_deploy(make):
    site = make()
    write(site.site, "third", code("third", step=3))
    site.look(2)
    assert site.said == ["new code: third.py: no node is made of it"]
    site.deploy(OWN.replace("type: own", "type: third"))
    assert site.step() == 3


def test_what_was_saved_before_the_first_look_is_taken_in_too(make):
    site = make()
    write(site.site, "own", code("own", step=10))
    site.watch = site.watched()
    site.look(1)
    assert (site.said, site.step()) == (["new code: own.py: restarts mine"], 10)


def test_what_an_editor_hides_in_the_folder_is_no_code(make):
    site = make()
    (site.site / "nodes" / ".#own.py").symlink_to("nobody@nowhere")
    (site.site / "nodes" / ".own.py").write_text("half of")
    site.look(3)
    assert site.said == site.troubles() == []


def test_code_is_not_looked_at_where_the_owner_says_so(make):
    site = make(code=False)
    write(site.site, "own", code("own", step=10))
    site.look(3)
    assert (site.said, site.step()) == ([], 1)
    assert site.deploying.reload().files == ("own.py",)


# -- the flow --------------------------------------------------------------------------------------


def test_a_changed_flow_is_told_once_for_each_change_and_not_deployed(make):
    site = make()
    site.file.write_text(FASTER)
    site.look(4)
    changed = f"{NAME}: changed, and not deployed yet; `oppleo-flow deploy` does it"
    assert site.said == [changed]
    assert site.every() == 3600
    site.file.write_text(FASTER.replace("1m", "2m"))
    site.look(2)
    assert site.said == [changed] * 2
    site.deploy(None)
    site.look(3)
    assert (site.said, site.every()) == ([changed] * 2, 120)


def test_a_changed_flow_that_cannot_run_is_told_with_what_is_wrong(make):
    site = make()
    site.file.write_text(OWN.replace("tick: {type", "tick: {typ").replace("from: tick", "form: t"))
    site.look(2)
    (line,) = site.said
    assert line.startswith(
        f"{NAME}: changed, and has errors; what ran before goes on: {site.file}:4:"
    )
    site.file.write_text(OWN)
    site.look(2)
    assert site.said[1:] == [f"{NAME}: as it runs, again"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 50_000, id="lists within lists"),
        pytest.param("\x00\x07", id="no text"),
        pytest.param("flow: &a [*a, *a]", id="an alias of itself"),
        pytest.param("", id="nothing"),
    ],
)
def test_whatever_is_saved_the_watch_goes_on(make, text):
    site = make()
    site.file.write_text(text)
    site.look(2)
    assert site.every() == 3600
    site.file.write_text(FASTER)
    site.look(2)
    assert site.said[-1] == (f"{NAME}: changed, and not deployed yet; `oppleo-flow deploy` does it")


def test_bad_code_is_not_tried_again_because_a_flow_changes(make):
    site = make()
    write(site.site, "own", code("own", more="\n1 / 0\n"))
    site.look(3)
    tried = site.deploying.code.newest
    site.file.write_text(FASTER)
    site.look(3)
    assert site.deploying.code.newest is tried


def test_what_a_deploy_writes_is_no_change(make):
    site = make()
    site.deploy(FASTER)
    site.look(3)
    assert site.said == []


def test_the_flow_is_not_looked_at_where_the_owner_says_so(make):
    site = make(flows=False)
    site.file.write_text(FASTER)
    site.look(3)
    assert site.said == []
