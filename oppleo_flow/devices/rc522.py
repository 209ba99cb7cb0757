"""The UID of an ISO 14443 A card with an RC522.

The chip is driven through the `mfrc522` library's register calls only.  Its own search for a card
polls the chip two thousand times when there is none, reads no more than the first part of a long
UID, and its `Close` frees every pin of the machine.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import reduce
from operator import xor
from types import MappingProxyType
from typing import Final, Protocol

from oppleo_flow.devices.frames import Frames
from oppleo_flow.devices.rc522_self_test import ANSWERS, CHIPS
from oppleo_flow.devices.rfid import CardReader, FieldFault, ReaderFault
from oppleo_flow.errors import DeviceError

CASCADE_TAG: Final = 0x88
CASCADE_LEVELS: Final = (0x93, 0x95, 0x97)
WAKE_UP: Final = 0x52  # wakes cards that were sent to sleep too
_ANTICOLLISION, _SELECT = 0x20, 0x70
_HALT = b"\x50\x00"
_NOT_WHOLE = 0x04  # select acknowledge: there is another level

# Registers and bits of the MFRC522: NXP data sheet, section 9.
_COMMAND, _COM_IRQ, _DIV_IRQ, _ERROR, _FIFO_DATA, _FIFO_LEVEL = 0x01, 0x04, 0x05, 0x06, 0x09, 0x0A
_BIT_FRAMING, _MODE, _TX_ASK, _RECEIVER = 0x0D, 0x11, 0x15, 0x26
_PRESCALER, _RELOAD_HIGH, _RELOAD_LOW, _AUTO_TEST, _VERSION = 0x2B, 0x2C, 0x2D, 0x36, 0x37
_IDLE, _CONFIGURE, _CALCULATE_CRC, _TRANSCEIVE, _SOFT_RESET = 0x00, 0x01, 0x03, 0x0C, 0x0F
_POWER_DOWN = 0x10
_RECEIVED, _FAILED, _TIMER = 0x20, 0x02, 0x01  # interrupt requests
_ALL_IRQS, _FLUSH, _START_SEND = 0x7F, 0x80, 0x80
_COLLISION = 0x08
_ANY_ERROR = 0x1B  # protocol, parity, collision or buffer overflow
_SHORT_FRAME_BITS = 7
_SELF_TEST, _SELF_TEST_BYTES = 0x09, 64

_TIMER_TICKS = 6  # of 0.5 ms: a card in the field answers long before
_MODE_SET_UP = 0x3D  # what the library's initialisation leaves there
_KEPT = {
    _MODE: _MODE_SET_UP,
    _TX_ASK: 0x40,
    _PRESCALER: 0x3E,
    _RELOAD_HIGH: 0,
    _RELOAD_LOW: _TIMER_TICKS,
}
"""What a chip that was set up still knows; so many bytes are not right by chance."""
_OF_GAIN: Mapping[int, int] = MappingProxyType(
    {18: 0x08, 23: 0x18, 33: 0x48, 38: 0x58, 43: 0x68, 48: 0x78}
)
"""Gain of the receiver in dB → its register."""
USUAL_GAIN_DB: Final = 33
_ANSWER_WITHIN_S = 0.05
_AWAKE_WITHIN_S = 0.01
_LOOK_AGAIN_S = 0.0005

_SILENT = "reader-silent"
_CHECK_WIRES = "is SPI enabled, and the reader wired and powered?"
_NONSENSE = "reader-nonsense"
_OTHER_CHIP = "reader-unknown-chip"
_TEST_FAILED = "reader-self-test"
_UNREADABLE = "card-unreadable"
_TWO_CARDS = "two-cards"


class Mfrc522Library(Protocol):
    """What `Rc522` uses of the library's class."""

    def Read_MFRC522(self, addr: int) -> int:  # noqa: N802  (the library's name)
        """Read a register."""
        ...

    def Write_MFRC522(self, addr: int, val: int) -> None:  # noqa: N802
        """Write a register."""

    def MFRC522_Init(self) -> None:  # noqa: N802
        """Reset the chip and set it up."""


