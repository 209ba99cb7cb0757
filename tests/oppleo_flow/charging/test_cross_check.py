"""When an EVSE's LED, its word and its switch say the same."""

import itertools

import pytest

from oppleo_flow.charging.cross_check import led_and_network, switch_and_network
from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown, SwitchState
from oppleo_flow.wording import wording

SAY = wording("en")
S = EvseSignal
SAME = [
    {S.ACCESS_OFF},
    {S.STANDBY, S.WAITING},
    {S.CONNECTED, S.WAITING},
    {S.CHARGING, S.CHARGING_SOLAR},
    {S.ERROR},
]
PAIRS = list(itertools.product(S, S))


@pytest.mark.parametrize(("led", "network"), PAIRS, ids=lambda signal: signal.value)
def test_what_the_led_shows_and_what_it_says(led: EvseSignal, network: EvseSignal) -> None:
    differs = led_and_network(EvseState.sample(signal=led), EvseState.sample(signal=network), SAY)

    agree = any({led, network} <= group for group in SAME)
    text = f"the LED shows {led.value}, over the network it says {network.value}"
    assert differs == ("" if agree else text)


@pytest.mark.parametrize(
    ("led", "network"),
    [
        (None, EvseState.sample()),
        (EvseState.sample(), None),
        (EvseUnknown.sample(), EvseState.sample()),
        (EvseState.sample(), EvseUnknown.sample()),
        (EvseUnknown.sample(), EvseUnknown.sample()),
    ],
)
def test_what_is_not_known_is_no_disagreement(led: object, network: object) -> None:
    assert led_and_network(led, network, SAY) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("on", "signal", "differs"),
    [
        (True, S.CHARGING, ""),
        (True, S.ACCESS_OFF, "the switch is on, over the network it says that there is no access"),
        (False, S.ACCESS_OFF, ""),
        (False, S.CHARGING, "the switch is off, over the network it says charging"),
        (False, S.STANDBY, "the switch is off, over the network it says standby"),
        (False, S.ERROR, None),
        (True, S.ERROR, None),
    ],
)
def test_the_switch_and_what_it_says(on: bool, signal: EvseSignal, differs: str | None) -> None:
    state = EvseState.sample(signal=signal)

    assert switch_and_network(SwitchState(on, "a reason"), state, SAY) == differs


def test_without_a_switch_or_a_word_nothing_can_be_said_of_it() -> None:
    assert switch_and_network(None, EvseState.sample(), SAY) is None
    assert switch_and_network(SwitchState(True, "a reason"), EvseUnknown.sample(), SAY) is None
    assert switch_and_network(SwitchState(True, "a reason"), None, SAY) is None
