"""References from one flow to another: all that run together are checked together."""

import pytest

from oppleo_flow.flowfile import CheckResult

MAIN = """\
flow: house
format: 1
connections: {gpio: {type: chip}}
nodes:
  s: {type: session, from: {token: garage/a.accepted, meter: garage/meter}}
  r: {type: relay, from: s.request, pin: 5, safe: off, stale_after: 90s}
  mine: {type: meter, bus: garage/rs485, unit: 2}
  told: {type: same, from: [flow.errors, garage/flow.errors]}
"""
GARAGE = """\
flow: the-garage
format: 1
vars: {unit: 1}
connections: {rs485: {type: bus, port: x}}
nodes:
  meter: {type: meter, bus: rs485, unit: $(unit)}
  c: {type: card}
  a: {type: authorise, from: c}
  seen: {type: same, from: [f/s.request, flow.start]}
"""


def told(result: CheckResult) -> list[str]:
    return [f.headline() for f in result.findings if f.severity != "info"]


@pytest.fixture
def both(check):
    """Check the main flow as `f.yaml` with the garage's beside it."""
    return lambda main=MAIN, garage=GARAGE, **more: check(
        main, texts={"garage.yaml": garage}, **more
    )


def test_flows_that_refer_to_each_other_are_one_graph(both) -> None:
    result = both()
    assert told(result) == []
    graph = result.graph
    assert [*graph.nodes] == [
        *("s", "r", "mine", "told"),
        *("garage/meter", "garage/c", "garage/a", "garage/seen"),
    ]
    assert [(flow.prefix, flow.name, flow.file) for flow in graph.flows] == [
        ("", "house", "f.yaml"),
        ("garage/", "the-garage", "garage.yaml"),
    ]
    assert (graph.name, graph.file) == ("house", "f.yaml")
    assert result.texts == {"f.yaml": MAIN, "garage.yaml": GARAGE}


def test_a_wire_may_lead_from_one_flow_to_the_other_either_way(both) -> None:
    wires = both().graph.wires
    assert [
        f"{w.source_node}.{w.source_port} > {w.target_node}.{w.target_port}"
        for w in wires
        if ("/" in w.source_node) is not ("/" in w.target_node)
    ] == [
        "garage/a.accepted > s.token",
        "garage/meter.reading > s.meter",
        "garage/flow.errors > told.in",
        "s.request > garage/seen.in",
    ]
    assert {w.place.file for w in wires if w.target_node.startswith("garage/")} == {"garage.yaml"}


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        pytest.param("from: garage/meter", "garage/meter.reading → x.in level", id="a node"),
        pytest.param("from: garage/meter.reading", "garage/meter.reading → x.in level",
                     id="a node's port"),
        pytest.param("from: [garage/a.rejected]", "garage/a.rejected → x.in event", id="a list"),
        pytest.param("from: {in: garage/a.rejected}", "garage/a.rejected → x.in event",
                     id="a map"),
        pytest.param("from: {ref: garage/a.rejected, durable: true}",
                     "garage/a.rejected ⇒ x.in event", id="a durable wire"),
        pytest.param("from: garage/meter.error", "garage/meter.error → x.in event",
                     id="the errors of a node"),
        pytest.param("from: garage/flow.stop", "garage/flow.stop → x.in event",
                     id="a port of the flow"),
        pytest.param("from: f/s.request", "s.request → x.in level",
                     id="its own flow, by the name of its file"),
    ],
)  # fmt: skip
def test_every_form_of_a_reference_may_name_another_flow(both, written: str, wire: str) -> None:
    (found,) = both(f"{MAIN}  x: {{type: same, {written}}}\n").graph.into("x")
    arrow = "→⇒"[found.durable]
    assert wire == (
        f"{found.source_node}.{found.source_port} {arrow} {found.target_node}.{found.target_port} "
        f"{found.kind}"
    )


