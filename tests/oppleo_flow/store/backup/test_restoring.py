import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command

from oppleo_flow.child import child_environment
from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.payloads import MeterReading
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.backup.making import make_backup
from oppleo_flow.store.backup.restoring import JOURNAL, Restored, finish, restore
from oppleo_flow.store.backup.site_files import SitePlaces
from oppleo_flow.store.database import sqlite_engine
from oppleo_flow.store.migrate import alembic_config
from oppleo_flow.store.revision import HEAD
from oppleo_flow.store.sign_in_rows import WebSession
from oppleo_flow.store.user_rows import User
from tests.oppleo_flow.store.backup.sites import FILES, NOON, asked_of, rows

DATABASES = ("state.sqlite", "ledger.sqlite", "audit.sqlite")
LATER = NOON + timedelta(days=1)
ASIDE = ".oppleo/before-restore-20260116T120000Z"


def restored(file: Path, folder: Path, **how: bool) -> Restored:
    return restore(file, "open sesame", folder, now=LATER, **how)


def is_like(folder: Path, places: SitePlaces) -> None:
    """Assert that a folder is the site that a backup was made of, row by row."""
    there = SitePlaces.of(folder, simulated=False)
    for name in DATABASES:
        assert rows(there.database(name)) == rows(places.database(name))
    assert {name: (folder / name).read_text() for name in FILES} == FILES


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm")
    }


def test_into_an_empty_folder_it_makes_the_whole_site_row_by_row(places, backup, tmp_path):
    done = restored(backup, tmp_path / "new")

    assert done == Restored("garage", NOON.isoformat(), False, 11, HEAD, False, True, None)
    is_like(tmp_path / "new", places)
    assert (tmp_path / "new/secrets.yaml").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (tmp_path / "new/.oppleo").iterdir()) == [
        "audit.sqlite",
        "history",
        "ledger.sqlite",
        "state.sqlite",
    ]


def test_files_are_again_for_whom_they_were(places, tmp_path):
    for name, mode in (("nodes/kettle.py", 0o755), ("reports/archive/2026-0001-1.pdf", 0o444)):
        (places.folder / name).chmod(mode)
    (places.folder / "secrets.yaml").chmod(0o644)
    made = make_backup(asked_of(places, passphrase="open sesame"))
    restored(Path(made.file), tmp_path / "new")
    modes = {
        name: (tmp_path / "new" / name).stat().st_mode & 0o777
        for name in ("nodes/kettle.py", "reports/archive/2026-0001-1.pdf", "secrets.yaml")
    }
    assert modes == {
        "nodes/kettle.py": 0o755,
        "reports/archive/2026-0001-1.pdf": 0o444,
        "secrets.yaml": 0o600,
    }


def test_a_restored_ledger_is_for_its_owner_and_nobody_is_signed_in_by_it(places, tmp_path):
    with open_ledger(StoreLocation(places.ledger), "garage") as ledger:
        ledger.users.add(User("anna", "text"), NOON)
        ledger.sign_ins.add_session(
            WebSession("a" * 64, "anna", *[NOON] * 4, False, False, "Firefox", "::1")
        )
    restored(Path(make_backup(asked_of(places)).file), tmp_path / "new")
    restored_ledger = tmp_path / "new/.oppleo/ledger.sqlite"
    assert restored_ledger.stat().st_mode & 0o777 == 0o600
    with open_ledger(StoreLocation(restored_ledger), "garage") as ledger:
        assert [user.name for user in ledger.users.all()] == ["anna"]
        assert ledger.sign_ins.sessions() == []


def test_the_key_of_second_factors_is_in_an_encrypted_backup_alone(places, tmp_path):
    key = places.ledger.with_name("account.key")
    key.write_text("of before")
    plain, sealed = asked_of(places), asked_of(places, passphrase="open sesame", folder=tmp_path)
    restored(Path(make_backup(plain).file), tmp_path / "plain")
    restored(Path(make_backup(sealed).file), tmp_path / "sealed")
    assert not (tmp_path / "plain/.oppleo/account.key").exists()
    again = tmp_path / "sealed/.oppleo/account.key"
    assert (again.read_text(), again.stat().st_mode & 0o777) == ("of before", 0o600)


