"""How the machine is, as far as a site depends on it: program, disk, clock, port and devices."""

import errno
import grp
import importlib.util
import os
import platform
import shutil
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from oppleo_flow import __version__
from oppleo_flow.cli.diagnosis import Diagnosis, bad, well, worth_a_look
from oppleo_flow.devices.libraries import installing
from oppleo_flow.flowfile.graph import GraphConnection

_OLDEST_PYTHON: Final = (3, 11)
_POINTER_BITS: Final = 8 * struct.calcsize("P")
_SCARCE_BYTES, _FULL_BYTES = 500_000_000, 100_000_000
_BUILT_YEAR: Final = 2026
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
_PINS: Final = ("gpiochip0", "gpiomem")
_LIBRARIES: Final = {"gpio": ("RPi",), "spi-bus": ("mfrc522", "spidev", "RPi")}


def program(
    version: tuple[int, ...] = sys.version_info[:3], bits: int = _POINTER_BITS
) -> Diagnosis:
    """Return whether this Python and this system are ones that the program is made for."""
    written = ".".join(map(str, version))
    text = f"oppleo-flow {__version__}, Python {written}, {platform.machine()}, {bits} bits"
    if version < _OLDEST_PYTHON:
        return bad("program", text, "install Python 3.11 or newer")
    if bits < 64:
        return bad("program", text, "use a 64-bit system: half of the libraries need one")
    return well("program", text)


def user(number: int | None = None) -> Diagnosis:
    """Return whether the program runs as somebody who may not do everything."""
    number = os.getuid() if number is None else number
    if number == 0:
        remedy = "run it as a user of its own, in the groups of the devices it needs"
        return worth_a_look("user", "root, who may do everything", remedy)
    return well("user", f"number {number}")


def disk(folder: Path) -> Diagnosis:
    """Return whether there is room for the ledger, the state and the log."""
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free at {folder}"
    if free < _FULL_BYTES:
        return bad("disk", text, "make room: what cannot be written down waits in memory")
    if free < _SCARCE_BYTES:
        return worth_a_look("disk", text, "make room soon")
    return well("disk", text)


def clock(now: datetime, synchronised: Path = _SYNCHRONISED) -> Diagnosis:
    """Return whether the wall clock can be believed; prices and off-peak hours go by it."""
    text = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now.year < _BUILT_YEAR:
        return bad("clock", text, "set the clock: this program is younger than that")
    if not synchronised.exists():
        remedy = "see `timedatectl`; other time services than systemd's cannot be seen from here"
        return worth_a_look("clock", f"{text}, not known to be synchronised", remedy)
    return well("clock", f"{text}, synchronised")


def port(host: str, number: int) -> Diagnosis:
    """Return whether the page can be served; not for a site that runs."""
    if number == 0:
        return well("port", "any that is free")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, number))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                text, remedy = "is taken", "stop what listens there, or choose another web port"
            else:
                text, remedy = str(error.strerror), "choose a port above 1023"
            return bad("port", f"{host}:{number} {text}", remedy)
    return well("port", f"{host}:{number} is free")


def devices(
    connections: Iterable[GraphConnection], dev: Path = Path("/dev")
) -> Iterator[Diagnosis]:
    """Yield how the devices and libraries are that real connections need."""
    for plan in connections:
        kind, name = plan.spec.type_name, plan.name
        if plan.simulate:
            if kind in ("gpio", "spi-bus", "serial-bus", "card-keyboard"):
                yield well(name, "is simulated")
            continue
        options = plan.config.model_dump()
        if kind == "serial-bus":
            yield device(name, Path(options["port"]), "plug the adapter in, or correct `port`")
        elif kind == "card-keyboard":
            yield device(name, Path(options["path"]), "plug the reader in, or correct `path`")
        elif kind == "spi-bus":
            path = dev / f"spidev{options['bus']}.{options['device']}"
            yield device(name, path, "enable SPI: `dtparam=spi=on` in the Pi's config.txt")
        elif kind == "gpio":
            found = [dev / pins for pins in _PINS if (dev / pins).exists()] or [dev / _PINS[0]]
            yield device(name, found[0], "is this a Raspberry Pi? else ask for simulated hardware")
        yield from _libraries(name, kind)


def device(name: str, path: Path, remedy: str) -> Diagnosis:
    """Return whether a device is there and this user may use it."""
    if not path.exists():
        return bad(name, f"{path} is not there", remedy)
    if not os.access(path, os.R_OK | os.W_OK):
        group = _group(path.stat().st_gid)
        command = f"sudo usermod -aG {group} $USER"
        return bad(name, f"{path} may not be used", f"`{command}`, then sign in again")
    return well(name, f"{path} is there")


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def _libraries(name: str, kind: str) -> Iterator[Diagnosis]:
    missing = [one for one in _LIBRARIES.get(kind, ()) if importlib.util.find_spec(one) is None]
    if missing:
        yield bad(name, f"the library {missing[0]} is not installed", installing(missing))
