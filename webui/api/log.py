"""The log of the running program: its newest lines, what came since, and the file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from bottle import HTTPResponse
from pydantic import Field
from typing_extensions import TypedDict

from webui.machine import Machine
from webui.problem import problem
from webui.reading import Query, read_query

_LEVELS: Final = ("debug", "info", "warning", "error", "critical")
_TEXT: Final = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.]+Z) (\w+) +(\S+): (.*)")
_MOST_BYTES: Final = 1_000_000
"""How far back the newest lines are looked for."""


class LogAsked(Query):
    """Which lines: the newest, or those after an offset that an answer told."""

    level: Literal["debug", "info", "warning", "error"] = "debug"
    limit: int = Field(200, ge=1, le=2000)
    after: int | None = Field(None, ge=0)


class LineAnswer(TypedDict):
    """One line, with what follows on it, such as a traceback; `at` is a moment in UTC."""

    at: str
    level: str
    logger: str
    text: str


class LogAnswer(TypedDict):
    """Lines, the oldest first; `offset` is where the next begin."""

    lines: list[LineAnswer]
    offset: int


class LogView:
    """The routes below `/api/v1/log`; values of secrets are not in the files."""

    def __init__(self, machine: Machine | None) -> None:
        self._machine = machine

    def show(self) -> LogAnswer:
        """Answer `GET /api/v1/log?level=warning&after=4096`."""
        asked = read_query(LogAsked)
        text, offset = _read(self._file(), asked.after)
        least = _LEVELS.index(asked.level)
        lines = [one for one in _lines(text) if _LEVELS.index(one["level"]) >= least]
        return {"lines": lines[-asked.limit :], "offset": offset}

    def newest(self, count: int) -> list[LineAnswer]:
        """Return the newest lines, the oldest of them first."""
        text, _ = _read(self._file(), None)
        return list(_lines(text))[-count:]

    def download(self) -> HTTPResponse:
        """Answer `GET /api/v1/log/download`: the newest file as it is."""
        file = self._file()
        answer = HTTPResponse(body=file.read_bytes())
        answer.set_header("Content-Type", "text/plain; charset=utf-8")
        answer.set_header("Content-Disposition", f'attachment; filename="{file.name}"')
        return answer

    def _file(self) -> Path:
        if self._machine is None or not self._machine.log_file.is_file():
            raise problem(404, "no-log", "this site keeps no log in a file")
        return self._machine.log_file


def _read(file: Path, after: int | None) -> tuple[str, int]:
    """Return whole lines, and where the next begin; a file that was begun anew is read anew."""
    with file.open("rb") as log:
        size = log.seek(0, 2)
        begin = max(0, size - _MOST_BYTES)
        if after is not None and after <= size:
            begin = max(begin, after)
        log.seek(begin)
        found = log.read()
    end = found.rfind(b"\n") + 1
    cut = found.find(b"\n") + 1 if begin not in (0, after) else 0  # in the middle of a line
    return found[cut:end].decode("utf-8", "replace"), begin + end


def _lines(text: str) -> Iterator[LineAnswer]:
    """Yield the lines in either form that a log may have."""
    one: LineAnswer | None = None
    for line in text.splitlines():
        begun = _begun(line)
        if begun is not None:
            if one is not None:
                yield one
            one = begun
        elif one is not None:
            one["text"] += f"\n{line}"
    if one is not None:
        yield one


def _begun(line: str) -> LineAnswer | None:
    """Return the line that begins here; None for what follows on another."""
    if line.startswith("{"):
        return _of_json(line)
    found = _TEXT.fullmatch(line)
    if found is None or found[2].lower() not in _LEVELS:
        return None
    return {"at": found[1], "level": found[2].lower(), "logger": found[3], "text": found[4]}


def _of_json(line: str) -> LineAnswer | None:
    try:
        said = json.loads(line)
        level, traceback = said["level"], said.get("traceback")
        text = said["message"] if traceback is None else f"{said['message']}\n{traceback}"
        found = LineAnswer(at=said["time"], level=level, logger=said["logger"], text=text)
    except (ValueError, KeyError, TypeError):
        return None
    return found if level in _LEVELS else None