class Rc522(CardReader):
    """An RC522 behind the mfrc522 library.

    A poll without a card takes about a dozen transfers.  Cards that were read are put to sleep and
    woken by the next poll, so a card that stays is seen every time.  `reset` makes a pulse at the
    chip's reset pin, which wakes it also when it hears nothing else.
    """

    def __init__(
        self,
        library: Mfrc522Library,
        close: Callable[[], None],
        *,
        reset: Callable[[], None] = lambda: None,
        frames: Frames | None = None,
        where: str = "RC522",
        gain_db: int = USUAL_GAIN_DB,
    ) -> None:
        self._chip = library
        self._close = close
        self._reset = reset
        self._frames = frames or Frames()
        self._where = where
        self._kept = {**_KEPT, _RECEIVER: _OF_GAIN[gain_db]}
        self._nobody_answered = False
        self._field_is_empty = True
        self._answer_to_test: bytes | None = None
        self._version = 0
        with _transfers():
            self._set_up()

    def poll(self) -> bytes | None:
        """Return the UID of the card in the field; None when there is none."""
        with _transfers():
            if not self._is_set_up():
                self._set_up()  # it lost its settings, as after a dip of its supply
            self._field_is_empty = False
            try:
                uid = self._read_card()
            except FieldFault:
                # Whatever it was waits for the next step of its answer; so the next call is heard.
                with suppress(FieldFault):
                    self._transceive(_with_crc(_HALT))
                raise
            self._field_is_empty = uid is None
        return uid

    def test_itself(self) -> None:
        """Ask for the version and the settings; when no card lies there, run the chip's own test.

        That test begins and ends with a reset, which some chips need now and then: they go deaf
        after hours.  It switches the field off for some milliseconds.  A card that lies there would
        lose its supply, and might count as one that was taken away; so then it is left out.
        """
        with _transfers():
            self._confirm()
            if not self._field_is_empty:
                return
            answer = self._own_test()
            before, self._answer_to_test = self._answer_to_test or answer, answer
            self._set_up()
        if answer != before:
            self._answer_to_test = before
            raise ReaderFault(
                _TEST_FAILED,
                "RC522: its own test ends otherwise than before; "
                "is its supply of 3.3 V steady? else the chip is worn",
            )

    def describe(self) -> str:
        """Return the chip, and whether its own test ends as that of a genuine one."""
        with _transfers():
            answer = self._own_test()
            self._set_up()
        genuine = answer == ANSWERS.get(self._version)
        test = "passes its own test" if genuine else "its own test ends otherwise: no genuine chip"
        return f"RC522, version 0x{self._version:02X}, {CHIPS[self._version]}; {test}"

    def close(self) -> None:
        """Let go of the SPI device; no pin is touched."""
        self._close()

    # -- the chip ------------------------------------------------------------------------------

    def _set_up(self) -> None:
        """Reset the chip, set it up, and make sure that it is one."""
        self._reset()
        self._wait_until_awake()
        self._chip.MFRC522_Init()
        self._wait_until_awake()
        self._chip.Write_MFRC522(_RELOAD_HIGH, 0)
        self._chip.Write_MFRC522(_RELOAD_LOW, _TIMER_TICKS)
        self._chip.Write_MFRC522(_RECEIVER, self._kept[_RECEIVER])
        self._confirm()

    def _wait_until_awake(self) -> None:
        """Give the oscillator the time it needs after a reset."""
        give_up_s = time.monotonic() + _AWAKE_WITHIN_S
        while self._chip.Read_MFRC522(_COMMAND) & _POWER_DOWN and time.monotonic() < give_up_s:
            time.sleep(_LOOK_AGAIN_S)

    def _confirm(self) -> None:
        """Make sure that an RC522 answers, and still has its settings."""
        read = self._chip.Read_MFRC522
        version = read(_VERSION)
        kept = [read(register) for register in self._kept]
        said = f"its version register reads 0x{version:02X}"
        if {version, *kept} in ({0x00}, {0xFF}):
            raise ReaderFault(_SILENT, f"RC522: no answer, {said}; {_CHECK_WIRES}")
        if kept != [*self._kept.values()]:
            raise ReaderFault(
                _NONSENSE,
                f"RC522: does not keep what is written to it, and {said}; check the wires SCK, "
                "MOSI, MISO and SDA, make them shorter, or lower `speed_hz`",
            )
        if version not in CHIPS:
            raise ReaderFault(
                _OTHER_CHIP,
                f"RC522: no such chip, {said}; is another device on this chip select? "
                "the module must be an RC522",
            )
        self._version = version

    def _is_set_up(self) -> bool:
        read = self._chip.Read_MFRC522
        return read(_MODE) == _MODE_SET_UP and read(_VERSION) == self._version

    def _own_test(self) -> bytes:
        """Return what the chip's own test ends with; afterwards it must be set up."""
        write, read = self._chip.Write_MFRC522, self._chip.Read_MFRC522
        write(_COMMAND, _SOFT_RESET)
        self._wait_until_awake()
        for _ in range(25):
            write(_FIFO_DATA, 0)
        write(_COMMAND, _CONFIGURE)  # moves them into the chip's buffer
        write(_AUTO_TEST, _SELF_TEST)
        write(_FIFO_DATA, 0)
        write(_COMMAND, _CALCULATE_CRC)
        give_up_s = time.monotonic() + _ANSWER_WITHIN_S
        while read(_FIFO_LEVEL) < _SELF_TEST_BYTES and time.monotonic() < give_up_s:
            time.sleep(_LOOK_AGAIN_S)
        write(_COMMAND, _IDLE)
        return bytes(read(_FIFO_DATA) for _ in range(_SELF_TEST_BYTES))

    # -- cards ---------------------------------------------------------------------------------

    def _read_card(self) -> bytes | None:
        """Return the UID of a card, which it has confirmed itself; None: nobody answers."""
        if self._transceive(bytes([WAKE_UP]), bits=_SHORT_FRAME_BITS) is None:
            return None
        uid = b""
        for level in CASCADE_LEVELS:
            part = self._transceive(bytes([level, _ANTICOLLISION]))
            if part is None or len(part) != 5 or reduce(xor, part):
                raise _unreadable("its number and check byte do not match")
            acknowledge = self._transceive(_with_crc(bytes([level, _SELECT]) + part))
            if acknowledge is None or acknowledge != _with_crc(acknowledge[:1]):
                raise _unreadable("it does not confirm its number")
            more = bool(acknowledge[0] & _NOT_WHOLE)
            if more is not (part[0] == CASCADE_TAG):
                raise _unreadable("it does not say how long its number is")
            if not more:
                self._transceive(_with_crc(_HALT))
                return uid + part[:4]
            uid += part[1:4]
        raise _unreadable("its number is longer than any")

    def _transceive(self, frame: bytes, *, bits: int = 0) -> bytes | None:
        """Send a frame and return the answer; None when there was none.

        `bits` is how many bits of the last byte are sent, 0 for all.
        """
        answer, error = self._exchange(frame, bits)
        if self._frames.heard:
            self._tell(frame, answer)
        if error & _COLLISION:
            raise FieldFault(_TWO_CARDS, "RC522: two cards at once; hold one of them alone")
        if error & _ANY_ERROR:
            raise _unreadable("its answer does not arrive whole")
        return answer

    def _tell(self, frame: bytes, answer: bytes | None) -> None:
        """Tell of a frame and its answer; of calls that nobody answers only the first."""
        before, self._nobody_answered = self._nobody_answered, answer is None
        if answer is not None or not before:
            received = None if answer is None else answer.hex(" ")
            self._frames.tell(self._where, sent=frame.hex(" "), received=received)

    def _exchange(self, frame: bytes, bits: int) -> tuple[bytes | None, int]:
        """Return the answer to a frame, and what the chip says is wrong with it."""
        write, read = self._chip.Write_MFRC522, self._chip.Read_MFRC522
        write(_COMMAND, _IDLE)
        write(_COM_IRQ, _ALL_IRQS)
        write(_FIFO_LEVEL, _FLUSH)
        for byte in frame:
            write(_FIFO_DATA, byte)
        write(_COMMAND, _TRANSCEIVE)
        write(_BIT_FRAMING, _START_SEND | bits)
        if not self._wait_for_answer():
            return None, 0
        error = read(_ERROR)
        return bytes(read(_FIFO_DATA) for _ in range(read(_FIFO_LEVEL))), error

    def _wait_for_answer(self) -> bool:
        """Return whether a card answered, well or badly, before the chip's timer ran out."""
        give_up_s = time.monotonic() + _ANSWER_WITHIN_S
        while True:
            requests = self._chip.Read_MFRC522(_COM_IRQ)
            if requests & (_RECEIVED | _FAILED | _TIMER):
                return bool(requests & (_RECEIVED | _FAILED))
            if time.monotonic() > give_up_s:
                self._confirm()
                raise ReaderFault(_SILENT, "RC522: its timer does not run; reset the reader")
            time.sleep(_LOOK_AGAIN_S)


def _unreadable(why: str) -> FieldFault:
    return FieldFault(
        _UNREADABLE,
        f"RC522: a card that cannot be read, {why}; hold it flat and still, away from metal",
    )


@contextmanager
def _transfers() -> Iterator[None]:
    """Turn a transfer that fails into a fault of the reader."""
    try:
        yield
    except DeviceError:
        raise
    except OSError as error:
        raise ReaderFault(_SILENT, f"RC522: SPI: {error}") from error


def _with_crc(frame: bytes) -> bytes:
    return frame + crc_a(frame)


def crc_a(data: bytes) -> bytes:
    """Return the checksum of ISO 14443-3 type A, low byte first."""
    crc = 0x6363
    for byte in data:
        mixed = byte ^ crc & 0xFF
        mixed = (mixed ^ mixed << 4) & 0xFF
        crc = crc >> 8 ^ mixed << 8 ^ mixed << 3 ^ mixed >> 4
    return bytes([crc & 0xFF, crc >> 8 & 0xFF])
