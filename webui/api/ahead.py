"""What is ahead: the cheap hours of the next day, and what a kWh costs in it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Protocol, cast

from oppleo_flow.charging.calendar import Calendar
from oppleo_flow.charging.calendar_rules import CalendarRules
from webui.answers import digits
from webui.api.dashboard_answers import AheadAnswer, HoursAnswer, PricesAnswer, SpanAnswer
from webui.charge_points import GATE, ChargePoint, charge_points
from webui.ports import Runtime, SiteFacts

_AHEAD: Final = timedelta(hours=24)


class _Gate(Protocol):
    """The settings of an `offpeak-gate`, as the dashboard reads them."""

    enabled: bool
    calendar: str | None

    def rules(self) -> CalendarRules: ...


class Ahead:
    """The route of `/api/v1/ahead`."""

    def __init__(self, runtime: Runtime, site: SiteFacts) -> None:
        self._runtime = runtime
        self._site = site

    def show(self) -> AheadAnswer:
        """Answer `GET /api/v1/ahead`: the cheap hours and the prices of the next day."""
        now = self._site.clock.now()
        points = charge_points(self._runtime.snapshot(), self._runtime.graph)
        hours = (self._hours(point, now) for point in points)
        return {
            "since": now.isoformat(),
            "until": (now + _AHEAD).isoformat(),
            "hours": [one for one in hours if one is not None],
            "prices": self._prices(now),
        }

    def _hours(self, point: ChargePoint, now: datetime) -> HoursAnswer | None:
        gate = point.on_path(GATE)
        known = None if gate is None else self._runtime.graph.nodes.get(gate.id)
        if known is None or point.hours is None:
            return None  # no gate, or one that lets everything pass
        settings = cast("_Gate", known.config)
        named = settings.calendar
        rules = settings.rules() if named is None else self._site.calendars.named(named)
        calendar = rules.calendar(self._site.timezone)
        return {
            "point": point.name,
            "timezone": str(calendar.zone),
            "ahead": list(_open(calendar, now)),
            "week": [
                {
                    "days": sorted(one.days),
                    "start": _time_of_day(one.from_minute),
                    "stop": _time_of_day(one.to_minute),
                }
                for one in calendar.windows
            ],
        }

    def _prices(self, now: datetime) -> PricesAnswer | None:
        if self._site.books is None:
            return None
        from oppleo_flow.store.cost_so_far import prices_between  # noqa: PLC0415

        parts = prices_between(self._site.books(), now, now + _AHEAD)
        currency = next((one.version.currency for one in parts if one.version is not None), None)
        if currency is None:
            return None
        return {
            "currency": currency,
            "parts": [
                {
                    "since": one.since.isoformat(),
                    "until": one.until.isoformat(),
                    "kind": one.kind,
                    "per_kwh": digits(one.per_kwh),
                }
                for one in parts
            ],
        }


def _open(calendar: Calendar, now: datetime) -> Iterator[SpanAnswer]:
    for since, until, is_open in calendar.parts(now, now + _AHEAD):
        if is_open:
            yield {"since": since.isoformat(), "until": until.isoformat()}


def _time_of_day(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
