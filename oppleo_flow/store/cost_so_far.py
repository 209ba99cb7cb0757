"""What a session that is open has cost so far, by the prices and readings that are known now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from oppleo_flow.charging.price_parts import PricePart, price_parts
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.slices import EnergySlice, Mark, slice_energy
from oppleo_flow.charging.tariff import price_at, total
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import MarketPrice
from oppleo_flow.store.ledger import Ledger

_TICK = timedelta(microseconds=1)


@immutable
class CostSoFar:
    """What a session has cost until now, and what each part of it; None: that is not known.

    `per_kwh` is what a kWh costs now, whether or not any has flowed at that price.
    """

    amount: Decimal | None
    currency: str | None
    per_kwh: Decimal | None
    slices: tuple[EnergySlice, ...] = ()


def prices_between(ledger: Ledger, since: datetime, until: datetime) -> list[PricePart]:
    """Return what a kWh costs from one moment to another, in parts, without a gap."""
    versions = ledger.prices.all()
    held = price_at(versions, until)

    def market(source: str, begin: datetime, end: datetime) -> Sequence[MarketPrice]:
        return ledger.market.between(source, held.currency, begin, end) if held else ()

    return price_parts(versions, since, until, market)


def cost_so_far(
    ledger: Ledger, session: SessionRecord, energy_wh: int | None, now: datetime, meter: str | None
) -> CostSoFar:
    """Return what a session has cost that used `energy_wh` until now.

    That is None while its start register is not known: then its cost is not, but the price is.
    `meter` is whose readings tell how much of it each price is for; where it is not known, or has
    said nothing, that is in proportion to the time.
    """
    parts = prices_between(ledger, session.started_at, max(now, session.started_at))
    if energy_wh is None:
        held = parts[-1].version
        currency = None if held is None else held.currency
        return CostSoFar(None, currency, parts[-1].per_kwh)
    # The ledger may be a moment behind who knows the energy; where it begins plays no part then.
    start_wh = session.meter_start_wh or 0

    def around(edge: datetime) -> tuple[Mark | None, Mark | None]:
        if meter is None or session.meter_start_wh is None:
            return None, None
        before = ledger.readings.latest(meter, before=edge + _TICK)
        after = ledger.readings.first(meter, edge + _TICK)
        return (
            Mark(before.time, before.energy_import_wh) if before else None,
            Mark(after.time, after.energy_import_wh) if after else None,
        )

    slices = slice_energy(
        Mark(session.started_at, start_wh), Mark(now, start_wh + energy_wh), parts, around
    )
    currencies = (one.version.currency for one in slices if one.version is not None)
    return CostSoFar(
        total((one.energy_wh, one.per_kwh) for one in slices),
        next(currencies, None),
        parts[-1].per_kwh,
        slices,
    )
