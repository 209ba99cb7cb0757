"""The messages that nobody could handle: to look at, to replay and to discard."""

import json
from collections.abc import Callable
from typing import Any

from bottle import response

from oppleo_flow.engine.letters import DeadLetter
from webui.api.audit import Deeds
from webui.api.limits import limit
from webui.api.simulator import Nothing, read_body
from webui.ports import Runtime
from webui.problem import problem

_USUAL = 100
_MOST = 1000


class DeadLetterBox:
    """The routes of `/api/v1/dead-letters`."""

    def __init__(self, runtime: Runtime, deeds: Deeds) -> None:
        self._runtime = runtime
        self._deeds = deeds

    def show(self) -> dict[str, Any]:
        """Answer `GET /api/v1/dead-letters?limit=100`: the newest first."""
        found = self._runtime.dead_letters(limit(_USUAL, _MOST))
        return {
            "dead_letters": [_letter(one) for one in reversed(found.letters)],
            "count": found.count,
            "lost": found.lost,
        }

    def replay(self, number: int) -> dict[str, Any]:
        """Answer `POST /api/v1/dead-letters/7/replay`: its node is given it, and may yet fail."""
        response.status = 202
        return self._do("replay", self._runtime.replay, number)

    def discard(self, number: int) -> dict[str, Any]:
        """Answer `POST /api/v1/dead-letters/7/discard`."""
        return self._do("discard", self._runtime.discard, number)

    def _do(self, word: str, what: Callable[[int], DeadLetter], number: int) -> dict[str, Any]:
        read_body(Nothing)
        try:
            letter = what(number)
        except LookupError as error:
            raise problem(404, "no-such-letter", str(error.args[0])) from error
        about = f"dead letter {number} of {letter.node}.{letter.port}"
        self._deeds.note(word, about, json.dumps(letter.message["payload"], ensure_ascii=False))
        return _letter(letter)


def _letter(letter: DeadLetter) -> dict[str, Any]:
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
