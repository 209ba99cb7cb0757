import pytest

TWO = "  c: {type: card}\n  a: {type: authorise, from: c}\n"  # lines 4 and 5


@pytest.mark.parametrize(
    ("nodes", "ends"),
    [
        pytest.param("  s: {type: same, from: c}\n", ["c.seen → s.in"], id="the only output"),
        pytest.param("  s: {type: same, from: a.rejected}\n", ["a.rejected → s.in"],
                     id="a named one"),
        pytest.param("  s: {type: same, from: a.error}\n", ["a.error → s.in"], id="its errors"),
        pytest.param("  s: {type: same, from: flow.stop}\n", ["flow.stop → s.in"],
                     id="the flow's"),
        pytest.param("  s: {type: same, from: [c, a.accepted]}\n",
                     ["c.seen → s.in", "a.accepted → s.in"], id="a list"),
        pytest.param("  s: {type: same, from: {in: [c, {ref: a.accepted}]}}\n",
                     ["c.seen → s.in", "a.accepted → s.in"], id="a map with a list in it"),
        pytest.param("  s: {type: same, from: {ref: c, durable: on}}\n", ["c.seen ⇒ s.in"],
                     id="a durable wire"),
        pytest.param("  s: {type: same, from: {in: {ref: c, durable: yes}}}\n", ["c.seen ⇒ s.in"],
                     id="a durable wire to a named input"),
        pytest.param("  r: {type: router, from: c, ways: [left]}\n"
                     "  s: {type: same, from: r.left}\n",
                     ["c.seen → r.in", "r.left → s.in"], id="an output that the settings make"),
        pytest.param("  r: {type: router, from: c, ways: [left]}\n  s: {type: same, from: r}\n",
                     ["c.seen → r.in", "r.left → s.in"], id="the only one that they make"),
        pytest.param("  d: {type: delay, from: c}\n  s: {type: same, from: d}\n",
                     ["c.seen → d.in", "d.out → s.in"], id="the output called out"),
    ],
)  # fmt: skip
def test_a_reference_means_one_output_and_one_input(check, nodes: str, ends: list[str]) -> None:
    result = check(f"flow: f\nformat: 1\nnodes:\n{TWO}{nodes}")
    assert result.errors == ()
    wires = [
        f"{w.source_node}.{w.source_port} {'→⇒'[w.durable]} {w.target_node}.{w.target_port}"
        for w in result.graph.wires[1:]
    ]
    assert wires == ends


@pytest.mark.parametrize(
    ("nodes", "findings"),
    [
        pytest.param("  s: {type: same, from: cc}\n",
                     ["6:25: s: there is no node 'cc'; did you mean 'c'?"], id="an unknown node"),
        pytest.param("  s: {type: same, from: elsewhere}\n",
                     ["6:25: s: there is no node 'elsewhere'; nodes: c, a, s"],
                     id="the few there are"),
        pytest.param("  s: {type: same, from: a.acceptd}\n",
                     ["6:25: s: 'a' has no output 'acceptd'; did you mean 'accepted'?"],
                     id="an unknown output"),
        pytest.param("  s: {type: same, from: a}\n",
                     ["6:25: s: 'a' has 2 outputs; say which: a.accepted, a.rejected"],
                     id="one of several outputs"),
        pytest.param("  l: {type: lamp, safe: off, from: a.rejected}\n  s: {type: same, from: l}\n",
                     ["7:25: s: 'l' has no output; it has only l.error"], id="no output"),
        pytest.param("  s: {type: same, from: flow}\n",
                     ["6:25: s: 'flow' has 4 outputs; say which: flow.start, flow.stop, "
                      "flow.errors, flow.status"], id="one of the flow's outputs"),
        pytest.param("  s: {type: same, from: flow.begin}\n",
                     ["6:25: s: 'flow' has no output 'begin'; it has: start, stop, errors, status"],
                     id="an unknown output of the flow"),
        pytest.param("  s: {type: same, from: in.reading}\n",
                     ["6:25: s: 'in' has ports only within a subflow; name a node"],
                     id="a subflow's input"),
        pytest.param("  s: {type: same, from: other/meter.reading}\n",
                     ["6:25: s: there is no flow 'other'; add other.yaml beside this one"],
                     id="a flow that is not there"),
        pytest.param("  s: {type: same, from: 'garage:charging/meter.reading'}\n",
                     ["6:25: s: 'garage:charging/meter.reading' is on another machine, and wires "
                      "end at their own for now"], id="another machine"),
        pytest.param("  s: {type: same, from: a -> b}\n",
                     ["6:25: s: 'a -> b' is no reference; write node or node.port"], id="an arrow"),
        pytest.param("  s: {type: same, from: !secret prowl_key}\n",
                     ["6:25: s: 'prowl_key' is no reference; write node or node.port"],
                     id="a secret"),
        pytest.param("  s: {type: same, from: {inn: c}}\n",
                     ["6:26: s: same has no input 'inn'; did you mean 'in'?"],
                     id="an unknown input"),
        pytest.param("  s: {type: same, from: {in: }}\n",
                     ["6:26: s: 'in' names no source; write one or remove the line"],
                     id="an input without a source"),
        pytest.param("  s: {type: same, from: [[c]]}\n",
                     ["6:26: s: a list within a list; write one list of references"],
                     id="a list within a list"),
        pytest.param("  s: {type: same, from: {ref: c, durabel: on}}\n",
                     ["6:34: s: 'durabel' is not an option of a wire; did you mean 'durable'?"],
                     id="an unknown option of a wire"),
        pytest.param("  s: {type: same, from: {ref: flow.errors, durable: on}}\n",
                     ["6:31: s: 'flow.errors' cannot be durable: only what a node sends is kept; "
                      "remove it"], id="what the flow says, durably"),
        pytest.param("  s: {type: same, from: {ref: c, durable: 2}}\n",
                     ["6:43: s: 'durable' must be on or off, got 2"], id="a bad option of a wire"),
        pytest.param("  s: {type: same, from: [{durable: on}]}\n",
                     ["6:26: s: 'ref' must be a reference such as meter.reading, got nothing"],
                     id="a wire without a source"),
        pytest.param("  p: {type: plug, from: c}\n", ["6:25: p: plug has no inputs; remove 'from'"],
                     id="a node without inputs"),
        pytest.param("  s: {type: session, from: a.accepted}\n",
                     ["6:28: s: session has 3 inputs; say which: from: {meter: …, plug: …, "
                      "token: …}"], id="one of several inputs"),
    ],
)  # fmt: skip
def test_a_reference_that_means_nothing_is_told(in_nodes, nodes: str, findings: list[str]) -> None:
    assert in_nodes(TWO + nodes) == findings


def test_what_leads_to_a_node_that_is_wrong_is_not_told_twice(in_nodes) -> None:
    nodes = "  m: {type: metre}\n  r: {type: router, from: c, ways: 5}\n"
    told = in_nodes(f"{TWO}{nodes}  s: {{type: same, from: [m.reading, r.left]}}\n")
    assert [line.split(":")[0] for line in told] == ["6", "7"]
