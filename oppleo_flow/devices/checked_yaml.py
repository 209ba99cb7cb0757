"""YAML files that are data: read strictly, each complaint with its line and column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable

ModelT = TypeVar("ModelT", bound=BaseModel)


def checked_yaml(file: Path, model: type[ModelT], what: str) -> ModelT:
    """Return what a file holds, as some pydantic model has it; `what` names its kind.

    Raises:
        ConfigError: It cannot be read or is wrong; a line each, with file, line and column.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {what}: cannot be read: {error}") from error
    return checked_text(text, model, str(file))


def checked_text(text: str, model: type[ModelT], file: str) -> ModelT:
    """Return what a text describes; raises as `checked_yaml` does."""
    loader = yaml.CSafeLoader(text)
    try:
        root = loader.get_single_node()
        complaints = [*_twice(root)]
        data = loader.construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _Place(mark.line, mark.column) if mark else _Place(0, 0)
        raise ConfigError(f"{file}:{place}: not YAML: {error.problem or error.context}") from error
    finally:
        loader.dispose()
    try:
        made = model.model_validate(data)
    except ValidationError as error:
        complaints += [_complaint(one, root) for one in error.errors(include_url=False)]
        raise ConfigError(_lines(file, complaints)) from error
    if complaints:
        raise ConfigError(_lines(file, complaints))
    return made


@immutable
class _Place:
    """A place in a text, counted from 0."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line + 1}:{self.column + 1}"


def _place(node: yaml.Node) -> _Place:
    return _Place(node.start_mark.line, node.start_mark.column)


def _lines(file: str, complaints: Sequence[tuple[_Place, str]]) -> str:
    ordered = sorted(complaints, key=lambda one: (one[0].line, one[0].column))
    return "\n".join(f"{file}:{place}: {text}" for place, text in ordered)


def _twice(node: yaml.Node | None) -> Iterator[tuple[_Place, str]]:
    """Yield the keys that a map has twice."""
    match node:
        case yaml.MappingNode():
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    yield _place(key), f"{key.value!r} is here twice; remove one"
                seen.add(key.value)
                yield from _twice(value)
        case yaml.SequenceNode():
            for item in node.value:
                yield from _twice(item)


def _complaint(error: Any, root: yaml.Node | None) -> tuple[_Place, str]:
    """Return what pydantic says, at the place that it speaks of."""
    found = _Found(root, _Place(0, 0) if root is None else _place(root))
    known = all(found.go(part) for part in error["loc"])
    if not known:
        found.path = ".".join(filter(None, [found.path, str(error["loc"][-1])]))
    if error["type"] == "extra_forbidden":
        return found.place, f"{found.path}: unknown; remove it"
    if error["type"] == "missing":
        return found.place, f"{found.path}: is missing; add it"
    words = str(error["msg"]).removeprefix("Value error, ")
    name, colon, rest = words.partition(": ")
    while colon and found.go(name):
        words = rest
        name, colon, rest = words.partition(": ")
    node = found.node
    shown = isinstance(node, yaml.ScalarNode) and ", got " not in words
    got = f", got {node.value!r}" if shown and node is not None else ""
    return found.place, f"{found.path}: {words}{got}" if found.path else words


@dataclass(slots=True)
class _Found:
    """A node of a text, its place, and the path that leads there."""

    node: yaml.Node | None
    place: _Place
    path: str = ""

    def go(self, part: str | int) -> bool:
        """Go on to an entry of a map or an item of a list; return whether there is one."""
        if isinstance(self.node, yaml.ScalarNode) and part == 0:  # a list of one, written plainly
            return True
        found = _inside(self.node, part)
        if found is None:
            return False
        self.place, self.node = found
        self.path += f"[{part}]" if isinstance(part, int) else f".{part}" if self.path else part
        return True


def _inside(node: yaml.Node | None, part: str | int) -> tuple[_Place, yaml.Node] | None:
    """Return an entry of a map, and where its key is, or an item of a list."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return _place(key), value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return _place(node.value[part]), node.value[part]
    return None
