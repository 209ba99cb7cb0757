"""What the page is told of a site is as its files are now, however soon they were changed again."""

import os

import pytest

from oppleo_flow.cli.site_facts import SecretsOfSite

FLOW = """flow: push
format: 1
nodes:
  push:
    type: prowl
    key: !secret {secret}
"""
WRITTEN_NS = 1_768_478_400_000_000_000


def write(file, text):
    """Write a file as if its clock had stood still: its time tells nothing, nor does its size."""
    file.write_text(text)
    os.utime(file, ns=(WRITTEN_NS, WRITTEN_NS))


@pytest.fixture
def flow(tmp_path):
    flow = tmp_path / "flows" / "push.yaml"
    flow.parent.mkdir()
    write(flow, FLOW.format(secret="key_a"))
    return flow


def uses(secrets):
    return {one["name"]: [(use["file"], use["line"]) for use in one["uses"]] for one in secrets()}


def test_a_flow_that_takes_another_secret_within_a_tick_of_the_clock_is_read_again(tmp_path, flow):
    secrets = SecretsOfSite(tmp_path)
    here = [("flows/push.yaml", 6)]
    assert [uses(secrets) for _ in range(2)] == [{"key_a": here}] * 2
    write(flow, FLOW.format(secret="key_b"))
    assert uses(secrets) == {"key_b": here}
    write(flow, FLOW.format(secret="key_a"))
    assert uses(secrets) == {"key_a": here}


def test_files_that_come_and_go_are_seen(tmp_path, flow):
    secrets = SecretsOfSite(tmp_path)
    assert list(uses(secrets)) == ["key_a"]
    other = flow.with_name("other.yaml")
    write(other, FLOW.format(secret="key_b"))
    flow.unlink()
    assert uses(secrets) == {"key_b": [("flows/other.yaml", 6)]}


def test_a_secret_without_a_use_and_one_without_a_value_are_told(tmp_path, flow):
    secrets = SecretsOfSite(tmp_path)
    assert secrets()[0]["from"] is None
    file = tmp_path / "secrets.yaml"
    file.touch(0o600)
    write(file, "key_a: 1234567\nkey_c: 7654321\n")
    assert {one["name"]: one["from"] for one in secrets()} == {
        "key_a": "secrets.yaml",
        "key_c": "secrets.yaml",
    }
