"""What nodes may ask of a serial bus with Modbus devices on it."""

from abc import ABC, abstractmethod
from typing import Final, Literal

from oppleo_flow.devices.modbus_blocks import Block, LineTiming
from oppleo_flow.errors import DeviceError
from oppleo_flow.immutable import immutable

Table = Literal["input", "holding"]
Parity = Literal["none", "even", "odd"]


NO_ANSWER: Final = "no answer"
REFUSED: Final = "refused"
GARBLED: Final = "a garbled answer"
NEVER_SILENT: Final = "no answer on a line that is never silent"
OTHER_MASTER: Final = "another master asked on the bus while"
PORT_CHECK: Final = "is the adapter plugged in, and nobody else using it?"
SECOND_DEVICE: Final = "a second device of this address answered while"


def told(unit_id: int, words: str, table: Table, block: Block) -> str:
    """Return a message about a read: what went wrong in it."""
    return f"unit {unit_id}: {words} reading {table} register 0x{block.start:04X}"


class RegisterRefused(DeviceError):
    """A device answered that it will not read these registers."""


class LineGarbled(DeviceError):
    """What came back was no whole answer to the question, also when asked again."""


class LineNoise(DeviceError):
    """No answer came, and the line is not silent when nobody speaks."""


class LineShared(DeviceError):
    """Somebody else speaks on the bus, so nobody can tell whom an answer is for."""


@immutable
class Tally:
    """How a device answered since the start: how often each came.

    `late` are answers that came after they had been given up; `rested` counts the reads that were
    not put to it because it had not answered for a while, `reopened` how often the port was.
    """

    asked: int = 0
    answered: int = 0
    silent: int = 0
    garbled: int = 0
    late: int = 0
    rested: int = 0
    reopened: int = 0

    @property
    def lost_share(self) -> float:
        """Return how much of what was asked brought no answer."""
        return (self.silent + self.garbled) / self.asked if self.asked else 0.0


class SerialBus(ABC):
    """A bus on which several devices answer, one question at a time.

    It is not safe to use from several threads: whoever shares a bus shares its worker.
    """

    @property
    @abstractmethod
    def timing(self) -> LineTiming:
        """Return how long things take on this line."""

    @abstractmethod
    def read_registers(self, unit_id: int, table: Table, block: Block) -> tuple[int, ...]:
        """Return 16-bit registers of one device.

        Raises:
            DeviceMissing: The port is not there.
            DeviceTimeout: Nobody answered.
            RegisterRefused: The device will not read these registers.
            LineGarbled: The answer was garbled, also when asked again.
            LineNoise: Nobody answered, and the line is never silent.
            LineShared: Another master, or a second device of this address, is on the bus.
        """

    @abstractmethod
    def tally(self, unit_id: int) -> Tally:
        """Return how a device answered so far."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the port."""
