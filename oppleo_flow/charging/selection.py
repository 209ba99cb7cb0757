"""Whose sessions a statement is of, where it is not of all."""

import json
from collections.abc import Mapping
from dataclasses import asdict, field, replace
from typing import Final, Literal, Self, get_args
from uuid import UUID

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.immutable import immutable

Purpose = Literal["card", "driver", "vehicle", "cost_centre", "point"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)


@immutable
class Selection:
    """What a session must be for, by name; None: it does not matter.

    `card` is a label, `point` one of several charge points of a site.
    """

    card: str | None = None
    driver: str | None = None
    vehicle: str | None = None
    cost_centre: str | None = None
    point: str | None = None

    @classmethod
    def parse(cls, key: str) -> Self:
        """Return the selection that `key` told."""
        return cls(**json.loads(key)) if key else cls()

    @property
    def said(self) -> tuple[tuple[Purpose, str], ...]:
        """Return what matters, and the name that it must have."""
        named = ((purpose, getattr(self, purpose)) for purpose in PURPOSES)
        return tuple((purpose, name) for purpose, name in named if name is not None)

    @property
    def key(self) -> str:
        """Return it as a text that is the same for the same selection; "" for everything."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(said, ensure_ascii=False, sort_keys=True) if said else ""

    @property
    def personal(self) -> bool:
        """Return whether it is of somebody, so that figures of others are not for who reads it."""
        return any(purpose != "point" for purpose, _ in self.said)


EVERYTHING = Selection()
"""Every session of the charge point."""


def name_in(session: SessionRecord, purpose: Purpose) -> str:
    """Return what a session was for in one respect; "" where nobody has said."""
    if purpose == "card":
        return session.label
    if purpose == "point":
        return session.point
    return getattr(session.attribution, purpose) or ""


@immutable
class NamesNow:
    """How everybody is called now, whose past sessions and statements keep the names of then.

    `names` says it of each former name, `labels` of each card, by the id of its token.
    """

    names: Mapping[tuple[Purpose, str], str] = field(default_factory=dict)
    labels: Mapping[UUID, str] = field(default_factory=dict)

    def selection(self, selection: Selection) -> Selection:
        """Return a selection by the names of now."""
        named = {at: self.names.get((at, name), name) for at, name in selection.said}
        return replace(selection, **named)

    def cards(self, label: str) -> frozenset[UUID]:
        """Return the cards that have a label."""
        return frozenset(one for one, named in self.labels.items() if named == label)

    def takes(self, selection: Selection, session: SessionRecord) -> bool:
        """Return whether a session is one of those that a selection by the names of now takes."""
        return all(self.name_in(session, purpose) == name for purpose, name in selection.said)

    def name_in(self, session: SessionRecord, purpose: Purpose) -> str:
        """Return how it is called now what a session was for; "" where nobody has said."""
        borne = name_in(session, purpose)
        recorded = session.original or session
        if purpose == "card" and borne == recorded.label:
            return self.labels.get(session.token_id, borne)
        return self.names.get((purpose, borne), borne)


AS_THEY_WERE: Final = NamesNow()
"""Nobody was ever renamed."""
