import pytest

from nodes.hardware.rfid_reader import RfidReader
from nodes.hardware.spi_bus import SpiBusConnection
from oppleo_flow.devices.rc522_twin import SimulatedSpiBus
from oppleo_flow.devices.reader_trouble import ReaderTrouble
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
    bench.world.break_reader(True)
    bench.advance(1)
    assert bench.run().faults == {
        "reader-silent": "RC522: no answer, its version register reads 0x00; "
        "is SPI enabled, and the reader wired and powered?"
    }

    bench.world.break_reader(False)
    bench.advance(1)
    bench.world.swipe("family")
    bench.advance(1)

    assert bench.run().faults == {}
    assert [card.uid for card in bench.sent("card")] == ["04A1B2C3"]


CODES = {
    "dead": "reader-silent",
    "loose-wire": "reader-silent",
    "other-chip": "reader-unknown-chip",
    "noise": "reader-nonsense",
    "wrong-check-byte": "card-unreadable",
    "two-cards": "two-cards",
}


@pytest.mark.parametrize("trouble", ReaderTrouble)
def test_what_is_wrong_is_a_fault_that_ends_by_itself_and_never_a_card(bench, trouble):
    bench.world.swipe("family", hold_s=100)
    bench.advance(1)
    bench.world.trouble_reader(trouble)
    bench.advance(1)
    assert list(bench.run().faults) == [CODES[trouble]]

    bench.world.trouble_reader(None)
    bench.advance(1)

    assert bench.run().faults == {}
    assert [card.uid for card in bench.sent("card")] == ["04A1B2C3"]


def test_a_second_card_that_comes_and_goes_is_no_swipe_of_the_first(bench):
    bench.world.swipe("family", hold_s=100)
    bench.advance(1)
    bench.world.trouble_reader("two-cards")
    bench.advance(10)
    bench.world.trouble_reader(None)
    bench.advance(10)

    assert [card.uid for card in bench.sent("card")] == ["04A1B2C3"]


@pytest.mark.parametrize("bench", [PolledBus], indirect=True)
def test_a_card_that_is_read_badly_for_a_moment_is_no_fault(bench):
    bench.world.trouble_reader("wrong-check-byte")
    bench.world.swipe("family", hold_s=100)
    bench.advance(0.2)
    faults = bench.run().faults
    bench.world.trouble_reader(None)
    bench.advance(1)

    assert faults == {}
    assert [card.uid for card in bench.sent("card")] == ["04A1B2C3"]


@pytest.mark.parametrize("connection", [SpiBusConnection, PolledBus])
def test_a_card_that_lies_there_at_the_start_is_no_swipe(connection):
    bench = HardwareBench(RfidReader, {"spi": "spi"}, connections={"spi": connection})
    bench.world.swipe("family", hold_s=10)
    with bench:
        bench.advance(20)
        assert bench.sent("card") == []
        bench.world.swipe("family")
        bench.advance(1)

        assert [card.uid for card in bench.sent("card")] == ["04A1B2C3"]


@pytest.mark.parametrize("bench", [PolledBus], indirect=True)
def test_a_deaf_reader_hears_again_within_a_minute(bench):
    chip = bench.node.context.connection("spi").chip
    chip.deaf = True
    bench.world.swipe("family", hold_s=2)
    bench.advance(61)
    bench.world.swipe("family")
    bench.advance(1)

    assert [card.uid for card in bench.sent("card")] == ["04A1B2C3"]


@pytest.mark.parametrize("bench", [PolledBus], indirect=True)
def test_a_worn_reader_is_a_fault_until_its_test_ends_well(bench):
    chip = bench.node.context.connection("spi").chip
    bench.advance(61)
    good, chip.own_test = chip.own_test, bytes(64)
    bench.advance(65)
    assert list(bench.run().faults) == ["reader-self-test"]

    chip.own_test = good
    bench.advance(60)

    assert bench.run().faults == {}
