"""What a simulated SmartEVSE says on the network, and what may be wrong with it there."""

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any, Self

from oppleo_flow.devices.smart_evse import EvseFacts
from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable


class NetworkTrouble(StrEnum):
    """What may be wrong with a SmartEVSE as the network has it."""

    AWAY = "away"  # nobody is there
    SILENT = "silent"  # it takes what is sent, and says nothing
    HTML = "html"  # a page in the place of data
    WRONG_TYPES = "wrong-types"
    NEGATIVE = "negative"  # currents below nothing
    BROKEN = "broken"  # status 500
    ELSEWHERE = "elsewhere"  # a redirection to another host
    FROZEN = "frozen"  # it goes on telling what was
    DEAF = "deaf"  # it takes commands, and does nothing


@immutable
class EvseFace:
    """What a SmartEVSE has to say, and what is wrong with its way of saying it."""

    facts: EvseFacts
    trouble: NetworkTrouble | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_json` was asked of."""
        phases = data["facts"]["current_phases_a"]
        facts = {
            **data["facts"],
            "current_phases_a": None if phases is None else tuple(phases),
            "odd": tuple(data["facts"]["odd"]),
        }
        return cls(EvseFacts(**facts), network_trouble(data["trouble"]))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data that `from_json` reads."""
        return asdict(self)


def network_trouble(name: str | None) -> NetworkTrouble | None:
    """Return the trouble of that name; None for none.

    Raises:
        ConfigError: There is no such trouble.
    """
    if name is None:
        return None
    if name not in {*NetworkTrouble}:
        known = ", ".join(NetworkTrouble)
        raise ConfigError(f"no trouble {name!r} of the network; there are: {known}")
    return NetworkTrouble(name)
