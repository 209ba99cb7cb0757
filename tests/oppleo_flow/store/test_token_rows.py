from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from oppleo_flow.charging.tokens import Token, TokenUse
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import SessionEnded, SessionStarted

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


def test_a_card_that_never_charged_can_be_removed(ledger):
    ledger.tokens.add(TOKEN, NOON)
    ledger.tokens.remove(TOKEN.token_id)
    assert ledger.tokens.all() == []
    ledger.tokens.add(TOKEN, NOON)


@pytest.mark.parametrize(
    ("events", "sessions"),
    [
        pytest.param([SessionStarted.sample()], "a session", id="while it charges"),
        pytest.param([SessionStarted.sample(), SessionEnded.sample()], "a session", id="once"),
        pytest.param([SessionEnded.sample()], "a session", id="whose start was lost"),
        pytest.param(
            [SessionEnded.sample(), SessionStarted.sample(session_id=UUID(int=9))],
            "2 sessions",
            id="more than once",
        ),
    ],
)
def test_a_card_that_charged_is_never_removed(ledger, events, sessions):
    ledger.tokens.add(TOKEN, NOON)
    for event in events:
        ledger.sessions.record(event.with_(token_id=TOKEN.token_id))
    with pytest.raises(Refused) as error:
        ledger.tokens.remove(TOKEN.token_id)
    assert str(error.value) == (
        f"token 04A1B2C3: has {sessions}; retire it instead, so that everybody sees whose they are"
    )
    assert ledger.tokens.all() == [TOKEN]


def test_a_card_that_nobody_knows_cannot_be_removed(ledger):
    with pytest.raises(Refused) as error:
        ledger.tokens.remove(TOKEN.token_id)
    assert str(error.value) == "token 00000000-0000-0000-0000-000000000001: is not known"


def test_what_a_token_was_used_for_is_counted_from_its_sessions(ledger):
    ledger.tokens.add(TOKEN, NOON)
    assert ledger.tokens.uses() == {}
    hour = timedelta(hours=1)
    started = SessionStarted.sample(token_id=TOKEN.token_id, started_at=NOON)
    ledger.sessions.record(started)
    assert ledger.tokens.uses() == {TOKEN.token_id: TokenUse(1, NOON, NOON)}
    ended = SessionEnded.sample(
        session_id=started.session_id,
        token_id=TOKEN.token_id,
        started_at=NOON,
        ended_at=NOON + hour,
        reason="card",
    )
    ledger.sessions.record(ended)
    assert ledger.tokens.uses() == {TOKEN.token_id: TokenUse(1, NOON, NOON + hour)}
    ledger.tokens.note_refused(TOKEN.uid, TOKEN.legacy_id, NOON + 2 * hour)
    assert ledger.tokens.uses() == {TOKEN.token_id: TokenUse(1, NOON, NOON + 2 * hour)}


def test_a_session_of_which_only_the_end_is_there_counts_as_every_other(ledger):
    ids = [UUID(int=1000 + number) for number in range(5)]
    whole, lost, open_ = ids[:2], ids[2:4], ids[4:]
    for number, session_id in enumerate([*whole, *open_]):
        began = NOON + timedelta(hours=number)
        ledger.sessions.record(SessionStarted.sample(session_id=session_id, started_at=began))
    for session_id in (*whole, *lost):
        ledger.sessions.record(SessionEnded.sample(session_id=session_id))
    (use,) = ledger.tokens.uses().values()
    assert use.sessions == 5


def test_a_time_by_a_clock_that_nobody_could_trust_says_nothing_of_a_token(ledger):
    ledger.sessions.record(SessionStarted.sample(clock_uncertain=True))
    (use,) = ledger.tokens.uses().values()
    assert use == TokenUse(1, None, None)


def test_a_card_that_is_retired_charges_no_more_until_it_is_restored(ledger):
    ledger.tokens.add(TOKEN, NOON)
    retired = TOKEN.retired(NOON)
    ledger.tokens.change(retired)
    assert ledger.tokens.get(TOKEN.token_id) == replace(TOKEN, enabled=False, retired_at=NOON)
    assert retired.retired(NOON + timedelta(days=1)) == retired
    with pytest.raises(ValueError, match="a card that is retired may not charge"):
        replace(retired, enabled=True)
    assert retired.restored() == replace(TOKEN, enabled=False)
    assert ledger.tokens.get(UUID(int=99)) is None
