"""The shipped flow with a copy of its ledger in a real PostgreSQL, which is stopped meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.store.postgres.address import PostgresAddress
from oppleo_flow.testing.house import House
from tests.oppleo_flow.store.sent_ledger import address_of, rows_of_copy, sent_ledger
from tests.postgres import PostgresServer

FLOW = Path(__file__).parents[2] / "flows" / "charge-point.yaml"
NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
MINUTE, HOUR, WEEK = 60.0, 3600.0, 7 * 86_400.0
SCHEMA = "played"
CONNECTION = """connections:
  copy: {{type: postgres, url: !secret copy_url, simulated_schema_name: {schema}}}
"""
NODE = """nodes:
  copy_writer: {type: postgres-writer, store: store, database: copy}

"""


@pytest.fixture
def address(own_postgres: PostgresServer) -> PostgresAddress:
    here = address_of(own_postgres.url("postgres"))
    return replace(here, schema=SCHEMA, simulated=True)


@pytest.fixture
def house(tmp_path: Path, own_postgres: PostgresServer) -> Callable[[], House]:
    text, _, _ = FLOW.read_text(encoding="utf-8").partition("\ntests:")
    text = text.replace("connections:\n", CONNECTION.format(schema=SCHEMA), 1)
    text = text.replace("nodes:\n", NODE, 1)
    secrets = {"copy_url": own_postgres.url("postgres")}
    seldom = {"meter_every": "1m"}  # a week of readings is not what is tried here
    return lambda: House(text, tmp_path, NOON, secrets=secrets, variables=seldom)


def charges(home: House) -> bool:
    return bool(home.level("evse", "state").on)


def ends_there(address: PostgresAddress) -> int:
    return len(rows_of_copy(address, "house")["session_ended"])


def has_arrived_whole(home: House, address: PostgresAddress) -> bool:
    """Return whether the database has what the ledger has, once the last rows are sent too."""
    with sent_ledger(home.location.path, address, "house") as site:
        site.send_all()
        return site.has_arrived()


def test_a_server_that_is_away_for_ten_minutes_is_not_noticed_by_who_charges(
    house, address, own_postgres
):
    with house() as home:
        home.swipe("family")
        home.world.plug_in(charge_percent=10)
        home.run_for(20 * MINUTE)
        own_postgres.stop()
        home.run_for(5 * MINUTE)
        assert charges(home)
        home.swipe("family")
        assert not charges(home)
        home.run_for(5 * MINUTE)
        (fault,) = home.look("copy_writer").faults
        assert fault.code == "server-away"
        own_postgres.start()
        home.run_for(5 * MINUTE)
        assert list(home.look("copy_writer").faults) == []
        assert ends_there(address) == 1
    assert has_arrived_whole(home, address)
    faults = [fault for fault in home.faults() if fault.node == "copy_writer"]
    assert [(fault.code, fault.until is not None) for fault in faults] == [("server-away", True)]


def test_a_server_that_is_away_for_a_week_gets_all_of_it(house, address, own_postgres):
    with house() as home:
        home.world.plug_in(charge_percent=10)
        home.swipe("family")
        home.run_for(HOUR)
        own_postgres.kill()
        home.swipe("family")
        home.run_for(WEEK)
        home.swipe("family")
        home.run_for(HOUR)
        home.swipe("family")
        behind = home.level("copy_writer", "state")
        assert behind.rows_behind > 500
        assert (home.now() - behind.behind_since).days == 7
        own_postgres.start()
        home.run_for(5 * MINUTE)
        assert home.level("copy_writer", "state").rows_behind == 0
        assert ends_there(address) == 2
    assert has_arrived_whole(home, address)


def test_a_house_whose_power_fails_while_the_server_is_away_sends_all_the_same(
    house, address, own_postgres
):
    with house() as home:
        home.swipe("family")
        home.world.plug_in(charge_percent=10)
        home.run_for(10 * MINUTE)
        own_postgres.kill()
        home.run_for(MINUTE)
        home.set_power(on=False)
        home.run_for(MINUTE)
        own_postgres.start()
        home.set_power(on=True)
        home.run_for(5 * MINUTE)
        assert home.level("copy_writer", "state").rows_behind == 0
    assert has_arrived_whole(home, address)
