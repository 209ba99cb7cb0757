import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command

from oppleo_flow.child import child_environment
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.database import sqlite_engine
from oppleo_flow.store.database_copy import copy_database
from oppleo_flow.store.migrate import alembic_config
from oppleo_flow.store.revision import HEAD, REVISIONS
from oppleo_flow.store.schema import migrate
from oppleo_flow.store.upgrading import Upgraded, copy_of, under_way, upgrade_file

OLD = REVISIONS[1]


def rows(path: Path) -> list[str]:
    with sqlite3.connect(path) as db:
        found = sorted(db.iterdump())
    db.close()
    return found


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a ledger of an older version, with a session in it."""
    path = tmp_path / "ledger.sqlite"
    with open_ledger(StoreLocation(path), "cp") as ledger:
        ledger.sessions.record(SessionStarted.sample())
    engine = sqlite_engine(path)
    command.downgrade(alembic_config(engine), OLD)
    engine.dispose()
    return path


def opens(path: Path) -> None:
    with open_ledger(StoreLocation(path), "cp") as ledger:
        assert ledger.sessions.open().label == "family"


def test_an_upgrade_says_what_it_did_and_leaves_the_ledger_as_it_was_as_a_copy(old):
    before = rows(old)
    copy = copy_of(old, OLD)

    assert upgrade_file(old) == Upgraded(OLD, HEAD, str(copy))
    assert rows(copy) == before
    assert copy.stat().st_mode & 0o777 == 0o600
    opens(old)


def test_a_second_upgrade_has_nothing_to_do(old):
    upgrade_file(old)
    assert upgrade_file(old) == Upgraded(HEAD, HEAD)


def test_a_new_upgrade_leaves_one_copy_only(old):
    copy_database(old, copy_of(old, "0001"))
    upgrade_file(old)
    assert list(old.parent.glob("*.before-*")) == [copy_of(old, OLD)]


# Upgrades, and is killed by SIGKILL when it is about to execute a statement of a number.
KILLED_AT = """
import os, pathlib, signal, sys
from sqlalchemy import Engine, event
from oppleo_flow.store.upgrading import upgrade_file

ledger, left = pathlib.Path(sys.argv[1]), int(sys.argv[2])

@event.listens_for(Engine, "before_cursor_execute")
def count(connection, *_):
    global left
    file = connection.connection.driver_connection.execute("PRAGMA database_list").fetchone()[2]
    left -= file == str(ledger)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

upgrade_file(ledger)
"""


def upgrade_killed_at(path: Path, number: int) -> int:
    return subprocess.run(
        [sys.executable, "-c", KILLED_AT, str(path), str(number)],
        env=child_environment(),
        check=False,
    ).returncode


@pytest.mark.parametrize("number", [1, 5, 10, 20, 30], ids="killed at statement {}".format)
def test_an_upgrade_that_is_killed_leaves_the_old_and_the_next_one_says_so(old, number):
    before = rows(old)

    assert upgrade_killed_at(old, number) == -signal.SIGKILL
    assert rows(old) == before
    assert under_way(old).exists()
    assert upgrade_file(old) == Upgraded(OLD, HEAD, str(copy_of(old, OLD)), interrupted=True)
    assert not under_way(old).exists()
    opens(old)


def test_a_ledger_that_is_opened_goes_on_with_an_interrupted_upgrade(old):
    upgrade_killed_at(old, 10)
    opens(old)
    assert not under_way(old).exists()


def test_an_upgrade_killed_after_its_last_step_only_has_to_tidy_up(old):
    copy_database(old, under_way(old))
    upgrade_file(old)
    copy_database(copy_of(old, OLD), under_way(old))

    assert upgrade_file(old) == Upgraded(HEAD, HEAD, str(copy_of(old, OLD)), interrupted=True)


def half_applied(path: Path) -> None:
    """Leave a ledger as a program would that does not work in transactions."""
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE session_started ADD COLUMN half TEXT")
    db.close()


def test_a_half_applied_migration_is_rolled_back_with_the_copy_of_the_interrupted_run(old):
    before = rows(old)
    copy_database(old, under_way(old))
    half_applied(old)

    done = upgrade_file(old)

    copy = copy_of(old, OLD)
    assert done == Upgraded(OLD, HEAD, str(copy), interrupted=True, rolled_back=True)
    assert rows(copy) == before
    opens(old)


def test_a_half_applied_migration_without_a_copy_is_refused(old):
    half_applied(old)
    before = rows(old)
    with pytest.raises(StoreError) as error:
        upgrade_file(old)
    assert str(error.value) == (
        f"{old}: its tables are not those of its revision '0002': table 'session_started': "
        "column 'half' is not of this version; restore it from a backup"
    )
    assert rows(old) == before


def test_a_damaged_copy_is_not_put_back(old):
    copy_database(old, under_way(old))
    content = bytearray(under_way(old).read_bytes())
    with sqlite3.connect(old) as db:
        ((page,),) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'session_started'")
    db.close()
    content[4096 * (page - 1) : 4096 * page] = b"x" * 4096
    under_way(old).write_bytes(content)
    half_applied(old)
    with pytest.raises(StoreError) as error:
        upgrade_file(old)
    assert str(error.value).startswith(
        f"{old}: an upgrade was interrupted, and its copy {under_way(old)} is damaged: "
    )
    assert str(error.value).endswith("; restore it from a backup")


def test_a_ledger_of_a_newer_version_is_refused(old):
    with sqlite3.connect(old) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    before = rows(old)
    with pytest.raises(StoreError) as error:
        migrate(old)
    assert str(error.value) == (
        f"{old}: is a ledger of a newer version, got revision '9999'; "
        "install that version of oppleo-flow"
    )
    assert rows(old) == before


# Lets a process write files of so many bytes only, as a disk that is full does.
FULL_DISK = """
import pathlib, resource, signal, sys
from oppleo_flow.store import migrate
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
sys.exit(migrate.main([sys.argv[1]]))
"""


@pytest.mark.usefixtures("unmeasured")
def test_a_full_disk_leaves_the_ledger_as_it_was_and_says_so(old):
    before = rows(old)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(old), "40960"],
        env=child_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (
        1,
        f"{under_way(old)}: the disk cannot be read or written; check it\n",
    )
    assert rows(old) == before
    assert [file.name for file in old.parent.iterdir() if "upgrading" in file.name] == []
