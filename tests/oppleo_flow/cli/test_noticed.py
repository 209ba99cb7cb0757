"""What happens in a flow is kept for the page, where there is a ledger to keep it in."""

from datetime import UTC, datetime

from oppleo_flow.cli.noticed import notice
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House
from tests.house.sources import text
from webui.ports import SiteFacts

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def test_a_flow_with_a_ledger_has_its_news_kept(tmp_path):
    with (
        House(text("flows/charge-point.yaml"), tmp_path, NOON) as house,
        open_ledger(house.location, "house") as ledger,
    ):
        let_go = notice(house.runtime, SiteFacts(clock=house.clock, books=lambda: ledger))
        house.swipe("stranger")
        house.swipe("family")
        let_go()
        told = [one.title for one in reversed(ledger.told.newest())]
    assert told == ["Card refused", "Session of family"]


def test_of_a_flow_without_a_ledger_nothing_is_kept(tmp_path):
    flow = text("oppleo_flow/cli/starters/charge-point.yaml").partition("nodes:")[0]
    meter = "nodes:\n  meter: {type: modbus-meter, bus: rs485, unit_id: 1}\n"
    flow = flow.replace("  store: {type: site-store}\n", "") + meter
    with House(flow, tmp_path, NOON) as house:

        def books():
            raise AssertionError("nobody may open a ledger")

        notice(house.runtime, SiteFacts(clock=house.clock, books=books))()
