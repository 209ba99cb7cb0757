"""The side of a simulated SmartEVSE that looks at the network: what it says, and what it obeys."""

from collections.abc import Mapping
from typing import Final, get_args

from oppleo_flow.devices.network_trouble import EvseFace, NetworkTrouble
from oppleo_flow.devices.smart_evse import EvseFacts, EvseMode
from oppleo_flow.errors import ConfigError
from oppleo_flow.simulator.car import VOLTAGE_V
from oppleo_flow.simulator.installation import Installation
from oppleo_flow.simulator.smart_evse import State

_STATE_IDS: Final[Mapping[State, int]] = {"A": 0, "B": 1, "C": 2, "B1": 9, "C1": 10, "delay": 9}
_RCM_TRIPPED: Final = 5
_CANNOT_HEAR: Final = {NetworkTrouble.AWAY, NetworkTrouble.DEAF, NetworkTrouble.BROKEN}
_SET_A: Final = 16.0


class NetworkSide:
    """What one SmartEVSE says and obeys, with what is wrong with it."""

    def __init__(self, house: Installation) -> None:
        self._house = house
        self._trouble: NetworkTrouble | None = None
        self._frozen: EvseFacts | None = None

    @property
    def face(self) -> EvseFace:
        """Return what it says now; without mains it is away."""
        if not self._house.powered:
            return EvseFace(self._facts(), NetworkTrouble.AWAY)
        return EvseFace(self._frozen or self._facts(), self._trouble)

    def trouble_is(self, trouble: NetworkTrouble | None) -> None:
        """Let something be wrong from now on, or nothing."""
        self._frozen = self._facts() if trouble is NetworkTrouble.FROZEN else None
        self._trouble = trouble

    def obey(self, command: str, value: str, at_s: float) -> None:
        """Do what is commanded, if it is heard.

        Raises:
            ConfigError: It is no command, or no value of it.
        """
        evse = self._house.evse
        if command == "override" and value.isdigit():
            if self._hears:
                evse.override_a = int(value) / 10 or None
        elif command == "mode" and value in get_args(EvseMode):
            if self._hears:
                evse.set_mode(value, at_s)  # type: ignore[arg-type]  # it is one of them
        else:
            raise ConfigError(f"a SmartEVSE: {command}: no such command, got {value!r}")

    @property
    def _hears(self) -> bool:
        return self._house.powered and self._trouble not in _CANNOT_HEAR

    def _facts(self) -> EvseFacts:
        house = self._house
        evse, car = house.evse, house.car
        current_a = car.drawn_w / VOLTAGE_V / car.phases
        phases = [current_a if number < car.phases else 0.0 for number in range(3)]
        return EvseFacts(
            access="on" if evse.access else "off",
            mode=evse.mode if evse.access else "off",
            state_id=_STATE_IDS[evse.state],
            error_id=_RCM_TRIPPED if evse.broken else 0,
            plugged=house.plugged,
            charge_current_a=(evse.override_a or _SET_A) if evse.delivers else 0.0,
            override_current_a=evse.override_a or 0.0,
            current_phases_a=(phases[0], phases[1], phases[2]),
            power_w=car.drawn_w,
            energy_import_wh=None,
            temperature_c=21.0,
            version="v3.8.0",
        )
