"""New code of a site's own nodes, while the flow runs: tried elsewhere, then swapped, or not."""

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.running_address import address_of
from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.retiring import DeployFailed
from oppleo_flow.flowfile.versions.refusals import BrokenCode, HasErrors
from tests.oppleo_flow.cli.deployed_site import NAME, DeployedSite
from tests.oppleo_flow.cli.own_nodes import code, write
from webui.access import Demo
from webui.server import listen

FLOW = """\
flow: hello
format: 1
nodes:
  tick: {type: schedule, every: 1h}
  mine: {type: own, from: tick}
  yours: {type: other, from: tick}
"""


@pytest.fixture
def running(site):
    (site / "nodes").mkdir(exist_ok=True)
    write(site, "own", code("own"))
    write(site, "other", code("other"))
    made = DeployedSite(site, FLOW)
    made.site = site
    made.runtime.run_for(3600)
    yield made
    made.runtime.stop()


def counts(running):
    running.runtime.run_for(3600)
    return running.runtime.node("mine").count, running.runtime.node("yours").count


def troubles(running):
    return [
        trouble.replace(f"{running.site}/", "") for trouble in running.runtime.snapshot().troubles
    ]


def test_nodes_of_new_code_restart_with_their_state_and_no_other_node_does(running):
    yours = running.runtime.node("yours")
    write(running.site, "own", code("own", step=10))
    done = running.deploying.reload()
    assert (done.files, done.changes.restarted) == (("own.py",), {"mine": "its code is new"})
    assert running.runtime.node("yours") is yours
    assert counts(running) == (11, 2)
    assert running.deploying.running().number == 1


def test_nothing_changed_is_nothing_done(running):
    done = running.deploying.reload()
    assert (done.files, done.changes.leaving) == ((), frozenset())


def test_what_imports_a_changed_neighbour_restarts_too(running):
    write(running.site, "_steps", "STEP = 2\n")
    write(running.site, "own", code("own", step="STEP", says=2, more="\nfrom ._steps import STEP"))
    running.deploying.reload()
    assert counts(running) == (3, 2)
    write(running.site, "_steps", "STEP = 2 * 10 // 10  # no more\n")
    done = running.deploying.reload()
    assert (done.files, [*done.changes.restarted]) == (("_steps.py", "own.py"), ["mine"])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(
            code("own", step=10, says=1),
            "nodes/own.py:18: example 1: output 'total': expected 1, got 10",
            id="an example that is not true",
        ),
        pytest.param(
            code("own", more="\n1 / 0\n"),
            "nodes/own.py:5: ZeroDivisionError: division by zero",
            id="an import that fails",
        ),
        pytest.param(
            code("own", more="\nimport os\nos._exit(7)\n"),
            "nodes/own.py:1: it ended the process that tried it, with 7",
            id="an end of the process",
        ),
    ],
)
def test_bad_code_is_told_and_the_old_goes_on(running, text, fault):
    mine = running.runtime.node("mine")
    write(running.site, "own", text)
    write(running.site, "other", code("other", step=5))
    with pytest.raises(BrokenCode) as told:
        running.deploying.reload()
    assert [line.replace(f"{running.site}/", "") for line in told.value.faults] == [fault]
    assert troubles(running) == [
        f"new code is not let in: {fault}; what ran before goes on running"
    ]
    assert running.runtime.node("mine") is mine
    assert counts(running) == (2, 2)
    write(running.site, "own", code("own", step=10))
    assert running.deploying.reload().files == ("other.py", "own.py")
    assert troubles(running) == []
    assert counts(running) == (12, 7)


ASKS_FOR_MORE = """
from pydantic import Field


class Config(NodeConfig):
    \"\"\"A size.\"\"\"

    size: int = Field(description="A size.")
"""


def test_code_that_does_not_go_with_the_flow_is_not_let_in(running):
    text = code("own", more=ASKS_FOR_MORE).replace("Node[NodeConfig]", "Node[Config]")
    write(running.site, "own", text.replace("Example(", 'Example(config={"size": 1}, '))
    with pytest.raises(HasErrors) as told:
        running.deploying.reload()
    assert "mine: 'size' is missing" in str(told.value)
    assert counts(running) == (2, 2)
    running.deploy(FLOW.replace("1h", "30m"))


def test_code_that_does_not_start_is_taken_back(running):
    bad = (
        code("own", step=10)
        + '''
    def start(self) -> None:
        """Look for what only the bench has."""
        if self.id != "node":
            raise OSError("no such thing here")
'''
    )
    write(running.site, "own", bad)
    with pytest.raises(DeployFailed) as told:
        running.deploying.reload()
    assert str(told.value) == "hello: node 'mine': no such thing here; what ran before runs again"
    assert counts(running) == (2, 2)


def test_a_new_file_is_a_type_that_a_deploy_can_use(running):
    write(running.site, "third", code("third", step=3))
    assert running.deploying.reload().files == ("third.py",)
    _, prospect = running.deploy(FLOW.replace("type: own", "type: third"))
    assert prospect.changes.restarted == {"mine": "its type was 'own'"}


def test_an_undeployed_change_of_the_flow_stays_undeployed(running):
    running.file.write_text(FLOW.replace("1h", "30m"))
    write(running.site, "own", code("own", step=10))
    running.deploying.reload()
    assert running.every() == 3600
    assert running.file.read_text() == FLOW.replace("1h", "30m")


# -- a deploy brings new code along ----------------------------------------------------------------

THIRD = FLOW.replace("type: own", "type: third")


def stripped(running, lines):
    return [line.replace(f"{running.site}/", "") for line in lines]


