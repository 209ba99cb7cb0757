"""An edit that cannot be done says why, and changes nothing."""

import pytest

from oppleo_flow.errors import ConfigError, Refused
from oppleo_flow.flowfile.editing import (
    AddPart,
    AddSource,
    ChangeSource,
    DeletePart,
    FlowText,
    MovePart,
    Quoted,
    RemoveSource,
    RenamePart,
    Restore,
    Secret,
    SetDisabled,
    SetOption,
    Together,
    UnsetOption,
    apply,
    edit_as_json,
    edit_from_json,
)

FLOW = """\
flow: garage
format: 1
connections:
  db: {type: site-store}
nodes:
  meter: {type: modbus-meter, bus: rs485}
  ledger:
    type: ledger
    store: db
    from: {reading: meter, session: [meter, a.b]}
  led:
    type: rgb-led
    from: [meter, session.status]
    on_error: fault
    open: [days: mon, 5]
    ? odd
    : key
  tall: {
    a: {type: debug}, b: {type: debug}, # c
    c: {type: debug}
  }
"""


def node(*path):
    return ("nodes", *path)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        pytest.param(
            SetOption(node("metre", "every"), "5s"),
            "there is no 'metre' in nodes; did you mean 'meter'?",
            id="a node that is not there",
        ),
        pytest.param(
            SetOption(("notes",), "x"),
            "'notes' is not a part of a flow; did you mean 'nodes'?",
            id="a section that no flow has",
        ),
        pytest.param(SetOption((), "x"), "an edit needs a path to what it changes", id="no path"),
        pytest.param(
            SetOption(node("led", "on_error", "retry"), 3),
            "nodes.led.on_error.retry: nodes.led.on_error is text, and has no such part; "
            "set it whole",
            id="an option of a text",
        ),
        pytest.param(
            SetOption(node("led", "from", 5), "x"),
            "nodes.led.from.5: nodes.led.from has 2 items",
            id="an item far behind the last one",
        ),
        pytest.param(
            UnsetOption(node("led", "pin")),
            "there is no 'pin' in nodes.led; it has: type, from, on_error, open, odd",
            id="an option that is not there",
        ),
        pytest.param(
            AddPart(node("led"), {"type": "x"}),
            "there is a nodes.led already; choose another name",
            id="a name that is taken",
        ),
        pytest.param(
            AddPart(node("in"), {"type": "x"}),
            "a name is small letters, digits and _, and neither 'flow' nor 'in', got 'in'",
            id="a name that is reserved",
        ),
        pytest.param(
            RenamePart(node("led"), "The LED"),
            "a name is small letters, digits and _, and neither 'flow' nor 'in', got 'The LED'",
            id="a name with a space",
        ),
        pytest.param(
            RenamePart(node("led", "from"), "to"),
            "nodes.led.from: only a node, a connection, a variable, a subflow and a parameter of "
            "one have names that others use",
            id="a new name for an option",
        ),
        pytest.param(
            RenamePart(("connections", "db"), "store"),
            "nodes.ledger.store: it may name the connection 'db', and the type of the node is not "
            "known; rename it by hand",
            id="a connection in a node of an unknown type",
        ),
        pytest.param(
            MovePart(node("led"), after="led"),
            "nodes.led cannot be moved beside itself",
            id="a node beside itself",
        ),
        pytest.param(
            MovePart(node("led"), after="meter", before="ledger"),
            "nodes.led: 'after' or 'before' is needed, one of them",
            id="two places at once",
        ),
        pytest.param(
            AddSource(node("ledger"), "x.y"),
            "nodes.ledger: 'from' names its inputs; say which: reading, session",
            id="a wire to a node with inputs",
        ),
        pytest.param(
            AddSource(node("led"), "x.y", port="plug"),
            "nodes.led: 'from' names no input, so 'plug' cannot be added beside it; "
            "set 'from' whole, with an input for each source",
            id="a wire to an input beside wires to none",
        ),
        pytest.param(
            AddSource(node("led"), "meter"),
            "nodes.led: 'meter' is a source already",
            id="a wire that is there",
        ),
        pytest.param(
            ChangeSource(node("led"), "session.status", "meter"),
            "nodes.led: 'meter' is a source already",
            id="a wire that becomes one that is there",
        ),
        pytest.param(
            AddSource(node("led"), "two words"),
            "a reference is one word such as meter.reading, got 'two words'",
            id="what is no reference",
        ),
        pytest.param(
            RemoveSource(node("led"), "ledger"),
            "nodes.led: 'ledger' is no source",
            id="a wire that is not there",
        ),
        pytest.param(
            RemoveSource(node("ledger"), "a.b", port="reading"),
            "nodes.ledger: 'a.b' is no source at the input 'reading'",
            id="a wire to another input",
        ),
        pytest.param(
            RemoveSource(node("ledger"), "meter"),
            "nodes.ledger: 'meter' is a source at 2 places; say at which input",
            id="a wire that is there twice",
        ),
        pytest.param(
            DeletePart(("connections", "db"), unwire=True),
            "connections.db: only a node has wires",
            id="wires of a connection",
        ),
        pytest.param(
            SetDisabled(("connections", "dc"), True),
            "there is no 'dc' in connections; it has: db",
            id="a part that is not there is disabled",
        ),
        pytest.param(
            Together((Restore("", 0, 0, ""),)),
            "an undo cannot be done together with other edits",
            id="an undo among edits",
        ),
    ],
)
def test_the_reason_is_told(edit, why):
    with pytest.raises(Refused) as refused:
        apply(edit, FlowText(FLOW, "f.yaml"))
    assert str(refused.value) == f"f.yaml: {why}"


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        pytest.param(
            UnsetOption(node("led", "odd")),
            "f.yaml:16: 'odd' stands behind '?' and cannot be edited there; begin a line with it",
            id="a key behind a question mark",
        ),
        pytest.param(
            SetOption(node("led", "open", 0, "from"), "7:00"),
            "f.yaml:15: a map without braces in a list; put braces around it first",
            id="a map without braces in brackets",
        ),
        pytest.param(
            MovePart(node("tall", "c"), before="a"),
            "f.yaml:20: a comment stands between 'c' and its neighbours, and it cannot be told to "
            "which it belongs; move it by hand",
            id="a comment that may belong to either neighbour",
        ),
    ],
)
def test_a_form_that_cannot_be_edited_safely_is_told_with_its_line(edit, why):
    with pytest.raises(Refused) as refused:
        apply(edit, FlowText(FLOW, "f.yaml"))
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param(float("nan"), "a number must be finite, got nan", id="no number"),
        pytest.param(
            "\ud800",
            "half a character cannot be written into a file, got '\\ud800'",
            id="half a character",
        ),
        pytest.param(
            Secret("a b"), "a secret's name is letters, digits and _, got 'a b'", id="no secret"
        ),
        pytest.param({"": 1}, "a key is a text, got ''", id="no key"),
        pytest.param(
            {1, 2},
            "a value is text, a number, a truth, a list or a map, got {1, 2}",
            id="what is no value",
        ),
    ],
)
def test_a_value_that_no_file_can_say_is_refused(value, why):
    with pytest.raises(Refused) as refused:
        apply(SetOption(("doc",), value), FlowText(FLOW, "f.yaml"))
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(
            "a: [b\nc: d\n",
            "f.yaml:1:4: '[' is not closed; add ']'; mend this first",
            id="broken syntax",
        ),
        pytest.param(
            "a: 1\na: 2\n",
            "f.yaml:2:1: 'a' stands here a second time, first in line 1; remove or rename one; "
            "mend this first",
            id="a key that stands twice",
        ),
        pytest.param("", "f.yaml: a flow is a map, and here is nothing", id="nothing"),
        pytest.param("- a\n", "f.yaml: a flow is a map, and here is a list", id="a list"),
    ],
)
def test_a_text_that_cannot_be_read_is_not_edited(text, why):
    with pytest.raises(Refused) as refused:
        apply(SetOption(("doc",), "x"), FlowText(text, "f.yaml"))
    assert str(refused.value) == why


