"""The simulated world of a site: a process of its own, so that it outlives a killed runtime."""

import logging
import subprocess
from pathlib import Path

from oppleo_flow.child import python_module
from oppleo_flow.devices.world import SiteWiring
from oppleo_flow.devices.world_client import WorldClient
from oppleo_flow.errors import DeviceError, DeviceMissing

SOCKET = Path(".oppleo/simulated/world.sock")
"""Where the world listens, relative to the site: the system takes short paths only."""
_LOG = logging.getLogger(__name__)


class WorldProcess:
    """The world of a site, begun as early as possible; the current folder is the site.

    One that is there already, because it outlived a killed runtime, is used again.  It ends when
    the process `lives_with` has ended, and with it all that used the world.
    """

    def __init__(self, *, lives_with: int) -> None:
        self._client = WorldClient(SOCKET)
        self._process: subprocess.Popen[bytes] | None = None
        self._stays = False
        try:
            self._client.snapshot()
        except DeviceError:
            self._process = _start(lives_with)

    def wired(self, wiring: SiteWiring) -> WorldClient:
        """Return the world once it answers, with the wires that a flow expects.

        Raises:
            DeviceMissing: It could not be started.
        """
        process = self._process
        if process is not None:
            assert process.stdout is not None
            with process.stdout as said:
                if not said.readline().startswith(b"ready"):
                    raise DeviceMissing(f"the simulated world ended at once, with {process.wait()}")
            _LOG.info("the simulated world runs as process %d", process.pid)
        self._client.rewire(wiring)
        return self._client

    def stays(self) -> None:
        """Note that pins depend on it: from now on it ends as it was told to, not by `end`."""
        self._stays = True

    def end(self) -> None:
        """End the world that was begun for a run that came to nothing."""
        process = self._process
        if self._stays:
            return
        self._client.close()
        if process is None:
            return
        process.kill()  # it has kept nothing yet, and its socket is replaced by the next one
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _start(lives_with: int) -> "subprocess.Popen[bytes]":
    SOCKET.parent.mkdir(parents=True, exist_ok=True)
    command = python_module(
        "oppleo_flow.simulator",
        *("--socket", str(SOCKET)),
        *("--register", str(SOCKET.with_name("meter_wh"))),
        *("--end-with", str(lives_with)),
    )
    # A session of its own: Ctrl-C must not end the world before the pins are safe.
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    )
