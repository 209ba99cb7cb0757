"""The kWh meters of Oppleo, `energy_device`: which models, and what each is called here.

A charger that got another id left its old row behind, with the readings of before.  So there may be
several for one meter; only their owner knows.
"""

from collections.abc import Mapping
from typing import Final, Literal

from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable
from oppleo_flow.oppleo_import.cells import Row

HIGHEST_REGISTER_WH: Final = 9_999_999_900
"""What the display of an Eastron meter can show."""
_ONE_PHASE: Final = "SDM120"
_HIGHEST_V: Final = 253.0


@immutable
class OppleoMeter:
    """A meter of Oppleo's: the name of its readings here, and of how many phases they are."""

    device: str
    meter: str
    model: Literal["SDM630v2", "SDM120"]

    @property
    def phases(self) -> int:
        """Return how many phases Oppleo reads of the model; it kept 0 for the others."""
        return 1 if self.model == _ONE_PHASE else 3

    @property
    def highest_power_w(self) -> float:
        """Return what the meter can let through: 45 A in one phase, or 100 A in three.

        Source:
            Eastron's data sheets; 230 V and a tenth more, EN 50160.
        """
        return _HIGHEST_V * (45 if self.phases == 1 else 3 * 100)


def model_of(device: Row) -> Literal["SDM630v2", "SDM120"]:
    """Return the model that Oppleo read a device as: of a name that it did not know an SDM630."""
    return _ONE_PHASE if device.get("modbus_config") == _ONE_PHASE else "SDM630v2"


def current_device(devices: Mapping[str, Row], charger_id: str) -> str:
    """Return the device that the charger reads: its own, else the last by name, as Oppleo did."""
    return charger_id if charger_id in devices or not devices else max(devices)


def meters_of(
    devices: Mapping[str, Row], current: str, names: Mapping[str, str]
) -> dict[str, OppleoMeter]:
    """Return the meter of each device; `names` says what its readings are called here.

    The current one is `meter`, as in the flow; any other has a name of its own.

    Raises:
        ConfigError: A name is for a device that is not there.
    """
    for device in names:
        if device not in devices:
            known = ", ".join(sorted(devices)) or "none"
            raise ConfigError(f"no energy device {device!r} in Oppleo; it has: {known}")
    return {
        device: OppleoMeter(
            device, names.get(device, "meter" if device == current else device), model_of(row)
        )
        for device, row in devices.items()
    }
