"""The tables in PostgreSQL are made whole or not at all, beside those of other programs."""

import json
import subprocess
import sys
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.store.migrate import alembic_config
from oppleo_flow.store.postgres.address import PostgresAddress
from oppleo_flow.store.postgres.engine import postgres_engine
from oppleo_flow.store.postgres.errors import CopyError
from oppleo_flow.store.postgres.migrate import upgrade
from oppleo_flow.store.postgres.tables import COPY_TABLES
from oppleo_flow.store.revision import HEAD
from oppleo_flow.store.tables import for_postgresql
from oppleo_flow.store.tables.outbox import outbox, outbox_state
from tests.oppleo_flow.store.sent_ledger import address_of, sent_ledger

ROOT = Path(__file__).parents[4]
TABLES = (
    "SELECT table_schema, table_name FROM information_schema.tables "
    "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
)
OPPLEO = """
CREATE TABLE users (username text PRIMARY KEY, password text);
CREATE TABLE rfid (rfid text PRIMARY KEY, enabled boolean);
CREATE TABLE charge_session (id serial PRIMARY KEY, rfid text, start_value double precision);
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO users VALUES ('me', 'pbkdf2:sha256:1$a$b');
INSERT INTO alembic_version VALUES ('3f1c0fb0d2a9');
"""


@pytest.fixture
def ask(postgres_server, postgres_url):
    name = postgres_url.rpartition("/")[2]
    return lambda sql: postgres_server.execute(sql, name)


def test_its_tables_are_those_of_the_ledger(copy_url):
    """But for the outbox, which is the site's own."""
    engine = postgres_engine(address_of(copy_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        here = compare_metadata(context, [for_postgresql(), COPY_TABLES])
    engine.dispose()
    assert {change[0] for change in here} == {"add_table"}
    assert {change[1].name for change in here} == {outbox.name, outbox_state.name}


def test_the_tables_of_an_oppleo_in_the_same_database_are_left_alone(tmp_path, ask, postgres_url):
    ask(OPPLEO)
    with sent_ledger(tmp_path / "ledger.sqlite", address_of(postgres_url)) as site:
        site.ledger.accounts.add("driver", "Ann")
        site.send_all()
        assert site.has_arrived()
    tables = [name for schema, name in ask(TABLES) if schema == "public"]
    assert tables == ["alembic_version", "charge_session", "rfid", "users"]
    assert ask("SELECT * FROM public.users") == [("me", "pbkdf2:sha256:1$a$b")]
    assert ask("SELECT * FROM public.alembic_version") == [("3f1c0fb0d2a9",)]


@pytest.mark.parametrize("older", ["0014", "0013", "0012"])
def test_tables_of_an_older_version_are_migrated_with_what_they_hold(
    tmp_path, ask, postgres_url, older
):
    address = address_of(postgres_url)
    with sent_ledger(tmp_path / "ledger.sqlite", address) as site:
        site.ledger.sessions.record(SessionStarted.sample())
        site.send_all()
    engine = postgres_engine(address)
    command.downgrade(alembic_config(engine), older)
    engine.dispose()
    assert ask("SELECT version_num FROM oppleo_flow.alembic_version") == [(older,)]
    with sent_ledger(tmp_path / "ledger.sqlite", address) as site:
        site.ledger.sessions.record(SessionEnded.sample())
        site.send_all()
        assert site.has_arrived()
    assert ask("SELECT version_num FROM oppleo_flow.alembic_version") == [(HEAD,)]
    assert ask("SELECT energy_kwh FROM oppleo_flow.sessions") == [(Decimal("10.000"),)]


END_IT = """
CREATE FUNCTION end_it() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) FROM pg_tables WHERE schemaname = 'oppleo_flow') >= {tables} THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
END $$;
CREATE EVENT TRIGGER end_it ON ddl_command_end EXECUTE FUNCTION end_it();
"""


@pytest.mark.parametrize("tables", [1, 9, 20], ids="after {} tables".format)
def test_a_migration_that_is_killed_has_made_nothing(ask, postgres_url, tables):
    ask(END_IT.format(tables=tables))
    with pytest.raises(CopyError) as error:
        upgrade(address_of(postgres_url))
    assert error.value.code == "server-away"
    ask("DROP EVENT TRIGGER end_it")
    assert ask(TABLES) == []
    upgrade(address_of(postgres_url))
    assert ask("SELECT version_num FROM oppleo_flow.alembic_version") == [(HEAD,)]


def migrating(address: PostgresAddress) -> subprocess.Popen:
    command = [sys.executable, "-m", "oppleo_flow.store.postgres.migrate"]
    made = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    made.stdin.write(json.dumps(asdict(address)))
    made.stdin.close()
    return made


def test_of_two_charge_points_that_begin_at_once_one_makes_the_tables(ask, postgres_url):
    both = [migrating(address_of(postgres_url)) for _ in range(2)]
    for one in both:
        with one:
            assert (one.wait(), one.stderr.read()) == (0, "")
    assert ask("SELECT version_num FROM oppleo_flow.alembic_version") == [(HEAD,)]


def test_a_migration_that_cannot_be_made_says_why(postgres_server):
    (line,) = subprocess.run(
        [sys.executable, "-m", "oppleo_flow.store.postgres.migrate"],
        cwd=ROOT,
        input=json.dumps(asdict(address_of(postgres_server.url("none")))),
        capture_output=True,
        text=True,
        check=False,
    ).stderr.splitlines()
    assert line == (
        f"no-database 127.0.0.1:{postgres_server.port}/none: there is no database of this name; "
        "create it"
    )
