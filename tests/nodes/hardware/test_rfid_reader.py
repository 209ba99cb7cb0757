import pytest

from nodes.hardware.rfid_reader import RfidReader
from nodes.hardware.spi_bus import SpiBusConnection
from oppleo_flow.devices.rc522_twin import SimulatedSpiBus
from oppleo_flow.devices.world import world_of
from oppleo_flow.payloads import CardSeen
from tests.nodes.hardware.hardware import HardwareBench


class PolledBus(SpiBusConnection):
    """A bus to a chip under the real library, which has to be polled, on the virtual clock."""

    type_name = "spi-bus"

    def open(self):
        self._bus = SimulatedSpiBus(world_of(self.site))
        self.chip = self._bus.chip


@pytest.fixture(params=[SpiBusConnection, PolledBus], ids=["announced", "polled"])
def bench(request):
    with HardwareBench(RfidReader, {"spi": "spi"}, connections={"spi": request.param}) as bench:
        yield bench


def test_a_swipe_is_told_with_both_its_numbers(bench):
    bench.world.swipe("office")
    bench.advance(1)

    assert bench.sent("card") == [CardSeen("04E1D2C3B4A596", str(0x8804E1D2BF))]


def test_a_card_that_is_held_is_one_swipe(bench):
    bench.world.swipe("family", hold_s=30)
    bench.advance(40)

    assert [card.uid for card in bench.sent("card")] == ["04A1B2C3"]


def test_the_same_card_again_is_another_swipe(bench):
    for _ in range(2):
        bench.world.swipe("family")
        bench.advance(5)

    assert [card.uid for card in bench.sent("card")] == ["04A1B2C3", "04A1B2C3"]


def test_a_card_that_wavers_within_the_debounce_time_is_one_swipe(bench):
    for _ in range(4):
        bench.world.swipe("family", hold_s=0.2)
        bench.advance(0.6)

    assert [card.uid for card in bench.sent("card")] == ["04A1B2C3"]


def test_another_card_is_told_at_once(bench):
    bench.world.swipe("family")
    bench.advance(0.3)
    bench.world.swipe("stranger")
    bench.advance(0.3)

    assert [card.uid for card in bench.sent("card")] == ["04A1B2C3", "DEADBEEF"]


@pytest.mark.parametrize("bench", [PolledBus], indirect=True)
def test_a_reader_that_falls_silent_is_a_fault_until_it_answers(bench):
    chip = bench.node.context.connection("spi").chip
    chip.unpowered = True
    bench.advance(1)
    assert bench.run().faults == {
        "reader-silent": "RC522: no answer, its version register reads 0x00; "
        "is SPI enabled, and the reader wired and powered?"
    }

    chip.unpowered = False
    bench.advance(1)
    bench.world.swipe("family")
    bench.advance(1)

    assert bench.run().faults == {}
    assert [card.uid for card in bench.sent("card")] == ["04A1B2C3"]
