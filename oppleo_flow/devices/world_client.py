"""A simulated world behind a local socket: one JSON object a line, question and answer."""

import json
import socket
import time
from pathlib import Path
from threading import Lock
from typing import Any

from oppleo_flow.devices.evse_waveform import GENERATIONS, EvseWaveform, LedLine
from oppleo_flow.devices.meter_trouble import meter_trouble
from oppleo_flow.devices.network_trouble import EvseFace
from oppleo_flow.devices.reader_trouble import ReaderFace, reader_trouble
from oppleo_flow.devices.world import MeterFace, SiteWiring, Wiring, World
from oppleo_flow.errors import ConfigError, DeviceMissing, DeviceTimeout
from oppleo_flow.payloads import EvseSignal

_TIMEOUT_S = 2.0
_LINE_KNOWN_FOR_S = 0.05


class WorldClient(World):
    """The world that a server at `path` keeps; safe to use from several threads.

    What an LED line carries is asked for twenty times a second at most and computed here in
    between, so that it can be sampled as fast as a pin: both processes read one monotonic clock.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._received = b""
        self._lines: dict[int, tuple[LedLine | None, float]] = {}

    def close(self) -> None:
        """Let go of the socket; the world stays as it is."""
        with self._lock:
            self._hang_up()

    def drive_pin(self, pin: int, high: bool) -> None:
        """Hold a pin at a level."""
        self._call("drive_pin", pin=pin, high=high)

    def drive_duty(self, pin: int, percent: float) -> None:
        """Put a pulse width modulation on a pin."""
        self._call("drive_duty", pin=pin, percent=percent)

    def drive_breath(
        self, pin: int, low_percent: float, high_percent: float, period_s: float
    ) -> None:
        """Let the duty of a pin rise and fall."""
        self._call(
            "drive_breath",
            pin=pin,
            low_percent=low_percent,
            high_percent=high_percent,
            period_s=period_s,
        )

    def float_pin(self, pin: int, pulled_up: bool) -> None:
        """Let go of a pin."""
        self._call("float_pin", pin=pin, pulled_up=pulled_up)

    def read_pin(self, pin: int) -> bool:
        """Return whether a pin is high now."""
        line = self._recent_line(pin)
        if line is not None:
            return line.high_at(time.monotonic())
        return bool(self._call("read_pin", pin=pin))

    def led_line(self, pin: int) -> LedLine | None:
        """Return what a SmartEVSE puts on its LED line now; None: no such line is at the pin."""
        asked_at_s = time.monotonic()
        found = self._call("led_line", pin=pin)
        line = None if found is None else line_from_json(found)
        self._lines[pin] = (line, asked_at_s)
        return line

    def reader(self, reader: str | None = None) -> ReaderFace:
        """Return what a reader finds, or the first one."""
        face = self._call("reader", reader=reader)
        uid = None if face["uid"] is None else bytes.fromhex(face["uid"])
        return ReaderFace(uid, reader_trouble(face["trouble"]))

    def meter(self, unit_id: int) -> MeterFace | None:
        """Return what the meter of that unit id shows."""
        face = self._call("meter", unit_id=unit_id)
        if face is None:
            return None
        phases = ("voltage_phases_v", "current_phases_a", "power_phases_w", "energy_phases_wh")
        shown: dict[str, Any] = {**face, **{name: tuple(face[name]) for name in phases}}
        return MeterFace(**{**shown, "trouble": meter_trouble(face["trouble"])})

    def smart_evses(self) -> dict[str, EvseFace]:
        """Return what each SmartEVSE says on the network, by the names it has there."""
        faces = self._call("smart_evses")
        return {name: EvseFace.from_json(face) for name, face in faces.items()}

    def command_evse(self, name: str, command: str, value: str) -> None:
        """Tell a SmartEVSE something over the network."""
        self._call("command_evse", name=name, command=command, value=value)

    def plug_in(self, charge_percent: float | None = None, point: str | None = None) -> None:
        """Plug the car in."""
        self._call("plug_in", charge_percent=charge_percent, point=point)

    def plug_out(self, point: str | None = None) -> None:
        """Pull the plug."""
        self._call("plug_out", point=point)

    def swipe(
        self, card: str, hold_s: float = 0.5, point: str | None = None, keyboard: bool = False
    ) -> None:
        """Hold a card of the pocket to the reader, or to the one that types."""
        self._call("swipe", card=card, hold_s=hold_s, point=point, keyboard=keyboard)

    def silence_meter(self, silent: bool, point: str | None = None) -> None:
        """Cut the meter off the bus, or connect it again."""
        self._call("silence_meter", silent=silent, point=point)

    def trouble_meter(self, trouble: str | None, point: str | None = None) -> None:
        """Let something be wrong with the meter or the line to it, or nothing."""
        self._call("trouble_meter", trouble=trouble, point=point)

    def break_evse(self, broken: bool, point: str | None = None) -> None:
        """Let the SmartEVSE have a hard error, or recover."""
        self._call("break_evse", broken=broken, point=point)

    def trouble_network(self, trouble: str | None, point: str | None = None) -> None:
        """Let something be wrong with the SmartEVSE on the network, or nothing."""
        self._call("trouble_network", trouble=trouble, point=point)

    def break_reader(self, broken: bool, point: str | None = None) -> None:
        """Let the card reader die, or recover."""
        self._call("break_reader", broken=broken, point=point)

    def trouble_reader(self, trouble: str | None, point: str | None = None) -> None:
        """Let something be wrong with the card reader or what lies on it, or nothing."""
        self._call("trouble_reader", trouble=trouble, point=point)

    def shine(self, solar: bool, point: str | None = None) -> None:
        """Put the SmartEVSE in solar mode, or back in normal mode."""
        self._call("shine", solar=solar, point=point)

    def rewire(self, wiring: Wiring | SiteWiring) -> None:
        """Connect the world to other pins, units and models."""
        self._call("rewire", wiring=wiring.to_json())

    def snapshot(self) -> dict[str, Any]:
        """Return everything there is to see, as plain JSON data."""
        return dict(self._call("snapshot"))

    def _recent_line(self, pin: int) -> LedLine | None:
        line, asked_at_s = self._lines.get(pin, (None, float("-inf")))
        if time.monotonic() - asked_at_s > _LINE_KNOWN_FOR_S:
            return self.led_line(pin)
        return line

    def _call(self, name: str, /, **arguments: Any) -> Any:
        """Ask the server and return its answer.

        Raises:
            DeviceMissing: There is no server, or it went away.
            DeviceTimeout: It does not answer.
            ConfigError: It refused what was asked.
        """
        question = json.dumps({"call": name, "with": arguments}).encode() + b"\n"
        with self._lock:
            try:
                answer = self._exchange(question)
            except TimeoutError:
                self._hang_up()
                raise DeviceTimeout(f"{self._path}: the simulated world does not answer") from None
            except OSError as error:
                self._hang_up()
                raise DeviceMissing(f"{self._path}: simulated world: {error.strerror}") from error
        if "error" in answer:
            raise ConfigError(answer["error"])
        return answer["value"]

    def _exchange(self, question: bytes) -> dict[str, Any]:
        if self._socket is None:
            self._socket = self._connect()
        self._socket.sendall(question)
        while b"\n" not in self._received:
            more = self._socket.recv(65536)
            if not more:
                raise ConnectionResetError(0, "it closed the connection")
            self._received += more
        line, self._received = self._received.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_TIMEOUT_S)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            raise
        return connection

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._received = b""


def line_to_json(line: LedLine) -> dict[str, Any]:
    """Return the LED line as plain JSON data."""
    waveform = line.waveform
    return {
        "pin": line.pin,
        "inverted": line.inverted,
        "signal": waveform.signal.value,
        "since_s": waveform.since_s,
        "hardware": waveform.hardware.name,
        "tap": waveform.tap,
        "flash_s": waveform.flash_s,
    }


def line_from_json(data: dict[str, Any]) -> LedLine:
    """Return what `line_to_json` was given."""
    signal, hardware = EvseSignal(data["signal"]), GENERATIONS[data["hardware"]]
    waveform = EvseWaveform(signal, data["since_s"], hardware, data["tap"], data["flash_s"])
    return LedLine(data["pin"], data["inverted"], waveform)
