"""A class of values: what never changes, and is equal to what has the same fields.

    @immutable
    class Limits:
        \"\"\"What a rule goes by.\"\"\"

        power_w: float
        idle_for_s: float = 60.0

It is `@dataclass(frozen=True, slots=True)` in all that can be seen of it, and `field`, `fields`,
`replace`, `match`, `copy` and `pickle` do with it what they do with that.  But it is made in a
fifth of the time: a program starts with some 200 such classes, and to write, compile and run the
methods of each took a quarter of a start.  Here all share their methods, but for `__init__`, which
is made when the first value is.
"""

from collections.abc import Callable
from dataclasses import (
    MISSING,
    Field,
    FrozenInstanceError,
    dataclass,
    field,
    fields,
    is_dataclass,
)
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, NoReturn, TypeVar, dataclass_transform

_T = TypeVar("_T")
_NEW = object()  # the default of a field whose default is made anew
_set = object.__setattr__


@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def immutable(cls: type[_T]) -> type[_T]:
    """Make a class of values out of one whose annotations are the fields.

    Raises:
        TypeError: A base is a dataclass that may change.
    """
    own = frozenset(vars(cls))
    extends = any(is_dataclass(base) for base in cls.__bases__)
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True, frozen=extends)(cls)
    made.__dataclass_params__.frozen = True  # who extends this class is asked for the same
    compared = _getter([one for one in fields(made) if one.compare])
    shared: dict[str, Callable[..., Any]] = {
        "__eq__": _equality(compared),
        "__hash__": lambda self: hash(compared(self)),
        "__repr__": _written,
        "__setattr__": _refuse_change,
        "__delattr__": _refuse_removal,
        "__getstate__": _state,
        "__setstate__": _set_state,
        "__init__": _first_init(made),
    }
    for name, method in shared.items():
        if name not in own:
            setattr(made, name, method)
    result: type[_T] = made
    return result


def _getter(compared: list[Field[Any]]) -> Callable[[Any], Any]:
    """Return what tells two values apart."""
    names = [one.name for one in compared]
    return attrgetter(*names) if names else lambda _: ()


def _equality(compared: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def __eq__(self: Any, other: object) -> Any:  # noqa: N807  (becomes this very method)
        if type(self) is not type(other):
            return NotImplemented
        return compared(self) == compared(other)

    return __eq__


def _first_init(cls: type) -> Callable[..., None]:
    """Return an `__init__` that makes the class's own when the first value is made."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        _own_init(cls)(self, *args, **kwargs)

    return __init__


def _own_init(cls: Any) -> Callable[..., None]:
    """Return the `__init__` of a class, and let it have that from now on."""
    known: dict[str, Any] = {"_set": _set, "_new": _NEW}
    by_place: list[str] = []
    by_keyword: list[str] = []
    lines: list[str] = []
    for number, one in enumerate(fields(cls)):
        default, content = "", one.name
        if one.default is not MISSING:
            default, known[f"_{number}"] = f"=_{number}", one.default
        elif one.default_factory is not MISSING:
            default, known[f"_{number}"] = "=_new", one.default_factory
            content = f"_{number}() if {one.name} is _new else {one.name}"
        (by_keyword if one.kw_only else by_place).append(one.name + default)
        lines.append(f"_set(self, {one.name!r}, {content})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    told = ", ".join(["self", *by_place, *(["*", *by_keyword] if by_keyword else [])])
    exec(f"def __init__({told}):\n " + "\n ".join(lines or ["pass"]), known)
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__module__ = cls.__module__
    cls.__init__ = init
    return init


@recursive_repr()
def _written(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_change(self: Any, name: str, _: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_removal(self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for one, content in zip(fields(self), state, strict=True):
        _set(self, one.name, content)
