"""The options of a node or connection, through its pydantic model, each finding at its value."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.option_words import advice, got, must
from oppleo_flow.flowfile.readers import Readers
from oppleo_flow.flowfile.scalars import Reading, Unknown
from oppleo_flow.flowfile.suggest import closest, hint
from oppleo_flow.flowfile.tree import Mark, Scalar, Value, YamlList, YamlMap
from oppleo_flow.immutable import immutable

ModelT = TypeVar("ModelT", bound=BaseModel)
Path = tuple[str | int, ...]
# What the code of somebody's node file raises when it is wrong; pydantic lets it through.
BROKEN_CODE = (TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)


@immutable
class Subject:
    """What is being checked: `kind` is its type as a message names it, `at` its own place."""

    at: Mark
    kind: str
    node: str | None = None
    others: Sequence[str] = ()
    """Options that are known besides those of the model."""
    prefix: str = ""


@immutable
class _Located:
    """One error of pydantic: the part of its path that is in the file, and what it stands at.

    `member` is the member of a union that raised it, `depth` the length of the path to the union;
    `lost` that something there could not be read, so that the error means nothing.
    """

    error: Mapping[str, Any]
    path: Path
    member: str
    depth: int
    value: Value | None
    lost: bool

    @property
    def missing(self) -> Path | None:
        """Return the path of the option that is missing; None for another error."""
        if self.error["type"] != "missing":
            return None
        return (*self.path, self.error["loc"][-1])

    @property
    def deep(self) -> bool:
        """Return whether the member fits the value, and only something inside it is wrong."""
        return self.error["type"] == "missing" or len(self.path) > self.depth


class OptionCheck:
    """Checks maps against models; one for a whole run, because models are learnt only once.

    `context` is what pydantic hands to the validators of the models.
    """

    def __init__(self, report: Report, context: Mapping[str, Any] | None = None) -> None:
        self._report = report
        self._context = context
        self._readers = Readers()

    def check(
        self,
        model: type[ModelT],
        body: YamlMap,
        subject: Subject,
        *,
        skip: frozenset[str] = frozenset(),
    ) -> ModelT | None:
        """Return the options of `body`, without those in `skip`; None when something is wrong."""
        reading = Reading()
        options = self._readers.model(model).read(body, reading, skip)
        for unknown in reading.unknown:
            self._unknown(unknown, subject)
        try:
            made = model.model_validate(options, context=self._context)
        except ValidationError as error:
            self._errors(error, model, body, subject, _meant(reading.unknown))
            return None
        except BROKEN_CODE as error:
            message = (
                f"{subject.kind} cannot check its options: {type(error).__name__}: {error}; "
                "mend that node type"
            )
            self._report.error("node-file", subject.at, message, subject.node)
            return None
        self._plain_secrets(made, body, subject)
        return None if reading.unknown or _has_lost(body, skip) else made

    def _plain_secrets(self, made: BaseModel, body: YamlMap, subject: Subject) -> None:
        """Warn of a secret that is written out in the flow, which others see."""
        for name, value in made:
            written = body.get(name) if isinstance(value, SecretStr) else None
            if isinstance(written, Scalar) and written.hidden is None:
                message = (
                    f"{subject.prefix + name!r} is a secret, and stands here for all to read; put "
                    f"it into secrets.yaml, and write '!secret {name}' here"
                )
                at = written.given or written.start
                self._report.warning("plain-secret", at, message, subject.node)

    def _unknown(self, unknown: Unknown, subject: Subject) -> None:
        word = unknown.key.text
        others = () if unknown.path else subject.others
        where = f" in {subject.prefix}{path_text(unknown.path)!r}" if unknown.path else ""
        known = [*unknown.known, *others]
        advice = hint(word, known)
        if not advice.startswith("; did"):
            advice = hint(word, unknown.known, what="it has") or "; remove it"
        message = f"{word!r} is not an option of {subject.kind}{where}{advice}"
        self._report.error("unknown-option", unknown.key.start, message, subject.node)

    def _errors(
        self,
        error: ValidationError,
        model: type[BaseModel],
        body: YamlMap,
        subject: Subject,
        meant: set[Path | None],
    ) -> None:
        """Report all errors, but not as missing what is there under a misspelt name."""
        located = [_locate(one, body) for one in error.errors(include_url=False)]
        for group in _groups([one for one in located if not one.lost]):
            if group[0].missing not in meant:
                self._group(group, model, body, subject)

    def _group(
        self, group: list[_Located], model: type[BaseModel], body: YamlMap, subject: Subject
    ) -> None:
        """Report the errors of one value: the members of a union are alternatives."""
        first = group[0]
        if first.error["type"] in ("missing", "union_tag_not_found"):
            self._missing(first, model, body, subject)
            return
        words = list(dict.fromkeys(must(one.error, one.value) for one in group))
        text = " or ".join([words[0], *(word.removeprefix("must be ") for word in words[1:])])
        name = subject.prefix + path_text(first.path)
        if not name:
            self._report.error("option-value", subject.at, text, subject.node)
            return
        joint = " " if re.match("must |is ", text) else ": "
        message = f"{name!r}{joint}{text}{got(first.value)}{advice(first.error)}"
        at = first.value.start if first.value is not None else subject.at
        self._report.error("option-value", at, message, subject.node)

    def _missing(
        self, one: _Located, model: type[BaseModel], body: YamlMap, subject: Subject
    ) -> None:
        name = (
            str(one.error["loc"][-1])
            if one.error["type"] == "missing"
            else str(one.error["ctx"]["discriminator"]).strip("'")
        )
        inside = one.value if isinstance(one.value, YamlMap) else body
        if inside.incomplete:
            return
        entry = inside.entries.get(name)
        path = (*one.path, name)
        shown = subject.prefix + path_text(path)
        description = _description(model, path)
        if entry is not None:
            message = f"{shown!r} has no value; write one{description}"
            self._report.error("missing-option", entry.key.start, message, subject.node)
            return
        message = f"{shown!r} is missing; add '{name}: …'{description}"
        at = inside.start if one.path else subject.at
        self._report.error("missing-option", at, message, subject.node)


def _meant(unknown: Sequence[Unknown]) -> set[Path | None]:
    """Return the options that unknown keys are most likely slips of."""
    return {(*u.path, closest(u.key.text, u.known) or "") for u in unknown}


def path_text(path: Path) -> str:
    """Return a path as a message names it: `open[1].from`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _locate(error: Mapping[str, Any], body: YamlMap) -> _Located:
    """Return where in the file an error belongs; parts that only pydantic knows are left out."""
    location = list(error["loc"])
    absent = location.pop() if error["type"] == "missing" else None
    value: Value = body
    path: list[str | int] = []
    member, depth, lost = "", 0, False
    for number, part in enumerate(location):
        match value:
            case YamlMap() if part in value.entries:
                entry = value.entries[part]
                value = entry.key if location[number + 1 :] == ["[key]"] else entry.value
            case YamlList() if isinstance(part, int) and part < len(value.items):
                lost = lost or _has_lost(value)
                value = value.items[part]
            case _:
                member, depth = (member, depth) if member else (str(part), len(path))
                continue
        path.append(part)
    lost = lost or (_has_lost(value) if absent is None else _is_lost(value, absent))
    return _Located(error, tuple(path), member, depth, value if path else None, lost)


