"""A public function that raises says so: in its docstring, its class's or its base's.

Answers of the web server, made by `problem`, are part of its API; that a command raises
`UsageError` is said once, of all commands.
"""

import ast
import functools
import re
from collections.abc import Iterator

from tests.house.sources import PACKAGES, python_files, tree

INSIDE = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


def test_every_public_function_that_raises_says_so() -> None:
    silent = [
        f"{name}:{function.lineno}: {function.name}"
        for name in python_files(*PACKAGES)
        for function, cls in public_functions(tree(name).body)
        if raises(function) and not (says_so(function, cls) or is_command(name, function))
    ]
    assert silent == []


def public_functions(
    body: list[ast.stmt], cls: ast.ClassDef | None = None
) -> Iterator[tuple[ast.FunctionDef, ast.ClassDef | None]]:
    """Yield the public functions of a module, and of its public classes."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, node)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node, cls


def raises(node: ast.AST) -> bool:
    """Return whether a function names an exception's class after `raise`, outside inner ones."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, INSIDE):
            continue
        if isinstance(child, ast.Raise) and child.exc is not None:
            made = child.exc.func if isinstance(child.exc, ast.Call) else child.exc
            if isinstance(made, ast.Name) and made.id[:1].isupper():
                return True
        elif raises(child):
            return True
    return False


def says_so(function: ast.FunctionDef, cls: ast.ClassDef | None) -> bool:
    """Return whether a function's docstring, its class's or its base's tells what it raises."""
    if re.search(r"\b[Rr]aises?\b", ast.get_docstring(function) or ""):
        return True
    if cls is None:
        return False
    if "Raises:" in (ast.get_docstring(cls) or ""):
        return True
    return any(
        isinstance(method, ast.FunctionDef)
        and method.name == function.name
        and says_so(method, base)
        for base in bases(cls)
        for method in base.body
    )


def bases(cls: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """Yield the classes here that a class is derived from."""
    for base in cls.bases:
        named = base.value if isinstance(base, ast.Subscript) else base
        found = classes().get(named.id) if isinstance(named, ast.Name) else None
        if found is not None:
            yield found
            yield from bases(found)


@functools.cache
def classes() -> dict[str, ast.ClassDef]:
    """Return every class of this repository by its name."""
    return {
        node.name: node
        for name in python_files(*PACKAGES)
        for node in tree(name).body
        if isinstance(node, ast.ClassDef)
    }


def is_command(name: str, function: ast.FunctionDef) -> bool:
    """Return whether a function is what a command of the command line does."""
    return name.startswith("oppleo_flow/cli/") and function.name == "run"
