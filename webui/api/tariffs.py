"""What a kWh costs, and from when: versions that are added and never changed."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from itertools import zip_longest
from typing import Final, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from oppleo_flow.charging.calendar_rules import CalendarRules
from oppleo_flow.charging.calendar_week import week_of
from oppleo_flow.charging.tariff import Component, PriceVersion, Tariff, price_at
from oppleo_flow.engine.snapshot import NodeSnapshot
from webui.answers import digits
from webui.api.audit import Deeds
from webui.api.books import Books
from webui.api.calendar import own_calendars
from webui.api.tariff_models import (
    MarketPriceAnswer,
    NewPrice,
    PriceAnswer,
    PricesAnswer,
    SourceAnswer,
)
from webui.api.token_models import GoneAnswer
from webui.ports import Runtime, SiteFacts
from webui.problem import problem
from webui.reading import read_body

_SOURCE: Final = "price-source"
_WHOLE: Final = "price"
"""What the one part of a price is called that is told as a whole."""
_AHEAD = timedelta(hours=36)


class Prices(Books):
    """The routes of `/api/v1/prices`."""

    def __init__(self, runtime: Runtime, site: SiteFacts, deeds: Deeds) -> None:
        super().__init__(site)
        self._runtime = runtime
        self._deeds = deeds

    def show(self) -> PricesAnswer:
        """Answer `GET /api/v1/prices`."""
        versions = self.ledger.prices.all()
        now, used = self.now(), self.ledger.prices.sessions()
        holds = price_at(versions, now)
        ends = [one.valid_from for one in versions[1:]]
        items = [
            _answer(one, end, _state(one, holds, now), used.get(one.price_version_id, 0))
            for one, end in zip_longest(versions, ends)
        ]
        return {
            "items": items[::-1],
            "total": len(items),
            "currency": self._currency(versions),
            "timezone": self._site.timezone,
            "calendars": list(self._calendars()),
            "sources": list(self._sources(now, self._currency(versions))),
            "open_sessions": len(self.ledger.sessions.all_open()),
        }

    def add(self) -> PricesAnswer:
        """Answer `POST /api/v1/prices`.

        Raises:
            Refused: One begins at the same moment.
        """
        asked = read_body(NewPrice)
        try:
            version = self._version(asked)
        except ValueError as error:
            raise problem(422, "wrong-body", str(error)) from error
        self.ledger.prices.add(version)
        since = version.valid_from.astimezone(self._zone)
        self._deeds.note(
            "price", f"{version.price_per_kwh} {version.currency} per kWh from {since:%F %H:%M} on"
        )
        return self.show()

    def remove(self, price_version_id: str) -> GoneAnswer:
        """Answer `DELETE /api/v1/prices/ID`: one that is still to come.

        Raises:
            Refused: It holds already, or did.
        """
        try:
            found = UUID(price_version_id)
        except ValueError:
            raise problem(404, "not-known", "there is no such price") from None
        self.ledger.prices.remove(found, self.now())
        self._deeds.note("price", f"{price_version_id} is not to come any more")
        return {"gone": price_version_id}

    # -- what is asked for ---------------------------------------------------------------------

    def _version(self, asked: NewPrice) -> PriceVersion:
        day = asked.from_day
        since = self.now() if day is None else datetime.combine(day, time(), self._zone)
        currency = self._currency(self.ledger.prices.all())
        if asked.per_kwh is not None and (asked.parts or asked.source or asked.vat_percent):
            raise ValueError("per_kwh: is the whole price; parts, VAT and a source go without it")
        if asked.per_kwh is not None and asked.calendar is None:
            if asked.off_peak_per_kwh is not None:
                raise ValueError("off_peak_per_kwh: needs a calendar that says when it holds")
            return PriceVersion(uuid4(), since, asked.per_kwh, currency)
        return PriceVersion.of(uuid4(), since, self._tariff(asked), currency)

    def _tariff(self, asked: NewPrice) -> Tariff:
        parts = tuple(Component(one.name, one.per_kwh, one.off_peak_per_kwh) for one in asked.parts)
        if asked.per_kwh is not None:
            parts = (Component(_WHOLE, asked.per_kwh, asked.off_peak_per_kwh),)
        calendar = None
        if asked.calendar is not None:
            known = self._calendars()
            if asked.calendar not in known:
                names = ", ".join(known) or "none"
                raise ValueError(f"calendar: there is no {asked.calendar!r}; known: {names}")
            # As it is now, with its zone: a price goes by that for good.
            written = known[asked.calendar].written(self._site.timezone)
            calendar = CalendarRules.model_validate(written)
        if asked.vat_percent is None:
            return Tariff(parts, calendar=calendar, source=asked.source)
        return Tariff(parts, asked.vat_percent, calendar, asked.source)

    # -- what there is -------------------------------------------------------------------------

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._site.timezone)

    def _currency(self, versions: list[PriceVersion]) -> str:
        return versions[0].currency if versions else self._site.currency

    def _calendars(self) -> Mapping[str, CalendarRules]:
        return {**own_calendars(self._runtime.graph), **self._site.calendars.rules}

    def _sources(self, now: datetime, currency: str) -> Iterator[SourceAnswer]:
        graph = self._runtime.graph
        for node in self._runtime.snapshot().nodes:
            if node.type_name == _SOURCE:
                name = str(getattr(graph.nodes[node.id].config, "source", node.id))
                yield self._source(name, node, now, currency)

    def _source(self, name: str, node: NodeSnapshot, now: datetime, currency: str) -> SourceAnswer:
        known = self.ledger.market.between(name, currency, now, now + _AHEAD)
        prices: list[MarketPriceAnswer] = [
            {
                "since": one.since.isoformat(),
                "until": one.until.isoformat(),
                "per_kwh": digits(one.per_kwh) or "",
            }
            for one in known
        ]
        return {
            "source": name,
            "node": node.id,
            "status": node.status_level,
            "text": node.status_text,
            "prices": prices,
        }


def _state(
    version: PriceVersion, holds: PriceVersion | None, now: datetime
) -> Literal["past", "now", "coming"]:
    if version is holds:
        return "now"
    return "coming" if version.valid_from > now else "past"


def _answer(
    version: PriceVersion,
    until: datetime | None,
    state: Literal["past", "now", "coming"],
    sessions: int,
) -> PriceAnswer:
    tariff = version.tariff
    calendar = None if tariff is None else tariff.calendar
    parts = () if tariff is None else tariff.components
    off_peak = tariff.per_kwh(off_peak=True) if tariff is not None and calendar else None
    return {
        "price_version_id": str(version.price_version_id),
        "valid_from": version.valid_from.isoformat(),
        "valid_until": None if until is None else until.isoformat(),
        "state": state,
        "per_kwh": digits(version.price_per_kwh) or "",
        "off_peak_per_kwh": digits(off_peak),
        "currency": version.currency,
        "parts": [
            {
                "name": one.name,
                "per_kwh": digits(one.per_kwh) or "",
                "off_peak_per_kwh": digits(one.off_peak_per_kwh),
            }
            for one in parts
            if one.name != _WHOLE
        ],
        "vat_percent": digits(tariff.vat_percent) if tariff and tariff.vat_percent else None,
        "source": None if tariff is None else tariff.source,
        "week": None
        if calendar is None
        else [list(day) for day in week_of(one.window() for one in calendar.open)],
        "sessions": sessions,
    }
