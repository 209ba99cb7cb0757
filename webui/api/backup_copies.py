"""The copies of the site's backups in other places: which there are, and deleting one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field
from typing_extensions import TypedDict

from webui.answers import Moment
from webui.api.machine_routes import MachineRoutes
from webui.problem import problem
from webui.reading import Query, read_query

# What knows backups is imported where it is needed: few ask, and a start has no use for it.
if TYPE_CHECKING:
    from oppleo_flow.store.backup.copies import Place

_TYPE: Final = "backup"


class CopyAsked(Query):
    """In which place a copy is."""

    place: str = Field(max_length=1000, description="As `copy_to` of a backup node has it.")


class CopyAnswer(TypedDict):
    """A copy of a backup."""

    name: str
    made_at: Moment
    encrypted: bool


class PlaceAnswer(TypedDict):
    """A place of copies, the newest first; `trouble` says why nobody knows which there are."""

    place: str
    trouble: str
    items: list[CopyAnswer]


class CopiesAnswer(TypedDict):
    """All places that a flow's backups are copied to."""

    places: list[PlaceAnswer]


class CopyGoneAnswer(TypedDict):
    """The copy that is no more."""

    place: str
    name: str


class BackupCopies(MachineRoutes):
    """The routes below `/api/v1/backups/copies`."""

    def show(self) -> CopiesAnswer:
        """Answer `GET /api/v1/backups/copies`: each place is asked, and may say nothing."""
        from oppleo_flow.store.backup.copies import copies_in_child  # noqa: PLC0415

        folder, naming = self._there.folder, self._naming
        found = [copies_in_child(place, folder, naming) for place in self._places()]
        return {
            "places": [
                {
                    "place": one.place,
                    "trouble": one.trouble,
                    "items": [
                        {
                            "name": name,
                            "made_at": at.isoformat(),
                            "encrypted": name.endswith(".age"),
                        }
                        for name, at in one.made()
                    ],
                }
                for one in found
            ]
        }

    def delete(self, name: str) -> CopyGoneAnswer:
        """Answer `DELETE /api/v1/backups/copies/NAME?place=PLACE`.

        Raises:
            StoreError: It is not there, or the only one there, or the place does not answer.
        """
        from oppleo_flow.store.backup.copies import remove_in_child  # noqa: PLC0415

        asked = read_query(CopyAsked)
        folder, naming = self._there.folder, self._naming
        place = next((one for one in self._places() if one.address == asked.place), None)
        if place is None or naming.own([name]) != [name]:
            raise problem(404, "no-such-backup", f"no backup is copied there as {name[:80]!r}")
        remove_in_child(place, name, folder, naming)
        self._deeds.note("backup", f"{place.address}/{name}: copy deleted")
        return {"place": place.address, "name": name}

    def _places(self) -> "Iterator[Place]":
        """Yield where the nodes of the flow copy to, each once; what is simulated goes nowhere."""
        from oppleo_flow.store.backup.copies import Place  # noqa: PLC0415
        from oppleo_flow.store.backup.request import Share  # noqa: PLC0415

        found: dict[str, Place] = {}
        for node in self._runtime.graph.nodes.values():
            if node.spec.type_name != _TYPE or node.disabled or self._there.simulated:
                continue
            config: Any = node.config
            secret = config.smb_password
            share = Share(config.smb_user, "" if secret is None else secret.get_secret_value())
            for address in config.copy_to:
                found.setdefault(str(address), Place(str(address), share))
        yield from found.values()
