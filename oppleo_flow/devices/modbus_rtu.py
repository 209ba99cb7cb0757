"""A bus of Modbus RTU devices on a serial port: minimalmodbus over pyserial.

An RTU answer does not say which question it answers.  So after an error the bus throws away what
still comes until the line was silent for as long as a device may think, and after a time-out it
asks nothing of the same length again before the device has answered something of another length: a
late answer is never taken for the next one.
"""

import logging
import time
from collections.abc import Callable
from typing import Final, Literal

import minimalmodbus

from oppleo_flow.devices.bus_health import Device
from oppleo_flow.devices.frames import Frames
from oppleo_flow.devices.modbus_blocks import Block, LineTiming
from oppleo_flow.devices.modbus_frames import FUNCTIONS, heard_in, question
from oppleo_flow.devices.serial_bus import (
    GARBLED,
    NEVER_SILENT,
    NO_ANSWER,
    OTHER_MASTER,
    REFUSED,
    SECOND_DEVICE,
    LineGarbled,
    LineNoise,
    LineShared,
    Parity,
    RegisterRefused,
    SerialBus,
    Table,
    Tally,
    told,
)
from oppleo_flow.devices.serial_port import SerialPort
from oppleo_flow.errors import DeviceError, DeviceMissing, DeviceTimeout

_LOG = logging.getLogger(__name__)
_MARGIN_S = 0.03  # an adapter's and the scheduler's share
_TRIES: Final = 3
_NEVER_SILENT_BYTES: Final = 8
_SHARED_FOR_S: Final = 60.0
_FRUITLESS_BEFORE_REOPENING: Final = 4


