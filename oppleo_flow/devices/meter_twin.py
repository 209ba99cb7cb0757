"""The port twin of a bus with kWh meters: it answers our calls from the simulated world."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from oppleo_flow.devices.meter_registers import RegisterImage
from oppleo_flow.devices.meter_trouble import MeterTrouble
from oppleo_flow.devices.modbus_blocks import Block, LineTiming
from oppleo_flow.devices.serial_bus import (
    GARBLED,
    NEVER_SILENT,
    NO_ANSWER,
    OTHER_MASTER,
    PORT_CHECK,
    REFUSED,
    SECOND_DEVICE,
    LineGarbled,
    LineNoise,
    LineShared,
    RegisterRefused,
    SerialBus,
    Table,
    Tally,
    told,
)
from oppleo_flow.devices.world import MeterFace, World
from oppleo_flow.errors import DeviceError, DeviceMissing, DeviceTimeout

_LOST: Final[Mapping[MeterTrouble, tuple[type[DeviceError], str]]] = {
    MeterTrouble.LATE: (DeviceTimeout, NO_ANSWER),
    MeterTrouble.CUT_WIRE: (DeviceTimeout, NO_ANSWER),
    MeterTrouble.STUCK_ADAPTER: (DeviceTimeout, NO_ANSWER),
    MeterTrouble.NOISE: (LineGarbled, GARBLED),
    MeterTrouble.NO_BIAS: (LineNoise, NEVER_SILENT),
    MeterTrouble.SECOND_MASTER: (LineShared, OTHER_MASTER),
    MeterTrouble.SHARED_ADDRESS: (LineShared, SECOND_DEVICE),
}
"""What the real bus raises, and says; where nothing is lost it gives registers."""


_NOTHING_LOST: Final = Tally()


class _Answer(NamedTuple):
    """What a meter that showed a face has answered last to a question that began so."""

    face: MeterFace
    table: Table
    block: Block
    registers: tuple[int, ...]

    def to(self, face: MeterFace, table: Table, block: Block) -> bool:
        """Return whether this answers the very same question again."""
        return self.face is face and self.block is block and self.table == table


class WorldSerialBus(SerialBus):
    """The meters of a world at our own seam: instant, without a thread.

    `own` is a site's folder of node files.
    """

    def __init__(self, world: World, own: Path | None = None) -> None:
        self._world = world
        self._image = RegisterImage(own)
        self._answers: dict[tuple[int, int], _Answer] = {}

    @property
    def timing(self) -> LineTiming:
        """Return a timing by which one long exchange is better than two: only calls cost here."""
        return LineTiming(9600, turnaround_s=1.0)

    def read_registers(self, unit_id: int, table: Table, block: Block) -> tuple[int, ...]:
        """Return 16-bit registers of one meter."""
        face = self._world.meter(unit_id)
        if face is None:
            raise DeviceTimeout(told(unit_id, NO_ANSWER, table, block))
        if face.trouble is MeterTrouble.UNPLUGGED:
            raise DeviceMissing(f"simulated adapter: no such file or directory; {PORT_CHECK}")
        if face.trouble is not None and face.trouble in _LOST:
            kind, words = _LOST[face.trouble]
            raise kind(told(unit_id, words, table, block))
        key = (unit_id, block.start)
        last = self._answers.get(key)
        if last is not None and last.to(face, table, block):
            return last.registers
        registers = self._image.read(face, table, block)
        if registers is None:
            raise RegisterRefused(told(unit_id, REFUSED, table, block))
        self._answers[key] = _Answer(face, table, block, registers)
        return registers

    def tally(self, unit_id: int) -> Tally:
        """Return that nothing was ever lost: there is no line."""
        return _NOTHING_LOST

    def close(self) -> None:
        """Do nothing: there is no port."""
