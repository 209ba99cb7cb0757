"""The child's side of the guardian's pipe: beats, pins, and who stalls."""

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from time import monotonic
from types import FrameType
from typing import Any

from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.segment import node_in_run
from oppleo_flow.node import Node

_STALL_NOTED_S = 1.0


class Heartbeat:
    """Tells the guardian that the dispatcher is alive, and what it needs to know.

    `orphaned` is called once when the guardian is gone: nobody would make the pins safe any more,
    so the runtime must stop.  `beat` is what the engine calls; nothing here waits.
    """

    def __init__(self, pipe: int, orphaned: Callable[[], object]) -> None:
        self._pipe = pipe
        self._orphaned = orphaned
        self._lost = False
        self._last = monotonic()
        self._ended = threading.Event()
        self._runner: Callable[[], int] | None = None
        self._named: str | None = None
        os.set_blocking(pipe, False)

    def beat(self) -> None:
        """Say that the dispatcher is alive.  Called by the dispatcher itself."""
        self._last = monotonic()
        self.tell(beat=True)

    def tell(self, **said: Any) -> None:
        """Send one line."""
        if self._lost:
            return
        try:
            os.write(self._pipe, json.dumps(said).encode() + b"\n")
        except BlockingIOError:
            return  # a guardian that is behind will hear the next beat
        except OSError:
            self._lost = True
            self._orphaned()

    def pins(self, pins: Mapping[str, Any] | None) -> None:
        """Say what must be driven when this process dies; None is nothing."""
        self.tell(pins=pins)

    def watch(self, runner: Callable[[], int]) -> None:
        """Watch, to name the node that hangs; `runner` tells which thread runs what nodes do.

        It is asked when no beat has come for a while.  Who watches already goes by another runner
        from now on, and what was said of a node that took long is taken back.
        """
        before, self._runner = self._runner, runner
        if before is None:
            threading.Thread(target=self._watch, name="stall-watch", daemon=True).start()
        else:
            self._named = None
            self.tell(stalled=None)

    def close(self) -> None:
        """End the watch, and say that the end that follows is meant."""
        self._ended.set()
        self.tell(ends=True)

    def _watch(self) -> None:
        while not self._ended.wait(_STALL_NOTED_S / 4):
            if monotonic() - self._last <= _STALL_NOTED_S:
                self._named = None
            elif self._runner is not None:
                node = node_on_stack(sys._current_frames().get(self._runner()))
                if node is not None and node != self._named:
                    self._named = node
                    self.tell(stalled=node)


def node_on_stack(frame: FrameType | None) -> str | None:
    """Return the id of the innermost node that a thread is in, be it in a function made a node."""
    while frame is not None:
        names = frame.f_locals
        owner, host, unborn = names.get("self"), names.get("host"), names.get("in_the_making")
        if isinstance(owner, Node) and hasattr(owner, "context"):
            return owner.id
        if isinstance(host, NodeHost) and host.running:
            return host.node_id
        if isinstance(unborn, NodeHost):
            return unborn.node_id
        found = node_in_run(frame)
        if found is not None:
            return found
        frame = frame.f_back
    return None
