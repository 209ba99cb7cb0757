"""The words that sessions are searched for: kept once for all sessions that bear them."""

from collections.abc import Iterable, Iterator, Sequence
from string import hexdigits
from typing import Final

from sqlalchemy import ColumnElement, Connection, Text, cast, or_, select

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.store.database import insert_new
from oppleo_flow.store.tables.session_index import session_index, session_words

_WORDS = session_words.c
_OF_AN_ID: Final = 6
"""A word of so many digits may be a part of an id; a shorter one is in nearly all of them."""


def having(words: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of a session that has each word in a name that it bears, or in its id."""
    names = [word for word in words if not may_be_of_an_id(word)]
    if names:
        yield _bears(names)
    for word in words:
        if may_be_of_an_id(word):
            # SQLite has ids without dashes, PostgreSQL with them.
            own_id = cast(session_index.c.session_id, Text)
            forms = {word, word.replace("-", "")}
            yield or_(_bears([word]), *(own_id.contains(one) for one in forms))


def _bears(words: Iterable[str]) -> ColumnElement[bool]:
    has = (_WORDS.words.contains(word, autoescape=True) for word in words)
    return session_index.c.words_id.in_(select(_WORDS.words_id).where(*has))


def may_be_of_an_id(word: str) -> bool:
    """Return whether a word may be a part of a session's id."""
    digits = word.replace("-", "")
    return len(digits) >= _OF_AN_ID and set(digits) <= set(hexdigits)


def words_in(text: str | None) -> list[str]:
    """Return the words that somebody looks for, of which a session has each."""
    return (text or "").casefold().split()


def words_of(session: SessionRecord) -> str:
    """Return what a person may look for a session by, beside its id."""
    of = session.attribution
    names = (session.label, of.driver, of.vehicle, of.plate, of.cost_centre, session.point)
    return "\n".join(filter(None, names)).casefold()


def known_words(connection: Connection, words: Iterable[str]) -> dict[str, int]:
    """Return the numbers of some words, which are kept from now on."""
    rows = [{"words": one} for one in sorted(words)]
    if not rows:
        return {}
    connection.execute(insert_new(connection, session_words), rows)
    query = select(_WORDS.words, _WORDS.words_id).where(_WORDS.words.in_(words))
    return {row.words: row.words_id for row in connection.execute(query)}
