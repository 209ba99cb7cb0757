from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.errors import Refused
from oppleo_flow.store.sign_in_rows import ApiToken, WebSession
from oppleo_flow.store.user_rows import User

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SESSION = WebSession(
    *("a" * 64, "anna", NOW, NOW, NOW + DAY, NOW),
    remembered=False, second_factor=True, agent="Firefox", address="192.168.1.2",
)  # fmt: skip
TOKEN = ApiToken("b" * 64, "anna", "backup", "look own", NOW, None)


def test_a_session_is_found_by_the_hash_of_what_the_browser_shows(ledger):
    ledger.sign_ins.add_session(SESSION)
    assert ledger.sign_ins.session("a" * 64) == SESSION
    assert ledger.sign_ins.session("c" * 64) is None


def test_a_session_is_called_by_what_nobody_can_ask_with(ledger):
    assert SESSION.reference == "a" * 16
    assert TOKEN.reference == "b" * 16


def test_a_session_remembers_when_and_where_it_was_seen_and_proved(ledger):
    ledger.sign_ins.add_session(SESSION)
    ledger.sign_ins.see_session("a" * 64, NOW + DAY, "::1")
    ledger.sign_ins.prove_session("a" * 64, NOW + DAY)
    seen = replace(SESSION, seen_at=NOW + DAY, address="::1", proved_at=NOW + DAY)
    assert ledger.sign_ins.session("a" * 64) == seen


def test_all_sessions_of_somebody_end_but_the_one_that_asks(ledger):
    for letter, name in (("a", "anna"), ("c", "anna"), ("d", "jan")):
        session = replace(SESSION, id_hash=letter * 64, user_name=name)
        ledger.sign_ins.add_session(session)
    assert ledger.sign_ins.end_sessions("anna", but="a" * 64) == 1
    assert {one.id_hash[0] for one in ledger.sign_ins.sessions()} == {"a", "d"}
    assert ledger.sign_ins.end_sessions("anna") == 1
    assert ledger.sign_ins.end_session("d" * 64) == 1
    assert ledger.sign_ins.end_session("d" * 64) == 0


def test_sessions_that_are_over_or_unused_are_forgotten(ledger):
    ledger.sign_ins.add_session(replace(SESSION, id_hash="1" * 64, expires_at=NOW))
    ledger.sign_ins.add_session(replace(SESSION, id_hash="2" * 64, seen_at=NOW - 31 * DAY))
    ledger.sign_ins.add_session(SESSION)
    assert ledger.sign_ins.forget_expired(NOW, NOW - 30 * DAY) == 2
    assert ledger.sign_ins.sessions("anna") == [SESSION]


def test_a_token_is_kept_used_and_removed(ledger):
    ledger.sign_ins.add_token(TOKEN)
    ledger.sign_ins.use_token("b" * 64, NOW + DAY)
    assert ledger.sign_ins.token("b" * 64) == replace(TOKEN, used_at=NOW + DAY)
    assert ledger.sign_ins.tokens("anna") == [replace(TOKEN, used_at=NOW + DAY)]
    assert ledger.sign_ins.remove_token("b" * 64) == 1
    assert ledger.sign_ins.token("b" * 64) is None


def test_who_is_removed_can_ask_by_nothing_any_more(ledger):
    ledger.users.add(User("anna", "text"), NOW)
    ledger.users.set_recovery_codes("anna", ["e" * 64])
    ledger.sign_ins.add_session(SESSION)
    ledger.sign_ins.add_token(TOKEN)
    ledger.users.remove("anna")
    assert (ledger.sign_ins.sessions(), ledger.sign_ins.tokens()) == ([], [])
    assert ledger.users.recovery_codes_left("anna") == 0


def test_the_code_of_a_step_of_time_is_used_once(ledger):
    ledger.users.add(User("anna", "text"), NOW)
    assert [ledger.users.use_step("anna", step) for step in (7, 7, 6, 8)] == [
        *(True, False, False, True)
    ]


def test_a_recovery_code_is_used_once_and_new_ones_take_the_place_of_all(ledger):
    ledger.users.add(User("anna", "text"), NOW)
    ledger.users.set_recovery_codes("anna", ["e" * 64, "f" * 64])
    assert ledger.users.use_recovery_code("anna", "e" * 64)
    assert not ledger.users.use_recovery_code("anna", "e" * 64)
    assert ledger.users.recovery_codes_left("anna") == 1
    ledger.users.set_recovery_codes("anna", ["1" * 64])
    assert not ledger.users.use_recovery_code("anna", "f" * 64)


def test_a_second_factor_is_proposed_set_and_removed(ledger):
    old = User("anna", "text", second_factor_due=True, sealed_secret="of Oppleo")
    ledger.users.add(old, NOW)
    ledger.users.propose_second_factor("anna", "new")
    assert ledger.users.get("anna") == replace(old, new_totp_secret="new")
    ledger.users.set_second_factor("anna", "new", 5, ["e" * 64])
    assert ledger.users.get("anna") == User("anna", "text", totp_secret="new", totp_step=5)
    assert ledger.users.recovery_codes_left("anna") == 1
    ledger.users.remove_second_factor("anna")
    assert ledger.users.get("anna") == User("anna", "text")
    assert ledger.users.recovery_codes_left("anna") == 0


def test_the_first_user_is_the_first_who_can_sign_in(ledger):
    ledger.users.add(User("without a password", None), NOW)
    ledger.users.add(User("anna", "text", role="admin"), NOW, only_first=True)
    with pytest.raises(Refused) as error:
        ledger.users.add(User("eve", "text", role="admin"), NOW, only_first=True)
    assert str(error.value) == "user: there is an account already; sign in"


def test_a_user_has_a_role_and_may_be_a_driver(ledger):
    ledger.users.add(User("anna", "text"), NOW)
    ledger.users.set_terms("anna", role="driver", driver="Anna", may=())
    assert ledger.users.get("anna") == User("anna", "text", role="driver", driver="Anna")
