"""A USB card reader that types: real input events under the decoder that a real one has."""

import os
from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.card_keyboard import (
    CHARACTERS,
    ENTER,
    EVENT,
    KEY,
    PRESSED,
    REPEATED,
    SYNC,
    CardForm,
    Keys,
    Typing,
    name_of_keyboard,
    open_keyboard,
)
from oppleo_flow.devices.card_keyboard_twin import SimulatedKeys, typed
from oppleo_flow.devices.rfid import ReaderFault
from oppleo_flow.errors import DeviceMissing
from tests.oppleo_flow.devices.worlds import still_world

READER = "/dev/input/by-id/usb-reader-event-kbd"
KEY_OF = {character: code for code, character in reversed(CHARACTERS.items())}
KEYPAD_1, SHIFT, COMMA, LETTER_Q = 79, 42, 51, 16
sizes = st.sampled_from([4, 7, 10])
uids = sizes.flatmap(lambda size: st.binary(min_size=size, max_size=size))
forms = st.builds(
    CardForm,
    st.sampled_from(["decimal", "hex"]),
    st.sampled_from(["big", "little"]),
    st.just((4, 7, 10)),
)


def codes(text):
    return [KEY_OF[character] for character in text]


def told(events, typing=None, at_s=0.0):
    """Return what was typed, and why what is no number is none."""
    found = (typing or Typing(1.0)).take(events, at_s)
    return [one if isinstance(one, str) else why(one) for one in found]


def why(fault):
    start = "card reader: what it typed is no card's number: "
    end = "; hold the card again, or see which form the reader is set to"
    assert fault.code == "number-unreadable"
    assert str(fault).startswith(start)
    return "! " + str(fault).removeprefix(start).removesuffix(end)


def key(code, value=PRESSED):
    return EVENT.pack(0, 0, KEY, code, value)


# -- what is typed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "found"),
    [
        pytest.param(typed([*codes("0077738691"), ENTER]), ["0077738691"], id="digits, Enter"),
        pytest.param(typed([*codes("04A1B2C3"), ENTER]), ["04A1B2C3"], id="letters of hex"),
        pytest.param(
            typed([SHIFT, *codes("A1"), KEYPAD_1, 96]), ["A11"], id="Shift, the keypad, its Enter"
        ),
        pytest.param(
            typed([*codes("12"), ENTER, *codes("34"), ENTER]), ["12", "34"], id="two in a row"
        ),
        pytest.param(
            key(KEY_OF["1"]) + key(KEY_OF["1"], REPEATED) * 40 + typed([ENTER]),
            ["1"],
            id="a key that is held down counts once",
        ),
        pytest.param(typed([ENTER, ENTER]), [], id="Enter alone is nothing"),
        pytest.param(typed(codes("12")), [], id="without Enter it is not told yet"),
        pytest.param(
            EVENT.pack(0, 0, 4, 4, 458782) + EVENT.pack(0, 0, 0x17, 9, -1) + typed([ENTER]),
            [],
            id="events of other kinds are nothing",
        ),
        pytest.param(
            typed([*codes("12"), COMMA, *codes("34"), ENTER]),
            ["! key 51 is neither a digit nor A to F"],
            id="something between the digits",
        ),
        pytest.param(
            typed([LETTER_Q, ENTER, *codes("12"), ENTER]),
            ["! key 16 is neither a digit nor A to F", "12"],
            id="what is wrong is no part of the next one",
        ),
        pytest.param(
            typed(codes("12")) + EVENT.pack(0, 0, SYNC, 3, 0) + typed([*codes("34"), ENTER]),
            ["! keys were lost"],
            id="the system lost some keys",
        ),
        pytest.param(
            typed([*codes("1" * 65), ENTER]),
            ["! more than 64 keys without Enter"],
            id="somebody leans on it",
        ),
    ],
)
def test_what_was_typed(events, found):
    assert told(events) == found


def test_half_a_number_is_none_and_no_part_of_the_next():
    typing = Typing(1.0)
    assert told(typed(codes("00777")), typing, 0.0) == []
    assert told(b"", typing, 0.9) == []

    late = told(typed([*codes("0077738691"), ENTER]), typing, 5.0)

    assert late == ["! no Enter came after '00777'", "0077738691"]


@given(text=st.text("0123456789ABCDEF", min_size=1, max_size=30), cuts=st.lists(st.integers(0)))
def test_however_the_events_are_cut_the_number_is_the_same(text, cuts):
    events, typing, found = typed([*codes(text), ENTER]), Typing(1.0), []
    edges = sorted({cut % (len(events) + 1) for cut in cuts} | {0, len(events)})
    for begin, end in pairwise(edges):
        found += told(events[begin:end], typing)

    assert found == [text]


@given(junk=st.binary(max_size=400))
def test_no_junk_makes_a_card(junk):
    form, found = CardForm(), told(junk)

    for text in found:
        assert text.startswith("! ") or len(text) < 10 or form.uid(text)


