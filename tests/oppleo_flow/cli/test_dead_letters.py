"""`oppleo-flow dead-letters`, against a runtime that is really served."""

import http.server
import json
import socket
import struct
import threading

import pytest

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.cli import main
from oppleo_flow.cli.running_address import address_of
from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.payloads import MeterReading
from oppleo_flow.testing import BenchSite, Collect, graph_of, plan
from oppleo_flow.testing.bench import NOON
from webui.access import Demo
from webui.server import listen


class Clerk(Node[NodeConfig]):
    """Write things down, once the book is there."""

    type_name = "clerk"
    written: Out[object]
    broken = True

    def on_message(self, thing: object) -> None:
        if self.broken:
            raise OSError("there is no book")
        self.written.send(thing)


@pytest.fixture
def flow(site, tmp_path):
    """Return a running flow of the site that two payloads have come into, in vain."""
    (site / ".oppleo").mkdir()
    graph = graph_of(
        {"clerk": plan(Clerk, on_error=OnError(then="dead-letter")), "end": plan(Collect)},
        ["clerk.written > end.in"],
    )
    made = Runtime(graph, clock=VirtualClock(NOON), site=BenchSite())
    made.start()
    for payload in (5, MeterReading.sample()):
        made.inject("clerk", "in", payload)
    made.run_for(0)
    with (
        listen(
            made, access=Demo(), clock=SystemClock(), port=0, built_page=tmp_path
        ).start() as server,
        address_of(site, server.url),
    ):
        yield made
    made.stop()


def test_the_newest_is_the_first_with_its_error_and_the_beginning_of_its_payload(flow, capsys):
    assert main(["dead-letters", "list"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "id failed input tries error payload",
        "2 2026-01-15 13:00:00 clerk.in 1 OSError: there is no book "
        '{"type": "MeterReading", "value": {"meter": "meter", "time"…',
        '1 2026-01-15 13:00:00 clerk.in 1 OSError: there is no book {"type": "int", "value": 5}',
    ]


def test_a_program_is_told_the_whole_of_each(flow, capsys):
    assert main(["dead-letters", "list", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(letter["id"], letter["payload"]["type"]) for letter in found] == [
        (2, "MeterReading"),
        (1, "int"),
    ]


def test_letters_are_replayed_and_discarded_by_their_numbers(flow, capsys):
    flow.node("clerk").broken = False
    assert main(["dead-letters", "replay", "1"]) == 0
    assert main(["dead-letters", "discard", "2"]) == 0
    flow.run_for(0)
    assert capsys.readouterr().out == (
        "1: given once more to clerk.in\n2: discarded, of clerk.in\n"
    )
    assert (flow.node("end").got, flow.dead_letters().letters) == ([5], ())


def test_a_letter_that_is_not_there_is_refused(flow, capsys):
    assert main(["dead-letters", "replay", "7"]) == 3
    assert capsys.readouterr().err == "oppleo-flow: there is no dead letter 7\n"


def test_a_site_that_does_not_run_has_nobody_to_ask(site, capsys):
    assert main(["dead-letters", "list"]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {site}: does not run; start it with `oppleo-flow run` first\n"
    )


def test_an_address_that_a_killed_runtime_left_behind_is_not_believed(site, capsys):
    (site / ".oppleo").mkdir()
    (site / ".oppleo" / "address").write_text("http://127.0.0.1:9/\n")
    assert main(["dead-letters", "list"]) == 3
    assert "does not run" in capsys.readouterr().err


def test_a_runtime_that_hangs_up_is_told_in_words(site, capsys):
    """As one does that is killed while it is asked."""
    (site / ".oppleo").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with address_of(site, url):
            assert main(["dead-letters", "list"]) == 1
        thread.join()
    assert capsys.readouterr().err == (
        f"oppleo-flow: {url}: the runtime does not answer: Connection reset by peer\n"
    )


def test_what_answers_in_its_place_is_not_believed_either(site, tmp_path, capsys):
    """A server of another kind: its answer is no JSON of ours."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    (site / ".oppleo").mkdir()
    url = f"http://127.0.0.1:{server.server_port}/"
    with address_of(site, url):
        assert main(["dead-letters", "list"]) == 1
    server.shutdown()
    thread.join()
    server.server_close()
    assert (
        capsys.readouterr()
        .err.splitlines()[-1]
        .startswith(f"oppleo-flow: {url}: the runtime does not answer: ")
    )


def test_an_address_that_cannot_be_written_hinders_nothing(tmp_path, caplog):
    with address_of(tmp_path / "nowhere", "http://127.0.0.1:8080/"):
        pass
    assert "commands will not find this runtime" in caplog.text
