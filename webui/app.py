"""The web application, and every address it answers."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bottle import Bottle

from webui.api.audit import Deeds
from webui.api.charging import Charging
from webui.api.dead_letters import DeadLetterBox
from webui.api.faults import Faults
from webui.api.flow import RunningFlow
from webui.api.health import Health
from webui.api.injecting import Injecting
from webui.api.live import Live
from webui.api.log_levels import NodeLevels
from webui.api.looking import Looking
from webui.api.recording import Recording
from webui.api.secrets import SecretUses
from webui.api.sessions import LastSessions
from webui.api.simulator import Simulator
from webui.api.tokens import Tokens
from webui.assets import Page, load_assets
from webui.feed import Feed
from webui.guard import add_headers, failures_as_problems, refuse_strangers
from webui.ports import Audit, Deploying, Levers, Runtime, Sessions, SiteFacts
from webui.problem import bottle_error_as_problem
from webui.redacting import Redacting

BUILT_PAGE = Path(__file__).parent / "static"


def create_app(
    runtime: Runtime,
    feed: Feed,
    *,
    sessions: Sessions | None = None,
    levers: Levers | None = None,
    deploying: Deploying | None = None,
    site: SiteFacts | None = None,
    audit: Audit | None = None,
    built_page: Path = BUILT_PAGE,
) -> Bottle:
    """Return the WSGI application.

    `audit` notes who did what; without it nobody will know.
    `sessions` is None where no ledger is kept, `levers` where the hardware is real, `deploying`
    where nothing can be deployed; `site` is what is around the runtime.
    """
    page = Page(load_assets(built_page))
    health = Health(runtime, feed, site or SiteFacts())
    deeds = Deeds(audit)

    app = Bottle()
    if site is not None:
        app.install(Redacting(site.redact))
    app.install(failures_as_problems)
    app.add_hook("before_request", refuse_strangers)
    app.add_hook("after_request", add_headers)
    app.default_error_handler = bottle_error_as_problem
    for path, method, call in (
        ("/", "GET", page.index),
        ("/static/<path:path>", "GET", page.file),
        ("/live", "GET", health.live),
        ("/ready", "GET", health.ready),
        ("/metrics", "GET", health.metrics),
        *_api(runtime, feed, sessions, levers, deploying, deeds),
        ("/api/v1/secrets", "GET", SecretUses(site or SiteFacts()).show),
        *_recorded(runtime, feed, deploying, site or SiteFacts(), deeds),
        *_booked(runtime, site or SiteFacts(), deeds),
    ):
        app.route(path, method, call)
    return app


def _api(
    runtime: Runtime,
    feed: Feed,
    sessions: Sessions | None,
    levers: Levers | None,
    deploying: Deploying | None,
    deeds: Deeds,
) -> Sequence[tuple[str, str, Callable[..., Any]]]:
    """Return what the page, the commands and other programs ask."""
    live = Live(feed)
    looking = Looking(runtime, feed)
    last_sessions = LastSessions(sessions)
    dead_letters = DeadLetterBox(runtime, deeds)
    faults = Faults(runtime)
    levels = NodeLevels(runtime, deeds)
    simulator = Simulator(levers)
    flow = RunningFlow(deploying)

    return (
        ("/api/v1/state", "GET", live.state),
        ("/api/v1/events", "GET", live.events),
        ("/api/v1/taps", "GET", looking.tap),
        ("/api/v1/traces", "GET", looking.traces),
        ("/api/v1/sessions", "GET", last_sessions.show),
        ("/api/v1/faults", "GET", faults.show),
        ("/api/v1/statuses", "GET", faults.statuses),
        ("/api/v1/audit", "GET", deeds.show),
        ("/api/v1/log-levels", "GET", levels.show),
        ("/api/v1/log-levels", "PUT", levels.change),
        ("/api/v1/dead-letters", "GET", dead_letters.show),
        ("/api/v1/dead-letters/<number:int>/replay", "POST", dead_letters.replay),
        ("/api/v1/dead-letters/<number:int>/discard", "POST", dead_letters.discard),
        ("/api/v1/flow", "GET", flow.show),
        ("/api/v1/flow", "PUT", flow.deploy),
        ("/api/v1/flow/preview", "POST", flow.preview),
        ("/api/v1/flow/diff", "GET", flow.diff),
        ("/api/v1/flow/reload", "POST", flow.reload),
        ("/api/v1/flow/versions", "GET", flow.versions),
        ("/api/v1/flow/versions/<number:int>", "GET", flow.version),
        ("/api/v1/flow/versions/<number:int>/deploy", "POST", flow.back),
        ("/api/v1/simulator", "GET", simulator.show),
        ("/api/v1/simulator/plug-in", "POST", simulator.plug_in),
        ("/api/v1/simulator/plug-out", "POST", simulator.plug_out),
        ("/api/v1/simulator/swipe", "POST", simulator.swipe),
        ("/api/v1/simulator/meter", "POST", simulator.meter),
    )


def _recorded(
    runtime: Runtime, feed: Feed, deploying: Deploying | None, site: SiteFacts, deeds: Deeds
) -> Sequence[tuple[str, str, Callable[..., Any]]]:
    """Return what records the flow, and what plays something into it."""
    return (
        ("/api/v1/recording", "GET", Recording(runtime, feed, site, deploying).record),
        ("/api/v1/inject", "POST", Injecting(runtime, site, deeds).inject),
    )


def _booked(
    runtime: Runtime, site: SiteFacts, deeds: Deeds
) -> Sequence[tuple[str, str, Callable[..., Any]]]:
    """Return what writes to the ledger, and charges without a card."""
    charging = Charging(runtime, site, deeds)
    tokens = Tokens(site, deeds)
    return (
        ("/api/v1/sessions/start", "POST", charging.start),
        ("/api/v1/sessions/stop", "POST", charging.stop),
        ("/api/v1/sessions/<session_id>", "GET", charging.show),
        ("/api/v1/sessions/<session_id>/corrections", "POST", charging.correct),
        ("/api/v1/tokens", "GET", tokens.show),
        ("/api/v1/tokens", "POST", tokens.add),
        ("/api/v1/tokens/<name>", "PATCH", tokens.change),
        ("/api/v1/enrolment", "GET", tokens.armed),
        ("/api/v1/enrolment", "PUT", tokens.arm),
        ("/api/v1/enrolment/stop", "POST", tokens.disarm),
        ("/api/v1/accounts", "GET", tokens.accounts),
        ("/api/v1/accounts", "POST", tokens.add_account),
    )
