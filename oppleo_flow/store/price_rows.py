"""The prices of the ledger: versions that are added and never changed."""

import json
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.charging.tariff_text import tariff_data, tariff_of
from oppleo_flow.errors import Refused
from oppleo_flow.store.database import Database, absent, insert_new, unsought
from oppleo_flow.store.stale_sessions import mark_unpriced
from oppleo_flow.store.tables import price_versions, session_ended, slices


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
            mark_unpriced(connection, self._db.charge_point, price.valid_from)
        if not added:
            raise Refused(
                f"price: there is one from {price.valid_from.isoformat()} already; "
                "a price does not change, add one from a later moment"
            )

    def sessions(self) -> dict[UUID, int]:
        """Return how many sessions have cost by each version; those that did none are left out."""
        here, ended, known = self._db.charge_point, session_ended.c, price_versions.c
        # Of one price after the other: each has its sessions side by side in an index.
        one = slices.c
        sliced = select(func.count(one.session_id.distinct())).where(
            one.charge_point == here, one.price_version_id == known.price_version_id
        )
        by_slices = select(known.price_version_id, sliced.scalar_subquery()).where(
            known.charge_point == here
        )
        # What has slices cost what they say.
        whole = select(ended.price_version_id, func.count()).where(
            unsought(ended.charge_point) == here,
            ended.price_version_id.is_not(None),
            ended.session_id.in_(absent(ended.session_id, slices.c.session_id)),
        )
        found: Counter[UUID] = Counter()
        with self._db.read() as connection:
            for query in (by_slices, whole.group_by(ended.price_version_id)):
                found.update({row[0]: row[1] for row in connection.execute(query)})
        return {price: sessions for price, sessions in found.items() if sessions}

    def remove(self, price_version_id: UUID, now: datetime) -> None:
        """Remove a version that holds from a later moment on, and by which nothing has cost yet.

        Raises:
            Refused: There is none of this id, or it holds already.
        """
        table = price_versions.c
        mine = (
            table.price_version_id == price_version_id,
            table.charge_point == (self._db.charge_point),
        )
        with self._db.write() as connection:
            since = connection.scalar(select(table.valid_from).where(*mine))
            if since is None:
                raise Refused(f"price {price_version_id}: is not known")
            if since <= now:
                raise Refused(
                    f"price: holds since {since.isoformat()}; a price does not change, "
                    "add one from a later moment"
                )
            connection.execute(delete(price_versions).where(*mine))


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
