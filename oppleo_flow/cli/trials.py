"""The trials of `oppleo-flow hardware test`: what each part does, step by step, and its verdict."""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, get_args, get_type_hints

from oppleo_flow.cli.switch_trial import try_switch
from oppleo_flow.cli.trial_stage import Stage, Verdict
from oppleo_flow.cli.trial_words import colour_of, duration, fields_of
from oppleo_flow.devices.serial_bus import Tally
from oppleo_flow.payloads import (
    Beep,
    CardSeen,
    EvseSignal,
    EvseState,
    EvseUnknown,
    LedState,
    MeterReading,
    MeterUnknown,
    OffPeak,
    Rejected,
    SessionStatus,
)

_SHOWS_WITHIN_S: Final = 2.0
_SILENT_WITHIN_S: Final = 20.0
_MANY_LOST: Final = 0.05
_CARD: Final = "family"


def try_led(stage: Stage) -> Verdict:
    """Show everything that the LED can say, and tell in words what should be seen."""
    shown = 0
    for payloads in _led_is_told():
        before = stage.snapshot().levels["shown"].value
        for payload in payloads:
            stage.send(payload)
        state, _ = stage.awaited("shown", partial(operator.ne, before), _SHOWS_WITHIN_S)
        if stage.fault:
            return Verdict(False, stage.fault)
        if isinstance(state, LedState) and state != before:
            shown += 1
            stage.say(f"{colour_of(state)}: {_MEANINGS.get(state.name, state.name)}")
            stage.wait(stage.for_s)
    return Verdict(
        shown > 0,
        f"the LED was told to show {shown} things, and every pin took it",
        "another colour than said here: exchange its wires, or its pins in the flow; lit where "
        "it should be dark: set `active_low`, for a common anode",
    )


def _led_is_told() -> list[tuple[Any, ...]]:
    """Return what brings the LED to each thing that it can show, one after the other."""
    now = datetime.now(UTC)
    return [
        (SessionStatus("idle"),),
        (OffPeak.sample(now=True),),
        (SessionStatus("ready"),),
        (EvseState(EvseSignal.STANDBY, now),),
        (SessionStatus("charging"),),
        (Rejected.sample(),),
        (EvseState(EvseSignal.ERROR, now),),
    ]


_MEANINGS: Final[Mapping[str, str]] = {
    "available": "free",
    "cheap": "free, and charging is cheap now",
    "ready": "a session is open, and nothing is charged now",
    "plug_in": "a session is open, and no car is plugged in",
    "charging": "charging",
    "rejected": "this card was refused",
    "error": "the EVSE has an error, or a node is in fault",
}


def try_buzzer(stage: Stage) -> Verdict:
    """Sound every pattern."""
    patterns = get_args(get_type_hints(Beep)["pattern"])
    for name in patterns:
        pattern: Any = getattr(stage.subject.node.config, name)
        beeps = "1 beep" if pattern.beeps == 1 else f"{pattern.beeps} beeps"
        stage.say(f"{name}: {beeps} of {pattern.on * 1000:.0f} ms")
        stage.send(Beep(name))
        stage.wait(max(stage.for_s, pattern.beeps * (pattern.on + pattern.pause)))
        if stage.fault:
            return Verdict(False, stage.fault)
    return Verdict(
        True,
        f"{len(patterns)} patterns were sounded, and the pin took them",
        "nothing heard: it must be an active buzzer, its signal wire at the pin; heard all the "
        "time: set `active_low`",
    )


