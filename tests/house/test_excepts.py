"""A broad `except` stands in five places only."""

import ast
from collections.abc import Iterator

from tests.house.sources import PACKAGES, definitions, python_files

FIVE_PLACES = {
    "a plug-in's import": {"oppleo_flow/registry.py:_import"},
}
BROAD = {"Exception", "BaseException"}


def test_broad_excepts_stand_in_the_five_places_only() -> None:
    found = {place for name in python_files(*PACKAGES) for place in broad_excepts(name)}

    assert sorted(found) == sorted(place for places in FIVE_PLACES.values() for place in places)


def broad_excepts(name: str) -> Iterator[str]:
    for dotted, node in definitions(name):
        if not isinstance(node, ast.ClassDef) and any(is_broad(inner) for inner in ast.walk(node)):
            yield f"{name}:{dotted}"


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
