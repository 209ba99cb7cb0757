"""What a backup holds, as its last member says: of whom, of when, and each file with its hash."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from oppleo_flow.errors import StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.store.revision import REVISIONS

NAME: Final = "manifest.json"
FORMAT: Final = 1


@immutable
class Member:
    """A file in a backup."""

    name: str
    size: int
    sha256: str


@immutable
class Manifest:
    """What a backup holds; `revision` is that of its ledger's tables."""

    program: str
    charge_point: str
    created_at: datetime
    simulated: bool
    revision: str
    members: tuple[Member, ...]

    def as_text(self) -> str:
        """Return it as JSON."""
        facts = asdict(self)
        facts["created_at"] = self.created_at.astimezone(UTC).isoformat()
        return json.dumps({"format": FORMAT, **facts}, indent=2, ensure_ascii=False)

    @classmethod
    def parse(cls, text: bytes, place: str) -> "Manifest":
        """Return what a text says; `place` is what messages call the backup.

        Raises:
            StoreError: It cannot be understood, or a newer version wrote it.
        """
        try:
            facts = dict(json.loads(text))
            number = facts.pop("format")
            if number != FORMAT:
                raise _newer(place, f"format {number!r}")
            return cls._of(facts, place)
        except (ValueError, TypeError, KeyError):
            raise StoreError(
                f"{place}: is damaged: its manifest cannot be understood; use another backup"
            ) from None

    @classmethod
    def _of(cls, facts: Mapping[str, Any], place: str) -> "Manifest":
        made = cls(
            program=str(facts["program"]),
            charge_point=str(facts["charge_point"]),
            created_at=datetime.fromisoformat(facts["created_at"]),
            simulated=bool(facts["simulated"]),
            revision=str(facts["revision"]),
            members=tuple(Member(**member) for member in facts["members"]),
        )
        if made.revision and made.revision not in REVISIONS:
            raise _newer(place, f"revision {made.revision!r}")
        return made


def _newer(place: str, got: str) -> StoreError:
    return StoreError(
        f"{place}: is a backup of a newer version, got {got}; install that version of oppleo-flow"
    )
