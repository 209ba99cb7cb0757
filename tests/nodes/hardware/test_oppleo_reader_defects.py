"""What Oppleo gets wrong with its card reader, LED, buzzer and pins cannot happen here.

Each test names the defect by its number in the list of weaknesses, or by what it was.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from nodes.hardware.buzzer import Buzzer
from nodes.hardware.rfid_reader import RfidReader
from nodes.hardware.rgb_led import RgbLed, RgbLedConfig
from nodes.hardware.spi_bus import SpiBusConfig, SpiBusConnection
from oppleo_flow.charging.tokens import card_token, legacy_id
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.rc522_twin import SimulatedSpiBus
from oppleo_flow.devices.reader_trouble import ReaderTrouble
from oppleo_flow.devices.spi_bus import LinuxSpiBus
from oppleo_flow.devices.world import Wiring, world_of
from oppleo_flow.errors import DeviceError, DeviceMissing
from oppleo_flow.flow_events import NodeChanged
from oppleo_flow.payloads import Beep, CardSeen, Rejected, SessionStatus
from oppleo_flow.simulator.readers import POCKET, Card
from oppleo_flow.store import open_ledger
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import NOON
from oppleo_flow.testing.house import House
from tests.nodes.hardware.hardware import HardwareBench
from tests.oppleo_flow.devices.worlds import still_world

FLOW = Path(__file__).parents[3] / "flows" / "charge-point.yaml"
DARK = {"red": 0, "green": 0, "blue": 0}


class RealLibrary(SpiBusConnection):
    """A bus whose reader is the real library's, on the virtual clock."""

    type_name = "spi-bus"

    def open(self):
        self._bus = SimulatedSpiBus(world_of(self.site))
        self.chip = self._bus.chip


def reader(**options):
    return HardwareBench(RfidReader, {"spi": "spi", **options}, connections={"spi": RealLibrary})


@pytest.fixture
def house(tmp_path):
    with House(FLOW.read_text(), tmp_path, datetime(2026, 1, 15, 12, 0, tzinfo=UTC)) as made:
        yield made


# -- the reader -------------------------------------------------------------------------------


def test_two_cards_of_one_maker_are_two_cards():
    """S16: of a UID of 7 bytes only three were read, one of them the maker's code."""
    first, second = "04112233445566", "04112299887766"
    assert legacy_id(bytes.fromhex(first))[:3] == "584"  # as every such card had it
    world = still_world(cards=[Card(uid, uid, known=True) for uid in (first, second)])
    found = SimulatedSpiBus(world).card_reader()
    read = []
    for uid in (first, second):
        world.swipe(uid)
        read.append(found.poll().hex())

    assert read == [first, second]


def test_a_card_that_oppleo_knows_has_its_number_here_too():
    """Tokens were the four bytes and their check byte in decimal: old cards keep working."""
    with reader() as bench:
        bench.world.swipe("office")
        bench.advance(1)

        assert bench.sent("card") == [CardSeen("04E1D2C3B4A596", "584197460671")]


def test_a_card_of_oppleos_list_charges_by_its_number_and_is_known_whole_then(house):
    """S16: such a number has three bytes of seven, so any card that has those was as good."""
    (visitor,) = (card for card in POCKET if card.name == "visitor")
    number = legacy_id(bytes.fromhex(visitor.uid))
    with open_ledger(house.location, "house") as ledger:
        ledger.tokens.add(card_token(UUID(int=1), number, "anna"), NOON)
    house.swipe("visitor")

    assert house.open_session().label == "anna"
    with house.open_ledger() as ledger:
        (anna,) = (token for token in ledger.tokens.all() if token.label == "anna")
    assert (anna.uid, anna.legacy_id) == (visitor.uid, number)


def test_a_card_that_stays_on_the_reader_is_one_swipe_also_over_a_restart():
    """D10: it was handled again and again, each second, and toggled the session."""
    with reader() as bench:
        bench.world.swipe("family", hold_s=1000)
        bench.advance(900)
        assert len(bench.sent("card")) == 1

    again = HardwareBench(RfidReader, {"spi": "spi"}, connections={"spi": RealLibrary})
    again.world.swipe("family", hold_s=1000)
    with again:
        again.advance(900)

        assert again.sent("card") == []


@pytest.mark.parametrize("trouble", ReaderTrouble)
def test_no_trouble_of_the_reader_ends_it(trouble):
    """R1: whatever the loop did not expect ended its thread until the next restart."""
    with reader() as bench:
        for _ in range(3):
            bench.world.trouble_reader(trouble)
            bench.world.swipe("family", hold_s=3)
            bench.advance(5)
            bench.world.trouble_reader(None)
            bench.advance(5)
        bench.world.swipe("stranger")
        bench.advance(1)

        assert bench.run().faults == {}
        assert bench.sent("card")[-1].uid == "DEADBEEF"


