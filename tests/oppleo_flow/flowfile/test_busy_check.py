"""What a node can be asked to do while it is busy."""

import pytest

from oppleo_flow.flowfile.graph import WhenBusy

BASE = """\
flow: f
format: 1
connections: {rs485: {type: bus, port: x}}
nodes:
  c: {type: card}
  a: {type: authorise, from: c}
  m: {type: meter, bus: rs485}
  s: {type: session, from: {token: a.accepted, meter: m}}
"""  # the next line is 9
LAMP = "{type: lamp, from: a.rejected, safe: off, when_busy: "


@pytest.mark.parametrize(
    ("node", "policy"),
    [
        pytest.param("{type: same, from: s.ended}", WhenBusy(), id="queue goes without saying"),
        pytest.param("{type: same, from: s.ended, when_busy: queue}", WhenBusy(), id="queue"),
        pytest.param(
            "{type: same, from: s.ended, when_busy: restart}", WhenBusy("restart"), id="restart"
        ),
        pytest.param(
            "{type: same, from: s.ended, when_busy: drop per uid}",
            WhenBusy("drop", "uid"),
            id="drop per a field",
        ),
        pytest.param(
            "{type: post, from: a.rejected, when_busy: parallel 4}",
            WhenBusy("parallel", None, 4),
            id="parallel",
        ),
        pytest.param(
            "{type: post, from: [a.accepted, a.rejected], when_busy: parallel 64 per uid}",
            WhenBusy("parallel", "uid", 64),
            id="parallel per a field",
        ),
        pytest.param(
            "{type: same, from: flow.status, when_busy: restart per node.id}",
            WhenBusy("restart", "node.id"),
            id="a record may have any field",
        ),
        pytest.param(LAMP + "restart}", WhenBusy("restart"), id="restart at an output"),
    ],
)
def test_what_a_node_can_do_is_in_the_graph(check, node, policy):
    result = check(f"{BASE}  n: {node}\n")
    if result.graph is None:
        raise AssertionError([finding.headline() for finding in result.findings])
    assert result.graph.nodes["n"].when_busy == policy


@pytest.mark.parametrize(
    ("node", "finding"),
    [
        pytest.param(
            "{type: same, from: s.ended, when_busy: parallel 1}",
            "9:45: n: 'when_busy': queue, restart, drop or a number at once such as 'parallel 4' "
            "is needed, with 'per' and a field after it where messages are told apart, "
            "got 'parallel 1'",
            id="one at once",
        ),
        pytest.param(
            "{type: same, from: s.ended, when_busy: queue per uid}",
            "9:45: n: 'when_busy': queue keeps the order of all messages, so 'per' means nothing "
            "with it, got 'queue per uid'",
            id="a queue per field",
        ),
        pytest.param(
            "{type: same, from: s.ended, when_busy: parallel 2}",
            "9:45: n: 'when_busy' parallel is for what waits, and same never does; "
            "its messages are handled at once as it is",
            id="parallel where nothing waits",
        ),
        pytest.param(
            "{type: session, from: {token: a.accepted, meter: m}, when_busy: drop per uid}",
            None,
            id="drop per a field of one of its inputs",
        ),
        pytest.param(
            "{type: post, from: a.rejected, keep: durable, when_busy: parallel 2}",
            "9:63: n: 'when_busy' parallel: handlers that run at once have no state in common; "
            "remove 'keep: durable'",
            id="parallel with durable state",
        ),
        pytest.param(
            "{type: modem, from: a.rejected, when_busy: parallel 2}",
            "9:49: n: 'when_busy' parallel: the connection 'rs485' does one thing at a time; "
            "use queue",
            id="parallel over a bus",
        ),
        pytest.param(
            "{type: post, from: {ref: a.rejected, durable: true}, when_busy: drop}",
            "9:70: n: 'when_busy' drop gives messages up, and a durable wire gives none up; "
            "remove one of them",
            id="drop on a durable wire",
        ),
        pytest.param(
            LAMP + "drop}",
            "9:59: n: 'when_busy' drop could keep lamp from the last that it is told; use restart",
            id="drop at an output",
        ),
        pytest.param(
            "{type: same, from: s.request, when_busy: restart}",
            "9:47: n: 'when_busy' restart is for events, and only levels are wired to it; "
            "remove 'when_busy'",
            id="restart at levels only",
        ),
        pytest.param(
            "{type: post, from: a.rejected, when_busy: restart per cart.uid}",
            "9:48: n: 'when_busy' per cart.uid: Rejected has no field 'cart'",
            id="a field that is not there",
        ),
        pytest.param(
            "{type: post, from: [a.accepted, a.rejected], when_busy: restart per cart}",
            "9:62: n: 'when_busy' per cart: Authorised and Rejected have no field 'cart'",
            id="a field that none has",
        ),
    ],
)
def test_what_a_node_cannot_do_is_an_error(headlines, node, finding):
    assert headlines(f"{BASE}  n: {node}\n") == ([] if finding is None else [finding])
