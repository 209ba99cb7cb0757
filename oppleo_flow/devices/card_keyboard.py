"""USB card readers that type a card's number as a keyboard would, and Enter after it.

Source: Linux, `input_event` and the ioctls of `linux/input.h`; the codes of the keys are those of
`linux/input-event-codes.h`.
"""

import errno
import fcntl
import os
import re
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal

from oppleo_flow.devices.rfid import ReaderFault
from oppleo_flow.errors import DeviceMissing
from oppleo_flow.immutable import immutable

EVENT: Final = struct.Struct("@llHHi")
"""An `input_event`: seconds, microseconds, type, code, value."""
SYNC, KEY = 0x00, 0x01
REPORT, DROPPED = 0, 3
RELEASED, PRESSED, REPEATED = 0, 1, 2
ENTER: Final = 28
CHARACTERS: Mapping[int, str] = MappingProxyType(
    {
        **dict(zip((11, *range(2, 11)), "0123456789", strict=True)),
        **dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True)),
        **dict(zip((30, 48, 46, 32, 18, 33), "ABCDEF", strict=True)),
    }
)
"""Key code → what it types: the row of digits, the keypad, and the letters of hex."""
_ENTERS = (ENTER, 96)
_MODIFIERS = (29, 42, 54, 56, 58, 69, 97, 100)  # Ctrl, Shift, Alt, Caps Lock, Num Lock
_MOST_KEYS = 64
_READ_BYTES = EVENT.size * 256
_GRAB = 0x40044590  # EVIOCGRAB: nobody else, such as the console, gets its keys
_NAME_BYTES = 256
_GET_NAME = 0x80004506 | _NAME_BYTES << 16  # EVIOCGNAME

UidBytes = Literal[4, 7, 10]
BITS_OF_A_BYTE = 8


@immutable
class CardForm:
    """How a reader types a UID.

    `lengths` are how many bytes a UID may have.  A decimal number has as many digits as the largest
    of that length when it is `padded`, so that one that lost a digit is noticed.
    """

    base: Literal["decimal", "hex"] = "decimal"
    byte_order: Literal["big", "little"] = "big"
    lengths: Collection[int] = (4,)
    padded: bool = True

    def uid(self, text: str) -> bytes:
        """Return the UID that was typed.

        Raises:
            ValueError: It is no number of this form.
        """
        digits, base = ("[0-9A-F]+", 16) if self.base == "hex" else ("[0-9]+", 10)
        if not re.fullmatch(digits, text) or not self._fits(text):
            raise ValueError(self._needs(text))
        size = next(n for n in sorted(self.lengths) if len(text) <= self._width(n))
        number = int(text, base)
        if number >= 1 << size * BITS_OF_A_BYTE:
            raise ValueError(self._needs(text))
        return self._ordered(number.to_bytes(size, "big"))

    def text(self, uid: bytes) -> str:
        """Return what the reader types for a UID; of one that is too long it knows the first part.

        It is the inverse of `uid`.
        """
        size = len(uid) if len(uid) in self.lengths else min(self.lengths)
        shown = self._ordered(uid[:size])
        if self.base == "hex":
            return shown.hex().upper()
        width = self._width(size) if self.padded else 1
        return str(int.from_bytes(shown, "big")).zfill(width)

    def _ordered(self, number: bytes) -> bytes:
        return number if self.byte_order == "big" else number[::-1]

    def _width(self, size: int) -> int:
        if self.base == "hex":
            return 2 * size
        return len(str((1 << size * BITS_OF_A_BYTE) - 1))

    @property
    def _exact(self) -> bool:
        return self.base == "hex" or self.padded

    def _fits(self, text: str) -> bool:
        widths = [self._width(size) for size in self.lengths]
        return len(text) in widths if self._exact else len(text) <= max(widths)

    def _needs(self, text: str) -> str:
        sizes = " or ".join(str(size) for size in sorted(self.lengths))
        widths = " or ".join(str(self._width(size)) for size in sorted(self.lengths))
        digits = f"{widths} digits" if self._exact else f"at most {widths} digits"
        return f"a UID of {sizes} bytes in {self.base} has {digits}, got {text!r}"


