"""Asking the running runtime of a site, over its API."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from oppleo_flow.cli.command import PROGRAM
from oppleo_flow.cli.running_address import address_file, key_file
from oppleo_flow.errors import Refused, ServiceError
from oppleo_flow.store.audit import this_user

_TIMEOUT_S = 20.0
_DONE = range(200, 300)
_REFUSED = (404, 409, 412, 422)


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
            said = address_file(folder).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            raise self._none() from None
        self._url, *certificate = said or [""]
        self._certificate = certificate[0] if certificate else None

    def _none(self) -> Refused:
        return Refused(f"{self._folder}: does not run; start it with `{PROGRAM} run` first")

    @property
    def url(self) -> str:
        """Return the address at which it answers."""
        return self._url

    def connect(self, timeout_s: float) -> HTTPConnection:
        """Return a connection to it.

        It is known by its very certificate, whatever name stands in that.
        """
        place = urlsplit(self._url).netloc
        if self._certificate is None:
            return HTTPConnection(place, timeout=timeout_s)
        import ssl  # noqa: PLC0415  (few sites have a certificate)

        context = ssl.create_default_context(cafile=self._certificate)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return HTTPSConnection(place, timeout=timeout_s, context=context)

    def headers(self) -> dict[str, str]:
        """Return what says who gave a command, and proves that they may.

        Raises:
            Refused: Another user runs the site.
        """
        said = {"Oppleo-Who": quote(this_user())}
        path = key_file(self._folder)
        try:
            said["Authorization"] = f"Bearer {path.read_text(encoding='ascii').strip()}"
        except FileNotFoundError:
            pass
        except PermissionError:
            raise Refused(
                f"{path}: only the user that runs the site may read it; "
                "give the command as that user"
            ) from None
        return said

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
        headers = self.headers()
        connection = self.connect(timeout_s)
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
