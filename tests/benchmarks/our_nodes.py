"""The benchmark's own nodes on our side, each written as a drop-in is."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from oppleo_flow import Node, NodeConfig, Out, Record, node
from oppleo_flow.payloads import Failure

BATCH = 100


@node("increase")
def increase(number: float) -> float:
    """Add one."""
    return number + 1


@node("pass-on")
def pass_on(record: Record) -> Record:
    """Let a record pass."""
    return record


@node("throw")
def throw(record: Record) -> Record:
    """Fail."""
    raise ValueError("boom")


class Refuse(Node[NodeConfig]):
    """Fail, and let what could not be handled leave by a port of its own."""

    type_name = "refuse"
    refused: Out[Record]

    def on_message(self, record: Record) -> None:
        """Fail."""
        raise ValueError("boom")


class Source(Node[NodeConfig]):
    """Send as many messages as it is told to, a hundred a turn of the dispatcher."""

    type_name = "source"
    feed: Out[object]

    def start(self) -> None:
        """Have nothing to send yet."""
        self.sent = self.wanted = 0
        self.make: Callable[[int], object] = lambda number: number

    def on_message(self, messages: int) -> None:
        """Begin."""
        self.sent, self.wanted = 0, messages
        self._send_some()

    def _send_some(self) -> None:
        end = min(self.wanted, self.sent + BATCH)
        send, make = self.feed.send, self.make
        for number in range(self.sent, end):
            send(make(number))
        self.sent = end
        if end < self.wanted:
            self.after(0.0, self._send_some)


class Sink(Node[NodeConfig]):
    """Count what comes in, and say when it is as much as was awaited."""

    type_name = "sink"

    def start(self) -> None:
        """Await nothing yet."""
        self.left = 0
        self.complete = threading.Event()

    def expect(self, messages: int) -> None:
        """Begin to count down from `messages`.  Before the first is sent."""
        self.complete.clear()
        self.left = messages

    def on_message(self, payload: object) -> None:
        """Count one."""
        self.left -= 1
        if not self.left:
            self.complete.set()


class Trouble(Node[NodeConfig]):
    """Take the failures of all nodes."""

    type_name = "trouble"

    def on_message(self, failure: Failure) -> None:
        """Let it be."""


class LineServerConfig(NodeConfig):
    """Settings of a line server."""

    port: int


class LineServer(Node[LineServerConfig]):
    """Send each line that a client writes; write what comes in to the client it is for."""

    type_name = "line-server"
    line: Out[Record]

    def start(self) -> None:
        """Listen."""
        self.clients: dict[int, socket.socket] = {}
        self.server = socket.create_server(("127.0.0.1", self.config.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self, reason: str) -> None:
        """Hang up."""
        # A thread that waits in accept() goes on waiting when the socket is merely closed.
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for client in self.clients.values():
            client.close()

    def on_message(self, record: Record) -> None:
        """Answer."""
        self.clients[record["client"]].sendall(f"{record['payload']}\n".encode())

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, (_, number) = self.server.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.clients[number] = client
                threading.Thread(target=self._read, args=(client, number), daemon=True).start()

    def _read(self, client: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), client.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                record = Record(payload=line.rstrip("\n"), topic="bench", client=number)
                self.line.send(record)


class Work(Node[NodeConfig]):
    """Keep a processor busy for 200 ms of every second, on a worker of its own."""

    type_name = "work"
    blocking = True

    def start(self) -> None:
        """Begin."""
        self.every(1.0, self._work)

    def _work(self) -> None:
        end = time.thread_time() + 0.2
        while time.thread_time() < end:
            sum(range(100))
