"""The RC522 under the real mfrc522 library, on a simulated chip."""

import io
import re
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.tokens import legacy_id
from oppleo_flow.devices.library_copy import load_copy
from oppleo_flow.devices.rc522 import crc_a
from oppleo_flow.devices.rc522_twin import (
    SimulatedCard,
    SimulatedRc522,
    SimulatedSpiBus,
    cascade_levels,
    library_file,
    simulated_spidev,
)
from oppleo_flow.devices.reader_trouble import ReaderFace, ReaderTrouble
from oppleo_flow.devices.rfid import FieldFault, ReaderFault
from oppleo_flow.devices.rpi_gpio_twin import SimulatedRpiGpio
from oppleo_flow.devices.spi_bus import LinuxSpiBus, open_rc522
from oppleo_flow.errors import DeviceError, DeviceMissing
from oppleo_flow.simulator.readers import Card
from tests.oppleo_flow.devices.worlds import still_world

SHORT, LONG, LONGEST = "04A1B2C3", "04E1D2C3B4A596", "04112233445566778899"
CARDS = [Card(uid, uid, known=True) for uid in (SHORT, LONG, LONGEST)]
uids = st.sampled_from([4, 7, 10]).flatmap(lambda size: st.binary(min_size=size, max_size=size))


@pytest.fixture
def world():
    return still_world(cards=CARDS)


@pytest.fixture
def bus(world):
    return SimulatedSpiBus(world)


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

    assert world.snapshot()["pins"] == {"25": {"output": True, "percent": 100, "edges": 2}}


def test_closing_the_reader_leaves_every_pin_alone(bus, world):
    world.drive_pin(5, high=False)
    reader = bus.card_reader()
    reader.close()

    assert world.read_pin(5) is False


@pytest.mark.parametrize(
    ("trouble", "code", "text"),
    [
        pytest.param(
            ReaderTrouble.DEAD,
            "reader-silent",
            "RC522: no answer, its version register reads 0x00; "
            "is SPI enabled, and the reader wired and powered?",
            id="without power",
        ),
        pytest.param(
            ReaderTrouble.LOOSE_WIRE,
            "reader-silent",
            "RC522: no answer, its version register reads 0xFF; "
            "is SPI enabled, and the reader wired and powered?",
            id="a wire is off",
        ),
        pytest.param(
            ReaderTrouble.OTHER_CHIP,
            "reader-unknown-chip",
            "RC522: no such chip, its version register reads 0x3C; is another device on this chip "
            "select? the module must be an RC522",
            id="something else",
        ),
        pytest.param(
            ReaderTrouble.NOISE,
            "reader-nonsense",
            "RC522: does not keep what is written to it, and its version register reads 0x..; "
            "check the wires SCK, MOSI, MISO and SDA, make them shorter, or lower `speed_hz`",
            id="random bytes",
        ),
    ],
)
def test_a_reader_that_does_not_work_is_named_at_once(bus, world, trouble, code, text):
    world.trouble_reader(trouble)

    with pytest.raises(ReaderFault) as fault:
        bus.card_reader()

    assert fault.value.code == code
    assert re.fullmatch(re.escape(text).replace(r"0x\.\.", "0x[0-9A-F]{2}"), str(fault.value))


@pytest.mark.parametrize(
    ("trouble", "text"),
    [
        pytest.param(
            ReaderTrouble.WRONG_CHECK_BYTE,
            "RC522: a card that cannot be read, its number and check byte do not match; "
            "hold it flat and still, away from metal",
            id="a wrong check byte",
        ),
        pytest.param(
            ReaderTrouble.TWO_CARDS,
            "RC522: two cards at once; hold one of them alone",
            id="two cards",
        ),
    ],
)
def test_what_cannot_be_read_is_named(bus, world, trouble, text):
    reader = bus.card_reader()
    world.swipe(LONG)
    world.trouble_reader(trouble)

    with pytest.raises(FieldFault) as fault:
        reader.poll()

    assert str(fault.value) == text


def test_a_chip_that_lost_its_settings_is_set_up_again(bus, world):
    reader = bus.card_reader()
    bus.chip.write(0x01, 0x0F)  # a reset, as a dip of the supply makes
    world.swipe(SHORT)

    assert reader.poll() == bytes.fromhex(SHORT)