def test_a_connection_of_another_flow_is_the_same_connection(both) -> None:
    graph = both().graph
    assert [*graph.connections] == ["gpio", "garage/rs485"]
    assert graph.nodes["mine"].connections == ("garage/rs485",)
    assert graph.nodes["garage/meter"].connections == ("garage/rs485",)
    assert graph.nodes["garage/meter"].config.bus == "garage/rs485"


def test_a_third_flow_may_come_in_by_the_second(check) -> None:
    texts = {
        "b.yaml": "flow: b\nformat: 1\nnodes:\n  x: {type: same, from: c/x}\n",
        "c.yaml": "flow: c\nformat: 1\nnodes:\n  x: {type: same, from: flow.start}\n",
        "d.yaml": "flow: d\nformat: 1\nnodes:\n  x: {type: nonsense}\n",
    }
    result = check("flow: f\nformat: 1\nnodes:\n  x: {type: same, from: b/x}\n", texts=texts)
    assert [*result.graph.nodes] == ["x", "b/x", "c/x"]
    assert [*result.texts] == ["f.yaml", "b.yaml", "c.yaml"]


def test_an_instance_in_another_flow_has_the_ids_of_that_flow(both) -> None:
    subflow = (
        "subflows:\n  read: {params: {n: {type: int}}, out: {power: meter.reading}, nodes: "
        "{meter: {type: meter, bus: rs485, unit: $(n)}}}\n"
    )
    garage = f"{GARAGE}  two: {{type: flow:read, n: 7}}\n{subflow}"
    result = both(MAIN.replace("meter: garage/meter", "meter: garage/two.power"), garage)
    assert told(result) == []
    assert result.graph.nodes["garage/two.meter"].connections == ("garage/rs485",)
    assert result.graph.into("s")[1].source_node == "garage/two.meter"


# -- what is wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("main", "findings"),
    [
        pytest.param(MAIN.replace("garage/meter}", "garge/meter}"),
                     ["f.yaml:5:62: s: there is no flow 'garge'; did you mean 'garage'?"],
                     id="a flow that is not there"),
        pytest.param(MAIN.replace("garage/meter}", "garage/metre}"),
                     ["f.yaml:5:62: s: there is no node 'metre' in the flow 'garage'; did you mean "
                      "'meter'?"], id="a node that it does not have"),
        pytest.param(MAIN.replace("a.accepted", "a.acepted"),
                     ["f.yaml:5:36: s: 'garage/a' has no output 'acepted'; did you mean "
                      "'accepted'?"], id="an output that the node does not have"),
        pytest.param(MAIN.replace("a.accepted", "a"),
                     ["f.yaml:5:36: s: 'garage/a' has 2 outputs; say which: garage/a.accepted, "
                      "garage/a.rejected"], id="one of several outputs"),
        pytest.param(MAIN.replace("a.accepted", "a.rejected"),
                     ["f.yaml:5:36: s: 'garage/a.rejected' carries Rejected, but the input 'token' "
                      "of session takes Authorised; wire another output"],
                     id="what the input does not take"),
        pytest.param(MAIN.replace("garage/rs485", "garage/rs48"),
                     ["f.yaml:7:28: mine: 'bus': there is no connection 'rs48' in the flow "
                      "'garage'; did you mean 'rs485'?"], id="a connection that it does not have"),
        pytest.param(MAIN.replace("garage/rs485", "garge/rs485"),
                     ["f.yaml:7:28: mine: 'bus': there is no flow 'garge'; did you mean 'garage'?"],
                     id="a connection of no flow"),
        pytest.param(MAIN.replace("garage/rs485", "gpio"),
                     ["f.yaml:7:28: mine: 'bus' needs a SerialBus, and 'gpio' is a chip; add a "
                      "connection"], id="a connection of another kind"),
        pytest.param(MAIN.replace("unit: 2", "unit: 1"),
                     ["garage.yaml:6:42: meter: unit 1 is already used by 'f/mine' "
                      "(f.yaml:7:48); choose another"], id="an address that both use"),
        pytest.param(MAIN.replace("garage/flow.errors", "{ref: garage/flow.errors, durable: on}"),
                     ["f.yaml:8:48: told: 'garage/flow.errors' cannot be durable: only what a node "
                      "sends is kept; remove it"], id="what the other flow says, durably"),
    ],
)  # fmt: skip
def test_a_reference_that_means_nothing_is_told(both, main: str, findings: list[str]) -> None:
    assert told(both(main)) == findings


