"""The backups of the site: making one, verifying, restoring and deleting them.

What takes long is done by processes of their own, with low priority, so that charging never waits.
Secrets come in and are never told.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bottle import HTTPResponse, static_file
from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.errors import Refused
from oppleo_flow.payloads import BackupMade
from webui.answers import Moment
from webui.api.audit import Deeds
from webui.api.machine_routes import MachineRoutes
from webui.machine import Machine
from webui.ports import Runtime, SiteFacts
from webui.problem import problem
from webui.reading import Nothing, read_body

# What makes backups is imported where it is needed, not at the top: few ask, and a start has no
# use for it.
if TYPE_CHECKING:
    from oppleo_flow.store.backup.shelf import Shelf
    from oppleo_flow.store.backup.taking_in import Intake

_TYPE: Final = "backup"
_FOLDER: Final = "backups"


class MakeBackup(Nothing):
    """With a passphrase the backup is encrypted, and has the secrets too."""

    passphrase: str = Field("", max_length=200, description="At least 8 characters, or none.")


class VerifyBackup(Nothing):
    """What an encrypted backup is opened with."""

    passphrase: str = Field("", max_length=200)


class RestoreBackup(Nothing):
    """What an encrypted backup is opened with; it is kept nowhere."""

    passphrase: str = Field("", max_length=200)


class BackupAnswer(TypedDict):
    """A backup in the site's folder of backups; one that was `taken_in` was made elsewhere."""

    name: str
    size: int
    made_at: Moment
    encrypted: bool
    taken_in: bool


class PlannedAnswer(TypedDict):
    """A node that makes backups, where it puts them, and how it is now."""

    node: str
    folder: str
    kept: str
    copy_to: list[str]
    encrypted: bool
    status: str
    triggers: list[str]


class BackupsAnswer(TypedDict):
    """The backups, the newest first; `last` is when the last was verified, `making` if one is."""

    items: list[BackupAnswer]
    total: int
    folder: str
    last: Moment | None
    making: bool
    planned: list[PlannedAnswer]


class MadeAnswer(TypedDict):
    """A backup that was made, read again and found to be whole."""

    name: str
    size: int
    members: int
    encrypted: bool
    sha256: str


class VerifiedAnswer(TypedDict):
    """A backup of which all has been read: whose, of when, and by which version it is."""

    charge_point: str
    created_at: Moment
    program: str
    revision: str
    members: int


class GoneAnswer(TypedDict):
    """The backup that is no more."""

    name: str


class RestoringAnswer(TypedDict):
    """The backup that takes the site's place while the program starts anew."""

    name: str


