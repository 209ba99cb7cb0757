"""The shipped flow with a reader that types beside the usual one: both are one way in."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.registry import Registry
from oppleo_flow.testing.house import House

SHIPPED = (Path(__file__).parents[3] / "flows" / "charge-point.yaml").read_text(encoding="utf-8")
KEYS = "{type: card-keyboard, path: /dev/input/by-id/usb-reader-event-kbd, uid_bytes: [4, 7]}"
RFID = "  rfid:\n    type: rfid-reader\n    spi: spi\n"
DESK = "  desk: {type: usb-card-reader, keyboard: keys}\n"


def flow(*readers):
    """Return the flow, without its tests, with these readers."""
    text, _ = SHIPPED.split("\ntests:\n")
    for before, after in (
        ("  spi: {type: spi-bus}\n", f"  spi: {{type: spi-bus}}\n  keys: {KEYS}\n"),
        ("    from: rfid\n", f"    from: [{', '.join(readers)}]\n"),
        (RFID, "".join(node for name, node in (("rfid", RFID), ("desk", DESK)) if name in readers)),
    ):
        assert text.count(before) == 1
        text = text.replace(before, after)
    return text


@pytest.fixture
def house(tmp_path):
    start = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
    with House(flow("rfid", "desk"), tmp_path, start) as made:
        yield made


def swipe(house, card, keyboard):
    house.world.swipe(card, keyboard=keyboard)
    house.run_for(60)


@pytest.mark.parametrize("card", ["family", "office"], ids=["4 bytes", "7 bytes"])
@pytest.mark.parametrize("begins", [False, True], ids=["at the RC522", "at the one that types"])
def test_what_begins_at_one_reader_ends_at_the_other(house, card, begins):
    swipe(house, card, keyboard=begins)
    assert house.open_session().label == card
    swipe(house, card, keyboard=not begins)

    assert house.open_session() is None


def test_a_reader_that_is_dead_leaves_the_other_one(house):
    house.world.trouble_reader("dead")
    house.run_for(5)
    swipe(house, "family", keyboard=True)

    assert house.open_session().label == "family"
    assert [fault.code for fault in house.faults()] == ["reader-silent"]


def test_a_dead_reader_that_is_taken_out_of_the_flow_is_no_red_light_any_more(house):
    house.world.trouble_reader("dead")
    house.run_for(5)
    assert house.level("led", "shown").name == "error"
    without = check_text(
        flow("desk"), "flow.yaml", Registry.installed(None), CheckSettings(simulate=True)
    )
    house.runtime.deploy(without.graph)
    house.run_for(5)

    assert house.level("led", "shown").name == "available"
