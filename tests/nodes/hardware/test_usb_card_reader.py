import pytest

from nodes.hardware.card_keyboard import CardKeyboardConnection
from nodes.hardware.usb_card_reader import UsbCardReader, UsbCardReaderConfig
from oppleo_flow.devices.card_keyboard_twin import SimulatedKeys
from oppleo_flow.devices.world import Wiring, world_of
from oppleo_flow.node import Claim
from oppleo_flow.payloads import CardSeen
from tests.nodes.hardware.hardware import HardwareBench

PATH = "/dev/input/by-id/usb-reader-event-kbd"


class PolledKeys(SimulatedKeys):
    """Keys that have to be polled, as those of a real reader have."""

    def announce(self, call):
        return False


class PolledKeyboard(CardKeyboardConnection):
    """A reader that has to be polled, on the virtual clock."""

    type_name = "card-keyboard"

    def open_keys(self):
        return PolledKeys(world_of(self.site), self.config.path, self.form)


def bench_of(connection, **options):
    settings = {"path": PATH, "form": "hex", "uid_bytes": [4, 7], **options}
    return HardwareBench(
        UsbCardReader,
        {"keyboard": "keys"},
        wiring=Wiring(reader=None, keyboard=PATH),
        connections={"keys": (connection, settings)},
    )


@pytest.fixture(params=[CardKeyboardConnection, PolledKeyboard], ids=["announced", "polled"])
def bench(request):
    with bench_of(request.param) as bench:
        yield bench


def cards(bench):
    return [card.uid for card in bench.sent("card")]


def test_a_card_is_told_with_both_its_numbers(bench):
    bench.world.swipe("office")
    bench.advance(1)

    assert bench.sent("card") == [CardSeen("04E1D2C3B4A596", str(0x8804E1D2BF))]


@pytest.mark.parametrize("form", ["decimal", "hex"])
@pytest.mark.parametrize("byte_order", ["big", "little"])
@pytest.mark.parametrize("padded", [True, False])
def test_whatever_form_the_reader_types_it_is_the_same_card(form, byte_order, padded):
    options = {"form": form, "byte_order": byte_order, "padded": padded, "uid_bytes": 4}
    with bench_of(CardKeyboardConnection, **options) as bench:
        bench.world.swipe("family")
        bench.advance(1)

        assert cards(bench) == ["04A1B2C3"]


def test_two_cards_in_a_row_are_two(bench):
    bench.world.swipe("family", hold_s=0.1)
    bench.advance(0.2)
    bench.world.swipe("stranger")
    bench.advance(1)

    assert cards(bench) == ["04A1B2C3", "DEADBEEF"]


def test_a_reader_that_types_a_held_card_over_and_over_is_one_swipe(bench):
    for _ in range(20):
        bench.world.swipe("family", hold_s=0.2)
        bench.advance(0.7)

    assert cards(bench) == ["04A1B2C3"]


def test_the_same_card_after_a_while_is_another_swipe(bench):
    for _ in range(2):
        bench.world.swipe("family")
        bench.advance(5)

    assert cards(bench) == ["04A1B2C3", "04A1B2C3"]


def test_half_a_number_is_a_fault_until_the_next_card(bench):
    bench.world.trouble_reader("wrong-check-byte")
    bench.world.swipe("family")
    bench.advance(1)
    assert bench.run().faults == {
        "number-unreadable": "card reader: what it typed is no card's number: a UID of 4 or 7 bytes"
        " in hex has 8 or 14 digits, got '04A1'; hold the card again, or see which form the reader "
        "is set to"
    }

    bench.world.trouble_reader(None)
    bench.world.swipe("family")
    bench.advance(1)

    assert bench.run().faults == {}
    assert cards(bench) == ["04A1B2C3"]


def test_a_number_that_was_none_is_forgiven_after_a_minute(bench):
    bench.world.trouble_reader("noise")
    bench.world.swipe("family")
    bench.advance(59)
    assert list(bench.run().faults) == ["number-unreadable"]
    bench.advance(2)

    assert bench.run().faults == {}
    assert cards(bench) == []


def test_unplugged_and_plugged_in_again(bench):
    bench.world.break_reader(True)
    bench.advance(10)
    assert bench.run().faults == {"reader-missing": f"{PATH}: unplugged"}

    bench.world.break_reader(False)
    bench.advance(2)
    bench.world.swipe("family")
    bench.advance(1)

    assert bench.run().faults == {}
    assert cards(bench) == ["04A1B2C3"]


def test_a_reader_tells_a_card_to_one_node():
    assert UsbCardReader.claims(UsbCardReaderConfig(keyboard="keys")) == [
        Claim("card reader", within="keys")
    ]


def test_the_reader_says_what_it_is(bench):
    assert bench.node.probe() == "simulated USB card reader"
