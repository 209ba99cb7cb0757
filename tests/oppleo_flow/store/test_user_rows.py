from datetime import UTC, datetime

import pytest

from oppleo_flow.errors import Refused
from oppleo_flow.store.user_rows import User

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ANNA = User("anna", "pbkdf2:sha256:1$a$00", second_factor_due=True, sealed_secret="c2VhbGVk")


def test_users_are_known_by_name(ledger):
    ledger.users.add(ANNA, NOW)
    ledger.users.add(User("Jörg", None), NOW)
    assert ledger.users.all() == [User("Jörg", None), ANNA]
    assert ledger.users.get("anna") == ANNA
    assert ledger.users.get("nobody") is None


def test_a_better_text_of_a_password_leaves_the_second_factor_sealed(ledger):
    ledger.users.add(ANNA, NOW)
    ledger.users.renew_password("anna", "$argon2id$better")
    assert ledger.users.get("anna") == User("anna", "$argon2id$better", True, "c2VhbGVk")


def test_with_another_password_what_the_old_one_sealed_is_gone_and_due(ledger):
    ledger.users.add(ANNA, NOW)
    ledger.users.set_password("anna", "$argon2id$other")
    assert ledger.users.get("anna") == User("anna", "$argon2id$other", True, None)


def test_a_user_who_is_removed_is_known_no_more(ledger):
    ledger.users.add(ANNA, NOW)
    ledger.users.remove("anna")
    assert ledger.users.all() == []


@pytest.mark.parametrize("name", ["anna", " "])
def test_a_user_has_a_name_that_nobody_else_has(ledger, name):
    ledger.users.add(ANNA, NOW)
    with pytest.raises(Refused) as error:
        ledger.users.add(User(name, None), NOW)
    wrong = "user 'anna': is known already" if name == "anna" else "user: a name is needed, got ' '"
    assert str(error.value) == wrong


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda users: users.set_password("anna", "text"), id="a new password"),
        pytest.param(lambda users: users.renew_password("anna", "text"), id="a better text"),
        pytest.param(lambda users: users.remove("anna"), id="removal"),
    ],
)
def test_nobody_can_change_a_user_who_is_not_there(ledger, change):
    with pytest.raises(Refused) as error:
        change(ledger.users)
    assert str(error.value) == "user 'anna': is not known; see `oppleo-flow users list`"
