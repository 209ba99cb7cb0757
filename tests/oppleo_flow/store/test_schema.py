import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from oppleo_flow.child import run_module
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import MeterReading, SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.database import sqlite_engine
from oppleo_flow.store.migrate import alembic_config
from oppleo_flow.store.revision import HEAD, REVISIONS
from oppleo_flow.store.tables import METADATA, for_postgresql


def schema(path: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(path) as connection:
        query = "SELECT name, sql FROM sqlite_master ORDER BY type, name"
        found = connection.execute(query).fetchall()
    connection.close()
    return found


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    path = tmp_path / "migrated.sqlite"
    run_module("oppleo_flow.store.migrate", [str(path)], timeout_s=120.0)
    return path


def columns_and_indices(path: Path) -> dict[str, tuple]:
    """Return what tables and indices are like, whatever the words that made them."""
    with sqlite3.connect(path) as connection:
        found = {
            name: (
                sorted(row[1:] for row in connection.execute(f"PRAGMA table_xinfo({name})")),
                sorted(row[1:] for row in connection.execute(f"PRAGMA index_list({name})")),
                [row[1] for row in connection.execute(f"PRAGMA index_xinfo({name})")],
                sql if kind == "index" else "",
            )
            for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master")
        }
    connection.close()
    return found


def test_a_new_ledger_has_the_very_schema_that_the_migrations_make(location, migrated):
    open_ledger(location, "cp").close()
    assert columns_and_indices(location.path) == columns_and_indices(migrated)


def test_readings_are_kept_when_the_frequency_becomes_optional(location):
    with open_ledger(location, "cp") as ledger:
        ledger.readings.record([MeterReading.sample()])
    engine = sqlite_engine(location.path)
    command.downgrade(alembic_config(engine), "0003")
    engine.dispose()
    without = MeterReading.sample(meter="sums", frequency_hz=None)
    with open_ledger(StoreLocation(location.path), "cp") as ledger:
        ledger.readings.record([without])

        before = MeterReading.sample(energy_phases_wh=())
        assert ledger.readings.latest("meter") == before
        assert ledger.readings.latest("sums") == without
    assert dict(schema(location.path))["readings"].strip().endswith("WITHOUT ROWID")


def test_of_readings_from_before_nobody_knows_the_registers_of_the_phases(location):
    with open_ledger(location, "cp") as ledger:
        ledger.readings.record([MeterReading.sample()])
    engine = sqlite_engine(location.path)
    command.downgrade(alembic_config(engine), "0020")
    engine.dispose()
    new = MeterReading.sample(meter="new", energy_phases_wh=(1, 0, 2))
    with open_ledger(StoreLocation(location.path), "cp") as ledger:
        ledger.readings.record([new])

        before = MeterReading.sample(energy_phases_wh=())
        assert ledger.readings.latest("meter") == before
        assert ledger.readings.latest("new") == new


def test_alembic_finds_nothing_left_to_migrate(migrated):
    engine = sqlite_engine(migrated)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_the_revisions_that_are_known_without_alembic_are_those_of_the_migrations(tmp_path):
    scripts = ScriptDirectory.from_config(alembic_config(sqlite_engine(tmp_path / "none")))
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS
    assert scripts.get_current_head() == HEAD


def test_a_ledger_without_a_revision_is_migrated_when_it_is_opened(location):
    open_ledger(location, "cp").close()
    engine = sqlite_engine(location.path)
    command.downgrade(alembic_config(engine), "base")
    engine.dispose()
    assert [name for name, _ in schema(location.path) if "alembic" not in name] == []
    with open_ledger(location, "cp") as ledger:
        ledger.sessions.record(SessionStarted.sample())
        assert ledger.sessions.open().label == "family"


def test_an_older_ledger_is_not_migrated_by_one_who_only_reads(location):
    open_ledger(location, "cp").close()
    engine = sqlite_engine(location.path)
    command.downgrade(alembic_config(engine), "base")
    engine.dispose()
    with pytest.raises(StoreError) as error:
        open_ledger(location, "cp", read_only=True)
    assert str(error.value) == (
        f"{location.path}: is a ledger of an older version; start `oppleo-flow run` once, "
        "which brings it up to date"
    )


def test_a_migration_that_cannot_be_made_says_why(tmp_path):
    with pytest.raises(StoreError) as error:
        run_module("oppleo_flow.store.migrate", [str(tmp_path / "no" / "x")], timeout_s=120.0)
    assert str(error.value) == (
        f"{tmp_path}/no/x: cannot be opened; check the file's folder and who may use it"
    )


def test_a_child_that_takes_too_long_is_ended():
    with pytest.raises(StoreError) as error:
        run_module("http.server", ["--bind", "127.0.0.1", "0"], timeout_s=0.2)
    assert str(error.value) == "http.server: not done after 0.2 s, and ended"


def test_an_opened_ledger_is_not_migrated_again(location, monkeypatch):
    open_ledger(location, "cp").close()
    monkeypatch.setattr("sys.executable", "/bin/false")
    open_ledger(StoreLocation(location.path), "cp").close()


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=str)
def test_every_table_can_be_made_in_postgresql(table):
    text = str(CreateTable(table).compile(dialect=postgresql.dialect()))
    assert f"CREATE TABLE {table.name}" in text
    assert ("TIMESTAMP WITHOUT" in text, "NUMERIC" in text) == (
        False,
        table.name in ("price_versions", "market_prices", "slices", "statements"),
    )


def test_at_most_one_session_is_open_in_postgresql_too():
    indexes = for_postgresql().tables["session_started"].indexes
    texts = [str(CreateIndex(index).compile(dialect=postgresql.dialect())) for index in indexes]
    assert (
        "CREATE UNIQUE INDEX uq_session_started_open ON session_started (charge_point, point) "
        "WHERE closed_at IS NULL" in texts
    )


def test_a_site_does_without_what_postgresql_needs():
    needless = postgresql.__name__
    code = f"import sys, oppleo_flow.store.rows; print({needless!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
