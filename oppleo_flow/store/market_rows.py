"""The market prices of the ledger: what dynamic tariffs go by.  What has been told stays."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from oppleo_flow.charging.price_parts import Market, no_market
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.payloads import MarketPrice, MarketPrices
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.stale_sessions import mark_unpriced
from oppleo_flow.store.tables import market_prices


class MarketRows:
    """The market prices that a charge point has been told, by the name of their source."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def record(self, prices: MarketPrices) -> int:
        """Write prices and return how many were new; one for the same beginning stays as it is."""
        rows = [
            {
                "charge_point": self._db.charge_point,
                "source": prices.source,
                "since": slot.since,
                "until": slot.until,
                "per_kwh": slot.per_kwh,
                "currency": prices.currency,
            }
            for slot in prices.slots
        ]
        if not rows:
            return 0
        with self._db.write() as connection:
            written: int = connection.execute(insert_new(connection, market_prices), rows).rowcount
            span = (
                min(slot.since for slot in prices.slots),
                max(slot.until for slot in prices.slots),
            )
            mark_unpriced(connection, self._db.charge_point, *span)
        return written

    def between(
        self, source: str, currency: str, since: datetime, until: datetime
    ) -> list[MarketPrice]:
        """Return the prices of a source that overlap [since, until), the oldest first."""
        with self._db.read() as connection:
            return _between(connection, (self._db.charge_point, source, currency), since, until)


def market_of(connection: Connection, charge_point: str, price: PriceVersion | None) -> Market:
    """Return the market of a charge point, in the currency of its prices."""
    if price is None:
        return no_market

    def market(source: str, since: datetime, until: datetime) -> Sequence[MarketPrice]:
        return _between(connection, (charge_point, source, price.currency), since, until)

    return market


def _between(
    connection: Connection, of: tuple[str, str, str], since: datetime, until: datetime
) -> list[MarketPrice]:
    charge_point, source, currency = of
    table = market_prices.c
    query = (
        select(table.since, table.until, table.per_kwh)
        .where(
            table.charge_point == charge_point,
            table.source == source,
            table.currency == currency,
            table.since < until,
            table.until > since,
        )
        .order_by(table.since)
    )
    return [MarketPrice(*row) for row in connection.execute(query)]