def try_rfid(stage: Stage) -> Verdict:
    """Tell each card that is held to the reader."""
    stage.say(f"hold cards to the reader, one after the other, for {duration(stage.for_s)}")
    cards = 0
    troubles: list[str] = []
    seen = stage.seen("card", stage.for_s, meanwhile=partial(_tell_new, stage, troubles))
    if stage.world is not None:
        stage.world.swipe(_CARD)
        stage.say(f"(the simulated world holds its card {_CARD!r} there)")
    for card in seen:
        if isinstance(card, CardSeen):
            cards += 1
            stage.say(f"card {card.uid}; Oppleo knows it as {card.legacy_id}")
    _tell_new(stage, troubles)
    if any(fault.code.startswith("reader-") for fault in stage.snapshot().faults):
        return Verdict(False, stage.fault)
    if not cards and troubles:
        what, _, remedy = troubles[-1].partition("; ")
        return Verdict(False, what, remedy)
    if not cards:
        return Verdict(
            False,
            f"the reader answers, and saw no card in {duration(stage.for_s)}",
            "hold a 13.56 MHz card flat on it, with no metal behind; some fobs are 125 kHz",
        )
    return Verdict(True, f"the reader saw {cards} {'card' if cards == 1 else 'cards'}")


def _tell_new(stage: Stage, troubles: list[str]) -> None:
    """Tell what has come to be wrong since it was told last, and add it to `troubles`."""
    for trouble in stage.troubles:
        if trouble not in troubles:
            troubles.append(trouble)
            stage.say(trouble)


def try_meter(stage: Stage) -> Verdict:
    """Read as fast as the line allows; tell the first reading whole, and what was lost."""
    # It may take a while until nobody is known to answer.
    last, came = stage.awaited("reading", lambda _: True, _SILENT_WITHIN_S)
    readings = _told(stage, last, first=True) if came else 0
    more = 0
    for reading in stage.seen("reading", stage.for_s):
        if reading != last:
            last = reading
            more += _told(stage, reading, first=not (readings or more))
    tally = _tally(stage)
    stage.say(
        f"{more / stage.for_s:.1f} readings a second; {tally.asked} questions, "
        f"{tally.silent + tally.garbled} failed ({tally.silent} without an answer, "
        f"{tally.garbled} garbled)"
    )
    if not isinstance(last, MeterReading):
        reason = last.reason if isinstance(last, MeterUnknown) else "no reading came"
        return Verdict(False, stage.fault or reason)
    if tally.lost_share > _MANY_LOST:
        return Verdict(
            False,
            f"the meter answers, and {tally.lost_share:.0%} of the questions were lost",
            "the cable: 120 ohm at both ends, away from mains wires; a speed that both can do",
        )
    return Verdict(True, f"the meter answers, {readings + more} readings")


def _told(stage: Stage, reading: Any, *, first: bool) -> int:
    """Tell the first reading, and whatever is none; return how many readings it is."""
    if isinstance(reading, MeterUnknown):
        stage.say(f"unknown: {reading.reason}")
        return 0
    if first:
        stage.say("\n".join(fields_of(reading)))
    return 1


def _tally(stage: Stage) -> Tally:
    node: Any = stage.runtime.node(stage.subject.node.id)
    tally: Tally = node.use(node.config.bus).tally(node.config.unit_id)
    return tally


def try_evse_state(stage: Stage) -> Verdict:
    """Tell what the LED line of the SmartEVSE says, at each change."""
    stage.say(f"looking at the LED line for {duration(stage.for_s)}")
    last: Any = None
    for last in stage.seen("state", stage.for_s):
        stage.say(_line_says(last))
    if stage.fault:
        return Verdict(False, stage.fault)
    if not isinstance(last, EvseState):
        reason = last.reason if isinstance(last, EvseUnknown) else "nothing came"
        return Verdict(False, f"the line makes no sense: {reason}")
    return Verdict(True, f"the line says {last.signal.value}")


def _line_says(state: Any) -> str:
    if isinstance(state, EvseUnknown):
        return f"unknown ({state.code}): {state.reason}"
    mode = f", {state.mode_hint} mode" if state.mode_hint else ""
    return f"{state.signal.value}, {state.confidence:.0%} sure{mode}"


TRIALS: Final[Mapping[str, Callable[[Stage], Verdict]]] = {
    "led": try_led,
    "buzzer": try_buzzer,
    "rfid": try_rfid,
    "meter": try_meter,
    "evse-switch": try_switch,
    "evse-state": try_evse_state,
}
"""What `hardware test` can be asked for → how it is done."""
