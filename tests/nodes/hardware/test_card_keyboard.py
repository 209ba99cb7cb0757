"""What the connection does beyond the contract of its keys."""

import pytest

from nodes.hardware.card_keyboard import CardKeyboardConfig, CardKeyboardConnection
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.world import Wiring, World
from oppleo_flow.errors import DeviceMissing
from oppleo_flow.node import Claim
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.testing import BenchSite

PATH = "/dev/input/by-id/usb-reader-event-kbd"


def keyboard(path=PATH, *, simulated=True):
    clock = SystemClock()
    world = SimulatedWorld(clock, wiring=Wiring(reader=None, keyboard=PATH))
    connection = CardKeyboardConnection(
        "keys",
        CardKeyboardConfig(path=str(path)),
        clock=clock,
        site=BenchSite(services={World: world}),
        simulated=simulated,
    )
    connection.open()
    return connection


def test_a_simulated_reader_types_for_the_cards_of_the_world():
    connection = keyboard()
    keys = connection.open_keys()
    connection.site.services[World].swipe("family", hold_s=1000)

    assert len(keys.read()) > 0
    keys.close()
    connection.close()


def test_a_real_reader_that_is_not_plugged_in_is_missing(tmp_path):
    with pytest.raises(DeviceMissing, match="no such input device; is the reader plugged in"):
        keyboard(tmp_path / "none", simulated=False).open_keys()
    with pytest.raises(DeviceMissing, match="no such input device; is the reader plugged in"):
        keyboard(tmp_path / "none", simulated=False).describe()


def test_its_device_is_claimed():
    config = CardKeyboardConfig(path=PATH)

    assert CardKeyboardConnection.claims(config) == [Claim(f"input device {PATH}")]


def test_one_length_may_be_written_alone():
    assert CardKeyboardConfig(path=PATH, uid_bytes=7).uid_bytes == (7,)


def test_without_leading_zeros_a_number_has_one_length():
    with pytest.raises(ValueError, match="without leading zeros uid_bytes can be one length only"):
        CardKeyboardConfig(path=PATH, padded=False, uid_bytes=[4, 7])
