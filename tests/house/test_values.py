"""One way to make a class of values: `@immutable`, which costs a start far less."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    file for folder in ("oppleo_flow", "nodes", "webui") for file in (ROOT / folder).rglob("*.py")
)
NOT_THESE = {
    "oppleo_flow/guardian.py": "imports the standard library only",
    "oppleo_flow/immutable.py": "is what the others go by",
}


def values(tree):
    """Return the lines of the frozen dataclasses with slots, but for those with an order."""
    for node in ast.walk(tree):
        for call in getattr(node, "decorator_list", ()):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("dataclass"):
                said = {one.arg for one in call.keywords if ast.unparse(one.value) == "True"}
                if said == {"frozen", "slots"} and len(call.keywords) == 2:
                    yield call.lineno


def test_it_finds_a_class_of_values():
    text = "@dataclass(frozen=True, slots=True)\nclass Limits:\n    power_w: float\n"
    assert [*values(ast.parse(text))] == [1]


@pytest.mark.parametrize("folder", ["oppleo_flow", "nodes", "webui"])
def test_every_class_of_values_is_immutable(folder):
    found = [
        f"{name}:{line}"
        for file in FILES
        if (name := str(file.relative_to(ROOT))).startswith(f"{folder}/") and name not in NOT_THESE
        for line in values(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert found == []
