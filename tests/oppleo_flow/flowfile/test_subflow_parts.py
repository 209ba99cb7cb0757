"""Subflows: what they declare, in a flow or in a file of their own, and their own tests."""

import pytest

from tests.oppleo_flow.flowfile.charge_points import HEAD, POINT, TWO, told


@pytest.fixture
def findings(check):
    """What is wrong with some nodes, from line 7, and with subflows behind them."""
    return lambda nodes, subflows=POINT: told(check(f"{HEAD}{nodes}{subflows}"))


# -- what is declared ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subflow", "findings_"),
    [
        pytest.param("params: {doc: {type: str}}",
                     ["9:14: the parameter 'doc' has the name of an option of every node; rename "
                      "it"], id="the name of an option of every node"),
        pytest.param("params: {Pin: {type: int}}",
                     ["9:14: a parameter's name is small letters, digits and _, got 'Pin'; rename "
                      "it"], id="a parameter's name"),
        pytest.param("params: {p: int}",
                     ["9:17: the parameter 'p' is a map such as {type: int, default: 5}, got "
                      "'int'"], id="a parameter that is no map"),
        pytest.param("params: {p: {type: integer}}",
                     ["9:24: 'params.p.type' must be str, int, float, bool, duration, seconds, "
                      "percent, time, timezone, secret, choice or connection, got 'integer'; did "
                      "you mean 'int'?"], id="a parameter's type"),
        pytest.param("params: {p: {doc: x}}",
                     ["9:14: 'params.p.type' is missing; add 'type: …' (What it is)"],
                     id="a parameter without a type"),
        pytest.param("params: {p: {type: int, defualt: 5}}",
                     ["9:29: 'defualt' is not an option of the parameter 'p'; did you mean "
                      "'default'?"], id="an option of a parameter"),
        pytest.param("params: {p: {type: str, min: 5}}",
                     ["9:29: 'params.p': a str has no 'min'; remove it"], id="a limit of a text"),
        pytest.param("params: {p: {type: choice}}",
                     ["9:17: 'params.p.choices' is missing; add 'choices: [one, another]'"],
                     id="a choice of nothing"),
        pytest.param("params: {p: {type: int, min: 5, max: 3}}",
                     ["9:34: 'params.p.min' is more than its 'max'; exchange them"],
                     id="limits that cross"),
        pytest.param("params: {p: {type: int, max: 3, default: 5}}",
                     ["9:46: 'params.p.default' must be at most 3, got 5"],
                     id="a default beyond the limits"),
        pytest.param("in: {x: Tock}",
                     ["9:13: there is no payload type 'Tock'; did you mean 'Tick'?"],
                     id="a payload that is not there"),
        pytest.param("in: {x: 'Tick ='}",
                     ["9:13: the name of a payload type is needed, such as MeterReading"],
                     id="no name of a payload"),
        pytest.param("in: {x: }",
                     ["9:13: an input is given the payload that it takes, as in x: MeterReading, "
                      "got nothing"], id="an input without a payload"),
        pytest.param("in: {error: Tick}",
                     ["9:10: a port's name is small letters, digits and _, and not error, got "
                      "'error'; rename it"], id="a port called error"),
        pytest.param("out: {x: {}}",
                     ["9:14: an output is given what it sends, as in x: node.port, got a map"],
                     id="an output of nothing"),
    ],
)  # fmt: skip
def test_a_declaration_is_checked(findings, subflow: str, findings_: list[str]) -> None:
    found = findings("", f"subflows:\n  s:\n    {subflow}\n    nodes: {{p: {{type: plug}}}}\n")
    assert [one for one in found if "warning" not in one] == findings_


def test_what_nothing_uses_is_told(findings) -> None:
    subflow = POINT.replace("every: $(every)", "every: 1s").replace("in.card", "a.accepted")
    subflow = subflow.replace("    nodes:\n", "    nodes:\n      a: {type: authorise, from: c}\n")
    subflow = subflow.replace("    nodes:\n", "    nodes:\n      c: {type: card}\n")
    assert findings("", subflow) == [
        "3:15: warning: gpio: no node uses the connection 'gpio'; remove it",
        "3:35: warning: rs485: no node uses the connection 'rs485'; remove it",
        "8:3: warning: no node uses the subflow 'point'; remove it",
        "12:7: warning: nothing in 'point' uses the parameter 'every'; remove it",
        "14:10: warning: nothing in 'point' takes 'in.card'; remove it",
    ]


