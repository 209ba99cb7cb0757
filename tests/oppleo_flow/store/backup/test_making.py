import fcntl
import hashlib
import json
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.payloads import BackupMade
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.backup.making import make_backup
from oppleo_flow.store.backup.manifest import Manifest
from oppleo_flow.store.backup.reading import unpack
from oppleo_flow.store.backup.site_files import SitePlaces
from oppleo_flow.store.revision import HEAD
from tests.oppleo_flow.store.backup.sites import FILES, NOON, asked_of, members, rows

NAME = "backup-garage-20260115T120000Z.tar.gz"


def test_a_backup_has_the_databases_flows_nodes_settings_and_archived_reports(places):
    made = make_backup(asked_of(places))

    file = places.folder / "backups" / NAME
    content = members(file)
    secret = {"secrets.yaml"}
    assert set(content) - {"manifest.json"} == {
        "ledger.sqlite",
        "state.sqlite",
        "audit.sqlite",
        *(FILES.keys() - secret),
    }
    assert {n: t.decode() for n, t in content.items() if n in FILES} == {
        name: text for name, text in FILES.items() if name not in secret
    }
    manifest = Manifest.parse(content["manifest.json"], "it")
    assert manifest.revision == HEAD
    assert {m.name: (m.size, m.sha256) for m in manifest.members} == {
        name: (len(text), hashlib.sha256(text).hexdigest())
        for name, text in content.items()
        if name != "manifest.json"
    }
    assert made == BackupMade(
        file=str(file),
        size=file.stat().st_size,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        members=10,
        encrypted=False,
        at=NOON,
    )


def test_a_backup_is_for_its_owner_only_and_leaves_nothing_else_behind(places):
    file = Path(make_backup(asked_of(places)).file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert [path.name for path in places.own.iterdir() if path.name.startswith("backup-")] == []


def test_only_an_encrypted_backup_has_the_secrets(places, tmp_path):
    made = make_backup(asked_of(places, passphrase="open sesame"))

    assert made.file.endswith(f"{NAME}.age")
    assert b"very-secret" not in Path(made.file).read_bytes()
    unpack(Path(made.file), "open sesame", tmp_path / "out")
    assert (tmp_path / "out/secrets.yaml").read_text() == FILES["secrets.yaml"]


def test_the_databases_in_a_backup_are_those_of_the_site_row_by_row(places, tmp_path):
    unpack(Path(make_backup(asked_of(places)).file), "", tmp_path / "out")
    for name in ("ledger.sqlite", "state.sqlite", "audit.sqlite"):
        assert rows(tmp_path / "out" / name) == rows(places.database(name))


def test_a_backup_made_while_rows_are_written_has_a_prefix_of_them(places, tmp_path):
    """A row goes from the state to the ledger, as a durable wire delivers it: none gets lost."""
    state, ledger = places.database("state.sqlite"), places.ledger
    for path in (state, ledger):
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE n (n INTEGER PRIMARY KEY)")
            db.commit()
    done = threading.Event()

    def deliver() -> None:
        with (
            closing(sqlite3.connect(state, isolation_level=None)) as sends,
            closing(sqlite3.connect(ledger, isolation_level=None)) as keeps,
        ):
            number = 0
            while not done.is_set():
                number += 1
                sends.execute("INSERT INTO n VALUES (?)", (number,))
                keeps.execute("INSERT INTO n VALUES (?)", (number,))
                sends.execute("DELETE FROM n WHERE n = ?", (number,))

    thread = threading.Thread(target=deliver)
    thread.start()
    try:
        files = [make_backup(asked_of(places)).file for _ in range(4)]
    finally:
        done.set()
        thread.join()
    for number, file in enumerate(files):
        out = tmp_path / str(number)
        unpack(Path(file), "", out)
        found = set()
        for name in ("state.sqlite", "ledger.sqlite"):
            with closing(sqlite3.connect(out / name)) as db:
                found |= {n for (n,) in db.execute("SELECT n FROM n")}
        assert found == set(range(1, len(found) + 1))
    assert len(found) > 0


def test_backups_are_kept_to_a_number_and_only_ones_own_go(places):
    folder = places.folder / "backups"
    folder.mkdir()
    others = [
        "backup-garage-2-20200101T000000Z.tar.gz",
        "backup-garage-20200101.tar.gz",
        "simulated-garage-20200101T000000Z.tar.gz",
        "holiday.tar.gz",
    ]
    for name in others:
        (folder / name).write_text("another's")
    (folder / "backup-garage-20200101T000000Z.tar.gz").mkdir()

    for day in range(4):
        make_backup(asked_of(places, keep=2, created_at=NOON + timedelta(days=day)))

    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [
            *others,
            "backup-garage-20200101T000000Z.tar.gz",
            "backup-garage-20260117T120000Z.tar.gz",
            "backup-garage-20260118T120000Z.tar.gz",
        ]
    )


