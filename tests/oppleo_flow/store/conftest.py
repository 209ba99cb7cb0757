import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy import inspect as look_at

from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.store.postgres.address import PostgresAddress, parameters_of
from oppleo_flow.store.postgres.engine import postgres_engine, postgres_ledger
from oppleo_flow.store.postgres.migrate import upgrade
from tests.postgres import PostgresServer


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of a ledger on both databases, but for those that look into its file."""
    if "ledger" in metafunc.fixturenames:
        looks_into_file = {"location", "tmp_path"} & {
            *inspect.signature(metafunc.function).parameters
        }
        databases = ["sqlite"] if looks_into_file else ["sqlite", "postgresql"]
        metafunc.parametrize("ledger", databases, indirect=True)


@pytest.fixture
def location(tmp_path: Path) -> StoreLocation:
    return StoreLocation(tmp_path / "ledger.sqlite")


@pytest.fixture
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    if request.param == "sqlite":
        with open_ledger(request.getfixturevalue("location"), "cp") as opened:
            yield opened
    else:
        yield from request.getfixturevalue("ledgers_of_postgres")()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> Iterator[tuple[PostgresAddress, Engine]]:
    """One database for all tests, which each leaves empty: to make one takes longer than a test."""
    with postgres_server.database() as name:
        address = PostgresAddress(parameters_of(postgres_server.url(name)))
        upgrade(address)
        engine = postgres_engine(address, pooled=True)
        yield address, engine
        engine.dispose()


@pytest.fixture
def ledgers_of_postgres(migrated_postgres):
    address, engine = migrated_postgres

    def opened() -> Iterator[Ledger]:
        try:
            with postgres_ledger(address, "cp") as ledger:
                yield ledger
        finally:
            empty()

    def empty() -> None:
        with engine.begin() as connection:
            for table in {*look_at(connection).get_table_names()} - {"alembic_version"}:
                connection.exec_driver_sql(f"DELETE FROM {table}")

    return opened
