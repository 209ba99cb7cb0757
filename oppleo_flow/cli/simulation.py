"""The simulated world of a site: a process of its own, so that it outlives a killed runtime."""

import json
import logging
import subprocess
from pathlib import Path

from oppleo_flow.cli.child import python_module
from oppleo_flow.devices.world import Wiring
from oppleo_flow.devices.world_client import WorldClient
from oppleo_flow.errors import DeviceError, DeviceMissing

SOCKET = Path(".oppleo/simulated/world.sock")
"""Where the world listens, relative to the site: the system takes short paths only."""
_LOG = logging.getLogger(__name__)


def world_for(wiring: Wiring, *, lives_with: int) -> WorldClient:
    """Return the site's world, started if it is not there yet; the current folder is the site.

    It ends when the process `lives_with` has ended.

    Raises:
        DeviceMissing: It cannot be started.
    """
    client = WorldClient(SOCKET)
    try:
        client.rewire(wiring)
    except DeviceError:
        _start(wiring, lives_with)
    else:
        _LOG.info("the simulated world is still there")
    return client


def _start(wiring: Wiring, lives_with: int) -> None:
    SOCKET.parent.mkdir(parents=True, exist_ok=True)
    command = python_module(
        "oppleo_flow.simulator",
        *("--socket", str(SOCKET), "--wiring", json.dumps(wiring.to_json())),
        *("--end-with", str(lives_with)),
    )
    # A session of its own: Ctrl-C must not end the world before the pins are safe.
    world = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    )
    assert world.stdout is not None
    with world.stdout as said:
        if not said.readline().startswith(b"ready"):
            raise DeviceMissing(f"the simulated world ended at once, with {world.wait()}")
    _LOG.info("the simulated world runs as process %d", world.pid)
