import pytest
from pydantic import ValidationError

from nodes.storage.postgres import Postgres, PostgresConfig
from oppleo_flow.clock import SystemClock
from oppleo_flow.errors import StoreError
from oppleo_flow.store.postgres.address import PostgresConnection
from oppleo_flow.testing import BenchSite
from tests.postgres import HOST, PASSWORD, USER

URL = "postgresql://me:se%2Fcret@nas.local:5433/home?sslmode=require"


def made(simulated: bool = False, **options) -> Postgres:
    config = PostgresConfig.model_validate(options)
    return Postgres("copy", config, clock=SystemClock(), site=BenchSite(), simulated=simulated)


def test_it_is_what_a_node_asks_for():
    assert issubclass(Postgres, PostgresConnection)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_an_address_says_it_all(scheme):
    address = made(url=URL.replace("postgresql", scheme, 1)).address
    assert address.parameters == {
        "host": "nas.local",
        "port": "5433",
        "dbname": "home",
        "user": "me",
        "password": "se/cret",
        "sslmode": "require",
    }
    assert (address.place, address.schema) == ("nas.local:5433/home", "oppleo_flow")
    assert (address.zone, address.simulated) == ("Europe/Amsterdam", False)
    assert "cret" not in repr(address)


def test_it_may_be_given_in_parts():
    parts = {"host": "nas", "database": "home", "user": "me", "password": "p", "ca_file": "ca.pem"}
    assert made(**parts, sslmode="verify-full").address.parameters == {
        "host": "nas",
        "dbname": "home",
        "user": "me",
        "password": "p",
        "sslmode": "verify-full",
        "sslrootcert": "ca.pem",
    }


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "url, or host and database, are needed"),
        ({"host": "nas"}, "url, or host and database, are needed"),
        ({"url": URL, "host": "nas"}, "url says it all: host does not go with it"),
        (
            {"url": "mysql://me:hidden@nas/home"},
            "an address such as postgresql://user:password@host:5432/database",
        ),
        (
            {"url": "postgresql://me:hid%den@nas/home"},
            "an address such as postgresql://user:password@host:5432/database; special characters "
            "of a password are written as %2F and so on",
        ),
        (
            {"url": URL, "ca_file": "ca.pem"},
            "ca_file needs sslmode: verify-full, or it is not looked at",
        ),
        (
            {"url": URL, "simulated_schema_name": "oppleo_flow"},
            "a simulation needs another schema than the real rows",
        ),
    ],
    ids=[
        "nothing",
        "no database",
        "twice",
        "another database",
        "a bare percent",
        "no check",
        "one schema",
    ],
)
def test_what_is_no_address_is_refused_without_telling_a_password(options, text):
    with pytest.raises(ValidationError) as error:
        PostgresConfig.model_validate(options)
    (found,) = error.value.errors()
    assert found["msg"] == f"Value error, {text}"
    assert "hid" not in found["msg"]


def test_a_simulation_goes_nowhere_unless_it_has_a_schema_of_its_own():
    assert made(simulated=True, url=URL).address is None
    assert made(simulated=True, url=URL).probe() == "nothing is sent"
    address = made(simulated=True, url=URL, simulated_schema_name="played").address
    assert (address.schema, address.simulated) == ("played", True)


def test_a_look_at_it_says_what_server_it_is(postgres_server):
    parts = {"host": HOST, "port": postgres_server.port, "database": "postgres"}
    found = made(**parts, user=USER, password=PASSWORD).probe()
    assert found.startswith(f"{HOST}:{postgres_server.port}/postgres: PostgreSQL ")


def test_a_look_at_it_says_why_not(postgres_server):
    parts = {"host": HOST, "port": postgres_server.port, "database": "postgres"}
    with pytest.raises(StoreError) as error:
        made(**parts, user=USER, password="guess").probe()
    assert str(error.value) == (
        f"{HOST}:{postgres_server.port}/postgres: the user or the password is refused; check both"
    )
