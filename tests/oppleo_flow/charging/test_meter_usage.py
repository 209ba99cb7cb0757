from datetime import UTC, datetime

import pytest

from oppleo_flow.charging.meter_usage import Counted, Used, total_wh
from oppleo_flow.payloads import MeterReading

FIRST = datetime(2026, 1, 10, tzinfo=UTC)
LAST = datetime(2026, 1, 30, tzinfo=UTC)


def at(time, energy_wh, serial="A"):
    return MeterReading.sample(time=time, energy_import_wh=energy_wh, serial=serial)


@pytest.mark.parametrize(
    ("counted", "known_wh", "expected"),
    [
        pytest.param(
            Counted(100, 900, at(FIRST, 150), at(LAST, 850)),
            600,
            Used(800, None, None, exchanged=False),
            id="from edge to edge, also over times in which nobody heard the meter",
        ),
        pytest.param(
            Counted(None, 900, at(FIRST, 150), at(LAST, 850)),
            600,
            Used(750, FIRST, None, exchanged=False),
            id="of its first month only from the first reading on, not from 0",
        ),
        pytest.param(
            Counted(100, None, at(FIRST, 150), at(LAST, 850)),
            600,
            Used(750, None, LAST, exchanged=False),
            id="of a month that is not over, until the last reading",
        ),
        pytest.param(
            Counted(100, 50, at(FIRST, 150), at(LAST, 40)),
            90,
            Used(90, None, None, exchanged=True),
            id="of a register that fell, what was heard",
        ),
        pytest.param(
            Counted(100, 90_000, at(FIRST, 150), at(LAST, 89_000, serial="B")),
            90,
            Used(90, None, None, exchanged=True),
            id="of two meters, what was heard",
        ),
        pytest.param(
            Counted(None, None, None, None),
            0,
            Used(None, None, None, exchanged=False),
            id="of a month without readings, nothing",
        ),
    ],
)
def test_what_a_meter_counted_is_never_more_than_is_known(counted, known_wh, expected):
    assert counted.used(known_wh) == expected


def test_only_what_is_known_from_edge_to_edge_is_whole():
    assert Used(5, None, None, exchanged=False).is_whole
    parts = [
        Used(5, FIRST, None, exchanged=False),
        Used(5, None, LAST, exchanged=False),
        Used(5, None, None, exchanged=True),
        Used(None, None, None, exchanged=False),
    ]
    assert [one.is_whole for one in parts] == [False] * 4


def test_a_year_is_the_sum_of_what_is_known():
    assert total_wh([]) is None
    assert total_wh([Used(None, None, None, exchanged=False)]) is None
    known = [Used(5, None, None, exchanged=False), Used(None, None, None, exchanged=False)]
    assert total_wh([*known, *known]) == 10
