"""A simulated serial line: somebody answers frames on a pseudo terminal, at a line's speed."""

import fcntl
import os
import select
import sys
import tempfile
import termios
import time
import tty
from abc import ABC, abstractmethod
from pathlib import Path
from threading import Event, Thread

from oppleo_flow.devices.modbus_frames import QUESTION_BYTES

_BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
_BAUD_OF = {getattr(termios, f"B{baud}"): baud for baud in _BAUDS}
LOOK_AGAIN_S = 0.02
_LOOKS = 100
_PATIENCE_S = 20.0


class PtyLine(ABC):
    """A line on a pseudo terminal.

    `path` is the port to open: it stays when the adapter is pulled out and comes back as another
    `terminal`.
    """

    _ours: int
    _theirs: int
    terminal: str

    def __init__(self, *, char_bits: int = 10) -> None:
        self._char_bits = char_bits
        self._free_at_s = 0.0
        self._opened_anew = Event()
        self._plugged_in = Event()
        self._closing = Event()
        self._folder = tempfile.TemporaryDirectory(prefix="simulated-bus-")
        self.path = str(Path(self._folder.name) / "adapter")
        self._plug_in(os.openpty())
        self._stopped, self._stop = os.pipe()
        self._thread = Thread(target=self._run, name="simulated-line", daemon=True)
        self._thread.start()

    @abstractmethod
    def take(self, frame: bytes) -> None:
        """Do what the devices on the line do when somebody asks."""

    def close(self) -> None:
        """Take the line down."""
        self._closing.set()
        os.write(self._stop, b"x")
        self._thread.join()
        for descriptor in (self._ours, self._theirs, self._stopped, self._stop):
            os.close(descriptor)
        self._folder.cleanup()

    def overhear(self, data: bytes) -> None:
        """Let bytes be heard on the line that nobody asked for; wait until they are there."""
        os.write(self._ours, data)
        for _ in range(_LOOKS):
            if int.from_bytes(fcntl.ioctl(self._theirs, termios.TIOCINQ, bytes(4)), sys.byteorder):
                break
            self._closing.wait(LOOK_AGAIN_S)

    def wait_until_plugged_in(self) -> None:
        """Wait until the adapter is there again, but not for ever."""
        self._plugged_in.wait(_PATIENCE_S)

    def wait_until_opened_anew(self) -> None:
        """Wait until a stuck adapter works again, but not for ever."""
        self._opened_anew.wait(_PATIENCE_S)

    # -- what devices do -----------------------------------------------------------------------

    def transmit(self, frame: bytes, after_s: float = 0.0) -> None:
        """Let the line's time pass, then let the frame arrive as a whole.

        It begins so long after the question in hand was heard, or after what was sent last.
        """
        self._free_at_s += after_s + len(frame) * self.char_s()
        if not self._closing.wait(max(0.0, self._free_at_s - time.monotonic())):
            os.write(self._ours, frame)

    def char_s(self) -> float:
        """Return the time of a character at the speed that the port was opened with."""
        return self._char_bits / _BAUD_OF[termios.tcgetattr(self._theirs)[5]]

    # -- what adapters do ----------------------------------------------------------------------

    def pull_out(self) -> None:
        """Take the adapter away, and bring it back as another terminal when it is whole again."""
        self._plugged_in.clear()
        Path(self.path).unlink()
        another = os.openpty()
        os.close(self._theirs)
        os.close(self._ours)
        while not self._closing.wait(LOOK_AGAIN_S) and self.is_out():
            pass
        self._plug_in(another)

    def is_out(self) -> bool:
        """Return whether the adapter is still out of its port."""
        return False

    def wait_for_new_opening(self) -> None:
        """Say nothing until whoever has the port closes it, and then work again."""
        os.close(self._theirs)
        hang_up = select.poll()
        hang_up.register(self._ours, select.POLLHUP)
        while not self._closing.wait(LOOK_AGAIN_S):
            if any(event & select.POLLHUP for _, event in hang_up.poll(0)):
                break
        while select.select([self._ours], [], [], 0)[0] and self._swallow():
            pass
        self._theirs = os.open(self.terminal, os.O_RDWR | os.O_NOCTTY)
        self._opened_anew.set()

    def _swallow(self) -> bool:
        """Lose what was asked while the adapter was stuck; return whether there was anything."""
        try:
            return bool(os.read(self._ours, 256))
        except OSError:  # nobody has the terminal open
            return False

    def _plug_in(self, terminal: tuple[int, int]) -> None:
        self._ours, self._theirs = terminal
        tty.setraw(self._theirs)
        self.terminal = os.ttyname(self._theirs)
        Path(self.path).symlink_to(self.terminal)
        self._plugged_in.set()

    def _run(self) -> None:
        heard = b""
        while not self._closing.is_set():
            # A pause ends a frame, whole or not: what is left over is noise.
            pause_s = 20 * self.char_s() if heard else None
            ready, _, _ = select.select([self._ours, self._stopped], [], [], pause_s)
            if self._ours not in ready:
                heard = b""
                continue
            heard += os.read(self._ours, 256)
            while len(heard) >= QUESTION_BYTES:
                frame, heard = heard[:QUESTION_BYTES], heard[QUESTION_BYTES:]
                self._free_at_s = time.monotonic()
                self.take(frame)
