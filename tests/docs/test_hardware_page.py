"""The page for the person with the screwdriver."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from oppleo_flow.cli import COMMANDS
from oppleo_flow.registry import Registry
from tests.docs.generated import PAGES, ROOT, as_it_should_be
from tests.docs.markdown import blocks, commands

(PAGE,) = PAGES
TEXT = PAGE.read_text(encoding="utf-8")
TRIED = ["led", "buzzer", "rfid", "meter", "evse-state", "evse-switch"]


def on_simulated_hardware(words: list[str]) -> list[str]:
    """Return a command as it can be carried out on any machine, quickly."""
    match words:
        case ["hardware", "probe", *_]:
            return [*words, "--simulate"]
        case ["hardware", "test", "evse-switch", *_]:
            return [*words, "--simulate", "--for", "100ms", "--yes"]
        case ["hardware", "test", "evse-state", *_]:
            return [*words, "--simulate", "--for", "4s"]
        case ["hardware", "test", *_]:
            return [*words, "--simulate", "--for", "2s" if "rfid" in words else "200ms"]
    return words


def test_the_tables_are_what_the_commands_print_now():
    assert as_it_should_be(PAGE) == TEXT, "`make docs` writes them anew"


def test_the_commands_work_as_they_stand_but_for_the_simulated_hardware(tmp_path):
    for line in [line for block in commands(PAGE) for line in block]:
        program, *words = shlex.split(line)
        done = subprocess.run(
            [sys.executable, "-m", "oppleo_flow", *on_simulated_hardware(words)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (program, done.returncode) == ("oppleo-flow", 0), done.stdout + done.stderr
        last = line
    assert last == "oppleo-flow hardware probe house"
    assert done.stdout.splitlines()[-1] in TEXT


def test_every_part_that_can_be_tried_is_tried():
    lines = [line.split() for block in commands(PAGE) for line in block]
    assert [words[3] for words in lines if words[1:3] == ["hardware", "test"]] == TRIED


def test_the_page_is_ended_by_the_probe():
    assert commands(PAGE)[-1] == ["oppleo-flow hardware probe house"]


@pytest.mark.parametrize("line", ["dtparam=spi=on", "dtparam=i2c_arm=on", "dtparam=watchdog=on"])
def test_the_settings_of_the_pi_are_there(line):
    (settings,) = blocks(PAGE, "ini")
    assert line in settings.splitlines()


def test_what_the_page_names_is_there():
    text = re.sub(r"```.*?```", "", TEXT, flags=re.S)
    commands_named = re.findall(r"`oppleo-flow ([a-z][a-z-]*)", text)
    assert sorted(set(commands_named) - set(COMMANDS)) == []
    files = re.findall(r"`([a-z_]+/[a-z_./-]+)`", text)
    assert [name for name in files if not (ROOT / name).exists()] == []
    types = set(re.findall(r"`((?:serial|modbus|evse|rfid)-[a-z]+)`", text))
    registry = Registry(["nodes"])
    assert types <= {*registry.nodes(), *registry.connections()}
