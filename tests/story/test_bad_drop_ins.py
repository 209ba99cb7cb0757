"""A drop-in may do anything: the charge point stays safe, says who it was, and comes back."""

import pytest

from tests.story.test_the_pins_are_safe import close_the_switch

HEAD = '''"""Misbehave."""
import os
import threading

from oppleo_flow import Node, NodeConfig, Out


class Bad(Node[NodeConfig]):
    """Misbehave."""

    type_name = "bad"
    said: Out[str]
'''
EXITS = '''
    def on_message(self, card: object) -> None:
        """End the process."""
        os._exit({code})
'''
HANGS_WHERE_IT_IS_BROUGHT = '''
    def on_message(self, card: object) -> None:
        """Have a thread bring a message to the node that hangs."""
        threading.Thread(target=self.said.send, args=("now",), daemon=True).start()
'''
SENDS_FOR_EVER = '''
    def start(self) -> None:
        """Begin a thread that nothing ends."""
        threading.Thread(target=self.run).start()

    def run(self) -> None:
        """Send for ever."""
        while True:
            self.said.send("on and on")

    def on_message(self, card: object) -> None:
        """Do nothing."""
'''
TALKS = '''
    def on_message(self, card: object) -> None:
        """Say a lot."""
        self.said.send("x" * 1_000_000)
'''
HOLDS = '''"""Hold a text."""
from oppleo_flow import Level, Node, NodeConfig


class Hold(Node[NodeConfig]):
    """Hold a text."""

    type_name = "hold"
    text: Level[str]

    def on_message(self, text: str) -> None:
        """Hold it."""
        self.text.set(text)
'''
HANGS = '''"""Hang."""
from oppleo_flow import node


@node("hang")
def hang(text: str) -> str:
    """Hang."""
    while text:
        pass
    return text
'''


@pytest.fixture
def with_drop_ins(site):
    """Put drop-ins into the site, and nodes into its flow."""

    def put(nodes, **files):
        for name, text in files.items():
            (site / "nodes" / f"{name}.py").write_text(text)
        flow = site / "flows" / "charge-point.yaml"
        lines = "".join(f"  {name}: {{{options}}}\n" for name, options in nodes.items())
        flow.write_text(flow.read_text().replace("\nnodes:\n", f"\nnodes:\n{lines}\n", 1))

    return put


BAD = {"bad": "type: bad, from: authorise.rejected"}


@pytest.mark.parametrize("code", [0, 2, 7])
def test_a_handler_that_ends_the_process_is_a_crash_and_the_outputs_are_safe(
    start, with_drop_ins, code
):
    with_drop_ins(BAD, bad=HEAD + EXITS.format(code=code))
    point = start()
    close_the_switch(point)
    point.pull("swipe", card="stranger")
    line = point.read_output_until("pins are safe")
    assert f"the runtime ended with code {code}; pins are safe, crash 1" in line
    assert point.pin_is_high_by_socket(5)
    point.come_back()
    point.wait_until(lambda: (point.level("evse", "state") or {}).get("on"), "it closed again")


def test_a_node_that_hangs_on_the_thread_of_who_brought_the_message_is_named(start, with_drop_ins):
    nodes = {**BAD, "stuck": "type: hang, from: bad.said"}
    with_drop_ins(nodes, bad=HEAD + HANGS_WHERE_IT_IS_BROUGHT, hang=HANGS)
    point = start()
    close_the_switch(point)
    point.pull("swipe", card="stranger")
    line = point.read_output_until("pins are safe")
    assert "the runtime hung in node 'stuck'; pins are safe, crash 1" in line
    assert point.pin_is_high_by_socket(5)
    point.come_back()
    point.wait_until(lambda: "stuck" in point.nodes, "the node is shown")
    assert [fault["code"] for fault in point.nodes["stuck"]["faults"]] == ["quarantined"]


def test_a_thread_that_nothing_ends_does_not_keep_the_program_from_its_end(start, with_drop_ins):
    with_drop_ins(BAD, bad=HEAD + SENDS_FOR_EVER)
    point = start()
    close_the_switch(point)
    code, rest = point.stop()
    assert (code, rest.splitlines()[-1]) == (
        0,
        "charge-point has stopped, its outputs are at their safe level",
    )


def test_a_long_text_is_shown_short_and_the_page_goes_on(start, with_drop_ins):
    nodes = {**BAD, "hold": "type: hold, from: bad.said"}
    with_drop_ins(nodes, bad=HEAD + TALKS, hold=HOLDS)
    point = start()
    point.wait_until(lambda: point.level("session", "status"), "the session said how it is")
    point.pull("swipe", card="stranger")
    point.wait_until(lambda: point.level("hold", "text"), "the text is shown")
    assert point.level("hold", "text") == f"{'x' * 2000}… (1000000 characters)"
    status, state = point.get("/api/v1/state")
    assert (status, len(str(state)) < 100_000) == (200, True)
    close_the_switch(point)
