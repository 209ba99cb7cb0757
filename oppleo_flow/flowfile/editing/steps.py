"""The five smallest changes of a flow, each as a change of what it says.

How each changes the text is in `patches`; that the two agree is checked at every step.
"""

from collections.abc import Mapping

from oppleo_flow.flowfile.editing.values import Data, Path, Quoted
from oppleo_flow.immutable import immutable


@immutable
class Replace:
    """Another value at a path."""

    path: Path
    value: Data


@immutable
class Add:
    """A new part of the map or list at `into`, before the part that has the number `index`."""

    into: Path
    index: int
    name: str | None
    value: Data


@immutable
class Drop:
    """A path and all below it goes."""

    path: Path


@immutable
class Shift:
    """A part of a map or list gets another place: `index` counts without the part itself."""

    path: Path
    index: int


@immutable
class Respell:
    """Other words at paths: for the scalar that is there, or for the key."""

    words: Mapping[Path, str]
    keys: Mapping[Path, str]


Step = Replace | Add | Drop | Shift | Respell
_Parts = list[tuple[str | int | None, Data]]


def applied(step: Step, data: Data) -> Data:
    """Return what a flow says after a step; `data` stays as it is."""
    if isinstance(step, Respell):
        return _respelled(step, data, ())
    into = step.into if isinstance(step, Add) else step.path[:-1]
    return _within(data, into, step)


def part(data: Data, path: Path) -> Data | None:
    """Return what is at a path; None when nothing is."""
    for name in path:
        found = [inner for key, inner in _parts(data) if key == name]
        if not found:
            return None
        data = found[0]
    return data


def names_in(data: Data | None) -> list[str | int]:
    """Return the keys of a map, the numbers of a list's items; nothing of all else."""
    return [name for name, _ in _parts("" if data is None else data) if name is not None]


def _parts(data: Data) -> _Parts:
    match data:
        case dict():
            return list(data.items())
        case list():
            return list(enumerate(data))
        case _:
            return []


def _within(data: Data, path: Path, step: Replace | Add | Drop | Shift) -> Data:
    """Return `data` with a step done to the map or list at a path."""
    parts = _parts(data)
    if path:
        at = names_in(data).index(path[0])
        parts[at] = (path[0], _within(parts[at][1], path[1:], step))
    else:
        _change(parts, step)
    if isinstance(data, dict):
        return {key: inner for key, inner in parts if isinstance(key, str)}
    return [inner for _, inner in parts]


def _change(parts: _Parts, step: Replace | Add | Drop | Shift) -> None:
    if isinstance(step, Add):
        parts.insert(step.index, (step.name, step.value))
        return
    name = step.path[-1]
    at = [key for key, _ in parts].index(name)
    match step:
        case Replace():
            parts[at] = (name, step.value)
        case Drop():
            del parts[at]
        case Shift():
            parts.insert(step.index, parts.pop(at))


def _respelled(step: Respell, data: Data, path: Path) -> Data:
    match data:
        case dict():
            return {
                step.keys.get((*path, key), key): _respelled(step, inner, (*path, key))
                for key, inner in data.items()
            }
        case list():
            return [_respelled(step, inner, (*path, at)) for at, inner in enumerate(data)]
        case str():
            return step.words.get(path, data)
        case Quoted():
            return Quoted(step.words.get(path, data.text))
        case _:
            return data
