"""What each edit does to a text, line for line."""

import difflib

import pytest

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing import (
    AddPart,
    AddSource,
    Changed,
    ChangeSource,
    DeletePart,
    FlowText,
    MovePart,
    RemoveSource,
    RenamePart,
    Secret,
    SetDisabled,
    SetOption,
    Together,
    UnsetOption,
    apply,
)

FLOW = """\
# a charge point
flow: garage
format: 1
doc: >-
  What it does, in a text that is folded.

vars:                        # what differs
  pin: 5

connections:
  pins: {type: gpio}         # the chip

nodes:
  # -- who wants to charge ---
  rfid:
    type: rfid-reader

  # asks the ledger
  authorise:
    type: authorise
    from: rfid
    on_error: {retry: 2, then: rejected}  # it beeps
    # keep: durable

  # -- what happens then ---
  session:
    type: charge-session
    from:
      token: authorise.accepted   # wired
      meter: meter
    days: "sat,sun"
    key: !secret prowl_key
  led: {type: rgb-led, from: [session.status, rfid], pin: 5}

tests:
  - name: one
    do:
      - send: {rfid: {uid: 1}}
      - expect: {session.started: {}}
"""


def change(edit, text=FLOW):
    """The lines that an edit takes out and puts in."""
    new = apply(edit, FlowText(text, "f.yaml")).text.text
    lines = difflib.ndiff(text.splitlines(), new.splitlines())
    return [line for line in lines if line[0] in "-+"]


def node(*path):
    return ("nodes", *path)


@pytest.mark.parametrize(
    ("edit", "changes"),
    [
        pytest.param(
            SetOption(node("authorise", "on_error", "retry"), 5),
            [
                "-     on_error: {retry: 2, then: rejected}  # it beeps",
                "+     on_error: {retry: 5, then: rejected}  # it beeps",
            ],
            id="an option in a map in braces",
        ),
        pytest.param(
            SetOption(node("rfid", "on_error", "retry"), 3),
            ["+     on_error: {retry: 3}"],
            id="an option of a map that is not there yet",
        ),
        pytest.param(
            SetOption(node("session", "from", "token"), "other.out"),
            [
                "-       token: authorise.accepted   # wired",
                "+       token: other.out   # wired",
            ],
            id="a value with a comment behind it",
        ),
        pytest.param(
            SetOption(node("session", "from", "token"), ["a.b", {"ref": "c.d", "durable": True}]),
            [
                "-       token: authorise.accepted   # wired",
                "+       token: [a.b, {ref: c.d, durable: true}]   # wired",
            ],
            id="a list for a value",
        ),
        pytest.param(
            SetOption(node("session", "from"), {"meter": "meter", "plug": "evse_state"}),
            ["-       token: authorise.accepted   # wired", "+       plug: evse_state"],
            id="a map that differs in two of its lines",
        ),
        pytest.param(
            SetOption(node("led", "from", 1), "authorise.rejected"),
            [
                "-   led: {type: rgb-led, from: [session.status, rfid], pin: 5}",
                "+   led: {type: rgb-led, from: [session.status, authorise.rejected], pin: 5}",
            ],
            id="an item of a list",
        ),
        pytest.param(
            SetOption(node("session", "days"), "mon"),
            ['-     days: "sat,sun"', '+     days: "mon"'],
            id="a text that stays in its quotes",
        ),
        pytest.param(
            SetOption(node("session", "key"), Secret("other")),
            ["-     key: !secret prowl_key", "+     key: !secret other"],
            id="a secret",
        ),
        pytest.param(
            SetOption(node("session", "key"), {"!secret": "other"}),
            ["-     key: !secret prowl_key", "+     key: !secret other"],
            id="a secret as JSON has it",
        ),
        pytest.param(
            SetOption(("doc",), "Short."),
            ["-   What it does, in a text that is folded.", "+   Short."],
            id="a folded text stays folded",
        ),
        pytest.param(
            SetOption(node("rfid", "template"), "two\nlines\n"),
            ["+     template: |", "+       two", "+       lines"],
            id="a text of two lines",
        ),
        pytest.param(
            SetOption(("vars", "tz"), "Europe/Amsterdam"),
            ["+   tz: Europe/Amsterdam"],
            id="a new variable",
        ),
        pytest.param(
            UnsetOption(node("authorise", "on_error")),
            ["-     on_error: {retry: 2, then: rejected}  # it beeps"],
            id="an option goes with the comment behind it",
        ),
        pytest.param(
            UnsetOption(node("led", "from", 0)),
            [
                "-   led: {type: rgb-led, from: [session.status, rfid], pin: 5}",
                "+   led: {type: rgb-led, from: [rfid], pin: 5}",
            ],
            id="an item goes with its comma",
        ),
        pytest.param(
            UnsetOption(("vars", "pin")),
            [
                "- vars:                        # what differs",
                "+ vars: {}                        # what differs",
                "-   pin: 5",
            ],
            id="nothing is left of a map",
        ),
        pytest.param(
            AddPart(
                node("meter"), {"type": "modbus-meter", "on_error": {"retry": 3}}, after="rfid"
            ),
            ["+", "+   meter:", "+     type: modbus-meter", "+     on_error: {retry: 3}"],
            id="a node behind another",
        ),
        pytest.param(
            AddPart(("connections", "bus"), {"type": "serial-bus", "port": "/dev/ttyUSB0"}),
            ["+   bus: {type: serial-bus, port: /dev/ttyUSB0}"],
            id="a connection is on one line, as the others are",
        ),
        pytest.param(
            AddPart(("subflows", "f"), {"nodes": {"a": {"type": "debug", "from": "in.x"}}}),
            ["+ subflows:", "+   f:", "+     nodes:", "+       a: {type: debug, from: in.x}", "+"],
            id="a section has its place",
        ),
        pytest.param(
            AddPart(("tests", 0, "do", 1), {"advance": "10s"}),
            ["+       - advance: 10s"],
            id="a step of a test",
        ),
        pytest.param(
            DeletePart(node("authorise")),
            [
                "-   authorise:",
                "-     type: authorise",
                "-     from: rfid",
                "-     on_error: {retry: 2, then: rejected}  # it beeps",
                "-     # keep: durable",
            ],
            id="a node goes with the comments in it and not with those around it",
        ),
        pytest.param(
            DeletePart(node("rfid"), unwire=True),
            [
                "-   rfid:",
                "-     type: rfid-reader",
                "-     from: rfid",
                "-   led: {type: rgb-led, from: [session.status, rfid], pin: 5}",
                "+   led: {type: rgb-led, from: [session.status], pin: 5}",
            ],
            id="a node goes with its wires",
        ),
        pytest.param(
            RenamePart(node("rfid"), "reader"),
            [
                "-   rfid:",
                "+   reader:",
                "-     from: rfid",
                "+     from: reader",
                "-   led: {type: rgb-led, from: [session.status, rfid], pin: 5}",
                "+   led: {type: rgb-led, from: [session.status, reader], pin: 5}",
                "-       - send: {rfid: {uid: 1}}",
                "+       - send: {reader: {uid: 1}}",
            ],
            id="a name in wires and tests",
        ),
        pytest.param(
            AddSource(node("rfid"), "meter"),
            ["+     from: meter"],
            id="a first wire",
        ),
        pytest.param(
            AddSource(node("authorise"), "meter", durable=True),
            ["-     from: rfid", "+     from: [rfid, {ref: meter, durable: true}]"],
            id="a second wire, durable",
        ),
        pytest.param(
            AddSource(node("session"), "evse_state", port="plug"),
            ["+       plug: evse_state"],
            id="a wire to another input",
        ),
        pytest.param(
            RemoveSource(node("session"), "meter"),
            ["-       meter: meter"],
            id="a wire goes with its input",
        ),
        pytest.param(
            RemoveSource(node("authorise"), "rfid"),
            ["-     from: rfid"],
            id="the last wire",
        ),
        pytest.param(
            ChangeSource(node("led"), "rfid", "authorise.rejected", durable=True),
            [
                "-   led: {type: rgb-led, from: [session.status, rfid], pin: 5}",
                "+   led: {type: rgb-led, from: [session.status, "
                "{ref: authorise.rejected, durable: true}], pin: 5}",
            ],
            id="a wire comes from elsewhere",
        ),
        pytest.param(
            SetDisabled(node("led"), True),
            [
                "-   led: {type: rgb-led, from: [session.status, rfid], pin: 5}",
                "+   led: {type: rgb-led, from: [session.status, rfid], pin: 5, disabled: true}",
            ],
            id="a node does not run",
        ),
        pytest.param(SetDisabled(node("led"), False), [], id="a node that runs may run"),
        pytest.param(SetOption(node("led", "pin"), "5"), [], id="a value that is there already"),
    ],
)
def test_an_edit_changes_these_lines_and_no_other(edit, changes):
    assert [line.rstrip() for line in change(edit)] == changes


