"""What `oppleo-flow check --codes` prints: every code that a finding may have."""

import json
from itertools import groupby
from textwrap import indent

from oppleo_flow.flowfile.codes import CODES, Code


def codes_as_text() -> str:
    """Return the codes for people, pass by pass, each with its example."""
    return "\n\n".join(
        "\n\n".join([f"# {found_by}", *(_text(code) for code in codes)])
        for found_by, codes in groupby(CODES.values(), key=lambda code: code.found_by)
    )


def codes_as_json() -> str:
    """Return the codes for programs."""
    return json.dumps([_plain(code) for code in CODES.values()], indent=2)


def _text(code: Code) -> str:
    return f"{code.name}: {code.severity}: {code.meaning}\n{indent(code.example.rstrip(), '    ')}"


def _plain(code: Code) -> dict[str, str | bool]:
    return {
        "code": code.name,
        "pass": code.found_by,
        "severity": code.severity,
        "meaning": code.meaning,
        "example": code.example,
        "example_is_commands": code.example_is_commands,
    }
