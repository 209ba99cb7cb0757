import pytest


@pytest.mark.parametrize(
    ("nodes", "findings"),
    [
        pytest.param("  a: {type: same, from: flow.start}\n  b: {type: same, from: a}\n", [],
                     id="the flow itself is a source"),
        pytest.param("  a: {type: card}\n  b: {type: same, from: a}\n", [],
                     id="so is a node without inputs"),
        pytest.param("  a: {type: same, from: nowhere}\n  b: {type: same, from: a}\n",
                     ["4:25: a: there is no node 'nowhere'; nodes: a, b"],
                     id="a source that is not there was told of already"),
        pytest.param("  a: {type: delay, from: b}\n  b: {type: same, from: a}\n"
                     "  c: {type: same, from: b}\n",
                     ["4:26: warning: a: nothing ever reaches it, nor 'b', 'c': its wires only "
                      "lead in a circle; wire a source to it"], id="a circle without a source"),
        pytest.param("  a: {type: same, from: b}\n  b: {type: delay, from: b}\n",
                     ["5:26: warning: b: nothing ever reaches it, nor 'a': its wires only lead "
                      "in a circle; wire a source to it"], id="what follows it stands above it"),
        pytest.param("  a: {type: delay, from: a}\n  b: {type: delay, from: b}\n",
                     ["4:26: warning: a: nothing ever reaches it: its wires only lead in a "
                      "circle; wire a source to it",
                      "5:26: warning: b: nothing ever reaches it: its wires only lead in a "
                      "circle; wire a source to it"], id="two circles"),
        pytest.param("  a: {type: card, disabled: true}\n  b: {type: same, from: a}\n"
                     "  c: {type: same, from: b}\n",
                     ["5:25: warning: b: nothing ever reaches it, nor 'c': 'a' is disabled; "
                      "disable it, too, or wire another"], id="a disabled source"),
        pytest.param("  a: {type: card, disabled: true}\n  b: {type: card, disabled: true}\n"
                     "  c: {type: same, from: [a, b]}\n",
                     ["6:25: warning: c: nothing ever reaches it: 'a' and 'b' are disabled; "
                      "disable it, too, or wire another"], id="two disabled sources"),
        pytest.param("  a: {type: card, disabled: true}\n"
                     "  b: {type: same, from: a, disabled: true}\n", [],
                     id="a disabled node need not be reached"),
        pytest.param("  a: {type: card, disabled: true}\n"
                     "  b: {type: same, from: [a, flow.start]}\n", [],
                     id="one source is enough"),
        pytest.param("  a: {type: delay, from: e}\n  b: {type: same, from: a}\n"
                     "  c: {type: same, from: b}\n  d: {type: same, from: c}\n"
                     "  e: {type: same, from: d}\n  f: {type: same, from: e}\n",
                     ["4:26: warning: a: nothing ever reaches it, nor 'b', 'c', 'd', 2 more: its "
                      "wires only lead in a circle; wire a source to it"],
                     id="of many only the first are named"),
    ],
)  # fmt: skip
def test_a_node_to_which_no_source_leads_is_a_warning(in_nodes, nodes, findings) -> None:
    assert in_nodes(nodes) == findings


@pytest.mark.parametrize(
    ("nodes", "notes"),
    [
        pytest.param("  a: {type: card}\n", ["4:3: info: a: nothing is wired to a.seen"],
                     id="an only output"),
        pytest.param("  a: {type: card}\n  b: {type: authorise, from: a}\n",
                     ["5:3: info: b: nothing is wired to b.accepted and b.rejected"],
                     id="all of several outputs"),
        pytest.param("  a: {type: card}\n  b: {type: authorise, from: a}\n"
                     "  c: {type: lamp, from: b.rejected, safe: off}\n",
                     ["5:3: info: b: nothing is wired to b.accepted"], id="one of several outputs"),
        pytest.param("  a: {type: card, disabled: true}\n", [], id="not of a disabled node"),
        pytest.param("  a: {type: card}\n  b: {type: same, from: aa}\n",
                     ["5:25: b: there is no node 'aa'; did you mean 'a'?"],
                     id="not while a wire is in doubt"),
    ],
)  # fmt: skip
def test_an_output_that_no_wire_leaves_is_a_note(check, nodes: str, notes: list[str]) -> None:
    result = check(f"flow: f\nformat: 1\nnodes:\n{nodes}")
    assert [f.headline().removeprefix("f.yaml:") for f in result.findings] == notes
    assert result.infos == tuple(f for f in result.findings if f.severity == "info")
