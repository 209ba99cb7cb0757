"""Options that were written for an older version of their type, in the form that it has now.

`version` says which version a node or connection in the file was written for; without it that is
the first.  The type's `migrate` changes the options before they are checked; the file stays as it
is until it is saved.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.graph import Place
from oppleo_flow.flowfile.option_check import BROKEN_CODE, Subject
from oppleo_flow.flowfile.tree import Entry, Mark, Scalar, Value, YamlList, YamlMap, scalars
from oppleo_flow.immutable import immutable
from oppleo_flow.node_spec import ConnectionSpec, NodeSpec

_LONGEST = 40


@immutable
class Migration:
    """What a save has to write, so that the options of a part are of its type's `version`.

    `place` is where the name of the node or connection stands.  `changed` has new options and new
    values as text, lists and maps; a secret is `!secret name`.
    """

    place: Place
    version: int
    renamed: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, Any] = field(default_factory=dict)
    removed: tuple[str, ...] = ()

    def told(self, old: Mapping[str, Any]) -> str:
        """Return in words what became of the `old` options."""
        return ", ".join(
            [
                *(f"{before!r} is now {after!r}" for before, after in self.renamed.items()),
                *(_told(name, value, old) for name, value in self.changed.items()),
                *(f"{name!r} is gone" for name in self.removed),
            ]
        )


@immutable
class Outdated:
    """One node or connection, of which it is to be seen whether its options are up to date.

    `repeated`: it stands in a subflow, so what is filled in is of one instance only.
    """

    body: YamlMap
    spec: NodeSpec | ConnectionSpec
    version: int | None
    reserved: frozenset[str]
    repeated: bool = False

    @property
    def options(self) -> dict[str, Entry]:
        """Return its type's own options, as far as they could be read."""
        entries = self.body.entries.items()
        return {
            name: entry
            for name, entry in entries
            if name not in self.reserved and not any(s.unreadable for s in scalars(entry.value))
        }


def migrated(
    part: Outdated, subject: Subject, report: Report
) -> tuple[YamlMap | None, Migration | None]:
    """Return the body with its options as the type has them now, and what was changed.

    Both are None when that cannot be: then it has been said why.  Without the second nothing may be
    written: what one instance of a subflow is given is not what the others are.
    """
    now, then = part.spec.cls.version, part.version or 1
    if then > now:
        at = part.body.get("version")
        message = (
            f"'version' is {then}, and {part.spec.type_name} here has version {now}; "
            "update what provides it"
        )
        report.error("newer-version", at.start if at else subject.at, message, subject.node)
        return None, None
    if then == now:
        return part.body, None
    old = {name: _plain(entry.value) for name, entry in part.options.items()}
    try:
        made = part.spec.cls.migrate({**old}, then)
        new = {str(name): value for name, value in made.items()}
    except (ValueError, *BROKEN_CODE) as error:
        message = (
            f"{part.spec.type_name} cannot bring its options from version {then} to {now}: "
            f"{type(error).__name__}: {error}; mend that node type, or write the options that it "
            f"has now, with 'version: {now}'"
        )
        report.error("migration-failed", subject.at, message, subject.node)
        return None, None
    if new == old:
        return part.body, None
    migration = _difference(report.place(subject.at), now, old, new)
    message = f"its options are of version {then} of {part.spec.type_name}: {migration.told(old)}; "
    given = _given(part, migration)
    if given:
        message += (
            f"{given} here, as one instance has it, so no save writes this; "
            f"write it into the subflow, with 'version: {now}'"
        )
    else:
        message += f"this is written with the next save, and 'version: {now}'"
    report.warning("migrated", subject.at, message, subject.node)
    return _grafted(part, migration, subject.at), None if given else migration


def _given(part: Outdated, migration: Migration) -> str:
    """Return which options, with what one instance gives, new values may have been made of."""
    if not (part.repeated and migration.changed):
        return ""
    return ", ".join(
        f"{name!r} is {scalar.text!r} for {scalar.written!r}"
        for name, entry in part.options.items()
        if name not in migration.renamed
        for scalar in scalars(entry.value)
        if scalar.written is not None
    )


def _difference(
    place: Place, version: int, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Migration:
    """Return what differs; a value that only went to another name was renamed."""
    added = {name: value for name, value in new.items() if name not in old}
    removed = [name for name in old if name not in new]
    renamed: dict[str, str] = {}
    for name in removed:
        same = [other for other, value in added.items() if value == old[name]]
        if same:
            renamed[name] = same[0]
            del added[same[0]]
    changed = {name: value for name, value in new.items() if name in old and value != old[name]}
    return Migration(
        place,
        version,
        renamed,
        {**changed, **added},
        tuple(name for name in removed if name not in renamed),
    )


def _grafted(part: Outdated, migration: Migration, at: Mark) -> YamlMap:
    """Return the body with a migration's changes; what did not change keeps its place."""
    secrets = {s.text: s for e in part.options.values() for s in scalars(e.value) if s.secret}
    entries: dict[str, Entry] = {}
    for name, entry in part.body.entries.items():
        if name in migration.changed:
            value = _grown(migration.changed[name], entry.value.start, secrets)
            entries[name] = Entry(entry.key, value)
        elif name in migration.renamed:
            after = migration.renamed[name]
            entries[after] = Entry(Scalar(after, entry.key.start, entry.key.end), entry.value)
        elif name not in migration.removed:
            entries[name] = entry
    for name, value in migration.changed.items():
        if name not in entries:
            entries[name] = Entry(Scalar(name, at, at), _grown(value, at, secrets))
    return YamlMap(entries, part.body.start, part.body.end, part.body.incomplete)


def _plain(value: Value) -> Any:
    """Return text, lists and maps; no secret is shown to anybody's code."""
    match value:
        case YamlList():
            return [_plain(item) for item in value.items]
        case YamlMap():
            return {name: _plain(entry.value) for name, entry in value.entries.items()}
        case Scalar():
            return f"!secret {value.text}" if value.secret else value.text


def _grown(data: Any, at: Mark, secrets: Mapping[str, Scalar]) -> Value:
    """Return data as if it had been written at a place."""
    if isinstance(data, Mapping):
        items = data.items()
        grown = {str(k): Entry(Scalar(str(k), at, at), _grown(v, at, secrets)) for k, v in items}
        return YamlMap(grown, at, at)
    if isinstance(data, list | tuple):
        return YamlList([_grown(item, at, secrets) for item in data], at, at)
    if isinstance(data, str) and data.startswith("!secret "):
        return secrets.get(data.removeprefix("!secret "), Scalar(data, at, at))
    text = "" if data is None else str(data).lower() if isinstance(data, bool) else str(data)
    return Scalar(text, at, at)


def _told(name: str, value: Any, old: Mapping[str, Any]) -> str:
    if name not in old:
        return f"{name!r} is new: {_shown(value)}"
    return f"{name!r} is now {_shown(value)}, was {_shown(old[name])}"


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
