"""The flow `examples/postgres-copy.yaml`, in a simulated house, with a real PostgreSQL."""

from datetime import UTC, datetime
from pathlib import Path

from oppleo_flow.testing.house import House
from tests.oppleo_flow.store.sent_ledger import address_of, rows_of_copy
from tests.postgres import HOST, PASSWORD, USER

FLOW = Path(__file__).parents[2] / "examples" / "postgres-copy.yaml"
NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)


def test_its_readings_are_in_the_database(tmp_path, postgres_server, copy_url):
    parts = {
        "nas.local": f"{HOST}\n    port: {postgres_server.port}",
        "database: home": f"database: {copy_url.rpartition('/')[2]}",
        "user: garage": f"user: {USER}",
        "sslmode: require": "simulated_schema_name: oppleo_flow\n    schema_name: another",
    }
    text, _, _ = FLOW.read_text(encoding="utf-8").partition("\ntests:")
    for said, here in parts.items():
        assert text.count(said) == 1
        text = text.replace(said, here)
    with House(text, tmp_path, NOON, secrets={"copy_password": PASSWORD}) as home:
        home.run_for(2 * 3600.0)
        assert home.look("copy_writer").status_text == "all rows have arrived"
    found = rows_of_copy(address_of(copy_url), "house")["readings"]
    assert {row[1] for row in found} == {"meter"}
