"""Who may read the copy, by the very words of the help of `postgres-writer`."""

import re
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from nodes.storage import postgres_writer
from oppleo_flow.store.postgres.engine import postgres_engine
from oppleo_flow.store.postgres.readers import let_readers_read
from tests.oppleo_flow.store.sent_ledger import address_of
from tests.postgres import PostgresServer

SQL = re.findall(r"```sql\n(.*?)```", postgres_writer.__doc__ or "", re.DOTALL)
QUERY, GRANT = SQL


@pytest.fixture
def dashboard(postgres_server: PostgresServer, copy_template: str) -> Iterator[tuple]:
    with postgres_server.database(copy_template) as name:
        for statement in GRANT.split(";")[:-1]:
            postgres_server.execute(statement)
        yield postgres_server, name, postgres_server.url(name, "dashboard", "choose one")
    postgres_server.execute("DROP ROLE dashboard")


def asked(url: str, sql: str) -> list:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_the_query_of_the_help_is_answered_to_who_only_reads(dashboard):
    server, name, url = dashboard
    ended = """
        INSERT INTO oppleo_flow.session_ended (
            session_id, charge_point, token_id, uid, label, started_at, ended_at,
            meter_start_wh, meter_end_wh, meter_end_quality, energy_wh, reason)
        VALUES (gen_random_uuid(), 'garage', gen_random_uuid(), '04', 'family',
            '2026-01-15 12:00Z', '2026-01-15 14:00Z', 1000, 11000, 'measured', 10000, 'card')"""
    server.execute(ended, name)
    ((charge_point, month, label, sessions, energy_kwh, amount, currency),) = asked(url, QUERY)
    assert (charge_point, str(month), label, sessions) == ("garage", "2026-01-01", "family", 1)
    assert (float(energy_kwh), amount, currency) == (10.0, None, None)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM oppleo_flow.session_ended",
        "UPDATE oppleo_flow.arrivals SET mark = 'x'",
        "CREATE TABLE oppleo_flow.mine (a integer)",
    ],
    ids=["delete", "change", "create"],
)
def test_who_only_reads_can_change_nothing(dashboard, sql):
    _, _, url = dashboard
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        asked(url, sql)


def test_a_user_who_may_not_make_roles_leaves_that_to_whoever_may(postgres_server, copy_url):
    postgres_server.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
    name = copy_url.rpartition("/")[2]
    postgres_server.execute("CREATE SCHEMA AUTHORIZATION plain", name)
    engine = postgres_engine(address_of(postgres_server.url(name, "plain", "plain")))
    try:
        with engine.begin() as connection:
            assert let_readers_read(connection, "plain") is False
        postgres_server.execute("CREATE ROLE plain_read")
        with engine.begin() as connection:
            assert let_readers_read(connection, "plain") is True
    finally:
        engine.dispose()
        postgres_server.execute("DROP OWNED BY plain CASCADE", name)
        postgres_server.execute("DROP ROLE plain_read")
        postgres_server.execute("DROP ROLE plain")
