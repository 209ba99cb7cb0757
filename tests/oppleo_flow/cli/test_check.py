import json
import os

import pytest

from oppleo_flow.cli import main

HELLO = """\
flow: hello
format: 1
nodes:
  tick: {type: schedule, every: 10s}
  show: {type: debug, from: tick}
"""


@pytest.fixture
def flows(site):
    (site / "flows").mkdir()
    (site / "flows" / "hello.yaml").write_text(HELLO)
    settings = (site / "oppleo.yaml").read_text()
    (site / "oppleo.yaml").write_text(settings.replace("charge-point\n", "hello\n"))
    return site / "flows"


def test_a_site_without_errors_says_how_much_was_checked(flows, capsys):
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "2 files checked: no errors\n"


def test_every_finding_shows_its_line_with_a_caret(flows, capsys):
    broken = HELLO.replace("every: 10s", "every: 10s, mised: skip")
    broken = broken.replace("from: tick", "from: tock")
    (flows / "hello.yaml").write_text(broken)
    assert main(["check", "flows/hello.yaml"]) == 1
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.splitlines() == [
        "flows/hello.yaml:4:38: tick: 'mised' is not an option of schedule; did you mean 'missed'?",
        "     4 |   tick: {type: schedule, every: 10s, mised: skip}",
        "       |                                      ^",
        "",
        "flows/hello.yaml:5:29: show: there is no node 'tock'; did you mean 'tick'?",
        "     5 |   show: {type: debug, from: tock}",
        "       |                             ^",
        "",
        "flows/hello.yaml: 2 errors, 0 warnings",
    ]


def test_github_is_given_an_annotation_for_each_finding(flows, capsys):
    (flows / "hello.yaml").write_text(HELLO.replace("from: tick", "from: tock"))
    assert main(["check", "flows/hello.yaml", "--format", "github"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "::error file=flows/hello.yaml,line=5,col=29,title=unknown-node::"
        "show: there is no node 'tock'; did you mean 'tick'?",
    ]


def test_what_is_only_worth_knowing_is_shown_on_request(flows, capsys):
    (flows / "hello.yaml").write_text(HELLO.partition("  show:")[0])
    assert main(["check", "flows/hello.yaml"]) == 0
    assert capsys.readouterr().out == "flows/hello.yaml: no errors\n"
    assert main(["check", "flows/hello.yaml", "--notes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "flows/hello.yaml:4:3: info: tick: nothing is wired to tick.tick",
        "     4 |   tick: {type: schedule, every: 10s}",
        "       |   ^",
        "",
        "flows/hello.yaml: 0 errors, 0 warnings, 1 note",
    ]


def test_findings_as_json_have_stable_codes(flows, capsys):
    (flows / "hello.yaml").write_text(HELLO.replace("from: tick", "from: tock"))
    assert main(["check", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {
            "code": "unknown-node",
            "severity": "error",
            "file": str(flows / "hello.yaml"),
            "line": 5,
            "column": 29,
            "node": "show",
            "message": "there is no node 'tock'; did you mean 'tick'?",
            "source": "  show: {type: debug, from: tock}",
            "instances": [],
        }
    ]


def test_settings_and_flows_are_checked_in_one_run(site, flows, capsys):
    with (site / "oppleo.yaml").open("a") as settings:
        settings.write("simluate: true\n")
    (flows / "hello.yaml").write_text(HELLO.replace("debug", "debgu"))
    assert main(["check"]) == 1
    headlines = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith(str(site))
    ]
    assert headlines == [
        f"{site}/oppleo.yaml:6:1: 'simluate' is not an option of oppleo.yaml; "
        "did you mean 'simulate'?",
        f"{flows}/hello.yaml:5:16: show: unknown node type 'debgu'; did you mean 'debug'?",
    ]


def test_a_broken_node_file_that_no_flow_uses_is_a_warning_with_its_line(site, flows, capsys):
    (site / "nodes").mkdir()
    (site / "nodes" / "mine.py").write_text("import sys\nimport nowhere_at_all\n")
    assert main(["check"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{site}/nodes/mine.py:2:1: warning: ModuleNotFoundError: No module named 'nowhere_at_all'",
        "",
        "2 files checked: 0 errors, 1 warning",
    ]


def test_what_two_flows_find_in_a_third_file_is_told_once(site, flows, capsys):
    (site / "secrets.yaml").write_text("pass: [\n")
    (site / "secrets.yaml").chmod(0o600)
    secret = HELLO.replace("every: 10s", "every: !secret pass")
    for name in ("hello", "other"):
        (flows / f"{name}.yaml").write_text(secret)
    assert main(["check"]) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if "secrets.yaml" in line]
    assert told == [
        f"{site}/secrets.yaml:1:8: the file ends in the middle of a value; close every [ and {{"
    ]


@pytest.mark.parametrize("name", ["pipe", "pipe.yaml"])
def test_a_pipe_is_no_flow(site, capsys, name):
    os.mkfifo(site / name)
    assert main(["check", name]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{name}:1:1: the file cannot be read: not a regular file",
        "",
        f"{name}: 1 error, 0 warnings",
    ]


def test_the_flow_that_the_settings_name_must_be_there(site, flows, capsys):
    (flows / "hello.yaml").rename(flows / "other.yaml")
    assert main(["check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{flows}/hello.yaml:1:1: the file cannot be read: no such file or directory",
        "",
        "3 files checked: 1 error, 0 warnings",
    ]


def test_a_flow_that_is_not_there_is_an_error(site, capsys):
    assert main(["check", "flows/none.yaml"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "flows/none.yaml:1:1: the file cannot be read: no such file or directory",
        "",
        "flows/none.yaml: 1 error, 0 warnings",
    ]


def test_a_variable_of_the_flow_can_be_set(flows, capsys):
    (flows / "hello.yaml").write_text(HELLO.replace("10s", "$(period)"))
    assert main(["check", "--set", "period=5s"]) == 0
    assert main(["check", "--set", "period"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: --set: NAME=VALUE is needed, got 'period'; see `oppleo-flow check --help`\n"
    )


def test_a_flow_outside_any_site_can_be_checked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.yaml").write_text(HELLO)
    assert main(["check", "hello.yaml"]) == 0
    assert capsys.readouterr().out == "hello.yaml: no errors\n"