class Backups(MachineRoutes):
    """The routes below `/api/v1/backups`."""

    def __init__(
        self, runtime: Runtime, site: SiteFacts, machine: Machine | None, deeds: Deeds
    ) -> None:
        super().__init__(runtime, site, machine, deeds)
        self._making, self._taking = threading.Lock(), threading.Lock()

    def show(self) -> BackupsAnswer:
        """Answer `GET /api/v1/backups`."""
        items: list[BackupAnswer] = [
            {
                "name": one.name,
                "size": one.size,
                "made_at": one.made_at.isoformat(),
                "encrypted": one.encrypted,
                "taken_in": taken_in,
            }
            for taken_in, shelf in ((False, self._shelf), (True, self.intake))
            for one in shelf.all()
        ]
        return {
            "items": sorted(items, key=lambda one: one["made_at"], reverse=True),
            "total": len(items),
            "folder": str(self._shelf.folder),
            "last": self._last(),
            "making": self._making.locked(),
            "planned": list(self._planned()),
        }

    def make(self) -> MadeAnswer:
        """Answer `POST /api/v1/backups`: it is there, and verified, when this answers.

        Raises:
            Refused: Another one is being made.
            StoreError: It cannot be made.
        """
        asked = read_body(MakeBackup)
        if asked.passphrase and len(asked.passphrase) < 8:
            raise problem(422, "wrong-body", "passphrase: at least 8 characters are needed")
        if not self._making.acquire(blocking=False):
            raise Refused("a backup is being made already; wait for it")
        try:
            made = self._made(asked.passphrase)
        finally:
            self._making.release()
        self._deeds.note("backup", made.file, made.sha256)
        return {
            "name": Path(made.file).name,
            "size": made.size,
            "members": made.members,
            "encrypted": made.encrypted,
            "sha256": made.sha256,
        }

    def verify(self, name: str) -> VerifiedAnswer:
        """Answer `POST /api/v1/backups/NAME/verify`: all of it is read.

        Raises:
            StoreError: It is damaged, or the passphrase is not its own.
        """
        from oppleo_flow.store.backup.verifying import verify_in_child  # noqa: PLC0415

        found = verify_in_child(self._file(name), read_body(VerifyBackup).passphrase)
        return {
            "charge_point": found.charge_point,
            "created_at": found.created_at,
            "program": found.program,
            "revision": found.revision,
            "members": found.members,
        }

    def download(self, name: str) -> Any:
        """Answer `GET /api/v1/backups/NAME/file`: it leaves this machine by the one who asks."""
        file = self._file(name)
        self._deeds.note("backup", f"{file}: downloaded")
        return static_file(
            file.name, root=str(file.parent), mimetype="application/octet-stream", download=True
        )

    def delete(self, name: str) -> GoneAnswer:
        """Answer `DELETE /api/v1/backups/NAME`.

        Raises:
            Refused: It is the only one.
        """
        file = self._file(name)
        try:
            self._shelf_of(name).let_go(name)
        except LookupError:  # somebody else was faster
            raise _no_such(name) from None
        self._deeds.note("backup", f"{file}: deleted")
        return {"name": name}

    def restore(self, name: str) -> RestoringAnswer:
        """Answer `POST /api/v1/backups/NAME/restore`: the program starts anew with it.

        Raises:
            Refused: A session is open, a backup is being made, or a passphrase is needed.
            StoreError: It is damaged, or opened by another passphrase; the site is as it was.
        """
        asked = read_body(RestoreBackup)
        file = self._file(name)
        self.idle()
        if not self._making.acquire(blocking=False):
            raise Refused("a backup is being made; wait for it")
        try:
            self._there.restore(file, asked.passphrase)
        finally:
            self._making.release()
        self._deeds.note("restore", str(file))
        return {"name": name}

    def idle(self) -> None:
        """Refuse while something is being written that must not be cut off.

        Raises:
            Refused: A session is open, or a backup is being made or taken in.
        """
        if self._making.locked():
            raise Refused("a backup is being made; wait for it")
        if self._taking.locked():
            raise Refused("a backup is being taken in; wait for it")
        if self._site.books is not None and self._site.books().sessions.all_open():
            raise Refused("a session is open; end it first, so that nothing of it is lost")

    @contextmanager
    def taking_in(self) -> Iterator[None]:
        """Take in one backup at a time, and let nothing start anew meanwhile.

        Raises:
            Refused: Another one is being taken in.
        """
        if not self._taking.acquire(blocking=False):
            raise Refused("a backup is being taken in; wait for it")
        try:
            yield
        finally:
            self._taking.release()

    @property
    def intake(self) -> "Intake":
        """Return the backups that were made elsewhere."""
        from oppleo_flow.store.backup.taking_in import Intake  # noqa: PLC0415

        return Intake(self._there.folder / _FOLDER, simulated=self._there.simulated)

    @property
    def _shelf(self) -> "Shelf":
        from oppleo_flow.store.backup.shelf import Shelf  # noqa: PLC0415

        return Shelf(self._there.folder / _FOLDER, self._naming)

    def _shelf_of(self, name: str) -> "Shelf":
        """Return where a backup is; raises `LookupError` where there is none of the name."""
        own = self._shelf
        return own if name in [one.name for one in own.all()] else self.intake

    def _file(self, name: str) -> Path:
        try:
            return self._shelf_of(name).file(name)
        except LookupError:
            raise _no_such(name) from None

    def _made(self, passphrase: str) -> BackupMade:
        from oppleo_flow.store.backup.child import BackupChild  # noqa: PLC0415
        from oppleo_flow.store.backup.request import BackupRequest  # noqa: PLC0415

        machine = self._there
        child = BackupChild(
            BackupRequest(
                site=machine.folder,
                ledger=machine.ledger,
                charge_point=self._site.charge_point,
                simulated=machine.simulated,
                folder=machine.folder / _FOLDER,
                created_at=self._site.clock.now(),
                keep="all",  # what goes is the owner's own business here
                passphrase=passphrase,
            )
        )
        child.wait()
        return child.result()

    def _last(self) -> str | None:
        """Return when the last backup was verified, as is noted beside the ledger."""
        from oppleo_flow.store.backup.making import LAST  # noqa: PLC0415

        try:
            said = (self._there.ledger.with_name(LAST)).read_text(encoding="utf-8")
            return str(json.loads(said)["at"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _planned(self) -> Iterator[PlannedAnswer]:
        graph, states = self._runtime.graph, self._runtime.snapshot().nodes
        status = {one.id: one.status_text for one in states}
        for node in graph.nodes.values():
            if node.spec.type_name == _TYPE and not node.disabled:
                config = node.config.model_dump(include={"folder", "kept", "copy_to"})
                yield {
                    "node": node.id,
                    "folder": str(config["folder"]),
                    "kept": str(config["kept"]),
                    "copy_to": [str(one) for one in config["copy_to"]],
                    "encrypted": getattr(node.config, "passphrase", None) is not None,
                    "status": status.get(node.id, ""),
                    "triggers": [
                        f"{wire.source_node}: {status.get(wire.source_node, '')}".removesuffix(": ")
                        for wire in graph.wires
                        if wire.target_node == node.id
                    ],
                }


def _no_such(name: str) -> HTTPResponse:
    return problem(404, "no-such-backup", f"there is no backup {name[:80]!r}")
