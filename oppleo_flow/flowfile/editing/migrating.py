"""The edit that writes into a flow what was brought up to date when it was checked."""

from collections.abc import Iterable, Iterator

from oppleo_flow.flowfile.editing.document import Document
from oppleo_flow.flowfile.editing.edits import Edit, MovePart, SetOption, Together, UnsetOption
from oppleo_flow.flowfile.editing.flow_text import FlowText
from oppleo_flow.flowfile.editing.values import EditValue, Path, Secret, data_of
from oppleo_flow.flowfile.migrations import Migration
from oppleo_flow.flowfile.tree import Value, YamlMap

_SECRET = "!secret "


def migration_edit(text: FlowText, migrations: Iterable[Migration]) -> Together:
    """Return the edit that makes the options of a text those of the versions that are here.

    An option that has only another name keeps its value as it is written, variables and all.

    Raises:
        Refused: The text cannot be read.
    """
    root = Document(text.text, text.file).root
    found = {m.place: m for m in migrations if m.place.file == text.file}
    edits = [
        edit
        for path, body, line, column in _parts(root)
        for place, migration in found.items()
        if (place.line, place.column) == (line, column)
        for edit in _edits(path, body, migration)
    ]
    return Together(tuple(edits))


def _parts(value: Value, path: Path = ()) -> Iterator[tuple[Path, YamlMap, int, int]]:
    """Yield every map that a map holds, with its path and the place of its name."""
    if isinstance(value, YamlMap):
        for name, entry in value.entries.items():
            if isinstance(entry.value, YamlMap):
                at = entry.key.start
                yield (*path, name), entry.value, at.line + 1, at.column + 1
                yield from _parts(entry.value, (*path, name))


def _edits(path: Path, body: YamlMap, migration: Migration) -> Iterator[Edit]:
    for old, new in migration.renamed.items():
        yield SetOption((*path, new), data_of(body.entries[old].value))
        yield MovePart((*path, new), before=old)
        yield UnsetOption((*path, old))
    for name, value in migration.changed.items():
        yield SetOption((*path, name), _value(value))
    for name in migration.removed:
        yield UnsetOption((*path, name))
    yield SetOption((*path, "version"), str(migration.version))


def _value(data: object) -> EditValue:
    """Return data of a migration as an edit has it: secrets by their names."""
    if isinstance(data, dict):
        return {str(name): _value(inner) for name, inner in data.items()}
    if isinstance(data, list | tuple):
        return [_value(item) for item in data]
    if isinstance(data, str) and data.startswith(_SECRET):
        return Secret(data.removeprefix(_SECRET))
    return data if isinstance(data, str | int | float | bool) else str(data)
