"""The prices of the ledger: versions that are added and never changed."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.charging.tariff_text import tariff_data, tariff_of
from oppleo_flow.errors import Refused
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.tables import price_versions


class PriceRows:
    """The prices of a charge point, all in one currency."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> list[PriceVersion]:
        """Return every version, the oldest first."""
        with self._db.read() as connection:
            return list(all_prices(connection, self._db.charge_point).values())

    def add(self, price: PriceVersion) -> None:
        """Add a version.

        Raises:
            Refused: One begins at the same moment, or the others are in another currency.
        """
        values = {**_columns(price), "charge_point": self._db.charge_point}
        with self._db.write() as connection:
            for other in all_prices(connection, self._db.charge_point).values():
                if other.currency != price.currency:
                    raise Refused(
                        f"price: currency: is {other.currency} here, got {price.currency!r}"
                    )
            added = connection.execute(
                insert_new(connection, price_versions).values(values)
            ).rowcount
        if not added:
            raise Refused(
                f"price: there is one from {price.valid_from.isoformat()} already; "
                "a price does not change, add one from a later moment"
            )


def all_prices(connection: Connection, charge_point: str) -> dict[UUID, PriceVersion]:
    """Return the prices of a charge point by their id, the oldest first."""
    table = price_versions.c
    query = (
        select(price_versions).where(table.charge_point == charge_point).order_by(table.valid_from)
    )
    return {
        row.price_version_id: PriceVersion(
            price_version_id=row.price_version_id,
            valid_from=row.valid_from,
            price_per_kwh=row.price_per_kwh,
            currency=row.currency,
            tariff=None if row.tariff is None else tariff_of(json.loads(row.tariff)),
        )
        for row in connection.execute(query)
    }


def _columns(price: PriceVersion) -> dict[str, Any]:
    # A calendar without a zone has been given the site's by who made the version.
    return {
        "price_version_id": price.price_version_id,
        "valid_from": price.valid_from,
        "price_per_kwh": price.price_per_kwh,
        "currency": price.currency,
        "tariff": None if price.tariff is None else json.dumps(tariff_data(price.tariff, "UTC")),
    }
