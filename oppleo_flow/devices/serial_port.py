"""The serial port of a bus: opened when it is needed, and again after it was lost."""

import errno
import logging
import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import serial

from oppleo_flow.devices.frames import Frames
from oppleo_flow.devices.serial_bus import PORT_CHECK, Parity
from oppleo_flow.errors import DeviceMissing

_LOG = logging.getLogger(__name__)
_PARITY: Final = {
    "none": serial.PARITY_NONE,
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
}
_PORT_LOST: Final = (OSError, termios.error)
"""What pyserial raises when the port goes away; clearing its buffers raises the second."""
_MOST_GARBAGE: Final = 512  # more than any answer: a line that is never silent holds nobody up
_MOST_WAITING: Final = 4096
_NO_PORT: Final = "not a serial port"  # a file, or another kind of device
_BY_ID: Final = "/dev/serial/by-id/"


class ListeningSerial(serial.Serial):
    """A serial port that remembers what it has read; `forget` before a question.

    What goes to and fro is told to `frames`, by the name of the port.
    """

    heard: bytes = b""
    frames: Frames | None = None

    def read(self, size: int = 1, /) -> bytes:
        """Read so many bytes, or fewer when the time is over."""
        data = bytes(super().read(size))
        self.heard += data
        if data:
            self._tell(received=data.hex(" "))
        return data

    def write(self, data: Any, /) -> int | None:
        """Write bytes; return how many were."""
        self._tell(sent=bytes(data).hex(" "))
        return super().write(data)

    def _tell(self, **what: str) -> None:
        if self.frames is not None and self.frames.heard:
            self.frames.tell(str(self.name), **what)

    def forget(self) -> None:
        """Forget what was read so far."""
        self.heard = b""


class SerialPort:
    """A port by its name, which may be another device file each time it is opened."""

    def __init__(
        self,
        name: str,
        *,
        baud: int,
        parity: Parity,
        stop_bits: Literal[1, 2],
        frames: Frames | None = None,
    ) -> None:
        self.name = name
        self._frames = frames
        self._baud = baud
        self._parity = parity
        self._stop_bits = stop_bits
        self._port: ListeningSerial | None = None

    @property
    def is_open(self) -> bool:
        """Return whether it is open."""
        return self._port is not None

    def open(self) -> ListeningSerial:
        """Open the port, unless it is open, and return it.

        Raises:
            DeviceMissing: It is not there, or somebody else has it.
        """
        if self._port is not None:
            return self._port
        try:
            self._port = ListeningSerial(
                self.name,
                baudrate=self._baud,
                parity=_PARITY[self._parity],
                stopbits=self._stop_bits,
                write_timeout=2.0,
                exclusive=True,
            )
        except (*_PORT_LOST, ValueError) as error:
            raise DeviceMissing(f"{self.name}: {_os_text(error)}; {self._check()}") from error
        _hasten(self._port)
        self._port.frames = self._frames
        return self._port

    def close(self) -> None:
        """Close the port."""
        if self._port is not None:
            self._port.close()
            self._port = None

    @contextmanager
    def in_use(self) -> Iterator[ListeningSerial]:
        """Give the open port; one that is lost meanwhile is closed, to be opened again.

        Raises:
            DeviceMissing: It is not there, or is not any more.
        """
        port = self.open()
        try:
            yield port
        except _PORT_LOST as error:
            self.close()
            raise DeviceMissing(f"{self.name}: {_os_text(error)}; {self._check()}") from error

    @property
    def heard(self) -> bytes:
        """Return all that was heard since the last question."""
        return b"" if self._port is None else self._port.heard

    def unasked(self) -> bytes:
        """Return what has come in since the line was last read: nobody of us asked for it."""
        with self.in_use() as port:
            waiting = min(port.in_waiting, _MOST_WAITING)
            return bytes(port.read(waiting)) if waiting else b""

    def fall_silent(self, silence_s: float) -> bytes:
        """Read whatever comes until nothing came for so long; return all since the question."""
        with self.in_use() as port:
            port.timeout = silence_s
            while len(port.heard) < _MOST_GARBAGE and port.read(64):
                pass
            return port.heard

    def _check(self) -> str:
        """Return what to check when the port is not there."""
        check = PORT_CHECK
        if self.name.startswith("/dev/tty"):
            check += f" its name under {_BY_ID} stays the same"
        return check


def _hasten(port: ListeningSerial) -> None:
    """Have the adapter hand on what it has at once: some wait 16 ms for more, at each answer."""
    try:
        port.set_low_latency_mode(True)
    except (ValueError, *_PORT_LOST):  # this kind of port does not wait
        _LOG.debug("%s: has no latency to set", port.name)


def _os_text(error: BaseException) -> str:
    """Return what the operating system said, from under the library's wrapping."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _PORT_LOST) and cause.args and isinstance(cause.args[0], int):
            number = cause.args[0]
            return _NO_PORT if number == errno.ENOTTY else os.strerror(number).lower()
        cause = cause.__context__
    return str(error)