def test_a_chip_that_went_deaf_hears_again_after_its_test(bus, world):
    reader = bus.card_reader()
    bus.chip.deaf = True
    world.swipe(SHORT)
    assert reader.poll() is None

    reader.test_itself()

    assert reader.poll() == bytes.fromhex(SHORT)


def test_a_card_that_lies_there_is_not_disturbed_by_the_test(bus, world):
    """Its field would go off for some milliseconds, and the card might count as a new one."""
    reader = bus.card_reader()
    world.swipe(SHORT)
    reader.poll()
    bus.chip.write(0x13, 0x55)  # a register that only a reset clears
    reader.test_itself()

    assert bus.chip.read(0x13) == 0x55
    assert reader.poll() == bytes.fromhex(SHORT)


def test_a_chip_whose_own_test_ends_otherwise_than_before_is_worn(bus):
    reader = bus.card_reader()
    reader.test_itself()
    good, bus.chip.own_test = bus.chip.own_test, bytes(64)
    for _ in range(2):
        with pytest.raises(ReaderFault) as fault:
            reader.test_itself()
        assert fault.value.code == "reader-self-test"
        assert str(fault.value) == (
            "RC522: its own test ends otherwise than before; "
            "is its supply of 3.3 V steady? else the chip is worn"
        )
    bus.chip.own_test = good
    reader.test_itself()


def test_a_copy_of_the_chip_is_as_good_as_long_as_it_stays_the_same(bus, world):
    bus.chip.own_test = bytes(range(64))
    reader = bus.card_reader()
    for _ in range(3):
        reader.test_itself()
    world.swipe(SHORT)

    assert reader.poll() == bytes.fromhex(SHORT)
    assert reader.describe() == (
        "RC522, version 0x92, MFRC522 2.0; its own test ends otherwise: no genuine chip"
    )


def test_a_genuine_chip_says_so(bus):
    assert bus.card_reader().describe() == ("RC522, version 0x92, MFRC522 2.0; passes its own test")


def test_without_the_library_the_message_says_what_to_install(monkeypatch):
    def gone(name):
        raise ModuleNotFoundError(name="spidev")

    monkeypatch.setattr("importlib.import_module", gone)

    with pytest.raises(DeviceMissing) as missing:
        LinuxSpiBus(0, 0, speed_hz=1_000_000, reset_pin=25).card_reader()

    assert str(missing.value) == (
        "SPI 0.0: the spidev library is missing; `pip install spidev`, "
        "or ask for simulated hardware"
    )


@given(uid=uids.filter(lambda uid: uid[0] != 0x88))
def test_the_legacy_number_is_what_the_library_itself_reads(uid):
    # `SimpleMFRC522.read_id_no_block`, which Oppleo used, in the library's own two steps.
    chip = SimulatedRc522(lambda: ReaderFace(uid))
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
    chip = SimulatedRc522(ReaderFace)
    for byte in data:
        chip.write(0x09, byte)
    chip.write(0x01, 0x03)

    assert bytes([chip.read(0x22), chip.read(0x21)]) == crc_a(data)


def test_the_checksum_of_a_known_frame():
    assert crc_a(b"\x50\x00") == b"\x57\xcd"  # HLTA, as ISO 14443-3 gives it


class NoisyChip(SimulatedRc522):
    """A chip in whose field something else answers too."""

    def _heard(self, answer):
        return bytes([answer[0] ^ 1]) + answer[1:]


class CollidingChip(SimulatedRc522):
    """A chip that sees two answers at once."""

    def read(self, address):
        collision = 0x08 if address == 0x06 else 0
        return super().read(address) | collision


@pytest.mark.parametrize(
    ("kind", "code"), [(NoisyChip, "card-unreadable"), (CollidingChip, "two-cards")]
)
def test_an_answer_that_is_broken_is_no_card(kind, code):
    with pytest.raises(FieldFault) as fault:
        reader_on(kind(lambda: ReaderFace(bytes.fromhex(SHORT)))).poll()

    assert fault.value.code == code


def test_noise_that_looks_like_settings_still_makes_no_card(bus, world):
    """Two thousand looks at random bytes: each is a fault or nothing, none is a card."""
    reader = bus.card_reader()
    world.trouble_reader("noise")

    def found():
        try:
            return reader.poll()
        except DeviceError:
            return None

    assert {found() for _ in range(2_000)} == {None}


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

    chip = Unplugged(ReaderFace)
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
