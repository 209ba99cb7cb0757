"""The sessions of the ledger: lists, one of them whole, and its graph."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from bottle import HTTPResponse
from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.charging.month import YEARS, Month
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.reimbursement import profile_codes
from oppleo_flow.charging.session import point_of
from oppleo_flow.charging.session_filter import SessionFilter, SessionState, SortedBy
from oppleo_flow.wording import LANGUAGES
from webui.answers import digits
from webui.api.books import Books
from webui.api.limits import limit
from webui.api.paging import Paged
from webui.api.session_answers import (
    GraphAnswer,
    LastSessionsAnswer,
    PointAnswer,
    SessionsAnswer,
    WholeSessionAnswer,
    session_data,
    whole_session,
)
from webui.asking import who
from webui.ports import Sessions
from webui.problem import problem
from webui.reading import DateAsked, Query, read_query

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger
    from oppleo_flow.store.reading_graph import GraphPoint

Clockwork = Callable[[datetime], datetime]
_USUAL, _MOST = 20, 200
_FIRST, _LAST = date(YEARS.start, 1, 1), date(YEARS.stop - 1, 12, 31)
_MOST_POINTS = 600


class SessionsWanted(Query):
    """Which sessions: days are those of the site, `until` is the day after the last one."""

    since: DateAsked | None = Field(None, description="The first day on which one began.")
    until: DateAsked | None = Field(None, description="The day after the last one.")
    card: str | None = Field(None, max_length=100)
    driver: str | None = Field(None, max_length=100)
    vehicle: str | None = Field(None, max_length=100)
    cost_centre: str | None = Field(None, max_length=100)
    point: str | None = Field(None, max_length=100)
    state: SessionState | None = Field(None, description="Closed ones are those on a bill.")
    text: str | None = Field(None, max_length=100, description="Parts of names, or of an id.")
    sort: SortedBy = "started_at"
    order: Literal["asc", "desc"] = Field("desc", description="The least first, or the most.")


class LastAsked(Query):
    """How many of the last sessions."""

    limit: int = Field(_USUAL, ge=1, le=_MOST)


class SessionsAsked(SessionsWanted, Paged):
    """Which sessions, which part of their list, and in which order."""

    order: Literal["asc", "desc"] = Field("desc", description="The least first, or the most.")


class NamesAnswer(TypedDict):
    """What sessions and statements can be of, and what a page of them needs to know.

    `first_month` is that of the first session or reading; a driver's that of their own sessions.
    """

    cards: list[str]
    drivers: list[str]
    vehicles: list[str]
    cost_centres: list[str]
    points: list[str]
    profiles: list[str]
    languages: list[str]
    timezone: str
    currency: str | None
    only_driver: str | None
    first_month: str | None


class LastSessions:
    """The route of `/api/v1/sessions/latest`; `sessions` is None where no ledger is kept."""

    def __init__(self, sessions: Sessions | None) -> None:
        self._sessions = sessions

    def show(self) -> LastSessionsAnswer:
        """Answer `GET /api/v1/sessions/latest?limit=20`: the newest first, open ones too."""
        if self._sessions is None:
            raise problem(404, "no-ledger", "this site keeps no ledger, so no session is known")
        latest = self._sessions.latest(limit(_USUAL, _MOST))
        return {"sessions": [session_data(one) for one in latest]}


class SessionLists(Books):
    """The routes below `/api/v1/sessions` that only look."""

    def show(self) -> SessionsAnswer:
        """Answer `GET /api/v1/sessions`."""
        asked = read_query(SessionsAsked)
        page = self.ledger.session_list.page(
            wanted_of(asked, self._site.timezone),
            sort=asked.sort,
            descending=asked.order == "desc",
            offset=asked.offset,
            limit=asked.limit,
        )
        return {
            "items": [session_data(one) for one in page.items],
            "total": page.sums.sessions,
            "energy_wh": page.sums.energy_wh,
            "amount": digits(page.sums.total) or "",
            "unknown": page.sums.unknown,
        }

    def names(self) -> NamesAnswer:
        """Answer `GET /api/v1/sessions/names`."""
        ledger, driver = self.ledger, who().only_driver
        names = ledger.session_list.names(driver)
        prices = ledger.prices.all()
        return {
            "cards": list(names.cards),
            "drivers": list(names.drivers),
            "vehicles": list(names.vehicles),
            "cost_centres": list(names.cost_centres),
            "points": sorted(filter(None, ledger.sessions.points())),
            "profiles": list(profile_codes()),
            "languages": list(LANGUAGES),
            "timezone": self._site.timezone,
            "currency": prices[-1].currency if prices else None,
            "only_driver": driver,
            "first_month": self._first_month(driver),
        }

    def _first_month(self, driver: str | None) -> str | None:
        """Return the first month of which a statement can say something."""
        ledger, zone = self.ledger, ZoneInfo(self._site.timezone)
        ended = ledger.session_list.first_end(SessionFilter(driver=driver))
        known = [] if ended is None else [ended]
        if driver is None:
            known += (one.first for one in ledger.usage.meters())
        return str(Month.of(min(known), zone)) if known else None

    def one(self, session_id: str) -> WholeSessionAnswer:
        """Answer `GET /api/v1/sessions/ID`: with what was recorded, if it was corrected since."""
        session = session_seen(self.ledger, session_id)
        return whole_session(session, self.ledger.corrections.of(session.session_id))

    def graph(self, session_id: str) -> GraphAnswer:
        """Answer `GET /api/v1/sessions/ID/graph`."""
        session = session_seen(self.ledger, session_id)
        meter = _meter_of(self.ledger, session)
        if meter is None:
            return {"meter": None, "slot_s": None, "points": []}
        shown, meant = _by_the_clock_of(session)
        span = shown(session.started_at), shown(session.ended_at or self.now())
        graph = self.ledger.readings.graph(meter, *span, points=_MOST_POINTS)
        return {
            "meter": meter,
            "slot_s": graph.slot_s,
            "points": [_point(one, meant, single=graph.slot_s is None) for one in graph.points],
        }


def _point(point: "GraphPoint", meant: Clockwork, *, single: bool) -> PointAnswer:
    """Return a point; a single reading says what was drawn, whatever is known of the time after."""
    known = single or point.known_s > 0
    return {
        "time": meant(point.time).timestamp(),
        "mean_w": point.mean_w if known else None,
        "max_w": point.max_w if known else None,
        "register_wh": point.start_wh,
    }


def _by_the_clock_of(session: SessionRecord) -> tuple[Clockwork, Clockwork]:
    """Return what turns a moment into what the clock showed then, by which readings are kept."""
    clock = session.clock
    return (_as_it_is, _as_it_is) if clock is None else (clock.shown, clock.meant)


def _as_it_is(at: datetime) -> datetime:
    return at


def wanted_of(asked: SessionsWanted, timezone: str) -> SessionFilter:
    """Return the filter that is asked for; a driver gets their own sessions alone."""
    zone, driver = ZoneInfo(timezone), who().only_driver
    return SessionFilter(
        since=_midnight(asked.since, zone),
        until=_midnight(asked.until, zone),
        card=asked.card,
        driver=asked.driver if driver is None else driver,
        vehicle=asked.vehicle,
        cost_centre=asked.cost_centre,
        point=asked.point,
        state=asked.state,
        text=asked.text,
    )


def session_seen(ledger: "Ledger", text: str) -> SessionRecord:
    """Return a session that who asks may see.

    Somebody else's is answered as one that is not there: nobody learns ids by guessing.
    """
    found = ledger.sessions.get(session_id_of(text))
    driver = who().only_driver
    if found is None or not _is_theirs(ledger, found.attribution.driver, driver):
        raise no_such(text)
    return found


def _is_theirs(ledger: "Ledger", of: str | None, driver: str | None) -> bool:
    """Return whether what is of one driver may be seen by another, whatever it was called."""
    return driver is None or (bool(driver) and of in ledger.accounts.called("driver", driver))


def session_id_of(text: str) -> UUID:
    """Return the id that an address names."""
    try:
        return UUID(text)
    except ValueError:
        raise no_such(text) from None


def no_such(text: str) -> HTTPResponse:
    """Return the refusal of a session that is not there."""
    return problem(404, "no-such-session", f"no session {text[:40]!r} is known")


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone)


def _meter_of(ledger: "Ledger", session: SessionRecord) -> str | None:
    """Return the meter that measured a session, where it is clear which one that is."""
    meters = ledger.readings.meters()
    here = [meter for meter in meters if point_of(meter) == session.point] or meters
    return here[0] if len(here) == 1 else None
