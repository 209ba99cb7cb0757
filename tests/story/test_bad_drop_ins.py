"""A drop-in may do anything: the charge point stays safe, says who it was, and comes back."""

import resource
from pathlib import Path

import pytest

from tests.story.test_the_pins_are_safe import close_the_switch, runtime_of

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

MISDEED = '''"""Do what no node should."""
import sys
import threading

from oppleo_flow import Node, NodeConfig, Out


class OwnKind(BaseException):
    """No `Exception`."""


class MisdeedConfig(NodeConfig):
    """What it does."""

    what: str


class Misdeed(Node[MisdeedConfig]):
    """Do what no node should."""

    type_name = "misdeed"
    blocking = False
    said: Out[str]

    def on_message(self, card: object) -> None:
        """Do it."""
        getattr(self, self.config.what)()

    def interrupt(self) -> None:
        raise KeyboardInterrupt

    def leave(self) -> None:
        raise GeneratorExit

    def end(self) -> None:
        sys.exit(3)

    def cancel(self) -> None:
        raise OwnKind("enough")

    def recurse(self) -> None:
        self.recurse()

    def mistake(self) -> None:
        self.said.send(7)

    def close_input(self) -> None:
        sys.stdin.close()
        sys.stdin.read()

    def thread(self) -> None:
        threading.Thread(target=self.mistake_of_thread).start()

    def mistake_of_thread(self) -> None:
        raise LookupError("nowhere")

    def take_all(self) -> None:
        taken = []
        while True:
            taken.append(bytearray(10_000_000))
'''
APART = MISDEED.replace('"misdeed"', '"misdeed-apart"').replace("= False", "= True")
FAULTS = {
    "interrupt": "it raised what is no error, KeyboardInterrupt",
    "leave": "it raised what is no error, GeneratorExit",
    "end": "it asked for the end of the program, with 3",
    "cancel": "it raised what is no error, OwnKind: enough",
    "recurse": "maximum recursion depth exceeded",
    "close_input": "I/O operation on closed file.",
    "thread": "a thread of it ended: LookupError: nowhere",
}
ROOM = 300_000_000


@pytest.fixture
def with_drop_ins(site):
    """Put drop-ins into the site, and nodes into its flow."""

    def put(nodes, **files):
        for name, text in files.items():
            (site / "nodes" / f"{name}.py").write_text(text)
        flow = site / "flows" / "charge-point.yaml"
        lines = "".join(f"  {name}: {{{options}}}\n" for name, options in nodes.items())
        text = flow.read_text().replace("\nnodes:\n", f"\nnodes:\n{lines}\n", 1)
        flow.write_text(text.replace("    pin: 5\n", "    pin: 5\n    dwell: 1s\n", 1))

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


def test_whatever_a_handler_does_is_a_fault_of_its_node_and_the_car_charges_on(
    start, with_drop_ins
):
    said = {f"{where}_{what}": FAULTS[what] for where in ("here", "apart") for what in FAULTS}
    for where in ("here", "apart"):
        said[f"{where}_mistake"] = f"charge-point/{where}_mistake.said: carries str, got 7"
    said["apart_take_all"] = "MemoryError"
    kinds = {"here": "misdeed", "apart": "misdeed-apart"}
    nodes = {}
    for name in said:
        where, _, what = name.partition("_")
        nodes[name] = f"type: {kinds[where]}, what: {what}, from: authorise.rejected"
    with_drop_ins(nodes, misdeed=MISDEED, misdeed_apart=APART)
    point = start()
    close_the_switch(point)
    leave_room(runtime_of(point.process.pid), ROOM)
    point.pull("swipe", card="stranger")

    def faults():
        return {name: [f["text"] for f in point.nodes[name]["faults"]] for name in said}

    point.wait_until(lambda: all(faults().values()), "each node is in fault")
    assert faults() == {name: [text] for name, text in said.items()}
    assert point.level("evse", "state")["on"]
    assert not point.pin_is_high(5)
    code, rest = point.stop()
    assert (code, "Traceback" in rest) == (0, False)


def leave_room(process, room):
    """Let a process take so much more memory than it has now, as a small machine does."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    has_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmData:"))
    most = has_kb * 1024 + room
    resource.prlimit(process, resource.RLIMIT_DATA, (most, most))


@pytest.mark.parametrize(
    "line", ["import os; os._exit(9)", "raise GeneratorExit"], ids=["ends it", "no Exception"]
)
def test_a_drop_in_whose_import_ends_the_process_is_left_out_and_the_rest_runs(
    start, with_drop_ins, line
):
    with_drop_ins(BAD, bad=f'"""End the process."""\n{line}\n')
    point = start()
    close_the_switch(point)
    faults = [fault["text"] for fault in point.nodes["bad"]["faults"]]
    assert len(faults) == 1
    assert "nodes/bad.py:" in faults[0]
