from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.tokens import Token, allow, legacy_id

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)


def token(
    *, enabled: bool = True, valid_from: date | None = None, valid_until: date | None = None
) -> Token:
    return Token(UUID(int=1), "04A1B2C3", "19892716500", "family", enabled, valid_from, valid_until)


@pytest.mark.parametrize(
    ("card", "now", "verdict"),
    [
        pytest.param(None, NOON, "unknown", id="a card that the ledger does not know"),
        pytest.param(token(), NOON, "accepted", id="an enabled card without limits"),
        pytest.param(token(enabled=False), NOON, "disabled", id="a disabled card"),
        pytest.param(
            token(enabled=False, valid_until=date(2020, 1, 1)),
            NOON,
            "disabled",
            id="a disabled card whose time is over",
        ),
        pytest.param(
            token(valid_from=date(2026, 7, 16)),
            datetime(2026, 7, 15, 21, 59, 59, tzinfo=UTC),
            "not-yet-valid",
            id="the last second before the first day, in the site's zone",
        ),
        pytest.param(
            token(valid_from=date(2026, 7, 16)),
            datetime(2026, 7, 15, 22, 0, tzinfo=UTC),
            "accepted",
            id="the first second of the first day, in the site's zone",
        ),
        pytest.param(
            token(valid_until=date(2026, 7, 15)),
            datetime(2026, 7, 15, 21, 59, 59, tzinfo=UTC),
            "accepted",
            id="the last second of the last day, in the site's zone",
        ),
        pytest.param(
            token(valid_until=date(2026, 7, 15)),
            datetime(2026, 7, 15, 22, 0, tzinfo=UTC),
            "expired",
            id="the first second after the last day, in the site's zone",
        ),
    ],
)
def test_a_card_is_refused_unless_it_is_plainly_allowed(card, now, verdict):
    assert allow(card, now, AMSTERDAM) == verdict


def test_a_validity_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match=r"^valid_until: 2026-01-01 is before valid_from, 2026-0"):
        token(valid_from=date(2026, 2, 1), valid_until=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("uid", "number"),
    [
        pytest.param("04A1B2C3", "19892716500", id="four bytes and their check byte"),
        pytest.param("DEADBEEF", "956397711138", id="the check byte is the XOR of the four"),
        pytest.param("04764589AB1190", "584190412223", id="seven bytes: cascade tag and three"),
        pytest.param("04764511223344556677", "584190412223", id="ten bytes: the same three"),
        pytest.param("00000000", "0", id="without padding"),
    ],
)
def test_a_card_has_the_number_that_oppleo_gave_it(uid, number):
    assert legacy_id(bytes.fromhex(uid)) == number


@given(st.binary(max_size=12).filter(lambda uid: len(uid) not in (4, 7, 10)))
def test_a_uid_of_any_other_length_has_no_number(uid):
    with pytest.raises(ValueError, match=r"^a UID has 4, 7 or 10 bytes, got"):
        legacy_id(uid)


@given(st.binary(min_size=4, max_size=4))
def test_the_bytes_of_a_short_uid_can_be_read_back_from_its_number(uid):
    first_five = int(legacy_id(uid)).to_bytes(5, "big")
    assert first_five[:4] == uid
    assert first_five[4] == uid[0] ^ uid[1] ^ uid[2] ^ uid[3]
