"""Every address that the web interface answers: the one list, a row each.

A row says who may ask, in a line what for, and by models what comes in and what goes out; the
document of the API and the checks of who may do what are made from it.
"""

from collections.abc import Iterable
from typing import Any

from oppleo_flow.accounts.rights import Right
from webui.api import calendar_models as hours
from webui.api import charging as charge
from webui.api import dashboard_answers as board
from webui.api import dead_letters as undelivered
from webui.api import faults as wrong
from webui.api import flow as flows
from webui.api import flow_answers as shown
from webui.api import looking as looks
from webui.api import session_answers as told
from webui.api import tariff_models as cost
from webui.api import token_models as cards
from webui.api.ahead import Ahead
from webui.api.audit import Deeds, DeedsAnswer, DeedsAsked
from webui.api.calendar import Calendars
from webui.api.charging import Charging
from webui.api.dashboard import AllowPeak, Dashboard
from webui.api.dead_letters import DeadLetterBox
from webui.api.document import Document
from webui.api.enrolment import Enrolling
from webui.api.faults import Faults
from webui.api.flow import RunningFlow
from webui.api.injecting import InjectedAnswer, Injecting, Message
from webui.api.live import EventsAsked, Live
from webui.api.log_levels import NodeLevel, NodeLevelAnswer, NodeLevels, NodeLevelsAnswer
from webui.api.looking import Looking
from webui.api.notifications import Notifications, NotificationsAnswer, NotificationsAsked
from webui.api.people import (
    ADDRESSES,
    NewPerson,
    People,
    PeopleAnswer,
    Person,
    PersonAnswer,
)
from webui.api.recording import Recording, RecordingAsked
from webui.api.secrets import SecretsAnswer, SecretUses, SecretValue
from webui.api.sessions import LastAsked, LastSessions, NamesAnswer, SessionLists, SessionsAsked
from webui.api.state import StateAnswer
from webui.api.tariffs import Prices
from webui.api.tiles import Pins, Tiles, TilesAnswer
from webui.api.tokens import Tokens
from webui.assets import Page
from webui.parts import Parts
from webui.reading import Nothing
from webui.route import Content, Route
from webui.routes.accounts import account_routes
from webui.routes.books import book_routes
from webui.routes.devices import device_routes
from webui.routes.drafts import draft_routes
from webui.routes.palette import palette_routes
from webui.routes.settings import setting_routes
from webui.routes.system import system_routes
from webui.routes.usage import usage_routes
from webui.routes.watched import watched_routes
from webui.routes.watching import watch_routes

API = "/api/v1"
PAGES = (
    *("/", "/sessions", "/sessions/<session_id>", "/reports", "/cards", "/cards/<token_id>"),
    *("/usage", "/tariffs"),
    *("/devices", "/settings", "/system", "/account", "/sign-in", "/first-run", "/users"),
    "/notifications",
)
"""Where a browser is given the page, which finds out by itself what to show there."""

ANYONE, LOOK, OWN, CHARGE = Right.ANYONE, Right.LOOK, Right.OWN, Right.CHARGE
KEEP_BOOKS, EDIT, ADMINISTER = Right.KEEP_BOOKS, Right.EDIT, Right.ADMINISTER
OPEN = dict[str, Any]
HTML, TEXT, EVENTS = Content("text/html"), Content("text/plain"), Content("text/event-stream")


def routes(parts: Parts, page: Page) -> tuple[Route, ...]:
    """Return the rows, for a site of these parts."""
    described = Document(lambda: rows)
    rows = (
        *_pages(page),
        *watch_routes(parts),
        *_live(parts),
        *_dashboard(parts),
        *_flow(parts),
        *_faults(parts),
        *_books(parts),
        *book_routes(parts, API),
        *_cards(parts),
        *_people(parts),
        *_tariffs(parts),
        *usage_routes(parts, API),
        *system_routes(parts, API),
        *setting_routes(parts, API),
        *account_routes(parts, API),
        *device_routes(parts, API),
        *draft_routes(parts, API),
        *palette_routes(parts, API),
        *watched_routes(parts, API),
        Route(
            "GET", f"{API}/openapi.json", described.show, ANYONE, "This description", answer=OPEN
        ),
    )
    return rows


# A table reads best in rows.
# fmt: off


