import pytest

NODE = "nodes:\n  o: {type: options}\n"
HEAD = "flow: f\nformat: 1\n"


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        pytest.param(
            "",
            ["1:1: a flow has 'flow', 'format' and 'nodes', and here is nothing"],
            id="an empty file",
        ),
        pytest.param(
            "- a\n",
            ["1:1: a flow has 'flow', 'format' and 'nodes', and here is a list"],
            id="a list",
        ),
        pytest.param(
            "doc: nothing\n",
            [
                "1:1: 'flow' is missing; add 'flow: <its name>'",
                "1:1: 'format' is missing; add 'format: 1'",
                "1:1: 'nodes' is missing; add 'nodes:'",
            ],
            id="none of what is needed",
        ),
        pytest.param(
            f"{HEAD}nodse: {{}}\n{NODE}",
            ["3:1: 'nodse' is not a part of a flow; did you mean 'nodes'?"],
            id="an unknown section",
        ),
        pytest.param(
            f"flow: f\nformat: 2\n{NODE}",
            ["2:9: 'format' must be 1, got '2'; this version reads no other"],
            id="another version",
        ),
        pytest.param(
            f"flow: f\nformat: [1]\n{NODE}",
            ["2:9: 'format' is a number; write 'format: 1'"],
            id="a version that is a list",
        ),
        pytest.param(
            f"flow: My flow\nformat: 1\n{NODE}",
            ["1:7: a flow's name is small letters, digits, - and _, got 'My flow'; rename it"],
            id="a name with a space",
        ),
        pytest.param(
            f"flow: [f]\nformat: 1\ndoc: {{a: b}}\n{NODE}",
            ["1:7: 'flow' is a name, got a list", "3:6: 'doc' is text, got a map"],
            id="a list for a name and a map for a text",
        ),
        pytest.param(
            f"{HEAD}nodes: [a]\nconnections: text\n",
            [
                "3:8: 'nodes' is a map of ids and nodes, got a list",
                "4:14: 'connections' is a map of names and connections, got text",
            ],
            id="a list of nodes",
        ),
        pytest.param(
            f"{HEAD}nodes:\n  Gate-1: {{type: options}}\n  '2': {{type: options}}\n",
            [
                "4:3: Gate-1: a node's id is small letters, digits and _, got 'Gate-1'; "
                "write 'gate_1'",
                "5:3: 2: a node's id is small letters, digits and _, got '2'; rename it",
            ],
            id="bad ids",
        ),
        pytest.param(
            f"{HEAD}nodes:\n  flow: {{type: options}}\n  in: {{type: options}}\n",
            [
                "4:3: flow: 'flow' is reserved; give the node another id",
                "5:3: in: 'in' is reserved; give the node another id",
            ],
            id="reserved ids",
        ),
        pytest.param(
            f"{HEAD}nodes:\n  a: options\n  b:\n",
            [
                "4:3: a: a node is a map with a 'type', got text; add 'type: …' to it",
                "5:3: b: a node is a map with a 'type', got nothing; add 'type: …' to it",
            ],
            id="nodes that are no maps",
        ),
        pytest.param(
            f"{HEAD}nodes:\n  a: {{type: plug}}\n  b: {{type: plug}}\n  a: {{type: options}}\n",
            ["6:3: 'a' stands here a second time, first in line 4; remove or rename one"],
            id="an id that stands twice",
        ),
        pytest.param(
            f"{HEAD}{NODE}subflows: {{s: {{node: {{}}}}, t: 5, u: {{in: 5, nodes: {{}}}}}}\n",
            [
                "5:12: the subflow 's' has no nodes; add 'nodes:'",
                "5:12: warning: no node uses the subflow 's'; remove it",
                "5:16: 'node' is no part of a subflow; did you mean 'nodes'?",
                "5:30: the subflow 't' is a map with 'nodes', got text",
                "5:33: warning: no node uses the subflow 'u'; remove it",
                "5:41: 'in' of the subflow 'u' is a map, got text",
            ],
            id="the outline of subflows",
        ),
        pytest.param(
            f"{HEAD}nodes:\n  s: {{type: flow:two-steps, from: flow.start}}\n",
            ["4:13: s: there is no subflow 'two-steps'; add it under subflows"],
            id="the use of a subflow that is not there",
        ),
    ],
)
def test_the_outline_of_a_flow_is_checked(headlines, text: str, findings: list[str]) -> None:
    assert headlines(text) == findings


def test_a_flow_of_no_nodes_is_a_flow(check) -> None:
    graph = check("flow: nothing-yet\nformat: 1\ndoc: later\nnodes: {}\n").graph
    assert (graph.name, graph.doc, graph.file, graph.nodes) == (
        "nothing-yet",
        "later",
        "f.yaml",
        {},
    )
