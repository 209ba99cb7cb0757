import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU

from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_frames import (
    Heard,
    answer,
    crc16,
    heard_in,
    question,
    read_answer,
    read_question,
    refusal,
)

UNITS = st.integers(1, 247)
TABLES = st.sampled_from(["input", "holding"])
BLOCKS = st.builds(Block, st.integers(0, 0xFF00), st.integers(1, 125))
WORDS = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=125).map(tuple)
NOISE = st.sampled_from([b"", bytes(5), b"\xff" * 3])


@given(data=st.binary(max_size=300))
def test_the_checksum_is_that_of_another_library(data):
    assert crc16(data) == FramerRTU.compute_CRC(data).to_bytes(2, "big")


def test_the_frames_of_the_specification():
    assert question(1, "input", Block(0, 2)).hex(" ") == "01 04 00 00 00 02 71 cb"
    assert refusal(1, 4, 2).hex(" ") == "01 84 02 c2 c1"


@given(unit=UNITS, table=TABLES, block=BLOCKS)
def test_a_question_is_read_as_it_was_made(unit, table, block):
    assert read_question(question(unit, table, block)) == (unit, table, block)


@given(unit=UNITS, table=TABLES, words=WORDS)
def test_an_answer_is_read_as_it_was_made(unit, table, words):
    assert read_answer(answer(unit, table, words)) == words


def test_a_question_for_something_else_has_no_table():
    frame = bytes([1, 6, 0, 0, 0, 2])

    assert read_question(frame + crc16(frame)) == (1, None, Block(0, 2))


@pytest.mark.parametrize("cut", [0, 1, 7])
def test_what_is_cut_off_is_no_frame(cut):
    assert read_question(question(1, "input", Block(0, 2))[:cut]) is None
    assert read_answer(answer(1, "input", (1, 2))[:cut]) is None


def test_a_refusal_brings_no_registers():
    assert read_answer(refusal(1, 4, 2)) == ()


# Not zeros after an answer: with a zero more, too, a frame has a right checksum.
@given(
    unit=UNITS,
    table=TABLES,
    block=BLOCKS,
    words=WORDS,
    before=NOISE,
    between=NOISE,
    after=st.sampled_from([b"", b"\xff" * 3]),
)
def test_frames_are_found_in_what_is_heard(unit, table, block, words, before, between, after):
    asked, told = question(unit, table, block), answer(unit, table, words)

    heard = list(heard_in(before + asked + between + told + after))
    assert Heard("question", unit, block.count, asked) in heard
    assert Heard("answer", unit, len(words), told) in heard


def test_a_refusal_is_found():
    frame = refusal(3, 4, 2)

    assert list(heard_in(bytes(2) + frame)) == [Heard("answer", 3, 0, frame)]


@pytest.mark.parametrize("data", [b"", bytes(40), b"\xff" * 40, b"\x01\x04\x00"])
def test_noise_has_no_frames(data):
    assert list(heard_in(data)) == []
