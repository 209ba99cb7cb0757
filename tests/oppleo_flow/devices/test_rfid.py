"""The contract of a card reader: the real library over a simulated chip, and the port twin."""

import io
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.tokens import legacy_id
from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.library_copy import load_copy
from oppleo_flow.devices.rc522_twin import (
    SimulatedCard,
    SimulatedRc522,
    SimulatedSpiBus,
    WorldSpiBus,
    cascade_levels,
    library_file,
    simulated_spidev,
)
from oppleo_flow.devices.rfid import Presence, crc_a
from oppleo_flow.devices.rpi_gpio_twin import SimulatedRpiGpio
from oppleo_flow.devices.spi_bus import LinuxSpiBus, open_rc522
from oppleo_flow.errors import DeviceError, DeviceMissing
from oppleo_flow.simulator.readers import Card
from oppleo_flow.simulator.world import SimulatedWorld
from tests.oppleo_flow.devices.worlds import NOON, still_world

SHORT, LONG, LONGEST = "04A1B2C3", "04E1D2C3B4A596", "04112233445566778899"
CARDS = [Card(uid, uid, known=True) for uid in (SHORT, LONG, LONGEST)]
uids = st.sampled_from([4, 7, 10]).flatmap(lambda size: st.binary(min_size=size, max_size=size))


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


@pytest.fixture
def bus(world):
    return SimulatedSpiBus(world)


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


# -- the real library on the chip -------------------------------------------------------------


def test_a_real_reader_has_to_be_polled(bus):
    assert bus.card_reader().announce(lambda: None) is False


def test_a_poll_without_a_card_takes_few_transfers(bus):
    reader = bus.card_reader()
    before = bus.chip.transfers

    reader.poll()

    assert bus.chip.transfers - before <= 15


