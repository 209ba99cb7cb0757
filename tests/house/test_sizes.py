"""How long a module, a class and a function may be."""

import ast

from tests.house.sources import PACKAGES, definitions, python_files, text

MODULE_LINES = 400
CLASS_LINES = 250
FUNCTION_LINES = 50

MIGRATIONS = "oppleo_flow/store/migrations/"


def test_a_module_fits_on_a_few_screens() -> None:
    lines = {
        name: len(text(name).splitlines())
        for name in python_files(*PACKAGES, "tests", "examples")
        if not name.startswith(MIGRATIONS)
    }
    assert {name: count for name, count in lines.items() if count > MODULE_LINES} == {}


def test_classes_and_functions_fit_on_a_screen() -> None:
    too_long = []
    for name in python_files(*PACKAGES, "examples"):
        if name.startswith(MIGRATIONS):
            continue
        for dotted, node in definitions(name):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            limit = CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES
            if lines > limit:
                too_long.append(
                    f"{name}:{node.lineno}: {dotted} has {lines} lines, {limit} at most"
                )
    assert too_long == []
