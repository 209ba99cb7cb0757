"""Whether an EVSE's LED, its own word over the network, and its switch say the same.  Pure."""

from collections.abc import Mapping
from typing import Final

from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown, SwitchState
from oppleo_flow.wording import Wording

Seen = EvseState | EvseUnknown | None

_MEANS: Final[Mapping[EvseSignal, frozenset[str]]] = {
    EvseSignal.ACCESS_OFF: frozenset({"no access"}),
    EvseSignal.STANDBY: frozenset({"no car"}),
    EvseSignal.CONNECTED: frozenset({"a car"}),
    # The LED flashes for the charge delay too, of which the network does not tell, and where there
    # is no car as well.
    EvseSignal.WAITING: frozenset({"no car", "a car"}),
    EvseSignal.CHARGING: frozenset({"it charges"}),
    EvseSignal.CHARGING_SOLAR: frozenset({"it charges"}),
    EvseSignal.ERROR: frozenset({"an error"}),
}


def led_and_network(led: Seen, network: Seen, say: Wording) -> str | None:
    """Return how the two differ; empty: they agree; None: one of them is not known."""
    if not isinstance(led, EvseState) or not isinstance(network, EvseState):
        return None
    if _MEANS[led.signal] & _MEANS[network.signal]:
        return ""
    return say("alarm.led-and-network.text", led=led.signal.value, network=network.signal.value)


def switch_and_network(switch: SwitchState | None, network: Seen, say: Wording) -> str | None:
    """Return how access differs from the switch; empty: it does not; None: it is not known."""
    if switch is None or not isinstance(network, EvseState) or network.signal is EvseSignal.ERROR:
        return None
    access = network.signal is not EvseSignal.ACCESS_OFF
    if access is switch.on:
        return ""
    if access:
        return say("alarm.switch-and-network.without_access", network=network.signal.value)
    return say("alarm.switch-and-network.with_access")
