"""Asking the running runtime of a site, over its API.

A runtime writes its address into the site, for `--port` and port 0 make it another than the
settings say.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from oppleo_flow.cli.command import PROGRAM
from oppleo_flow.errors import Refused, ServiceError
from oppleo_flow.store.audit import this_user

_LOG = logging.getLogger(__name__)
_TIMEOUT_S = 20.0
_DONE = range(200, 300)
_REFUSED = (404, 409, 412, 422)


def _address_file(folder: Path) -> Path:
    return folder / ".oppleo" / "address"


@contextmanager
def address_of(folder: Path, url: str) -> Iterator[None]:
    """Let commands find the runtime that answers at an address, while it does."""
    path = _address_file(folder)
    try:
        path.write_text(f"{url}\n", encoding="ascii")
    except OSError as error:
        _LOG.warning("commands will not find this runtime: %s: %s", path, error.strerror)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


class RuntimeRefused(Refused):
    """A running runtime says no; `problem` is all that it said."""

    def __init__(self, problem: Mapping[str, Any], text: str) -> None:
        self.problem = problem
        super().__init__(str(problem.get("detail", text)))


class Running:
    """The runtime that runs a site now.

    Raises:
        Refused: There is none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._url = _address_file(folder).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise self._none() from None

    def _none(self) -> Refused:
        return Refused(f"{self._folder}: does not run; start it with `{PROGRAM} run` first")

    @property
    def url(self) -> str:
        """Return the address at which it answers."""
        return self._url

    def get(self, path: str) -> Mapping[str, Any]:
        """Return what the runtime answers; raises as `post` does."""
        return self.ask("GET", path)

    def post(self, path: str) -> Mapping[str, Any]:
        """Have the runtime do something that needs no more words; return what it answers.

        Raises:
            Refused: It says no, or does not run any more.
            ServiceError: It fails, or something else answers in its place.
        """
        return self.ask("POST", path, {})

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        revision: str | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> Mapping[str, Any]:
        """Return what the runtime answers; raises as `post` does.

        `revision` is that of the flow which the request began with.
        """
        connection = HTTPConnection(urlsplit(self._url).netloc, timeout=timeout_s)
        headers = {"Oppleo-Who": quote(this_user())}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        text = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, f"/api/v1{path}", text, headers)
            answer = connection.getresponse()
            found = json.loads(answer.read())
        except ConnectionRefusedError:
            raise self._none() from None
        except (OSError, HTTPException, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise ServiceError(f"{self._url}: the runtime does not answer: {why}") from error
        finally:
            connection.close()
        if answer.status in _DONE:
            return dict(found)
        said = f"{self._url}: answers {answer.status}"
        if answer.status in _REFUSED:
            raise RuntimeRefused(found, said)
        raise ServiceError(str(found.get("detail", said)))
