"""A bus of Modbus RTU devices on a serial port: minimalmodbus over pyserial.

An RTU answer does not say which question it answers.  So after every error the bus throws away
whatever still comes and waits until the line was silent for as long as a device may think: a late
answer is never taken for the next one.
"""

import os
import termios
from typing import Literal

import minimalmodbus
import serial

from oppleo_flow.devices.modbus_blocks import Block, LineTiming
from oppleo_flow.devices.serial_bus import Parity, RegisterRefused, SerialBus, Table
from oppleo_flow.errors import DeviceError, DeviceMissing, DeviceTimeout

_FUNCTION = {"holding": 3, "input": 4}
_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_MARGIN_S = 0.03  # an adapter's and the scheduler's share
_REPEATS = 2
_PORT_LOST = (OSError, termios.error)
"""What pyserial raises when the port goes away; clearing its buffers raises the second."""
_MOST_GARBAGE = 4096


class ModbusRtuBus(SerialBus):
    """A Modbus RTU bus on a serial port.

    The port is opened when first needed and again after it was lost, as a USB adapter is when it
    is plugged in anew.  `answer_within_s` is how long a device may think before it answers; a
    device that failed last time is asked only once, others up to three times, so that a dead
    one does not stall its neighbours.
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
    ) -> None:
        self._port_name = port
        self._parity = parity
        self._stop_bits = stop_bits
        self._answer_within_s = answer_within_s
        self._echo = echo
        self._timing = LineTiming(baud, 9 + (parity != "none") + stop_bits)
        self._port: serial.Serial | None = None
        self._failing: set[int] = set()

    @property
    def timing(self) -> LineTiming:
        """Return how long things take on this line."""
        return self._timing

    def open(self) -> serial.Serial:
        """Open the port, unless it is open, and return it.

        Raises:
            DeviceMissing: It is not there, or somebody else has it.
        """
        if self._port is not None:
            return self._port
        try:
            self._port = serial.Serial(
                self._port_name,
                baudrate=self._timing.baud,
                parity=_PARITY[self._parity],
                stopbits=self._stop_bits,
                write_timeout=2.0,
                exclusive=True,
            )
        except (*_PORT_LOST, ValueError) as error:
            raise DeviceMissing(
                f"{self._port_name}: {_os_text(error)}; is the adapter plugged in, and nobody else "
                "using it?"
            ) from error
        return self._port

    def close(self) -> None:
        """Close the port."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def read_registers(self, unit_id: int, table: Table, block: Block) -> tuple[int, ...]:
        """Return 16-bit registers of one device; see `SerialBus`."""
        repeats = 0 if unit_id in self._failing else _REPEATS
        while True:
            try:
                registers = self._ask(unit_id, table, block)
            except (RegisterRefused, DeviceMissing):
                raise
            except DeviceError:
                if not repeats:
                    self._failing.add(unit_id)
                    raise
                repeats -= 1
            else:
                self._failing.discard(unit_id)
                return registers

    def _ask(self, unit_id: int, table: Table, block: Block) -> tuple[int, ...]:
        port = self.open()
        what = f"unit {unit_id}: {{}} reading {table} register 0x{block.start:04X}"
        instrument = minimalmodbus.Instrument(port, unit_id)
        instrument.handle_local_echo = self._echo
        # minimalmodbus waits for the whole answer in one read: the bytes on the wire count.
        whole_s = self._timing.exchange_s(block.count) + self._answer_within_s + _MARGIN_S
        try:
            port.timeout = whole_s
            return tuple(instrument.read_registers(block.start, block.count, _FUNCTION[table]))
        except minimalmodbus.NoResponseError as error:
            self._let_fall_silent(port)
            raise DeviceTimeout(what.format("no answer")) from error
        except minimalmodbus.SlaveReportedException as error:
            self._let_fall_silent(port)
            raise RegisterRefused(what.format("refused")) from error
        except minimalmodbus.ModbusException as error:
            self._let_fall_silent(port)
            raise DeviceError(what.format("a garbled answer")) from error
        except _PORT_LOST as error:
            self.close()
            raise DeviceMissing(f"{self._port_name}: {_os_text(error)}") from error

    def _let_fall_silent(self, port: serial.Serial) -> None:
        """Throw away what still comes until nothing came for as long as a device may think."""
        thrown_away = 0
        try:
            port.timeout = self._answer_within_s
            while thrown_away < _MOST_GARBAGE and (garbage := port.read(64)):
                thrown_away += len(garbage)
        except _PORT_LOST as error:
            self.close()
            raise DeviceMissing(f"{self._port_name}: {_os_text(error)}") from error


def _os_text(error: BaseException) -> str:
    """Return what the operating system said, from under the library's wrapping."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _PORT_LOST) and cause.args and isinstance(cause.args[0], int):
            return os.strerror(cause.args[0]).lower()
        cause = cause.__context__
    return str(error)
