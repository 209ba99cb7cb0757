"""What the ledger of a simulation knows to begin with, so that somebody can charge there."""

from decimal import Decimal
from uuid import uuid4

from oppleo_flow.charging.month import Month
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.charging.tokens import Token, legacy_id
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import ledger_of, zone_of
from oppleo_flow.clock import Clock
from oppleo_flow.simulator.readers import POCKET

_PRICE = Decimal("0.35")


def seed(site: Site, clock: Clock) -> str:
    """Give a simulated site's new ledger its known cards and a price; say which.

    The cards of the simulator that should stay unknown stay unknown.
    """
    now = clock.now()
    zone = zone_of(site)
    currency = site.settings.currency
    cards = [card for card in POCKET if card.known]
    with ledger_of(site) as ledger:
        for card in cards:
            number = legacy_id(bytes.fromhex(card.uid))
            ledger.tokens.add(Token(uuid4(), card.uid, number, card.name, enabled=True), now)
        since = Month.of(now, zone).start(zone)
        ledger.prices.add(PriceVersion(uuid4(), since, _PRICE, currency))
    names = " and ".join(f"{card.name!r} ({card.uid})" for card in cards)
    return f"the simulated ledger knows the cards {names}; a kWh costs {_PRICE} {currency}"
