"""A process that is killed at any point loses no durable message, and applies none twice."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oppleo_flow.engine.state_store import StateStore

ROOT = Path(__file__).parents[3]
KILLS = 200
MOST_LINES = 15


class Lives:
    """The lives of one flow, one after the other."""

    def __init__(self, state: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.oppleo_flow.engine.durable_chain", str(state)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.delivered: set[int] = set()

    def live_and_die(self, lines: int) -> None:
        """Begin a life and kill it after some lines."""
        pid = self._begin("live")
        for _ in range(lines):
            self._note(self._line())
        os.kill(pid, signal.SIGKILL)
        self._note_the_rest()

    def finish(self) -> str:
        """Have everything delivered that still waits; return what the flow says at its end."""
        self._begin("finish")
        return self._note_the_rest()

    def end(self) -> None:
        """Let nothing run any longer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def _begin(self, how: str) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{how}\n")
        return int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def _note_the_rest(self) -> str:
        last = ""
        while (line := self._line()) != "gone":
            assert line, "the parent of the flows has ended"
            last = line
            self._note(line)
        return last

    def _note(self, line: str) -> None:
        node, _, number = line.partition(" ")
        if node == "last":
            self.delivered.add(int(number))


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    made = Lives(tmp_path / "state.sqlite")
    yield made
    made.end()


def state_of(path: Path) -> dict[str, dict[str, Any]]:
    store = StateStore(path, threaded=False)
    found = {node: store.state_of(node) for node in ("source", "adder", "last")}
    store.close()
    return {node: {} if state is None else state[1] for node, state in found.items()}


def test_a_flow_that_is_killed_200_times_delivers_each_message_and_applies_it_once(lives, tmp_path):
    chance = random.Random(20260115)
    for _ in range(KILLS):
        lives.live_and_die(chance.randrange(MOST_LINES))
    assert lives.finish() == "left 0"
    state = state_of(tmp_path / "state.sqlite")
    sent = state["source"]["sent"]
    assert sent > KILLS
    assert lives.delivered == set(range(1, sent + 1))
    assert state["adder"]["total"] == sum(range(1, sent + 1))
    assert state["last"] == {"newest": sent, "applied": sent, "out_of_turn": 0}
