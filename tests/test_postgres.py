import psycopg2
import pytest

from tests.postgres import PostgresServer


def test_each_test_has_an_empty_database_of_its_own(postgres_server):
    with postgres_server.database() as first, postgres_server.database() as second:
        postgres_server.execute("CREATE TABLE one (number integer)", first)
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert postgres_server.execute(tables, first) == [(1,)]
        assert postgres_server.execute(tables, second) == [(0,)]


def test_a_server_that_was_killed_has_what_it_committed(own_postgres: PostgresServer):
    own_postgres.execute("CREATE TABLE one AS SELECT 1 AS number")
    own_postgres.kill()
    with pytest.raises(psycopg2.OperationalError, match="Connection refused"):
        own_postgres.execute("SELECT 1")
    own_postgres.start()
    assert own_postgres.execute("SELECT number FROM one") == [(1,)]


def test_it_wants_the_password(postgres_server):
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(postgres_server.url("postgres", password="guess"))
