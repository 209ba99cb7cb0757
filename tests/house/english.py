"""The English that the program has in its sources, as a catalogue has it: `{}` for what varies."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.sources import ROOT

_PACKAGES = ("oppleo_flow", "nodes", "webui")
_REFUSES = frozenset(
    {"Refused", "ConfigError", "StoreError", "DeviceError", "DeviceMissing", "DeviceTimeout"}
    | {"ServiceError", "ServiceRefused", "ServiceTimeout", "PayloadError", "ValueError", "Stale"}
    | {"ReaderFault", "FieldFault", "NotUnderstood", "Contradiction"}
)
_TELLS = frozenset({"status", "fault"})
# What only who works on the program reads, and what options mean, which has a catalogue of its own.
_NOT_SAID = frozenset(
    {"AssertionError", "TypeError", "AttributeError", "debug", "compile", "Field"}
)


def form(node: ast.expr) -> str | None:
    """Return a text as a catalogue has it; None of what is no text, or is made elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_part(part) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, rest = form(left), form(right)
            return None if first is None or rest is None else first + rest
    return None


def _part(part: ast.expr) -> str:
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "{}"


def has_words(text: str) -> bool:
    """Return whether a text says something itself, beside what it joins."""
    return " " in text and sum(letter.isalpha() for letter in text) > 4


@cache
def tree_of(file: Path) -> ast.Module:
    """Return a source as Python reads it."""
    return ast.parse(file.read_text(encoding="utf-8"))


def files(*places: str) -> Iterator[Path]:
    """Yield the sources at some places of the repository."""
    for place in places:
        at = ROOT / place
        yield from (at,) if at.is_file() else sorted(at.rglob("*.py"))


def refusals(*places: str) -> Iterator[tuple[str, str]]:
    """Yield what errors and problems say, each with where it stands."""
    for file, call in _calls(places):
        name = _name(call)
        texts = [form(one) for one in call.args]
        found = next((one for one in texts if one is not None), None)
        if name == "problem":
            found = next((one for one in reversed(texts) if one is not None), None)
        elif name not in _REFUSES:
            continue
        if found and has_words(found):
            yield f"{file.relative_to(ROOT)}:{call.lineno}", found


def conditions(*places: str) -> Iterator[tuple[str, str]]:
    """Yield what nodes tell as their status and their faults, and as the reason of a value."""
    for file, call in _calls(places):
        said = [*call.args[1:2]] if _name(call) in _TELLS else []
        said += [one.value for one in call.keywords if one.arg == "reason"]
        for one in said:
            for each in (one.body, one.orelse) if isinstance(one, ast.IfExp) else (one,):
                text = form(each)
                if text and has_words(text):
                    yield f"{file.relative_to(ROOT)}:{call.lineno}", text


def deeds(*places: str) -> Iterator[tuple[str, str]]:
    """Yield what the audit log says of what somebody did: what it was, and about whom or what."""
    for file, call in _calls(places):
        if _name(call) == "note" and len(call.args) > 1:
            for one in call.args[:2]:
                text = form(one)
                if text and any(letter.isalpha() for letter in text):
                    yield f"{file.relative_to(ROOT)}:{call.lineno}", text


def texts(*places: str) -> Iterator[tuple[str, str]]:
    """Yield every text that has words, however it comes to be said: what findings are made of."""
    for file in files(*places):
        rest: list[ast.AST] = [tree_of(file)]
        while rest:
            node = rest.pop()
            text = form(node) if isinstance(node, ast.expr) else None
            if text is not None and has_words(text):
                yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", text
            if not isinstance(node, ast.JoinedStr | ast.Constant) and text is None:
                rest += _said_within(node)
            elif isinstance(node, ast.JoinedStr):
                rest += [one.value for one in node.values if isinstance(one, ast.FormattedValue)]


def _said_within(node: ast.AST) -> list[ast.AST]:
    """Return what of a node may be said: no docstring, no type, nothing for programmers alone."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return []
        case ast.Call() if _name(node) in _NOT_SAID:
            return []
        case ast.AnnAssign(value=value):
            return [] if value is None else [value]
        case ast.FunctionDef(body=body, decorator_list=marks):
            return [*body, *marks]
    return list(ast.iter_child_nodes(node))


def _calls(places: tuple[str, ...]) -> Iterator[tuple[Path, ast.Call]]:
    for file in files(*places):
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Call):
                yield file, node


def _name(call: ast.Call) -> str:
    func = call.func
    return func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")


@cache
def every_text() -> frozenset[str]:
    """Return every text in the sources, whoever says it."""
    return frozenset(
        text
        for file in files(*_PACKAGES)
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.expr) and (text := form(node)) is not None
    )
