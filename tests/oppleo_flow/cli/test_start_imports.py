"""What a start imports: nothing that only later work needs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FLOW = ROOT / "flows" / "charge-point.yaml"


@pytest.fixture(scope="module")
def imported():
    """Return what is imported by a start of the shipped flow, its node files among it."""
    types = set(re.findall(r"^ +type: ([a-z0-9-]+)$", FLOW.read_text(encoding="utf-8"), re.M))
    files = [*(ROOT / "nodes").glob("*/*.py")]
    parts = [file for file in files if file.stem.replace("_", "-") in types]
    assert len(parts) == len(types)
    names = [f"nodes.{part.parent.name}.{part.stem}" for part in parts]
    code = f"import sys, {', '.join(['oppleo_flow.cli.life', *names])}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        *("yaml", "sqlalchemy", "alembic", "psycopg2", "apscheduler", "argon2", "cryptography"),
        *("openpyxl", "reportlab", "requests", "paho", "pyotp", "asyncio", "unittest"),
        *(
            "oppleo_flow.cli.what_runs",
            "oppleo_flow.flowfile.checker",
            "oppleo_flow.flowfile.editing",
        ),
        *("webui.routes.table", "webui.api.sessions"),
    ],
)
def test_a_start_that_finds_everything_checked_does_not_import(imported, module):
    assert module not in imported
