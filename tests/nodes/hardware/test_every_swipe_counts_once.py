"""Whatever cards come and go, and whatever goes wrong between them: each swipe counts once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.hardware.rfid_reader import RfidReader
from nodes.hardware.spi_bus import SpiBusConnection
from oppleo_flow.devices.rc522_twin import SimulatedSpiBus
from oppleo_flow.devices.reader_trouble import ReaderTrouble
from oppleo_flow.devices.world import world_of
from oppleo_flow.simulator.readers import POCKET
from tests.nodes.hardware.hardware import HardwareBench


class RealLibrary(SpiBusConnection):
    """A bus whose reader is the real library's, on the virtual clock."""

    type_name = "spi-bus"

    def open(self):
        self._bus = SimulatedSpiBus(world_of(self.site))


_SEEN_S = 0.2  # the reader is looked at every 75 ms
SWIPES = st.lists(
    st.tuples(
        st.sampled_from(POCKET),
        st.sampled_from([None, None, *ReaderTrouble]),
        st.floats(0.3, 5.0),  # how long it is held there
        st.sampled_from([1.5, 2.0, 3.0, 60.0]),  # and nobody then: at times the self-test comes
    ),
    max_size=5,
)


@pytest.mark.parametrize("bus", [SpiBusConnection, RealLibrary], ids=["port twin", "mfrc522"])
@settings(max_examples=12, deadline=None)
@given(swipes=SWIPES)
def test_each_swipe_at_a_reader_that_works_is_one_card_and_no_other_is_any(bus, swipes):
    with HardwareBench(RfidReader, {"spi": "spi"}, connections={"spi": bus}) as bench:
        for card, trouble, held_s, away_s in swipes:
            bench.world.trouble_reader(trouble)
            bench.advance(_SEEN_S)
            bench.world.swipe(card.name, held_s)
            bench.advance(held_s)
            bench.world.trouble_reader(None)
            bench.advance(away_s)

        told = [seen.uid for seen in bench.sent("card")]
    assert told == [card.uid for card, trouble, _, _ in swipes if trouble is None]
    assert bench.run().faults == {}
