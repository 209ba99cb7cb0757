"""`oppleo-flow secrets`: what is there, who uses it, and a new value that nobody gets to see."""

import io
import json
import os
import stat
import sys

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.audit_trail import audit_of
from oppleo_flow.cli.site import Site

PUSH = """\
flow: push
format: 1
connections: {web: {type: http-client}}
nodes:
  push: {type: prowl, from: flow.errors, http: web, key: !secret prowl_key}
  other: {type: prowl, from: flow.errors, http: web, key: !secret other_key}
"""


@pytest.fixture
def flows(site, monkeypatch):
    """Return a site whose flow uses two secrets, one of which is not there."""
    (site / "flows").mkdir()
    (site / "flows" / "push.yaml").write_text(PUSH)
    (site / "secrets.yaml").write_text("prowl_key: hunter2  # mine\nold: hunter3\n")
    (site / "secrets.yaml").chmod(0o600)
    monkeypatch.delenv("OPPLEO_SECRET_OTHER_KEY", raising=False)
    return site


def typed(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_each_secret_is_listed_with_its_users_and_without_its_value(flows, capsys):
    assert main(["secrets", "list"]) == 1
    assert [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()] == [
        ["name", "from", "used by"],
        ["old", "secrets.yaml", "nobody"],
        ["other_key", "missing", "nodes.other.key (flows/push.yaml:6)"],
        ["prowl_key", "secrets.yaml", "nodes.push.key (flows/push.yaml:5)"],
    ]


def test_all_is_well_when_none_is_missing(flows, capsys, monkeypatch):
    monkeypatch.setenv("OPPLEO_SECRET_OTHER_KEY", "hunter4")
    assert main(["secrets", "list", "--json"]) == 0
    shown = capsys.readouterr().out
    assert "hunter" not in shown
    assert json.loads(shown)[1] == {
        "name": "other_key",
        "from": "$OPPLEO_SECRET_OTHER_KEY",
        "uses": [{"file": "flows/push.yaml", "line": 6, "option": "nodes.other.key"}],
    }


def test_a_file_that_others_can_read_is_told(flows, capsys):
    (flows / "secrets.yaml").chmod(0o644)
    assert main(["secrets", "list"]) == 1
    assert capsys.readouterr().err == (
        f"oppleo-flow: {flows}/secrets.yaml:1:1: others can read this file (mode 0644); "
        f"run: chmod 600 {flows}/secrets.yaml\n"
    )


def test_a_new_value_is_written_for_its_owner_only_and_comments_stay(flows, capsys, monkeypatch):
    (flows / "secrets.yaml").chmod(0o644)
    typed(monkeypatch, "open sesame\nmore\n")
    assert main(["secrets", "set", "prowl_key"]) == 0
    file = flows / "secrets.yaml"
    assert file.read_text() == 'prowl_key: "open sesame"  # mine\nold: hunter3\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    shown = capsys.readouterr()
    assert shown.out == "prowl_key: set; a flow that runs takes it in with `oppleo-flow deploy`\n"
    assert [one.name for one in flows.iterdir() if "secrets" in one.name] == ["secrets.yaml"]


def test_a_site_without_a_file_gets_one(site, monkeypatch):
    typed(monkeypatch, "open sesame")
    before = os.umask(0)
    try:
        assert main(["secrets", "set", "key"]) == 0
    finally:
        os.umask(before)
    assert (site / "secrets.yaml").read_text() == 'key: "open sesame"\n'
    assert stat.S_IMODE((site / "secrets.yaml").stat().st_mode) == 0o600


def test_a_secret_is_taken_out(flows):
    assert main(["secrets", "unset", "old"]) == 0
    assert (flows / "secrets.yaml").read_text() == "prowl_key: hunter2  # mine\n"


def test_who_set_what_is_noted_without_the_value(flows, monkeypatch):
    typed(monkeypatch, "open sesame")
    main(["secrets", "set", "prowl_key"])
    main(["secrets", "unset", "old"])
    deeds = audit_of(Site.load(flows)).deeds()
    assert [(d.what, d.about, d.details) for d in deeds] == [
        ("secret", "old unset", ""),
        ("secret", "prowl_key set", ""),
    ]


def test_an_empty_value_is_refused(flows, monkeypatch, capsys):
    typed(monkeypatch, "\n")
    assert main(["secrets", "set", "prowl_key"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: a value is needed, got an empty line; see `oppleo-flow secrets --help`\n"
    )
    assert "hunter2" in (flows / "secrets.yaml").read_text()
