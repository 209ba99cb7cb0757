"""What a database does that cannot be written, and that nothing is lost by it."""

from dataclasses import replace

import pytest

from oppleo_flow.store.postgres.errors import CopyError
from tests.oppleo_flow.store.sent_ledger import address_of, rows_of_copy, sent_ledger
from tests.tcp_line import TcpLine


@pytest.fixture
def site(tmp_path, copy_url):
    with sent_ledger(tmp_path / "ledger.sqlite", address_of(copy_url)) as site:
        yield site


def fault_of(site, **parameters: str) -> tuple[str, str]:
    """Return the fault of sending to a database, with other parameters than are right."""
    site.sender.close()
    address = replace(site.address, parameters={**site.address.parameters, **parameters})
    with sent_ledger(site.path, address) as wrong, pytest.raises(CopyError) as error:
        wrong.send_all()
    return error.value.code, str(error.value).removeprefix(f"{address.place}: ")


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        (
            {"password": "guess"},
            ("login-refused", "the user or the password is refused; check both"),
        ),
        (
            {"user": "nobody"},
            ("login-refused", "the user or the password is refused; check both"),
        ),
        ({"dbname": "none"}, ("no-database", "there is no database of this name; create it")),
        ({"port": "1"}, ("server-away", "cannot be reached: Connection refused")),
    ],
    ids=["a wrong password", "an unknown user", "no such database", "no server"],
)
def test_who_cannot_be_reached_says_why(site, parameters, fault):
    assert fault_of(site, **parameters) == fault


def server_says(site, postgres_server, sql: str) -> tuple[str, str]:
    """Return the fault after a statement of the database's owner; then undo nothing."""
    site.ledger.accounts.add("driver", "Ann")
    postgres_server.execute(sql, site.address.parameters["dbname"])
    return fault_of(site)


def test_a_database_that_can_only_be_read_says_so(site, postgres_server):
    name = site.address.parameters["dbname"]
    read_only = f"ALTER DATABASE {name} SET default_transaction_read_only = on"
    assert server_says(site, postgres_server, read_only) == (
        "read-only",
        "can only be read; let the user write, or name the primary server",
    )
    postgres_server.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert site.send_all() > 0
    assert site.has_arrived()


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON oppleo_flow.drivers
    FOR EACH ROW EXECUTE FUNCTION full_disk();
"""


def test_a_full_disk_at_the_server_says_so_and_nothing_is_lost(site, postgres_server):
    assert server_says(site, postgres_server, FULL) == (
        "disk-full",
        "the server's disk is full; make room there, then it goes on by itself",
    )
    name = site.address.parameters["dbname"]
    postgres_server.execute("DROP FUNCTION full_disk CASCADE", name)
    site.send_all()
    assert site.has_arrived()


def test_tables_of_a_newer_version_are_left_alone(site, postgres_server):
    newer = "UPDATE oppleo_flow.alembic_version SET version_num = '9999'"
    assert server_says(site, postgres_server, newer) == (
        "newer-version",
        "is of a newer version, got revision '9999'; install that version of oppleo-flow here",
    )
    assert site.ledger.outbox.behind().rows > 0
    assert rows_of_copy(site.address, "cp")["drivers"] == []


def test_tables_of_something_else_are_left_alone(site, postgres_server):
    other = replace(site.address, schema="shop")
    name = site.address.parameters["dbname"]
    postgres_server.execute("CREATE SCHEMA shop CREATE TABLE users (a integer)", name)
    with sent_ledger(site.path, other) as wrong, pytest.raises(CopyError) as error:
        wrong.send_all()
    assert str(error.value) == (
        f"{site.address.place}: schema 'shop' has tables of something else; name another schema"
    )
    assert error.value.code == "not-ours"


def test_a_user_who_may_not_make_the_schema_says_so(site, postgres_server, postgres_url):
    postgres_server.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    name = postgres_url.rpartition("/")[2]
    code, text = fault_of(site, dbname=name, user="guest", password="guest")
    postgres_server.execute("DROP ROLE guest")
    assert (code, text) == (
        "no-right",
        f"the user may not do that: permission denied for database {name}",
    )


@pytest.mark.parametrize("at", ["before", "after"])
def test_a_line_that_breaks_in_the_middle_of_a_commit_loses_and_doubles_nothing(
    site, postgres_server, at
):
    """Nobody knows then whether the server has it: the mark that it has, or has not, tells."""
    with TcpLine(postgres_server.port) as line:
        parameters = {**site.address.parameters, "port": str(line.port)}
        with sent_ledger(site.path, replace(site.address, parameters=parameters)) as sent:
            sent.send_all()
            sent.ledger.accounts.add("driver", "Ann")
            line.cut(b"COMMIT", at)
            assert sent.send_all() == (1 if at == "before" else 0)
            assert sent.has_arrived()


def test_a_server_that_hangs_is_given_up_after_a_while(site, postgres_server):
    with TcpLine(postgres_server.port) as line:
        parameters = {**site.address.parameters, "port": str(line.port)}
        slow = replace(site.address, parameters=parameters, timeout_s=0.1)
        with sent_ledger(site.path, slow) as sent:
            sent.send_all()
            sent.ledger.accounts.add("driver", "Ann")
            line.cut(b"COMMIT", "never-answered")
            sent.send_all()
            assert line.was_cut.is_set()
            assert sent.has_arrived()
