"""The contract of a card reader: the real library over a simulated chip, and the port twin."""

import pytest

from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.rc522_twin import SimulatedSpiBus, WorldSpiBus
from oppleo_flow.devices.reader_trouble import ReaderTrouble
from oppleo_flow.devices.rfid import Presence, ReaderFault
from oppleo_flow.simulator.readers import Card
from oppleo_flow.simulator.world import SimulatedWorld
from tests.oppleo_flow.devices.worlds import NOON

SHORT, LONG, LONGEST = "04A1B2C3", "04E1D2C3B4A596", "04112233445566778899"
CARDS = [Card(uid, uid, known=True) for uid in (SHORT, LONG, LONGEST)]


@pytest.fixture
def clock():
    return VirtualClock(NOON)


@pytest.fixture
def world(clock):
    return SimulatedWorld(clock, cards=CARDS)


@pytest.fixture(params=["mfrc522 on a simulated chip", "port twin"])
def reader(request, world):
    bus = WorldSpiBus(world) if request.param == "port twin" else SimulatedSpiBus(world)
    reader = bus.card_reader()
    yield reader
    reader.close()
    bus.close()


def test_without_a_card_there_is_no_uid(reader):
    assert reader.poll() is None


@pytest.mark.parametrize("uid", [SHORT, LONG, LONGEST], ids=["4 bytes", "7 bytes", "10 bytes"])
def test_the_whole_uid_is_read(reader, world, uid):
    world.swipe(uid)

    assert reader.poll() == bytes.fromhex(uid)


@pytest.mark.parametrize("uid", [SHORT, LONG, LONGEST], ids=["4 bytes", "7 bytes", "10 bytes"])
def test_a_card_that_stays_is_seen_by_every_poll(reader, world, uid):
    world.swipe(uid)

    assert [reader.poll() for _ in range(6)] == [bytes.fromhex(uid)] * 6


def test_a_card_that_went_away_is_not_seen(reader, world, clock):
    world.swipe(SHORT, hold_s=0.5)
    reader.poll()
    clock.advance(0.5)

    assert reader.poll() is None


def test_one_card_after_the_other(reader, world):
    world.swipe(SHORT)
    reader.poll()
    world.swipe(LONG)

    assert reader.poll() == bytes.fromhex(LONG)


# -- what may be wrong ------------------------------------------------------------------------

CODES = {
    ReaderTrouble.DEAD: "reader-silent",
    ReaderTrouble.LOOSE_WIRE: "reader-silent",
    ReaderTrouble.OTHER_CHIP: "reader-unknown-chip",
    ReaderTrouble.NOISE: "reader-nonsense",
    ReaderTrouble.WRONG_CHECK_BYTE: "card-unreadable",
    ReaderTrouble.TWO_CARDS: "two-cards",
}


def found(reader):
    """Return the UID that a poll finds, or the code of what is wrong."""
    try:
        return reader.poll()
    except ReaderFault as fault:
        return fault.code


@pytest.mark.parametrize("uid", [SHORT, LONG, LONGEST], ids=["4 bytes", "7 bytes", "10 bytes"])
@pytest.mark.parametrize("trouble", ReaderTrouble)
def test_what_is_wrong_has_a_name_and_is_never_a_card(reader, world, trouble, uid):
    """Twenty looks at a card behind each trouble: one fault, each time, and no number at all."""
    world.trouble_reader(trouble)
    assert not isinstance(found(reader), bytes)  # it comes in the middle of a look
    world.swipe(uid, hold_s=60)

    assert {found(reader) for _ in range(20)} == {CODES[trouble]}


@pytest.mark.parametrize("trouble", ReaderTrouble)
def test_what_was_wrong_is_over_by_itself(reader, world, trouble):
    reader.poll()
    world.swipe(LONG, hold_s=60)
    world.trouble_reader(trouble)
    for _ in range(3):
        found(reader)

    world.trouble_reader(None)
    found(reader)

    assert found(reader) == bytes.fromhex(LONG)


@pytest.mark.parametrize("trouble", [ReaderTrouble.WRONG_CHECK_BYTE, ReaderTrouble.TWO_CARDS])
def test_without_a_card_there_is_nothing_that_cannot_be_read(reader, world, trouble):
    world.trouble_reader(trouble)

    assert reader.poll() is None


def test_a_reader_that_works_passes_its_test(reader, world):
    for _ in range(3):
        reader.test_itself()
    world.swipe(SHORT)

    assert reader.poll() == bytes.fromhex(SHORT)


# -- the port twin ----------------------------------------------------------------------------


def test_the_port_twin_tells_when_a_card_comes_and_goes(world, clock):
    reader = WorldSpiBus(world).card_reader()
    polls = []
    assert reader.announce(lambda: polls.append(reader.poll())) is True

    world.swipe(SHORT, hold_s=0.5)
    world.plug_in()
    clock.advance(0.5)
    world.fire()
    reader.close()
    world.swipe(LONG)

    assert polls == [bytes.fromhex(SHORT), None]


# -- presence ---------------------------------------------------------------------------------

A, B = b"\x01\x02\x03\x04", b"\x05\x06\x07\x08"


@pytest.mark.parametrize(
    ("polls", "swipes"),
    [
        pytest.param([A] * 50, [A], id="a card that is held is one swipe"),
        pytest.param([A, None, A, None, None, A], [A], id="a card that is read badly is one swipe"),
        pytest.param([A] + [None] * 12 + [A], [A, A], id="a card that comes back is two"),
        pytest.param([A, A, B, B], [A, B], id="another card is another swipe at once"),
        pytest.param([A, B, A], [A, B, A], id="each change of card is a swipe"),
        pytest.param([None, None, A], [A], id="the first card after a while"),
        pytest.param([A] + [None] * 5 + [A], [A], id="back within the debounce time is one swipe"),
    ],
)
def test_when_a_card_is_new(polls, swipes):
    presence = Presence(misses=3, debounce_s=1.0)

    new = [presence.new_card(uid, index / 10) for index, uid in enumerate(polls)]

    assert [uid for uid in new if uid] == swipes


def test_without_a_debounce_time_three_misses_make_a_card_new():
    presence = Presence(misses=3, debounce_s=0.0)
    polls = [A, None, None, A, None, None, None, A]

    assert [bool(presence.new_card(uid, i / 10)) for i, uid in enumerate(polls)] == [
        *(True, False, False, False),
        *(False, False, False, True),
    ]


def test_a_card_among_others_is_still_there():
    """A second card that comes and goes beside it does not make a swipe of the first."""
    presence = Presence(misses=3, debounce_s=1.0)
    assert presence.new_card(A, 0.0) == A
    for index in range(1, 40):
        presence.unreadable(index / 10)

    assert presence.new_card(A, 4.0) is None
    assert presence.new_card(B, 4.1) == B


def test_what_cannot_be_read_does_not_bring_a_card_back():
    presence = Presence(misses=3, debounce_s=1.0)
    presence.new_card(A, 0.0)
    for index in range(1, 20):
        presence.new_card(None, index / 10)
    presence.unreadable(2.0)

    assert presence.new_card(A, 2.1) == A
