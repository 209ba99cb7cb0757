"""The flow `examples/cheap-hours.yaml`: prices from a file, in a simulated house."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from oppleo_flow.charging.tariff import Component, PriceVersion, Tariff
from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House

TEXT = (Path(__file__).parents[2] / "examples" / "cheap-hours.yaml").read_text(encoding="utf-8")
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_session_is_billed_by_the_prices_that_the_flow_was_told(tmp_path: Path) -> None:
    rows = [f"{(NOON + n * HOUR).isoformat()},{0.08 + n / 100}" for n in range(4)]
    (tmp_path / "prices.csv").write_text("\n".join(["start,price", *rows]) + "\n")
    with House(TEXT, tmp_path, NOON) as house:
        house.run_for(10)
        assert [found for found in house.findings if found.severity != "info"] == []
        assert house.level("day_ahead", "now").per_kwh == Decimal("0.08")
        with open_ledger(house.location, "house") as ledger:
            tariff = Tariff((Component("tax", Decimal("0.12")),), Decimal(21), source="day-ahead")
            ledger.prices.add(PriceVersion.of(UUID(int=1), NOON - HOUR, tariff, "EUR"))
            ledger.sessions.record(SessionStarted.sample())
            ledger.sessions.record(SessionEnded.sample())
            (session,) = ledger.sessions.latest(1)
    assert [part.per_kwh for part in session.slices] == [Decimal("0.242"), Decimal("0.2541")]
    assert session.energy_wh == sum(part.energy_wh for part in session.slices) == 10_000
