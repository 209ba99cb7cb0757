import pytest

PLUG = "  p: {type: plug}\n  c: {type: card}\n"  # lines 4 and 5


@pytest.mark.parametrize(
    ("nodes", "findings"),
    [
        pytest.param("  l: {type: lamp, safe: off, from: p}\n", [], id="all that may come fits"),
        pytest.param("  l: {type: lamp, safe: off, from: c}\n",
                     ["6:36: l: 'c.seen' carries CardSeen, but the input 'in' of lamp takes "
                      "SessionStatus | EvseState | EvseUnknown | Rejected; wire another output"],
                     id="another type"),
        pytest.param("  a: {type: authorise, from: c}\n"
                     "  l: {type: lamp, safe: off, from: a.accepted}\n",
                     ["7:36: l: 'a.accepted' carries Authorised, but the input 'in' of lamp takes "
                      "SessionStatus | EvseState | EvseUnknown | Rejected; "
                      "did you mean 'a.rejected'?"], id="another output of the same node fits"),
        pytest.param("  b: {type: batch, from: [p, c]}\n  t: {type: table, from: b}\n",
                     ["7:26: t: 'b.full' carries list[EvseState | EvseUnknown | CardSeen], but "
                      "the input 'in' of table takes list[CardSeen]; wire another output"],
                     id="a list of other things"),
        pytest.param("  s: {type: same, from: [p, flow.errors]}\n"
                     "  l: {type: lamp, safe: off, from: s}\n",
                     ["7:36: l: 's.out' carries EvseState | EvseUnknown | Failure, but the input "
                      "'in' of lamp takes SessionStatus | EvseState | EvseUnknown | Rejected; "
                      "Failure does not fit"], id="a part of what may come does not fit"),
        pytest.param("  l: {type: lamp, safe: off, from: [p, p.state]}\n",
                     ["6:40: l: 'p.state' is wired to the same input twice; remove one"],
                     id="the same wire twice"),
        pytest.param("  a: {type: authorise}\n",
                     ["6:3: a: its input takes CardSeen and is not wired; add 'from: c.seen'"],
                     id="an input that nothing reaches"),
        pytest.param("  a: {type: authorise, from: c}\n"
                     "  s: {type: session, from: {token: a.accepted}}\n",
                     ["7:28: s: the input 'meter' takes MeterReading | MeterUnknown and is not "
                      "wired; add 'meter: …' to 'from'"], id="one of several inputs"),
        pytest.param("  l: {type: lamp, safe: off}\n  q: {type: plug}\n",
                     ["6:3: l: its input takes SessionStatus | EvseState | EvseUnknown | Rejected "
                      "and is not wired; add 'from: …' (p.state or q.state would fit)"],
                     id="an input that several outputs would fit"),
        pytest.param("  a: {type: authorise, from: c}\n"
                     "  s: {type: session, from: {tokn: a.accepted, meter: flow.start}}\n",
                     ["7:29: s: session has no input 'tokn'; did you mean 'token'?",
                      "7:54: s: 'flow.start' carries FlowStarted, but the input 'meter' of session "
                      "takes MeterReading | MeterUnknown; wire another output"],
                     id="an input under a wrong name is not told of as unwired, too"),
        pytest.param("  d: {type: delay}\n",
                     ["6:3: d: its input takes Any and is not wired; add 'from: …'"],
                     id="an input that takes anything"),
    ],
)  # fmt: skip
def test_wires_are_checked(in_nodes, nodes: str, findings: list[str]) -> None:
    assert in_nodes(PLUG + nodes) == findings


@pytest.mark.parametrize(
    ("nodes", "findings"),
    [
        pytest.param("  a: {type: same, from: [b, flow.start]}\n  b: {type: same, from: a}\n",
                     ["4:26: warning: a: a → b → a is a circle without a delay; "
                      "put a 'delay' into it"], id="two nodes"),
        pytest.param("  a: {type: same, from: [a, flow.start]}\n",
                     ["4:26: warning: a: a → a is a circle without a delay; "
                      "put a 'delay' into it"], id="one node"),
        pytest.param("  a: {type: same, from: [b, flow.start]}\n  b: {type: delay, from: a}\n", [],
                     id="a delay makes it harmless"),
        pytest.param("  a: {type: same, from: [a, b, flow.stop]}\n"
                     "  b: {type: same, from: [a, b]}\n",
                     ["4:26: warning: a: a → a is a circle without a delay; put a 'delay' into it",
                      "4:29: warning: a: a → b → a is a circle without a delay; "
                      "put a 'delay' into it",
                      "5:29: warning: b: b → b is a circle without a delay; "
                      "put a 'delay' into it"], id="each circle"),
    ],
)  # fmt: skip
def test_a_circle_without_a_delay_is_a_warning(in_nodes, nodes: str, findings: list[str]) -> None:
    assert in_nodes(nodes) == findings