def test_a_comment_that_a_text_would_swallow_keeps_what_stands_between():
    text = FlowText("doc: |\n  x\nflow: f\n\n    # deep\nformat: 1\n", "f.yaml")
    with pytest.raises(Refused) as refused:
        apply(UnsetOption(("flow",)), text)
    assert str(refused.value) == (
        "f.yaml: flow: the way it is written cannot be edited safely; edit the text by hand"
    )


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        pytest.param(
            AddPart(("nodes", "a", "list", 3), 1), "there is no 3 in nodes.a.list", id="far behind"
        ),
        pytest.param(
            AddPart(("nodes", "b", "x"), 1), "there is no 'b' in nodes; it has: a", id="no node"
        ),
        pytest.param(
            AddPart(("notes", "x"), 1),
            "there is no 'notes'; did you mean 'nodes'?",
            id="no section",
        ),
        pytest.param(
            RenamePart(("nodes", "a"), "c_1"),
            "there is a nodes.c_1 already; choose another name",
            id="a new name that is taken",
        ),
        pytest.param(
            UnsetOption(("nodes",)), "'nodes' is all there is; it cannot be taken away", id="all"
        ),
    ],
)
def test_what_is_not_there_is_told(edit, why):
    taken = "  c_1: {type: x}\n" if isinstance(edit, RenamePart) else ""
    text = FlowText(f"nodes:\n  a: {{type: x, list: [1]}}\n{taken}", "f.yaml")
    with pytest.raises(Refused) as refused:
        apply(edit, text)
    assert str(refused.value) == f"f.yaml: {why}"


