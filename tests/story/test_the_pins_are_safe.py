"""Whatever becomes of the runtime: the switch opens, and the charge point comes back."""

import os
import signal
from pathlib import Path

import pytest

HANG = '''
"""Never return."""
from oppleo_flow import Node, NodeConfig


class Hang(Node[NodeConfig]):
    """Never return from a handler."""

    type_name = "hang"

    def on_message(self, card: object) -> None:
        """Turn on the spot for ever."""
        while True:
            pass
'''


def runtime_of(guardian: int) -> int:
    """Return the process id of the runtime: the guardian's child."""
    children = Path(f"/proc/{guardian}/task/{guardian}/children").read_text().split()
    return next(
        int(child)
        for child in children
        if b"safe_pins" not in Path(f"/proc/{child}/cmdline").read_bytes()
    )


def close_the_switch(point):
    point.wait_until(lambda: point.level("session", "status"), "the session said how it is")
    point.pull("swipe", card="family")
    point.wait_until(lambda: (point.level("evse", "state") or {}).get("on"), "the switch closed")
    assert not point.pin_is_high(5)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        pytest.param(signal.SIGKILL, "was ended by SIGKILL", id="the runtime is killed"),
        pytest.param(signal.SIGSTOP, "gave no sign of life for 2 s", id="the runtime is stopped"),
    ],
)
def test_a_runtime_that_is_gone_leaves_the_switch_open_and_comes_back(start, site, sent, said):
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text(flow.read_text().replace("    pin: 5\n", "    pin: 5\n    dwell: 1s\n", 1))
    point = start()
    close_the_switch(point)
    os.kill(runtime_of(point.process.pid), sent)
    line = point.read_output_until("pins are safe")
    assert f"the runtime {said}; pins are safe, crash 1" in line
    assert point.pin_is_high_by_socket(5)
    point.come_back()
    point.wait_until(lambda: (point.level("evse", "state") or {}).get("on"), "it closed again")
    assert point.level("session", "status")["label"] is not None


def test_a_node_that_never_returns_is_named_and_left_out(start, site):
    (site / "nodes" / "hang.py").write_text(HANG)
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text(
        flow.read_text().replace(
            "\nnodes:\n", "\nnodes:\n  stuck:\n    type: hang\n    from: authorise.rejected\n\n", 1
        )
    )
    point = start()
    close_the_switch(point)
    point.pull("swipe", card="stranger")
    line = point.read_output_until("pins are safe")
    assert "the runtime hung in node 'stuck'; pins are safe, crash 1" in line
    assert point.pin_is_high_by_socket(5)
    point.come_back()
    point.wait_until(lambda: "stuck" in point.nodes, "the node is shown")
    assert [fault["code"] for fault in point.nodes["stuck"]["faults"]] == ["quarantined"]


def test_a_guardian_that_is_killed_takes_the_runtime_along_and_the_switch_opens(start):
    point = start()
    close_the_switch(point)
    watch = os.pidfd_open(runtime_of(point.process.pid))
    with point.witness() as pin_is_high:  # who looks at the world keeps it there
        assert not pin_is_high(5)
        point.process.kill()
        point.wait_for_end_of(watch)
        assert pin_is_high(5)
