"""The backups that lie in a folder, while others make and delete some."""

import threading
from itertools import count

import pytest

from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.store.backup.kept import Naming
from oppleo_flow.store.backup.shelf import Shelf

FIRST, SECOND = (f"backup-garage-2026011{day}T120000Z.tar.gz" for day in (5, 6))


@pytest.fixture
def shelf(tmp_path):
    for name in (FIRST, f"{SECOND}.age", "backup-other-20260115T120000Z.tar.gz"):
        (tmp_path / name).write_bytes(b"four")
    return Shelf(tmp_path, Naming("garage", simulated=False))


def test_the_newest_is_the_first_and_others_are_none(shelf):
    found = shelf.all()
    assert [(one.name, one.size, one.encrypted) for one in found] == [
        (f"{SECOND}.age", 4, True),
        (FIRST, 4, False),
    ]
    assert found[1].made_at.isoformat() == "2026-01-15T12:00:00+00:00"


def test_one_that_goes_while_somebody_looks_is_none_and_nothing_fails(shelf):
    passing = shelf.folder / "backup-garage-20260117T120000Z.tar.gz"
    over = threading.Event()

    def come_and_go():
        for _ in count():
            passing.write_bytes(b"x")
            passing.unlink()
            if over.is_set():
                return

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        for _ in range(300):
            assert {one.name for one in shelf.all()} >= {FIRST}
    finally:
        over.set()
        other.join()


def test_without_a_folder_there_is_none(tmp_path):
    assert Shelf(tmp_path / "none", Naming("garage", simulated=False)).all() == []


def test_what_is_no_folder_is_said_with_why(tmp_path):
    (tmp_path / "backups").write_text("a file")
    with pytest.raises(StoreError, match="backups: cannot be read: Not a directory"):
        Shelf(tmp_path / "backups", Naming("garage", simulated=False)).all()


def test_the_only_one_stays_and_one_that_has_gone_is_not_there(shelf):
    shelf.let_go(FIRST)
    with pytest.raises(LookupError):
        shelf.let_go(FIRST)
    with pytest.raises(Refused, match="is the only backup"):
        shelf.let_go(f"{SECOND}.age")
