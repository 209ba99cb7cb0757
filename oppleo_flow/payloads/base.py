"""The base of every payload type."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from uuid import UUID

SAMPLE_TIME = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SAMPLE_SESSION = UUID("00000000-0000-4000-8000-000000000001")


class Payload:
    """The base of every payload type; subclasses are frozen, slotted dataclasses.

    `urgent` is true for a payload that takes a load off the world: the engine lets it pass before
    the state it belongs to is committed, because switching off never waits.
    """

    __slots__ = ()
    _sample: ClassVar[Mapping[str, Any]] = {}

    @property
    def urgent(self) -> bool:
        """Return whether this may overtake a commit."""
        return False

    @classmethod
    def sample(cls, **values: Any) -> Self:
        """Return a plausible payload for an example; `values` replace its fields."""
        return cls(**{**cls._sample, **values})

    def with_(self, **values: Any) -> Self:
        """Return a copy in which `values` replace fields."""
        return replace(self, **values)  # type: ignore[type-var]
