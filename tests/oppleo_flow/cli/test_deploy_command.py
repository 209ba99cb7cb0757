"""`oppleo-flow deploy` and `oppleo-flow versions`, against a runtime that is really served."""

import json

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.running_address import address_of
from oppleo_flow.clock import SystemClock
from tests.oppleo_flow.cli.deployed_site import FASTER, FLOW, NAME, QUIET, DeployedSite
from webui.access import Demo
from webui.server import listen


@pytest.fixture
def running(site, tmp_path):
    made = DeployedSite(site)
    with (
        listen(
            made.runtime,
            access=Demo(),
            clock=SystemClock(),
            port=0,
            built_page=tmp_path,
            deploying=made.deploying,
        ).start() as server,
        address_of(site, server.url),
    ):
        yield made
    made.runtime.stop()


def test_what_is_on_the_disk_is_deployed_and_told(running, capsys):
    running.file.write_text(FASTER)
    assert main(["deploy", "--why", "a lively demo"]) == 0
    assert capsys.readouterr().out == "version 2 runs\nrestarts: tick: other options: every\n"
    assert running.every() == 60
    assert running.deploying.running().why == "a lively demo"


def test_a_preview_deploys_nothing(running, capsys):
    running.file.write_text(QUIET.replace("more", "other"))
    assert main(["deploy", "--preview"]) == 0
    assert capsys.readouterr().out == "starts: other\nstops: show\nstops: more\n"
    assert running.deploying.running().number == 1


def test_nothing_changes_in_what_runs_when_only_a_comment_does(running, capsys):
    running.file.write_text(FLOW.replace("now and then", "hourly"))
    assert main(["deploy"]) == 0
    assert capsys.readouterr().out == "version 2 runs\nnothing changes in what runs\n"


def test_the_same_again_changes_nothing_and_says_so(running, site, capsys):
    (site / "draft.yaml").write_text(FLOW)
    assert main(["deploy"]) == main(["deploy", "draft.yaml"]) == 0
    assert capsys.readouterr().out == "nothing changed: version 1 runs\n" * 2


def test_another_file_is_a_new_text_of_the_flow(running, site, capsys):
    (site / "draft.yaml").write_text(FASTER)
    assert main(["deploy", "draft.yaml"]) == 0
    assert running.file.read_text() == FASTER
    assert main(["deploy", "nowhere.yaml"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: nowhere.yaml:1:1: the file cannot be read: no such file or directory\n"
    )


def test_a_flow_with_errors_is_shown_as_check_shows_it(running, capsys):
    running.file.write_text(
        FLOW.replace("debug, from: tick}\n  more", "debug, from: tikc}\n  more")
    )
    assert main(["deploy"]) == 1
    assert capsys.readouterr().err == (
        f"{running.file}:5:29: show: there is no node 'tikc'; did you mean 'tick'?\n"
        "     5 |   show: {type: debug, from: tikc}\n"
        "       |                             ^\n"
    )
    assert running.deploying.running().number == 1


def test_what_is_on_the_disk_is_not_overwritten_unasked(running, site, capsys):
    running.file.write_text(QUIET)
    (site / "draft.yaml").write_text(FASTER)
    assert main(["deploy", "draft.yaml"]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {NAME}: was changed on the disk and not deployed; deploy that first, "
        "or say that it may be overwritten\n"
    )
    assert main(["deploy", "draft.yaml", "--overwrite"]) == 0
    assert running.file.read_text() == FASTER


def test_the_versions_are_listed_compared_and_gone_back_to(running, capsys):
    running.deploy(FASTER)
    assert main(["versions", "list"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["version", "deployed", "by", "why"],
        ["*2", "2026-01-15", "13:00:00", "page", "because"],
        ["1", "2026-01-15", "13:00:00", "run", "started", "from", "the", "files"],
    ]
    assert main(["versions", "diff", "1"]) == 0
    assert "-  tick: {type: schedule, every: 1h}" in capsys.readouterr().out
    assert main(["versions", "diff", "2", "1"]) == 0
    assert "-  tick: {type: schedule, every: 1m}" in capsys.readouterr().out
    assert main(["versions", "back", "1"]) == 0
    assert capsys.readouterr().out == "version 3 runs\nrestarts: tick: other options: every\n"
    assert running.file.read_text() == FLOW
    assert main(["versions", "list", "--format", "json"]) == 0
    assert [one["version"] for one in json.loads(capsys.readouterr().out)] == [3, 2, 1]


@pytest.mark.parametrize("words", [["diff", "9"], ["diff", "1", "9"], ["back", "9"]])
def test_a_version_that_is_not_kept_is_refused(running, capsys, words):
    assert main(["versions", *words]) == 3
    assert capsys.readouterr().err == "oppleo-flow: there is no version 9\n"


@pytest.mark.parametrize("words", [["deploy"], ["versions", "list"]])
def test_a_site_that_does_not_run_says_what_to_do(site, capsys, words):
    assert main(words) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {site}: does not run; start it with `oppleo-flow run` first\n"
    )
