from datetime import timedelta

import pytest

from nodes.storage.ledger import LedgerNode
from nodes.storage.postgres import Postgres
from nodes.storage.postgres_writer import PostgresWriter
from oppleo_flow.payloads import CopyState, MeterReading, SessionStarted
from oppleo_flow.testing import Bench
from oppleo_flow.testing.bench import NOON
from tests.nodes.store_site import CONNECTIONS, ledger_in, site_in
from tests.oppleo_flow.store.sent_ledger import address_of, rows_of_copy

SECOND = timedelta(seconds=1)
CONFIG = {"store": "store", "database": "copy"}


def writer(folder, url: str, **settings) -> Bench:
    copy = {"url": url, "simulated_schema_name": "oppleo_flow", "schema_name": "real"}
    return Bench(
        PostgresWriter,
        {**CONFIG, **settings},
        connections={**CONNECTIONS, "copy": (Postgres, copy)},
        site=site_in(folder),
    )


@pytest.fixture
def ledger(tmp_path):
    with ledger_in(tmp_path) as opened:
        yield opened


def reading(second: int) -> MeterReading:
    return MeterReading.sample(time=NOON + second * SECOND)


def test_what_is_written_to_the_ledger_is_in_the_database_soon(tmp_path, ledger, copy_url):
    with writer(tmp_path, copy_url) as on:
        on.advance(1)
        ledger.sessions.record(SessionStarted.sample())
        ledger.readings.record([reading(1)])
        on.advance(10)
        assert on.run().status == "all rows have arrived"
        assert on.sent("state")[-1] == CopyState(0, None, None)
    there = rows_of_copy(address_of(copy_url), "bench")
    assert (len(there["session_started"]), len(there["readings"])) == (1, 1)


def test_a_database_that_is_empty_is_given_its_tables(tmp_path, ledger, postgres_url):
    ledger.readings.record([reading(1)])
    with writer(tmp_path, postgres_url) as on:
        on.advance(1)
        assert on.run().faults == {}
    assert len(rows_of_copy(address_of(postgres_url), "bench")["readings"]) == 1


def test_more_than_fits_in_a_batch_follows_at_once(tmp_path, ledger, copy_url):
    ledger.readings.record([reading(second) for second in range(35)])
    with writer(tmp_path, copy_url, batch=10) as on:
        on.advance(0)
        assert on.run().status == "all rows have arrived"
    assert len(rows_of_copy(address_of(copy_url), "bench")["readings"]) == 35


def test_a_server_that_is_away_is_a_fault_once_and_what_waits_is_told(
    tmp_path, ledger, own_postgres
):
    url = own_postgres.url("postgres")
    with writer(tmp_path, url) as on:
        on.advance(1)
        own_postgres.stop()
        ledger.readings.record([reading(second) for second in range(7)])
        on.advance(300)
        run = on.run()
        why = f"127.0.0.1:{own_postgres.port}/postgres: cannot be reached: Connection refused"
        assert run.faults == {"server-away": why}
        assert run.status == "7 rows behind, the oldest for 4 min"
        assert on.sent("state")[-1] == CopyState(7, NOON, why)
        assert run.failures == []
        own_postgres.start()
        on.advance(120)
        assert on.run().faults == {}
        assert on.run().status == "all rows have arrived"
    assert len(rows_of_copy(address_of(url), "bench")["readings"]) == 7


def test_a_server_that_is_restarted_while_nothing_is_sent_is_no_fault(
    tmp_path, ledger, own_postgres
):
    with writer(tmp_path, own_postgres.url("postgres")) as on:
        on.advance(1)
        own_postgres.stop()
        own_postgres.start()
        ledger.readings.record([reading(1)])
        on.advance(10)
        assert (on.run().faults, on.sent("state")[-1]) == ({}, CopyState(0))


def test_a_simulation_sends_nothing_and_keeps_nothing(tmp_path, ledger, copy_url):
    bench = Bench(
        PostgresWriter,
        CONFIG,
        connections={**CONNECTIONS, "copy": (Postgres, {"url": copy_url})},
        site=site_in(tmp_path),
    )
    with bench as on:
        ledger.readings.record([reading(1)])
        on.advance(60)
        assert on.run().status == "simulated: nothing is sent"
        assert ledger.outbox.behind().rows == 0
    assert rows_of_copy(address_of(copy_url), "bench")["readings"] == []


def test_a_site_whose_flow_has_no_writer_any_more_keeps_nothing_for_it(tmp_path, ledger, copy_url):
    with writer(tmp_path, copy_url) as on:
        on.advance(1)
    ledger.readings.record([reading(1)])
    assert ledger.outbox.behind().rows == 1
    with Bench(
        LedgerNode, {"store": "store"}, connections=CONNECTIONS, site=site_in(tmp_path)
    ) as on:
        on.send(SessionStarted.sample(), "session")
    assert ledger.outbox.behind().rows == 0
    ledger.readings.record([reading(2)])
    assert ledger.outbox.behind().rows == 0
    with writer(tmp_path, copy_url) as on:  # and one that comes back sends all of it
        on.advance(1)
    there = rows_of_copy(address_of(copy_url), "bench")
    assert (len(there["session_started"]), len(there["readings"])) == (1, 2)