# -- what it means ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "text", "uid"),
    [
        pytest.param(CardForm(), "0077738691", "04A232C3", id="ten digits"),
        pytest.param(CardForm("hex"), "04A232C3", "04A232C3", id="hex"),
        pytest.param(
            CardForm(byte_order="little"), "3274875396", "04A232C3", id="the last byte first"
        ),
        pytest.param(
            CardForm("hex", lengths=(4, 7)), "04E1D2C3B4A596", "04E1D2C3B4A596", id="7 bytes"
        ),
        pytest.param(CardForm(padded=False), "77738691", "04A232C3", id="no leading zeros"),
    ],
)
def test_which_card_it_is(form, text, uid):
    assert form.uid(text).hex().upper() == uid
    assert form.text(bytes.fromhex(uid)) == text


@pytest.mark.parametrize(
    ("form", "text", "needs"),
    [
        pytest.param(CardForm(), "077738691", "4 bytes in decimal has 10 digits", id="one lost"),
        pytest.param(CardForm(), "00777386911", "4 bytes in decimal has 10 digits", id="one more"),
        pytest.param(CardForm(), "9999999999", "4 bytes in decimal has 10 digits", id="too large"),
        pytest.param(CardForm(), "04A232C3", "4 bytes in decimal has 10 digits", id="it is hex"),
        pytest.param(
            CardForm("hex", lengths=(4, 7)), "04A2", "4 or 7 bytes in hex has 8 or 14 digits",
            id="half of it",
        ),
        pytest.param(
            CardForm(padded=False), "99999999999", "4 bytes in decimal has at most 10 digits",
            id="more than there are",
        ),
    ],
)  # fmt: skip
def test_another_form_is_no_card(form, text, needs):
    with pytest.raises(ValueError, match=f"^a UID of {needs}, got {text!r}$"):
        form.uid(text)


@given(form=forms, uid=uids)
def test_what_is_typed_for_a_card_means_that_card(form, uid):
    assert form.uid(form.text(uid)) == uid


@given(uid=st.binary(min_size=4, max_size=4), lost=st.integers(0, 9))
def test_a_digit_that_is_lost_never_makes_another_card(uid, lost):
    text = CardForm().text(uid)
    with pytest.raises(ValueError, match="in decimal has 10 digits"):
        CardForm().uid(text[:lost] + text[lost + 1 :])


# -- the device -------------------------------------------------------------------------------


def test_without_keys_nobody_waits():
    reading, writing = os.pipe()
    with closing(Keys(reading, READER)) as keys:
        assert keys.read() == b""
        os.write(writing, typed([ENTER]))
        assert keys.read() == typed([ENTER])
    os.close(writing)


def test_a_keyboard_that_is_pulled_out_is_missing():
    reading, writing = os.pipe()
    keys = Keys(reading, READER)
    keys.close()
    os.close(writing)

    with pytest.raises(DeviceMissing, match=f"^{READER}: Bad file descriptor"):
        keys.read()


@pytest.mark.parametrize("ask", [open_keyboard, name_of_keyboard])
def test_a_path_without_a_device_says_what_to_do(ask, tmp_path):
    missing, other = tmp_path / "none", tmp_path / "file"
    other.touch()

    with pytest.raises(DeviceMissing) as gone:
        ask(str(missing))
    with pytest.raises(DeviceMissing) as strange:
        ask(str(other))

    assert str(gone.value) == f"{missing}: no such input device; is the reader plugged in?"
    assert str(strange.value) == f"{other}: is no input device"


def test_the_twin_types_once_for_a_card_that_is_held():
    world, form = still_world(), CardForm("hex", lengths=(4, 7))
    with closing(SimulatedKeys(world, "0.0", form)) as keys:
        world.swipe("office", hold_s=60)
        assert told(keys.read()) == ["04E1D2C3B4A596"]
        assert keys.read() == b""


@pytest.mark.parametrize(
    ("trouble", "found"),
    [
        ("wrong-check-byte", ["04A1"]),
        ("noise", ["! key 51 is neither a digit nor A to F"]),
        ("two-cards", []),
    ],
)
def test_the_twin_types_no_number_while_something_is_wrong(trouble, found):
    world, form = still_world(), CardForm("hex")
    world.trouble_reader(trouble)
    with closing(SimulatedKeys(world, "0.0", form)) as keys:
        world.swipe("family")
        assert told(keys.read()) == found


def test_the_twin_is_gone_while_it_is_unplugged():
    world = still_world()
    with closing(SimulatedKeys(world, "0.0", CardForm())) as keys:
        world.break_reader(True)
        with pytest.raises(DeviceMissing, match=r"^0\.0: unplugged$"):
            keys.read()
    with pytest.raises(DeviceMissing, match="is the reader plugged in"):
        SimulatedKeys(world, "0.0", CardForm())


def test_a_fault_of_a_number_is_one_of_the_reader():
    (fault,) = Typing(1.0).take(typed([COMMA, ENTER]), 0.0)

    assert isinstance(fault, ReaderFault)