@pytest.mark.parametrize(
    ("garage", "findings"),
    [
        pytest.param(GARAGE.replace("$(unit)", "300"),
                     ["garage.yaml:6:42: meter: 'unit' must be at most 247, got 300"],
                     id="an option"),
        pytest.param(GARAGE.replace("type: card", "type: crad"),
                     ["garage.yaml:7:13: c: unknown node type 'crad'; did you mean 'card'?"],
                     id="a type"),
        pytest.param(GARAGE.replace("f/s.request", "f/s.requst"),
                     ["garage.yaml:9:29: seen: 'f/s' has no output 'requst'; did you mean "
                      "'request'?"], id="a reference back"),
        pytest.param(GARAGE.replace("connections: {", "connections: {spare: {type: chip}, "),
                     ["garage.yaml:4:15: warning: spare: no node uses the connection 'spare'; "
                      "remove it"], id="a connection that nobody uses"),
        pytest.param(GARAGE.replace("{type: card}", "{type: card"),
                     ["garage.yaml:7:6: c: '{' is not closed; add '}'"], id="its syntax"),
        pytest.param("", ["garage.yaml:1:1: a flow has 'flow', 'format' and 'nodes', and here is "
                          "nothing"], id="an empty file"),
        pytest.param(GARAGE.partition("nodes:")[0],
                     ["garage.yaml:1:1: 'nodes' is missing; add 'nodes:'"], id="no nodes"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_another_flow_is_told_in_the_same_run(both, garage, findings) -> None:
    result = both(garage=garage)
    assert result.ok is ("warning" in findings[0])
    assert told(result) == findings


def test_findings_come_file_after_file(both) -> None:
    main = MAIN.replace("pin: 5", "pin: 50").replace("safe: off", "safe: of")
    found = told(both(main, GARAGE.replace("format: 1", "format: 2")))
    assert found == [
        "f.yaml:6:42: r: 'pin' must be at most 27, got 50",
        "f.yaml:6:52: r: 'safe' must be off or on, got 'of'; did you mean 'off'?",
        "garage.yaml:2:9: 'format' must be 1, got '2'; this version reads no other",
    ]


def test_a_finding_shows_the_line_of_its_own_file(both) -> None:
    (found,) = both(garage=GARAGE.replace("unit: $(unit)", "unti: 1")).errors
    assert found.source == "  meter: {type: meter, bus: rs485, unti: 1}"


def test_a_file_that_cannot_be_read_is_a_finding(check, tmp_path) -> None:
    (tmp_path / "garage.yaml").write_bytes(b"flow: \xff\n")
    (tmp_path / "main.yaml").write_text(MAIN)
    result = check(MAIN, file=str(tmp_path / "main.yaml"))
    assert told(result) == [
        f"{tmp_path}/garage.yaml:1:7: the byte 0xff is not UTF-8; save the file as UTF-8"
    ]


def test_a_circle_through_two_flows_is_told_once(check) -> None:
    other = "flow: g\nformat: 1\nnodes:\n  b: {type: same, from: f/a}\n"
    main = "flow: f\nformat: 1\nnodes:\n  a: {type: same, from: [g/b, flow.start]}\n"
    assert told(check(main, texts={"g.yaml": other})) == [
        "f.yaml:4:26: warning: a: a → g/b → a is a circle without a delay; put a 'delay' into it"
    ]


def test_a_variable_from_outside_is_that_of_every_flow_that_has_it(both) -> None:
    result = both(variables={"unit": "9"})
    assert told(result) == []
    assert result.graph.nodes["garage/meter"].config.unit == 9
    assert told(both(variables={"untt": "9"})) == [
        "f.yaml:1:1: warning: the flow has no variable 'untt' to set; did you mean 'unit'?"
    ]


# -- disabled --------------------------------------------------------------------------------------


def test_a_disabled_flow_keeps_its_wires_and_nothing_in_it_runs(both) -> None:
    result = both(garage=GARAGE.replace("format: 1", "format: 1\ndisabled: true"))
    graph = result.graph
    assert {n.id for n in graph.nodes.values() if n.disabled} == {
        *("garage/meter", "garage/c", "garage/a", "garage/seen")
    }
    assert [flow.disabled for flow in graph.flows] == [False, True]
    assert len(graph.wires) == len(both().graph.wires)
    assert told(result) == [
        "f.yaml:5:28: warning: s: nothing ever reaches it, nor 'r': 'garage' is disabled; disable "
        "it, too, or wire another"
    ]


def test_a_disabled_flow_claims_only_what_others_use_of_it(check) -> None:
    """Its bus is used by the other flow, its second one by nobody."""
    garage = GARAGE.replace("format: 1", "format: 1\ndisabled: true").replace(
        "{type: bus, port: x}", "{type: bus, port: x}, spare: {type: bus, port: y}"
    )
    garage = garage.replace("  c:", "  more: {type: meter, bus: spare}\n  c:")
    main = MAIN.replace("{gpio", "{one: {type: bus, port: y}, two: {type: bus, port: x}, gpio")
    main += "  p: {type: meter, bus: one}\n  q: {type: meter, bus: two}\n"
    found = check(main, texts={"garage.yaml": garage}).errors
    assert [f.headline() for f in found] == [
        "garage.yaml:5:40: rs485: port x is already used by 'f/two' (f.yaml:3:65); choose another"
    ]


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        pytest.param("perhaps", "f.yaml:3:11: 'disabled' must be on or off, got 'perhaps'",
                     id="a word"),
        pytest.param("[on]", "f.yaml:3:11: 'disabled' must be on or off, got a list", id="a list"),
    ],
)  # fmt: skip
def test_whether_a_flow_is_disabled_is_a_truth(check, written: str, finding: str) -> None:
    text = f"flow: f\nformat: 1\ndisabled: {written}\nnodes:\n  p: {{type: plug}}\n"
    assert told(check(text)) == [finding]


def test_a_flow_may_be_disabled_by_a_variable(check) -> None:
    text = "flow: f\nformat: 1\nvars: {off: no}\ndisabled: $(off)\nnodes:\n  p: {type: plug}\n"
    assert not check(text).graph.nodes["p"].disabled
    assert check(text, variables={"off": "yes"}).graph.nodes["p"].disabled


def test_an_instance_may_be_given_a_connection_of_another_flow(both) -> None:
    subflow = (
        "subflows:\n  read: {params: {bus: {type: connection}}, out: {power: meter.reading}, "
        "nodes: {meter: {type: meter, bus: $(bus), unit: 7}}}\n"
    )
    main = MAIN.replace("type: meter, bus: garage/rs485, unit: 2", "type: flow:read, bus: X")
    graph = both(main.replace("X", "garage/rs485") + subflow).graph
    assert graph.nodes["mine.meter"].connections == ("garage/rs485",)
    assert told(both(main.replace("X", "garge/rs485") + subflow)) == [
        "f.yaml:7:32: mine: 'bus': there is no flow 'garge'; did you mean 'garage'?"
    ]


def test_the_tests_of_a_subflow_of_another_flow_have_plain_ids(both) -> None:
    subflow = (
        "subflows:\n  same:\n    in: {x: Tick}\n    nodes: {one: {type: same, from: in.x}}\n"
        "    tests: [{name: t, do: [{send: {in.x: {}}}, {expect: {one: {}}}]}]\n"
    )
    (one,) = both(
        garage=f"{GARAGE}  i: {{type: flow:same, from: flow.start}}\n{subflow}"
    ).subflow_tests
    assert [*one.graph.nodes] == ["in", "one"]