def test_a_subflow_that_nothing_uses_is_checked_all_the_same(findings) -> None:
    found = findings("", POINT.replace("safe: off", "safe: of").replace("from: session", "from: x"))
    assert [one for one in found if "warning" not in one] == [
        "19:34: relay: there is no node 'x' in the subflow 'point'; nodes: meter, session, relay",
        "19:64: relay: 'safe' must be off or on, got 'of'; did you mean 'off'?",
    ]


# -- disabled --------------------------------------------------------------------------------------


def test_a_disabled_instance_keeps_its_wiring_and_nothing_in_it_runs(check) -> None:
    whole = check(HEAD + TWO + POINT).graph
    graph = check(HEAD + TWO.replace("pin: 6,", "pin: 6, disabled: on,") + POINT).graph
    ends = [(w.source_node, w.target_node, w.kind) for w in graph.wires]
    assert ends == [(w.source_node, w.target_node, w.kind) for w in whole.wires]
    assert [n.id for n in graph.nodes.values() if n.disabled] == [
        *("right.meter", "right.session", "right.relay")
    ]
    assert graph.instances["right"].disabled


def test_a_disabled_instance_claims_nothing(findings) -> None:
    nodes = TWO.replace("pin: 6, unit: 2", "pin: 5, unit: 1, disabled: yes")
    assert findings(nodes) == []


def test_one_node_inside_may_be_disabled_by_a_parameter(check) -> None:
    subflow = POINT.replace("every: {type", "quiet: {type: bool, default: off}\n      every: {type")
    subflow = subflow.replace("relay, from: session", "relay, disabled: $(quiet), from: session")
    graph = check(HEAD + TWO.replace("pin: 6", "quiet: on, pin: 6") + subflow).graph
    assert [n.id for n in graph.nodes.values() if n.disabled] == ["right.relay"]


# -- their own tests -------------------------------------------------------------------------------

TESTED = (
    POINT
    + """\
    tests:
      - name: a card closes the relay
        params: {pin: 4, unit: 9}
        do:
          - send: {in.card: {}}
          - expect: {relay: {on: true}, out.state: {on: true}}
"""
)


def test_a_test_of_a_subflow_has_a_graph_of_its_own(check) -> None:
    (one,) = check(HEAD + TWO + TESTED).subflow_tests
    assert (one.subflow, one.test.name) == ("point", "a card closes the relay")
    assert [*one.graph.nodes] == ["in", "meter", "session", "relay"]
    assert one.graph.nodes["relay"].config.pin == 4
    assert one.graph.into("session")[0].source_node == "in"
    assert [str(step.place) for step in one.test.steps] == [
        *("f.yaml:27:13", "f.yaml:28:22", "f.yaml:28:41")
    ]


@pytest.mark.parametrize(
    ("old", "new", "findings_"),
    [
        pytest.param("pin: 4, unit: 9", "pin: 4",
                     ["25:17: tests: 'params.unit' is missing; add 'unit: …' (The address of its "
                      "meter)"], id="a parameter without a value"),
        pytest.param("pin: 4", "pin: 40",
                     ["25:23: tests: 'params.pin' must be at most 27, got 40"],
                     id="a value beyond the limits"),
        pytest.param("send: {in.card", "send: {in.crad",
                     ["27:20: tests: 'in' has no output 'crad'; did you mean 'card'?"],
                     id="an input that is not there"),
        pytest.param("out.state", "out.sate",
                     ["28:41: tests: 'out' has no output 'sate'; did you mean 'state'?"],
                     id="an output that is not there"),
        pytest.param("relay: {on: true}, ", "rely: {on: true}, ",
                     ["28:22: tests: there is no node 'rely'; did you mean 'relay'?"],
                     id="a node that is not there"),
    ],
)  # fmt: skip
def test_a_test_of_a_subflow_is_checked(findings, old, new, findings_) -> None:
    assert findings(TWO, TESTED.replace(old, new)) == findings_