def test_what_is_pinned_to_the_dashboard_comes_back(places, tmp_path):
    places.target("dashboard.json").write_text('{"tiles": []}')
    made = make_backup(asked_of(places, passphrase="open sesame"))
    restored(Path(made.file), tmp_path / "new")
    assert (tmp_path / "new/.oppleo/dashboard.json").read_text() == '{"tiles": []}'


def test_a_site_that_is_there_is_not_overwritten(places, backup):
    before = tree(places.folder)
    with pytest.raises(Refused) as error:
        restored(backup, places.folder)
    assert str(error.value) == (
        f"{places.folder}: has a site already (oppleo.yaml, secrets.yaml, flows, subflows, nodes, "
        "reports/archive, .oppleo/history, .oppleo/state.sqlite, .oppleo/ledger.sqlite, "
        ".oppleo/audit.sqlite); --force puts it aside"
    )
    assert tree(places.folder) == before


def test_by_force_what_was_there_is_kept_aside_and_nothing_of_it_stays(places, backup, tmp_path):
    folder = tmp_path / "other"
    restored(backup, folder)
    (folder / "flows/extra.yaml").write_text("nodes: {}\n")
    (folder / "reports/mine.txt").write_text("no part of a backup\n")
    with open_ledger(StoreLocation(folder / ".oppleo/ledger.sqlite"), "garage") as ledger:
        ledger.readings.record([MeterReading.sample(meter="late")])
    late = rows(folder / ".oppleo/ledger.sqlite")
    # As a process leaves it that was killed: what was written last is beside the file.
    (folder / ".oppleo/ledger.sqlite-wal").write_bytes(b"")

    done = restored(backup, folder, force=True)

    assert done.aside == ASIDE
    is_like(folder, places)
    assert not (folder / "flows/extra.yaml").exists()
    assert (folder / "reports/mine.txt").exists()
    assert not (folder / ".oppleo/ledger.sqlite-wal").exists()
    assert rows(folder / ASIDE / ".oppleo/ledger.sqlite") == late
    assert (folder / ASIDE / "flows/extra.yaml").exists()


def test_secrets_stay_where_the_backup_has_none(places, plain):
    done = restored(plain, places.folder, force=True)
    assert not done.secrets
    assert (places.folder / "secrets.yaml").read_text() == FILES["secrets.yaml"]


def test_a_backup_of_a_simulation_goes_back_where_simulations_are(places, tmp_path):
    simulated = SitePlaces.of(places.folder, simulated=True)
    with open_ledger(StoreLocation(simulated.ledger), "garage") as ledger:
        ledger.readings.record([MeterReading.sample(meter="simulated")])
    made = make_backup(asked_of(simulated, simulated=True))
    assert Path(made.file).name == "simulated-garage-20260115T120000Z.tar.gz"
    restored(Path(made.file), tmp_path / "new")
    there = SitePlaces.of(tmp_path / "new", simulated=True)
    assert rows(there.ledger) == rows(simulated.ledger)
    assert not SitePlaces.of(tmp_path / "new", simulated=False).ledger.exists()


def test_a_backup_of_an_older_version_is_upgraded(places, tmp_path):
    engine = sqlite_engine(places.ledger)
    command.downgrade(alembic_config(engine), "0003")
    engine.dispose()
    old = Path(make_backup(asked_of(places)).file)

    done = restored(old, tmp_path / "new")

    assert (done.upgraded, done.revision) == (True, HEAD)
    ledger = SitePlaces.of(tmp_path / "new", simulated=False).ledger
    with open_ledger(StoreLocation(ledger), "garage", read_only=True) as opened:
        assert len(opened.sessions.between(NOON - timedelta(days=9), LATER)) == 1
    assert [path.name for path in ledger.parent.glob("ledger.*")] == ["ledger.sqlite"]


def test_a_backup_of_a_newer_version_is_refused(places, tmp_path, monkeypatch):
    with sqlite3.connect(places.ledger) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    with monkeypatch.context() as newer:  # this version makes none, so let it be one that knows it
        newer.setattr("oppleo_flow.store.schema.REVISIONS", ("9999",))
        newer.setattr("oppleo_flow.store.backup.manifest.REVISIONS", ("9999",))
        file = Path(make_backup(asked_of(places)).file)
    with pytest.raises(StoreError) as error:
        restored(file, tmp_path / "new")
    assert str(error.value) == (
        f"{file}: is a backup of a newer version, got revision '9999'; "
        "install that version of oppleo-flow"
    )
    assert not (tmp_path / "new").exists()