def _is_lost(value: Value, name: str | int) -> bool:
    """Return whether an option is missing only because it could not be read."""
    if not isinstance(value, YamlMap) or not isinstance(name, str):
        return False
    entry = value.entries.get(name)
    return entry is not None and _has_lost(entry.value)


def _has_lost(value: Value, skip: frozenset[str] = frozenset()) -> bool:
    """Return whether some part of a value could not be read."""
    match value:
        case Scalar():
            return value.unreadable
        case YamlList():
            return any(_has_lost(item) for item in value.items)
        case YamlMap():
            return any(
                _has_lost(entry.value) for name, entry in value.entries.items() if name not in skip
            )


def _groups(located: list[_Located]) -> Iterator[list[_Located]]:
    """Yield the errors that are to be told together.

    Errors of members of a union are alternatives.  Those at the value itself are told as one; where
    a member fits the value, only its errors are told, of several members' those of the one with the
    fewest.
    """
    unions: dict[Path, dict[str, list[_Located]]] = {}
    for one in located:
        if one.member:
            members = unions.setdefault(one.path[: one.depth], {})
            members.setdefault(one.member, []).append(one)
        else:
            yield [one]
    for members in unions.values():
        fitting = [errors for errors in members.values() if any(one.deep for one in errors)]
        if fitting:
            yield from ([one] for one in min(fitting, key=len))
        else:
            yield [one for errors in members.values() for one in errors]


def _description(model: type[BaseModel], path: Path) -> str:
    """Return what the option at the end of a path means, in brackets."""
    if len(path) != 1:
        return ""
    info = _field(model, str(path[0]))
    text = (info.description or "") if info is not None else ""
    return f" ({text.rstrip('.')})" if text else ""


def _field(model: type[BaseModel], key: str) -> FieldInfo | None:
    for name, info in model.model_fields.items():
        if key in (name, info.validation_alias):
            return info
    return None
