"""Where the parts of a flow are mentioned by name, and with which words after a rename."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from oppleo_flow.errors import OppleoError
from oppleo_flow.flowfile.editing.steps import Respell, part
from oppleo_flow.flowfile.editing.values import Data, Path, text_of
from oppleo_flow.flowfile.subflows import SUBFLOW
from oppleo_flow.immutable import immutable
from oppleo_flow.node_spec import RESERVED_OPTIONS, refs
from oppleo_flow.registry import Registry

NODE_STEPS: Final = frozenset(
    {"send", "inject", "expect", "expect_none", "expect_state", "expect_error", "fail", "stub"}
)
"""The steps of a test that name nodes."""
_FILLED: Final = ("disabled", "vars", "connections", "nodes", "tests")
_CONNECTION: Final = "connection"
_WORD = re.compile(r"(?:(?P<flow>[\w-]+)/)?(?P<head>[A-Za-z0-9_-]+)(?P<rest>\..*)?")


class Types(Protocol):
    """What must be known of node types to find what a connection's name means."""

    def connection_options(self, type_name: str) -> Collection[str] | None:
        """Return the options of a type that name a connection; None when nobody knows it."""
        ...


class NoTypes:
    """Knows no type."""

    def connection_options(self, type_name: str) -> Collection[str] | None:
        """Return None."""
        del type_name
        return None


@immutable
class KnownTypes:
    """Knows what is installed."""

    registry: Registry

    def connection_options(self, type_name: str) -> Collection[str] | None:
        """Return the options of a type that name a connection; None when it is not there."""
        try:
            return refs(self.registry.node(type_name).config).keys()
        except OppleoError:
            return None


@dataclass(slots=True)
class Mentions:
    """The words and keys that a rename changes."""

    words: dict[Path, str] = field(default_factory=dict)
    keys: dict[Path, str] = field(default_factory=dict)

    @property
    def step(self) -> Respell:
        """Return the step that changes them all at once."""
        return Respell(self.words, self.keys)


@immutable
class Rename:
    """A new name for what one flow calls `old`; `flow` is how a reference names that flow."""

    old: str
    new: str
    flow: str | None = None

    def of(self, text: str | None) -> str | None:
        """Return a reference with the new name; None when it does not mean the old one."""
        found = _WORD.fullmatch(text or "")
        if found is None or found["head"] != self.old or found["flow"] != self.flow:
            return None
        flow = "" if self.flow is None else f"{self.flow}/"
        return f"{flow}{self.new}{found['rest'] or ''}"


def scopes(data: Data) -> Iterator[Path]:
    """Yield where nodes are: in the flow itself, and in each of its subflows."""
    yield ()
    for name in _map(part(data, ("subflows",))):
        yield ("subflows", name)


def nodes_of(data: Data, scope: Path) -> Mapping[str, Data]:
    """Return the nodes of the flow or of one of its subflows."""
    return _map(part(data, (*scope, "nodes")))


def sources(data: Data, path: Path) -> Iterator[Path]:
    """Yield where the references of a `from` are, in any of its forms."""
    value = part(data, path)
    if isinstance(value, dict) and "ref" not in value:
        for port in value:
            yield from _sources_of_port(data, (*path, port))
    elif value is not None:
        yield from _sources_of_port(data, path)


def _sources_of_port(data: Data, path: Path) -> Iterator[Path]:
    match part(data, path):
        case list(items):
            for at in range(len(items)):
                yield from _sources_of_port(data, (*path, at))
        case dict(wire):
            if "ref" in wire:
                yield (*path, "ref")
        case _:
            yield path


def in_wires(data: Data, scope: Path, rename: Rename, found: Mentions) -> None:
    """Find a node in every `from`, and in what a subflow gives out."""
    holders = [(*scope, "nodes", name, "from") for name in nodes_of(data, scope)]
    holders += [(*scope, "out", port) for port in _map(part(data, (*scope, "out")))]
    for holder in holders:
        for path in sources(data, holder):
            word = rename.of(text_of(part(data, path)))
            if word is not None:
                found.words[path] = word


def in_tests(data: Data, scope: Path, rename: Rename, found: Mentions) -> None:
    """Find a node in the tests."""
    for path, text, is_key in words_of_tests(data, scope):
        word = rename.of(text)
        if word is not None:
            (found.keys if is_key else found.words)[path] = word


def words_of_tests(data: Data, scope: Path) -> Iterator[tuple[Path, str, bool]]:
    """Yield the words of tests that name nodes: where, the word, and whether it is a key."""
    tests = (*scope, "tests")
    for number, case in enumerate(_list(part(data, tests))):
        path = (*tests, number)
        for key in ("stub", "ignore"):
            yield from _step_words(part(case, (key,)), (*path, key))
        for at, step in enumerate(_list(part(case, ("do",)))):
            for name, value in _map(step).items():
                if name in NODE_STEPS:
                    yield from _step_words(value, (*path, "do", at, name))


def _step_words(value: Data | None, path: Path) -> Iterator[tuple[Path, str, bool]]:
    match value:
        case dict():
            for key in value:
                yield (*path, key), key, True
        case list():
            for at, item in enumerate(value):
                text = text_of(item)
                if text is not None:
                    yield (*path, at), text, False
        case _:
            text = text_of(value)
            if text is not None:
                yield path, text, False


