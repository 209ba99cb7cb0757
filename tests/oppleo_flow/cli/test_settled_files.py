"""Files that somebody saves while a site runs: each change is told once, and nothing by half."""

import os

import pytest

from oppleo_flow.cli.settled_files import SettledFiles


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.py").write_text("one")
    return SettledFiles(lambda: sorted(tmp_path.glob("*.py")))


def looks(files, count=3):
    return [[file.name for file in files.changed()] for _ in range(count)]


def test_nothing_changed_is_nothing_told(files):
    assert looks(files) == [[], [], []]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.py", "another", id="a file that is changed"),
        pytest.param("b.py", "one", id="a file that is new"),
        pytest.param("a.py", None, id="a file that is gone"),
    ],
)
def test_a_change_is_told_once_and_only_when_it_has_settled(files, tmp_path, name, text):
    if text is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(text)
    assert looks(files) == [[], [name], []]


def test_a_file_that_is_being_written_is_waited_for(files, tmp_path):
    for part in ("on", "one an", "one and two"):
        (tmp_path / "a.py").write_text(part)
        assert looks(files, 1) == [[]]
    assert looks(files) == [["a.py"], [], []]


def test_a_file_that_was_only_touched_has_not_changed(files, tmp_path):
    os.utime(tmp_path / "a.py", ns=(1, 1))
    assert looks(files) == [[], [], []]


def test_what_is_changed_back_before_it_is_told_has_not_changed(files, tmp_path):
    (tmp_path / "a.py").write_text("two")
    assert looks(files, 1) == [[]]
    (tmp_path / "a.py").write_text("one")
    assert looks(files) == [[], [], []]


def test_what_is_changed_back_later_is_another_change(files, tmp_path):
    for text in ("two", "one"):
        (tmp_path / "a.py").write_text(text)
        assert looks(files) == [[], ["a.py"], []]


def test_a_file_that_cannot_be_read_is_as_good_as_gone(files, tmp_path):
    (tmp_path / "a.py").unlink()
    (tmp_path / "a.py").mkdir()
    assert looks(files) == [[], ["a.py"], []]
