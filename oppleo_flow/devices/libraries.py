"""The libraries that drivers need on a Raspberry Pi, and how they are installed."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

_PACKAGES: Mapping[str, str] = MappingProxyType(
    {"RPi": "rpi-lgpio", "RPi.GPIO": "rpi-lgpio", "lgpio": "rpi-lgpio"}
)
"""What is imported → the package that brings it, where its name is another one."""
_ALONE = "mfrc522"  # it asks for RPi.GPIO, which would take the place of rpi-lgpio


def installing(libraries: Iterable[str]) -> str:
    """Return the commands that install libraries, which go by the names that are imported."""
    packages = dict.fromkeys(_PACKAGES.get(name, name) for name in libraries)
    usual = [package for package in packages if package != _ALONE]
    commands = [f"`pip install {' '.join(usual)}`"] if usual else []
    if _ALONE in packages:
        commands.append(f"`pip install --no-deps {_ALONE}`")
    return " and ".join(commands)
