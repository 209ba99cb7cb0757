"""A moment is shown by the clock of a place that is named, and no test by that of its own run."""

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.house.sources import PACKAGES, python_files, text, tree

PARTS = {"date", "day", "hour", "minute", "month", "strftime", "time", "weekday", "year"}


def test_no_moment_is_shown_by_the_clock_of_the_machine() -> None:
    """Which zone a machine is in says nothing of the site, nor of who runs a test."""
    assert places(by_the_machine, "astimezone()", *PACKAGES, "tests") == []


def test_no_part_of_a_day_is_that_of_utc_unless_it_says_so() -> None:
    """A site's day begins at its own midnight: `now().astimezone(zone).date()` knows it."""
    assert places(by_utc, "now()", *PACKAGES) == []


def test_no_test_writes_the_time_at_which_it_runs() -> None:
    """What is written of it is another day an hour before midnight, and comes twice in autumn."""
    assert places(written, "now(", "tests") == []


def places(find: Callable[[ast.AST], Iterator[int]], sign: str, *folders: str) -> list[str]:
    """Return where that is found in the files that have a sign of it."""
    names = [name for name in python_files(*folders) if sign in text(name)]
    return [f"{name}:{line}" for name in names for line in find(tree(name))]


def by_the_machine(module: ast.AST) -> Iterator[int]:
    """Yield the line of each `astimezone()` that names no zone."""
    for node in ast.walk(module):
        if is_call(node, "astimezone") and not (node.args or node.keywords):
            yield node.lineno


def by_utc(module: ast.AST) -> Iterator[int]:
    """Yield the line of each part of a day that is taken of `now()` as it is."""
    for node in ast.walk(module):
        part = isinstance(node, ast.Attribute) and node.attr in PARTS
        text_of = isinstance(node, ast.FormattedValue) and form(node) and "Z" not in form(node)
        if (part or text_of) and is_call(node.value, "now"):
            yield node.lineno


def written(module: ast.AST) -> Iterator[int]:
    """Yield the line of each text that is made of `now()` in one expression."""
    for node in ast.walk(module):
        writes = is_call(node, "strftime") or (isinstance(node, ast.FormattedValue) and form(node))
        if writes and any(is_call(inner, "now") for inner in ast.walk(node)):
            yield node.lineno


def is_call(node: ast.AST, name: str) -> bool:
    """Return whether this calls a method of that name."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
    )


def form(node: ast.FormattedValue) -> str:
    """Return by what a time is written in an f-string; "" when it says nothing of times."""
    said = "" if node.format_spec is None else ast.unparse(node.format_spec)
    return said if "%" in said else ""


@pytest.mark.parametrize(
    ("find", "code", "found"),
    [
        (by_the_machine, "at.astimezone()", [1]),
        (by_the_machine, "at.astimezone(zone)", []),
        (by_utc, "clock.now().date()", [1]),
        (by_utc, "f'{clock.now():%Y-%m}'", [1]),
        (by_utc, "f'{clock.now():%H:%M:%SZ}'", []),
        (by_utc, "f'{clock.now()}'", []),
        (by_utc, "clock.now().astimezone(zone).date()", []),
        (written, "f'{(datetime.now(UTC) - 30 * DAY).astimezone(zone):%H:%M}'", [1]),
        (written, "(clock.now() - DAY).strftime('%d')", [1]),
        (written, "f'{clock.now() - began}'", []),
        (written, "f'{noon:%H:%M}'", []),
    ],
)
def test_it_is_found_and_nothing_else(find, code, found) -> None:
    assert list(find(ast.parse(code))) == found
