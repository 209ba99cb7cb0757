"""An application whose greater part is loaded when somebody first asks for it.

What says that the charge point lives and is ready is there from the start; the page and the API
take a third of a start, and nobody looks at them so soon.
"""

import gc
import threading
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class NotLoaded(Exception):
    """The greater part cannot be loaded now; `answer` says why to the one who asks."""

    def __init__(self, answer: Application) -> None:
        self.answer = answer
        super().__init__("the application cannot be loaded")


class Late:
    """A WSGI application: `early` answers its own addresses, what `load` returns all others.

    `load` gets the request for which it is done, and may raise `NotLoaded`; the next one to ask
    tries again.
    """

    def __init__(
        self,
        early: Application,
        addresses: Iterable[str],
        load: Callable[[dict[str, Any]], Application],
    ) -> None:
        self._early = early
        self._addresses = frozenset(addresses)
        self._load = load
        self._lock = threading.Lock()
        self._rest: Application | None = None

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a request; the first that needs the rest has it loaded, others wait for that."""
        if environ.get("PATH_INFO") in self._addresses:
            return self._early(environ, start_response)
        rest = self._rest
        if rest is None:
            with self._lock:
                try:
                    rest = self._rest = self._rest or self._loaded(environ)
                except NotLoaded as error:
                    return error.answer(environ, start_response)
        return rest(environ, start_response)

    def _loaded(self, environ: dict[str, Any]) -> Application:
        rest = self._load(environ)
        if gc.get_freeze_count():
            # The program has taken what stays out of the collector's sight when it had started.
            # This stays, too, and to look through all of it would make somebody wait each time.
            gc.collect()
            gc.freeze()
        return rest
