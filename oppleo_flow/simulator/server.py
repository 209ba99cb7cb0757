"""A world for other processes: a local socket, one JSON object a line, question and answer.

Pins keep their levels when a client vanishes, as those of a Pi do when its process dies.
"""

import contextlib
import json
import os
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from oppleo_flow.devices.world import SiteWiring, World
from oppleo_flow.devices.world_client import line_to_json
from oppleo_flow.errors import ConfigError, OppleoError

_PLAIN_CALLS = {
    *("drive_pin", "drive_duty", "drive_breath", "float_pin", "read_pin"),
    *("plug_in", "plug_out", "swipe", "silence_meter", "trouble_meter", "shine"),
    *("break_evse", "break_reader", "trouble_reader", "trouble_network", "command_evse"),
    "snapshot",
}
_SEND_WITHIN_S = 1.0
_NOW_AND_THEN_S = 5.0
_MOST_UNREAD = 1 << 20


class WorldServer:
    """Serves one world at a socket, in the thread that calls `run`.

    `open` comes first; it replaces the socket of a server that died and refuses that of one that
    lives.  Only the owner of the process may connect.
    """

    def __init__(self, world: World, path: Path) -> None:
        self._world = world
        self._path = path
        self._listener: socket.socket | None = None
        self._selector = selectors.DefaultSelector()
        self._unread: dict[socket.socket, bytes] = {}
        self._stopped, self._stop = socket.socketpair()
        self._told_to_stop = False
        self._watched: int | None = None
        self._left_alone = False

    def open(self) -> None:
        """Listen.

        Raises:
            ConfigError: Another world lives at the path, or the path cannot be used.
        """
        self._clear_away_the_dead()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(self._path))
            self._path.chmod(0o600)
            listener.listen()
        except OSError as error:
            listener.close()
            raise ConfigError(f"{self._path}: {error.strerror or error}") from error
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._stopped, selectors.EVENT_READ, self._note_stop)

    def end_with(self, process_id: int) -> None:
        """Stop when that process has ended and no client is left.

        Clients that outlive it can still make their pins safe.

        Raises:
            ConfigError: That process cannot be watched.
        """
        try:
            self._watched = os.pidfd_open(process_id)
        except ProcessLookupError:
            self._left_alone = True
        except OSError as error:
            raise ConfigError(f"process {process_id}: {error.strerror}") from error
        else:
            self._selector.register(self._watched, selectors.EVENT_READ, self._note_end)

    def run(self, now_and_then: Callable[[], object] = lambda: None) -> None:
        """Serve until `stop` is called; `now_and_then` is called every few seconds, and last."""
        due_s = time.monotonic()
        while not (self._told_to_stop or (self._left_alone and not self._unread)):
            if time.monotonic() >= due_s:
                now_and_then()
                due_s = time.monotonic() + _NOW_AND_THEN_S
            for key, _ in self._selector.select(timeout=_NOW_AND_THEN_S):
                key.data(key.fileobj)
        now_and_then()

    def stop(self) -> None:
        """Let `run` return; legal from any thread and from a signal handler."""
        self._stop.send(b"x")

    def close(self) -> None:
        """Hang up on everybody and take the socket away."""
        for connection in list(self._unread):
            self._hang_up(connection)
        if self._listener is not None:
            self._listener.close()
            self._path.unlink(missing_ok=True)
        self._selector.close()
        if self._watched is not None:
            os.close(self._watched)
        self._stopped.close()
        self._stop.close()

    def _clear_away_the_dead(self) -> None:
        if not self._path.is_socket():
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(self._path))
            except ConnectionRefusedError:
                self._path.unlink()
                return
        raise ConfigError(f"{self._path}: another simulated world lives here")

    def _note_stop(self, stopped: socket.socket) -> None:
        self._told_to_stop = True

    def _note_end(self, watched: int) -> None:
        self._selector.unregister(watched)
        self._left_alone = True

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.settimeout(_SEND_WITHIN_S)
        self._unread[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ, self._read)

    def _read(self, connection: socket.socket) -> None:
        try:
            received = connection.recv(65536)
            unread = self._unread[connection] + received
            *questions, self._unread[connection] = unread.split(b"\n")
            for question in questions:
                connection.sendall(json.dumps(self._answer(question)).encode() + b"\n")
        except OSError:
            received = b""
        if not received or len(self._unread[connection]) > _MOST_UNREAD:
            self._hang_up(connection)

    def _hang_up(self, connection: socket.socket) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(connection)
        del self._unread[connection]
        connection.close()

    def _answer(self, question: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(question)
            return {"value": self._call(asked["call"], asked.get("with", {}))}
        except OppleoError as error:
            return {"error": str(error)}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return {"error": f"not a question for a world: {error}"}

    def _call(self, name: str, arguments: dict[str, Any]) -> Any:
        """Do what was asked and return the answer as plain JSON data."""
        if name in _PLAIN_CALLS:
            return getattr(self._world, name)(**arguments)
        special: dict[str, Callable[..., Any]] = {
            "led_line": self._led_line,
            "reader": self._reader,
            "meter": self._meter,
            "smart_evses": self._smart_evses,
            "rewire": self._rewire,
        }
        return special[name](**arguments)

    def _led_line(self, pin: int) -> dict[str, Any] | None:
        line = self._world.led_line(pin)
        return None if line is None else line_to_json(line)

    def _reader(self, reader: str | None) -> dict[str, Any]:
        face = self._world.reader(reader)
        return {"uid": face.uid.hex() if face.uid else None, "trouble": face.trouble}

    def _meter(self, unit_id: int) -> dict[str, Any] | None:
        face = self._world.meter(unit_id)
        return None if face is None else {one.name: getattr(face, one.name) for one in fields(face)}

    def _smart_evses(self) -> dict[str, Any]:
        return {name: face.to_json() for name, face in self._world.smart_evses().items()}

    def _rewire(self, wiring: dict[str, Any]) -> None:
        self._world.rewire(SiteWiring.from_json(wiring))