def test_a_node_moves_with_the_comment_above_it_and_a_rule_stays():
    new = apply(MovePart(node("authorise"), before="rfid"), FlowText(FLOW)).text.text
    assert (
        new[new.index("nodes:") : new.index("  # -- what happens")]
        == """\
nodes:
  # -- who wants to charge ---
  # asks the ledger
  authorise:
    type: authorise
    from: rfid
    on_error: {retry: 2, then: rejected}  # it beeps
    # keep: durable

  rfid:
    type: rfid-reader

"""
    )


def test_edits_together_are_done_in_order_and_undone_at_once():
    edits = Together((RenamePart(node("rfid"), "reader"), SetOption(node("reader", "spi"), "spi")))
    old = FlowText(FLOW, "f.yaml")
    edited = apply(edits, old)
    assert "  reader:\n    type: rfid-reader\n    spi: spi\n" in edited.text.text
    assert apply(edited.inverse, edited.text).text == old


def test_an_undo_can_be_undone():
    edited = apply(DeletePart(node("led")), FlowText(FLOW))
    undone = apply(edited.inverse, edited.text)
    assert apply(undone.inverse, undone.text).text == edited.text


def test_an_undo_fits_one_text_only():
    edited = apply(DeletePart(node("led")), FlowText(FLOW, "f.yaml"))
    with pytest.raises(Refused) as refused:
        apply(edited.inverse, FlowText(FLOW, "f.yaml"))
    message = "f.yaml: the file was changed since; what was to be undone is gone"
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        pytest.param(SetOption(("vars", "pin"), 6), Changed(8, 8, 8), id="a line changed"),
        pytest.param(SetOption(("vars", "x"), 6), Changed(9, 8, 9), id="a line put in"),
        pytest.param(UnsetOption(node("led", "pin")), Changed(33, 33, 33), id="in braces"),
        pytest.param(UnsetOption(node("session", "key")), Changed(32, 32, 31), id="a line out"),
        pytest.param(SetOption(("vars", "pin"), 5), None, id="nothing"),
    ],
)
def test_the_lines_that_changed_are_told(edit, changed):
    assert apply(edit, FlowText(FLOW)).changed == changed


def test_every_other_text_has_another_revision():
    assert FlowText(FLOW).revision == FlowText(FLOW, "elsewhere.yaml").revision
    assert FlowText(FLOW).revision != FlowText(FLOW + "\n").revision
