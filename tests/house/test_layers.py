"""What import-linter cannot see: that its contract covers the house, and what is not ours."""

import ast
import configparser
import re
import sys

from tests.house.sources import PACKAGES, ROOT, python_files, tree

OUTSIDE_THE_LAYERS = {
    "__main__": "starts the command, as the console script does",
    "guardian": "stands apart: it imports the standard library only",
}
VAGUE = {"common", "data", "handler", "handlers", "helper", "helpers", "manager", "misc", "utils"}


def contract(name: str) -> configparser.SectionProxy:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup[f"importlinter:contract:{name}"]


def modules_of_the_runtime() -> list[str]:
    return sorted(
        entry.stem
        for entry in (ROOT / "oppleo_flow").iterdir()
        if entry.suffix == ".py" or (entry / "__init__.py").is_file()
    )


def test_every_part_of_the_runtime_has_its_layer() -> None:
    layered = re.findall(r"oppleo_flow\.(\w+)", contract("layers")["layers"])

    assert sorted([*layered, *OUTSIDE_THE_LAYERS, "__init__"]) == modules_of_the_runtime()


def test_the_guardian_is_kept_from_every_part() -> None:
    forbidden = re.findall(r"oppleo_flow\.(\w+)", contract("guardian")["forbidden_modules"])

    assert sorted([*forbidden, *OUTSIDE_THE_LAYERS, "__init__"]) == modules_of_the_runtime()


def test_the_guardian_imports_the_standard_library_only() -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree("oppleo_flow/guardian.py"))
        for name in imported_by(node)
    }

    assert imported <= sys.stdlib_module_names


def imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or "."] if isinstance(node, ast.ImportFrom) else []


def test_a_module_is_named_for_what_it_does() -> None:
    vague = [
        name
        for name in python_files(*PACKAGES)
        if not VAGUE.isdisjoint(name.removesuffix(".py").split("/"))
    ]
    assert vague == []
