"""How long a module, a class and a function may be."""

import ast

import pytest

from tests.house.sources import PACKAGES, definitions, python_files, text

MODULE_LINES = 400
CLASS_LINES = 250
FUNCTION_LINES = 50

LONGER_WITH_REASON = {
    "oppleo_flow/payloads.py": "a table: one frozen dataclass per payload type, no behaviour",
}
MIGRATIONS = "oppleo_flow/store/migrations/"


@pytest.mark.parametrize("name", python_files(*PACKAGES, "tests", "examples"))
def test_a_module_fits_on_a_few_screens(name: str) -> None:
    if name in LONGER_WITH_REASON or name.startswith(MIGRATIONS):
        return
    assert len(text(name).splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("name", python_files(*PACKAGES, "examples"))
def test_classes_and_functions_fit_on_a_screen(name: str) -> None:
    if name.startswith(MIGRATIONS):
        return
    too_long = []
    for dotted, node in definitions(name):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        limit = CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES
        if lines > limit:
            too_long.append(f"{name}:{node.lineno}: {dotted} has {lines} lines, {limit} at most")
    assert too_long == []


@pytest.mark.parametrize("name", LONGER_WITH_REASON)
def test_an_exception_is_still_needed(name: str) -> None:
    assert len(text(name).splitlines()) > MODULE_LINES