def _pages(page: Page) -> Iterable[Route]:
    """Return the page, which anyone may load: it holds nothing of the site."""
    yield from (
        Route("GET", path, page.index, ANYONE, "The page", answer=HTML) for path in PAGES
    )
    yield Route("GET", "/static/<path:path>", page.file, ANYONE, "A file of the page",
                answer=Content("*/*"))
    yield Route("GET", "/service-worker.js", page.worker, ANYONE,
                "What shows a page of ours while nobody answers", answer=Content("text/javascript"))


def _live(parts: Parts) -> Iterable[Route]:
    """Return what shows the flow as it runs."""
    runtime, feed, site = parts.runtime, parts.feed, parts.site
    access, deeds = parts.access, Deeds(parts.audit)
    live, looking = Live(feed, access), Looking(runtime, feed, access)
    recording = Recording(runtime, feed, site, parts.deploying, access)
    levels = NodeLevels(runtime, deeds)
    injecting = Injecting(runtime, site, deeds)
    return (
        Route("GET", f"{API}/state", live.state, LOOK, "The state of the whole flow",
              answer=StateAnswer),
        Route("GET", f"{API}/events", live.events, LOOK, "The state, and then each change of it",
              query=EventsAsked, answer=EVENTS),
        Route("GET", f"{API}/hints", live.hints, OWN, "That something has changed, and not what",
              query=EventsAsked, answer=EVENTS),
        Route("GET", f"{API}/taps", looking.tap, LOOK, "What leaves an output, from now on",
              query=looks.TapAsked, answer=EVENTS),
        Route("GET", f"{API}/traces", looking.traces, LOOK, "The ways of the next messages",
              query=looks.TracesAsked, answer=looks.TracesAnswer),
        Route("GET", f"{API}/recording", recording.record, ADMINISTER,
              "All that happens from now on, to be played again",
              query=RecordingAsked, answer=Content("application/x-ndjson")),
        Route("POST", f"{API}/inject", injecting.inject, EDIT, "Send a message into an input",
              body=Message, answer=InjectedAnswer, status=202),
        Route("GET", f"{API}/log-levels", levels.show, LOOK, "How much each node logs",
              answer=NodeLevelsAnswer),
        Route("PUT", f"{API}/log-levels", levels.change, ADMINISTER, "Let a node log more or less",
              body=NodeLevel, answer=NodeLevelAnswer),
    )


def _dashboard(parts: Parts) -> Iterable[Route]:
    """Return what the dashboard shows besides, and its tiles."""
    runtime, site, deeds = parts.runtime, parts.site, Deeds(parts.audit)
    dashboard = Dashboard(runtime, site, parts.sessions, deeds)
    ahead, tiles = Ahead(runtime, site), Tiles(runtime, site, deeds)
    return (
        Route("GET", f"{API}/public", dashboard.public, ANYONE,
              "What a passer-by may see, if the site lets him", answer=board.PublicAnswer),
        Route("GET", f"{API}/dashboard", dashboard.show, OWN,
              "How each charge point is, why, and what its session costs",
              answer=board.DashboardAnswer),
        Route("GET", f"{API}/ahead", ahead.show, OWN, "Cheap hours and prices of the next day",
              answer=board.AheadAnswer),
        Route("POST", f"{API}/peak-once", dashboard.allow_peak, CHARGE,
              "Charge at the peak price this once", body=AllowPeak, answer=board.PeakAnswer,
              status=202),
        Route("GET", f"{API}/tiles", tiles.show, LOOK, "What is pinned to the dashboard",
              answer=TilesAnswer),
        Route("GET", f"{API}/notifications", Notifications(site).show, LOOK,
              "What people were told", query=NotificationsAsked, answer=NotificationsAnswer),
        Route("PUT", f"{API}/tiles", tiles.change, EDIT, "Pin these to the dashboard",
              body=Pins, answer=TilesAnswer),
    )


