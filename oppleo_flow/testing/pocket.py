"""What the ledger of a simulation knows: the cards of the pocket, and a price."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import NAMESPACE_OID, uuid5

from oppleo_flow.charging.tariff import PriceVersion, Tariff
from oppleo_flow.charging.tokens import Token, legacy_id
from oppleo_flow.payloads import Authorised, Rejected, SessionBilled
from oppleo_flow.simulator.premise import price_id
from oppleo_flow.simulator.readers import Card
from oppleo_flow.store import Ledger

_PRICE = Decimal("0.35")
_LONG = timedelta(days=400)
_NOBODY_S = ("unknown", "other-session", "no-answer")
_NOW = timedelta()
_ANY_CURRENCY = "EUR"
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


class _Span(NamedTuple):
    """A time in which a kWh cost the same; `kind` is as of a `BilledPart`."""

    since: datetime
    until: datetime
    per_kwh: Decimal | None
    kind: str


def know_prices_as_recorded(ledger: Ledger, bills: Iterable[SessionBilled]) -> None:
    """Let a ledger know what a kWh cost at each time, as the bills of sessions say.

    Where nobody charged between two prices, the second holds from the middle on.
    """
    last = {bill.session_id: bill for bill in bills}
    spans = [span for bill in last.values() for span in _spans(bill)]
    told = (bill.currency for bill in last.values() if bill.currency is not None)
    currency = next(told, _ANY_CURRENCY)
    begun: datetime | None = None
    known: _Span | None = None
    for span in sorted(spans, key=lambda one: one.since):
        if span.kind != "unknown" and (known is None or span.per_kwh != known.per_kwh):
            since = _LONG_AGO if begun is None else begun + max(span.since - begun, _NOW) / 2
            ledger.prices.add(_price_of(span.per_kwh, currency, since))
            known = span
        begun = span.until


def _spans(bill: SessionBilled) -> Iterator[_Span]:
    """Yield the whole time of a session; what cost something else and used nothing is no part."""
    at = bill.started_at
    for part in bill.parts:
        if part.since > at:
            yield _Span(at, part.since, None, "unused")
        yield _Span(part.since, part.until, part.per_kwh, part.tariff)
        at = part.until
    if at < bill.ended_at:
        yield _Span(at, bill.ended_at, None, "unused")


def _price_of(per_kwh: Decimal | None, currency: str, valid_from: datetime) -> PriceVersion:
    """Return a price; where it was unknown, that of a market without prices."""
    made = price_id(valid_from)
    if per_kwh is None:
        return PriceVersion.of(made, valid_from, Tariff(source="unknown"), currency)
    return PriceVersion(made, valid_from, per_kwh, currency)


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
