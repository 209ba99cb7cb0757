import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client import ModbusSerialClient

from oppleo_flow.devices.register_words import number_in, width, words_of

ORDERS = st.sampled_from(["high-first", "low-first"])
NUMBERS = st.one_of(
    st.tuples(st.just("float32"), st.floats(width=32, allow_nan=False)),
    st.tuples(st.just("float64"), st.floats(allow_nan=False)),
    *(st.tuples(st.just(f"uint{bits}"), st.integers(0, 2**bits - 1)) for bits in (16, 32, 64)),
    *(
        st.tuples(st.just(f"int{bits}"), st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
        for bits in (16, 32, 64)
    ),
)


@given(kind_and_number=NUMBERS, order=ORDERS)
def test_a_number_comes_back_from_its_registers(kind_and_number, order):
    kind, number = kind_and_number
    words = words_of(number, kind, order)

    assert len(words) == width(kind)
    assert all(0 <= word <= 0xFFFF for word in words)
    assert number_in(words, kind, order) == number


@given(kind_and_number=NUMBERS)
def test_the_orders_are_each_other_reversed(kind_and_number):
    kind, number = kind_and_number

    assert words_of(number, kind, "low-first") == words_of(number, kind, "high-first")[::-1]


@given(number=st.floats(width=32, allow_nan=False), order=ORDERS)
def test_another_library_writes_the_same_registers(number, order):
    word_order = "big" if order == "high-first" else "little"
    theirs = ModbusSerialClient.convert_to_registers(
        number, ModbusSerialClient.DATATYPE.FLOAT32, word_order=word_order
    )

    assert words_of(number, "float32", order) == tuple(theirs)


@pytest.mark.parametrize("words", [(0xFFFF, 0xFFFF), (0x7FC0, 0)])
def test_what_is_no_number_stays_so(words):
    assert math.isnan(number_in(words, "float32", "high-first"))


def test_the_voltage_of_a_socket():
    assert words_of(230.0, "float32", "high-first") == (0x4366, 0)
    assert number_in((0x4366, 0), "float32", "high-first") == 230.0


def test_a_number_that_its_registers_cannot_hold_is_refused():
    with pytest.raises((struct.error, OverflowError)):
        words_of(70_000, "uint16", "high-first")
