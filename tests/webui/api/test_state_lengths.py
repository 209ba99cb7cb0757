"""What is too long for a page is cut, and its length told."""

from typing import Any

import pytest

from oppleo_flow import Record
from webui.api.state import as_json, value_data

TEXT = "x" * 1_000_000
CUT = f"{'x' * 2000}… (1000000 characters)"


def nested(depth: int) -> Any:
    return [] if depth == 0 else [nested(depth - 1)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("x" * 2000, "x" * 2000, id="a text that is not too long"),
        pytest.param(TEXT, CUT, id="a text"),
        pytest.param([TEXT, 1], [CUT, 1], id="a text in a list"),
        pytest.param(Record.of({"a": {"b": TEXT}}), {"a": {"b": CUT}}, id="a text in a record"),
        pytest.param([*range(201)], [*range(200), "… (201 in all)"], id="a list"),
        pytest.param(
            {str(n): n for n in range(1000)},
            {**{str(n): n for n in range(200)}, "…": "… (1000 in all)"},
            id="a mapping",
        ),
        pytest.param(b"x" * 3000, f"{'eHh4' * 500}… (4000 characters)", id="bytes"),
    ],
)
def test_a_long_value_is_cut(value: object, shown: object) -> None:
    assert value_data(value)["value"] == shown


def test_a_deep_value_is_cut() -> None:
    assert len(as_json(value_data(nested(100)))) < 100
