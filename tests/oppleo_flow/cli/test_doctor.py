"""`oppleo-flow doctor`: a site that is well, and each way in which one is not."""

import json
import os
import sqlite3

import pytest

from oppleo_flow import Node, NodeConfig
from oppleo_flow.cli import main
from oppleo_flow.cli.folder import locked
from oppleo_flow.cli.site_health import runs_as
from oppleo_flow.testing import graph_of, plan
from tests.oppleo_flow.cli.served import served

HELLO = """\
flow: hello
format: 1
nodes:
  tick: {type: schedule, every: 1h}
  show: {type: debug, from: tick}
"""


@pytest.fixture
def hello(site):
    """Return a site on which nothing is wrong."""
    settings = (site / "oppleo.yaml").read_text().replace("charge-point\n", "hello\n")
    (site / "oppleo.yaml").write_text(f"{settings}web: {{port: 0}}\n")
    (site / "flows").mkdir()
    (site / "flows" / "hello.yaml").write_text(HELLO)
    return site


def told(capsys, *words, code=0):
    """Return what the doctor says of each thing but the machine itself."""
    capsys.readouterr()
    assert main(["doctor", "--json", *words]) == code
    found = json.loads(capsys.readouterr().out)
    return [
        (one["what"], one["level"], one["text"], one["remedy"])
        for one in found
        if one["what"] not in ("program", "user", "clock", "disk")
    ]


def test_a_site_that_is_well_has_no_remedies(hello, capsys):
    ledger = hello / ".oppleo" / "ledger.sqlite"
    assert told(capsys) == [
        ("settings", "ok", "oppleo.yaml has no errors", ""),
        ("folder", "ok", f"{hello} can be written", ""),
        ("secrets", "ok", "0 known, none missing", ""),
        (
            *("accounts", "ok"),
            "nobody can sign in yet; a start says how to make the first account",
            "",
        ),
        ("flow", "ok", "flows/hello.yaml has no errors", ""),
        ("ledger", "ok", f"{ledger} is not there yet; the first run makes it", ""),
        ("port", "ok", "any that is free", ""),
    ]
    assert not (hello / ".oppleo").exists()


def test_people_are_shown_lines_with_remedies_and_the_numbers(hello, capsys):
    (hello / "flows" / "hello.yaml").write_text(HELLO.replace("from: tick", "from: tock"))
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("bad   flow: flows/hello.yaml has 1 error")
    assert lines[at + 1] == f"      → oppleo-flow check {hello}/flows/hello.yaml"
    assert lines[-1].startswith("11 looked at: 1 bad, ")


def test_a_folder_that_is_no_site_is_told_how_to_become_one(tmp_path, capsys):
    nowhere = tmp_path / "nowhere"
    assert told(capsys, str(nowhere), code=1) == [
        ("site", "bad", f"{nowhere} has no oppleo.yaml", f"oppleo-flow init {nowhere}")
    ]


def test_settings_that_are_wrong_are_told(hello, capsys):
    (hello / "oppleo.yaml").write_text("format: 1\n")
    ((what, level, _, remedy),) = told(capsys, code=1)
    assert (what, level, remedy) == ("settings", "bad", f"oppleo-flow check {hello}")


def test_secrets_that_are_missing_useless_or_open_are_told(hello, capsys):
    flow = HELLO.replace("every: 1h", "every: !secret beat")
    (hello / "flows" / "hello.yaml").write_text(flow)
    file = hello / "secrets.yaml"
    file.write_text("old: hunter2\n")
    file.chmod(0o600)
    found = [one for one in told(capsys, code=1) if one[0] == "secrets"]
    assert found == [
        (
            "secrets",
            "bad",
            "'beat' has no value, and nodes.tick.every (flows/hello.yaml:4) needs one",
            "oppleo-flow secrets set beat",
        ),
        ("secrets", "warn", "'old' is used by nobody", "oppleo-flow secrets unset old"),
    ]
    file.chmod(0o644)
    found = [one for one in told(capsys, code=1) if one[0] == "secrets"]
    assert found == [("secrets", "bad", f"others can read {file}", f"chmod 600 {file}")]


def test_a_node_file_that_is_broken_is_told(hello, capsys):
    (hello / "nodes").mkdir()
    (hello / "nodes" / "broken.py").write_text("1 +\n")
    (found,) = [one for one in told(capsys) if one[0] == "nodes"]
    assert (found[1], found[3]) == ("warn", f"mend {hello}/nodes/broken.py")


def test_files_that_must_not_be_lost_are_looked_into(hello, capsys):
    own = hello / ".oppleo"
    main(["tokens", "add", "04A1B2C3", "--label", "family"])
    (own / "state.sqlite").write_text("this is text, and long enough to be looked at\n" * 100)
    found = {one[0]: one[1:] for one in told(capsys, code=1)}
    assert found["ledger"][0] == "ok"
    assert found["audit"] == ("ok", f"{own}/audit.sqlite is in order", "")
    assert found["state"] == (
        "bad",
        f"{own}/state.sqlite cannot be read: file is not a database",
        "restore it from a backup, or move it away",
    )


@pytest.mark.parametrize(
    ("revision", "level"),
    [pytest.param("0001", "warn", id="older"), pytest.param("9999", "bad", id="newer")],
)
def test_a_ledger_of_another_version_is_told(hello, capsys, revision, level):
    main(["tokens", "add", "04A1B2C3", "--label", "family"])
    db = sqlite3.connect(hello / ".oppleo" / "ledger.sqlite")
    db.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    db.commit()
    db.close()
    (found,) = [one for one in told(capsys, code=int(level == "bad")) if one[0] == "ledger"]
    assert found[1] == level


class Sick(Node[NodeConfig]):
    """Be in fault."""

    type_name = "sick"

    def start(self) -> None:
        self.fault("sore", "it hurts")


def test_a_site_that_runs_is_asked_how_it_is(hello, capsys):
    with served(hello, graph_of({"sick": plan(Sick)}, [])), locked(hello):
        assert runs_as(hello) == os.getpid()
        *_, (what, level, text, remedy) = told(capsys)
    assert (what, level, remedy) == ("runtime", "warn", "see the page, or `/ready`")
    assert text.startswith(f"process {os.getpid()} answers at http://127.0.0.1:")
    assert text.endswith("/, with 1 fault: sick: it hurts")


def test_a_runtime_that_does_not_answer_is_told(hello, capsys):
    with locked(hello):
        *_, (what, level, text, _) = told(capsys, code=1)
    assert (what, level) == ("runtime", "bad")
    assert text.startswith(f"process {os.getpid()} does not answer: {hello}: does not run")
