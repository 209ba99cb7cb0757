"""The twins of the card reader: an RC522 under the real mfrc522 library, and one at our seam."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from oppleo_flow.devices.frames import Frames
from oppleo_flow.devices.libraries import installing
from oppleo_flow.devices.library_copy import load_copy
from oppleo_flow.devices.rc522 import (
    CASCADE_LEVELS,
    CASCADE_TAG,
    USUAL_GAIN_DB,
    WAKE_UP,
    crc_a,
)
from oppleo_flow.devices.rc522_self_test import ANSWERS
from oppleo_flow.devices.reader_trouble import ReaderFace, ReaderTrouble
from oppleo_flow.devices.rfid import CardReader
from oppleo_flow.devices.rpi_gpio_twin import SimulatedRpiGpio
from oppleo_flow.devices.spi_bus import SpiBus, open_rc522
from oppleo_flow.devices.world import EventfulWorld, World
from oppleo_flow.errors import DeviceMissing

_REQUEST = 0x26
_ANTICOLLISION, _SELECT, _HALT = 0x20, 0x70, b"\x50\x00"
_MORE_LEVELS, _LAST_LEVEL = 0x04, 0x08  # select acknowledge

_COMMAND, _COM_IRQ, _DIV_IRQ, _ERROR, _FIFO_DATA, _FIFO_LEVEL = 0x01, 0x04, 0x05, 0x06, 0x09, 0x0A
_CONTROL, _BIT_FRAMING, _MODE, _TX_CONTROL = 0x0C, 0x0D, 0x11, 0x14
_CRC_HIGH, _CRC_LOW, _TIMER_MODE, _VERSION = 0x21, 0x22, 0x2A, 0x37
_AUTO_TEST = 0x36
_CONFIGURE, _CALCULATE_CRC, _TRANSCEIVE, _SOFT_RESET = 0x01, 0x03, 0x0C, 0x0F
_RESET_VALUES = {_COMMAND: 0x20, _MODE: 0x3F, _TX_CONTROL: 0x80, _VERSION: 0x92}
_OTHER_VERSION = 0x3C
_UNWIRED = {ReaderTrouble.DEAD: 0x00, ReaderTrouble.LOOSE_WIRE: 0xFF}
_SELF_TEST, _COLLISION = 0x09, 0x08
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

    `look` returns what is there now; it is asked whenever cards are called and when the chip is set
    up.  While `deaf` it hears no card until its reset pin is pulled; `own_test` is what its own
    test ends with.
    """

    def __init__(self, look: Callable[[], ReaderFace]) -> None:
        self.transfers = 0
        self.deaf = False
        self.own_test = ANSWERS[_RESET_VALUES[_VERSION]]
        self._look = look
        self._face = ReaderFace()
        self._noise = Random(1)
        self._cards: list[SimulatedCard] = []
        self._registers: dict[int, int] = {}
        self._fifo = bytearray()
        self._reset()

    def read(self, address: int) -> int:
        """Return a register."""
        self.transfers += 1
        trouble = self._face.trouble
        if trouble is ReaderTrouble.NOISE:
            return self._noise.randrange(0x100)
        if trouble is ReaderTrouble.OTHER_CHIP and address == _VERSION:
            return _OTHER_VERSION
        return _UNWIRED[trouble] if trouble in _UNWIRED else self._register(address)

    def _register(self, address: int) -> int:
        if address == _FIFO_DATA:
            return self._fifo.pop(0) if self._fifo else 0
        if address == _FIFO_LEVEL:
            return len(self._fifo)
        return self._registers.get(address, 0)

    def write(self, address: int, value: int) -> None:
        """Write a register; some of them do something."""
        self.transfers += 1
        if address == _COMMAND and value & 0x0F == _SOFT_RESET:
            self._reset()
        elif self._face.trouble is ReaderTrouble.DEAD:
            return
        elif address == _FIFO_DATA:
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

    def pull_reset(self) -> None:
        """Take it out of whatever it hangs in."""
        self.deaf = False
        self._reset()

    def _act(self, address: int, value: int) -> None:
        if address == _COMMAND and value & 0x0F == _CONFIGURE:
            self._fifo.clear()
        elif address == _COMMAND and value & 0x0F == _CALCULATE_CRC:
            self._calculate()
        elif address == _BIT_FRAMING and value & _START_SEND and self._transceiving:
            self._transceive(value & 0x07)

    def _calculate(self) -> None:
        """Compute a checksum, or run the test that is started in the same way."""
        testing = self._registers.get(_AUTO_TEST, 0) & 0x0F == _SELF_TEST
        self._registers[_CRC_LOW], self._registers[_CRC_HIGH] = crc_a(bytes(self._fifo))
        self._fifo[:] = self.own_test if testing else b""
        self._raise_irq(_DIV_IRQ, _CRC_DONE)

    @property
    def _transceiving(self) -> bool:
        return self._registers.get(_COMMAND, 0) & 0x0F == _TRANSCEIVE

    def _reset(self) -> None:
        self._registers = dict(_RESET_VALUES)
        self._fifo.clear()
        self._cards = []
        self._face = self._look()

    def _transceive(self, bits: int) -> None:
        frame = bytes(self._fifo)
        self._fifo.clear()
        self._raise_irq(_COM_IRQ, _TX_DONE)
        self._registers[_ERROR] = self._registers[_CONTROL] = 0
        answers = self._ask_cards(frame, bits)
        if answers:
            if any(answer != answers[0] for answer in answers):
                self._registers[_ERROR] = _COLLISION
            self._fifo += answers[0]
            self._raise_irq(_COM_IRQ, _RX_DONE | _IDLE_IRQ)
        elif self._registers.get(_TIMER_MODE, 0) & _TIMER_AUTO:
            self._raise_irq(_COM_IRQ, _TIMER_IRQ)

    def _ask_cards(self, frame: bytes, bits: int) -> list[bytes]:
        """Return what the cards in the field answer."""
        if bits:
            self._face = self._look()
            self._lay(self._face)
        if self.deaf or self._registers.get(_TX_CONTROL, 0) & _ANTENNA != _ANTENNA:
            self._cards = []
        answers = [card.answer(frame, bits) for card in self._cards]
        return [self._heard(answer) for answer in answers if answer is not None]

    def _lay(self, face: ReaderFace) -> None:
        """Put into the field what lies there; a card that stays keeps its state."""
        uids = [] if face.uid is None else [face.uid]
        if uids and face.trouble is ReaderTrouble.TWO_CARDS:
            uids.append(bytes(byte ^ 0x55 for byte in uids[0]))
        if uids != [card.uid for card in self._cards]:
            self._cards = [SimulatedCard(uid) for uid in uids]

    def _heard(self, answer: bytes) -> bytes:
        wrong = self._face.trouble is ReaderTrouble.WRONG_CHECK_BYTE and len(answer) == 5
        return answer[:-1] + bytes([answer[-1] ^ 0x01]) if wrong else answer

    def _raise_irq(self, register: int, mask: int) -> None:
        self._registers[register] = self._registers.get(register, 0) | mask


