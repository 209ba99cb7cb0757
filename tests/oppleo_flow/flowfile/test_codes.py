"""Every code has an example that provokes it, and every code in use is in the list."""

import ast
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import oppleo_flow
from oppleo_flow.cli import main
from oppleo_flow.flowfile import CheckSettings, Finding, Place, SiteSecrets, check_text
from oppleo_flow.flowfile.codes import CODES, Code
from oppleo_flow.registry import Registry

ROOM = Path(oppleo_flow.__file__).parent
SAYS_A_CODE = frozenset({"error", "warning", "info", "Finding", "Diagnosis", "VariableError"})
FLOWS = [code for code in CODES.values() if not code.example_is_commands]
COMMANDS = [code for code in CODES.values() if code.example_is_commands]


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return Registry.installed()


@pytest.mark.parametrize("code", FLOWS, ids=lambda code: code.name)
def test_the_example_of_a_code_provokes_it_and_nothing_else(shipped, tmp_path, code: Code) -> None:
    secrets = SiteSecrets(tmp_path / "secrets.yaml", {})
    result = check_text(code.example, "f.yaml", shipped, CheckSettings(secrets=secrets))
    findings = result.findings
    assert result.ok is (code.severity != "error")
    assert {(f.code, f.severity) for f in findings if f.severity in ("error", code.severity)} == {
        (code.name, code.severity)
    }


@pytest.mark.parametrize("code", COMMANDS, ids=lambda code: code.name)
def test_the_commands_of_a_code_provoke_it(tmp_path, monkeypatch, capsys, code: Code) -> None:
    monkeypatch.chdir(tmp_path)
    *before, command = code.example.splitlines()
    subprocess.run(["sh", "-e", "-c", "\n".join(before)], check=True)
    main([*shlex.split(command)[1:], "--format", "json"])
    found = [(f["code"], f["severity"]) for f in json.loads(capsys.readouterr().out)]
    found = [(name, severity) for name, severity in found if severity != "info"]
    assert (code.name, code.severity) in found
    assert [severity for name, severity in found if name != code.name] in ([], ["error"] * 200)


def test_every_code_has_one_example_and_every_example_a_code() -> None:
    examples = [file.stem for file in (ROOM / "flowfile" / "code_examples").iterdir()]
    assert sorted(examples) == sorted(CODES)


def test_every_code_of_the_source_is_in_the_list_and_every_one_of_the_list_in_the_source() -> None:
    rooms = [ROOM / "flowfile", ROOM / "cli"]
    said = {code for room in rooms for file in room.rglob("*.py") for code in codes_in(file)}
    assert said == set(CODES)


def codes_in(file: Path) -> Iterator[str]:
    """Yield what is said as a code in a file: the first word of a finding, however it is made."""
    if file.name == "codes.py":
        return
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Constant(value=str(word)) if word in CODES:
                yield word
            case ast.Call(
                func=ast.Attribute(attr=name) | ast.Name(id=name),
                args=[ast.Constant(value=str(word)), _, _, *_],
            ) if name in SAYS_A_CODE and re.fullmatch("[a-z0-9-]+", word):
                yield word


def test_a_finding_has_a_code_of_the_list() -> None:
    with pytest.raises(ValueError, match="no code") as error:
        Finding("typo", "error", Place("f.yaml", 1, 1), "here")
    assert str(error.value) == (
        "'typo' is no code of a finding; add it to flowfile/codes.py, with an example"
    )
