"""Message ids, and the moment a message began."""

from datetime import UTC, datetime, timedelta
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.clock import VirtualClock
from oppleo_flow.message import Message, message_ids

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def ids(start: datetime, count: int) -> list[int]:
    take = message_ids(VirtualClock(start))
    return [take() for _ in range(count)]


def test_ids_count_up() -> None:
    first, *rest = ids(NOON, 4)

    assert rest == [first + 1, first + 2, first + 3]


def test_a_restart_a_millisecond_later_repeats_none_of_a_million_ids() -> None:
    last = ids(NOON, 1)[0] + 2**20 - 1

    assert next(islice(ids(NOON + timedelta(milliseconds=1), 1), 1)) > last


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001
def test_a_message_tells_to_the_microsecond_when_it_began(wall: datetime) -> None:
    clock = VirtualClock(wall.replace(tzinfo=UTC))

    assert Message(7, 1, 1, clock.epoch_s(), "test/inject").time == clock.now()
