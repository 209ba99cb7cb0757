"""Which libraries are imported, and when."""

import ast
import configparser
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from tests.house.sources import PACKAGES, ROOT, python_files, text, tree

HEAVY = {
    *("alembic", "cryptography", "openpyxl", "paho", "playwright", "reportlab", "requests"),
    *("smbclient", "smbprotocol"),
}
# Modules that exist for one of these libraries, and are themselves imported only when needed.
WHERE_IT_IS_USED = (
    "oppleo_flow/reports/",
    "oppleo_flow/store/migrate.py",
    "oppleo_flow/store/migrations/",
)
# Whose distribution cannot be asked for here: on a Pi only, or the other half of another one.
BROUGHT_BY = {"RPi": "rpi-lgpio", "spidev": "spidev", "pydantic_core": "pydantic"}


def test_every_library_that_is_imported_is_declared() -> None:
    installed = packages_distributions()
    needed = {
        normal(BROUGHT_BY.get(name) or installed.get(name, [name])[0])
        for file in python_files(*PACKAGES)
        if not file.startswith("webui/frontend/")
        for name in imported_roots(file)
        if name not in sys.stdlib_module_names and name not in PACKAGES
    }
    assert needed - declared() == set()


def test_a_heavy_library_is_imported_where_it_is_used() -> None:
    elsewhere = [
        f"{name}: {root}"
        for name in python_files(*PACKAGES)
        if not name.startswith(WHERE_IT_IS_USED)
        for node in tree(name).body
        for root in HEAVY.intersection(roots(node))
    ]
    assert elsewhere == []


@pytest.mark.parametrize(
    ("module", "spared"),
    [
        ("oppleo_flow.cli", HEAVY | {"sqlalchemy", "apscheduler", "bottle", "minimalmodbus"}),
        ("oppleo_flow.guardian", HEAVY | {"sqlalchemy", "pydantic", "yaml", "bottle"}),
        ("oppleo_flow.engine", HEAVY | {"sqlalchemy", "bottle", "minimalmodbus"}),
        ("oppleo_flow.store", HEAVY),
        ("webui", HEAVY | {"sqlalchemy", "minimalmodbus"}),
    ],
)
def test_a_start_is_spared_what_it_does_not_need(module: str, spared: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert spared & set(done.stdout.split()) == set()


def imported_roots(name: str) -> set[str]:
    return {root for node in ast.walk(tree(name)) for root in roots(node)}


def roots(node: ast.AST) -> list[str]:
    """Return the top-level packages that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module.split(".")[0]]
    return []


def declared() -> set[str]:
    """Return the distributions that setup.cfg and the lock's own groups name."""
    setup = configparser.ConfigParser()
    setup.read_string(text("setup.cfg"))
    groups = tomllib.loads(text("pyproject.toml"))["dependency-groups"]
    lines = [
        *setup["options"]["install_requires"].splitlines(),
        *"\n".join(setup["options.extras_require"].values()).splitlines(),
        *groups["rfid"],
    ]
    return {normal(re.split(r"[<>=;!~\[ ]", line)[0]) for line in lines if line.strip()}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
