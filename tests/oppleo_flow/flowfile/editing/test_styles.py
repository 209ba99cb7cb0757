"""Edits in every style that a part may have: what it is written like stays."""

import pytest

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing import (
    AddPart,
    AddSource,
    ChangeSource,
    FlowText,
    MovePart,
    RemoveSource,
    RenamePart,
    SetOption,
    UnsetOption,
    apply,
)

TALL = """\
nodes:
  a: {
    x: 1,  # one
    # between
    y: [
      2,   # two
      3
    ],
    z: 4   # four
  }
"""
DASHES = """\
nodes:
  a:
    open:
    -   days: mon    # mondays
        from: 7:00
    -   # empty above
        days: tue
    - - x
      - y
    -
"""


def edited(text, *edits):
    flow = FlowText(text)
    for edit in edits:
        flow = apply(edit, flow).text
    return flow.text


def a(*path):
    return ("nodes", "a", *path)


@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        pytest.param(
            SetOption(a("w"), 5), "    z: 4   # four\n", "    z: 4,   # four\n    w: 5\n", id="add"
        ),
        pytest.param(
            AddPart(a("w"), 5, before="y"), "    y: [\n", "    w: 5,\n    y: [\n", id="add before"
        ),
        pytest.param(
            AddPart(a("y", 2), 5), "      3\n", "      3,\n      5\n", id="add to brackets"
        ),
        pytest.param(UnsetOption(a("x")), "    x: 1,  # one\n", "", id="the first goes"),
        pytest.param(
            UnsetOption(a("z")), "    ],\n    z: 4   # four\n", "    ]\n", id="the last goes"
        ),
        pytest.param(
            UnsetOption(a("y", 1)), "2,   # two\n      3\n", "2   # two\n", id="an item goes"
        ),
        pytest.param(
            MovePart(a("z"), before="x"),
            TALL[TALL.index("    x:") : TALL.index("  }")],
            "    z: 4,   # four\n    # between\n    x: 1,  # one\n"
            "    y: [\n      2,   # two\n      3\n    ]\n",
            id="they change places",
        ),
        pytest.param(
            MovePart(a("y", 1), before=0),
            "2,   # two\n      3\n",
            "3,\n      2   # two\n",
            id="items",
        ),
    ],
)
def test_braces_with_a_line_for_each_part(edit, old, new):
    assert old in TALL
    assert edited(TALL, edit) == TALL.replace(old, new)


@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        pytest.param(
            UnsetOption(a("open", 0, "days")),
            "-   days: mon    # mondays\n        from: 7:00",
            "-\n        from: 7:00",
            id="what stands behind the dash goes, with its comment",
        ),
        pytest.param(
            UnsetOption(a("open", 2, 0)), "- - x\n      - y", "- - y", id="an item behind a dash"
        ),
        pytest.param(
            AddPart(a("open", 0, "to"), "8:00", before="days"),
            "-   days: mon    # mondays\n",
            "-   to: 8:00\n        days: mon    # mondays\n",
            id="a part before the one behind the dash",
        ),
        pytest.param(
            SetOption(a("open", 3), {"text": "two\nlines"}),
            "    -\n",
            "    - text: |-\n        two\n        lines\n",
            id="lines behind a dash",
        ),
        pytest.param(
            SetOption(a("open", 0), "word"),
            "-   days: mon    # mondays\n        from: 7:00\n",
            "-   word\n",
            id="a word for a map behind a dash",
        ),
        pytest.param(
            SetOption(a("open", 1), {"b": {"text": "two\nlines"}}),
            "    -   # empty above\n        days: tue\n",
            "    - b:   # empty above\n        text: |-\n          two\n          lines\n",
            id="another map below a dash",
        ),
        pytest.param(
            AddPart(a("open", 0), "first"),
            "    -   days: mon",
            "    - first\n    -   days: mon",
            id="a first item",
        ),
    ],
)
def test_lists_with_dashes(edit, old, new):
    assert old in DASHES
    assert edited(DASHES, edit) == DASHES.replace(old, new)


def test_the_part_behind_a_dash_is_not_moved():
    with pytest.raises(Refused) as refused:
        apply(MovePart(a("open", 0, "from"), before="days"), FlowText(DASHES, "f.yaml"))
    assert str(refused.value) == (
        "f.yaml:5: 'from' or its new neighbour shares a line with the dash of a list; "
        "move it by hand"
    )


