"""A house that has been lived in for a month: sessions, a statement, and people who sign in."""

from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.reports import SiteStatements
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House
from tests.webui.graphs import SHIPPED
from webui.ports import SiteFacts

MOVED_IN = datetime(2026, 1, 30, 9, 0, tzinfo=UTC)
ZONE = "Europe/Amsterdam"
HOUR_S = 3600


class LivedIn:
    """Its flow runs in virtual time; `today` is what the clocks of its people show."""

    def __init__(self, house, ledger, folder):
        self.house, self.ledger = house, ledger
        statements = SiteStatements(
            *(folder, house.location.path, "house", ZoneInfo(ZONE), "EUR", "en"),
            StatementFacts(),
            simulated=True,
        )
        self.facts = SiteFacts(
            clock=house.clock,
            charge_point="house",
            books=lambda: ledger,
            timezone=ZONE,
            state_folder=folder,
            statements=lambda: statements,
        )

    @property
    def today(self):
        return self.house.clock.now()

    def charge(self, card, hours):
        """Charge a car for some hours, and drive it away."""
        self.house.swipe(card)
        self.house.world.plug_in(20)
        self.house.run_for(hours * HOUR_S)
        self.house.swipe(card)
        self.house.run_for(60)
        self.house.world.plug_out()


@contextmanager
def lived_in(folder, **variables):
    """Run the shipped flow from the end of January until the second of February."""
    variables = {"meter_every": "60s", "offpeak_only": "off"} | variables
    with (
        House(SHIPPED.read_text(), folder, MOVED_IN, variables=variables) as house,
        open_ledger(house.location, "house") as ledger,
    ):
        house.set_price(Decimal("0.35"))
        home = LivedIn(house, ledger, folder)
        home.charge("family", 2)
        home.charge("office", 3)
        house.run_for(3 * 24 * HOUR_S)
        yield home