def inside_instances(data: Data, subflow: str, rename: Rename, found: Mentions) -> None:
    """Find a node of a subflow in the tests that look into its instances, as `store.changed`."""
    for scope in scopes(data):
        for path, text, is_key in words_of_tests(data, scope):
            flow, slash, inner = text.rpartition("/")
            names = inner.split(".")
            at = _depth_inside(data, scope, names, subflow, rename.old)
            if at is not None and flow in ("", rename.flow):
                names[at] = rename.new
                (found.keys if is_key else found.words)[path] = flow + slash + ".".join(names)


def _depth_inside(
    data: Data, scope: Path, names: list[str], subflow: str, wanted: str
) -> int | None:
    """Return which of some names, each inside the one before, is the wanted node of a subflow."""
    for at, name in enumerate(names[:-1]):
        inside = _subflow_of(data, (*scope, "nodes", name))
        if inside is None or names[at + 1] in ports(data, ("subflows", inside)):
            return None
        if inside == subflow and names[at + 1] == wanted:
            return at + 1
        scope = ("subflows", inside)
    return None


def ports(data: Data, subflow: Path) -> set[str]:
    """Return the names of the inputs and outputs of a subflow."""
    return {port for side in ("in", "out") for port in _map(part(data, (*subflow, side)))}


def _subflow_of(data: Data, node: Path) -> str | None:
    """Return the subflow that a node is an instance of."""
    type_name = text_of(part(data, (*node, "type"))) or ""
    is_instance = type_name.startswith(SUBFLOW)
    return type_name.removeprefix(SUBFLOW) if is_instance else None


def in_types(data: Data, old: str, new: str, found: Mentions) -> None:
    """Find a subflow in the types of nodes."""
    for scope in scopes(data):
        for name in nodes_of(data, scope):
            path = (*scope, "nodes", name, "type")
            if text_of(part(data, path)) == SUBFLOW + old:
                found.words[path] = SUBFLOW + new


def in_values(data: Data, scope: Path, old: str, new: str, found: Mentions) -> None:
    """Find a variable of the flow, or a parameter of a subflow, in every value that is filled."""
    pattern = re.compile(rf"\$\$|\$\({re.escape(old)}(?=\)|:-)")

    def reworded(hit: re.Match[str]) -> str:
        return hit[0] if hit[0] == "$$" else f"$({new}"

    for section in ("nodes",) if scope else _FILLED:
        path: Path = (*scope, section)
        for inner, text in _texts(part(data, path), path):
            word = pattern.sub(reworded, text)
            if word != text and inner[len(path) + 1 :][:1] not in (("type",), ("from",)):
                found.words[inner] = word


def in_arguments(data: Data, subflow: str, old: str, new: str, found: Mentions) -> None:
    """Find a parameter of a subflow where its instances and its tests give it a value."""
    for scope in scopes(data):
        for name in nodes_of(data, scope):
            path = (*scope, "nodes", name)
            if _subflow_of(data, path) == subflow and part(data, (*path, old)) is not None:
                found.keys[(*path, old)] = new
    tests: Path = ("subflows", subflow, "tests")
    for number, _ in enumerate(_list(part(data, tests))):
        argument = (*tests, number, "params", old)
        if part(data, argument) is not None:
            found.keys[argument] = new


def _texts(data: Data | None, path: Path) -> Iterator[tuple[Path, str]]:
    match data:
        case dict():
            for key, inner in data.items():
                yield from _texts(inner, (*path, key))
        case list():
            for at, inner in enumerate(data):
                yield from _texts(inner, (*path, at))
        case _:
            text = text_of(data)
            if text is not None:
                yield path, text


def in_options(data: Data, rename: Rename, types: Types, found: Mentions) -> list[Path]:
    """Find a connection in the options that name one; return where it may be meant as well."""
    doubtful: list[Path] = []
    for scope in scopes(data):
        for name, declared in _map(part(data, (*scope, "params"))).items():
            path: Path = (*scope, "params", name, "default")
            word = rename.of(text_of(part(data, path)))
            if word is not None and text_of(part(declared, ("type",))) == _CONNECTION:
                found.words[path] = word
        for name in nodes_of(data, scope):
            path = (*scope, "nodes", name)
            options = _connection_options(data, path, types)
            for option, value in _map(part(data, path)).items():
                word = rename.of(text_of(value))
                if word is None or option in RESERVED_OPTIONS:
                    continue
                if options is None:
                    doubtful.append((*path, option))
                elif option in options:
                    found.words[(*path, option)] = word
    return doubtful


def _connection_options(data: Data, path: Path, types: Types) -> Collection[str] | None:
    """Return the options of a node that name a connection; of an instance its parameters."""
    inside = _subflow_of(data, path)
    if inside is None:
        return types.connection_options(text_of(part(data, (*path, "type"))) or "")
    declared = part(data, ("subflows", inside, "params"))
    if part(data, ("subflows", inside)) is None:
        return None
    return {
        name
        for name, said in _map(declared).items()
        if text_of(part(said, ("type",))) == _CONNECTION
    }


def _map(data: Data | None) -> Mapping[str, Data]:
    return data if isinstance(data, dict) else {}


def _list(data: Data | None) -> list[Data]:
    return data if isinstance(data, list) else []
