"""Threads that a node's author began: what becomes of the node when an error ends one."""

import logging
import sys
from collections.abc import Iterator
from threading import ExceptHookArgs
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from oppleo_flow.engine.words import words_of
from oppleo_flow.node import Node

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.host import NodeHost

LOG = logging.getLogger(__name__)
THREAD_FAULT = "thread-failed"


class StrayThreads:
    """Puts a node in fault when a thread of its own has come to an end that it was not meant to."""

    def __init__(self, core: "Core") -> None:
        self._core = core

    def ended(self, how: ExceptHookArgs) -> None:
        """Find whose thread an error has ended, and say so.  In that thread."""
        error = how.exc_value
        if error is None or isinstance(error, SystemExit):  # which is how a thread may end itself
            return
        said = f"{type(error).__name__}: {words_of(error)}"
        hosts = self._whose(how.exc_traceback)
        for host in hosts:
            host.fault(THREAD_FAULT, f"a thread of it ended: {said}")
        if not hosts:
            name = "" if how.thread is None else f" {how.thread.name!r}"
            LOG.error("thread%s ended: %s", name, said)
        LOG.debug("traceback", exc_info=error)

    def _whose(self, trace: TracebackType | None) -> list["NodeHost"]:
        """Return the nodes that the innermost frame with an owner belongs to."""
        for frame in reversed([*_frames(trace)]):
            hosts = [h for h in self._core.hosts.values() if not h.stopping and _owns(h, frame)]
            if hosts:
                return hosts
        return []


def _frames(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def _owns(host: "NodeHost", frame: FrameType) -> bool:
    """Return whether a frame is in a method of a node; else, in the file that its type is from."""
    owner = frame.f_locals.get("self")
    if isinstance(owner, Node):
        return owner is host.node
    module = sys.modules.get(type(host.node).__module__)
    return frame.f_code.co_filename == getattr(module, "__file__", None)