def test_a_text_that_would_get_a_line_break_with_the_next_one_is_left_alone():
    text = FlowText("flow: garage\nformat: 1\nvars:\n  a: |\n    x", "f.yaml")
    with pytest.raises(Refused) as refused:
        apply(SetOption(("vars", "b"), 1), text)
    assert str(refused.value) == (
        "f.yaml: the text at the end of the file would change with the line break that it gets; "
        "add the line break first"
    )


@pytest.mark.parametrize(
    "edit",
    [
        SetOption(node("a"), {"x": [1, None, "y"]}),
        UnsetOption(node("a", 1)),
        AddPart(node("a"), {"type": "x"}, after="b"),
        RenamePart(node("a"), "b"),
        MovePart(node("a"), before="b"),
        AddSource(node("a"), "b", "in", durable=True),
        Restore("f00", 1, 2, "text"),
        Together((SetDisabled(node("a"), True), Together(()))),
    ],
    ids=lambda edit: edit.edit,
)
def test_an_edit_is_the_same_after_its_way_as_json(edit):
    assert edit_from_json(edit_as_json(edit)) == edit


def test_secrets_and_quotes_have_a_form_in_json():
    edit = SetOption(("vars", "a"), {"a": Secret("s"), "b": [Quoted("17")]})
    value = {"a": {"!secret": "s"}, "b": [{"!quoted": "17"}]}
    assert edit_as_json(edit) == {"edit": "set-option", "path": ["vars", "a"], "value": value}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param(
            {"edit": "paint"},
            "edit: there is no 'paint'; there are: set-option, unset-option, add-part, "
            "delete-part, rename-part, follow-rename, move-part, add-source, remove-source, "
            "change-source, set-disabled, restore, together",
            id="an edit that nobody knows",
        ),
        pytest.param(
            {"edit": "rename-part", "path": ["nodes", "a"]},
            "rename-part.to: Field required, got {'edit': 'rename-part', 'path': ['nodes', 'a']}",
            id="something is missing",
        ),
        pytest.param(
            {"edit": "rename-part", "path": ["nodes", "a"], "to": "b", "too": "c"},
            "rename-part.too: Unexpected keyword argument, got 'c'",
            id="something is too much",
        ),
    ],
)
def test_what_is_no_edit_is_told(value, why):
    with pytest.raises(ConfigError) as refused:
        edit_from_json(value)
    assert str(refused.value) == why
