from pathlib import Path

import pytest

from oppleo_flow.flowfile.graph import InboxPolicy, MissingNode, OnError, Place

BROKEN = Path(__file__).parent / "nodes" / "broken.py"


@pytest.mark.parametrize(
    ("nodes", "findings"),
    [
        pytest.param(
            "  a: {type: metre}\n",
            ["4:13: a: unknown node type 'metre'; did you mean 'meter'?"],
            id="an unknown type",
        ),
        pytest.param(
            "  a: {type: bus}\n",
            ["4:13: a: 'bus' is a connection type; write it under connections"],
            id="a connection among the nodes",
        ),
        pytest.param(
            "  a: {type: broken}\n",
            [
                f"4:13: a: type 'broken' cannot be used: {BROKEN}:3: ModuleNotFoundError: "
                "No module named 'nothing_of_this_name'; mend that file"
            ],
            id="a type whose file cannot be imported",
        ),
        pytest.param(
            "  a: {type: moody}\n",
            [
                "4:3: a: moody cannot tell its outputs: KeyError: 'low'; mend that node type",
                "4:3: a: moody cannot tell what it claims: KeyError: 'red'; mend that node type",
            ],
            id="a type whose outputs and claims break",
        ),
        pytest.param(
            "  a: {type: fragile, word: [b]}\n",
            [
                "4:3: a: fragile cannot check its options: AttributeError: 'list' object has no "
                "attribute 'strip'; mend that node type"
            ],
            id="a type whose own check breaks",
        ),
        pytest.param(
            "  a: {doc: of no type}\n",
            ["4:3: a: 'type' is missing; add 'type: …'"],
            id="no type",
        ),
        pytest.param(
            "  a: {type: [plug]}\n",
            ["4:13: a: 'type' is a name, got a list; write the name of a type"],
            id="a list of types",
        ),
        pytest.param(
            "  a: {type: plug, dok: x, colour: red}\n",
            [
                "4:19: a: 'dok' is not an option of plug; did you mean 'doc'?",
                "4:27: a: 'colour' is not an option of plug; remove it",
            ],
            id="options it does not have",
        ),
        pytest.param(
            "  a: {type: meter}\n",
            ["4:3: a: 'bus' is missing; add 'bus: …' (The bus it is on)"],
            id="an option it needs",
        ),
        pytest.param(
            "  a: {type: meter, buss: b}\n",
            ["4:20: a: 'buss' is not an option of meter; did you mean 'bus'?"],
            id="an option it needs, under a misspelt name",
        ),
        pytest.param(
            "  a: {type: meter, bus: }\n",
            ["4:20: a: 'bus' has no value; write one (The bus it is on)"],
            id="an option it needs, left empty",
        ),
        pytest.param(
            "  a: {type: gate, from: flow.start, closed: drop}\n",
            [
                "4:3: a: a gate that drops needs a window in 'open'",
                "4:25: a: 'flow.start' carries FlowStarted, but the input 'in' of gate takes "
                "SwitchRequest; wire another output",
            ],
            id="options that do not go together",
        ),
        pytest.param(
            "  a: {type: plug, on_error: {retry: -1, backoff: 5s..1s, then: drop, x: 1}, "
            "keep: always, when_busy: waiting, log: loud, disabled: maybe}\n",
            [
                "4:37: a: 'on_error.retry' must be at least 0, got -1",
                "4:70: a: 'x' is not an option of node 'a' in 'on_error'; "
                "it has: retry, backoff, then",
                "4:83: a: 'keep' must be durable, got 'always'",
                "4:102: a: 'when_busy': queue, restart, drop or a number at once such as "
                "'parallel 4' is needed, with 'per' and a field after it where messages are told "
                "apart, got 'waiting'",
                "4:116: a: 'log' must be debug, info, warning or error, got 'loud'",
                "4:132: a: 'disabled' must be on or off, got 'maybe'",
            ],
            id="the options that every node has",
        ),
        pytest.param(
            "  a: {type: plug, on_error: {backoff: 5s..1s}, at_most: often}\n",
            [
                "4:29: a: 'on_error': backoff: the second time must not be shorter than the "
                "first, nor 0, got a map",
                "4:57: a: 'at_most': a number of messages in a time, such as 6/h or 1/30s, "
                "is needed, got 'often'",
            ],
            id="times that make no sense",
        ),
        pytest.param(
            "  p: {type: plug}\n"
            "  a: {type: lamp, safe: off, from: p, inbox: {size: 0, full: burst, x: 1}}\n"
            "  b: {type: lamp, safe: off, from: p, inbox: {on: {size: 1}, in: 5}}\n"
            "  c: {type: lamp, safe: off, from: p, inbox: 5}\n",
            [
                "5:53: a: 'inbox.size' must be at least 1, got 0",
                "5:62: a: 'inbox.full' must be drop-oldest, drop-newest, latest, spool or block, "
                "got 'burst'",
                "5:69: a: 'x' is not an option of inbox; it has: size, full, disk",
                "6:47: b: lamp has no input 'on'; it has: in",
                "6:66: b: 'inbox.in' must be a map such as {size: 10, full: latest}, got 5",
                "7:46: c: 'inbox' must be a map such as {size: 10, full: latest}, got 5",
            ],
            id="inboxes",
        ),
    ],
)
def test_types_and_options_are_checked(in_nodes, nodes: str, findings: list[str]) -> None:
    assert in_nodes(nodes) == findings


