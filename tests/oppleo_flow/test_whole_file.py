import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oppleo_flow.errors import StoreError
from oppleo_flow.whole_file import READ_ONLY, draft_beside, settle, write_whole, writing


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_is_written_with_its_folders_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_whole(path, b"first", READ_ONLY)
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert names(path.parent) == ["b.txt"]


def test_what_cannot_be_put_in_its_place_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    with pytest.raises(StoreError) as error:
        write_whole(tmp_path / "taken", b"text")
    assert str(error.value) == f"{tmp_path}/taken: cannot be written: Is a directory"
    assert names(tmp_path) == ["taken"]


def test_several_may_write_the_same_file_at_once(tmp_path: Path) -> None:
    texts = [str(number).encode() * 100_000 for number in range(9)]
    with ThreadPoolExecutor(3) as writers:
        list(writers.map(lambda text: write_whole(tmp_path / "one", text), texts))
    assert (tmp_path / "one").read_bytes() in texts
    assert names(tmp_path) == ["one"]


def test_a_draft_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old")
    draft_beside(path).write_text("new")
    assert path.read_text() == "old"
    settle(draft_beside(path), path)
    assert (path.read_text(), names(tmp_path)) == ("new", ["plan.json"])


def test_an_error_of_ours_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as error, writing(tmp_path):
        raise StoreError("the disk is full")
    assert str(error.value) == "the disk is full"
