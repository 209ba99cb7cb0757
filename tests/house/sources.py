"""The source files of this repository, read once, for the tests of the house rules."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("oppleo_flow", "nodes", "webui")


def python_files(*folders: str) -> list[str]:
    """Return the Python files in `folders`, relative to the repository."""
    return [
        file.relative_to(ROOT).as_posix()
        for folder in folders
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in file.parts
    ]


def node_files() -> list[str]:
    """Return the files of the built-in node and connection types."""
    return [
        name
        for name in python_files("nodes")
        if name.count("/") == 2 and not Path(name).name.startswith("_")
    ]


def text(name: str) -> str:
    """Return what a file says."""
    return (ROOT / name).read_text(encoding="utf-8")


@functools.cache
def tree(name: str) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(text(name), name)


def definitions(
    name: str,
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    """Yield every class and function of a file with its dotted name."""

    def inside(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                dotted = f"{prefix}{child.name}"
                yield dotted, child
                yield from inside(child, f"{dotted}.")
            else:
                yield from inside(child, prefix)

    yield from inside(tree(name), "")  # type: ignore[misc]