def _flow(parts: Parts) -> Iterable[Route]:
    """Return the flow, its versions and its secrets."""
    flow = RunningFlow(parts.deploying)
    secrets = SecretUses(parts.site, Deeds(parts.audit))
    version = f"{API}/flow/versions/<number:int>"
    return (
        Route("GET", f"{API}/flow", flow.show, LOOK, "The texts of the flow that runs",
              answer=shown.FlowAnswer),
        Route("PUT", f"{API}/flow", flow.deploy, EDIT, "Deploy a draft",
              body=flows.DraftToDeploy, answer=shown.DeployedAnswer),
        Route("POST", f"{API}/flow/preview", flow.preview, EDIT, "What a deploy would do",
              body=flows.Draft, answer=shown.ProspectAnswer),
        Route("GET", f"{API}/flow/diff", flow.diff, LOOK, "What differs between two versions",
              query=flows.DiffAsked, answer=shown.DiffAnswer),
        Route("POST", f"{API}/flow/reload", flow.reload, EDIT, "Take in the site's own nodes",
              body=Nothing, answer=shown.ReloadedAnswer),
        Route("GET", f"{API}/flow/versions", flow.versions, LOOK, "The versions that are kept",
              answer=shown.VersionsAnswer),
        Route("GET", version, flow.version, LOOK, "A version, with its texts",
              answer=shown.VersionTextsAnswer),
        Route("POST", f"{version}/deploy", flow.back, EDIT, "Deploy a version once more",
              body=flows.Back, answer=shown.DeployedAnswer),
        Route("GET", f"{API}/secrets", secrets.show, ADMINISTER, "Who uses which secret",
              answer=SecretsAnswer),
        Route("PUT", f"{API}/secrets/<name>", secrets.change, ADMINISTER,
              "Give a secret a value, which nobody reads again",
              body=SecretValue, answer=SecretsAnswer, sure=True),
    )


def _faults(parts: Parts) -> Iterable[Route]:
    """Return what went wrong, and who did what."""
    deeds = Deeds(parts.audit)
    faults, letters = Faults(parts.runtime), DeadLetterBox(parts.runtime, deeds)
    letter = f"{API}/dead-letters/<number:int>"
    return (
        Route("GET", f"{API}/faults", faults.show, LOOK, "Faults, open and over",
              query=wrong.FaultsAsked, answer=wrong.FaultsAnswer),
        Route("GET", f"{API}/statuses", faults.statuses, LOOK, "What nodes say, and said",
              query=wrong.StatusesAsked, answer=wrong.StatusesAnswer),
        Route("GET", f"{API}/audit", deeds.show, ADMINISTER, "Who did what",
              query=DeedsAsked, answer=DeedsAnswer),
        Route("GET", f"{API}/dead-letters", letters.show, LOOK, "Messages nobody could handle",
              query=undelivered.LettersAsked, answer=undelivered.LettersAnswer),
        Route("POST", f"{letter}/replay", letters.replay, EDIT, "Give one to its node once more",
              body=Nothing, answer=undelivered.LetterAnswer, status=202),
        Route("POST", f"{letter}/discard", letters.discard, EDIT, "Forget one",
              body=Nothing, answer=undelivered.LetterAnswer),
    )


def _books(parts: Parts) -> Iterable[Route]:
    """Return the ledger: sessions, cards, and whom they are of."""
    deeds = Deeds(parts.audit)
    last, lists = LastSessions(parts.sessions), SessionLists(parts.site)
    charging = Charging(parts.runtime, parts.site, deeds)
    sessions = f"{API}/sessions"
    one = f"{sessions}/<session_id>"
    return (
        Route("GET", sessions, lists.show, OWN, "Sessions, filtered and sorted",
              query=SessionsAsked, answer=told.SessionsAnswer),
        Route("GET", f"{sessions}/latest", last.show, LOOK, "The last sessions",
              query=LastAsked, answer=told.LastSessionsAnswer),
        Route("GET", f"{sessions}/names", lists.names, OWN, "What sessions can be of",
              answer=NamesAnswer),
        Route("POST", f"{sessions}/start", charging.start, CHARGE, "Charge without a card",
              body=charge.Start, answer=charge.Presented, status=202),
        Route("POST", f"{sessions}/stop", charging.stop, CHARGE, "End a session",
              body=charge.Stop, answer=charge.Presented, status=202),
        Route("GET", one, lists.one, OWN, "A session, with all that was recorded",
              answer=told.WholeSessionAnswer),
        Route("GET", f"{one}/graph", lists.graph, OWN, "The power during a session",
              answer=told.GraphAnswer),
        Route("POST", f"{one}/corrections", charging.correct, KEEP_BOOKS, "Correct a session",
              body=charge.Correct, answer=told.WholeSessionAnswer, status=201),
        Route("POST", f"{one}/corrections/preview", charging.preview, KEEP_BOOKS,
              "What a correction would make of a session",
              body=charge.Said, answer=told.WholeSessionAnswer),
    )


