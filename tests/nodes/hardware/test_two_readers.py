"""The shipped flow with a reader that types beside the usual one: both are one way in."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.testing.house import House

FLOW = (Path(__file__).parents[3] / "flows" / "charge-point.yaml").read_text(encoding="utf-8")
DESK = "{type: card-keyboard, path: /dev/input/by-id/usb-reader-event-kbd, uid_bytes: [4, 7]}"
ADDED = {
    "  spi: {type: spi-bus}\n": f"  keys: {DESK}\n",
    "  authorise:  ": "  desk: {type: usb-card-reader, keyboard: keys}\n\n",
}


@pytest.fixture
def house(tmp_path):
    text = FLOW.replace("    from: rfid\n", "    from: [rfid, desk]\n")
    for before, added in ADDED.items():
        assert text.count(before) == 1
        text = text.replace(before, added + before)
    with House(text, tmp_path, datetime(2026, 1, 15, 12, 0, tzinfo=UTC)) as made:
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
