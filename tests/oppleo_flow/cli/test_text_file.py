"""A text file that is written whole or not at all."""

import subprocess
import sys

import pytest

from oppleo_flow.cli.text_file import write_text

TEXTS = ["a: 1\n" * 5000, "b: 2\n" * 9000]
PROGRAM = """
import sys
from pathlib import Path
from oppleo_flow.cli.text_file import write_text

for _ in range(50):
    write_text(Path(sys.argv[1]), sys.argv[2] * int(sys.argv[3]))
"""


def test_of_two_that_write_at_once_neither_fails_and_the_text_is_ones_whole(tmp_path):
    file = tmp_path / "flow.yaml"
    file.write_text(TEXTS[0])
    told = [("a: 1\n", "5000"), ("b: 2\n", "9000")]
    writers = [subprocess.Popen([sys.executable, "-c", PROGRAM, file, *words]) for words in told]

    seen = set()
    while any(writer.poll() is None for writer in writers):
        seen.add(file.read_text())

    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen <= set(TEXTS)
    assert [path.name for path in tmp_path.iterdir()] == ["flow.yaml"]


def test_a_text_that_cannot_be_written_leaves_the_old_one_and_no_draft(tmp_path):
    file = tmp_path / "flow.yaml"
    file.write_text("old\n")
    with pytest.raises(UnicodeEncodeError):
        write_text(file, "\ud800")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [
        ("flow.yaml", "old\n")
    ]
