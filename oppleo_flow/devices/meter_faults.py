"""What may be wrong with a meter or its wires, what it is called, and what to check.

Each is the fault of a node until the meter answers properly again; none ever becomes a value.
"""

from typing import Final

from oppleo_flow.devices.meter_profile import MeterProfile
from oppleo_flow.devices.serial_bus import LineGarbled, LineNoise, LineShared, RegisterRefused
from oppleo_flow.errors import DeviceError, DeviceMissing, DeviceTimeout
from oppleo_flow.immutable import immutable


class MeterWrong(DeviceError):
    """The meter answered what cannot be."""


class WrongWordOrder(MeterWrong):
    """What it answered can only be with the registers of each number the other way round."""


class WrongModel(MeterWrong):
    """It is another model than the flow says."""


class RegisterFell(MeterWrong):
    """The running total is less than it was."""


class MeterExchanged(MeterWrong):
    """Another meter answers than did before."""


@immutable
class NamedFault:
    """The code of a fault and what to check; `{factory}` is how the meter comes."""

    code: str
    check: str

    def text(self, error: DeviceError, profile: MeterProfile) -> str:
        """Return what is wrong, and what to check."""
        factory = f" (from the factory: {profile.factory})" if profile.factory else ""
        return f"{error}; {self.check.format(factory=factory)}" if self.check else str(error)


_REFUSED: Final = NamedFault("meter-refuses", "check that `model` is what the meter is")
_FAULTS: Final[tuple[tuple[type[DeviceError], NamedFault], ...]] = (
    (
        DeviceMissing,
        NamedFault("bus-missing", ""),  # the driver says itself what to check
    ),
    (
        DeviceTimeout,
        NamedFault(
            "meter-silent",
            "check that the meter has power, that its wires A and B are tight, and that its "
            "address, speed and parity are those of the flow{factory}",
        ),
    ),
    (
        LineNoise,
        NamedFault(
            "line-noise",
            "check that A and B are not exchanged, that the ground wire is there, and that one "
            "adapter holds the line at rest with bias resistors",
        ),
    ),
    (
        LineGarbled,
        NamedFault(
            "line-garbled",
            "check that speed and parity are those of the meter{factory}, that no two devices "
            "have one address, and that the cable has 120 ohm at both ends, away from mains wires",
        ),
    ),
    (
        LineShared,
        NamedFault(
            "line-shared",
            "give each device an address of its own, and let only this program ask on the bus: "
            "a SmartEVSE that reads the same meter needs a bus of its own",
        ),
    ),
    (RegisterRefused, _REFUSED),
    (
        WrongModel,
        NamedFault("meter-model", "set `model` to what is printed on the meter"),
    ),
    (
        WrongWordOrder,
        NamedFault(
            "meter-word-order",
            "set the register order of the meter back to normal, or `word_order: low-first` in a "
            "profile of your own",
        ),
    ),
    (
        RegisterFell,
        NamedFault(
            "meter-register-fell",
            "if the meter was reset or exchanged, restart the flow, so that it counts from here",
        ),
    ),
    (
        MeterExchanged,
        NamedFault(
            "meter-exchanged",
            "note the registers of both meters if that is as it should be; the next reading is "
            "the new one's",
        ),
    ),
    (
        MeterWrong,
        NamedFault("meter-wrong", "compare with the meter's own display, and check `model`"),
    ),
)


def named_fault(error: DeviceError) -> NamedFault:
    """Return what an error is called, and what to check."""
    return next(named for kind, named in _FAULTS if isinstance(error, kind))
