"""The flow `examples/two-charge-points.yaml`: two instances of one subflow, on one Pi."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from oppleo_flow.testing.house import House

FLOW = Path(__file__).parents[2] / "examples" / "two-charge-points.yaml"
NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)


@pytest.fixture
def house(tmp_path):
    """Return a house whose fuse has room for both."""
    text = FLOW.read_text()
    assert text.count("limit_a: 25") == 1
    with House(text.replace("limit_a: 25", "limit_a: 40"), tmp_path, NOON) as home:
        yield home


def swipe(home: House, card: str, point: str) -> None:
    """Hold a card to the reader of one of the places."""
    home.world.swipe(card, point=point)
    home.run_for(1)


def low(home: House, pin: int) -> bool:
    return not home.world.read_pin(pin)


def test_its_own_tests_pass(capsys):
    assert main(["test", str(FLOW)]) == 0
    assert capsys.readouterr().out == "10 passed, 0 failed\n"


def test_each_place_drives_a_pin_of_its_own(house):
    assert (low(house, 5), low(house, 4)) == (False, False)
    swipe(house, "family", "left")
    assert (low(house, 5), low(house, 4)) == (True, False)
    swipe(house, "office", "right")
    assert (low(house, 5), low(house, 4)) == (True, True)


def test_each_place_reads_a_meter_of_its_own(house):
    serials = [house.level(node, "reading").serial for node in ("left.meter", "right.meter")]
    assert len({*serials}) == 2


def test_a_car_at_one_place_is_charged_by_its_card_and_measured_by_its_meter(house):
    before_wh = {p: house.world.registers()[p] for p in ("left", "right")}
    house.world.plug_in(20, "right")
    swipe(house, "office", "right")
    house.run_for(1800)

    assert house.level("right.session", "status").phase == "charging"
    assert house.level("left.session", "status").phase == "idle"
    assert house.level("right.signal", "state").charging
    assert not house.level("left.signal", "state").charging
    assert house.world.registers()["left"] == before_wh["left"]
    assert house.world.registers()["right"] > before_wh["right"] + 1700


def test_what_breaks_at_one_place_leaves_the_other_charging(house):
    house.world.plug_in(20, "left")
    house.world.plug_in(20, "right")
    swipe(house, "family", "left")
    swipe(house, "office", "right")
    house.run_for(60)
    house.world.break_evse(True, "left")
    house.world.silence_meter(True, "left")
    house.run_for(300)

    seen = house.world.snapshot()["charge_points"]
    assert (seen["left"]["car"]["power_w"], seen["right"]["car"]["power_w"]) == (0.0, 3680.0)
    assert house.look("right.evse").made_safe is None


def test_a_day_at_both_places_comes_out_the_same_to_the_byte(tmp_path):
    def day(folder):
        folder.mkdir()
        with House(FLOW.read_text(), folder, NOON) as home:
            for point, card in (("left", "family"), ("right", "office")):
                home.world.plug_in(30, point)
                swipe(home, card, point)
                home.run_for(3 * 3600)
                swipe(home, card, point)
                home.run_for(600)
            return json.dumps(home.world.snapshot()), [str(fault) for fault in home.faults()]

    assert day(tmp_path / "one") == day(tmp_path / "two")


def test_a_card_that_charges_at_both_places_ends_each_session_where_it_is_held(house):
    swipe(house, "family", "left")
    swipe(house, "family", "right")
    assert (low(house, 5), low(house, 4)) == (True, True)
    house.run_for(10)
    swipe(house, "family", "left")
    assert (low(house, 5), low(house, 4)) == (False, True)


@pytest.mark.parametrize(
    ("right", "taken"),
    [
        ("{type: spi-bus, device: 0, reset_pin: 24}", "GPIO 8"),
        ("{type: spi-bus, device: 1, reset_pin: 25}", "GPIO 25"),
    ],
    ids=["one chip select", "one reset"],
)
def test_two_readers_on_one_wire_of_their_own_are_refused(tmp_path, right, taken):
    text = FLOW.read_text()
    old = "{type: spi-bus, device: 1, reset_pin: 24}"
    assert text.count(old) == 1
    with pytest.raises(ValueError, match=f": right_reader: {taken} is already used by 'left_r"):
        House(text.replace(old, right), tmp_path, NOON)
