"""Set, rename and delete fields of a record.

The record that came in stays as it is; a new one leaves. Whatever order the options are written
in, they work in this one: `only`, `delete`, `rename`, `set`.

```yaml
tidy:
  type: change
  from: parsed
  only: [power, car.name]
  rename: {power: power_w}
  set: {limit_w: 17000, checked: true}
  set_text: {uid: 0412345}
```

A dot leads into a record inside: `car.name`. Setting makes the records on the way that are
missing.

**What a value is.** A flow file has text. `set` reads it by the rules of JSON: `true`, `false`,
`null` and numbers are what they look like, all else is text; quotes make no difference. So `0412`,
`on` and `23:00` are text, and `16` is a number. `set_text` takes everything as text.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, Self

from pydantic import Field, model_validator

from oppleo_flow import Example, Node, NodeConfig, PayloadError, Record
from oppleo_flow.fields import plain_value
from oppleo_flow.options import FieldPath, ScalarText

Step = Callable[[Record], Record]


class ChangeConfig(NodeConfig):
    """Settings of a `change` node."""

    only: tuple[FieldPath, ...] | None = Field(
        None, description="Fields that remain; all others go. One that is not there is no error."
    )
    delete: tuple[FieldPath, ...] = Field(
        (), description="Fields that go. One that is not there is no error."
    )
    rename: dict[FieldPath, FieldPath] = Field(
        default_factory=dict,
        description="Old name: new name. The old must be there; one of the new name is replaced.",
    )
    set: dict[FieldPath, ScalarText] = Field(
        default_factory=dict,
        description="Field: value; `true`, `false`, `null` and numbers are read as such.",
    )
    set_text: dict[FieldPath, ScalarText] = Field(
        default_factory=dict, description="Field: value, which is text whatever it looks like."
    )

    @model_validator(mode="after")
    def _each_field_is_set_once(self) -> Self:
        paths = sorted([*self.set, *self.set_text])
        for one, other in pairwise(paths):
            if one == other or other.startswith(f"{one}."):
                raise ValueError(f"{other!r} is set twice, or lies in {one!r}, which is set too")
        return self


class Change(Node[ChangeConfig]):
    """Set, rename and delete fields of a record.

    Input:
        A `Record`.

    Output:
        A new `Record`, always.

    Raises:
        PayloadError: A field to be renamed is not there, or a path leads through a field that is no
            record.

    Source:
        The rules for scalars are those of JSON, RFC 8259 sections 3 and 6.
    """

    type_name = "change"
    icon = "edit"
    examples = [
        Example(
            config={"set": {"limit_w": "17000"}, "rename": {"power": "power_w"}},
            send=Record.of({"power": 11040.0}),
            expect={"out": Record.of({"power_w": 11040.0, "limit_w": 17000})},
        ),
        Example(
            config={"only": ["car.name"], "set_text": {"uid": "0412345"}},
            send=Record.of({"car": {"name": "Zoe", "soc": 80}, "raw": "…"}),
            expect={"out": Record.of({"car": {"name": "Zoe"}, "uid": "0412345"})},
            doc="A dot leads into a record inside.",
        ),
    ]

    def start(self) -> None:
        """Turn the settings into one function, which the engine calls as the handler itself."""
        self._apply = vars(self)["on_message"] = compiled(self.config)

    def on_message(self, record: Record) -> Record:
        """Return the changed record."""
        return self._apply(record)


def compiled(config: ChangeConfig) -> Step:
    """Return the function that does what `config` says to one record."""
    steps: list[Step] = []
    if config.only is not None:
        steps.append(_keeping(config.only))
    steps += [_deleting(path.split(".")) for path in config.delete]
    steps += [_renaming(old, new) for old, new in config.rename.items()]
    values: dict[str, Any] = {path: plain_value(text) for path, text in config.set.items()}
    values |= config.set_text
    flat = {path: value for path, value in values.items() if "." not in path}
    if len(flat) == 1:
        steps.append(_setting_one(*flat.popitem()))
    elif flat:
        steps.append(lambda record: Record({**record, **flat}))
    steps += [_setting(path.split("."), values[path]) for path in values if "." in path]
    return steps[0] if len(steps) == 1 else _all_of(steps)


def _all_of(steps: Iterable[Step]) -> Step:
    def apply(record: Record) -> Record:
        for step in steps:
            record = step(record)
        return record

    return apply


def _keeping(paths: Iterable[str]) -> Step:
    parts = [path.split(".") for path in paths]

    def apply(record: Record) -> Record:
        result = Record()
        for path in parts:
            found, value = _look_up(record, path)
            if found:
                result = _with(result, path, value)
        return result

    return apply


def _deleting(path: Sequence[str]) -> Step:
    return lambda record: _without(record, path)


def _setting_one(name: str, value: Any) -> Step:
    def apply(record: Record) -> Record:
        fields = {**record}
        fields[name] = value
        return Record(fields)

    return apply


def _setting(path: Sequence[str], value: Any) -> Step:
    return lambda record: _with(record, path, value)


def _renaming(old: str, new: str) -> Step:
    old_path, new_path = old.split("."), new.split(".")

    def apply(record: Record) -> Record:
        found, value = _look_up(record, old_path)
        if not found:
            there = ", ".join(map(repr, record)) or "nothing"
            raise PayloadError(f"field {old!r}: not there to be renamed; the record has {there}")
        return _with(_without(record, old_path), new_path, value)

    return apply


def _look_up(record: Record, path: Sequence[str]) -> tuple[bool, Any]:
    value: Any = record
    for name in path:
        if not isinstance(value, Record) or name not in value:
            return False, None
        value = value[name]
    return True, value


def _with(record: Record, path: Sequence[str], value: Any) -> Record:
    """Return `record` with the field at `path` set; records on the way are made."""
    name, *rest = path
    if rest:
        inner = record.get(name, Record())
        if not isinstance(inner, Record):
            raise PayloadError(
                f"field {name!r}: a record is needed to set {rest[0]!r} in it, got {inner!r}"
            )
        value = _with(inner, rest, value)
    return Record({**record, name: value})


def _without(record: Record, path: Sequence[str]) -> Record:
    """Return `record` without the field at `path`; the same when it is not there."""
    name, *rest = path
    inner = record.get(name)
    if rest:
        return (
            Record({**record, name: _without(inner, rest)}) if isinstance(inner, Record) else record
        )
    return Record({key: kept for key, kept in record.items() if key != name})
