"""The levers of the world as the steps of a flow's test."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.devices.reader_trouble import ReaderTrouble
from oppleo_flow.devices.world import Wiring
from oppleo_flow.errors import ConfigError, DeviceError, Refused
from oppleo_flow.simulator.levers import LEVERS, world_words
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.testing.bench import NOON


@pytest.fixture
def world() -> SimulatedWorld:
    return SimulatedWorld(VirtualClock(datetime(2026, 1, 15, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("word", "said", "before", "after"),
    [
        pytest.param("plug_in", {"charge": "20%"}, {"plugged": False, "charge_percent": 40.0},
                     {"plugged": True, "charge_percent": 20.0}, id="the car comes"),
        pytest.param("plug_in", {}, {"plugged": False, "charge_percent": 40.0},
                     {"plugged": True, "charge_percent": 40.0}, id="the car comes as it was"),
        pytest.param("swipe", {"card": "DEADBEEF"}, {"card_in_field": None},
                     {"card_in_field": "stranger"}, id="a card is held to the reader"),
        pytest.param("silence", {"meter": True}, {"silent": False}, {"silent": True},
                     id="the meter is cut off"),
        pytest.param("break", {"evse": True}, {"broken": False}, {"broken": True},
                     id="the EVSE breaks"),
        pytest.param("break", {"meter": "late"}, {"trouble": None}, {"trouble": "late"},
                     id="the meter has a trouble"),
        pytest.param("shine", {"sun": True}, {"solar": False}, {"solar": True},
                     id="the sun shines"),
    ],
)  # fmt: skip
def test_a_lever_moves_the_world(
    world: SimulatedWorld, word: str, said: dict[str, Any], before: dict[str, Any], after: object
) -> None:
    def seen() -> dict[str, Any]:
        parts = world.snapshot()
        flat = {**parts, **parts["evse"], **parts["car"], **parts["meter"]}
        return {name: flat[name] for name in before}

    assert seen() == before
    LEVERS[word].model_validate(said).pull(world)
    assert seen() == after


def test_what_is_pulled_can_be_let_go(world: SimulatedWorld) -> None:
    there = world.snapshot()
    pairs = [("silence", "meter"), ("break", "evse"), ("break", "reader"), ("cut", "power")]
    pairs += [("break", "contactor"), ("break", "car"), ("cut", "led"), ("cut", "current")]
    for word, said in [*pairs, ("shine", "sun")]:
        LEVERS[word].model_validate({said: True}).pull(world)
        LEVERS[word].model_validate({said: False}).pull(world)
    LEVERS["plug_in"].model_validate({}).pull(world)
    LEVERS["unplug"].model_validate({}).pull(world)
    assert world.snapshot() == there


def test_a_trouble_of_the_meter_ends(world: SimulatedWorld) -> None:
    there = world.snapshot()
    for trouble in ("noise", "off"):
        LEVERS["break"].model_validate({"meter": trouble}).pull(world)
    assert world.snapshot() == there


def test_only_a_trouble_that_there_is_can_befall_a_meter(world: SimulatedWorld) -> None:
    with pytest.raises(ValidationError, match="no such trouble of a meter; did you mean 'noise'"):
        LEVERS["break"].model_validate({"meter": "noyse"})
    with pytest.raises(ConfigError, match="no trouble 'noyse' of a meter; there are: late, echo,"):
        world.trouble_meter("noyse")


def test_only_a_card_of_the_pocket_can_be_swiped() -> None:
    with pytest.raises(ValidationError, match="no such card is in the pocket; did you mean 'fam"):
        LEVERS["swipe"].model_validate({"card": "famly"})


def test_a_broken_reader_tells_of_no_card(world: SimulatedWorld) -> None:
    LEVERS["break"].model_validate({"reader": True}).pull(world)
    with pytest.raises(DeviceError):
        world.reader().read()


@pytest.mark.parametrize("trouble", ReaderTrouble)
def test_a_reader_has_any_trouble_by_name(world: SimulatedWorld, trouble: str) -> None:
    LEVERS["break"].model_validate({"reader": trouble}).pull(world)
    assert world.reader().trouble == trouble
    LEVERS["break"].model_validate({"reader": "off"}).pull(world)
    assert world.reader().trouble is None


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        pytest.param({"meter": "nose"}, "a meter; did you mean 'noise'?", id="of a meter"),
        pytest.param({"reader": "nose"}, "a reader; did you mean 'noise'?", id="of a reader"),
        pytest.param({"network": "awy"}, "the network; did you mean 'away'?", id="of the network"),
    ],
)
def test_a_trouble_that_there_is_not_is_refused(said: dict[str, str], refusal: str) -> None:
    with pytest.raises(ValidationError) as refused:
        LEVERS["break"].model_validate(said)
    (error,) = refused.value.errors()
    assert error["msg"] == f"Value error, no such trouble of {refusal}"


def test_the_world_knows_no_other_trouble_of_a_reader(world: SimulatedWorld) -> None:
    with pytest.raises(ConfigError) as refused:
        world.trouble_reader("noises")
    assert str(refused.value) == (
        "no trouble 'noises' of a reader; there are: dead, loose-wire, other-chip, noise, "
        "wrong-check-byte, two-cards"
    )


def test_a_card_is_held_to_the_reader_that_types(world: SimulatedWorld) -> None:
    world.rewire(Wiring(keyboard="/dev/input/desk"))
    LEVERS["swipe"].model_validate({"card": "family", "keyboard": True}).pull(world)
    assert world.reader("/dev/input/desk").uid == bytes.fromhex("04A1B2C3")
    assert world.reader("0.0").uid is None


def test_where_no_reader_types_no_card_is_held_to_one(world: SimulatedWorld) -> None:
    with pytest.raises(ConfigError, match=r"^charge point 'evse': has no reader that types$"):
        LEVERS["swipe"].model_validate({"card": "family", "keyboard": True}).pull(world)


def test_the_led_flashes_once_and_goes_on_as_it_was(world: SimulatedWorld) -> None:
    world.drive_pin(5, high=False)
    before = world.led_line(6)
    LEVERS["flash"].model_validate({}).pull(world)
    after = world.led_line(6)

    assert before is not None
    assert after is not None
    flash_s = after.waveform.flash_s
    assert flash_s is not None
    seen = [after.waveform.brightness_at(flash_s + at_s) for at_s in (-0.01, 0.0, 0.09, 0.11)]
    usual = before.waveform.brightness_at(flash_s)
    assert seen == [usual, 1.0, 1.0, usual]


def test_without_mains_the_meter_does_not_answer(world: SimulatedWorld) -> None:
    LEVERS["cut"].model_validate({"power": True}).pull(world)
    assert world.meter(1) is None


def test_a_clock_that_nobody_has_told_the_time_is_doubted_until_somebody_has() -> None:
    clock = VirtualClock(NOON)
    doubted = SimulatedWorld(clock)
    LEVERS["doubt"].model_validate({"clock": True}).pull(doubted)
    assert clock.instant().trusted is False
    LEVERS["doubt"].model_validate({"clock": False}).pull(doubted)
    assert clock.instant().trusted is True


def test_the_clock_of_this_machine_is_nobodys_to_doubt() -> None:
    with pytest.raises(Refused, match="the clock of this machine cannot be doubted"):
        SimulatedWorld(SystemClock()).doubt_clock(True)


def test_what_breaks_must_be_said() -> None:
    with pytest.raises(
        ValidationError,
        match="`evse`, `reader`, `contactor`, `car`, `meter` or `network` is needed",
    ):
        LEVERS["break"].model_validate({})


def test_every_lever_of_the_world_is_a_step() -> None:
    levers = {"plug_in", "plug_out", "swipe", "silence_meter", "shine", "cut_power", "flash"}
    levers |= {"break_evse", "break_reader", "break_part", "trouble_reader", "trouble_meter"}
    levers |= {"doubt_clock", "trouble_network"}
    looks = {"drive_pin", "drive_duty", "drive_breath", "float_pin", "read_pin", "led_line"}
    looks |= {"reader", "meter", "rewire", "snapshot"}
    looks |= {"registers", "smart_evses", "command_evse"}
    of_the_household = {"park"}
    calls: dict[str, Callable[..., object]] = {
        name: call for name, call in vars(SimulatedWorld).items() if name[0] != "_"
    }
    assert set(calls) == levers | looks | of_the_household
    steps = {"plug_in", "unplug", "swipe", "silence", "shine", "cut", "break", "doubt", "flash"}
    assert set(LEVERS) == steps


def test_tests_may_speak_of_all_that_is_seen_of_the_world(world: SimulatedWorld) -> None:
    seen = world.snapshot()
    assert world_words().sight == {**seen, "charge_points": {"*": seen["charge_points"]["evse"]}}
