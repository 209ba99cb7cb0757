"""What lies where, and what gets installed."""

import ast
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

import oppleo_flow
from tests.house.sources import ROOT, python_files, tree

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


def test_nothing_lies_in_the_hall() -> None:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    committed = {Path(name).parts[0] for name in done.stdout.split("\0") if name}

    assert committed <= set.union(*TOP_LEVEL.values())


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


@pytest.mark.parametrize("name", oppleo_flow.__all__)
def test_a_public_name_is_there(name: str) -> None:
    assert getattr(oppleo_flow, name) is not None


@pytest.mark.parametrize("name", python_files("tests"))
def test_a_test_waits_for_no_clock(name: str) -> None:
    if name.startswith("tests/benchmarks/"):
        return
    sleeps = [
        f"{name}:{node.lineno}"
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and called(node.func) == "sleep"
    ]
    assert sleeps == []


def called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
