"""Reading cards: the UID of an ISO 14443 A card with an RC522, and when a card counts as new.

The chip is driven through the `mfrc522` library's register calls only.  Its own search for a card
polls the chip two thousand times when there is none, reads no more than the first part of a long
UID, and its `Close` frees every pin of the machine.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, Protocol

from oppleo_flow.devices.frames import Frames
from oppleo_flow.errors import DeviceError, DeviceTimeout

CASCADE_TAG: Final = 0x88
CASCADE_LEVELS: Final = (0x93, 0x95, 0x97)
WAKE_UP: Final = 0x52  # wakes cards that were sent to sleep too
_ANTICOLLISION, _SELECT = 0x20, 0x70
_HALT = b"\x50\x00"

# Registers and bits of the MFRC522: NXP data sheet, section 9.
_COMMAND, _COM_IRQ, _ERROR, _FIFO_DATA, _FIFO_LEVEL = 0x01, 0x04, 0x06, 0x09, 0x0A
_BIT_FRAMING, _MODE, _RELOAD_HIGH, _RELOAD_LOW, _VERSION = 0x0D, 0x11, 0x2C, 0x2D, 0x37
_IDLE, _TRANSCEIVE = 0x00, 0x0C
_RECEIVED, _TIMER = 0x20, 0x01  # interrupt requests
_ALL_IRQS, _FLUSH, _START_SEND = 0x7F, 0x80, 0x80
_ANY_ERROR = 0x1B  # protocol, parity, collision or buffer overflow
_SHORT_FRAME_BITS = 7

_MODE_SET_UP = 0x3D  # what the library's initialisation leaves there
_TIMER_TICKS = 6  # of 0.5 ms: a card in the field answers long before
_ANSWER_WITHIN_S = 0.05
_LOOK_AGAIN_S = 0.0005
_POLLS_BETWEEN_RESETS = 3000  # some chips go deaf after hours; a reset now and then wakes them


class CardReader(ABC):
    """A card reader that is asked now and then."""

    @abstractmethod
    def poll(self) -> bytes | None:
        """Return the UID of the card in the field, 4, 7 or 10 bytes; None when there is none.

        Raises:
            DeviceError: The reader does not answer.
        """

    def announce(self, call: Callable[[], object]) -> bool:
        """Ask to be called whenever a poll may find something new.

        Return whether this reader does so; one that does not has to be polled.
        """
        return False

    def describe(self) -> str:
        """Return what the reader says of itself.

        Raises:
            DeviceError: The reader does not answer.
        """
        return "answers"

    @abstractmethod
    def close(self) -> None:
        """Let go of the reader."""


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
    woken by the next poll, so a card that stays is seen every time.
    """

    def __init__(
        self,
        library: Mfrc522Library,
        close: Callable[[], None],
        *,
        frames: Frames | None = None,
        where: str = "RC522",
    ) -> None:
        self._chip = library
        self._close = close
        self._frames = frames or Frames()
        self._where = where
        self._nobody_answered = False
        self._polls = 0
        self._set_up()

    def poll(self) -> bytes | None:
        """Return the UID of the card in the field; None when there is none, or two at once."""
        try:
            self._check()
            if self._transceive(bytes([WAKE_UP]), bits=_SHORT_FRAME_BITS) is None:
                self._rest()
                return None
            uid = self._read_uid()
            self._transceive(_with_crc(_HALT))
        except OSError as error:
            if isinstance(error, DeviceError):
                raise
            raise DeviceError(f"RC522: SPI: {error}") from error
        return uid

    def describe(self) -> str:
        """Return the version of the chip; the genuine ones have 0x91 and 0x92."""
        return f"RC522, version 0x{self._chip.Read_MFRC522(_VERSION):02X}"

    def close(self) -> None:
        """Let go of the SPI device; no pin is touched."""
        self._close()

    def _set_up(self) -> None:
        self._chip.MFRC522_Init()
        self._chip.Write_MFRC522(_RELOAD_HIGH, 0)
        self._chip.Write_MFRC522(_RELOAD_LOW, _TIMER_TICKS)
        if self._chip.Read_MFRC522(_MODE) != _MODE_SET_UP:
            version = self._chip.Read_MFRC522(_VERSION)
            raise DeviceError(
                f"RC522: no answer, its version register reads 0x{version:02X}; "
                "is SPI enabled, and the reader wired and powered?"
            )

    def _check(self) -> None:
        """Set the chip up again when it lost its settings, as after a dip of its supply."""
        if self._chip.Read_MFRC522(_MODE) != _MODE_SET_UP:
            self._set_up()

    def _rest(self) -> None:
        self._polls += 1
        if self._polls >= _POLLS_BETWEEN_RESETS:
            self._polls = 0
            self._set_up()

    def _read_uid(self) -> bytes | None:
        """Return the UID, level by level; None when a card went away or two spoke at once."""
        uid = b""
        for level in CASCADE_LEVELS:
            part = self._transceive(bytes([level, _ANTICOLLISION]))
            if part is None or len(part) != 5 or _xor(part):
                return None
            if self._transceive(_with_crc(bytes([level, _SELECT]) + part)) is None:
                return None
            if part[0] != CASCADE_TAG:
                return uid + part[:4]
            uid += part[1:4]
        return None

    def _transceive(self, frame: bytes, *, bits: int = 0) -> bytes | None:
        """Send a frame and return the answer; None when there was none, or a broken one.

        `bits` is how many bits of the last byte are sent, 0 for all.
        """
        answer = self._exchange(frame, bits)
        if self._frames.heard:
            self._tell(frame, answer)
        return answer

    def _tell(self, frame: bytes, answer: bytes | None) -> None:
        """Tell of a frame and its answer; of calls that nobody answers only the first."""
        before, self._nobody_answered = self._nobody_answered, answer is None
        if answer is not None or not before:
            received = None if answer is None else answer.hex(" ")
            self._frames.tell(self._where, sent=frame.hex(" "), received=received)

    def _exchange(self, frame: bytes, bits: int) -> bytes | None:
        write, read = self._chip.Write_MFRC522, self._chip.Read_MFRC522
        write(_COMMAND, _IDLE)
        write(_COM_IRQ, _ALL_IRQS)
        write(_FIFO_LEVEL, _FLUSH)
        for byte in frame:
            write(_FIFO_DATA, byte)
        write(_COMMAND, _TRANSCEIVE)
        write(_BIT_FRAMING, _START_SEND | bits)
        if not self._wait_for_answer():
            return None
        if read(_ERROR) & _ANY_ERROR:
            return None
        return bytes(read(_FIFO_DATA) for _ in range(read(_FIFO_LEVEL)))

    def _wait_for_answer(self) -> bool:
        """Return whether a card answered before the chip's timer ran out."""
        give_up_s = time.monotonic() + _ANSWER_WITHIN_S
        while True:
            requests = self._chip.Read_MFRC522(_COM_IRQ)
            if requests & (_RECEIVED | _TIMER):
                return bool(requests & _RECEIVED)
            if time.monotonic() > give_up_s:
                raise DeviceTimeout("RC522: its timer does not run; reset the reader")
            time.sleep(_LOOK_AGAIN_S)


class Presence:
    """Which card is new: one that is held to the reader is one swipe, however long.

    A card is gone when `misses` polls in a row did not find it and it was last seen `debounce_s`
    ago.
    """

    def __init__(self, *, misses: int, debounce_s: float) -> None:
        self._most_misses = misses
        self._debounce_s = debounce_s
        self._present: bytes | None = None
        self._seen_at_s = 0.0
        self._misses = 0

    def new_card(self, uid: bytes | None, at_s: float) -> bytes | None:
        """Take what a poll found at a monotonic time; return the UID if that card has just come."""
        if uid is None:
            self._misses += 1
            return None
        away_s = at_s - self._seen_at_s
        gone = self._misses >= self._most_misses and away_s >= self._debounce_s
        same = uid == self._present and not gone
        self._present, self._seen_at_s, self._misses = uid, at_s, 0
        return None if same else uid


def _xor(data: bytes) -> int:
    """Return 0 when the last of five bytes is the check byte of the four before it."""
    result = 0
    for byte in data:
        result ^= byte
    return result


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
