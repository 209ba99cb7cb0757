"""Subflows: what an instance gives them, and what becomes of the nodes inside."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.options import NodeConfig
from tests.oppleo_flow.flowfile.charge_points import HEAD, POINT, TWO, told


@pytest.fixture
def findings(check):
    """What is wrong with some nodes, from line 7, and with subflows behind them."""
    return lambda nodes, subflows=POINT: told(check(f"{HEAD}{nodes}{subflows}"))


# -- two instances ---------------------------------------------------------------------------------


def test_each_instance_has_nodes_of_its_own_with_its_parameters(check) -> None:
    graph = check(HEAD + TWO + POINT).graph
    assert [*graph.nodes] == [
        *("c", "a", "left.meter", "left.session", "left.relay"),
        *("right.meter", "right.session", "right.relay", "both"),
    ]
    config = {name: node.config for name, node in graph.nodes.items()}
    assert (config["left.relay"].pin, config["right.relay"].pin) == (5, 6)
    assert (config["left.meter"].unit, config["right.meter"].unit) == (1, 2)
    assert (config["left.meter"].every, config["right.meter"].every) == (10.0, 2.0)
    assert graph.nodes["left.meter"].connections == ("rs485",)


def test_wires_lead_straight_through_an_instance(check) -> None:
    graph = check(HEAD + TWO + POINT).graph
    assert [
        (f"{w.source_node}.{w.source_port}", f"{w.target_node}.{w.target_port}", w.kind)
        for w in graph.wires
        if "left" in w.source_node + w.target_node
    ] == [
        ("a.accepted", "left.session.token", "event"),
        ("left.meter.reading", "left.session.meter", "level"),
        ("left.session.request", "left.relay.in", "level"),
        ("left.relay.state", "both.in", "level"),
    ]


def test_the_graph_knows_the_instances_and_what_their_ports_stand_for(check) -> None:
    right = check(HEAD + TWO + POINT).graph.instances["right"]
    assert (right.subflow, right.disabled, str(right.place)) == ("point", False, "f.yaml:8:3")
    assert right.inputs == {"card": (("right.session", "token"),)}
    assert right.outputs == {
        "state": (("right.relay", "state"),),
        "power": (("right.meter", "reading"),),
    }


NESTED = """\
  house: {type: flow:house, from: {ref: a.accepted, durable: on}, pin: 7}
  end: {type: same, from: [house.power, house.error]}
subflows:
  house:
    params: {pin: {type: int}}
    in: {card: Authorised}
    out: {power: only.power}
    nodes:
      only: {type: flow:point, from: in.card, pin: $(pin), unit: 3}