def test_a_database_that_hiccups_does_not_end_the_reader(house, tmp_path):
    """R1: one failed query and no card was read any more."""
    ledger = next(tmp_path.glob("**/ledger.sqlite"))
    with closing(sqlite3.connect(ledger, isolation_level=None)) as other:
        other.execute("ALTER TABLE tokens RENAME TO elsewhere")
        house.swipe("family")
        other.execute("ALTER TABLE elsewhere RENAME TO tokens")
    assert house.open_session() is None

    house.swipe("family")

    assert house.open_session().label == "family"


def test_the_reset_pin_is_the_wired_one_and_no_other_is_touched():
    """R10: with BCM numbers the library drove GPIO 15, the input of the serial port."""
    world = still_world()
    SimulatedSpiBus(world, reset_pin=SpiBusConfig().reset_pin).card_reader().poll()
    assert set(world.snapshot()["pins"]) == {"25"}

    moved = still_world()
    SimulatedSpiBus(moved, reset_pin=24).card_reader().poll()
    assert set(moved.snapshot()["pins"]) == {"24"}


def test_a_reader_that_goes_deaf_is_reset_within_a_minute():
    """R10: this chip stops reading after hours, and only a reset wakes it; nobody did it."""
    with reader() as bench:
        for _ in range(5):
            bench.node.context.connection("spi").chip.deaf = True
            bench.advance(61)
            bench.world.swipe("family")
            bench.advance(5)

        assert len(bench.sent("card")) == 5


def test_the_reader_never_frees_the_pins_of_others():
    """The library's `Close` freed every pin, the switch's among them; so did its clean-up SPI's."""
    with reader() as bench:
        for pin in (5, 13, 23):
            bench.world.drive_pin(pin, high=True)

    pins = bench.world.snapshot()["pins"]
    assert [pins[pin]["output"] for pin in ("5", "13", "23", "25")] == [True] * 4


def test_without_the_library_there_is_no_reader_and_no_card():
    """R7: a library that is missing was replaced by a stub that made up what it read."""
    connection = SpiBusConnection(
        "spi", SpiBusConfig(), clock=SystemClock(), site=BenchSite(), simulated=False
    )
    connection.open()
    with pytest.raises(DeviceMissing):
        connection.card_reader()
    with pytest.raises(DeviceError):
        LinuxSpiBus(0, 0, speed_hz=1_000_000, reset_pin=25).card_reader()


# -- the LED ----------------------------------------------------------------------------------


def fault(kind):
    return NodeChanged("meter", kind, "meter-silent", "no answer", NOON)


def test_an_error_is_red_as_long_as_it_lasts():
    """R8: once red, the LED stayed red until the next restart."""
    with HardwareBench(RgbLed, {"gpio": "pins"}) as bench:
        bench.send(SessionStatus(phase="idle"))
        for _ in range(3):
            bench.send(fault("fault"))
            assert bench.node.shown.value.name == "error"
            bench.send(fault("clear"))
            assert bench.node.shown.value.name == "available"


def test_a_session_and_an_error_do_not_hide_each_other(house):
    """R8: an error ended nothing, and what followed it was never shown."""
    house.swipe("family")
    house.world.break_evse(True)
    house.run_for(10)
    assert house.level("led", "shown").name == "error"
    house.world.break_evse(False)
    house.world.plug_in(20)
    house.run_for(60)

    assert house.level("led", "shown").name == "charging"


def test_the_colours_are_at_the_pins_that_the_settings_say():
    """The diagram had red at GPIO 16 and blue at 13, the settings the other way round."""
    drawn = {"red": 16, "green": 12, "blue": 13}
    wiring = Wiring(red=16, green=12, blue=13)
    with HardwareBench(RgbLed, {"gpio": "pins", **drawn}, wiring=wiring) as bench:
        bench.send(Rejected.sample())

        assert bench.world.snapshot()["lamp"] == {"red": 100, "green": 0, "blue": 0}
    assert [str(claim) for claim in RgbLed.claims(RgbLedConfig(gpio="pins", **drawn))]


def test_the_lamp_is_dark_and_the_buzzer_silent_when_nobody_drives_them():
    """Pins kept what they last had: a stopped program went on showing that it charges."""
    with HardwareBench(RgbLed, {"gpio": "pins"}) as bench:
        bench.send(SessionStatus(phase="charging"))
    assert bench.world.snapshot()["lamp"] == DARK
    with HardwareBench(Buzzer, {"gpio": "pins"}) as bench:
        bench.send(Beep("error"))
    assert bench.world.snapshot()["buzzer"] is False


def test_a_beep_holds_up_nothing():
    """R4: what had to be waited for was waited for on the thread that read the cards."""
    with HardwareBench(Buzzer, {"gpio": "pins", "ok": {"beeps": 10, "on": "2s"}}) as bench:
        before = bench.clock.monotonic()
        for _ in range(100):
            bench.send(Beep("ok"))

        assert bench.clock.monotonic() == before
