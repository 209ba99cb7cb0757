"""A text file that is written whole or not at all."""

import subprocess
import sys

import pytest

from oppleo_flow.cli.text_file import alone_in, write_text
from oppleo_flow.errors import Refused

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


def test_who_has_the_files_of_a_folder_for_too_long_is_not_waited_for(tmp_path):
    with alone_in(tmp_path), pytest.raises(Refused) as told, alone_in(tmp_path, wait_s=0.0):
        pass
    assert str(told.value) == (
        f"{tmp_path}: another command or deploy has been changing its files for 0 s; "
        "see to that one, or try again"
    )
    with alone_in(tmp_path, wait_s=0.0):
        pass
