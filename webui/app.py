"""The web application: the list of routes, and what stands around each of them."""

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bottle import Bottle, HTTPError, request, response

from oppleo_flow.accounts.rights import Right
from webui.gate import Gate
from webui.guard import add_headers, failures_as_problems, refuse_strangers
from webui.late import Late, NotLoaded
from webui.parts import Parts
from webui.problem import bottle_error_as_problem
from webui.redacting import Redacting
from webui.route import Route
from webui.routes.watching import watch_routes
from webui.unloaded import FOR_PROGRAMS, answer_of, loaded

BUILT_PAGE = Path(__file__).parent / "static"


def create_app(parts: Parts, *, built_page: Path = BUILT_PAGE) -> Bottle:
    """Return the WSGI application of a site of these parts."""
    from webui.assets import Page, load_assets  # noqa: PLC0415  (see `create_late_app`)
    from webui.routes.table import routes  # noqa: PLC0415

    page = Page(load_assets(built_page))
    return _answering_rows(parts, routes(parts, page), page.refused)


def create_late_app(parts: Parts, *, built_page: Path = BUILT_PAGE) -> Late:
    """Return the same, most of which is imported and made once somebody asks for it."""
    rows = watch_routes(parts)

    def load(environ: dict[str, Any]) -> Bottle:
        request.bind(environ)
        found = loaded(lambda: create_app(parts, built_page=built_page))
        if isinstance(found, Bottle):
            return found
        answer = answer_of(found, parts.site.language)
        raise NotLoaded(_answering_rows(parts, _everywhere(answer)))

    return Late(_answering_rows(parts, rows), [row.path for row in rows], load)


def _everywhere(call: Callable[..., Any]) -> Iterable[Route]:
    """Return a row for any address and method that there may be."""
    return (Route("ANY", "<address:re:.*>", call, Right.ANYONE, "Why nothing can be asked"),)


def _answering_rows(
    parts: Parts,
    rows: Iterable[Route],
    refused: Callable[[HTTPError], bytes | str] = bottle_error_as_problem,
) -> Bottle:
    app = Bottle()
    app.install(Redacting(parts.site.redact))
    app.install(failures_as_problems)
    app.install(Gate(parts.access, parts.doors))
    app.add_hook("before_request", functools.partial(refuse_strangers, parts.doors))
    app.add_hook("before_request", _ignore_last_slash)
    app.add_hook("after_request", add_headers)
    app.default_error_handler = refused
    for row in rows:
        # The row goes along: what is installed around all routes reads there who may ask.
        app.route(row.path, row.method, _answering(row), row=row)
    return app


def _ignore_last_slash() -> None:
    """Read `/sessions/` as `/sessions`: to who types an address it is the same page.

    What programs ask for is exact.
    """
    path = request.environ["PATH_INFO"]
    if path.endswith("/") and not path.endswith("//") and not path.startswith(FOR_PROGRAMS):
        request.environ["PATH_INFO"] = path.removesuffix("/") or path


def _answering(row: Route) -> Callable[..., Any]:
    """Return the call of a row, which answers with the status of its success."""

    @functools.wraps(row.call)
    def answer(*args: Any, **kwargs: Any) -> Any:
        response.status = row.status
        return row.call(*args, **kwargs)

    return answer
