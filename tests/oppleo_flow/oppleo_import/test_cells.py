from datetime import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.oppleo_import import cells


@pytest.mark.parametrize(
    ("text", "energy_wh"),
    [
        ("12345.6", 12_345_600),
        ("12345.600000000001", 12_345_600),
        ("0.30000000000000004", 300),
        ("-3.5", -3500),
        ("0", 0),
        *((nothing, None) for nothing in (None, "NaN", "Infinity", "-Infinity", "1e300", "")),
    ],
)
def test_energy_is_whole_wh_or_unknown(text, energy_wh):
    assert cells.energy_wh(text) == energy_wh


@given(st.integers(0, 99_999_999))
def test_no_noise_changes_what_a_meter_shows_with_one_decimal(tenths):
    assert cells.energy_wh(repr(tenths / 10)) == tenths * 100
    assert cells.energy_wh(repr(tenths * 0.1)) == tenths * 100


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0.35000000000000003", Decimal("0.35")),
        ("0.2999999999999998", Decimal("0.30")),
        ("0.123456789", Decimal("0.123457")),
        ("12", Decimal("12.00")),
        ("1e-9", Decimal("0.00")),
        *((nothing, None) for nothing in (None, "NaN", "Infinity", "1e300", "ten")),
    ],
)
def test_money_has_six_decimals_at_most_and_no_noise(text, amount):
    assert cells.money(text) == amount
    assert str(cells.money(text)) == str(amount)


@pytest.mark.parametrize(
    ("text", "at"),
    [("23:59:00", time(23, 59)), ("24:00:00", None), (None, None), ("noon", None)],
)
def test_a_time_of_day(text, at):
    assert cells.clock_time(text) == at


def test_words_stand_on_one_line():
    assert (cells.words("  a \n b\t"), cells.words(None)) == ("a b", "")