def test_a_test_of_a_flow_names_ports_of_instances_and_nodes_inside(check) -> None:
    cases = (
        "tests:\n  - name: both\n    do:\n      - send: {a.accepted: {}}\n"
        "      - expect: {left.card: {}, left.state: {on: true}, right.relay: {on: true}}\n"
        "      - expect: {left.session.request: {on: true}}\n"
        "      - expect_state: {left.relay: {safe: yes}, left.state: {on: true}}\n"
    )
    (test,) = check(HEAD + TWO + POINT + cases).tests
    targets = [str(step.target) for step in test.steps if hasattr(step, "target")]
    assert targets == [
        *("left.session.token", "left.relay.state", "right.relay", "left.session.request")
    ]
    assert [step.node for step in test.steps[-2:]] == ["left.relay", "left.relay"]


@pytest.mark.parametrize(
    ("word", "finding"),
    [
        pytest.param("left", "26:18: tests: 'left' is a subflow; name a port of it, or a node "
                     "inside: left.meter, left.session, left.relay", id="an instance"),
        pytest.param("left.rely", "26:18: tests: 'left' has no port and no node 'rely'; did you "
                     "mean 'relay'?", id="what is not inside"),
        pytest.param("left.relay.stat", "26:18: tests: 'left.relay' has no port 'stat'; did you "
                     "mean 'state'?", id="a port that a node inside does not have"),
        pytest.param("elsewhere/x", "26:18: tests: there is no flow 'elsewhere'; add "
                     "elsewhere.yaml beside this one", id="a flow that does not run"),
    ],
)  # fmt: skip
def test_a_test_of_a_flow_that_names_what_is_not_there_is_told(findings, word, finding) -> None:
    cases = f"tests:\n  - name: both\n    do:\n      - expect: {{{word}: {{}}}}\n"
    assert findings(TWO, POINT + cases) == [finding]


# -- shared subflows -------------------------------------------------------------------------------

SHARED = """\
subflow: quiet
format: 1
doc: Let through what is not said twice.
params: {note: {type: str, default: none}}
in: {what: any}
out: {rest: pass}
nodes:
  pass: {type: same, from: in.what, doc: $(note)}
"""
USES = "flow: f\nformat: 1\nnodes:\n  q: {type: flow:quiet, from: flow.start}\n"


def test_a_shared_subflow_has_a_file_of_its_own(check) -> None:
    result = check(USES, texts={"subflows/quiet.yaml": SHARED})
    assert told(result) == []
    assert [*result.graph.nodes] == ["q.pass"]
    assert result.graph.nodes["q.pass"].place.file == "subflows/quiet.yaml"
    assert result.texts == {"f.yaml": USES, "subflows/quiet.yaml": SHARED}


@pytest.mark.parametrize(
    ("shared", "findings_"),
    [
        pytest.param(SHARED.replace("subflow: quiet", "subflow: loud"),
                     ["subflows/quiet.yaml:1:10: 'subflow' must be as the file is called, 'quiet', "
                      "got 'loud'"], id="another name"),
        pytest.param(SHARED.replace("subflow: quiet\n", ""),
                     ["subflows/quiet.yaml:1:1: 'subflow' is missing; add 'subflow: quiet'"],
                     id="no name"),
        pytest.param(SHARED.replace("subflow: quiet", "flow: quiet"),
                     ["subflows/quiet.yaml:1:1: 'flow' is not a part of a subflow's file; did you "
                      "mean 'subflow'?",
                      "subflows/quiet.yaml:1:1: 'subflow' is missing; add 'subflow: quiet'"],
                     id="a flow"),
        pytest.param("[]", ["subflows/quiet.yaml:1:1: a subflow's file has 'subflow', 'format' and "
                            "'nodes', and here is none"], id="a list"),
        pytest.param(SHARED.replace("type: same", "type: smae"),
                     ["subflows/quiet.yaml:8:16: pass: unknown node type 'smae'; did you mean "
                      "'same'? (in q)"], id="a mistake inside"),
        pytest.param(SHARED.replace("format: 1\n", ""),
                     ["subflows/quiet.yaml:1:1: 'format' is missing; add 'format: 1'"],
                     id="no format"),
    ],
)  # fmt: skip
def test_a_shared_subflow_is_told_of_at_its_own_lines(check, shared, findings_) -> None:
    assert told(check(USES, texts={"subflows/quiet.yaml": shared})) == findings_


def test_a_flow_s_own_subflow_comes_before_a_shared_one(check) -> None:
    own = "subflows:\n  quiet: {in: {x: any}, nodes: {mine: {type: same, from: in.x}}}\n"
    result = check(USES + own, texts={"subflows/quiet.yaml": SHARED})
    assert [*result.graph.nodes] == ["q.mine"]
