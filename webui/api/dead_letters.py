"""The messages that nobody could handle: to look at, to replay and to discard."""

import json
from collections.abc import Callable

from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.engine.letters import DeadLetter
from webui.answers import Moment, Plain
from webui.api.audit import Deeds
from webui.ports import Runtime
from webui.problem import problem
from webui.reading import Nothing, Query, read_body, read_query


class LettersAsked(Query):
    """Which dead letters to show."""

    limit: int = Field(100, ge=1, le=1000)


class LetterAnswer(TypedDict):
    """A message that its node could not handle; `tries` is how often it was given to it."""

    id: int
    node: str
    port: str
    payload: Plain
    sent_at: Moment
    source: str
    error: str
    failed_at: Moment
    tries: int


class LettersAnswer(TypedDict):
    """Dead letters, the newest first; `count` are kept, `lost` were given up unread."""

    dead_letters: list[LetterAnswer]
    count: int
    lost: int


class DeadLetterBox:
    """The routes of `/api/v1/dead-letters`."""

    def __init__(self, runtime: Runtime, deeds: Deeds) -> None:
        self._runtime = runtime
        self._deeds = deeds

    def show(self) -> LettersAnswer:
        """Answer `GET /api/v1/dead-letters?limit=100`: the newest first."""
        asked = read_query(LettersAsked)
        found = self._runtime.dead_letters(asked.limit)
        return {
            "dead_letters": [_letter(one) for one in reversed(found.letters)],
            "count": found.count,
            "lost": found.lost,
        }

    def replay(self, number: int) -> LetterAnswer:
        """Answer `POST /api/v1/dead-letters/7/replay`: its node is given it, and may yet fail."""
        read_body(Nothing)
        return self._do("replay", self._runtime.replay, number)

    def discard(self, number: int) -> LetterAnswer:
        """Answer `POST /api/v1/dead-letters/7/discard`."""
        read_body(Nothing)
        return self._do("discard", self._runtime.discard, number)

    def _do(self, word: str, what: Callable[[int], DeadLetter], number: int) -> LetterAnswer:
        try:
            letter = what(number)
        except LookupError as error:
            raise problem(404, "no-such-letter", str(error.args[0])) from error
        about = f"dead letter {number} of {letter.node}.{letter.port}"
        self._deeds.note(word, about, json.dumps(letter.message["payload"], ensure_ascii=False))
        return _letter(letter)


def _letter(letter: DeadLetter) -> LetterAnswer:
    return {
        "id": letter.id,
        "node": letter.node,
        "port": letter.port,
        "payload": letter.message["payload"],
        "sent_at": letter.message["time"],
        "source": letter.message["source"],
        "error": letter.error,
        "failed_at": letter.at,
        "tries": letter.tries,
    }
