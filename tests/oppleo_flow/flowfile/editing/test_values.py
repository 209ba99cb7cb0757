"""How the values of edits are written."""

import pytest

from oppleo_flow.flowfile.editing import FlowText, Quoted, SetOption, apply

FLOW = "nodes:\n  rfid:\n    type: rfid-reader\n  led: {type: rgb-led, pin: 5}\n"


def written(path, value):
    """The lines that are there only after a value was set."""
    new = apply(SetOption(path, value), FlowText(FLOW)).text.text
    return [line.strip() for line in new.splitlines() if line not in FLOW.splitlines()]


X = ("nodes", "rfid", "x")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        pytest.param("10s", "x: 10s", id="a word"),
        pytest.param("17", "x: 17", id="a text that looks like a number is one for its reader"),
        pytest.param(17, "x: 17", id="a number"),
        pytest.param(1.5, "x: 1.5", id="a fraction"),
        pytest.param(True, "x: true", id="a truth"),
        pytest.param(None, "x: null", id="nothing"),
        pytest.param("", 'x: ""', id="an empty text is not nothing"),
        pytest.param("null", 'x: "null"', id="the text null is not nothing"),
        pytest.param(Quoted("17"), 'x: "17"', id="a text that must not be a number"),
        pytest.param({"!quoted": "on"}, 'x: "on"', id="a text that must not be a truth"),
        pytest.param(Quoted("word"), "x: word", id="quotes only where they are needed"),
        pytest.param("23:00", "x: 23:00", id="a time"),
        pytest.param("a: b", 'x: "a: b"', id="a colon and a space"),
        pytest.param("a:b", "x: a:b", id="a colon"),
        pytest.param("a #b", 'x: "a #b"', id="what looks like a comment"),
        pytest.param("a#b", "x: a#b", id="a sharp"),
        pytest.param("- a", 'x: "- a"', id="a dash"),
        pytest.param("*/5 * * * *", 'x: "*/5 * * * *"', id="cron"),
        pytest.param("[a", 'x: "[a"', id="a bracket"),
        pytest.param("a, b", "x: a, b", id="a comma, in a block"),
        pytest.param(["a, b"], 'x: ["a, b"]', id="a comma, in brackets"),
        pytest.param(["a: b", "c}"], 'x: ["a: b", "c}"]', id="signs, in brackets"),
        pytest.param('say "hi": x', "x: 'say \"hi\": x'", id="a quote"),
        pytest.param('it\'s: "x"', 'x: "it\'s: \\"x\\""', id="both quotes"),
        pytest.param("back\\slash", "x: back\\slash", id="a backslash"),
        pytest.param(" space", 'x: " space"', id="a space before"),
        pytest.param("a\tb", 'x: "a\\tb"', id="a tab"),
        pytest.param("bell\x07", 'x: "bell\\x07"', id="what cannot be seen"),
        pytest.param("\ufeff\u2028😀", 'x: "\\ufeff\\u2028😀"', id="what is no letter"),
        pytest.param("é", "x: é", id="other letters"),
        pytest.param("\n", 'x: "\\n"', id="a line break alone"),
        pytest.param({"a": {}, "b": []}, "x: {a: {}, b: []}", id="what is empty"),
        pytest.param({"a b": 1, "c: d": 2}, 'x: {a b: 1, "c: d": 2}', id="odd keys"),
    ],
)
def test_a_value_is_written_as_simply_as_it_can_be(value, line):
    assert written(X, value) == [line]


def test_what_is_long_has_lines_of_its_own():
    value = [{"days": "mon-fri", "from": "23:00", "to": "07:00"}] * 3
    assert written(("nodes", "rfid", "open"), value) == [
        "open:",
        *["- {days: mon-fri, from: 23:00, to: 07:00}"] * 3,
    ]


def test_a_text_of_several_lines_has_lines_of_its_own_wherever_braces_do_not_forbid_it():
    assert written(X, ["a\nb"]) == [
        "x:",
        "- |-",
        "a",
        "b",
    ]
    assert written(("nodes", "led", "pin"), "a\nb") == ['led: {type: rgb-led, pin: "a\\nb"}']