@pytest.mark.parametrize(
    ("connections", "findings"),
    [
        pytest.param(
            "  b: {type: buss, port: x}\n",
            ["4:13: b: unknown connection type 'buss'; did you mean 'bus'?"],
            id="an unknown type",
        ),
        pytest.param(
            "  b: {type: relay}\n",
            ["4:13: b: 'relay' is a node type; write it under nodes"],
            id="a node among the connections",
        ),
        pytest.param(
            "  b: {type: bus, port: x, baut: 5, simulate: perhaps}\n",
            [
                "4:27: b: 'baut' is not an option of bus; did you mean 'baud'?",
                "4:46: b: 'simulate' must be on or off, got 'perhaps'",
            ],
            id="options",
        ),
        pytest.param(
            "  b: {port: x}\n", ["4:3: b: 'type' is missing; add 'type: …'"], id="no type"
        ),
    ],
)
def test_connections_are_checked(headlines, connections: str, findings: list[str]) -> None:
    flow = "flow: f\nformat: 1\nconnections:\n{}nodes:\n  m: {{type: meter, bus: b}}\n"
    assert headlines(flow.format(connections)) == findings


def test_a_node_knows_its_options(check) -> None:
    node = check(
        "flow: f\nformat: 1\nconnections: {b: {type: bus, port: x}}\nnodes:\n"
        "  m:\n    type: meter\n    bus: b\n    doc: the meter\n    disabled: yes\n"
        "    on_error: {retry: 3, backoff: 1s..30s, then: drop}\n    keep: durable\n"
        "    log: debug\n    at_most: 1/30s\n"
    ).graph.nodes["m"]
    assert (node.doc, node.disabled, node.durable, node.log_level) == (
        "the meter",
        True,
        True,
        "debug",
    )
    assert node.on_error == OnError(3, 1.0, 30.0, "drop")
    assert (node.at_most, node.connections) == ((1, 30.0), ("b",))
    assert node.place == Place("f.yaml", 5, 3)


def test_an_inbox_is_for_all_inputs_or_for_one(check) -> None:
    node = (
        "flow: f\nformat: 1\nconnections: {{b: {{type: bus, port: x}}}}\nnodes:\n"
        "  m: {{type: meter, bus: b}}\n  c: {{type: card}}\n  a: {{type: authorise, from: c}}\n"
        "  s:\n    type: session\n    from: {{token: a.accepted, meter: m}}\n    inbox: {}\n"
    )
    usual, small = InboxPolicy(), InboxPolicy(5, "latest")
    one = check(node.format("{meter: {size: 5, full: latest}}")).graph.nodes["s"]
    every = check(node.format("{size: 5, full: latest}")).graph.nodes["s"]
    assert one.inbox == {"meter": small, "plug": usual, "token": usual}
    assert every.inbox == {"meter": small, "plug": small, "token": small}


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("all_of_them", [False, True])
def test_a_connection_is_simulated_when_it_or_the_site_says_so(check, own, all_of_them) -> None:
    flow = (
        f"flow: f\nformat: 1\nconnections: {{b: {{type: bus, port: x, simulate: {own}}}}}\n"
        "nodes:\n  m: {type: meter, bus: b}\n"
    )
    assert check(flow, simulate=all_of_them).graph.connections["b"].simulate is (own or all_of_them)


def test_a_type_that_is_not_there_may_leave_a_placeholder(check) -> None:
    result = check(
        "flow: f\nformat: 1\nnodes:\n  c: {type: card}\n  r: {type: reeder, from: c, a: b}\n"
        "  l: {type: lamp, safe: off, from: [r.state, r], stale_after: 5s}\n",
        placeholders=True,
    )
    message = "unknown node type 'reeder'; see `oppleo-flow nodes`"
    assert [f.headline() for f in result.findings] == [f"f.yaml:5:13: warning: r: {message}"]
    assert result.graph.missing == {"r": MissingNode("r", "reeder", message, Place("f.yaml", 5, 3))}
    assert list(result.graph.nodes) == ["c", "l"]
    ends = [(w.source_node, w.source_port, w.target_node, w.kind) for w in result.graph.wires]
    assert ends == [
        ("c", "seen", "r", "event"),
        ("r", "state", "l", "level"),
        ("r", "out", "l", "level"),
    ]
