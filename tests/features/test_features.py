"""Each feature and each defect of Oppleo names the tests that show it; here those are found."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
TESTS = HERE.parent
TABLES = ("oppleo.yaml", "web_front.yaml", "defects.yaml")
WAYS = {"tests", "page", "left"}


def rows(file: str) -> Iterator[Any]:
    """Yield what a table says, a row each."""
    for area, features in yaml.safe_load((HERE / file).read_text()).items():
        for feature, row in features.items():
            yield pytest.param(row, id=f"{area}: {feature}")


@cache
def functions(file: Path) -> frozenset[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse(file.read_text())
    found = (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


def there_is(test: str) -> bool:
    """Return whether there is such a test."""
    file, _, name = test.partition("::")
    return (TESTS / file).is_file() and name in functions(TESTS / file)


@pytest.mark.parametrize("row", [one for file in TABLES for one in rows(file)])
def test_what_oppleo_does_or_did_wrong_is_shown_here(row):
    assert len(row) == 1
    assert set(row) <= WAYS
    missing = [test for test in row.get("tests", []) if not there_is(test)]
    assert not missing
    assert all(row.values())


@pytest.mark.parametrize(
    "test",
    ["features/test_none.py::test_x", "features/test_features.py::test_none"],
    ids=["no such file", "no such test"],
)
def test_a_test_that_is_not_there_is_noticed(test):
    assert not there_is(test)