def test_nothing_is_printed_by_the_library_and_no_real_module_is_replaced(bus, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    modules = {name: sys.modules.get(name) for name in ("RPi", "RPi.GPIO", "spidev", "mfrc522")}

    bus.card_reader().poll()

    assert {name: sys.modules.get(name) for name in modules} == modules


def test_the_reset_pin_is_the_one_that_was_asked_for(bus, world):
    bus.card_reader()

    assert world.snapshot()["pins"] == {"25": {"output": True, "percent": 100, "edges": 0}}


def test_closing_the_reader_leaves_every_pin_alone(bus, world):
    world.drive_pin(5, high=False)
    reader = bus.card_reader()
    reader.close()

    assert world.read_pin(5) is False


def test_a_chip_without_power_is_an_error_and_recovers(bus, world):
    reader = bus.card_reader()
    bus.chip.unpowered = True
    with pytest.raises(DeviceError) as dead:
        reader.poll()
    assert str(dead.value) == (
        "RC522: no answer, its version register reads 0x00; "
        "is SPI enabled, and the reader wired and powered?"
    )

    bus.chip.unpowered = False
    world.swipe(SHORT)
    assert reader.poll() == bytes.fromhex(SHORT)


def test_a_chip_that_is_not_there_is_an_error_at_once(bus):
    bus.chip.unpowered = True

    with pytest.raises(DeviceError, match=r"^RC522: no answer"):
        bus.card_reader()


def test_a_chip_that_lost_its_settings_is_set_up_again(bus, world):
    reader = bus.card_reader()
    bus.chip.write(0x01, 0x0F)  # a reset, as a dip of the supply makes
    world.swipe(SHORT)

    assert reader.poll() == bytes.fromhex(SHORT)


def test_a_chip_that_nobody_needed_for_minutes_is_reset(bus):
    reader = bus.card_reader()
    for _ in range(2999):
        reader.poll()
    bus.chip.write(0x13, 0x55)
    reader.poll()

    assert bus.chip.read(0x13) == 0


def test_without_the_library_the_message_says_what_to_install(monkeypatch):
    def gone(name):
        raise ModuleNotFoundError(name="spidev")

    monkeypatch.setattr("importlib.import_module", gone)

    with pytest.raises(DeviceMissing) as missing:
        LinuxSpiBus(0, 0, speed_hz=1_000_000, reset_pin=25).card_reader()

    assert str(missing.value) == (
        "SPI 0.0: the spidev library is missing; install oppleo-flow[pi] and mfrc522, "
        "or ask for simulated hardware"
    )


@given(uid=uids.filter(lambda uid: uid[0] != 0x88))
def test_the_legacy_number_is_what_the_library_itself_reads(uid):
    # `SimpleMFRC522.read_id_no_block`, which Oppleo used, in the library's own two steps.
    chip = SimulatedRc522(lambda: uid)
    gpio = SimulatedRpiGpio(still_world())
    module = load_copy(
        library_file(),
        {"RPi.GPIO": SimpleNamespace(GPIO=gpio), "spidev": simulated_spidev(chip)},
    )
    library = module.MFRC522(pin_mode=11, pin_rst=25)
    library.logger.handlers.clear()

    library.MFRC522_Request(library.PICC_REQIDL)
    status, read = library.MFRC522_Anticoll()

    assert status == library.MI_OK
    assert str(int.from_bytes(bytes(read), "big")) == legacy_id(uid)


@given(data=st.binary(min_size=1, max_size=20))
def test_the_checksum_is_what_the_chip_computes(data):
    chip = SimulatedRc522(lambda: None)
    for byte in data:
        chip.write(0x09, byte)
    chip.write(0x01, 0x03)

    assert bytes([chip.read(0x22), chip.read(0x21)]) == crc_a(data)


def test_the_checksum_of_a_known_frame():
    assert crc_a(b"\x50\x00") == b"\x57\xcd"  # HLTA, as ISO 14443-3 gives it


class NoisyChip(SimulatedRc522):
    """A chip in whose field something else answers too."""

    def _ask_card(self, frame, bits):
        answer = super()._ask_card(frame, bits)
        return answer if bits or answer is None else bytes([answer[0] ^ 1]) + answer[1:]


class CollidingChip(SimulatedRc522):
    """A chip that sees two answers at once."""

    def read(self, address):
        collision = 0x08 if address == 0x06 else 0
        return super().read(address) | collision


@pytest.mark.parametrize("kind", [NoisyChip, CollidingChip])
def test_an_answer_that_is_broken_is_no_card(kind):
    assert reader_on(kind(lambda: bytes.fromhex(SHORT))).poll() is None


def test_a_chip_whose_timer_stands_still_is_not_waited_for_for_ever(bus):
    reader = bus.card_reader()
    bus.chip.write(0x2A, 0x00)

    with pytest.raises(DeviceError) as stuck:
        reader.poll()

    assert str(stuck.value) == "RC522: its timer does not run; reset the reader"


def test_a_transfer_that_fails_is_an_error_of_the_reader():
    class Unplugged(SimulatedRc522):
        gone = False

        def read(self, address):
            if self.gone:
                raise OSError(5, "Input/output error")
            return super().read(address)

    chip = Unplugged(lambda: None)
    reader = reader_on(chip)
    chip.gone = True

    with pytest.raises(DeviceError) as error:
        reader.poll()

    assert str(error.value) == "RC522: SPI: [Errno 5] Input/output error"


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        pytest.param(
            FileNotFoundError(2, "No such file or directory"),
            DeviceMissing,
            "SPI 0.0: no such bus; enable SPI with `dtparam=spi=on`",
            id="SPI is not enabled",
        ),
        pytest.param(
            PermissionError(13, "Permission denied"),
            DeviceError,
            "SPI 0.0: [Errno 13] Permission denied",
            id="not allowed",
        ),
    ],
)
def test_a_bus_that_cannot_be_opened_is_named(error, kind, message):
    def library(**settings):
        raise error

    with pytest.raises(kind) as refused:
        open_rc522(library, {}, "SPI 0.0")

    assert str(refused.value) == message


def reader_on(chip):
    """Return a reader, the real library's, on a chip."""
    gpio = SimulatedRpiGpio(still_world())
    stand_ins = {"RPi.GPIO": SimpleNamespace(GPIO=gpio), "spidev": simulated_spidev(chip)}
    library = load_copy(library_file(), stand_ins).MFRC522
    return open_rc522(library, {"pin_rst": 25}, "SPI 0.0")


# -- cards ------------------------------------------------------------------------------------


@given(uid=uids)
def test_the_parts_of_a_uid_carry_it_whole(uid):
    *tagged, last = cascade_levels(uid)

    assert b"".join(part[1:4] for part in tagged) + last[:4] == uid
    assert {part[0] for part in tagged} <= {0x88}
    assert all(p[0] ^ p[1] ^ p[2] ^ p[3] == p[4] for p in [*tagged, last])


def test_a_sleeping_card_hears_the_wake_up_call_only():
    card = SimulatedCard(bytes.fromhex(SHORT))
    card.answer(b"\x52", 7)
    (part,) = cascade_levels(card.uid)
    frame = b"\x93\x70" + part
    assert card.answer(frame + crc_a(frame), 0) == b"\x08" + crc_a(b"\x08")
    card.answer(b"\x50\x00" + crc_a(b"\x50\x00"), 0)

    assert card.answer(b"\x26", 7) is None
    assert card.answer(b"\x52", 7) == b"\x04\x00"


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
