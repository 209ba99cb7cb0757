"""What must not be, seen with the meter, the LED and the switch together.  Pure: time comes in.

Times are monotonic seconds, those at which something was told.  Each rule answers yes, no, or None
for "that cannot be told now": what was so before is then neither over nor made up.
"""

from collections.abc import Callable, Mapping
from typing import Final

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    Notification,
    SwitchState,
)
from oppleo_flow.wording import Wording

_HIGH: Final = 1
LETS_GO_S: Final = 10.0
"""A car has six seconds to stop when access is taken away; then the contactor opens."""


@immutable
class Limits:
    """When something counts as wrong."""

    power_w: float = 200.0
    idle_w: float = 50.0
    idle_s: float = 60.0
    hold_s: float = 15.0


@immutable
class Seen:
    """What was told last, and since when it is so; None: it was not told yet, or is not known.

    `idle_since_s` is when the meter began to show less power than counts as some.
    """

    switch: SwitchState | None = None
    switch_since_s: float = 0.0
    evse: EvseState | EvseUnknown | None = None
    evse_since_s: float = 0.0
    reading: MeterReading | None = None
    read_at_s: float = 0.0
    idle_since_s: float | None = None


def power_while_off(seen: Seen, limits: Limits, now_s: float) -> bool | None:
    """Return whether power flows though the switch has been off long enough."""
    if seen.switch is None or seen.switch.on:
        return None if seen.switch is None else False
    if seen.reading is None or seen.read_at_s < seen.switch_since_s + LETS_GO_S:
        return None
    return seen.reading.power_w > limits.power_w


def power_without_charging(seen: Seen, limits: Limits, now_s: float) -> bool | None:
    """Return whether power flows though the EVSE has said for long enough that none does."""
    if not isinstance(seen.evse, EvseState):
        return None
    if seen.evse.charging or (seen.switch is not None and not seen.switch.on):
        return False
    if seen.reading is None or seen.read_at_s < seen.evse_since_s + limits.idle_s:
        return None
    return seen.reading.power_w > limits.power_w


def charging_without_power(seen: Seen, limits: Limits, now_s: float) -> bool | None:
    """Return whether the EVSE says that it charges and for long enough no power flows."""
    if not isinstance(seen.evse, EvseState):
        return None
    if not seen.evse.charging:
        return False
    if seen.reading is None:
        return None
    if seen.idle_since_s is None:
        return False
    idle_since_s = max(seen.idle_since_s, seen.evse_since_s)
    return True if seen.read_at_s - idle_since_s >= limits.idle_s else None


def dark_with_access(seen: Seen, limits: Limits, now_s: float) -> bool | None:
    """Return whether the LED stays dark though the switch gives access."""
    if seen.switch is None or not isinstance(seen.evse, EvseState):
        return None
    if not seen.switch.on or seen.evse.signal is not EvseSignal.ACCESS_OFF:
        return False
    return _lasts(seen, limits, now_s)


def light_without_access(seen: Seen, limits: Limits, now_s: float) -> bool | None:
    """Return whether the LED is lit though the switch gives no access."""
    if seen.switch is None or not isinstance(seen.evse, EvseState):
        return None
    if seen.switch.on or seen.evse.signal in (EvseSignal.ACCESS_OFF, EvseSignal.ERROR):
        return False
    return _lasts(seen, limits, now_s)


def bad_line(seen: Seen, limits: Limits, now_s: float) -> bool | None:
    """Return whether something is wrong with the line from the LED."""
    if seen.evse is None:
        return None
    if isinstance(seen.evse, EvseState) or seen.evse.code in ("", "not-seen-yet"):
        return False
    return True if now_s - seen.evse_since_s >= limits.hold_s else None


def _lasts(seen: Seen, limits: Limits, now_s: float) -> bool | None:
    since_s = max(seen.switch_since_s, seen.evse_since_s)
    return True if now_s - since_s >= limits.hold_s else None


Rule = Callable[[Seen, Limits, float], bool | None]
RULES: Final[Mapping[str, Rule]] = {
    "power-while-off": power_while_off,
    "power-without-charging": power_without_charging,
    "charging-without-power": charging_without_power,
    "dark-with-access": dark_with_access,
    "light-without-access": light_without_access,
    "bad-line": bad_line,
}
"""What is wrong, by name."""


def words(code: str, seen: Seen, limits: Limits, say: Wording) -> str:
    """Return what is wrong and what to check, for a rule that says yes."""
    return say(
        f"alarm.{code}.text",
        power="" if seen.reading is None else f"{seen.reading.power_w:.0f}",
        signal=seen.evse.signal.value if isinstance(seen.evse, EvseState) else "unknown",
        reason=seen.evse.reason if isinstance(seen.evse, EvseUnknown) else "",
        seconds=f"{limits.idle_s:.0f}",
    )


def raised(node: str, code: str, text: str, say: Wording) -> Notification:
    """Return what to tell of an alarm of a node that begins."""
    title = say(f"alarm.{code}.title")
    return Notification(title, text, _HIGH, "fault", f"{node}.{code}", "raised")


def over(node: str, code: str, text: str, say: Wording) -> Notification:
    """Return what to tell of an alarm that is over; `text` is what was told when it began."""
    title = say("notice.over.title", title=say(f"alarm.{code}.title"))
    told = say("alarm.over", text=text)
    return Notification(title, told, 0, "fault", f"{node}.{code}", "cleared")