@pytest.mark.parametrize(
    ("text", "edit", "new"),
    [
        pytest.param("{a: 1,}", SetOption(("vars", "b"), 2), "{a: 1, b: 2}", id="a last comma"),
        pytest.param("{a: 1, b: 2,}", UnsetOption(("vars", "b")), "{a: 1,}", id="it stays"),
        pytest.param("{ a: 1 , b: 2 }", UnsetOption(("vars", "a")), "{ b: 2 }", id="the first"),
        pytest.param("{ a: 1 , b: 2 }", UnsetOption(("vars", "b")), "{ a: 1  }", id="the last"),
        pytest.param("{a: 1}", UnsetOption(("vars", "a")), "{}", id="the only one"),
        pytest.param("{a, b: 1}", SetOption(("vars", "a"), 2), "{a: 2, b: 1}", id="no value yet"),
        pytest.param("{a: , b: 1}", SetOption(("vars", "a"), 2), "{a: 2 , b: 1}", id="nothing"),
        pytest.param("{b: 1, a: }", SetOption(("vars", "c"), 2), "{b: 1, a: , c: 2}", id="behind"),
        pytest.param("{a: 'x'}", SetOption(("vars", "a"), "it's"), "{a: 'it''s'}", id="quotes"),
        pytest.param(
            '{a: "x"}', SetOption(("vars", "a"), 'say "x"'), '{a: "say \\"x\\""}', id="both"
        ),
        pytest.param('{"a": 1}', RenamePart(("vars", "a"), "b"), '{"b": 1}', id="a key in quotes"),
        pytest.param("{'a': 1}", RenamePart(("vars", "a"), "b"), "{'b': 1}", id="single ones"),
        pytest.param(
            "{a: 1, b: 2, c: 3}",
            MovePart(("vars", "c"), after="a"),
            "{a: 1, c: 3, b: 2}",
            id="moved",
        ),
        pytest.param("{a: 1,\n b: 2}", UnsetOption(("vars", "b")), "{a: 1}", id="over two lines"),
        pytest.param(
            "{a: 1, # c\n b: 2}", UnsetOption(("vars", "b")), "{a: 1 # c\n }", id="with a comment"
        ),
        pytest.param(
            "{a: 1, b: 2, # c\n d: 3}",
            UnsetOption(("vars", "b")),
            "{a: 1,  # c\n d: 3}",
            id="between",
        ),
        pytest.param("", SetOption(("vars", "b"), 2), "\n  b: 2", id="an empty section"),
        pytest.param("# c", SetOption(("vars", "b"), 2), "# c\n  b: 2", id="empty but for words"),
    ],
)
def test_braces_on_one_line(text, edit, new):
    before = f"vars: {text}\nformat: 1\n".replace(": \n", ":\n")
    assert edited(before, edit) == f"vars: {new}\nformat: 1\n".replace(": \n", ":\n")


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        pytest.param([1, 2, 3], [1, 4, 3], "[1, 4, 3]", id="an item changes"),
        pytest.param([1, 2, 3], [1, 3], "[1, 3]", id="an item goes"),
        pytest.param([1, 3], [1, 2, 3], "[1, 2, 3]", id="an item comes"),
        pytest.param([1, 2, 3], [4, 5, 6, 7], "[4, 5, 6, 7]", id="all change"),
        pytest.param([1, 2, 3], [4], "[4]", id="fewer"),
        pytest.param([1, 2], [], "[]", id="none are left"),
        pytest.param([], [1], "[1]", id="the first comes"),
        pytest.param({"a": 1, "b": 2}, {"b": 2, "a": 1}, "{b: 2, a: 1}", id="another order"),
        pytest.param({"a": 1, "b": 2}, {"c": 1, "b": 3}, "{c: 1, b: 3}", id="another key"),
        pytest.param({"a": 1}, "word", "word", id="a word for a map"),
        pytest.param("word", {"a": [1]}, "{a: [1]}", id="a map for a word"),
    ],
)
def test_a_whole_value_becomes_another(old, value, new):
    before = edited("flow: f\nformat: 1\n", SetOption(("vars", "x"), old))
    assert edited(before, SetOption(("vars", "x"), value)) == (
        f"flow: f\nformat: 1\n\nvars:\n  x: {new}\n"
    )


