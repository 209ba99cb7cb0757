"""A broad `except` stands in five places only."""

import ast
from collections.abc import Iterator

from tests.house.sources import PACKAGES, python_files, tree

FIVE_PLACES = {
    "a handler's call": {
        "oppleo_flow/engine/segment.py:Segment.receiver.receive",
        "oppleo_flow/engine/attempts.py:attempt",
        "oppleo_flow/engine/handling.py:Handling._call",
    },
    "a plug-in's import": {"oppleo_flow/registry.py:_import"},
    "a web request": {"webui/guard.py:failures_as_problems.guarded"},
    "a child's entry": {
        "oppleo_flow/child.py:answer",
        "oppleo_flow/testing/__main__.py:wrong_with",
    },
    "the command's main": {"oppleo_flow/cli/__init__.py:main"},
}
BROAD = {"Exception", "BaseException"}


def test_broad_excepts_stand_in_the_five_places_only() -> None:
    found = {
        f"{name}:{place}" for name in python_files(*PACKAGES) for place in broad(tree(name), "")
    }
    assert sorted(found) == sorted(set.union(*FIVE_PLACES.values()))


def broad(node: ast.AST, inside: str) -> Iterator[str]:
    """Yield the dotted name of each function, or class, that holds a broad `except` itself."""
    for child in ast.iter_child_nodes(node):
        if is_broad(child):
            yield inside
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from broad(child, f"{inside}.{child.name}".lstrip("."))
        else:
            yield from broad(child, inside)


def is_broad(node: ast.AST) -> bool:
    """Return whether this is `except:`, `except Exception` or `suppress(Exception)`."""
    if isinstance(node, ast.ExceptHandler):
        return node.type is None or bool(names(node.type) & BROAD)
    return (
        isinstance(node, ast.Call)
        and "suppress" in names(node.func)
        and any(names(argument) & BROAD for argument in node.args)
    )


def names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} | {
        inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute)
    }
