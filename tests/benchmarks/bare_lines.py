"""The limit of row 3, in a process of its own: lines from a socket and back, with nothing between.

    python -m tests.benchmarks.bare_lines PORT

Says `ready` when it answers, and ends when its standard input does.
"""

import socket
import sys
import threading


def main(port: str) -> None:
    """Serve until the standard input ends."""
    server = socket.create_server(("127.0.0.1", int(port)))
    threading.Thread(target=_accept, args=(server,), daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


def _accept(server: socket.socket) -> None:
    while True:
        client, _ = server.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_answer, args=(client,), daemon=True).start()


def _answer(client: socket.socket) -> None:
    with client.makefile("r", encoding="utf-8") as lines:
        for line in lines:
            client.sendall(line.encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
