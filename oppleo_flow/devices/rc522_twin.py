"""The twins of the card reader: an RC522 under the real mfrc522 library, and one at our seam."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from oppleo_flow.devices.frames import Frames
from oppleo_flow.devices.library_copy import load_copy
from oppleo_flow.devices.rfid import (
    CASCADE_LEVELS,
    CASCADE_TAG,
    WAKE_UP,
    CardReader,
    crc_a,
)
from oppleo_flow.devices.rpi_gpio_twin import SimulatedRpiGpio
from oppleo_flow.devices.spi_bus import SpiBus, open_rc522
from oppleo_flow.devices.world import EventfulWorld, World
from oppleo_flow.errors import DeviceError, DeviceMissing

_REQUEST = 0x26
_ANTICOLLISION, _SELECT, _HALT = 0x20, 0x70, b"\x50\x00"
_MORE_LEVELS, _LAST_LEVEL = 0x04, 0x08  # select acknowledge

_COMMAND, _COM_IRQ, _DIV_IRQ, _ERROR, _FIFO_DATA, _FIFO_LEVEL = 0x01, 0x04, 0x05, 0x06, 0x09, 0x0A
_CONTROL, _BIT_FRAMING, _MODE, _TX_CONTROL = 0x0C, 0x0D, 0x11, 0x14
_CRC_HIGH, _CRC_LOW, _TIMER_MODE, _VERSION = 0x21, 0x22, 0x2A, 0x37
_CALCULATE_CRC, _TRANSCEIVE, _SOFT_RESET = 0x03, 0x0C, 0x0F
_RESET_VALUES = {_COMMAND: 0x20, _MODE: 0x3F, _TX_CONTROL: 0x80, _VERSION: 0x92}
_TX_DONE, _RX_DONE, _IDLE_IRQ, _TIMER_IRQ, _CRC_DONE = 0x40, 0x20, 0x10, 0x01, 0x04
_TIMER_AUTO, _START_SEND, _FLUSH, _SET_IRQS = 0x80, 0x80, 0x80, 0x80
_ANTENNA = 0x03


class SimulatedCard:
    """A card that lies in the field: the states of ISO 14443-3 type A."""

    def __init__(self, uid: bytes) -> None:
        self.uid = uid
        self._levels = cascade_levels(uid)
        self._state = "idle"
        self._level = 0

    def answer(self, frame: bytes, bits: int) -> bytes | None:
        """Return what the card answers to a frame; None when it keeps silent."""
        if bits == 7:
            return self._wake(frame)
        if self._state == "ready" and frame[:1] == bytes([CASCADE_LEVELS[self._level]]):
            if frame[1:] == bytes([_ANTICOLLISION]):
                return self._levels[self._level]
            if frame[1:2] == bytes([_SELECT]) and frame[2:] == self._selected(frame):
                return self._select()
        halted = self._state == "active" and frame == _HALT + crc_a(_HALT)
        self._state = "halt" if halted else "idle"
        return None

    def _wake(self, frame: bytes) -> bytes | None:
        hears = {"idle": (WAKE_UP, _REQUEST), "halt": (WAKE_UP,)}
        if frame[0] not in hears.get(self._state, ()):
            self._state = "halt" if self._state == "halt" else "idle"
            return None
        self._state, self._level = "ready", 0
        return bytes([0x04, 0x00]) if len(self._levels) == 1 else bytes([0x44, 0x00])

    def _selected(self, frame: bytes) -> bytes:
        """Return the end of the frame that would select this card at this level."""
        part = self._levels[self._level]
        return part + crc_a(frame[:2] + part)

    def _select(self) -> bytes:
        last = self._level == len(self._levels) - 1
        if last:
            self._state = "active"
        else:
            self._level += 1
        acknowledge = bytes([_LAST_LEVEL if last else _MORE_LEVELS])
        return acknowledge + crc_a(acknowledge)


def cascade_levels(uid: bytes) -> list[bytes]:
    """Return the parts in which a UID of 4, 7 or 10 bytes is sent, each with its check byte."""
    parts = []
    while len(uid) > 4:
        parts.append(bytes([CASCADE_TAG]) + uid[:3])
        uid = uid[3:]
    parts.append(uid)
    return [part + bytes([part[0] ^ part[1] ^ part[2] ^ part[3]]) for part in parts]


class SimulatedRc522:
    """The registers of an RC522 with a card, or none, in its field.

    `card_in_field` returns the UID of the card there.  While `unpowered` it reads as a chip
    without supply does.
    """

    def __init__(self, card_in_field: Callable[[], bytes | None]) -> None:
        self.unpowered = False
        self.transfers = 0
        self._card_in_field = card_in_field
        self._card: SimulatedCard | None = None
        self._registers: dict[int, int] = {}
        self._fifo = bytearray()
        self._reset()

    def read(self, address: int) -> int:
        """Return a register."""
        self.transfers += 1
        if self.unpowered:
            return 0
        if address == _FIFO_DATA:
            return self._fifo.pop(0) if self._fifo else 0
        if address == _FIFO_LEVEL:
            return len(self._fifo)
        return self._registers.get(address, 0)

    def write(self, address: int, value: int) -> None:
        """Write a register; some of them do something."""
        self.transfers += 1
        if address == _FIFO_DATA:
            self._fifo.append(value)
        elif address == _FIFO_LEVEL:
            if value & _FLUSH:
                self._fifo.clear()
        elif address in (_COM_IRQ, _DIV_IRQ):
            before, mask = self._registers.get(address, 0), value & 0x7F
            self._registers[address] = before | mask if value & _SET_IRQS else before & ~mask
        else:
            self._registers[address] = value
            self._act(address, value)

    def _act(self, address: int, value: int) -> None:
        if address == _COMMAND and value & 0x0F == _SOFT_RESET:
            self._reset()
        elif address == _COMMAND and value & 0x0F == _CALCULATE_CRC:
            self._registers[_CRC_LOW], self._registers[_CRC_HIGH] = crc_a(bytes(self._fifo))
            self._fifo.clear()
            self._raise_irq(_DIV_IRQ, _CRC_DONE)
        elif address == _BIT_FRAMING and value & _START_SEND and self._transceiving:
            self._transceive(value & 0x07)

    @property
    def _transceiving(self) -> bool:
        return self._registers.get(_COMMAND, 0) & 0x0F == _TRANSCEIVE

    def _reset(self) -> None:
        self._registers = dict(_RESET_VALUES)
        self._fifo.clear()

    def _transceive(self, bits: int) -> None:
        frame = bytes(self._fifo)
        self._fifo.clear()
        self._raise_irq(_COM_IRQ, _TX_DONE)
        self._registers[_ERROR] = self._registers[_CONTROL] = 0
        answer = self._ask_card(frame, bits)
        if answer is not None:
            self._fifo += answer
            self._raise_irq(_COM_IRQ, _RX_DONE | _IDLE_IRQ)
        elif self._registers.get(_TIMER_MODE, 0) & _TIMER_AUTO:
            self._raise_irq(_COM_IRQ, _TIMER_IRQ)

    def _ask_card(self, frame: bytes, bits: int) -> bytes | None:
        if self._registers.get(_TX_CONTROL, 0) & _ANTENNA != _ANTENNA:
            self._card = None
            return None
        uid = self._card_in_field()
        if uid is None:
            self._card = None
            return None
        if self._card is None or self._card.uid != uid:
            self._card = SimulatedCard(uid)
        return self._card.answer(frame, bits)

    def _raise_irq(self, register: int, mask: int) -> None:
        self._registers[register] = self._registers.get(register, 0) | mask


def simulated_spidev(chip: SimulatedRc522) -> Any:
    """Return what stands where the `spidev` module would, with the chip on every bus."""

    class SpiDev:
        """A bus that leads to the chip."""

        max_speed_hz = 0

        def open(self, bus: int, device: int) -> None:
            """Open the bus."""

        def close(self) -> None:
            """Close the bus."""

        def xfer2(self, data: Sequence[int]) -> list[int]:
            """Transfer an address and a value."""
            address = data[0] >> 1 & 0x3F
            if data[0] & 0x80:
                return [0, chip.read(address)]
            chip.write(address, data[1] & 0xFF)
            return [0, 0]

    return SimpleNamespace(SpiDev=SpiDev)


def library_file() -> Path:
    """Return the file of the mfrc522 library's class.

    Raises:
        DeviceMissing: The library is not installed.
    """
    # The package is looked for and not imported: its own imports need a Pi.
    package = importlib.util.find_spec("mfrc522")
    if package is None or not package.submodule_search_locations:
        raise DeviceMissing("RC522: the mfrc522 library is missing; install mfrc522")
    return Path(package.submodule_search_locations[0]) / "MFRC522.py"


class SimulatedSpiBus(SpiBus):
    """A bus with a simulated chip on it, under the real library.

    `reader` is its bus and chip select; None: that of the first charge point.
    """

    def __init__(
        self, world: World, reader: str | None = None, frames: Frames | None = None
    ) -> None:
        self._frames = frames
        self.chip = SimulatedRc522(lambda: world.card_in_field(reader))
        self._gpio = SimulatedRpiGpio(world)

    def card_reader(self) -> CardReader:
        """Return a reader on the simulated chip."""
        stand_ins = {
            "RPi.GPIO": SimpleNamespace(GPIO=self._gpio),
            "spidev": simulated_spidev(self.chip),
        }
        library = load_copy(library_file(), stand_ins)
        settings = {"bus": 0, "device": 0, "spd": 1_000_000, "pin_rst": 25}
        return open_rc522(library.MFRC522, settings, "simulated SPI", self._frames)

    def close(self) -> None:
        """Do nothing: there is no bus."""


class WorldSpiBus(SpiBus):
    """A bus to a reader of a world in this process, by bus and chip select, or to the first."""

    def __init__(self, world: EventfulWorld, reader: str | None = None) -> None:
        self._world = world
        self._reader = reader

    def card_reader(self) -> CardReader:
        """Return the reader."""
        return WorldCardReader(self._world, self._reader)

    def close(self) -> None:
        """Do nothing: there is no bus."""


class WorldCardReader(CardReader):
    """The reader of a world in this process: it tells when a card comes or goes."""

    def __init__(self, world: EventfulWorld, reader: str | None) -> None:
        self._world = world
        self._reader = reader
        self._stop_watching: Callable[[], None] | None = None
        self._told: tuple[bytes | None, bool] = (None, True)

    def poll(self) -> bytes | None:
        """Return the UID of the card in the field."""
        return self._world.card_in_field(self._reader)

    def announce(self, call: Callable[[], object]) -> bool:
        """Call `call` whenever a card comes or goes, and when the reader dies or recovers."""

        def look() -> None:
            found = self._look()
            if found != self._told:
                self._told = found
                call()

        self.close()
        self._stop_watching = self._world.watch(look)
        return True

    def _look(self) -> tuple[bytes | None, bool]:
        """Return the card in the field, and whether the reader lives."""
        try:
            return self._world.card_in_field(self._reader), True
        except DeviceError:
            return None, False

    def close(self) -> None:
        """Stop telling."""
        if self._stop_watching is not None:
            self._stop_watching()
            self._stop_watching = None
