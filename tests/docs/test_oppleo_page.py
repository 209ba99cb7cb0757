"""The page for an owner of Oppleo: from its database to the first statement."""

import re
import shlex
from pathlib import Path

import pytest

from oppleo_flow.cli import COMMANDS, main
from tests.docs.markdown import commands
from tests.oppleo_flow.oppleo_import.oppleo_database import OppleoDatabase

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "oppleo_flow" / "oppleo_import" / "README.md"
TEXT = PAGE.read_text(encoding="utf-8")
LINES = [line for block in commands(PAGE) for line in block]


@pytest.fixture
def evening(postgres_url, tmp_path) -> Path:
    """Return a folder with the `oppleo.ini` of an Oppleo that has charged in May 2023."""
    oppleo = OppleoDatabase(postgres_url)
    oppleo.add_day("2023-05-01")
    oppleo.close()
    (tmp_path / "oppleo.ini").write_text(f"[Oppleo]\ndatabase_url = {postgres_url}\n")
    return tmp_path


def test_the_commands_lead_from_a_database_to_a_statement(evening, monkeypatch, capsys):
    monkeypatch.chdir(evening)
    *before, probe, last = LINES
    # The page for the person with the screwdriver has a test of this one.
    assert (probe, last) == ("oppleo-flow hardware probe house", "oppleo-flow run house")
    for line in before:
        program, *words = shlex.split(line)
        assert (program, main(words)) == ("oppleo-flow", 0), line
    written = {path.suffix for path in (evening / "house" / "reports").glob("statement-2023-05*")}
    assert written == {".pdf", ".xlsx", ".csv"}
    (statement,) = (evening / "house" / "reports").glob("statement-2023-05*.csv")
    assert "33.000" in statement.read_text(encoding="utf-8")
    assert "00000202305 v1: 1 session, 33.000 kWh, 11.55 EUR" in capsys.readouterr().out
    assert (evening / "remarks.csv").is_file()


def test_what_the_page_names_is_there():
    named = re.findall(r"`oppleo-flow ([a-z][a-z-]*)", TEXT)
    assert sorted(set(named) - set(COMMANDS)) == []
    sources = "".join(path.read_text(encoding="utf-8") for path in PAGE.parent.glob("*.py"))
    codes = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", TEXT))
    missing = {"start-register-missing", "end-register-missing"}
    assert [code for code in codes - missing if f'"{code}"' not in sources] == []
    assert '-register-missing"' in sources
    options = set(re.findall(r"`(--[a-z-]+)", TEXT))
    said = (ROOT / "oppleo_flow" / "cli" / "db" / "import_oppleo.py").read_text(encoding="utf-8")
    assert [option for option in options if f'"{option}"' not in said] == []
