"""A console that nobody reads any more ends nothing."""

import contextlib
import os

from oppleo_flow.cli.console import say


def test_what_is_said_to_nobody_is_let_go(caplog):
    caplog.set_level("INFO")
    read, write = os.pipe()
    os.close(read)
    file = os.fdopen(write, "w", buffering=1)
    say("hello", file)
    assert caplog.messages == ["nobody reads the console: Broken pipe"]
    with contextlib.suppress(BrokenPipeError):
        file.close()


def test_what_is_said_is_there_at_once():
    read, write = os.pipe()
    with os.fdopen(write, "w") as file:
        say("hello", file)
        assert os.read(read, 100) == b"hello\n"
    os.close(read)
