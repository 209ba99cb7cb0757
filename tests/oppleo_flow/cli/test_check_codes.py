import json

from oppleo_flow.cli import main
from oppleo_flow.flowfile.codes import CODES


def test_every_code_is_listed_with_its_pass_its_meaning_and_an_example(capsys) -> None:
    assert main(["check", "--codes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    begins = lines.index("missing-safe: error: a node that moves the world has no safe level")
    assert lines[begins - 2 : begins + 8] == [
        "# safety",
        "",
        "missing-safe: error: a node that moves the world has no safe level",
        "    flow: example",
        "    format: 1",
        "    connections:",
        "      pins: {type: gpio}",
        "    nodes:",
        "      evse_state: {type: evse-state, gpio: pins}",
        "      led: {type: rgb-led, from: evse_state, gpio: pins}",
    ]
    listed = [line.partition(":")[0] for line in lines if line and line[0].isalpha()]
    assert listed == list(CODES)


def test_a_program_gets_the_codes_as_json(capsys) -> None:
    assert main(["check", "--codes", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in listed] == list(CODES)
    assert listed[0] == {
        "code": "unreadable-file",
        "pass": "parse",
        "severity": "error",
        "meaning": "the file cannot be read",
        "example": "mkdir flow.yaml\noppleo-flow check flow.yaml\n",
        "example_is_commands": True,
    }