"""


def test_a_subflow_may_be_made_of_subflows(check) -> None:
    graph = check(HEAD + NESTED + POINT.removeprefix("subflows:\n")).graph
    inside = ["house.only.meter", "house.only.session", "house.only.relay"]
    assert [*graph.nodes] == ["c", "a", *inside, "end"]
    assert graph.nodes["house.only.relay"].config.pin == 7
    ends = {(w.source_node, w.source_port, w.target_node): w.durable for w in graph.wires}
    assert ends["a", "accepted", "house.only.session"]
    assert [n for n, port, end in ends if end == "end" and port == "error"] == inside
    assert ("house.only.meter", "reading", "end") in ends


def test_a_parameter_may_be_left_empty_where_its_default_is_nothing(check) -> None:
    subflow = (
        "subflows:\n  wait:\n    params: {stop: {type: duration, default: null}}\n"
        "    in: {card: Authorised, power: MeterReading | MeterUnknown}\n    nodes:\n"
        "      s: {type: session, from: {token: in.card, meter: in.power}, "
        "stop_after_unplug: $(stop)}\n"
    )
    given = "from: {card: a.accepted, power: m}"
    nodes = (
        "  m: {type: meter, bus: rs485}\n"
        f"  one: {{type: flow:wait, {given}}}\n  two: {{type: flow:wait, {given}, stop: 5s}}\n"
    )
    result = check(HEAD.replace("gpio: {type: chip}, ", "") + nodes + subflow)
    assert result.errors == ()
    stops = [result.graph.nodes[n].config.stop_after_unplug for n in ("one.s", "two.s")]
    assert stops == [None, 5.0]


def test_a_secret_goes_through_a_parameter_and_is_never_shown(check) -> None:
    subflow = (
        "subflows:\n  tell:\n    params: {key: {type: secret}}\n    in: {failed: Failure}\n"
        "    nodes:\n      p: {type: push, from: in.failed, key: $(key)}\n"
    )
    node = "  t: {type: flow:tell, from: flow.errors, key: !secret prowl_key}\n"
    text = f"flow: f\nformat: 1\nnodes:\n{node}{subflow}"
    graph = check(text).graph
    assert graph.nodes["t.p"].config.key.get_secret_value() == "hunter2-hunter2"
    assert told(check(text.replace("$(key)", "x$(key)"))) == [
        "10:46: p: a secret cannot be a part of a text; write $(key) alone (in t)"
    ]


# -- what an instance is given ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "findings_"),
    [
        pytest.param("pin: 5", ["7:3: x: 'unit' is missing; add 'unit: …' (The address of its "
                                "meter)"], id="a parameter that is missing"),
        pytest.param("pin: 1, unit: 1", ["7:48: x: 'pin' must be at least 2, got 1"],
                     id="less than its least"),
        pytest.param("pin: 28, unit: 1", ["7:48: x: 'pin' must be at most 27, got 28"],
                     id="more than its most"),
        pytest.param("pin: five, unit: 1", ["7:48: x: 'pin' must be a whole number, got 'five'"],
                     id="another type"),
        pytest.param("pin: 5, unit: 1, every: 10",
                     ["7:67: x: 'every': a duration such as 500ms, 10s, 5m, 1h30m or 2d is "
                      "needed, got 10"], id="a duration without a unit"),
        pytest.param("pin: 5, unit: 1, pni: 3",
                     ["7:60: x: 'pni' is not an option of flow:point; did you mean 'pin'?"],
                     id="a parameter that it does not have"),
        pytest.param("pin: 5, unit: 1, keep: durable",
                     ["7:60: x: 'keep' is an option of nodes, and flow:point is a subflow; give it "
                      "to the nodes inside"], id="an option that only nodes have"),
        pytest.param("pin: 5, unit: 1, bus: gpio",
                     ["7:65: x: 'bus' needs a bus, and 'gpio' is a chip; 'rs485' would fit"],
                     id="a connection of another type"),
        pytest.param("pin: 5, unit: 1, bus: rs484",
                     ["7:65: x: 'bus': there is no connection 'rs484'; did you mean 'rs485'?"],
                     id="a connection that is not there"),
        pytest.param("pin: 5, unit: 1, bus: [rs485]",
                     ["7:65: x: 'bus' must be text, got a list"], id="a list for one value"),
        pytest.param("pin: 5, unit: 300",
                     ["18:47: meter: 'unit' must be at most 247, got 300 from $(unit) (in x)"],
                     id="what only a node inside refuses"),
        pytest.param("pin: 5, unit: 1, disabled: perhaps",
                     ["7:70: x: 'disabled' must be on or off, got 'perhaps'"],
                     id="an option of every instance"),
    ],
)  # fmt: skip
def test_what_an_instance_is_given_is_checked_as_options_are(findings, options, findings_) -> None:
    assert findings(f"  x: {{type: flow:point, from: a.accepted, {options}}}\n") == findings_


@pytest.mark.parametrize(
    ("kind", "good", "bad", "said"),
    [
        pytest.param("type: str", "text", None, "", id="text"),
        pytest.param("type: float, min: 0.5", "0.5", "0.4", "must be at least 0.5, got 0.4",
                     id="a number"),
        pytest.param("type: bool", "off", "maybe", "must be on or off, got 'maybe'", id="a truth"),
        pytest.param("type: seconds, max: 1m", "60s", "61s", "must be at most 60, got '61s'",
                     id="seconds"),
        pytest.param("type: percent, max: 50%", "50%", "51%", "must be at most 0.5, got '51%'",
                     id="a percentage"),
        pytest.param("type: time", "23:00", "2300",
                     "a time of day such as 06:00 is needed, got 2300", id="a time of day"),
        pytest.param("type: timezone", "Europe/Paris", "Mars",
                     "an IANA time zone such as Europe/Amsterdam is needed, got 'Mars'",
                     id="a time zone"),
        pytest.param("type: choice, choices: [hold, drop]", "hold", "dorp",
                     "must be hold or drop, got 'dorp'; did you mean 'drop'?", id="a choice"),
    ],
)  # fmt: skip
def test_a_parameter_takes_what_is_of_its_type(check, kind, good, bad, said) -> None:
    subflow = (
        f"subflows:\n  s:\n    params: {{p: {{{kind}}}}}\n    in: {{x: Tick}}\n"
        "    nodes:\n      o: {type: same, from: in.x, doc: $(p)}\n"
    )
    head = "flow: f\nformat: 1\nnodes:\n  s: {type: flow:s, from: flow.start, p: "
    graph = check(f"{head}{good}}}\n{subflow}").graph
    assert graph.nodes["s.o"].doc == good
    if bad is not None:
        sign = ":" if said.startswith("a") else ""
        assert told(check(f"{head}{bad}}}\n{subflow}")) == [f"4:42: s: 'p'{sign} {said}"]


@pytest.mark.parametrize(
    ("nodes", "findings_"),
    [
        pytest.param("  x: {type: flow:pint, from: a.accepted}\n",
                     ["7:13: x: there is no subflow 'pint'; did you mean 'point'?"],
                     id="a subflow that is not there"),
        pytest.param("  x: {type: flow:point, from: a.rejected, pin: 5, unit: 1}\n",
                     ["7:31: x: 'a.rejected' carries Rejected, but the input 'card' of flow:point "
                      "takes Authorised; did you mean 'a.accepted'?"],
                     id="what its input does not take"),
        pytest.param("  x: {type: flow:point, pin: 5, unit: 1}\n",
                     ["7:3: x: its input takes Authorised and is not wired; add 'from: "
                      "a.accepted'"], id="an input that is not wired"),
        pytest.param("  x: {type: flow:point, from: {crad: a.accepted}, pin: 5, unit: 1}\n",
                     ["7:32: x: flow:point has no input 'crad'; did you mean 'card'?"],
                     id="an input that it does not have"),
        pytest.param("  x: {type: flow:point, from: a.accepted, pin: 5, unit: 1}\n"
                     "  y: {type: same, from: x.stat}\n",
                     ["8:25: y: 'x' has no output 'stat'; did you mean 'state'?"],
                     id="an output that it does not have"),
        pytest.param("  x: {type: flow:point, from: a.accepted, pin: 5, unit: 1}\n"
                     "  y: {type: same, from: x.relay}\n",
                     ["8:25: y: 'x' has no output 'relay'; it has: state, power"],
                     id="a node inside, which nobody outside can name"),
        pytest.param("  x: {type: flow:point, from: a.accepted, pin: 5, unit: 1}\n"
                     "  y: {type: same, from: x}\n",
                     ["8:25: y: 'x' has 2 outputs; say which: x.state, x.power"],
                     id="one of several outputs"),
        pytest.param("  x: {type: flow:point, from: a.accepted, pin: 5, unit: 1}\n"
                     "  y: {type: session, from: {token: x.power, meter: x.power}}\n",
                     ["8:36: y: 'x.power' carries MeterReading | MeterUnknown, but the input "
                      "'token' of session takes Authorised; wire another output"],
                     id="an output that does not fit"),
    ],
)  # fmt: skip
def test_an_instance_is_wired_as_a_node_is(findings, nodes: str, findings_: list[str]) -> None:
    used = [one for one in findings(nodes) if "warning" not in one]
    assert used == findings_


# -- what is inside --------------------------------------------------------------------------------


def test_what_is_wrong_inside_is_told_once_with_the_instances_where_it_is_so(findings) -> None:
    subflow = POINT.replace("stale_after", "stael_after").replace("in.card", "in.crad")
    assert findings(TWO, subflow) == [
        "21:46: session: 'in' has no input 'crad'; did you mean 'card'? (in left and right)",
        "22:7: warning: relay: relay stays as it is when 'session.request' can no longer be "
        "trusted; add 'stale_after: 90s' (in left and right)",
        "22:75: relay: 'stael_after' is not an option of relay; did you mean 'stale_after'? "
        "(in left and right)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        pytest.param("$(unit)", "$(unti)",
                     "20:47: meter: the subflow 'point' has no parameter 'unti'; did you mean "
                     "'unit'? (in left and right)", id="a parameter"),
        pytest.param("from: session.request", "from: a.accepted",
                     "22:34: relay: there is no node 'a' in the subflow 'point'; what is outside "
                     "comes in by an input, as in.… (in left and right)", id="a node outside"),
        pytest.param("token: in.card", "token: card",
                     "21:46: session: there is no node 'card' in the subflow 'point'; write "
                     "in.card (in left and right)", id="an input without in"),
        pytest.param("token: in.card", "token: other/x.y",
                     "21:46: session: 'other/x.y' is outside of the subflow 'point'; add an input "
                     "to it, and write in.… (in left and right)", id="another flow"),
        pytest.param("token: in.card", "token: [in.card, flow.start]",
                     "21:56: session: 'flow' has no ports within a subflow; wire it to an input, "
                     "outside (in left and right)", id="the ports of the flow"),
        pytest.param("{card: Authorised}", "{card: Rejected}",
                     "21:46: session: 'in.card' carries Rejected, but the input 'token' of session "
                     "takes Authorised; wire another output (in left and right)",
                     id="an input that does not fit what takes it"),
        pytest.param("state: relay,", "state: relay.sate,",
                     "18:18: 'relay' has no output 'sate'; did you mean 'state'?", id="its output"),
        pytest.param("state: relay,", "state: in.card,",
                     "18:18: the output 'state' must come from a node inside, got 'in.card'; wire "
                     "the input itself, outside", id="an input as output"),
        pytest.param("$(pin)", "9",
                     "22:56: relay: GPIO 9 is already used by 'left.relay' (f.yaml:22:56); make it "
                     "a parameter of the subflow (in right)", id="a pin of its own"),
    ],
)  # fmt: skip
def test_names_inside_are_those_of_the_subflow(findings, old, new, finding) -> None:
    errors = [one for one in findings(TWO, POINT.replace(old, new)) if "warning" not in one]
    assert finding in errors


def test_two_instances_that_claim_the_same_are_both_named(findings) -> None:
    assert findings(TWO.replace("pin: 6, unit: 2", "pin: 5, unit: 1")) == [
        "8:52: right: GPIO 5, of 'right.relay', is already used by 'left.relay' (f.yaml:7:51); "
        "choose another",
        "8:61: right: unit 1, of 'right.meter', is already used by 'left.meter' (f.yaml:7:60); "
        "choose another",
    ]


def test_a_subflow_that_contains_itself_is_told_with_the_chain(findings) -> None:
    subflows = (
        "subflows:\n  one: {in: {x: Tick}, nodes: {a: {type: flow:two, from: in.x}}}\n"
        "  two: {in: {x: Tick}, nodes: {b: {type: flow:one, from: in.x}}}\n"
    )
    found = findings("  i: {type: flow:one, from: flow.start}\n", subflows)
    assert [one for one in found if "warning" not in one] == [
        "10:42: b: the subflow 'one' contains itself: one → two → one; take one out (in i.a)"
    ]


def test_subflows_that_multiply_without_measure_are_refused(check) -> None:
    rows = [
        f"  s{n}: {{in: {{x: Tick}}, nodes: {{"
        + ", ".join(f"{name}: {{type: flow:s{n + 1}, from: in.x}}" for name in "abcdefghij")
        + "}}\n"
        for n in range(6)
    ]
    last = "  s6: {in: {x: Tick}, nodes: {z: {type: same, from: in.x}}}\n"
    text = "flow: f\nformat: 1\nnodes:\n  i: {type: flow:s0, from: flow.start}\nsubflows:\n"
    result = check(text + "".join(rows) + last)
    assert {(f.code, f.message) for f in result.errors if f.code != "more"} == {
        ("too-large", "with its subflows the flow has more than 5000 nodes; use fewer")
    }


@pytest.mark.parametrize(
    ("nodes", "finding"),
    [
        pytest.param("in: {type: plug}", "11:13: in: 'in' is reserved; give the node another id",
                     id="a reserved id"),
        pytest.param("Plug: {type: plug}", "11:13: Plug: a node's id is small letters, digits and "
                     "_, got 'Plug'; write 'plug'", id="a bad id"),
        pytest.param("p: plug", "11:13: p: a node is a map with a 'type', got text; add 'type: …' "
                     "to it", id="no map"),
    ],
)  # fmt: skip
def test_the_ids_inside_are_checked_once(findings, nodes: str, finding: str) -> None:
    used = "  x: {type: flow:s}\n  y: {type: flow:s}\n"
    found = findings(used, f"subflows:\n  s:\n    nodes: {{{nodes}}}\n")
    assert [one for one in found if "warning" not in one] == [finding]


def test_a_node_inside_whose_type_is_not_there_is_missing_in_every_instance(check) -> None:
    subflow = POINT.replace("{type: meter,", "{type: metre,")
    graph = check(HEAD + TWO + subflow, placeholders=True).graph
    assert [*graph.missing] == ["left.meter", "right.meter"]
    wires = [(w.source_node, w.source_port, w.kind) for w in graph.into("left.session")]
    assert ("left.meter", "out", "level") in wires


@pytest.mark.parametrize("name", ["../quiet", "x" * 300, "Quiet", ""])
def test_no_name_of_a_subflow_leads_out_of_its_folder(check, name: str) -> None:
    text = f"flow: f\nformat: 1\nnodes:\n  q: {{type: 'flow:{name}'}}\n"
    result = check(text, texts={"quiet.yaml": "subflow: quiet\n"})
    assert [f.code for f in result.errors] == ["unknown-subflow"]


@settings(max_examples=60, deadline=None)
@given(
    cut=st.integers(0, 1200),
    gone=st.integers(0, 30),
    put=st.sampled_from(
        [
            *("", "[", "{", "}", ": ", "'", "\n", "  ", "- ", "$(pin)", "$(", "!secret k", "any"),
            *("in", "in.card", "flow", "flow:point", "../x", "f/left", "left.relay", "error"),
        ]
    ),
)
def test_however_a_flow_with_subflows_is_mangled_it_is_checked_without_an_exception(
    registry, cut: int, gone: int, put: str
) -> None:
    text = HEAD + TWO + POINT
    mangled = text[:cut] + put + text[cut + gone :]
    result = check_text(mangled, "f.yaml", registry, CheckSettings())
    assert result.ok is not bool(result.errors)


def test_the_settings_of_an_instance_hide_nothing_that_a_model_has(check) -> None:
    params = ", ".join(f"{name}: {{type: int}}" for name in ("copy", "json", "model_config"))
    given = ", ".join(f"{name}: 1" for name in ("copy", "json", "model_config"))
    text = (
        f"flow: f\nformat: 1\nnodes:\n  s: {{type: flow:s, from: flow.start, {given}}}\n"
        f"subflows:\n  s:\n    params: {{{params}}}\n    in: {{x: any}}\n"
        "    nodes: {o: {type: same, from: in.x, doc: $(copy) $(json) $(model_config)}}\n"
    )
    graph = check(text).graph
    assert graph.nodes["s.o"].doc == "1 1 1"
    assert isinstance(graph.nodes["s.o"].config, NodeConfig)
