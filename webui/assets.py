"""The built page: a handful of files, held in memory and packed when first asked for."""

import functools
import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

from bottle import HTTPError, HTTPResponse, request, response

from webui.problem import bottle_error_as_problem, problem
from webui.unloaded import is_for_a_person

PAGE = "index.html"
_WORKER = "service-worker.js"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
_WORTH_PACKING = 512  # bytes; below that gzip gains nothing


class Asset:
    """One file of the built page."""

    def __init__(self, path: str, body: bytes) -> None:
        self.body = body
        self.content_type = _TYPES.get(Path(path).suffix, "application/octet-stream")
        self.etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        # Vite puts a hash of the content into the names below assets/.
        hashed = path.startswith("assets/")
        self.caching = "public, max-age=31536000, immutable" if hashed else "no-cache"

    @functools.cached_property
    def packed(self) -> bytes | None:
        """Return the body in gzip; None where that gains nothing."""
        if self.content_type not in _TYPES.values() or len(self.body) < _WORTH_PACKING:
            return None
        return gzip.compress(self.body, mtime=0)


def load_assets(folder: Path) -> Mapping[str, Asset]:
    """Return the files of a built page by their path below `folder`; none when it is not built.

    They are read once, so no address can name a file outside the folder.
    """
    files = (file for file in folder.rglob("*") if file.is_file())
    named = ((file.relative_to(folder).as_posix(), file) for file in files)
    return {name: Asset(name, file.read_bytes()) for name, file in named}


class Page:
    """The routes of the page and its files."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        self._assets = assets

    def index(self, **_place: str) -> HTTPResponse:
        """Answer `GET /`, and wherever else the page finds out by itself what to show."""
        if PAGE not in self._assets:
            raise problem(
                503,
                "page-not-built",
                "the page has not been built; run `python webui/frontend/build_page.py` "
                "and start again. The API under /api/v1 works without it",
            )
        return _answer(self._assets[PAGE])

    def file(self, path: str) -> HTTPResponse:
        """Answer `GET /static/<path>`."""
        if path not in self._assets:
            raise problem(404, "no-such-file", f"the page has no file {path!r}")
        return _answer(self._assets[path])

    def worker(self) -> HTTPResponse:
        """Answer `GET /service-worker.js`: from the top, so that it stands before every page."""
        return self.file(_WORKER)

    def refused(self, error: HTTPError) -> bytes | str:
        """Say what Bottle refused: to a person the page, which says that it is not there."""
        if error.status_code != 404 or PAGE not in self._assets or not is_for_a_person():
            return bottle_error_as_problem(error)
        response.content_type = _TYPES[".html"]
        response.set_header("Cache-Control", "no-cache")
        return self._assets[PAGE].body


def _answer(asset: Asset) -> HTTPResponse:
    """Return the file, packed if the browser takes that, or the word that it has not changed."""
    headers = {"Cache-Control": asset.caching, "ETag": asset.etag, "Vary": "Accept-Encoding"}
    if request.get_header("If-None-Match") == asset.etag:
        return HTTPResponse(status=304, headers=headers)
    headers["Content-Type"] = asset.content_type
    body = asset.body
    if asset.packed is not None and "gzip" in request.get_header("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = asset.packed
    return HTTPResponse(body=body, headers=headers)
