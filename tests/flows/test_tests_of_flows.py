"""The tests that stand in the shipped flows, all of them."""

import re
from pathlib import Path

import pytest

from oppleo_flow.cli import main

ROOT = Path(__file__).parents[2]
FOLDERS = ("flows", "examples", "oppleo_flow/cli/starters")

# One file a text: a starter is the same, to the letter, as the flow that runs by default.
FLOWS = {
    text: flow
    for folder in FOLDERS
    for flow in sorted((ROOT / folder).glob("*.yaml"))
    if "\ntests:" in (text := flow.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("flow", FLOWS.values(), ids=lambda flow: str(flow.relative_to(ROOT)))
def test_a_shipped_flow_does_what_it_promises(flow: Path, capsys) -> None:
    code = main(["test", str(flow)])
    said = capsys.readouterr().out
    assert (code, bool(re.fullmatch(r"[1-9]\d* passed, 0 failed\n", said))) == (0, True), said


def test_the_flow_that_runs_by_default_promises_much(capsys) -> None:
    text = (ROOT / "flows" / "charge-point.yaml").read_text(encoding="utf-8")
    assert text.count("\n  - name: ") >= 20
