"""What nodes may ask of a serial bus with Modbus devices on it."""

from abc import ABC, abstractmethod
from typing import Literal

from oppleo_flow.devices.modbus_blocks import Block, LineTiming
from oppleo_flow.errors import DeviceError

Table = Literal["input", "holding"]
Parity = Literal["none", "even", "odd"]


class RegisterRefused(DeviceError):
    """A device answered that it will not read these registers."""


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
            DeviceError: The answer was garbled, also when asked again.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the port."""
