"""The frames of devices, for whoever records them: bytes on a bus, levels of pins.

Drivers tell of them where they talk to the device's library, so that real hardware and the wire
twins are heard alike.  While nobody listens this costs one look.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from oppleo_flow.errors import ConfigError
from oppleo_flow.node_context import Site

Heard = Callable[[str, Mapping[str, Any]], object]
"""Told the device, and what went to and fro; on the thread of its driver, so it must not wait."""


class Frames:
    """What drivers tell of their frames, and who listens.  Legal from any thread."""

    def __init__(self) -> None:
        self._listeners: tuple[Heard, ...] = ()
        self._lock = threading.Lock()

    @property
    def heard(self) -> bool:
        """Return whether anybody listens."""
        return bool(self._listeners)

    def tell(self, device: str, **what: Any) -> None:
        """Tell those who listen of one frame."""
        for listener in self._listeners:
            listener(device, what)

    def listen(self, heard: Heard) -> Callable[[], None]:
        """Tell somebody of every frame from now on; return what ends it."""
        with self._lock:
            self._listeners = (*self._listeners, heard)
        return lambda: self._forget(heard)

    def _forget(self, heard: Heard) -> None:
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one is not heard)


def frames_of(site: Site) -> Frames:
    """Return the frames of a site; those of one without this service are heard by nobody."""
    try:
        return site.service(Frames)
    except ConfigError:
        return Frames()