def test_a_wrong_passphrase_leaves_no_trace(backup, tmp_path):
    with pytest.raises(StoreError) as error:
        restore(backup, "open barley", tmp_path / "new", now=LATER)
    assert str(error.value) == f"{backup}: cannot be opened with this passphrase"
    assert not (tmp_path / "new").exists()


# Restores, and is killed by SIGKILL when it is about to do something of a number to the files.
KILLED_AT = """
import os, pathlib, signal, sys
from datetime import datetime
from oppleo_flow.store.backup.restoring import restore

file, folder, left = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def count(event, args):
    global left
    changes = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree")
    if changes and folder in str(args):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
now = datetime.fromisoformat("2026-01-16T12:00:00+00:00")
restore(file, "open sesame", pathlib.Path(folder), force=True, now=now)
"""


def restore_killed_at(file: Path, folder: Path, number: int) -> int:
    return subprocess.run(
        [sys.executable, "-c", KILLED_AT, str(file), str(folder), str(number)],
        env=child_environment(),
        check=False,
    ).returncode


@pytest.mark.parametrize("number", [1, 8, 16, 17, 20, 32, 36, 44, 50, 53, 54])
def test_a_restore_that_is_killed_is_done_by_the_next_one(places, plain, tmp_path, number):
    folder = tmp_path / "other"
    restored(plain, folder)
    (folder / "secrets.yaml").write_text(FILES["secrets.yaml"])
    (folder / "flows/extra.yaml").write_text("nodes: {}\n")
    before = tree(folder)

    assert restore_killed_at(plain, folder, number) == -signal.SIGKILL
    begun = (folder / JOURNAL).exists()
    if not begun:  # nothing of the site has been touched, or all is done
        now = {name: text for name, text in tree(folder).items() if "restore" not in name}
        untouched = now == before
        assert untouched or not (folder / "flows/extra.yaml").exists()
    again = restore(plain, "open sesame", folder, force=True, now=LATER + timedelta(minutes=1))

    assert again.finished == begun
    is_like(folder, places)
    assert not (folder / JOURNAL).exists()
    assert not (folder / ".oppleo/restore").exists()
    assert len(list(folder.glob(".oppleo/before-restore-*/flows/extra.yaml"))) == 1


def test_the_kills_reach_from_the_first_step_to_the_last(plain, tmp_path):
    folder = tmp_path / "other"
    restored(plain, folder)
    assert restore_killed_at(plain, folder, 1000) == 0


def test_an_interrupted_restore_of_another_backup_is_finished_first(places, plain, tmp_path):
    folder = tmp_path / "other"
    restored(plain, folder)
    (folder / "secrets.yaml").write_text(FILES["secrets.yaml"])
    assert restore_killed_at(plain, folder, 33) == -signal.SIGKILL
    assert (folder / JOURNAL).exists()
    another = Path(make_backup(asked_of(places, created_at=LATER)).file)
    with pytest.raises(Refused):
        restored(another, folder)
    is_like(folder, places)


def test_a_folder_that_cannot_be_written_is_told(places, backup, tmp_path):
    (tmp_path / "new").write_text("a file")
    with pytest.raises(StoreError) as error:
        restored(backup, tmp_path / "new")
    assert str(error.value) == f"{tmp_path}/new: cannot be written: Not a directory"


# Lets a process write files of so many bytes only, as a disk that is full does.
FULL_DISK = """
import pathlib, resource, signal, sys
from datetime import datetime
from oppleo_flow.errors import StoreError
from oppleo_flow.store.backup.restoring import restore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000,) * 2)
now = datetime.fromisoformat("2026-01-16T12:00:00+00:00")
try:
    restore(pathlib.Path(sys.argv[1]), "open sesame", pathlib.Path(sys.argv[2]), now=now)
except StoreError as error:
    sys.exit(str(error))
"""


@pytest.mark.usefixtures("unmeasured")
def test_a_full_disk_leaves_no_half_site(backup, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(backup), str(tmp_path / "new")],
        env=child_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (
        1,
        f"{tmp_path}/new/.oppleo/restore/ledger.sqlite: cannot be written: File too large\n",
    )
    assert not (tmp_path / "new").exists()


def test_there_is_nothing_to_finish_where_nothing_was_begun(tmp_path):
    assert finish(tmp_path) is None