def test_all_are_kept_when_asked_for(places):
    for day in range(9):
        make_backup(asked_of(places, keep="all", created_at=NOON + timedelta(days=day)))
    assert len(list((places.folder / "backups").iterdir())) == 9


def test_a_clock_that_was_set_back_does_not_let_the_new_backup_go(places):
    for day in (3, 2, 1):
        made = make_backup(asked_of(places, keep=1, created_at=NOON + timedelta(days=day)))
        assert [path.name for path in (places.folder / "backups").iterdir()] == [
            Path(made.file).name
        ]


def test_two_at_the_same_second_have_names_of_their_own(places):
    names = [Path(make_backup(asked_of(places)).file).name for _ in range(3)]
    assert names == [NAME, NAME.replace("Z.", "Z-2."), NAME.replace("Z.", "Z-3.")]


def test_one_is_made_at_a_time(places):
    with (places.own / "backup.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Refused) as error:
            make_backup(asked_of(places))
    assert str(error.value) == f"{places.folder}: another backup is being made; wait for it"


def test_what_a_killed_run_left_goes_with_the_next(places):
    folder = places.folder / "backups"
    (places.own / "backup-abc").mkdir()
    (places.own / "backup-abc" / "ledger.sqlite").write_text("half")
    folder.mkdir()
    (folder / f".{NAME}.part").write_text("half")
    (folder / ".another.part").write_text("another's")
    make_backup(asked_of(places))
    assert sorted(path.name for path in folder.iterdir()) == [".another.part", NAME]
    assert not (places.own / "backup-abc").exists()


def test_it_is_noted_which_was_the_last_that_was_verified(places):
    made = make_backup(asked_of(places))
    assert json.loads((places.own / "last-backup.json").read_text()) == {
        "at": NOON.isoformat(),
        "file": made.file,
        "size": made.size,
        "sha256": made.sha256,
    }


def test_a_site_that_has_never_run_has_nothing_to_back_up(places):
    places.ledger.unlink()
    with pytest.raises(StoreError) as error:
        make_backup(asked_of(places))
    assert str(error.value) == (
        f"{places.ledger}: there is no ledger yet; start `oppleo-flow run` once"
    )


def test_links_in_the_flows_are_followed_and_one_that_leads_back_is_not(places, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "night.yaml").write_text("nodes: {}\n")
    (places.folder / "flows" / "shared").symlink_to(tmp_path / "shared")
    (tmp_path / "shared" / "back").symlink_to(tmp_path / "shared")
    content = members(Path(make_backup(asked_of(places)).file))
    assert [name for name in content if "shared" in name] == ["flows/shared/night.yaml"]


def test_a_copy_is_read_back_and_kept_to_the_same_number(places, away):
    for day in range(3):
        made = make_backup(
            asked_of(places, keep=2, copy_to=(str(away),), created_at=NOON + timedelta(days=day))
        )
    copies = sorted(away.iterdir())
    assert [copy.name for copy in copies] == [
        "backup-garage-20260116T120000Z.tar.gz",
        "backup-garage-20260117T120000Z.tar.gz",
    ]
    assert made.copies == (str(copies[-1]),)
    assert copies[-1].read_bytes() == Path(made.file).read_bytes()
    assert copies[-1].stat().st_mode & 0o777 == 0o600


def test_a_backup_of_a_simulation_is_noted_apart(places):
    simulated = SitePlaces.of(places.folder, simulated=True)
    open_ledger(StoreLocation(simulated.ledger), "garage").close()
    make_backup(asked_of(simulated, simulated=True))
    assert not (places.own / "last-backup.json").exists()
    assert (places.own / "simulated/last-backup.json").exists()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(
            "UPDATE alembic_version SET version_num = '9999'",
            "is a ledger of a newer version, got revision '9999'; "
            "install that version of oppleo-flow",
            id="a newer version",
        ),
        pytest.param(
            "DROP TABLE alembic_version",
            "is a database, but not a ledger; name another file",
            id="no ledger",
        ),
    ],
)
def test_a_ledger_that_this_version_does_not_know_is_told(places, spoil, message):
    with closing(sqlite3.connect(places.ledger)) as db:
        db.execute(spoil)
        db.commit()
    with pytest.raises(StoreError) as error:
        make_backup(asked_of(places))
    assert str(error.value) == f"{places.ledger}: {message}"
    assert list((places.folder / "backups").iterdir()) == []


def test_a_state_that_is_no_database_is_told(places):
    state = places.database("state.sqlite")
    state.write_text("no database at all, but a text of some length")
    with pytest.raises(StoreError) as error:
        make_backup(asked_of(places))
    assert str(error.value) == (
        f"{state}: is not an SQLite database; move it away or name another file"
    )
