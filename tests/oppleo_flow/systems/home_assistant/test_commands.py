"""Commands: whatever is written, nothing is obeyed that is not offered and plain."""

from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.systems.home_assistant.commands import CommandError, read_command
from oppleo_flow.systems.home_assistant.entities import Offered

COMMANDS = {
    "start": "start",
    "charge_as": "start",
    "stop": "stop",
    "peak_once": "peak-once",
    "current_limit": "current",
}
SAID = (
    st.sampled_from(["PRESS", "on", "off", "home", "6", "16", "nan", "-inf", "1e1", "1_0", " 8"])
    | st.text()
)


@given(
    st.sampled_from([*COMMANDS, "running"]) | st.text(),
    SAID,
    st.sets(st.sampled_from(["start", "stop", "peak-once", "current"])),
)
def test_nothing_is_obeyed_that_is_not_offered_and_plain(
    entity: str, text: str, commands: set
) -> None:
    offered = Offered(frozenset(commands), ("home", "office"), 16.0)
    try:
        asked = read_command(entity, text, offered)
    except CommandError:
        return
    assert COMMANDS[asked.entity] in commands
    value = asked.value
    match asked.entity:
        case "charge_as":
            assert value in offered.cards
        case "peak_once":
            assert (value, text) in {(True, "on"), (False, "off")}
        case "current_limit":
            assert isinstance(value, float)
            assert 6 <= value <= 16
            assert text.replace(".", "").isdigit()
        case _:
            assert (value, text) == (None, "PRESS")


@given(st.floats(6, 16))
def test_a_current_within_its_limits_is_taken_as_it_is(limit_a: float) -> None:
    offered = Offered(frozenset({"current"}), (), 16.0)
    assert read_command("current_limit", repr(limit_a), offered).value == limit_a
