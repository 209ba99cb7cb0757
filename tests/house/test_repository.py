"""What lies where, and what gets installed."""

import ast
import functools
import re
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

import oppleo_flow
from tests.house.sources import PACKAGES, ROOT, python_files, text, tree

TOP_LEVEL = {
    "the house": {
        "oppleo_flow",
        "nodes",
        "flows",
        "schemas",
        "webui",
        "tests",
        "examples",
        "setup.cfg",
        "README.md",
    },
    "what tools and readers look for here": {
        ".ci",
        ".gitattributes",
        ".gitignore",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "MANIFEST.in",
        "Makefile",
        "pyproject.toml",
        "requirements-build.lock",
        "requirements-dev.lock",
        "requirements.lock",
    },
}


@functools.cache
def committed() -> list[str]:
    """Return the files that git keeps."""
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_nothing_lies_in_the_hall() -> None:
    assert {Path(name).parts[0] for name in committed()} <= set.union(*TOP_LEVEL.values())


def test_no_file_tells_of_the_machine_that_it_was_written_on() -> None:
    telling = [
        f"{name}:{number}"
        for name in committed()
        for number, line in enumerate((ROOT / name).read_bytes().splitlines(), start=1)
        if re.search(rb"/(?:home/(?!pi\b)\w|root/|work/)", line)
    ]
    assert telling == []


def test_nothing_is_left_unfinished() -> None:
    marks = [
        f"{name}:{number}: {line.strip()}"
        for name in python_files(*PACKAGES, "examples")
        for number, line in enumerate(text(name).splitlines(), start=1)
        if re.search(r"\b(?:TODO|FIXME|XXX|HACK|NotImplementedError)\b", line)
    ]
    assert marks == []


def test_only_three_packages_are_installed() -> None:
    try:
        top_level = distribution("oppleo-flow").read_text("top_level.txt")
    except PackageNotFoundError:
        pytest.skip("the project is not installed; `make test` installs it")

    assert (top_level or "").split() == ["nodes", "oppleo_flow", "webui"]


def test_the_public_names_are_sorted_and_few() -> None:
    names = oppleo_flow.__all__

    assert names == sorted(names)
    assert len(names) < 40


def test_every_public_name_is_there() -> None:
    assert [name for name in oppleo_flow.__all__ if getattr(oppleo_flow, name) is None] == []


def test_a_test_waits_for_no_clock() -> None:
    sleeps = [
        f"{name}:{node.lineno}"
        for name in python_files("tests")
        if not name.startswith("tests/benchmarks/")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and called(node.func) == "sleep"
    ]
    assert sleeps == []


def called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