class _ResetWire(SimulatedRpiGpio):
    """The header of a simulated Pi, one pin of which is the reset of a chip."""

    def __init__(self, world: World, chip: SimulatedRc522, pin: int) -> None:
        super().__init__(world)
        self._chip = chip
        self._pin = pin

    def output(self, channel: int, state: bool | int) -> None:
        """Set an output; the chip is reset while its pin is low."""
        super().output(channel, state)
        if channel == self._pin and not state:
            self._chip.pull_reset()


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
        remedy = installing(["mfrc522"])
        raise DeviceMissing(f"RC522: the mfrc522 library is missing; {remedy}")
    return Path(package.submodule_search_locations[0]) / "MFRC522.py"


class SimulatedSpiBus(SpiBus):
    """A bus with a simulated chip on it, under the real library.

    `reader` is its bus and chip select; None: that of the first charge point.
    """

    def __init__(
        self,
        world: World,
        reader: str | None = None,
        frames: Frames | None = None,
        *,
        reset_pin: int = 25,
        gain_db: int = USUAL_GAIN_DB,
    ) -> None:
        self._frames = frames
        self._reset_pin = reset_pin
        self._gain_db = gain_db
        self.chip = SimulatedRc522(lambda: world.reader(reader))
        self._gpio = _ResetWire(world, self.chip, reset_pin)

    def card_reader(self) -> CardReader:
        """Return a reader on the simulated chip."""
        stand_ins = {
            "RPi.GPIO": SimpleNamespace(GPIO=self._gpio),
            "spidev": simulated_spidev(self.chip),
        }
        library = load_copy(library_file(), stand_ins)
        settings = {"bus": 0, "device": 0, "spd": 1_000_000, "pin_rst": self._reset_pin}
        return open_rc522(
            library.MFRC522,
            settings,
            "simulated SPI",
            self._frames,
            header=self._gpio,
            gain_db=self._gain_db,
        )

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
        self._told = ReaderFace()

    def poll(self) -> bytes | None:
        """Return the UID of the card in the field."""
        return self._world.reader(self._reader).read()

    def announce(self, call: Callable[[], object]) -> bool:
        """Call `call` whenever a card comes or goes, and when the reader dies or recovers."""

        def look() -> None:
            found = self._world.reader(self._reader)
            if found != self._told:
                self._told = found
                call()

        self.close()
        self._told = self._world.reader(self._reader)
        self._stop_watching = self._world.watch(look)
        return True

    def close(self) -> None:
        """Stop telling."""
        if self._stop_watching is not None:
            self._stop_watching()
            self._stop_watching = None
