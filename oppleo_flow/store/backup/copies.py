"""The copies of a site's backups on other disks and machines: which there are, and deleting one.

A disk or a machine that does not answer can keep who asks it for as long as it likes, so they are
asked by a process of its own, with a deadline.

`python -m oppleo_flow.store.backup.copies` reads from stdin which places, and what is to be done.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from oppleo_flow.child import answer, run_module
from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.store.backup.copying import target_of
from oppleo_flow.store.backup.kept import Naming
from oppleo_flow.store.backup.request import Share
from oppleo_flow.store.backup.shelf import made_at

_NICENESS: Final = 10
_LONGEST_S: Final = 60.0


@immutable
class Place:
    """Where copies are: a folder, or `smb://server/share/folder`, and how to sign in there."""

    address: str
    share: Share = Share()


@immutable
class Copies:
    """The copies in a place, the newest first; `trouble` says why nobody knows which there are."""

    place: str
    names: tuple[str, ...] = ()
    trouble: str = ""

    def made(self) -> list[tuple[str, datetime]]:
        """Return each copy, and when it was made."""
        return [(name, made_at(name)) for name in self.names]


def copies_in(place: Place, site: Path, naming: Naming) -> Copies:
    """Return the copies in a place; the folders of a place are relative to the site's."""
    try:
        with target_of(place.address, site, place.share) as target:
            return Copies(place.address, tuple(naming.own(target.names())))
    except OSError as error:  # a `StoreError` is one too
        return Copies(place.address, trouble=_why(place, error))


def remove_copy(place: Place, name: str, site: Path, naming: Naming) -> None:
    """Delete a copy; raises as `remove_in_child` does."""
    try:
        with target_of(place.address, site, place.share) as target:
            there = naming.own(target.names())
            if name not in there:
                raise StoreError(f"{place.address}: has no copy {name}; look again")
            if len(there) == 1:
                raise Refused(f"{name}: is the only copy in {place.address}; make another first")
            target.remove(name)
    except OSError as error:
        raise StoreError(_why(place, error)) from error


def _why(place: Place, error: OSError) -> str:
    if isinstance(error, StoreError):
        return str(error)
    return f"{place.address}: cannot be read: {error.strerror or error}"


def copies_in_child(place: Place, site: Path, naming: Naming) -> Copies:
    """Return the copies in a place that may not answer."""
    try:
        said = json.loads(_run(place, site, naming))["value"]
    except StoreError as error:
        return Copies(place.address, trouble=f"{place.address}: {error}")
    return Copies(place.address, tuple(said["names"]), said["trouble"])


def remove_in_child(place: Place, name: str, site: Path, naming: Naming) -> None:
    """Delete a copy in a place that may not answer.

    Raises:
        StoreError: It is not there, or is the only one there, or the place does not answer.
    """
    _run(place, site, naming, name)


def _run(place: Place, site: Path, naming: Naming, remove: str | None = None) -> str:
    given = {
        "address": place.address,
        "user": place.share.user,
        "password": place.share.password,
        "site": str(site),
        "charge_point": naming.charge_point,
        "simulated": naming.simulated,
        "remove": remove,
    }
    module = "oppleo_flow.store.backup.copies"
    return run_module(module, (), timeout_s=_LONGEST_S, given=json.dumps(given))


def _work(asked: dict[str, Any]) -> dict[str, Any]:
    place = Place(asked["address"], Share(asked["user"], asked["password"]))
    site, naming = Path(asked["site"]), Naming(asked["charge_point"], asked["simulated"])
    if asked["remove"] is not None:
        remove_copy(place, asked["remove"], site, naming)
        return {}
    found = copies_in(place, site, naming)
    return {"names": list(found.names), "trouble": found.trouble}


def _main() -> int:
    asked = json.loads(sys.stdin.read())
    return answer("copies", lambda: _work(asked), niceness=_NICENESS)


if __name__ == "__main__":
    sys.exit(_main())