@pytest.mark.parametrize(
    ("text", "edit", "new"),
    [
        pytest.param(
            "doc: |  # say\n  one\n  two\n\nformat: 1\n",
            SetOption(("doc",), "one"),
            "doc: |-  # say\n  one\n\nformat: 1\n",
            id="a block stays one, and so does the comment behind its sign",
        ),
        pytest.param(
            "doc: |\n  one\nformat: 1\n",
            SetOption(("doc",), ["one"]),
            "doc:\n  - one\nformat: 1\n",
            id="a list for a block",
        ),
        pytest.param(
            "doc: >\n  one\n\n  two\nformat: 1\n",
            SetOption(("doc",), "one\n\n  two\n"),
            "doc: |\n  one\n\n    two\nformat: 1\n",
            id="what folding cannot say is not folded",
        ),
        pytest.param(
            "doc: |\n  one\nformat: 1\n",
            SetOption(("doc",), " one"),
            'doc: " one"\nformat: 1\n',
            id="what a block cannot say is in quotes",
        ),
        pytest.param(
            "doc: one\n    two  # c\nformat: 1\n",
            SetOption(("doc",), "three"),
            "doc: three  # c\nformat: 1\n",
            id="a plain text over two lines",
        ),
        pytest.param(
            "doc:\n  one\nformat: 1\n",
            SetOption(("doc",), "two"),
            "doc:\n  two\nformat: 1\n",
            id="a text below its key",
        ),
        pytest.param(
            "doc:\n  one\nformat: 1\n",
            SetOption(("doc",), "two\nlines"),
            "doc: |-\n  two\n  lines\nformat: 1\n",
            id="a block for a text below its key",
        ),
        pytest.param(
            "doc: one\n    # deep\nformat: 1\n",
            SetOption(("doc",), "two\nlines"),
            'doc: "two\\nlines"\n    # deep\nformat: 1\n',
            id="no block above a comment that it would swallow",
        ),
        pytest.param(
            "doc: |+\n  one\n\nformat: 1\n",
            AddPart(("vars", "a"), 1),
            "doc: |+\n  one\n\nformat: 1\n\nvars:\n  a: 1\n",
            id="a block with empty lines stays",
        ),
        pytest.param(
            "vars:\r\n    a: 1",
            SetOption(("vars", "b"), "é"),
            "vars:\r\n    a: 1\r\n    b: é",
            id="line breaks and the lack of one stay",
        ),
        pytest.param(
            "\ufeffvars:\n  a: 1\n",
            UnsetOption(("vars", "a")),
            "\ufeffvars: {}\n",
            id="a byte order mark stays",
        ),
        pytest.param(
            "vars:\n  a: 1\n\n\n  b: 2\n\n# end\n",
            UnsetOption(("vars", "b")),
            "vars:\n  a: 1\n\n\n# end\n",
            id="one empty line goes with a part",
        ),
        pytest.param(
            "nodes:\n   a:\n      type: x\n",
            AddPart(("nodes", "b"), {"type": "y"}),
            "nodes:\n   a:\n      type: x\n\n   b:\n      type: y\n",
            id="a file keeps its own indentation",
        ),
        pytest.param(
            "nodes: {a: {type: x}}\n",
            AddPart(("nodes", "b"), {"type": "y"}, before="a"),
            "nodes: {b: {type: y}, a: {type: x}}\n",
            id="a node in braces",
        ),
        pytest.param(
            "nodes:\n  a: {type: x}\n  b: {type: y}\n",
            MovePart(("nodes", "b"), before="a"),
            "nodes:\n  b: {type: y}\n  a: {type: x}\n",
            id="lines close by stay so",
        ),
    ],
)
def test_texts_and_lines(text, edit, new):
    assert edited(text, edit) == new


FROM = "nodes:\n  a:\n    type: x\n    from: {}\n"


@pytest.mark.parametrize(
    ("old", "edit", "new"),
    [
        pytest.param("b", AddSource(a(), "c"), "[b, c]", id="to a reference"),
        pytest.param("b", AddSource(a(), "c", "in"), "[b, c]", id="in is the usual input"),
        pytest.param("[b]", AddSource(a(), "c"), "[b, c]", id="to a list"),
        pytest.param("{ref: b}", AddSource(a(), "c"), "[{ref: b}, c]", id="to a map with ref"),
        pytest.param("{p: b}", AddSource(a(), "c", "p"), "{p: [b, c]}", id="to an input"),
        pytest.param("{in: b}", AddSource(a(), "c"), "{in: [b, c]}", id="to the usual one"),
        pytest.param("{p: b}", AddSource(a(), "b", "q"), "{p: b, q: b}", id="to another input"),
        pytest.param("[b, c]", RemoveSource(a(), "b"), "[c]", id="from a list"),
        pytest.param("{p: [b], q: c}", RemoveSource(a(), "b"), "{q: c}", id="with its input"),
        pytest.param("{p: b, q: b}", RemoveSource(a(), "b", "q"), "{p: b}", id="at one input"),
        pytest.param("[{ref: b}]", ChangeSource(a(), "b", "c"), "[{ref: c}]", id="in a map"),
        pytest.param(
            "{ref: b, durable: on}",
            ChangeSource(a(), "b", "c", durable=True),
            "{ref: c, durable: on}",
            id="durable already",
        ),
        pytest.param(
            "{ref: b}",
            ChangeSource(a(), "b", "b", durable=True),
            "{ref: b, durable: true}",
            id="durable now",
        ),
        pytest.param('["b"]', ChangeSource(a(), "b", "c"), '["c"]', id="in quotes"),
    ],
)
def test_wires_in_all_their_forms(old, edit, new):
    assert edited(FROM.format(old), edit) == FROM.format(new)
