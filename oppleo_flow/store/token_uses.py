"""What each token was used for, counted from its sessions and its refusals."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, and_, func, select

from oppleo_flow.charging.tokens import TokenUse
from oppleo_flow.store.database import absent, unsought
from oppleo_flow.store.tables import session_ended, session_started, tokens

_BEGUN, _ENDED = session_started.c, session_ended.c
_BY_CARD = "card"


def uses_of(connection: Connection, charge_point: str) -> dict[UUID, TokenUse]:
    """Return what the tokens of a charge point were used for.

    A time by a clock that nobody could trust is left out: it may lie years off.
    """
    counts = dict(_pairs(connection, _begun(charge_point)))
    for token_id, sessions in _pairs(connection, _without_start(charge_point)):
        counts[token_id] = counts.get(token_id, 0) + sessions
    begun, seen = {}, {}
    for token_id, begun_at, *others in connection.execute(_last(charge_point)):
        times = [at for at in (begun_at, *others) if at is not None]
        if begun_at is not None:
            begun[token_id] = begun_at
        if times:
            seen[token_id] = max(times)
    return {
        token_id: TokenUse(counts.get(token_id, 0), begun.get(token_id), seen.get(token_id))
        for token_id in {*counts, *seen}
    }


def _begun(charge_point: str) -> Select[tuple[UUID, int]]:
    """Return a query for the sessions of each token that have begun."""
    query = select(_BEGUN.token_id, func.count()).where(_BEGUN.charge_point == charge_point)
    return query.group_by(_BEGUN.token_id)


def _without_start(charge_point: str) -> Select[tuple[UUID, int]]:
    """Return a query for the sessions of each token of which only the end is there."""
    query = select(_ENDED.token_id, func.count()).where(
        unsought(_ENDED.charge_point) == charge_point,
        _ENDED.session_id.in_(absent(_ENDED.session_id, _BEGUN.session_id)),
    )
    return query.group_by(_ENDED.token_id)


def _last(charge_point: str) -> Select[Any]:
    """Return a query for when each token last began a session, ended one, and was refused.

    Each time is looked up by an index.  Of the ends those count that the card itself made.
    """
    began = and_(
        _BEGUN.charge_point == charge_point,
        _BEGUN.token_id == tokens.c.token_id,
        _BEGUN.clock_uncertain.is_(False),
    )
    ended = and_(
        _ENDED.charge_point == charge_point,
        _ENDED.token_id == tokens.c.token_id,
        _ENDED.clock_uncertain.is_(False),
        _ENDED.reason == _BY_CARD,
    )
    return select(
        tokens.c.token_id,
        select(func.max(_BEGUN.started_at)).where(began).scalar_subquery(),
        select(func.max(_ENDED.ended_at)).where(ended).scalar_subquery(),
        tokens.c.refused_at,
    ).where(tokens.c.charge_point == charge_point)


def _pairs(connection: Connection, query: Select[Any]) -> list[tuple[UUID, Any]]:
    return [(row[0], row[1]) for row in connection.execute(query)]
