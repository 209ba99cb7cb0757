"""The edits: what a person does to a flow in an editor, as values that travel as JSON.

A path leads from the top of the file to a part: `("nodes", "meter", "on_error", "retry")`.
"""

from dataclasses import fields
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, GetPydanticSchema, TypeAdapter, ValidationError
from pydantic_core.core_schema import any_schema

from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.editing.values import EditValue, Path, as_json
from oppleo_flow.immutable import immutable

_ONLY_THESE = ConfigDict(extra="forbid")
# What a value may be is said by what puts it into the file; here it is taken as it is.
_AnyValue = Annotated[EditValue, GetPydanticSchema(lambda _source, _handler: any_schema())]


@immutable
class SetOption:
    """Give a path a value; maps on the way to it are made, nodes and other parts are not."""

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    path: Path
    value: _AnyValue
    edit: Literal["set-option"] = "set-option"


@immutable
class UnsetOption:
    """Take an option away, or an item of a list."""

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    path: Path
    edit: Literal["unset-option"] = "unset-option"


@immutable
class AddPart:
    """Add a node, connection, variable or subflow, or an item of a list; at the end if not told.

    The path of an item ends in the number that it will have.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    path: Path
    value: _AnyValue
    after: str | None = None
    before: str | None = None
    edit: Literal["add-part"] = "add-part"


@immutable
class DeletePart:
    """Take a node, connection, variable or subflow away; with `unwire` a node's wires, too."""

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    path: Path
    unwire: bool = False
    edit: Literal["delete-part"] = "delete-part"


@immutable
class RenamePart:
    """Give a node, connection, variable, subflow or parameter of one another name, everywhere."""

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    path: Path
    to: str
    edit: Literal["rename-part"] = "rename-part"


@immutable
class FollowRename:
    """Follow a rename in another file, named without its ending.

    `file/old` becomes `file/to` for one of its nodes or connections.  `inside` means a node of the
    shared subflow `file`, which tests name as `instance.old`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    file: str
    part: Literal["nodes", "connections", "inside"]
    old: str
    to: str
    edit: Literal["follow-rename"] = "follow-rename"


@immutable
class MovePart:
    """Put a part or an item after or before another one of the same map or list."""

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    path: Path
    after: str | int | None = None
    before: str | int | None = None
    edit: Literal["move-part"] = "move-part"


@immutable
class AddSource:
    """Wire `ref` to a node; to its input `port`, if it has several."""

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    node: Path
    ref: str
    port: str | None = None
    durable: bool = False
    edit: Literal["add-source"] = "add-source"


@immutable
class RemoveSource:
    """Take the wire from `ref` to a node away; the one to `port`, if there are several."""

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    node: Path
    ref: str
    port: str | None = None
    edit: Literal["remove-source"] = "remove-source"


@immutable
class ChangeSource:
    """Let the wire from `ref` come from `to` instead, and be durable or not, if that is told."""

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    node: Path
    ref: str
    to: str
    port: str | None = None
    durable: bool | None = None
    edit: Literal["change-source"] = "change-source"


@immutable
class SetDisabled:
    """Let a node not run, or run again."""

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    node: Path
    disabled: bool
    edit: Literal["set-disabled"] = "set-disabled"


@immutable
class Restore:
    """Put back what an edit replaced: at `start`, `text` for what now has the length `length`.

    It fits one text only, whose revision it names, and makes of it the one before, to the byte.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    revision: str
    start: int
    length: int
    text: str
    edit: Literal["restore"] = "restore"


@immutable
class Together:
    """Several edits, one after the other, as one: all are done or none."""

    __pydantic_config__: ClassVar[ConfigDict] = _ONLY_THESE
    edits: "tuple[Edit, ...]"
    edit: Literal["together"] = "together"


Edit = (
    SetOption
    | UnsetOption
    | AddPart
    | DeletePart
    | RenamePart
    | FollowRename
    | MovePart
    | AddSource
    | RemoveSource
    | ChangeSource
    | SetDisabled
    | Restore
    | Together
)


@cache
def _reader() -> TypeAdapter[Edit]:
    return TypeAdapter(Annotated[Edit, Field(discriminator="edit")])


def edit_from_json(value: object) -> Edit:
    """Return the edit that a piece of parsed JSON is.

    Raises:
        ConfigError: It is none; the message says where.
    """
    try:
        return _reader().validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "union_tag_invalid":
            known = first["ctx"]["expected_tags"].replace("'", "")
            raise ConfigError(
                f"edit: there is no {first['ctx']['tag']!r}; there are: {known}"
            ) from None
        place = ".".join(map(str, first["loc"])) or "edit"
        raise ConfigError(f"{place}: {first['msg']}, got {first['input']!r}") from None


def edit_as_json(edit: Edit) -> dict[str, Any]:
    """Return an edit as JSON has it; `edit_from_json` reads it back."""
    made: dict[str, Any] = {"edit": edit.edit}
    for field in fields(edit):
        value = getattr(edit, field.name)
        if field.name == "value":
            made["value"] = as_json(value)
        elif field.name == "edits":
            made["edits"] = [edit_as_json(one) for one in value]
        elif value is not None:
            made[field.name] = list(value) if isinstance(value, tuple) else value
    return made