def test_a_deploy_takes_in_the_type_that_its_flow_needs(running):
    write(running.site, "third", code("third", step=3))
    running.file.write_text(THIRD)
    preview = running.deploying.preview(None)
    assert (preview.code, preview.code_faults) == (("third.py",), ())
    assert preview.changes.restarted == {"mine": "its type was 'own'"}
    assert "third" not in running.folder.registry.nodes()

    _, prospect = running.deploy(None)
    assert (prospect.code, prospect.changes) == (("third.py",), preview.changes)
    assert counts(running) == (3, 2)
    assert running.deploying.code.newest.files == ("third.py",)


def test_a_deploy_takes_in_newer_code_of_a_type_that_it_has(running):
    write(running.site, "own", code("own", step=10))
    _, prospect = running.deploy(FLOW.replace("1h", "30m"))
    assert (prospect.code, prospect.changes.restarted) == (
        ("own.py",),
        {"tick": "other options: every", "mine": "its code is new"},
    )


def test_a_deploy_that_needs_bad_code_is_refused(running):
    write(running.site, "third", code("third", more="\n1 / 0\n"))
    for call in (running.deploying.preview, running.deploy):
        with pytest.raises(BrokenCode) as told:
            call({NAME: THIRD} if call == running.deploying.preview else THIRD)
        fault = "nodes/third.py:5: ZeroDivisionError: division by zero"
        assert stripped(running, told.value.faults) == [fault]
    assert counts(running) == (2, 2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(
            code("own", more="\n1 / 0\n"),
            "nodes/own.py:5: ZeroDivisionError: division by zero",
            id="that is broken",
        ),
        pytest.param(
            code("own", more=ASKS_FOR_MORE)
            .replace("Node[NodeConfig]", "Node[Config]")
            .replace("Example(", 'Example(config={"size": 1}, '),
            "own.py: the flow does not fit it: flows/charge-point.yaml:5:3: mine: 'size' is "
            "missing; add 'size: …' (A size)",
            id="that asks for another flow",
        ),
    ],
)
def test_a_deploy_that_needs_no_new_code_leaves_out_what_is_not_good(running, text, fault):
    mine = running.runtime.node("mine")
    write(running.site, "own", text)
    _, prospect = running.deploy(FLOW.replace("1h", "30m"))
    assert (prospect.code, stripped(running, prospect.code_faults)) == ((), [fault])
    assert prospect.changes.restarted == {"tick": "other options: every"}
    assert running.runtime.node("mine") is mine
    assert troubles(running) == [
        f"new code is not let in: {fault}; what ran before goes on running"
    ]


def test_a_deploy_that_does_not_start_takes_its_code_back(running):
    bad = (
        code("third")
        + '''
    def start(self) -> None:
        """Look for what only the bench has."""
        if self.id != "node":
            raise OSError("no such thing here")
'''
    )
    write(running.site, "third", bad)
    with pytest.raises(DeployFailed):
        running.deploy(THIRD)
    assert counts(running) == (2, 2)
    assert "third" not in running.folder.registry.nodes()


# -- the command, against a runtime that is really served ------------------------------------------


@pytest.fixture
def served(running, tmp_path):
    with (
        listen(
            running.runtime,
            access=Demo(),
            clock=SystemClock(),
            port=0,
            built_page=tmp_path,
            deploying=running.deploying,
        ).start() as server,
        address_of(running.site, server.url),
    ):
        yield running


def test_the_command_says_what_was_reloaded_and_what_restarts(served, capsys):
    assert main(["reload"]) == 0
    write(served.site, "own", code("own", step=10))
    assert main(["reload"]) == 0
    assert capsys.readouterr().out == (
        "no file of the folder nodes/ has changed\n"
        "reloaded: own.py\nrestarts: mine: its code is new\n"
    )


def test_the_command_says_what_is_wrong_with_the_new_code(served, capsys):
    write(served.site, "own", code("own", more="\n1 / 0\n"))
    assert main(["reload"]) == 1
    assert capsys.readouterr().err == (
        f"{served.site}/nodes/own.py:5: ZeroDivisionError: division by zero\n"
        "nothing was reloaded; what ran before goes on running\n"
    )


def test_the_command_says_what_the_flow_lacks_for_the_new_code(served, capsys):
    text = code("own", more=ASKS_FOR_MORE).replace("Node[NodeConfig]", "Node[Config]")
    write(served.site, "own", text.replace("Example(", 'Example(config={"size": 1}, '))
    assert main(["reload"]) == 1
    assert "mine: 'size' is missing; add 'size: …' (A size)" in capsys.readouterr().err


def test_the_command_says_what_new_code_a_deploy_takes_in(served, capsys):
    write(served.site, "third", code("third", step=3))
    served.file.write_text(THIRD)
    assert main(["deploy", "--preview"]) == 0
    assert main(["deploy"]) == 0
    what = "takes in new code: third.py\nrestarts: mine: its type was 'own'\n"
    assert capsys.readouterr().out == f"{what}version 2 runs\n{what}"


def test_the_command_says_why_a_deploy_leaves_out_new_code_or_is_refused(served, capsys):
    write(served.site, "third", code("third", more="\n1 / 0\n"))
    fault = f"{served.site}/nodes/third.py:5: ZeroDivisionError: division by zero"
    served.file.write_text(FLOW.replace("1h", "30m"))
    assert main(["deploy"]) == 0
    served.file.write_text(THIRD)
    assert main(["deploy"]) == 1
    told = capsys.readouterr()
    assert told.out.splitlines()[1] == f"leaves out new code: {fault}"
    assert told.err == f"{fault}\n"
