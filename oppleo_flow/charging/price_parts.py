"""Time cut at every moment at which a kWh begins to cost something else.

Edges are those of the price versions, of a tariff's off-peak hours, and of the market prices that a
dynamic tariff adds.  Where the market price is not known the price is unknown, never 0.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from oppleo_flow.charging.tariff import PriceVersion, Tariff
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import MarketPrice

TariffKind = Literal["flat", "peak", "off-peak", "dynamic", "unknown"]
"""Which price of a version it is; `unknown` before the first version."""


Market = Callable[[str, datetime, datetime], Sequence[MarketPrice]]
"""The market prices of a source that overlap [since, until)."""


@immutable
class PricePart:
    """A time in which a kWh costs the same, [since, until); `per_kwh` is None where unknown."""

    since: datetime
    until: datetime
    kind: TariffKind
    version: PriceVersion | None
    per_kwh: Decimal | None


def no_market(source: str, since: datetime, until: datetime) -> Sequence[MarketPrice]:
    """Return no price: there is no market."""
    return ()


def price_parts(
    versions: Iterable[PriceVersion],
    since: datetime,
    until: datetime,
    market: Market = no_market,
) -> list[PricePart]:
    """Return [since, until) in parts, without a gap; at least one, which is empty if that is.

    Neighbours differ in their version, kind or price.
    """
    parts: list[PricePart] = []
    for version, start, stop in _versions(versions, since, until):
        for part in _parts(version, start, stop, market):
            last = parts[-1] if parts else None
            if last and _same(last, part):
                parts[-1] = replace(last, until=part.until)
            else:
                parts.append(part)
    return parts


def _same(one: PricePart, other: PricePart) -> bool:
    mine, its = (
        (part.version and part.version.price_version_id, part.kind, part.per_kwh)
        for part in (one, other)
    )
    return mine == its


def _versions(
    versions: Iterable[PriceVersion], since: datetime, until: datetime
) -> Iterator[tuple[PriceVersion | None, datetime, datetime]]:
    """Yield each version that holds in a time, and None for the time before the first."""
    held: PriceVersion | None = None
    start = since
    for version in sorted(versions, key=lambda one: one.valid_from):
        if since < version.valid_from < until:
            yield held, start, version.valid_from
            start = version.valid_from
        if version.valid_from < until or version.valid_from <= since:
            held = version
    yield held, start, until


def _parts(
    version: PriceVersion | None, since: datetime, until: datetime, market: Market
) -> Iterator[PricePart]:
    if version is None:
        yield PricePart(since, until, "unknown", None, None)
    elif version.tariff is None:
        yield PricePart(since, until, "flat", version, version.price_per_kwh)
    else:
        for start, stop, off_peak in _hours(version.tariff, since, until):
            if version.tariff.source is not None:
                yield from _dynamic(version, version.tariff, (start, stop), off_peak, market)
                continue
            kind: TariffKind = "off-peak" if off_peak else "peak"
            if version.tariff.calendar is None:
                kind = "flat"
            per_kwh = version.tariff.per_kwh(off_peak=off_peak)
            yield PricePart(start, stop, kind, version, per_kwh)


def _hours(
    tariff: Tariff, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime, bool]]:
    """Yield a time in parts, each with whether it is off-peak."""
    if tariff.calendar is None:
        yield since, until, False
        return
    calendar = tariff.calendar.calendar("UTC")  # a tariff's calendar names its own zone
    if since >= until:
        yield since, until, calendar.is_open(since)
    yield from calendar.parts(since, until)


def _dynamic(
    version: PriceVersion,
    tariff: Tariff,
    span: tuple[datetime, datetime],
    off_peak: bool,
    market: Market,
) -> Iterator[PricePart]:
    """Yield a time in parts of one market price each; where there is none, it is unknown."""
    since, until = span
    at = since
    for slot in _without_overlap(market(tariff.source or "", since, until)):
        start, stop = max(slot.since, at), min(slot.until, until)
        if start >= stop:
            continue
        if start > at:
            yield PricePart(at, start, "dynamic", version, None)
        per_kwh = tariff.per_kwh(off_peak=off_peak, market=slot.per_kwh)
        yield PricePart(start, stop, "dynamic", version, per_kwh)
        at = stop
    if at < until or since >= until:
        yield PricePart(at, until, "dynamic", version, None)


def _without_overlap(slots: Sequence[MarketPrice]) -> Iterator[MarketPrice]:
    """Yield slots so that each ends where the next begins: the finer one that follows counts."""
    ordered = sorted(slots, key=lambda slot: (slot.since, slot.until))
    for number, slot in enumerate(ordered, start=1):
        following = ordered[number] if number < len(ordered) else None
        if following is not None and following.since < slot.until:
            if following.since > slot.since:
                yield replace(slot, until=following.since)
        else:
            yield slot