class ModbusRtuBus(SerialBus):
    """A Modbus RTU bus on a serial port.

    The port is opened when first needed, again after it was lost, as a USB adapter is when it is
    plugged in anew, and again when nobody has answered for a while.  `answer_within_s` is how long
    a device may think before it answers.  A device that failed last time is asked only once, others
    up to three times; one that goes on failing rests.  Whether the adapter repeats what is sent is
    found out at the first answer, unless `echo` says so.
    """

    def __init__(
        self,
        port: str,
        *,
        baud: int = 9600,
        parity: Parity = "none",
        stop_bits: Literal[1, 2] = 1,
        answer_within_s: float = 0.25,
        echo: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        frames: Frames | None = None,
    ) -> None:
        self._port = SerialPort(port, baud=baud, parity=parity, stop_bits=stop_bits, frames=frames)
        self._answer_within_s = answer_within_s
        self._echo_expected = True if echo else None
        self._echo: bool | None = self._echo_expected
        self._timing = LineTiming(baud, 9 + (parity != "none") + stop_bits)
        self._monotonic = monotonic
        self._devices: dict[int, Device] = {}
        self._fruitless = 0
        self._last_asked: int | None = None
        self._shared: tuple[str, float] = ("", 0.0)

    @property
    def timing(self) -> LineTiming:
        """Return how long things take on this line."""
        return self._timing

    def open(self) -> None:
        """Open the port, unless it is open.

        Raises:
            DeviceMissing: It is not there, or somebody else has it.
        """
        self._port.open()

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def tally(self, unit_id: int) -> Tally:
        """Return how a device answered so far."""
        return self._device(unit_id).tally

    def read_registers(self, unit_id: int, table: Table, block: Block) -> tuple[int, ...]:
        """Return 16-bit registers of one device; see `SerialBus`."""
        device = self._device(unit_id)
        began_s = self._monotonic()
        if device.rests(began_s) and device.error is not None:
            device.count(rested=1)
            raise type(device.error)(*device.error.args)
        try:
            registers = self._try(device, unit_id, table, block)
        except RegisterRefused:
            device.worked()
            raise
        except DeviceMissing:
            self._echo = self._echo_expected  # what comes back may be another adapter
            self._last_asked = None
            raise
        except DeviceError as error:
            now_s = self._monotonic()
            device.failed(error, now_s - began_s, now_s)
            self._open_anew_if_fruitless()
            raise
        device.worked()
        self._fruitless = 0
        return registers

    def _device(self, unit_id: int) -> Device:
        return self._devices.setdefault(unit_id, Device())

    def _try(self, device: Device, unit_id: int, table: Table, block: Block) -> tuple[int, ...]:
        """Ask up to three times, and only once of a device that failed before."""
        tries = 1 if device.failing else _TRIES
        while True:
            tries -= 1
            try:
                self._get_in_step(device, unit_id, table, block)
                return self._ask(device, unit_id, table, block)
            except (DeviceTimeout, LineGarbled):
                if not tries:
                    raise

    def _get_in_step(self, device: Device, unit_id: int, table: Table, block: Block) -> None:
        """Have the device answer something of another length first, if it owes this one.

        One that owes every length, or will not read another, is left alone until it owes no more.
        """
        if not device.owes(block.count, self._monotonic()):
            return
        count = device.another_length(self._monotonic())
        try:
            if count is None:
                raise DeviceTimeout(told(unit_id, NO_ANSWER, table, block))
            self._ask(device, unit_id, table, Block(block.start, count))
        except RegisterRefused as error:  # which may itself be late
            raise DeviceTimeout(told(unit_id, NO_ANSWER, table, block)) from error

    # -- one question --------------------------------------------------------------------------

    def _ask(self, device: Device, unit_id: int, table: Table, block: Block) -> tuple[int, ...]:
        self._refuse_while_shared(unit_id, table, block)
        device.count(asked=1)
        self._last_asked = unit_id
        try:
            registers = self._exchange(unit_id, table, block, echo=bool(self._echo))
        except minimalmodbus.NoResponseError as error:
            device.count(silent=1)
            device.owe(block.count, self._monotonic())
            self._settle_line(unit_id, table, block)
            raise DeviceTimeout(told(unit_id, NO_ANSWER, table, block)) from error
        except minimalmodbus.SlaveReportedException as error:
            self._settle_line(unit_id, table, block, refused=True)
            raise RegisterRefused(told(unit_id, REFUSED, table, block)) from error
        except (minimalmodbus.ModbusException, ValueError) as error:
            registers = self._garbled(device, unit_id, table, block, error)
        device.count(answered=1)
        device.settle()
        self._echo = bool(self._echo)
        return registers

    def _garbled(
        self, device: Device, unit_id: int, table: Table, block: Block, error: Exception
    ) -> tuple[int, ...]:
        """Ask again as one asks an adapter that repeats, where that may be all there is to it."""
        device.count(garbled=1)
        self._settle_line(unit_id, table, block)
        device.owe(block.count, self._monotonic())
        if self._echo is None:
            try:
                registers = self._exchange(unit_id, table, block, echo=True)
            except (minimalmodbus.ModbusException, ValueError):
                self._settle_line(unit_id, table, block)
            else:
                self._echo = True
                _LOG.info("%s: the adapter repeats what is sent", self._port.name)
                return registers
        raise LineGarbled(told(unit_id, GARBLED, table, block)) from error

    def _exchange(self, unit_id: int, table: Table, block: Block, *, echo: bool) -> tuple[int, ...]:
        with self._port.in_use() as port:
            port.forget()
            instrument = minimalmodbus.Instrument(port, unit_id)
            instrument.handle_local_echo = echo
            # minimalmodbus waits for the whole answer in one read: the bytes on the wire count.
            whole_s = self._timing.exchange_s(block.count) + self._answer_within_s + _MARGIN_S
            if port.timeout != whole_s:
                port.timeout = whole_s
            try:
                return tuple(instrument.read_registers(block.start, block.count, FUNCTIONS[table]))
            except minimalmodbus.ModbusException as error:
                failed = error  # an OSError, too: not the port's
        raise failed

    # -- who else speaks -----------------------------------------------------------------------

    def _settle_line(
        self, unit_id: int, table: Table, block: Block, *, refused: bool = False
    ) -> None:
        """Hear the line out after an error, and say so if somebody else spoke."""
        heard = self._port.fall_silent(self._answer_within_s)
        own = question(unit_id, table, block)
        words = self._who_else(heard, own, refused=refused)
        if words is not None:
            self._share(words)
            raise LineShared(told(unit_id, words, table, block))
        if len(heard) >= _NEVER_SILENT_BYTES and not heard.strip(b"\x00\xff"):
            raise LineNoise(told(unit_id, NEVER_SILENT, table, block))

    def _refuse_while_shared(self, unit_id: int, table: Table, block: Block) -> None:
        """Raise when what came in since the last answer shows that somebody else speaks."""
        heard = self._port.unasked()
        # What is left of the time before the port was opened says nothing.
        words = self._who_else(heard, b"") if heard and self._last_asked is not None else None
        if words is not None:
            self._share(words)
        words, until_s = self._shared
        if self._monotonic() < until_s:
            raise LineShared(told(unit_id, words, table, block))

    def _share(self, words: str) -> None:
        self._shared = words, self._monotonic() + _SHARED_FOR_S

    def _who_else(self, heard: bytes, own: bytes, *, refused: bool = False) -> str | None:
        """Return who else spoke, by the whole frames in what was heard; None when nobody did."""
        for frame in heard_in(heard):
            if frame.kind == "question":
                is_echo = frame.frame == own and self._echo is not False
                return None if is_echo else OTHER_MASTER  # what follows an echo answers it
            device = self._devices.get(frame.unit_id)
            if device is None:
                return OTHER_MASTER
            if device.owes_anything(self._monotonic()):
                device.count(late=1)
            elif not (refused and not frame.registers):
                return SECOND_DEVICE if frame.unit_id == self._last_asked else OTHER_MASTER
        return None

    def _open_anew_if_fruitless(self) -> None:
        """Close the port when nobody has answered for a while: some adapters need it."""
        self._fruitless += 1
        if self._fruitless % _FRUITLESS_BEFORE_REOPENING == 0:
            self._port.close()
            self._last_asked = None
            for device in self._devices.values():
                device.count(reopened=1)
            _LOG.info("%s: nobody answers; the port is opened anew", self._port.name)
