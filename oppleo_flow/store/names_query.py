"""How everybody is called now, whose past sessions and statements keep the names of then."""

from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from oppleo_flow.charging.selection import NamesNow, Purpose
from oppleo_flow.store.tables import former_names, session_started, tokens

_PURPOSES: Final[Mapping[str, Purpose]] = {
    "driver": "driver",
    "vehicle": "vehicle",
    "cost-centre": "cost_centre",
}


def names_now(connection: Connection, charge_point: str) -> NamesNow:
    """Return how all that were renamed are called now."""
    names = dict(accounts_now(connection, charge_point).names)
    labels = _labels(connection, charge_point)
    for label, now in _labels_before(connection, charge_point, labels):
        names["card", label] = now
    return NamesNow(names, labels)


def accounts_now(connection: Connection, charge_point: str) -> NamesNow:
    """Return how drivers, vehicles and cost centres are called now; all sessions tell of cards."""
    former = former_names.c
    query = select(former.kind, former.former, former.name).where(
        former.charge_point == charge_point
    )
    return NamesNow(
        {
            (_PURPOSES[row.kind], row.former): row.name
            for row in connection.execute(query)
            if row.kind in _PURPOSES
        }
    )


def _labels(connection: Connection, charge_point: str) -> Mapping[UUID, str]:
    """Return the label of each card that has one."""
    query = select(tokens.c.token_id, tokens.c.label).where(
        tokens.c.charge_point == charge_point, tokens.c.label != ""
    )
    return {row.token_id: row.label for row in connection.execute(query)}


def _labels_before(
    connection: Connection, charge_point: str, labels: Mapping[UUID, str]
) -> Iterator[tuple[str, str]]:
    """Yield each label that no card has any more, with the one label that its cards have now."""
    begun = session_started.c
    query = select(begun.label, begun.token_id).where(begun.charge_point == charge_point).distinct()
    now: dict[str, set[str]] = {}
    for label, token_id in connection.execute(query):
        if token_id in labels:
            now.setdefault(label, set()).add(labels[token_id])
    kept = set(labels.values())
    for label, found in now.items():
        if label not in kept and len(found) == 1:
            yield label, next(iter(found))
