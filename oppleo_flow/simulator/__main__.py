"""A simulated world in a process of its own: `python -m oppleo_flow.simulator --socket PATH`.

It says `ready PATH` on its standard output once it answers, and ends on SIGTERM and SIGINT.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.evse_waveform import GENERATIONS
from oppleo_flow.devices.world import SiteWiring
from oppleo_flow.errors import OppleoError
from oppleo_flow.simulator.metering import NEW_METER_WH
from oppleo_flow.simulator.register import KeptRegisters
from oppleo_flow.simulator.server import WorldServer
from oppleo_flow.simulator.smart_evse import EvseTimes
from oppleo_flow.simulator.world import SimulatedWorld


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the world until it is told to end; return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        registers = KeptRegisters(given.register, NEW_METER_WH)
        world = SimulatedWorld(
            SystemClock(),
            energy_wh=registers.first(),
            register_of=registers.of,
            wiring=SiteWiring.from_json(json.loads(given.wiring)),
            times=EvseTimes() if given.true_times else EvseTimes.quick(),
            hardware=GENERATIONS[given.generation],
        )
        server = WorldServer(world, given.socket)
        server.open()
        if given.end_with is not None:
            server.end_with(given.end_with)
    except (OppleoError, ValueError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    try:
        _say_ready(given.socket)
    except BrokenPipeError:  # who started it did not wait: there is nobody to serve
        server.close()
        return 0
    server.run(lambda: registers.keep(world.registers()))
    server.close()
    return 0


def _say_ready(path: Path) -> None:
    """Say it past the buffer of `sys.stdout`, which would try again at the end."""
    os.write(sys.stdout.fileno(), f"ready {path}\n".encode())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m oppleo_flow.simulator",
        description="A simulated car, SmartEVSE, meter and cards behind a local socket.",
    )
    parser.add_argument("--socket", type=Path, required=True, help="where to listen")
    parser.add_argument("--wiring", default="{}", help="pins and meters, as JSON")
    parser.add_argument(
        "--generation", choices=sorted(GENERATIONS), default="v2", help="of the SmartEVSE"
    )
    parser.add_argument(
        "--true-times", action="store_true", help="the delays of the devices, not short ones"
    )
    parser.add_argument("--register", type=Path, help="file that keeps what the meters counted")
    parser.add_argument(
        "--end-with", type=int, metavar="PID", help="end with this process and the last client"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
