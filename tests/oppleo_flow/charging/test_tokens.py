from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.tokens import (
    Token,
    Vehicle,
    allow,
    attribute,
    card_token,
    control,
    legacy_id,
    uid_of,
)
from oppleo_flow.payloads import Attribution, Authorised, Limits

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


@given(st.binary(min_size=4, max_size=4).filter(lambda uid: uid[0] != 0x88))
def test_the_number_of_a_short_uid_tells_it(uid):
    assert uid_of(legacy_id(uid)) == uid


@given(st.binary(min_size=7, max_size=7))
def test_the_number_of_a_longer_uid_does_not(uid):
    assert uid_of(legacy_id(uid)) is None


@given(uid=st.binary(min_size=4, max_size=4), wrong=st.integers(1, 9), where=st.integers(0, 12))
def test_a_wrong_digit_in_a_number_is_noticed(uid, wrong, where):
    digits = [int(digit) for digit in legacy_id(uid).zfill(13)]
    digits[where] = (digits[where] + wrong) % 10
    typed = "".join(map(str, digits))
    with suppress(ValueError):  # as with any check byte, some slips make another card
        assert uid_of(typed) != uid


def test_a_number_whose_check_byte_does_not_fit_is_no_cards():
    with pytest.raises(ValueError, match="check byte") as error:
        uid_of("19892716501")
    assert str(error.value) == (
        "Oppleo's number of a card has a check byte, which differs in '19892716501'"
    )


@pytest.mark.parametrize(
    ("said", "uid", "number"),
    [
        pytest.param("04A1B2C3", "04A1B2C3", "19892716500", id="a short UID"),
        pytest.param("04:76:45:89:ab:11:90", "04764589AB1190", "584190412223", id="with colons"),
        pytest.param("19892716500", "04A1B2C3", "19892716500", id="the number of a short UID"),
        pytest.param("0019892716500", "04A1B2C3", "19892716500", id="and zeros before it"),
        pytest.param("584190412223", None, "584190412223", id="the number of a longer UID"),
        pytest.param("12345678", "12345678", "78187493384", id="eight digits are a UID"),
    ],
)
def test_a_card_is_entered_by_its_uid_or_by_oppleos_number(said, uid, number):
    assert card_token(UUID(int=1), said, "x") == Token(UUID(int=1), uid, number, "x", enabled=True)


FAMILY, GUEST = Authorised.sample(), Authorised(UUID(int=9), "04D4E5F6", "guest")


@pytest.mark.parametrize(
    ("holder", "card", "what"),
    [
        pytest.param(None, FAMILY, "start", id="nobody charges: it starts"),
        pytest.param(None, FAMILY.with_(wish="start"), "start", id="the page asks for a start"),
        pytest.param(None, FAMILY.with_(wish="end"), "no-session", id="there is nothing to end"),
        pytest.param(
            None, FAMILY.with_(only_ends="expired"), "expired", id="it may only end, and cannot"
        ),
        pytest.param(FAMILY.token_id, FAMILY, "end", id="its own session: it ends"),
        pytest.param(FAMILY.token_id, FAMILY.with_(only_ends="expired"), "end", id="expired since"),
        pytest.param(
            FAMILY.token_id, FAMILY.with_(wish="end"), "end", id="the page asks for an end"
        ),
        pytest.param(
            FAMILY.token_id,
            FAMILY.with_(wish="start"),
            "session-open",
            id="who asks for a start never ends what is open",
        ),
        pytest.param(FAMILY.token_id, GUEST, "other-session", id="another one's session"),
        pytest.param(
            FAMILY.token_id, GUEST.with_(wish="end"), "other-session", id="not from the page either"
        ),
        pytest.param(
            GUEST.token_id,
            FAMILY.with_(wish="end"),
            "other-session",
            id="its own session is over: another one's is not touched (Oppleo D7)",
        ),
    ],
)
def test_what_a_token_does_to_the_session(holder, card, what):
    assert control(holder, card) == what


@pytest.mark.parametrize(
    ("token_values", "vehicles", "found"),
    [
        pytest.param({}, [], Attribution(), id="nobody has said anything"),
        pytest.param(
            {"driver": "Anna", "cost_centre": "acme"},
            [],
            Attribution("Anna", None, None, "acme"),
            id="a driver and who pays",
        ),
        pytest.param(
            {"vehicle": "ioniq"},
            [Vehicle("zoe", "A-1"), Vehicle("ioniq", "X-1")],
            Attribution(None, "ioniq", "X-1"),
            id="a vehicle with its plate",
        ),
        pytest.param({"vehicle": "ioniq"}, [], Attribution(None, "ioniq"), id="without its plate"),
    ],
)
def test_who_and_what_a_session_is_for(token_values, vehicles, found):
    assert attribute(replace(token(), **token_values), vehicles) == found


@pytest.mark.parametrize("limits", [Limits(energy_wh=0), Limits(duration_s=-1)])
def test_a_limit_that_allows_nothing_is_refused(limits):
    with pytest.raises(ValueError, match="more than 0 is needed"):
        replace(token(), limits=limits)


def test_a_token_without_a_card_is_virtual():
    assert replace(token(), uid="WEB-00C0FFEE").virtual
    assert not token().virtual
    assert not replace(token(), uid=None).virtual
