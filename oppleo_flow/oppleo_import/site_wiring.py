"""How Oppleo is wired: its pins, its kWh meter and its LED, in our words."""

from typing import Final

from oppleo_flow.immutable import immutable
from oppleo_flow.oppleo_import import cells
from oppleo_flow.oppleo_import.cells import Row
from oppleo_flow.oppleo_import.devices import model_of
from oppleo_flow.oppleo_import.report import ImportReport, Remark, Verdict

_BOARD_TO_BCM: Final = {
    **{3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10},
    **{21: 9, 22: 25, 23: 11, 24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19},
    **{36: 16, 37: 26, 38: 20, 40: 21},
}
"""The numbers of the pins of a Raspberry Pi's header: its place there, and its GPIO."""
_PINS: Final = {
    **{"pin_evse_switch": 5, "pin_evse_led": 6, "pin_led_red": 13, "pin_led_green": 12},
    **{"pin_led_blue": 16, "pin_buzzer": 23},
}
"""The settings of pins, with what each is unless Oppleo says otherwise."""
_BAUDS: Final = (2400, 4800, 9600, 19200, 38400)
_USUAL_BAUD: Final = 9600
_PARITIES: Final = {"N": "none", "E": "even", "O": "odd"}
_SHORT_S: Final = 0.2
"""A meter may think as long; Oppleo's own 0.05 s lose readings."""


@immutable
class Wiring:
    """What the connections and the nodes of the hardware are set to."""

    pins: dict[str, int]
    pulse_percent: tuple[int, int] | None
    port: str
    serial: dict[str, str]
    unit_id: int
    model: str
    every_s: int


class WiringReader:
    """Reads the wiring from Oppleo's settings, and says what is otherwise here."""

    def __init__(self, charger: Row, device: Row, report: ImportReport) -> None:
        self._charger = charger
        self._device = device
        self._report = report

    def read(self) -> Wiring:
        """Return the wiring."""
        pulse = self._pulse()
        self._say_of_known_traps()
        return Wiring(
            pins={name: self._pin(name, usual) for name, usual in _PINS.items()},
            pulse_percent=pulse,
            port=self._device.get("port_name") or "/dev/ttyUSB0",
            serial=self._serial(),
            unit_id=self._unit_id(),
            model=self._model(),
            every_s=min(max(cells.whole(self._charger.get("modbus_interval")) or 10, 1), 60),
        )

    # -- pins ------------------------------------------------------------------------------------

    def _pin(self, name: str, usual: int) -> int:
        number = cells.whole(self._charger.get(name))
        if number is None:
            return usual
        pin = _BOARD_TO_BCM.get(number) if self._by_place() else number
        if pin is None or not 0 <= pin <= 27:
            self._remark(
                "charger_config",
                "flagged",
                "pin-impossible",
                f"{name}: {number} is no pin; GPIO {usual} stands in the flow",
            )
            return usual
        return pin

    def _by_place(self) -> bool:
        return self._charger.get("gpio_mode") == "BOARD"

    def _say_of_known_traps(self) -> None:
        if self._by_place():
            self._remark(
                "charger_config",
                "changed",
                "pins-by-place",
                "gpio_mode: BOARD: pins bear their GPIO numbers here, each is the same as before",
            )
        else:
            self._remark(
                "charger_config",
                "flagged",
                "reset-pin",
                "the card reader's RST: Oppleo drives GPIO 15, its wiring diagram has GPIO 25, "
                "which stands in the flow; `reset_pin` of the connection `spi` says otherwise",
            )
        red, blue = (
            cells.whole(self._charger.get(f"pin_led_{colour}")) for colour in ("red", "blue")
        )
        if (red, blue) == (13, 16) and not self._by_place():
            self._remark(
                "charger_config",
                "flagged",
                "red-and-blue",
                "red is GPIO 13 and blue GPIO 16, as Oppleo has them; its wiring diagram has them "
                "the other way round: `oppleo-flow hardware test led` shows which is true",
            )

    def _pulse(self) -> tuple[int, int] | None:
        low, high = (cells.whole(self._charger.get(f"pulseled_{end}")) for end in ("min", "max"))
        if low is None or high is None or not 0 <= low < high <= 100:
            self._remark(
                "charger_config",
                "changed",
                "pulse",
                f"pulseled_min and pulseled_max: {low} and {high} are no range; it is 3% to 98%",
            )
            return None
        return low, high

    # -- the meter -------------------------------------------------------------------------------

    def _serial(self) -> dict[str, str]:
        """Return the options of the serial bus that are other than usual."""
        device = self._device
        baud = cells.whole(device.get("baudrate"))
        if baud not in _BAUDS:
            self._device_remark("baudrate", baud, f"{_USUAL_BAUD} stands in the flow")
            baud = _USUAL_BAUD
        parity = _PARITIES.get((device.get("parity") or "N").strip())
        if parity is None:
            self._device_remark("parity", device.get("parity"), "none stands in the flow")
            parity = "none"
        stop_bits = cells.whole(device.get("stopbits"))
        if stop_bits not in (1, 2):
            self._device_remark("stopbits", stop_bits, "1 stands in the flow")
            stop_bits = 1
        if cells.whole(device.get("bytesize")) not in (None, 8):
            self._device_remark("bytesize", device.get("bytesize"), "Modbus RTU has 8")
        if (device.get("mode") or "rtu") != "rtu":
            self._device_remark("mode", device.get("mode"), "meters are read by RTU; set it so")
        return {
            "baud": str(baud),
            "parity": parity,
            "stop_bits": str(stop_bits),
            **self._timeout(),
        }

    def _timeout(self) -> dict[str, str]:
        timeout_s = cells.number(self._device.get("serial_timeout"))
        if timeout_s is None or timeout_s < _SHORT_S:
            self._remark(
                "energy_device",
                "changed",
                "timeout",
                f"serial_timeout: {timeout_s} s is too short for a meter, and loses readings; "
                "it is 250 ms",
            )
            return {}
        return {"timeout": f"{min(round(timeout_s * 1000), 5000)}ms"}

    def _unit_id(self) -> int:
        number = cells.whole(self._device.get("slave_address"))
        if number is None or not 1 <= number <= 247:
            self._device_remark("slave_address", number, "1 stands in the flow")
            return 1
        return number

    def _model(self) -> str:
        model = model_of(self._device)
        said = self._device.get("modbus_config")
        if said != model:
            self._device_remark("modbus_config", said, f"Oppleo read it as {model}, so does this")
        if cells.truth(self._device.get("device_enabled")) is not True:
            self._remark(
                "energy_device",
                "flagged",
                "meter-off",
                "the meter was off in Oppleo; here it is read, and without it nobody can charge",
            )
        self._remark(
            "energy_device",
            "changed",
            "register",
            "Oppleo counts import plus export, so `energy: total` stands in the flow and the "
            "registers go on; `energy: import` is the one that may be billed where cars feed back",
        )
        return model

    def _device_remark(self, name: str, got: object, instead: str) -> None:
        self._remark(
            "energy_device",
            "flagged",
            f"{name}-impossible",
            f"{name}: {got!r} cannot be; {instead}",
        )

    def _remark(self, table: str, verdict: Verdict, code: str, text: str) -> None:
        row, key = (
            (self._charger, "charger_id")
            if table == "charger_config"
            else (self._device, "energy_device_id")
        )
        self._report.remark(Remark(table, row.get(key) or "", verdict, code, text))
