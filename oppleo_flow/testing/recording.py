"""Reading a recording of a flow: a header, then one thing that happened on each line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from oppleo_flow.encoding import decode, known_types
from oppleo_flow.engine.recorder import FORMAT, MARK
from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "message": ("node", "port", "type"),
    "held": ("node", "port", "type"),
    "fault": ("node", "code", "text"),
    "clear": ("node", "code"),
    "safe": ("node",),
}
"""The kinds of lines that are of use to a replay, and the texts that each must have."""


@immutable
class Happening:
    """One line of a recording; `number` is that of the line, `facts` all that it says."""

    file: str
    number: int
    kind: str
    at: datetime
    node: str
    facts: Mapping[str, Any]

    @property
    def port(self) -> str:
        """Return the output of a message or of what a level held."""
        return str(self.facts.get("port", ""))

    @property
    def trace(self) -> int:
        """Return the id of the message that began the chain which this one belongs to."""
        return int(self.facts["trace"])

    @property
    def began_at(self) -> datetime:
        """Return when the chain began."""
        return datetime.fromisoformat(self.facts["began_at"])

    def payload(self) -> Any:
        """Return the payload.

        Raises:
            ConfigError: It was not written, or its type is not known here.
        """
        where = f"{self.file}:{self.number}: {self.node}.{self.port}"
        if "unwritten" in self.facts:
            raise ConfigError(f"{where}: cannot be played: its payload {self.facts['unwritten']}")
        try:
            return decode(self.facts, known_types())
        except KeyError:
            kind = self.facts.get("type")
            raise ConfigError(f"{where}: no node here knows the payload {kind!r}") from None
        except ValueError as error:
            text = str(error).partition("\n")[0]
            raise ConfigError(f"{where}: is no {self.facts['type']} any more: {text}") from error


@immutable
class Recording:
    """A whole recording.

    `nodes` are those of the flow as it was, `sources` those without inputs; `lost` is how many
    things are missing, and `cut` the number of the last line when that is broken off.
    """

    file: str
    flow: str
    revision: str | None
    charge_point: str
    timezone: str
    nodes: tuple[str, ...]
    sources: tuple[str, ...]
    began_at: datetime
    ended_at: datetime
    happenings: tuple[Happening, ...] = field(repr=False)
    lost: int = 0
    cut: int | None = None


def read_recording(path: Path) -> Recording:
    """Return what a file holds; a last line that is broken off is left out.

    Raises:
        ConfigError: It is no recording, or a line of it is none.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    # A line is whole when its end was written.
    cut = len(lines) if lines[-1] else None
    header = _header(path, lines[0])
    happenings: list[Happening] = []
    lost = 0
    ended_at = header["began_at"]
    for number, facts in _objects(path, lines[1:-1]):
        at = _moment(path, number, facts, "at")
        ended_at = max(ended_at, at)
        if facts["kind"] == "lost":
            lost += _number(path, number, facts, "count")
        elif facts["kind"] in _NEEDED:
            happenings.append(_happening(path, number, facts, at))
    return Recording(
        file=str(path),
        **header,
        ended_at=ended_at,
        happenings=tuple(happenings),
        lost=lost,
        cut=cut,
    )


def _header(path: Path, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
        if found.get(MARK, FORMAT) != FORMAT:
            wrong = f"has the format {found[MARK]}, and {FORMAT} is needed; record it again"
            raise ConfigError(f"{path}:1: {wrong}")
        began_at = datetime.fromisoformat(found["began_at"])
        header = {
            "flow": found["flow"],
            "revision": found.get("revision"),
            "charge_point": found.get("charge_point") or "test",
            "timezone": found.get("timezone") or "UTC",
            "nodes": tuple(found.get("nodes", ())),
            "sources": tuple(found.get("sources", ())),
            "began_at": began_at,
        }
        ZoneInfo(header["timezone"])
        texts = [header["flow"], header["charge_point"], *header["nodes"], *header["sources"]]
        if MARK in found and began_at.tzinfo and all(isinstance(text, str) for text in texts):
            return header
    except ConfigError:
        raise
    except (ValueError, LookupError, AttributeError, TypeError, OSError):
        pass
    raise ConfigError(f"{path}:1: is no recording of a flow; make one with `oppleo-flow record`")


def _objects(path: Path, lines: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            raise ConfigError(f"{path}:{number}: is not JSON, got {line[:40]!r}") from None
        if not isinstance(found, dict) or not isinstance(found.get("kind"), str):
            raise ConfigError(f"{path}:{number}: is no line of a recording, got {line[:40]!r}")
        yield number, found


def _happening(path: Path, number: int, facts: Mapping[str, Any], at: datetime) -> Happening:
    kind = facts["kind"]
    for name in _NEEDED[kind]:
        if not isinstance(facts.get(name), str):
            raise ConfigError(f"{path}:{number}: {name}: a {kind} needs this text")
    if kind == "message":
        _number(path, number, facts, "trace")
        _moment(path, number, facts, "began_at")
    if kind in ("message", "held") and not {"value", "unwritten"} & set(facts):
        raise ConfigError(f"{path}:{number}: value: a {kind} needs one")
    return Happening(str(path), number, kind, at, facts["node"], facts)


def _moment(path: Path, number: int, facts: Mapping[str, Any], name: str) -> datetime:
    try:
        found = datetime.fromisoformat(facts[name])
    except (KeyError, TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        raise ConfigError(f"{path}:{number}: {name}: a moment is needed")
    return found


def _number(path: Path, number: int, facts: Mapping[str, Any], name: str) -> int:
    found = facts.get(name)
    if not isinstance(found, int):
        raise ConfigError(f"{path}:{number}: {name}: a whole number is needed")
    return found
