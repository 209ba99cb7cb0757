"""The mapping that general nodes exchange, which cannot be changed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

_SCALARS = frozenset({bool, float, int, str, type(None)})


class Record(dict[str, Any]):
    """A mapping that cannot be changed: the payload of general nodes, ready for JSON.

    `Record.of` makes nested mappings and lists immutable too.  `record | {...}` is a new one, and
    `record.with_field("name", value)`.
    """

    __slots__ = ()

    @classmethod
    def of(cls, mapping: Mapping[str, Any]) -> "Record":
        """Return `mapping` with every level of it frozen."""
        return cls({str(key): frozen(value) for key, value in mapping.items()})

    def __or__(self, other: Mapping[str, Any]) -> "Record":  # type: ignore[override]
        merged = {**self, **other}
        if type(other) is not Record:  # whose values are frozen
            for key in other:
                value = merged[key]
                if type(value) not in _SCALARS:
                    merged[key] = frozen(value)
        return Record(merged)

    def with_field(self, name: str, value: Any) -> "Record":
        """Return a new record with one field set: what `|` does, in less time."""
        fields = {**self}
        fields[name] = value if type(value) in _SCALARS else frozen(value)
        return Record(fields)

    def __reduce__(self) -> tuple[Any, ...]:
        return Record, (dict(self),)

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Let a record be a part of a node's state."""
        from pydantic_core import core_schema  # noqa: PLC0415  (only where state is durable)

        return core_schema.no_info_after_validator_function(cls.of, core_schema.dict_schema())

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a Record does not change; make a new one with `record | {...}`")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def frozen(value: Any) -> Any:
    """Return `value` with mappings as `Record` and lists as tuples, at every level."""
    if type(value) in _SCALARS:  # nearly always, and to ask for a Mapping takes ten times as long
        return value
    if isinstance(value, Mapping):
        return Record.of(value)
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value
