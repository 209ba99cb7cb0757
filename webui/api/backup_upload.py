"""Taking in a backup from the page: it goes to the disk as it comes, never held in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bottle import request
from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.errors import Refused, StoreError
from webui.api.audit import Deeds
from webui.api.backups import Backups
from webui.api.machine_routes import MachineRoutes
from webui.machine import Machine
from webui.ports import Runtime, SiteFacts
from webui.problem import problem
from webui.reading import Query, read_query

# What knows backups is imported where it is needed: few ask, and a start has no use for it.
if TYPE_CHECKING:
    from oppleo_flow.store.backup.taking_in import Coming, Intake

KIND: Final = "application/octet-stream"
_PIECE: Final = 64 * 1024
_LONGEST_NAME: Final = 200


class RoomAsked(Query):
    """Which file is to come."""

    name: str = Field(min_length=1, max_length=_LONGEST_NAME, description="As it is called.")
    size: int = Field(ge=0, description="How many bytes it has.")


class UploadAsked(Query):
    """What the file is called that comes."""

    name: str = Field(min_length=1, max_length=_LONGEST_NAME, description="As it is called.")


class RoomAnswer(TypedDict):
    """A file that may come."""

    name: str


class TakenInAnswer(TypedDict):
    """A backup that was taken in; an encrypted one is verified when its passphrase is known."""

    name: str
    size: int
    encrypted: bool


class BackupUpload(MachineRoutes):
    """The routes below `/api/v1/backups/taken-in`."""

    def __init__(
        self,
        runtime: Runtime,
        site: SiteFacts,
        machine: Machine | None,
        deeds: Deeds,
        backups: Backups,
    ) -> None:
        super().__init__(runtime, site, machine, deeds)
        self._backups = backups

    def room(self) -> RoomAnswer:
        """Answer `GET /api/v1/backups/taken-in/room`: whether it makes sense to send a file.

        Raises:
            Refused: It does not; the message says why.
        """
        asked = read_query(RoomAsked)
        self._intake.check(self._coming(asked.name, asked.size))
        return {"name": asked.name}

    def take(self) -> TakenInAnswer:
        """Answer `POST /api/v1/backups/taken-in`: it is whole, and listed, when this answers.

        Raises:
            Refused: It is no backup, or none for this site; or another is being taken in.
        """
        given = read_query(UploadAsked).name
        if request.get_header("Content-Type", "").partition(";")[0].strip() != KIND:
            raise problem(415, "not-a-file", f"the body must be a file, with Content-Type {KIND}")
        if request.content_length < 0:
            raise problem(411, "no-length", "the request must say how long its body is")
        coming = self._coming(given, request.content_length)
        intake = self._intake
        with self._backups.taking_in():
            try:
                name = intake.take(coming, _pieces(coming.size))
            except StoreError as error:
                if _is_of_the_disk(error):
                    raise
                raise Refused(str(error)) from error
        self._deeds.note("backup", f"{intake.folder / name}: taken in")
        found = next(one for one in intake.all() if one.name == name)
        return {"name": name, "size": found.size, "encrypted": found.encrypted}

    @property
    def _intake(self) -> "Intake":
        return self._backups.intake

    def _coming(self, name: str, size: int) -> "Coming":
        from oppleo_flow.store.backup.taking_in import Coming  # noqa: PLC0415

        return Coming(Path(name).name or name, size)


def _is_of_the_disk(error: StoreError) -> bool:
    """Return whether it was the machine that failed, and not the file that is none."""
    return isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, StoreError)


def _pieces(size: int) -> Iterator[bytes]:
    """Yield what comes, as it comes; who stops sending is told so where they still listen."""
    body, left = request.environ["wsgi.input"], size
    while left:
        try:
            piece = body.read(min(_PIECE, left))
        except OSError:  # they went away, or said nothing for too long
            return
        if not piece:
            return
        left -= len(piece)
        yield piece
