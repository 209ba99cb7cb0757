"""What the ledger of a simulation knows: the cards of the pocket, and a price."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import NAMESPACE_OID, uuid5

from oppleo_flow.charging.tariff import PriceVersion, Tariff
from oppleo_flow.charging.tokens import Token, legacy_id
from oppleo_flow.payloads import Authorised, BilledPart, Rejected, SessionBilled
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


def a_price(currency: str) -> PriceVersion:
    """Return what a kWh has cost for long."""
    return PriceVersion(uuid5(NAMESPACE_OID, "price"), _LONG_AGO, _PRICE, currency)


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


def know_prices_as_recorded(ledger: Ledger, bills: Iterable[SessionBilled]) -> None:
    """Let a ledger know what a kWh cost at each time, as the bills of sessions say.

    Where nobody charged between two prices, the second holds from the middle on.
    """
    parts = sorted(
        ((part, bill.currency) for bill in bills if bill.currency for part in bill.parts),
        key=lambda one: one[0].since,
    )
    if parts:
        ledger.prices.add(_price_of(*parts[0], _LONG_AGO))
    for (last, _), (part, currency) in pairwise(parts):
        if part.per_kwh != last.per_kwh:
            between = max(part.since - last.until, timedelta())
            ledger.prices.add(_price_of(part, currency, part.since - between / 2))


def _price_of(part: BilledPart, currency: str, valid_from: datetime) -> PriceVersion:
    """Return the price of a part; where it was unknown, that of a market without prices."""
    made = uuid5(NAMESPACE_OID, f"price from {valid_from.isoformat()}")
    if part.per_kwh is None:
        return PriceVersion.of(made, valid_from, Tariff(source="unknown"), currency)
    return PriceVersion(made, valid_from, part.per_kwh, currency)


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
