"""A node whose start never returns is named and left out; the charge point runs without it."""

NEVER = '''"""Never be there."""
from oppleo_flow import Node, NodeConfig
from oppleo_flow.payloads import Rejected


class Never(Node[NodeConfig]):
    """Never be there."""

    type_name = "never"

    def start(self) -> None:
        """Look for something that is not there, without an end."""
        while True:
            pass

    def on_message(self, card: Rejected) -> None:
        """Do nothing."""
'''


def test_a_node_that_never_starts_is_left_out_and_the_rest_runs(start, site):
    (site / "nodes" / "never.py").write_text(NEVER)
    flow = site / "flows" / "charge-point.yaml"
    node = "  hangs: {type: never, from: authorise.rejected}\n"
    flow.write_text(flow.read_text().replace("\nnodes:\n", f"\nnodes:\n{node}\n", 1))
    point = start()
    first, *_ = point.printed
    assert "the runtime hung in node 'hangs'" in first
    point.wait_until(lambda: "hangs" in point.nodes, "the node is shown")
    assert [fault["code"] for fault in point.nodes["hangs"]["faults"]] == ["quarantined"]
    point.wait_until(lambda: point.level("session", "status"), "the session said how it is")
    point.pull("swipe", card="family")
    point.wait_until(lambda: (point.level("evse", "state") or {}).get("on"), "the switch closed")
