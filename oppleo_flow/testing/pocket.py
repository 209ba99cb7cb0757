"""What the ledger of a simulation knows: the cards of the pocket, and a price."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import NAMESPACE_OID, uuid5

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.charging.tokens import Token, legacy_id
from oppleo_flow.payloads import Authorised, Rejected
from oppleo_flow.simulator.readers import Card
from oppleo_flow.store import Ledger

_PRICE = Decimal("0.35")
_LONG = timedelta(days=400)
_NOBODY_S = ("unknown", "other-session", "no-answer")
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


def know_as_recorded(
    ledger: Ledger, verdicts: Iterable[Authorised | Rejected], now: datetime
) -> None:
    """Let a ledger know each card as the first verdict about it says that it was known."""
    first: dict[str, Authorised | Rejected] = {}
    for verdict in verdicts:
        first.setdefault(verdict.uid, verdict)
    for uid, verdict in first.items():
        token = _token_of(uid, verdict, now.date())
        if token is not None:
            ledger.tokens.add(token, now)


def _token_of(uid: str, verdict: Authorised | Rejected, today: date) -> Token | None:
    """Return the token that a verdict was about; None for a card that nobody knew."""
    if isinstance(verdict, Authorised):
        token_id, label, reason = verdict.token_id, verdict.label, verdict.only_ends
    else:
        token_id, label, reason = uuid5(NAMESPACE_OID, uid), "", verdict.reason
    if reason in _NOBODY_S:
        return None
    return Token(
        token_id,
        uid,
        legacy_id(bytes.fromhex(uid)),
        label,
        enabled=reason != "disabled",
        valid_from=today + _LONG if reason == "not-yet-valid" else None,
        valid_until=today - _LONG if reason == "expired" else None,
    )
