from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from oppleo_flow.charging.tokens import Token
from oppleo_flow.errors import Refused

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
TOKEN = Token(
    UUID(int=1), "04A1B2C3", "19892716500", "family", True, date(2026, 1, 1), date(2026, 12, 31)
)


def test_a_token_is_found_by_its_card(ledger):
    ledger.tokens.add(TOKEN, NOON)
    assert ledger.tokens.of_card("04A1B2C3", "19892716500") == TOKEN
    assert ledger.tokens.of_card("04A1B2C4", "19892716501") is None


def test_a_token_of_which_only_oppleos_number_is_known_is_found_by_it(ledger):
    imported = replace(TOKEN, uid=None)
    ledger.tokens.add(imported, NOON)
    assert ledger.tokens.of_card("04A1B2C3", "19892716500") == imported


def test_a_token_with_the_uid_goes_before_one_with_the_number(ledger):
    imported = Token(UUID(int=2), None, "584190412223", "imported", True)
    whole = Token(UUID(int=3), "04764589AB1190", "584190412223", "whole", False)
    ledger.tokens.add(imported, NOON)
    ledger.tokens.add(whole, NOON + timedelta(days=1))
    assert ledger.tokens.of_card("04764589AB1190", "584190412223") == whole


def test_a_card_of_another_uid_is_not_found_by_the_number_they_share(ledger):
    ledger.tokens.add(Token(UUID(int=3), "04764589AB1190", "584190412223", "x", True), NOON)
    assert ledger.tokens.of_card("04764511223344", "584190412223") is None


def test_a_token_whose_uid_came_to_be_known_is_no_other_cards(ledger):
    ledger.tokens.add(Token(UUID(int=3), None, "584190412223", "x", True), NOON)
    ledger.tokens.keep_uid(UUID(int=3), "04764589AB1190")
    ledger.tokens.keep_uid(UUID(int=3), "04764511223344")  # too late
    assert ledger.tokens.of_card("04764511223344", "584190412223") is None
    found = ledger.tokens.of_card("04764589AB1190", "584190412223")
    assert (found.token_id, found.uid) == (UUID(int=3), "04764589AB1190")


def test_a_number_of_a_card_that_was_swiped_is_known_already(ledger):
    ledger.tokens.note_refused("04764589AB1190", "584190412223", NOON)
    with pytest.raises(Refused) as error:
        ledger.tokens.add(Token(UUID(int=3), None, "584190412223", "x", True), NOON)
    assert str(error.value) == "token 584190412223: is known already; change that one"


def test_tokens_are_listed_by_label(ledger):
    second = replace(TOKEN, token_id=UUID(int=2), uid="04000000", label="aunt")
    ledger.tokens.add(TOKEN, NOON)
    ledger.tokens.add(second, NOON)
    assert ledger.tokens.all() == [second, TOKEN]


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(TOKEN, id="the same token"),
        pytest.param(replace(TOKEN, token_id=UUID(int=2)), id="another token of the same card"),
    ],
)
def test_a_card_is_added_once(ledger, again):
    ledger.tokens.add(TOKEN, NOON)
    with pytest.raises(Refused) as error:
        ledger.tokens.add(again, NOON)
    assert str(error.value) == "token 04A1B2C3: is known already; change that one"
    assert ledger.tokens.all() == [TOKEN]


def test_a_token_can_be_changed(ledger):
    ledger.tokens.add(TOKEN, NOON)
    disabled = replace(TOKEN, enabled=False, label="lost", valid_until=None)
    ledger.tokens.change(disabled)
    assert ledger.tokens.all() == [disabled]


def test_a_token_that_is_not_known_cannot_be_changed(ledger):
    with pytest.raises(Refused) as error:
        ledger.tokens.change(TOKEN)
    assert str(error.value) == (
        "token 00000000-0000-0000-0000-000000000001: is not known; add it first"
    )


def test_an_unknown_card_that_was_refused_is_kept_disabled_and_once(ledger):
    ledger.tokens.note_refused("DEADBEEF", "956397711138", NOON)
    ledger.tokens.note_refused("DEADBEEF", "956397711138", NOON + timedelta(hours=1))
    (token,) = ledger.tokens.all()
    assert token == Token(token.token_id, "DEADBEEF", "956397711138", "", enabled=False)
    assert ledger.tokens.refused_at() == {token.token_id: NOON + timedelta(hours=1)}


def test_a_known_card_that_was_refused_stays_as_it_is(ledger):
    ledger.tokens.add(TOKEN, NOON)
    ledger.tokens.note_refused("04A1B2C3", "19892716500", NOON)
    assert ledger.tokens.all() == [TOKEN]
    assert ledger.tokens.refused_at() == {TOKEN.token_id: NOON}


def test_a_refused_card_can_be_enabled(ledger):
    ledger.tokens.note_refused("DEADBEEF", "956397711138", NOON)
    (token,) = ledger.tokens.all()
    ledger.tokens.change(replace(token, enabled=True, label="guest"))
    found = ledger.tokens.of_card("DEADBEEF", "956397711138")
    assert (found.enabled, found.label) == (True, "guest")
