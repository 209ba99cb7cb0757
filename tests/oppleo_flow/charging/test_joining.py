"""Two sessions that were one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.joining import join
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.errors import Refused

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST, SECOND = UUID(int=1), UUID(int=2)


def session(number: int, **values: object) -> SessionRecord:
    """Return a session of an hour; the second one begins an hour after the first has ended."""
    begins, start_wh = (NOON, 1_000) if number == 1 else (NOON + 2 * HOUR, 6_000)
    made: dict[str, object] = {
        "session_id": UUID(int=number),
        "token_id": UUID(int=9),
        "uid": "04A1B2C3",
        "label": "family",
        "started_at": begins,
        "meter_start_wh": start_wh,
        "meter_start_quality": "measured",
        "meter_serial": "19001234",
        "ended_at": begins + HOUR,
        "meter_end_wh": start_wh + 5_000,
        "energy_wh": 5_000,
    }
    return SessionRecord(**(made | values))  # type: ignore[arg-type]


def test_the_first_lasts_until_the_end_of_the_second_which_is_void() -> None:
    assert join(session(1), session(2)) == (
        Changes(ended_at=NOON + 3 * HOUR, meter_end_wh=11_000),
        Changes(void=True),
    )


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        pytest.param(
            {}, {"ended_at": None}, f"session {SECOND}: has not ended; end it first", id="open"
        ),
        pytest.param({"void": True}, {}, f"session {FIRST}: is void already", id="void"),
        pytest.param(
            {},
            {"token_id": UUID(int=8)},
            f"session {SECOND}: is of another card, or of another charge point, than the first",
            id="another card",
        ),
        pytest.param(
            {"point": "right"},
            {},
            f"session {SECOND}: is of another card, or of another charge point, than the first",
            id="another charge point",
        ),
        pytest.param(
            {},
            {"started_at": NOON},
            f"session {SECOND}: began before the first had ended; name the earlier one first",
            id="the later one first",
        ),
        pytest.param(
            {},
            {"meter_end_wh": None},
            f"session {SECOND}: a register of the two is unknown; correct that first",
            id="an unknown register",
        ),
        pytest.param(
            {},
            {"meter_start_wh": None},
            f"session {SECOND}: a register of the two is unknown; correct that first",
            id="an unknown register between",
        ),
        pytest.param(
            {"meter_serial": "19005678"},
            {},
            f"session {SECOND}: was counted by another meter than the first",
            id="another meter",
        ),
        pytest.param(
            {},
            {"meter_start_wh": 6_001},
            f"session {SECOND}: begins at 6.001 kWh, where the first ends at 6.000; what lies "
            "between is of neither, correct a register first",
            id="something in between",
        ),
    ],
)
def test_what_was_not_one_session_is_not_joined(
    first: dict[str, object], second: dict[str, object], message: str
) -> None:
    with pytest.raises(Refused) as refused:
        join(session(1, **first), session(2, **second))
    assert str(refused.value) == message
