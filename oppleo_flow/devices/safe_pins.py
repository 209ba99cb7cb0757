"""Drive pins to their safe level, once: `python -m oppleo_flow.devices.safe_pins '<json>'`.

The guardian runs this when the runtime died, with the pin driver that the runtime used:

    {"driver": "rpi-gpio", "pins": [{"pin": 5, "high": true}]}
    {"driver": "world", "socket": "…/world.sock", "pins": [{"pin": 5, "high": true}]}

It ends with 0 when every pin was driven, else with 1 and one line on stderr.  One pin that cannot
be driven does not keep the others from it.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from oppleo_flow.devices.gpio import GpioChip, RpiGpio
from oppleo_flow.devices.rpi_gpio_twin import SimulatedRpiGpio
from oppleo_flow.devices.world_client import WorldClient
from oppleo_flow.errors import ConfigError, DeviceError, OppleoError


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the one argument says; return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        order = _order(given)
        with _chip(order) as chip:
            failed = drive(chip, order["pins"])
    except OppleoError as error:
        failed = [str(error)]
    if failed:
        sys.stderr.write(f"safe_pins: {'; '.join(failed)}\n")
    return 1 if failed else 0


def drive(chip: GpioChip, pins: Sequence[dict[str, Any]]) -> list[str]:
    """Drive every pin to its level; return what went wrong."""
    failed = []
    for pin in pins:
        try:
            chip.claim_output(pin["pin"], high=pin["high"])
        except DeviceError as error:
            failed.append(str(error))
    return failed


def _order(arguments: Sequence[str]) -> dict[str, Any]:
    try:
        (text,) = arguments
        order = json.loads(text)
        valid = isinstance(order["driver"], str) and all(
            type(pin["pin"]) is int and type(pin["high"]) is bool for pin in order["pins"]
        )
    except (ValueError, TypeError, KeyError):
        valid = False
    if not valid:
        raise ConfigError('one argument is needed: {"driver": …, "pins": [{"pin": …, "high": …}]}')
    return dict(order)


@contextmanager
def _chip(order: dict[str, Any]) -> Iterator[GpioChip]:
    """Give the pins that the order names; they keep their levels afterwards."""
    if order["driver"] == "rpi-gpio":
        yield RpiGpio.installed()
        return
    if order["driver"] == "world" and isinstance(order.get("socket"), str):
        with closing(WorldClient(Path(order["socket"]))) as world:
            yield RpiGpio(SimulatedRpiGpio(world))
        return
    raise ConfigError(
        f"driver: 'rpi-gpio', or 'world' with a socket, is needed, got {order['driver']!r}"
    )


if __name__ == "__main__":
    sys.exit(main())
