"""Whether a payload is what it was when it was recorded."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Likeness:
    """Compares payloads as plain JSON data, over a whole recording.

    A moment may differ by as much as `within`.  An id that is made anew each time may be another,
    as long as it is the same one throughout.
    """

    def __init__(self, within: timedelta) -> None:
        self._within = within
        self._now: dict[str, str] = {}
        self._then: dict[str, str] = {}

    def differences(self, recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
        """Return the paths of what differs between two payloads, `""` for all of it."""
        if recorded["type"] != now["type"]:
            return [""]
        ids: list[tuple[str, str]] = []
        found = [*self._differ(recorded["value"], now["value"], "", ids)]
        if not found:
            for one, other in ids:
                self._now[one], self._then[other] = other, one
        return found

    def _differ(self, one: Any, other: Any, path: str, ids: list[tuple[str, str]]) -> Iterator[str]:
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            for name in dict.fromkeys([*one, *other]):
                inner = f"{path}.{name}" if path else name
                if name not in one or name not in other:
                    yield inner
                else:
                    yield from self._differ(one[name], other[name], inner, ids)
        elif _is_list(one) and _is_list(other) and len(one) == len(other):
            for place, pair in enumerate(zip(one, other, strict=True)):
                yield from self._differ(*pair, f"{path}[{place}]", ids)
        elif isinstance(one, str) and isinstance(other, str):
            if not self._alike(one, other, ids):
                yield path
        elif isinstance(one, bool) is not isinstance(other, bool) or one != other:
            yield path

    def _alike(self, one: str, other: str, ids: list[tuple[str, str]]) -> bool:
        if _UUID.fullmatch(one) and _UUID.fullmatch(other):
            ids.append((one, other))
            return self._now.get(one, other) == other and self._then.get(other, one) == one
        if one == other:
            return True
        moments = moment_of(one), moment_of(other)
        if moments[0] is None or moments[1] is None:
            return False
        return abs(moments[0] - moments[1]) <= self._within


def moment_of(text: str) -> datetime | None:
    """Return the moment that a text is; None for one that is none."""
    if not _MOMENT.match(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
