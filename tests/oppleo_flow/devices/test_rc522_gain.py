"""How strongly an RC522 listens."""

import pytest

from oppleo_flow.devices.rc522_twin import SimulatedSpiBus
from tests.oppleo_flow.devices.worlds import still_world

RECEIVER = 0x26  # NXP data sheet, 9.3.3.6: the gain is in bits 4 to 6


@pytest.mark.parametrize(
    ("gain_db", "bits"),
    [(18, 0b000), (23, 0b001), (33, 0b100), (38, 0b101), (43, 0b110), (48, 0b111)],
)
def test_the_receiver_has_the_gain_that_was_asked_for_also_after_a_reset(gain_db, bits):
    world = still_world()
    bus = SimulatedSpiBus(world, gain_db=gain_db)
    reader = bus.card_reader()
    assert bus.chip.read(RECEIVER) >> 4 & 0b111 == bits

    reader.test_itself()  # it begins and ends with a reset
    assert bus.chip.read(RECEIVER) >> 4 & 0b111 == bits
    world.swipe("office")
    assert reader.poll() == bytes.fromhex("04E1D2C3B4A596")
