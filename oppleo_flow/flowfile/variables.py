"""`$(name)`, `$(name:-default)` and `$(env.NAME:-default)` in values; `$$` is a dollar.

Variables are put in after parsing, so a value cannot change the shape of the file, and before the
option's type reads the text.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Mark, Scalar, Value, YamlMap, kind_text, scalars
from oppleo_flow.immutable import immutable

_PART = re.compile(r"\$\$|\$\((?P<inside>[^()]*)(?P<end>\)?)")
_INSIDE = re.compile(
    r"(?P<env>env\.)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DEEPEST = 20
REPORTED = ""
"""The code of a `VariableError` about something that has been reported already."""


class VariableError(ValueError):
    """A piece of text cannot be filled in; `offset` is where in the text, `code` the finding's."""

    def __init__(self, code: str, offset: int, message: str) -> None:
        self.code = code
        self.offset = offset
        super().__init__(message)


@immutable
class Lookup:
    """One `$(…)`: which name, of which kind, what if there is none, and where in the text."""

    name: str
    environment: bool
    default: str | None
    offset: int


def expand(text: str, look_up: Callable[[Lookup], str | None]) -> str:
    """Return `text` with every `$(…)` filled in and every `$$` as one dollar.

    Raises:
        VariableError: A `$(…)` is malformed, or what it names is nowhere to be found.
    """
    return _PART.sub(lambda part: _fill(part, look_up), text)


def _fill(part: re.Match[str], look_up: Callable[[Lookup], str | None]) -> str:
    if part[0] == "$$":
        return "$"
    inside = _INSIDE.fullmatch(part["inside"])
    if inside is None or not part["end"]:
        raise VariableError(
            "bad-variable",
            part.start(),
            f"{part[0]!r} is no variable; write $(name), $(name:-default) or $(env.NAME), "
            "and $$ for a dollar",
        )
    lookup = Lookup(inside["name"], bool(inside["env"]), inside["default"], part.start())
    value = look_up(lookup)
    if value is None:
        value = lookup.default
    if value is None:
        raise VariableError("missing-variable", part.start(), _missing(lookup))
    return value


def _missing(lookup: Lookup) -> str:
    if lookup.environment:
        return (
            f"the environment variable {lookup.name!r} is not set; "
            f"set it, or write $(env.{lookup.name}:-default)"
        )
    return f"there is no variable {lookup.name!r}"


def whole_name(scalar: Scalar) -> str:
    """Return the name in a scalar that is one `$(name)` and nothing else; empty for another."""
    whole = _PART.fullmatch(scalar.text)
    return whole["inside"] or "" if whole is not None else ""


def fill_in(
    scalar: Scalar, look_up: Callable[[Lookup], str | None], report: Report, node: str | None
) -> bool:
    """Fill every `$(…)` of a scalar in, in place; return whether there was any.

    One that cannot be filled in is reported, and the scalar is unreadable from then on.
    """
    if "$" not in scalar.text or scalar.unreadable:
        return False
    try:
        text = expand(scalar.text, look_up)
    except VariableError as error:
        if error.code != REPORTED:
            report.error(error.code, _at(scalar, error.offset), str(error), node)
        scalar.unreadable = True
        return False
    scalar.written, scalar.text = scalar.text, text
    return True


def report_unknown_overrides(
    overrides: Mapping[str, str], flows: Sequence["Variables"], report: Report
) -> None:
    """Warn of variables set from outside that no flow has or uses."""
    known = {name for one in flows for name in one.names}
    for name in overrides:
        if not any(one.uses(name) for one in flows):
            message = f"the flow has no variable {name!r} to set{hint(name, sorted(known))}"
            report.warning("unused-variable", Mark(0, 0), message)


