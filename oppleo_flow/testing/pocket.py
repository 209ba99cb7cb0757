"""What the ledger of a simulation knows: the cards of the pocket, and a price."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import NAMESPACE_OID, uuid5

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.charging.tokens import Token, legacy_id
from oppleo_flow.simulator.readers import Card
from oppleo_flow.store import Ledger

_PRICE = Decimal("0.35")
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def know_the_cards(ledger: Ledger, cards: Iterable[Card], now: datetime) -> None:
    """Let a ledger know those of the cards that it should, by the same ids every time."""
    known = {token.uid for token in ledger.tokens.all()}
    for card in cards:
        if card.known and card.uid not in known:
            number = legacy_id(bytes.fromhex(card.uid))
            made = uuid5(NAMESPACE_OID, card.uid)
            ledger.tokens.add(Token(made, card.uid, number, card.name, enabled=True), now)


def know_a_price(ledger: Ledger, currency: str) -> None:
    """Let a ledger know what a kWh has cost for long."""
    price = PriceVersion(uuid5(NAMESPACE_OID, "price"), _LONG_AGO, _PRICE, currency)
    ledger.prices.add(price)
