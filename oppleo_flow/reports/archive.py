"""Where issued statements are kept: files that nobody changes, with their hashes in the ledger."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from oppleo_flow.charging.issued import Issued, IssuedFile
from oppleo_flow.errors import StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.reports.document import Document
from oppleo_flow.reports.drawing import draw, ending
from oppleo_flow.reports.request import Format
from oppleo_flow.whole_file import READ_ONLY, write_whole

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger

Verdict = Literal["sound", "altered", "missing"]


@immutable
class Verified:
    """How a file of an issued statement is by now."""

    file: str
    verdict: Verdict


class Archive:
    """The files of a charge point's issued statements."""

    def __init__(self, folder: Path, ledger: "Ledger") -> None:
        self._folder = folder
        self._ledger = ledger

    def content_of(self, issued: Issued) -> bytes | None:
        """Return what a version says; None when its file is not as it was issued."""
        content = _read(self._folder / _content_name(issued))
        same = content is not None and _sha256(content) == issued.content_hash
        return content if same else None

    def keep(
        self, document: Document, content: bytes, formats: tuple[Format, ...]
    ) -> dict[Format, bytes]:
        """Keep the content and the files of a statement, and return the files.

        One that is there already is left alone and returned as it is.

        Raises:
            StoreError: One cannot be written, or is not as it was issued.
        """
        issued = document.issued
        assert issued is not None
        known = {file.name: file for file in self._ledger.statements.files(issued)}
        name = _content_name(issued)
        if _read(self._folder / name) != content:
            self._settle(IssuedFile(issued.number, issued.version, name, _sha256(content)), content)
        kept = {}
        for kind in formats:
            name = f"{issued.name}.{ending(kind, document)}"
            before = known.get(name)
            kept[kind] = (
                self._new(issued, name, draw(kind, document))
                if before is None
                else self._again(before, kind, document)
            )
        return kept

    def _new(self, issued: Issued, name: str, content: bytes) -> bytes:
        write_whole(self._folder / name, content, READ_ONLY)
        file = IssuedFile(issued.number, issued.version, name, _sha256(content))
        self._ledger.statements.add_file(file)
        return content

    def _again(self, file: IssuedFile, kind: Format, document: Document) -> bytes:
        """Return a file that was kept before; one that is missing is drawn once more."""
        content = _read(self._folder / file.name)
        if content is None:
            content = draw(kind, document)
            self._settle(file, content)
        elif _sha256(content) != file.sha256:
            raise StoreError(f"{self._folder / file.name}: {_ALTERED}")
        return content

    def _settle(self, file: IssuedFile, content: bytes) -> None:
        """Put a file in its place again that is missing, if it is the same as it was."""
        path = self._folder / file.name
        if path.exists():
            raise StoreError(f"{path}: {_ALTERED}")
        if _sha256(content) != file.sha256:
            raise StoreError(
                f"{path}: is missing, and drawn anew it is not the same as it was issued; "
                "put it back from a backup"
            )
        write_whole(path, content, READ_ONLY)

    def verify(self, issued: Issued) -> Iterator[Verified]:
        """Yield how each file of a version is, its content first."""
        yield self._verified(_content_name(issued), issued.content_hash)
        for file in self._ledger.statements.files(issued):
            yield self._verified(file.name, file.sha256)

    def _verified(self, name: str, sha256: str) -> Verified:
        path = self._folder / name
        content = _read(path)
        if content is None:
            return Verified(str(path), "missing")
        return Verified(str(path), "sound" if _sha256(content) == sha256 else "altered")


_ALTERED = "was altered since it was issued; put it back from a backup"


def _content_name(issued: Issued) -> str:
    return f"{issued.name}.ndjson"


def _read(path: Path) -> bytes | None:
    """Return what a file holds; None when it is not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