class Variables:
    """The variables of one flow: what the file says, what overrides it, and the environment."""

    def __init__(
        self,
        section: Value | None,
        overrides: Mapping[str, str],
        environ: Mapping[str, str],
        report: Report,
    ) -> None:
        self._report = report
        self._environ = environ
        self._scalars: dict[str, Scalar] = {}
        self._read(section)
        self._values: dict[str, str | None] = dict(overrides)
        self._overrides = dict(overrides)
        self._asked: set[str] = set()
        self._busy: list[str] = []
        for name in self._scalars:
            self._value(name)

    def fill(self, value: Value | None, node: str | None = None) -> None:
        """Put variables into every scalar of `value`, in place."""
        for scalar in scalars(value):
            self._fill(scalar, node)

    @property
    def names(self) -> set[str]:
        """Return the variables that the flow has or asks for, but for those set from outside."""
        return self._scalars.keys() | self._asked - self._overrides.keys()

    def uses(self, name: str) -> bool:
        """Return whether the flow has a variable of that name, or asks for one."""
        return name in self._scalars or name in self._asked

    def _read(self, section: Value | None) -> None:
        if section is None:
            return
        if not isinstance(section, YamlMap):
            message = f"'vars' is a map of names and values, got {kind_text(section)}"
            self._report.error("wrong-shape", section.start, message)
            return
        for name, entry in section.entries.items():
            if not _NAME.fullmatch(name):
                message = f"a variable's name is small letters, digits and _, got {name!r}"
                self._report.error("bad-id", entry.key.start, message)
            elif not isinstance(entry.value, Scalar):
                message = f"a variable is one value, got {kind_text(entry.value)}"
                self._report.error("wrong-shape", entry.value.start, message)
            elif entry.value.secret:
                message = "a secret cannot be a variable; write !secret where it is used"
                self._report.error("secret-place", entry.value.start, message)
            else:
                self._scalars[name] = entry.value
                continue
            self._scalars[name] = Scalar("", entry.key.start, entry.key.end, unreadable=True)

    def _value(self, name: str) -> str | None:
        """Return a variable's text, filled in; None when there is none of that name."""
        if name in self._values or name not in self._scalars:
            return self._values.get(name)
        scalar = self._scalars[name]
        self._busy.append(name)
        self._fill(scalar, None)
        self._busy.pop()
        self._values[name] = scalar.text
        return scalar.text

    def _fill(self, scalar: Scalar, node: str | None) -> None:
        if "$" not in scalar.text:  # as in nearly all
            return
        name = whole_name(scalar)
        if not fill_in(scalar, self._look_up, self._report, node):
            return
        if name in self._scalars:
            scalar.plain = scalar.plain and (name in self._overrides or self._scalars[name].plain)

    def _look_up(self, lookup: Lookup) -> str | None:
        name = lookup.name
        if lookup.environment:
            return self._environ.get(name)
        self._asked.add(name)
        if name in self._busy and name not in self._overrides:
            chain = " → ".join([*self._busy[self._busy.index(name) :], name])
            message = f"the variable is made of itself: {chain}; give one of them a value"
            raise VariableError("variable-cycle", lookup.offset, message)
        if len(self._busy) > _DEEPEST:
            message = f"more than {_DEEPEST} variables lead from one to the next; use fewer"
            raise VariableError("variable-cycle", lookup.offset, message)
        value = self._value(name)
        if value is None and lookup.default is None:
            raise VariableError("missing-variable", lookup.offset, self._unknown(name))
        if name not in self._overrides and name in self._scalars:
            self._refuse_unreadable(name, lookup)
        return value

    def _refuse_unreadable(self, name: str, lookup: Lookup) -> None:
        if self._scalars[name].unreadable:
            raise VariableError(REPORTED, lookup.offset, "reported where the variable is made")

    def _unknown(self, name: str) -> str:
        advice = hint(name, self._scalars) if self._scalars else ""
        return (
            f"there is no variable {name!r}"
            f"{advice or f'; add it under vars, or write $({name}:-default)'}"
        )


def _at(scalar: Scalar, offset: int) -> Mark:
    """Return the place of a character of a scalar, as near as the file's own text allows."""
    start = scalar.start
    if start.line != scalar.end.line:
        return start
    return start._replace(column=start.column + offset + (0 if scalar.plain else 1))
