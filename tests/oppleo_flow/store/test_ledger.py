import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import MeterReading, SessionEnded, SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def test_a_ledger_is_made_where_there_is_none_and_keeps_what_was_written(tmp_path):
    location = StoreLocation(tmp_path / ".oppleo" / "simulated" / "ledger.sqlite")
    with open_ledger(location, "cp") as ledger:
        ledger.sessions.record(SessionStarted.sample())
    with open_ledger(location, "cp") as ledger:
        assert ledger.charge_point == "cp"
        assert ledger.sessions.open().label == "family"


def test_a_file_name_may_hold_any_character(tmp_path):
    location = StoreLocation(tmp_path / "a b?mode=ro&c#d%20é.sqlite")
    open_ledger(location, "cp").close()
    assert location.path.is_file()


@contextmanager
def levels_of_inserts() -> Iterator[list[int]]:
    """Give how far each INSERT goes: 0 not to the disk, 1 soon, 2 at once.

    What only marks a session for the index goes along with what was written of it.
    """
    levels: list[int] = []

    def spy(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("INSERT") and "session_stale" not in statement:
            levels.append(cursor.execute("PRAGMA synchronous").fetchone()[0])

    event.listen(Engine, "before_cursor_execute", spy)
    try:
        yield levels
    finally:
        event.remove(Engine, "before_cursor_execute", spy)


def test_where_nothing_lasts_nothing_waits_for_the_disk(tmp_path):
    location = StoreLocation(tmp_path / "ledger.sqlite", lasting=False)
    with open_ledger(location, "cp") as ledger, levels_of_inserts() as levels:
        ledger.sessions.record(SessionStarted.sample())
        ledger.readings.record([MeterReading.sample()])
        ledger.readings.write_gathered()
    assert levels == [0, 0]


def test_sessions_are_on_the_disk_at_once_and_readings_soon(ledger, location):
    with levels_of_inserts() as levels:
        ledger.sessions.record(SessionStarted.sample())
        ledger.readings.record([MeterReading.sample()])
        ledger.sessions.record(SessionEnded.sample())
    assert levels == [2, 1, 2]
    with sqlite3.connect(location.path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


def test_a_folder_is_not_a_ledger(tmp_path):
    with pytest.raises(StoreError) as error:
        open_ledger(StoreLocation(tmp_path), "cp")
    assert str(error.value) == f"{tmp_path}: is a folder, not a file; name the ledger's file"


def test_a_file_that_is_no_database_is_left_alone(location):
    location.path.write_text("a shopping list, longer than the header of a database is\n" * 10)
    before = location.path.read_bytes()
    with pytest.raises(StoreError) as error:
        open_ledger(location, "cp")
    assert str(error.value) == (
        f"{location.path}: is not an SQLite database; move it away or name another file"
    )
    assert location.path.read_bytes() == before


def test_a_database_of_something_else_is_left_alone(location):
    with sqlite3.connect(location.path) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    with pytest.raises(StoreError) as error:
        open_ledger(location, "cp")
    assert str(error.value) == (
        f"{location.path}: is a database, but not a ledger; name another file"
    )


def test_a_ledger_of_a_newer_version_is_left_alone(location):
    open_ledger(location, "cp").close()
    with sqlite3.connect(location.path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    with pytest.raises(StoreError) as error:
        open_ledger(location, "cp")
    assert str(error.value) == (
        f"{location.path}: is a ledger of a newer version, got revision '9999'; "
        "install that version of oppleo-flow"
    )


def test_a_ledger_of_another_charge_point_is_refused(location):
    open_ledger(location, "north").close()
    with pytest.raises(StoreError) as error:
        open_ledger(location, "south")
    assert str(error.value) == (
        f"{location.path}: is the ledger of charge point 'north', not of 'south'; "
        "set charge_point back to it"
    )


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as error:
        open_ledger(StoreLocation(tmp_path / "file" / "below" / "ledger.sqlite"), "cp")
    assert str(error.value) == (
        f"{tmp_path}/file/below/ledger.sqlite: cannot be reached: Not a directory"
    )


def test_a_ledger_that_is_not_there_cannot_be_read(location):
    with pytest.raises(StoreError) as error:
        open_ledger(location, "cp", read_only=True)
    assert str(error.value) == (
        f"{location.path}: there is no ledger yet; start `oppleo-flow run` once"
    )
    assert not location.path.exists()


def test_a_ledger_can_be_read_while_another_writes(ledger, location):
    ledger.sessions.record(SessionStarted.sample())
    with open_ledger(location, "cp", read_only=True) as reader:
        ledger.sessions.record(SessionEnded.sample())
        assert reader.sessions.open() is None


def test_a_ledger_opened_to_be_read_is_not_written(ledger, location):
    with open_ledger(location, "cp", read_only=True) as reader, pytest.raises(StoreError) as error:
        reader.sessions.record(SessionStarted.sample())
    assert str(error.value) == (
        f"{location.path}: cannot be written; give the user that runs oppleo-flow write access to "
        "the file and its folder"
    )
    assert ledger.sessions.open() is None


@pytest.fixture
def as_nobody(tmp_path: Path) -> Iterator[None]:
    """Be a user who owns nothing; only root can become one, others own nothing of root's."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    ours = [one for one in tmp_path.parents if one.name.startswith(("pytest-", "popen-"))]
    for folder in (tmp_path, *ours):  # one more where several processes run the tests
        folder.chmod(0o755)
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_file_that_its_user_may_not_write_is_named(ledger, location, as_nobody):
    os.seteuid(0)
    location.path.chmod(0o644)
    os.seteuid(65534)
    with pytest.raises(StoreError) as error:
        open_ledger(location, "cp")
    assert str(error.value) == (
        f"{location.path}: cannot be written; give the user that runs oppleo-flow write access to "
        "the file and its folder"
    )


def test_a_file_that_its_user_may_not_read_is_named(ledger, location, as_nobody):
    with pytest.raises(StoreError) as error:
        open_ledger(location, "cp")
    assert str(error.value) == (
        f"{location.path}: cannot be opened; check the file's folder and who may use it"
    )


def test_a_folder_that_its_user_may_not_look_into_is_named(tmp_path, as_nobody):
    os.seteuid(0)
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    os.seteuid(65534)
    with pytest.raises(StoreError) as error:
        open_ledger(StoreLocation(hidden / "ledger.sqlite"), "cp")
    assert str(error.value) == f"{hidden}/ledger.sqlite: cannot be reached: Permission denied"


@contextmanager
def every_connection(pragma: Callable[[sqlite3.Connection], str]) -> Iterator[None]:
    """Have every new connection told a pragma, so that SQLite itself fails as it would."""

    def connected(connection: sqlite3.Connection, record: object) -> None:
        connection.execute(f"PRAGMA {pragma(connection)}")

    event.listen(Engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(Engine, "connect", connected)


def no_more_pages(connection: sqlite3.Connection) -> str:
    return f"max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}"


def test_a_full_disk_loses_nothing_that_was_written(location):
    with open_ledger(location, "cp") as ledger:
        ledger.sessions.record(SessionStarted.sample())
    with (
        every_connection(no_more_pages),
        open_ledger(location, "cp") as ledger,
        pytest.raises(StoreError) as error,
    ):
        ledger.tokens.note_refused("04A1B2C3", "x" * 100_000, NOON)
    assert str(error.value) == (
        f"{location.path}: the disk is full; make room, then it goes on by itself"
    )
    with open_ledger(location, "cp") as ledger:
        assert ledger.sessions.open().label == "family"
        assert ledger.tokens.all() == []


def test_a_ledger_that_another_program_keeps_locked_says_so(ledger, location, monkeypatch):
    monkeypatch.setattr("oppleo_flow.store.sqlite_file.BUSY_TIMEOUT_S", 0.0)
    other = sqlite3.connect(location.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as error:
        open_ledger(location, "cp")
    other.close()
    assert str(error.value) == (
        f"{location.path}: another program has kept it locked for 5 s; end that one"
    )


def test_threads_may_share_a_ledger(ledger):
    def write(first: int) -> None:
        for n in range(first, first + 20):
            time = NOON.replace(microsecond=n)
            ledger.readings.record([MeterReading.sample(time=time)])

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.readings.between("meter", NOON, NOON.replace(second=1))) == 60


def test_what_was_recorded_survives_a_process_that_is_killed(location):
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from oppleo_flow.payloads import SessionStarted\n"
        "from oppleo_flow.store import StoreLocation, open_ledger\n"
        "ledger = open_ledger(StoreLocation(Path(sys.argv[1])), 'cp')\n"
        "ledger.sessions.record(SessionStarted.sample())\n"
        "os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program, str(location.path)], cwd=root, check=False
    )
    assert done.returncode == -9
    with open_ledger(location, "cp") as ledger:
        assert ledger.sessions.open().label == "family"


def test_a_ledger_is_opened_without_sqlalchemy(location):
    open_ledger(location, "cp").close()
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from oppleo_flow.store import StoreLocation, open_ledger\n"
        "with open_ledger(StoreLocation(Path(sys.argv[1])), 'cp') as ledger:\n"
        "    early = 'sqlalchemy' in sys.modules\n"
        "    sys.exit(early or ledger.tokens.all() != [])\n"
    )
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", program, str(location.path)]
    assert subprocess.run(command, cwd=root, check=False).returncode == 0


def test_what_is_written_is_counted_and_what_is_read_is_not(tmp_path):
    location = StoreLocation(tmp_path / "ledger.sqlite")
    with open_ledger(location, "garage") as ledger:
        ledger.tokens.all()
        assert (location.written.commits, location.written.value_bytes) == (0, 0)
        ledger.tokens.note_refused("DEADBEEF", "956397706018", NOON)
    assert location.written.commits == 1
    assert 60 < location.written.value_bytes < 300
