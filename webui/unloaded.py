"""What is said while the page and the API cannot be loaded: why, and what to do, to whoever asks.

A person gets a plain page, a program a problem; both may ask again, for it is tried each time.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from bottle import Bottle, HTTPResponse, request

from oppleo_flow.errors import OppleoError
from oppleo_flow.wording import Language
from webui.guard import failures_as_problems
from webui.problem import problem

_LOG = logging.getLogger(__name__)
FOR_PROGRAMS: Final = ("/api/", "/static/")
"""How the addresses begin that nobody types."""
_RETRY_S: Final = 10
# Not of the catalogues: what cannot be loaded may be what reads them.
_WORDS: Final[Mapping[Language, tuple[str, str]]] = {
    "en": ("The page cannot be loaded", "The charge point itself goes on. Try again in a moment."),
    "nl": (
        "De pagina kan niet worden geladen",
        "Het laadpunt zelf werkt door. Probeer het zo nog eens.",
    ),
}
_PAGE: Final = """\
<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title></head>
<body><main><h1>{title}</h1><p>{text}</p><pre>{why}</pre></main></body>
</html>
"""


def loaded(load: Callable[[], Bottle]) -> Bottle | HTTPResponse:
    """Return what is loaded, or the problem that says why it cannot be.

    It is called for the request that is being answered.
    """
    try:
        return failures_as_problems(lambda: _load(load))()
    except HTTPResponse as refusal:
        refusal.set_header("Retry-After", str(_RETRY_S))
        return refusal


def _load(load: Callable[[], Bottle]) -> Bottle:
    """Load, or say what the one who runs the site can do about it; all else is for the log."""
    try:
        return load()
    except OppleoError:
        raise
    except ImportError as error:
        _LOG.error("web: cannot be loaded: %s", error)
        raise problem(
            503,
            "not-loaded",
            f"the page and the API cannot be loaded: {error}; install oppleo-flow once more, "
            "and start again",
        ) from error
    except OSError as error:
        _LOG.error("web: cannot be loaded: %s", error)
        raise problem(
            503,
            "not-loaded",
            f"the page and the API cannot be loaded: {error.strerror or error}; "
            "see `oppleo-flow doctor`",
        ) from error


def said(refusal: HTTPResponse, language: Language) -> HTTPResponse:
    """Return a refusal as who asks reads it: to a person a plain page."""
    if not is_for_a_person():
        return refusal
    import html  # noqa: PLC0415  (a start has no use for it)

    title, text = _WORDS[language]
    why = json.loads(refusal.body)["detail"]
    page = _PAGE.format(language=language, title=title, text=text, why=html.escape(why))
    answer = HTTPResponse(page, refusal.status_code)
    answer.content_type = "text/html; charset=utf-8"
    answer.set_header("Retry-After", refusal.get_header("Retry-After"))
    return answer


def is_for_a_person() -> bool:
    """Tell whether somebody typed this address or followed a link, as a browser says."""
    reads_pages = "text/html" in request.get_header("Accept", "")
    return reads_pages and not request.path.startswith(FOR_PROGRAMS)


def answer_of(refusal: HTTPResponse, language: Language) -> Callable[..., Any]:
    """Return a call that answers any request with a refusal."""

    def answer(**_place: str) -> Any:
        raise said(refusal, language)

    return answer