class Typing:
    """Turns the events of a keyboard into what was typed between two Enters.

    Something in which a key was lost, that stands in no number, or after which no Enter came
    within `within_s` is told as a fault, and is never a part of the next one.
    """

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._rest = b""
        self._typed = ""
        self._wrong: str | None = None
        self._key_at_s = 0.0

    @property
    def pending(self) -> bool:
        """Return whether something was typed that no Enter has ended."""
        return bool(self._typed or self._wrong)

    def take(self, events: bytes, at_s: float) -> Iterator[str | ReaderFault]:
        """Take events that were read at a monotonic time; yield what they complete."""
        if self.pending and at_s - self._key_at_s > self._within_s:
            self._wrong = self._wrong or f"no Enter came after {self._typed!r}"
            yield self._end()
        events = self._rest + events
        whole = len(events) - len(events) % EVENT.size
        self._rest = events[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(events[:whole]):
            if kind == SYNC and code == DROPPED:
                self._wrong = "keys were lost"
                self._key_at_s = at_s
            elif kind == KEY and value == PRESSED and code not in _MODIFIERS:
                self._key_at_s = at_s
                if code not in _ENTERS:
                    self._press(code)
                elif self.pending:
                    yield self._end()

    def forget(self) -> None:
        """Forget what was typed so far: the keyboard is gone."""
        self._rest, self._typed, self._wrong = b"", "", None

    def _press(self, code: int) -> None:
        if code not in CHARACTERS:
            self._wrong = self._wrong or f"key {code} is neither a digit nor A to F"
        elif len(self._typed) >= _MOST_KEYS:
            self._wrong = self._wrong or f"more than {_MOST_KEYS} keys without Enter"
        else:
            self._typed += CHARACTERS[code]

    def _end(self) -> str | ReaderFault:
        typed, wrong = self._typed, self._wrong
        self._typed, self._wrong = "", None
        return typed if wrong is None else unreadable(wrong)


class Keys:
    """The events of a keyboard, from a file descriptor that is its own."""

    def __init__(self, descriptor: int, where: str) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._where = where

    def read(self) -> bytes:
        """Return the events that came since the last time, without waiting.

        Raises:
            DeviceMissing: The keyboard is gone.
        """
        try:
            return os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise _missing(self._where, error) from error

    def announce(self, call: Callable[[], None]) -> bool:
        """Ask to be called whenever there may be something; return whether it will be."""
        return False

    def close(self) -> None:
        """Let go of the keyboard."""
        os.close(self._descriptor)


class CardKeyboard(ABC):
    """A USB card reader that types."""

    form: CardForm

    @abstractmethod
    def open_keys(self) -> Keys:
        """Return its events, which nobody else gets from now on.

        Raises:
            DeviceMissing: It is not plugged in.
            DeviceError: Somebody else has it, or it may not be read.
        """

    @abstractmethod
    def describe(self) -> str:
        """Return what it calls itself.

        Raises:
            DeviceError: It cannot be asked.
        """


def open_keyboard(path: str) -> Keys:
    """Return the events of a Linux input device, grabbed.

    Raises:
        DeviceMissing: It is not plugged in, may not be read, or belongs to somebody else.
    """
    descriptor = _open(path)
    try:
        fcntl.ioctl(descriptor, _GRAB, 1)
    except OSError as error:
        os.close(descriptor)
        raise _missing(path, error) from error
    return Keys(descriptor, path)


def name_of_keyboard(path: str) -> str:
    """Return what a Linux input device calls itself.

    Raises:
        DeviceMissing: It is not plugged in, or may not be read.
    """
    descriptor = _open(path)
    try:
        name = fcntl.ioctl(descriptor, _GET_NAME, bytes(_NAME_BYTES))
    except OSError as error:
        raise _missing(path, error) from error
    finally:
        os.close(descriptor)
    return name.rstrip(b"\x00").decode(errors="replace")


def unreadable(why: str) -> ReaderFault:
    """Return the fault of something that was typed and is no card's number."""
    return ReaderFault(
        "number-unreadable",
        f"card reader: what it typed is no card's number: {why}; hold the card again, or see "
        "which form the reader is set to",
    )


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _missing(path, error) from error


def _missing(where: str, error: OSError) -> DeviceMissing:
    """Return what an error of the system means for somebody with a reader."""
    remedy = {
        "ENOENT": "no such input device; is the reader plugged in?",
        "EACCES": "may not be read; add the user to the group `input`",
        "EBUSY": "another program has it; end that one",
        "ENOTTY": "is no input device",
        "EINVAL": "is no input device",
        "ENODEV": "unplugged",
    }
    code = errno.errorcode.get(error.errno or 0, "")
    return DeviceMissing(f"{where}: {remedy.get(code, error.strerror or str(error))}")