def _cards(parts: Parts) -> Iterable[Route]:
    """Return the cards."""
    deeds = Deeds(parts.audit)
    tokens, enrolling = Tokens(parts.site, deeds), Enrolling(parts.site, deeds)
    token = f"{API}/tokens/<name>"
    return (
        Route("GET", f"{API}/tokens", tokens.show, OWN, "The cards that are known",
              query=cards.TokensAsked, answer=cards.TokensAnswer),
        Route("POST", f"{API}/tokens", tokens.add, KEEP_BOOKS, "Make a card known",
              body=cards.NewToken, answer=cards.TokenAnswer, status=201),
        Route("GET", token, tokens.one, OWN, "A card, by its id, UID or label",
              answer=cards.TokenAnswer),
        Route("PATCH", token, tokens.change, KEEP_BOOKS, "Change, block or retire a card",
              body=cards.Terms, answer=cards.TokenAnswer),
        Route("DELETE", token, tokens.remove, KEEP_BOOKS, "Forget a card that never charged",
              answer=cards.GoneAnswer),
        Route("GET", f"{API}/enrolment", enrolling.show, LOOK, "What the next unknown card becomes",
              answer=cards.EnrolmentAnswer),
        Route("PUT", f"{API}/enrolment", enrolling.arm, KEEP_BOOKS, "Take in the next unknown card",
              body=cards.Arm, answer=cards.EnrolmentAnswer),
        Route("POST", f"{API}/enrolment/stop", enrolling.disarm, KEEP_BOOKS, "Take in none",
              body=Nothing, answer=cards.EnrolmentAnswer),
    )


def _people(parts: Parts) -> Iterable[Route]:
    """Return whom and what the sessions of a card are for."""
    deeds = Deeds(parts.audit)
    for kind, address in ADDRESSES.items():
        people = People(kind, parts.site, parts.runtime, deeds)
        all_of, one = f"{API}/{address}", f"{API}/{address}/<name:path>"
        yield from (
            Route("GET", all_of, people.show, LOOK, "All of a kind, by name",
                  answer=PeopleAnswer),
            Route("POST", all_of, people.add, KEEP_BOOKS, "Make one known",
                  body=NewPerson, answer=PersonAnswer, status=201),
            Route("PATCH", one, people.change, KEEP_BOOKS, "Change, rename or retire one",
                  body=Person, answer=PersonAnswer),
            Route("DELETE", one, people.remove, KEEP_BOOKS, "Forget one that is for nothing",
                  answer=cards.GoneAnswer),
        )


def _tariffs(parts: Parts) -> Iterable[Route]:
    """Return the off-peak hours, and what a kWh costs."""
    calendars = Calendars(parts.runtime, parts.site, parts.deploying, Deeds(parts.audit))
    prices = Prices(parts.runtime, parts.site, Deeds(parts.audit))
    return (
        Route("GET", f"{API}/prices", prices.show, LOOK, "What a kWh costs, and from when",
              answer=cost.PricesAnswer),
        Route("POST", f"{API}/prices", prices.add, EDIT, "A price from a day on",
              body=cost.NewPrice, answer=cost.PricesAnswer, status=201),
        Route("DELETE", f"{API}/prices/<price_version_id>", prices.remove, EDIT,
              "Forget a price that is still to come", answer=cards.GoneAnswer),
        Route("GET", f"{API}/calendars", calendars.show, LOOK, "The off-peak hours, and the gates",
              answer=hours.CalendarsAnswer),
        Route("PATCH", f"{API}/calendars/<name:path>", calendars.paint, EDIT,
              "Paint the week, or name other holidays",
              body=hours.Paint, answer=hours.PaintedAnswer),
        Route("PUT", f"{API}/gates/<node:path>", calendars.shut, EDIT,
              "Charge in the off-peak hours only, or at all hours",
              body=hours.Shut, answer=hours.PaintedAnswer),
    )
