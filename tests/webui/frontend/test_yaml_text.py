"""What the editor of YAML knows of a text: where somebody types, and which lines differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webui.frontend.typescript import running

CODE = """
import { linesOf, spanOf } from "src/pages/flow/edit/yaml/span";
import { whereIs } from "src/pages/flow/edit/yaml/where";
export const where = (text) => whereIs(text.split("\\n")) ?? null;
export const span = (one, other) => spanOf(one, other) ?? null;
export const lines = (one, other) => linesOf(one, other) ?? null;
"""
TEXTS = st.text(alphabet="ab \n\r", max_size=40)


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    with running(CODE, tmp_path_factory.mktemp("yaml")) as script:
        yield script


@pytest.mark.parametrize(
    ("text", "path", "key", "typed"),
    [
        ("no", [], None, "no"),
        ("nodes:\n  me", ["nodes"], None, "me"),
        ("nodes:\n  meter:\n    type: mod", ["nodes", "meter"], "type", "mod"),
        ("nodes:\n  meter:\n    type:", ["nodes", "meter"], "type", ""),
        ("nodes:\n  one:\n    type: x\n  two:\n    ", ["nodes", "two"], None, ""),
        ("nodes:\n  one:\n    in: [a.x, b", ["nodes", "one"], "in", "b"),
        ("nodes:\n  one:\n    in:\n      - a.x\n      - b.", ["nodes", "one"], "in", "b."),
        ("nodes:\n  one:\n    in:\n    - b.", ["nodes", "one"], "in", "b."),
        ("nodes:\n  one:\n    in:\n      - from: b.", ["nodes", "one", "in"], "from", "b."),
        ("tests:\n  - name: x\n    send: ", ["tests"], "send", ""),
        ("tests:\n  - name: x\n    send:\n      at: ", ["tests", "send"], "at", ""),
        ('nodes:\n  "a b":\n    # type: none\n\n    type: x', ["nodes", "a b"], "type", "x"),
    ],
)
def test_where_somebody_types_is_known_by_the_lines_above(script, text, path, key, typed):
    assert script.call("where", text) == {"path": path, "key": key, "typed": typed}


@pytest.mark.parametrize("text", ["# a comment", "nodes:\n  meter: # ty"])
def test_nothing_is_offered_in_a_comment(script, text):
    assert script.call("where", text) is None


@given(one=TEXTS, other=TEXTS)
def test_what_differs_put_there_gives_the_other_text(script, one, other):
    span = script.call("span", one, other)

    assert (span is None) == (one == other)
    if span is not None:
        assert one[: span["from"]] + span["insert"] + one[span["to"] :] == other


@given(one=TEXTS, other=TEXTS)
def test_the_lines_that_differ_put_there_give_the_other_text(script, one, other):
    lines = script.call("lines", one, other)

    assert (lines is None) == (one == other)
    if lines is not None:
        old = [*(line + "\n" for line in one.split("\n")[:-1]), one.split("\n")[-1]]
        before, after = old[: lines["first"] - 1], old[lines["last"] :]
        assert "".join(old[lines["first"] - 1 : lines["last"]]) == lines["was"]
        assert "".join([*before, lines["text"], *after]) == other


def test_only_the_lines_concerned_differ(script):
    one = "a: 1\nb: 2\nc: 3\n"

    assert script.call("lines", one, "a: 1\nb: 20\nc: 3\n") == {
        "first": 2,
        "last": 2,
        "text": "b: 20\n",
        "was": "b: 2\n",
    }
    assert script.call("lines", one, one + "d: 4\n") == {
        "first": 4,
        "last": 3,
        "text": "d: 4\n",
        "was": "",
    }
