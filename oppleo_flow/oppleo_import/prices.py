"""What becomes of Oppleo's one tariff, which it copied into each session: a list of prices.

Each price holds from the start of the first session that had it; where somebody has set another one
here, only until that session's end.  What a session costs does not depend on that: its own price is
kept with it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from oppleo_flow.charging.tariff import PriceVersion, price_at
from oppleo_flow.oppleo_import.identity import same_id

CURRENCY: Final = "EUR"
"""Oppleo knows no other money."""
_INSTANT: Final = timedelta(microseconds=1)


class PriceList:
    """The prices of a charge point while sessions are added in the order of their starts."""

    def __init__(self, charge_point: str, known: Iterable[PriceVersion]) -> None:
        self._charge_point = charge_point
        self._versions = sorted(known, key=lambda version: version.valid_from)
        self.new: list[PriceVersion] = []

    def held(self, at: datetime, until: datetime, per_kwh: Decimal) -> PriceVersion:
        """Return the version that holds at a moment, at this price; it is added if need be.

        One that was set here holds again when the session is over, that was until then.
        """
        before = price_at(self._versions, at)
        if before is not None and before.tariff is None and before.price_per_kwh == per_kwh:
            return before
        after = price_at(self._versions, until)
        version = self._add(self._free(at), per_kwh)
        if before is not None and after == before and not self._is_own(before):
            again = self._free(max(until, version.valid_from))
            self._keep(replace(before, price_version_id=self._again_id(again), valid_from=again))
        return version

    def _free(self, at: datetime) -> datetime:
        """Return the first moment from one on at which no version begins."""
        while any(version.valid_from == at for version in self._versions):
            at += _INSTANT
        return at

    def ends_with(self, per_kwh: Decimal, at: datetime) -> PriceVersion | None:
        """Add Oppleo's present tariff from a moment on, unless it holds, or somebody set a price.

        Return it if it was added.
        """
        if not all(self._is_own(version) for version in self._versions):
            return None
        last = self._versions[-1] if self._versions else None
        if last is not None and last.price_per_kwh == per_kwh:
            return None
        return self._add(at if last is None else max(at, last.valid_from + _INSTANT), per_kwh)

    def _add(self, since: datetime, per_kwh: Decimal) -> PriceVersion:
        return self._keep(PriceVersion(self._id(since, per_kwh), since, per_kwh, CURRENCY))

    def _keep(self, version: PriceVersion) -> PriceVersion:
        self._versions = sorted([*self._versions, version], key=lambda one: one.valid_from)
        self.new.append(version)
        return version

    def _is_own(self, version: PriceVersion) -> bool:
        return version.price_version_id == self._id(version.valid_from, version.price_per_kwh)

    def _id(self, since: datetime, per_kwh: Decimal) -> UUID:
        return same_id(self._charge_point, "price", f"{since.isoformat()} {per_kwh.normalize():f}")

    def _again_id(self, since: datetime) -> UUID:
        return same_id(self._charge_point, "price again", since.isoformat())
