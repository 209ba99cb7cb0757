"""A bus of Modbus RTU devices on a serial port: minimalmodbus over pyserial.

An RTU answer does not say which question it answers.  So after an error the bus throws away what
still comes until the line was silent for as long as a device may think, and after a time-out it
asks nothing of the same length again before the device has answered something of another length: a
late answer is never taken for the next one.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final, Literal

import minimalmodbus

from oppleo_flow.devices.bus_health import Device
from oppleo_flow.devices.frames import Frames
from oppleo_flow.devices.modbus_blocks import Block, LineTiming
from oppleo_flow.devices.modbus_frames import FUNCTIONS, Heard, heard_in, question, read_answer
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
from oppleo_flow.immutable import immutable

_LOG = logging.getLogger(__name__)
_MARGIN_S = 0.03  # an adapter's and the scheduler's share
_TRIES: Final = 3
_NEVER_SILENT_BYTES: Final = 8
_ODD_BYTES: Final = 2  # that an adapter may add when it turns round
_SHARED_FOR_S: Final = 60.0
_ECHO_WORDS: Final = {True: "repeats what is sent", False: "does not repeat what is sent"}
_FRUITLESS_BEFORE_REOPENING: Final = 4


class ModbusRtuBus(SerialBus):
    """A Modbus RTU bus on a serial port.

    The port is opened when first needed, again after it was lost, as a USB adapter is when it is
    plugged in anew, and again when nobody has answered for a while.  `answer_within_s` is how long
    a device may think before it answers.  A device that failed last time is asked only once, others
    up to three times; one that goes on failing rests.  Whether the adapter repeats what is sent is
    found out, whatever `echo` says of it.
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
        self._echo_expected = self._echo = echo
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
        asked = _Asked(unit_id, table, block)
        self._refuse_while_shared(asked)
        device.count(asked=1)
        self._last_asked = unit_id
        try:
            registers = self._exchange(asked)
        except minimalmodbus.NoResponseError as error:
            self._note_silence(device, asked)
            self._judge(self._heard_after(asked)[1], asked)
            raise DeviceTimeout(asked.told(NO_ANSWER)) from error
        except minimalmodbus.SlaveReportedException as error:
            _, frames = self._heard_after(asked)
            self._judge([one for one in frames if not asked.is_refused_by(one)], asked)
            raise RegisterRefused(asked.told(REFUSED)) from error
        except (minimalmodbus.ModbusException, ValueError) as error:
            registers = self._found_in_garbage(device, asked, error)
        device.count(answered=1)
        device.settle()
        return registers

    def _found_in_garbage(
        self, device: Device, asked: "_Asked", error: Exception
    ) -> tuple[int, ...]:
        """Return the one answer that is whole in what was heard.

        Before it the adapter may have repeated the question; some add a byte when they turn round.
        """
        echoed, frames = self._heard_after(asked)
        if len(frames) == 1 and not device.owes_anything(self._monotonic()):
            [only] = frames
            registers = read_answer(only.frame)
            if asked.is_refused_by(only):
                self._learn_echo(echoed)
                raise RegisterRefused(asked.told(REFUSED)) from error
            if asked.is_answered_by(only) and registers is not None:
                self._learn_echo(echoed)
                return registers
        if echoed and len(self._port.heard) <= len(asked.frame) + _ODD_BYTES:
            self._learn_echo(echoed)
            self._note_silence(device, asked)
            raise DeviceTimeout(asked.told(NO_ANSWER)) from error
        device.count(garbled=1)
        self._judge(frames, asked)
        device.owe(asked.block.count, self._monotonic())
        raise LineGarbled(asked.told(GARBLED)) from error

    def _note_silence(self, device: Device, asked: "_Asked") -> None:
        device.count(silent=1)
        device.owe(asked.block.count, self._monotonic())

    def _learn_echo(self, echo: bool) -> None:
        if echo != self._echo:
            self._echo = echo
            _LOG.info("%s: the adapter %s", self._port.name, _ECHO_WORDS[echo])

    def _exchange(self, asked: "_Asked") -> tuple[int, ...]:
        with self._port.in_use() as port:
            port.forget()
            block = asked.block
            instrument = minimalmodbus.Instrument(port, asked.unit_id)
            instrument.handle_local_echo = self._echo
            # minimalmodbus waits for the whole answer in one read: the bytes on the wire count.
            whole_s = self._timing.exchange_s(block.count) + self._answer_within_s + _MARGIN_S
            if port.timeout != whole_s:
                port.timeout = whole_s
            try:
                return tuple(
                    instrument.read_registers(block.start, block.count, FUNCTIONS[asked.table])
                )
            except minimalmodbus.ModbusException as error:
                failed = error  # an OSError, too: not the port's
        raise failed

    # -- who else speaks -----------------------------------------------------------------------

    def _heard_after(self, asked: "_Asked") -> tuple[bool, list[Heard]]:
        """Hear the line out; return whether it repeated the question, and the frames after that."""
        frames = list(heard_in(self._port.fall_silent(self._answer_within_s)))
        echoed = bool(frames) and frames[0].frame == asked.frame
        return echoed, frames[1:] if echoed else frames

    def _judge(self, frames: Sequence[Heard], asked: "_Asked") -> None:
        """Raise when what was heard shows that somebody else speaks, or that nobody is silent."""
        words = self._who_else(frames)
        if words is not None:
            self._share(words)
            raise LineShared(asked.told(words))
        heard = self._port.heard
        if len(heard) >= _NEVER_SILENT_BYTES and not heard.strip(b"\x00\xff"):
            raise LineNoise(asked.told(NEVER_SILENT))

    def _refuse_while_shared(self, asked: "_Asked") -> None:
        """Raise when what came in since the last answer shows that somebody else speaks."""
        heard = self._port.unasked()
        # What is left of the time before the port was opened says nothing.
        if heard and self._last_asked is not None:
            words = self._who_else(list(heard_in(heard)))
            if words is not None:
                self._share(words)
        words, until_s = self._shared
        if self._monotonic() < until_s:
            raise LineShared(asked.told(words))

    def _share(self, words: str) -> None:
        self._shared = words, self._monotonic() + _SHARED_FOR_S

    def _who_else(self, frames: Sequence[Heard]) -> str | None:
        """Return who else spoke; None when nobody did."""
        for frame in frames:
            device = self._devices.get(frame.unit_id)
            if frame.kind == "question" or device is None:
                return OTHER_MASTER
            if not device.owes_anything(self._monotonic()):
                return SECOND_DEVICE if frame.unit_id == self._last_asked else OTHER_MASTER
            device.count(late=1)
        return None

    def _open_anew_if_fruitless(self) -> None:
        """Close the port when nobody has answered for a while: some adapters need it."""
        self._fruitless += 1
        if self._fruitless % _FRUITLESS_BEFORE_REOPENING == 0:
            self._port.close()
            self._last_asked = None
            for device in self._devices.values():
                device.count(reopened=1)
            _LOG.info(
                "%s: nobody answers; the port is opened anew; if that does not help, pull the "
                "adapter out and plug it in again",
                self._port.name,
            )


@immutable
class _Asked:
    """One question: whom it is for, and what it asks."""

    unit_id: int
    table: Table
    block: Block

    @property
    def frame(self) -> bytes:
        return question(self.unit_id, self.table, self.block)

    def told(self, words: str) -> str:
        return told(self.unit_id, words, self.table, self.block)

    def is_answered_by(self, heard: Heard) -> bool:
        """Return whether a frame can be the answer; which question it is to, it does not say."""
        return (heard.kind, heard.unit_id, heard.frame[1], heard.registers) == (
            *("answer", self.unit_id),
            *(FUNCTIONS[self.table], self.block.count),
        )

    def is_refused_by(self, heard: Heard) -> bool:
        return heard.unit_id == self.unit_id and heard.kind == "answer" and not heard.registers
