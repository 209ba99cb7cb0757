"""What the meters said: graphs, readings by pages, and what was used by months and years.

Readings are asked for from a moment on, not from a number: there may be many millions of them, and
new ones come while somebody looks.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise, zip_longest
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow.charging.meter_usage import Counted, Used, total_wh
from oppleo_flow.charging.month import Month
from oppleo_flow.payloads import MeterReading
from webui.api.books import Books
from webui.api.usage_answers import (
    GraphAnswer,
    HistoryAnswer,
    MeterSpansAnswer,
    NewReadingsAnswer,
    PhasesAnswer,
    ReadingAnswer,
    ReadingsAnswer,
    SilenceAnswer,
    UsedAnswer,
)
from webui.problem import problem
from webui.reading import MomentAsked, Query, read_query

if TYPE_CHECKING:
    from oppleo_flow.store.reading_graph import GraphPoint
    from oppleo_flow.store.usage_rows import Currents, Page

_MOST_POINTS: Final = 2000
_MOST_NEW: Final = 1000
_LONGEST: Final = timedelta(days=366 * 50)
_HELD: Final = timedelta(minutes=65)


class OfMeter(Query):
    """Which meter is asked about, where there are several."""

    meter: str | None = Field(None, max_length=200)


class Span(OfMeter):
    """Which time a graph is of, and how many points it may have."""

    since: MomentAsked
    until: MomentAsked
    points: int = Field(1000, ge=10, le=_MOST_POINTS)


class PageAsked(OfMeter):
    """Which readings: before, after or around a moment; the newest where none is said."""

    before: MomentAsked | None = None
    after: MomentAsked | None = None
    at: MomentAsked | None = None
    limit: int = Field(50, ge=1, le=500)


class NewAsked(OfMeter):
    """From when on readings are new."""

    after: MomentAsked


class Usage(Books):
    """The routes below `/api/v1/usage` that answer in JSON."""

    def meters(self) -> MeterSpansAnswer:
        """Answer `GET /api/v1/usage/meters`."""
        found = self.ledger.usage.meters()
        return {
            "items": [
                {"meter": name, "first": first.isoformat(), "newest": newest.isoformat()}
                for name, first, newest in found
            ],
            "total": len(found),
            "timezone": self._site.timezone,
        }

    def graph(self) -> GraphAnswer:
        """Answer `GET /api/v1/usage/graph`: power and energy over a time."""
        asked = _span()
        meter = self._meter(asked.meter)
        ledger = self.ledger
        drawn = ledger.readings.graph(meter, asked.since, asked.until, points=asked.points)
        rows = list(_with_gaps(drawn.points, drawn.slot_s))
        silences = ledger.usage.silences(meter, asked.since, asked.until)
        return {
            "meter": meter,
            "slot_s": drawn.slot_s,
            "times": [time for time, _ in rows],
            "power_w": [point and round(point.mean_w, 1) for _, point in rows],
            "min_w": [point and round(point.min_w, 1) for _, point in rows],
            "max_w": [point and round(point.max_w, 1) for _, point in rows],
            "register_wh": [point and point.start_wh for _, point in rows],
            "energy_wh": [point and point.energy_wh for _, point in rows],
            "known_s": [point.known_s if point else 0.0 for _, point in rows],
            "silences": [_silence(one.since, one.until, one.reason) for one in silences],
        }

    def phases(self) -> PhasesAnswer:
        """Answer `GET /api/v1/usage/phases`: the currents over a time that is not too long."""
        asked = _span()
        meter = self._meter(asked.meter)
        usage = self.ledger.usage
        found = usage.sample(meter, asked.since, asked.until, points=asked.points)
        if found is None:
            return {"meter": meter, "every_s": None, "times": None, "current_phases_a": []}
        silent = [one.since for one in usage.silences(meter, asked.since, asked.until)]
        far = max(_HELD, timedelta(seconds=2 * (found.every_s or 0)))
        rows = list(_currents_with_gaps(found.currents, silent, far))
        phases = max((len(one.phases_a) for one in found.currents), default=0)
        return {
            "meter": meter,
            "every_s": found.every_s,
            "times": [time for time, _ in rows],
            "current_phases_a": [
                [_phase(one, number) for _, one in rows] for number in range(phases)
            ],
        }

    def readings(self) -> ReadingsAnswer:
        """Answer `GET /api/v1/usage/readings`: a page of them, the newest first."""
        asked = read_query(PageAsked)
        meter = self._meter(asked.meter)
        given = [one for one in (asked.before, asked.after, asked.at) if one is not None]
        if len(given) > 1:
            raise problem(422, "wrong-query", "before, after, at: only one of them may be given")
        page = self._page(meter, asked)
        items = [_reading(one) for one in page.readings]
        return {"meter": meter, "items": items, "newer": page.newer, "older": page.older}

    def new(self) -> NewReadingsAnswer:
        """Answer `GET /api/v1/usage/readings/new`: how many came after a moment."""
        asked = read_query(NewAsked)
        meter = self._meter(asked.meter)
        count = self.ledger.usage.count_after(meter, asked.after, most=_MOST_NEW)
        return {"meter": meter, "count": count, "most": _MOST_NEW}

    def history(self) -> HistoryAnswer:
        """Answer `GET /api/v1/usage/history`: what was used in each month and year."""
        asked = read_query(OfMeter)
        meter = self._meter(asked.meter)
        months = self._months(meter)
        years = [
            _year(year, [used for _, used in group])
            for year, group in groupby(months, key=lambda one: one[0].year)
        ]
        return {
            "meter": meter,
            "timezone": self._site.timezone,
            "months": [_used(str(month), used) for month, used in months],
            "years": years,
        }

    def _page(self, meter: str, asked: PageAsked) -> "Page":
        usage = self.ledger.usage
        if asked.at is not None:
            return usage.around(meter, asked.at, asked.limit)
        if asked.after is not None:
            return usage.after(meter, asked.after, asked.limit)
        return usage.before(meter, asked.before, asked.limit)

    def _months(self, meter: str) -> Sequence[tuple[Month, Used]]:
        zone = ZoneInfo(self._site.timezone)
        usage = self.ledger.usage
        span = next(one for one in usage.meters() if one.meter == meter)
        months = [Month.of(span.first, zone)]
        while months[-1] < Month.of(span.newest, zone):
            months.append(months[-1].next())
        edges = [month.start(zone) for month in (*months, months[-1].next())]
        counted = usage.counted(meter, edges)

        def known_wh(one: Counted, since: datetime, until: datetime) -> int:
            return 0 if one.is_one_meter else usage.known(meter, since, until)

        return [
            (month, one.used(known_wh(one, *bounds)))
            for month, one, bounds in zip(months, counted, pairwise(edges), strict=True)
        ]

    def _meter(self, asked: str | None) -> str:
        """Return the meter that is asked about: the one that there is, where none is said."""
        known = [one.meter for one in self.ledger.usage.meters()]
        if asked is None and len(known) == 1:
            return known[0]
        if asked not in known or asked is None:
            text = ", ".join(known) or "none has readings yet"
            raise problem(404, "no-such-meter", f"meter: one of them is needed: {text}")
        return asked


def span_of(since: datetime, until: datetime) -> None:
    """Refuse a time that ends before it begins, or that no ledger can have.

    Raises:
        HTTPResponse: It is one.
    """
    if not timedelta(0) < until - since <= _LONGEST:
        raise problem(
            422, "wrong-query", "since, until: a time of 50 years at most, the earlier first"
        )


def _span() -> Span:
    asked = read_query(Span)
    span_of(asked.since, asked.until)
    return asked


def _with_gaps(
    points: "Sequence[GraphPoint]", slot_s: int | None
) -> "Iterator[tuple[float, GraphPoint | None]]":
    """Yield the points by their time, and nothing between two that do not join."""
    for point, following in zip_longest(points, points[1:]):
        at_s = point.time.timestamp()
        yield at_s, point
        if following is None:
            return
        until_s = at_s + (point.known_s if slot_s is None else slot_s)
        next_s = following.time.timestamp()
        if next_s > until_s:
            yield (until_s if until_s > at_s else (at_s + next_s) / 2), None


def _currents_with_gaps(
    currents: "Sequence[Currents]", silent: Sequence[datetime], far: timedelta
) -> "Iterator[tuple[float, Currents | None]]":
    waiting = list(reversed(silent))
    for one, following in zip_longest(currents, currents[1:]):
        yield one.time.timestamp(), one
        while waiting and waiting[-1] < one.time:
            waiting.pop()
        if following is None:
            return
        if (waiting and waiting[-1] < following.time) or following.time - one.time > far:
            yield (one.time + (following.time - one.time) / 2).timestamp(), None


def _phase(one: "Currents | None", number: int) -> float | None:
    return None if one is None or number >= len(one.phases_a) else one.phases_a[number]


def _silence(since: datetime, until: datetime | None, reason: str) -> SilenceAnswer:
    return {
        "since": since.isoformat(),
        "until": _moment(until),
        "reason": reason,
    }


def _reading(one: MeterReading) -> ReadingAnswer:
    return {
        "time": one.time.isoformat(),
        "energy_import_wh": one.energy_import_wh,
        "energy_phases_wh": one.energy_phases_wh,
        "power_w": one.power_w,
        "power_phases_w": one.power_phases_w,
        "voltage_phases_v": one.voltage_phases_v,
        "current_phases_a": one.current_phases_a,
        "frequency_hz": one.frequency_hz,
        "serial": one.serial,
    }


def _used(period: str, used: Used) -> UsedAnswer:
    return {
        "period": period,
        "energy_wh": used.energy_wh,
        "whole": used.is_whole,
        "since": _moment(used.since),
        "until": _moment(used.until),
        "exchanged": used.exchanged,
    }


def _year(year: int, months: Sequence[Used]) -> UsedAnswer:
    """Return a year: of all of it where each of its twelve months is whole."""
    whole = len(months) == 12 and all(one.is_whole for one in months)
    return {
        "period": f"{year:04d}",
        "energy_wh": total_wh(months),
        "whole": whole,
        "since": _moment(months[0].since),
        "until": _moment(months[-1].until),
        "exchanged": any(one.exchanged for one in months),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
