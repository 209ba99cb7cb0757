"""The trial of the switch: close it for a moment, open it, and see who follows."""

import time
from typing import Any, Final

from oppleo_flow.cli.trial_stage import Stage, Verdict
from oppleo_flow.cli.trial_words import duration
from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown, SwitchRequest, SwitchState

_PIN_WITHIN_S: Final = 2.0
_LINE_TELLS_WITHIN_S: Final = 5.0
_OPENS_WITHIN_S: Final = 10.0  # a car has six seconds to stop before the contactor opens
_WIRE: Final = (
    "the wire to the terminal SW, the common ground, and the menu Switch of the SmartEVSE: "
    "Access S, the switch that follows a level"
)


def try_switch(stage: Stage) -> Verdict:
    """Close the switch, open it; tell what the pin reads back, and whether the EVSE followed."""
    witness = stage.subject.witness
    wrong = _open_at_first(stage) if witness else None
    return wrong or _closed(stage) or _opened(stage) or _good(stage)


def _good(stage: Stage) -> Verdict:
    if stage.subject.witness is None:
        text = "the pin closes and opens; no one node of the flow reads the LED of this SmartEVSE"
        return Verdict(True, text, "look at the SmartEVSE itself: its LED is dark without access")
    return Verdict(True, "the pin closes and opens, and the SmartEVSE followed")


def _open_at_first(stage: Stage) -> Verdict | None:
    """See that there is no access yet; return what speaks against a trial."""
    state, known = _line(stage, lambda one: True, _LINE_TELLS_WITHIN_S)
    if not known:
        reason = state.reason if isinstance(state, EvseUnknown) else "it says nothing"
        return Verdict(
            False,
            f"not tried, because the LED line of the SmartEVSE cannot be read: {reason}",
            "try `oppleo-flow hardware test evse-state` first",
        )
    stage.say(f"open: the SmartEVSE shows {state.signal.value}")
    if state.signal is EvseSignal.ERROR:
        text = "not tried, because the SmartEVSE has an error"
        return Verdict(False, text, "its display says which")
    if state.signal is not EvseSignal.ACCESS_OFF:
        text = f"the SmartEVSE shows {state.signal.value} though the switch is open"
        return Verdict(False, text, f"{_WIRE}; `active_low` of the switch")
    return None


def _closed(stage: Stage) -> Verdict | None:
    """Close it for the time of the trial; return what went wrong."""
    wrong = _switched(stage, on=True)
    if wrong is not None or stage.subject.witness is None:
        if wrong is None:
            stage.wait(stage.for_s)
        return wrong
    closed_s = time.monotonic()
    within_s = max(stage.for_s, _LINE_TELLS_WITHIN_S)
    state, followed = _line(stage, lambda one: one.signal is not EvseSignal.ACCESS_OFF, within_s)
    if not followed:
        text = f"the pin closes, and the SmartEVSE does not follow in {duration(within_s)}"
        return Verdict(False, text, _WIRE)
    took_s = time.monotonic() - closed_s
    stage.say(f"the SmartEVSE followed after {took_s:.1f} s: it shows {state.signal.value}")
    stage.wait(stage.for_s - took_s)
    return None


def _opened(stage: Stage) -> Verdict | None:
    wrong = _switched(stage, on=False)
    if wrong is not None or stage.subject.witness is None:
        return wrong
    opened_s = time.monotonic()
    state, dark = _line(stage, lambda one: one.signal is EvseSignal.ACCESS_OFF, _OPENS_WITHIN_S)
    if not dark:
        shows = state.signal.value if isinstance(state, EvseState) else "nothing that makes sense"
        text = f"the pin is open, and the SmartEVSE shows {shows} for {duration(_OPENS_WITHIN_S)}"
        return Verdict(False, text, f"TAKE THE PLUG OUT if a car charges; then {_WIRE}")
    stage.say(f"the SmartEVSE followed after {time.monotonic() - opened_s:.1f} s: no access")
    return None


def _switched(stage: Stage, *, on: bool) -> Verdict | None:
    """Ask for a position; return what is wrong when the pin does not take it."""
    stage.send(SwitchRequest(on, "hardware test"))
    state, taken = stage.awaited("state", lambda one: one.on is on, _PIN_WITHIN_S)
    if not taken or not isinstance(state, SwitchState):
        node = stage.snapshot()
        wanted = "closed" if on else "open"
        return Verdict(False, stage.fault or f"the pin is not {wanted}: {node.status_text}")
    config: Any = stage.subject.node.config
    level = "low" if on is config.active_low else "high"
    stage.say(f"{'closed' if on else 'open'}: GPIO {config.pin} reads back {level}")
    return None


def _line(stage: Stage, wanted: Any, within_s: float) -> tuple[Any, bool]:
    """Wait until the LED line says what is wanted; return what it says, and whether it does."""
    assert stage.subject.witness is not None
    return stage.awaited(
        "state",
        lambda one: isinstance(one, EvseState) and wanted(one),
        within_s,
        stage.subject.witness.id,
    )
