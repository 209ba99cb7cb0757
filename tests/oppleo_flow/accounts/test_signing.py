import base64
import hashlib
from datetime import timedelta

import pyotp
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from oppleo_flow.accounts.failures import CodeNeeded, NotFromThere, NotYou
from oppleo_flow.accounts.networks import Networks
from oppleo_flow.accounts.rights import Role
from oppleo_flow.accounts.rules import AccessRules
from oppleo_flow.accounts.tries import TooManyTries
from oppleo_flow.errors import StoreError
from oppleo_flow.passwords import needs_rehash
from oppleo_flow.store.user_rows import User
from tests.oppleo_flow.accounts.site import FAR, HERE, NEAR, PASSWORD, account_site

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OF_OPPLEO = (
    "pbkdf2:sha256:1000$salt$"
    + hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salt", 1000).hex()
)


@pytest.fixture
def site(tmp_path):
    with account_site(tmp_path) as made:
        yield made


@pytest.fixture
def anna(site):
    """Return a site at which Anna has an account."""
    site.has("anna")
    return site


def code_of(site, secret, steps=0):
    return pyotp.TOTP(secret).at(site.clock.now() + timedelta(seconds=30 * steps))


def with_app(site, name="anna"):
    """Give somebody a second factor; return its secret and the codes that stand in for it."""
    secret = site.accounts.propose_second_factor(name).secret
    codes = site.accounts.confirm_second_factor(name, code_of(site, secret), but="")
    site.clock.advance(60)
    return secret, codes


def sealed_by_oppleo(secret, password):
    vector, pad = bytes(range(16)), 16 - len(secret) % 16
    key = hashlib.sha256(password.encode()).digest()
    made = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    text = secret.encode() + bytes([pad]) * pad
    return base64.b64encode(vector + made.update(text) + made.finalize()).decode()


def test_who_knows_the_password_is_signed_in(anna):
    assert anna.signed_in(anna.sign_in()) == "anna"
    assert anna.noted == [("anna", "sign-in", "from 192.168.1.2")]


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("anna", "wrong horse", id="a wrong password"),
        pytest.param("eve", PASSWORD, id="a name that nobody has"),
        pytest.param("Anna", PASSWORD, id="a name in other letters"),
        pytest.param("", "", id="nothing at all"),
        pytest.param("anna", "\ud800", id="half a character"),
        pytest.param("waiting", PASSWORD, id="an account without a password"),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(anna, name, password):
    anna.ledger.users.add(User("waiting", None), anna.clock.now())
    with pytest.raises(NotYou) as error:
        anna.sign_in(name, password)
    assert str(error.value) == "name, password or code is wrong"


def test_a_name_that_nobody_has_takes_as_many_hashes_as_one_that_somebody_has(anna, monkeypatch):
    anna.ledger.users.add(User("old", OF_OPPLEO), anna.clock.now())
    checked = []
    monkeypatch.setattr(
        "oppleo_flow.accounts.proving.verify",
        lambda password, kept: checked.append(kept.partition("$s")[0].partition("$v")[0]),
    )
    for name in ("anna", "old", "nobody"):
        with pytest.raises(NotYou):
            anna.sign_in(name)
        assert sorted(checked) == ["$argon2id", "pbkdf2:sha256:1000"]
        checked.clear()


def test_a_wrong_name_is_not_noted_because_people_type_passwords_there(anna):
    with pytest.raises(NotYou):
        anna.sign_in(name=PASSWORD, password="")
    assert anna.noted == [
        ("somebody unknown", "sign-in failed", "wrong password, from 192.168.1.2")
    ]


def test_failures_are_not_noted_without_end(anna):
    for minute in range(150):
        anna.clock.advance(1000)
        with pytest.raises(NotYou):
            anna.sign_in(f"nobody {minute}")
    hours = 150 * 1000 // 3600
    assert len(anna.noted) <= 100 * (hours + 1)


def test_after_five_failures_the_wait_for_an_account_doubles(anna):
    waits = []
    for _ in range(9):
        try:
            anna.sign_in(password="wrong horse")
        except TooManyTries as error:
            waits.append(error.wait_s)
            anna.clock.advance(error.wait_s)
            with pytest.raises(NotYou):
                anna.sign_in(password="wrong horse")
        except NotYou:
            pass
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_the_right_password_must_wait_too_and_then_all_is_forgotten(anna):
    fail(anna, 5)
    with pytest.raises(TooManyTries):
        anna.sign_in()
    anna.clock.advance(1)
    anna.sign_in()
    fail(anna, 5)


def test_a_name_that_nobody_has_is_locked_out_in_the_same_way(anna):
    fail(anna, 5, name="nobody")
    with pytest.raises(TooManyTries) as error:
        anna.sign_in("nobody")
    assert error.value.wait_s == 1.0


def test_an_address_that_tries_many_names_has_to_wait(anna):
    for number in range(20):
        with pytest.raises(NotYou):
            anna.sign_in(f"name {number}")
    with pytest.raises(TooManyTries):
        anna.sign_in("anna")
    anna.sign_in("anna", origin=HERE)


def test_nobody_elsewhere_can_lock_the_owner_out_from_the_machine_itself(anna):
    fail(anna, 5)
    with pytest.raises(TooManyTries):
        anna.sign_in()
    assert anna.signed_in(anna.sign_in(origin=HERE)) == "anna"


def test_a_password_given_at_the_console_ends_a_lock_out(anna):
    fail(anna, 5)
    anna.accounts.set_password("anna", "battery staple", end_tokens=True)
    assert anna.signed_in(anna.sign_in(password="battery staple")) == "anna"


def test_the_longest_wait_is_a_quarter_of_an_hour(anna):
    for _ in range(5 + 10):
        with pytest.raises(NotYou):
            anna.sign_in(password="wrong horse")
        anna.clock.advance(900)
    with pytest.raises(NotYou):
        anna.sign_in(password="wrong horse")
    with pytest.raises(TooManyTries) as error:
        anna.sign_in()
    assert error.value.wait_s == 900.0


def fail(site, times, name="anna"):
    for _ in range(times):
        with pytest.raises(NotYou):
            site.sign_in(name, "wrong horse")


def test_with_a_second_factor_the_password_alone_is_not_enough(anna):
    secret, _ = with_app(anna)
    with pytest.raises(CodeNeeded):
        anna.sign_in()
    with pytest.raises(NotYou):
        anna.sign_in(code="000000")
    assert anna.signed_in(anna.sign_in(code=code_of(anna, secret))) == "anna"


def test_a_code_is_used_once(anna):
    secret, _ = with_app(anna)
    code = code_of(anna, secret)
    anna.sign_in(code=code)
    with pytest.raises(NotYou):
        anna.sign_in(code=code)


def test_the_code_that_proved_a_new_app_signs_nobody_in(anna):
    secret = anna.accounts.propose_second_factor("anna").secret
    code = code_of(anna, secret)
    anna.accounts.confirm_second_factor("anna", code, but="")
    with pytest.raises(NotYou):
        anna.sign_in(code=code)


@pytest.mark.parametrize(
    ("steps", "right"),
    [
        pytest.param(-2, False, id="of a minute ago"),
        pytest.param(-1, True, id="the one before"),
        pytest.param(0, True, id="this one"),
        pytest.param(1, True, id="the next"),
        pytest.param(2, False, id="of a minute ahead"),
    ],
)
def test_a_clock_may_be_one_step_off(anna, steps, right):
    secret, _ = with_app(anna)
    code = code_of(anna, secret, steps)
    if right:
        anna.sign_in(code=code)
    else:
        with pytest.raises(NotYou):
            anna.sign_in(code=code)


def test_a_code_may_be_typed_with_spaces(anna):
    secret, _ = with_app(anna)
    code = code_of(anna, secret)
    anna.sign_in(code=f" {code[:3]} {code[3:]} ")


def test_a_recovery_code_stands_in_for_the_app_once(anna):
    _, codes = with_app(anna)
    assert anna.accounts.recovery_codes_left("anna") == len(codes) == 10
    anna.sign_in(code=codes[0].upper().replace("-", " "))
    with pytest.raises(NotYou):
        anna.sign_in(code=codes[0])
    assert anna.accounts.recovery_codes_left("anna") == 9


def test_new_recovery_codes_void_those_of_before(anna):
    _, codes = with_app(anna)
    anna.sign_in(code=anna.accounts.new_recovery_codes("anna")[3])
    with pytest.raises(NotYou):
        anna.sign_in(code=codes[1])


def test_the_ledger_alone_does_not_tell_the_codes_of_an_app(anna, tmp_path):
    secret, codes = with_app(anna)
    kept = (tmp_path / "ledger.sqlite").read_bytes() + (tmp_path / "ledger.sqlite-wal").read_bytes()
    assert secret.encode() not in kept
    assert not any(code.encode() in kept for code in codes)
    assert (tmp_path / "account.key").stat().st_mode & 0o777 == 0o600


def test_without_the_key_of_the_site_a_second_factor_proves_nobody(anna, tmp_path):
    secret, codes = with_app(anna)
    (tmp_path / "account.key").unlink()
    with pytest.raises(StoreError) as error:
        anna.sign_in(code=code_of(anna, secret))
    assert str(error.value) == (
        f"{tmp_path}/account.key: is not the key that a second factor of this ledger was sealed "
        "with; put the right one back, or use `oppleo-flow users disable-2fa`"
    )
    anna.sign_in(code=codes[0])


def test_a_secret_that_was_sealed_for_one_is_none_for_another(anna):
    secret, _ = with_app(anna)
    anna.has("eve")
    stolen = anna.accounts.user("anna").totp_secret
    anna.ledger.users.set_second_factor("eve", stolen, None, ())
    with pytest.raises(StoreError):
        anna.sign_in("eve", code=code_of(anna, secret))


def test_a_password_of_oppleo_is_renewed_at_the_first_sign_in(site):
    site.ledger.users.add(User("old", OF_OPPLEO, role="admin"), site.clock.now())
    site.sign_in("old")
    assert not needs_rehash(site.accounts.user("old").password)
    site.sign_in("old")


def test_a_second_factor_of_oppleo_is_taken_over_at_the_first_sign_in(site):
    sealed = sealed_by_oppleo(SECRET, PASSWORD)
    old = User("old", OF_OPPLEO, second_factor_due=True, sealed_secret=sealed, role="admin")
    site.ledger.users.add(old, site.clock.now())
    with pytest.raises(CodeNeeded):
        site.sign_in("old")
    user = site.accounts.user("old")
    assert (user.sealed_secret, user.second_factor_due) == (None, False)
    site.sign_in("old", code=code_of(site, SECRET))


def test_a_second_factor_of_oppleo_that_nothing_opens_is_to_be_set_up_anew(site):
    sealed = sealed_by_oppleo(SECRET, "another password")
    old = User("old", OF_OPPLEO, second_factor_due=True, sealed_secret=sealed, role="admin")
    site.ledger.users.add(old, site.clock.now())
    site.sign_in("old")
    user = site.accounts.user("old")
    assert (user.sealed_secret, user.totp_secret, user.second_factor_due) == (None, None, True)


def test_from_elsewhere_an_account_needs_a_second_factor(anna):
    with pytest.raises(NotFromThere):
        anna.sign_in(origin=FAR)
    secret, _ = with_app(anna)
    assert anna.signed_in(anna.sign_in(code=code_of(anna, secret), origin=FAR), FAR) == "anna"


def test_a_session_that_began_at_home_without_a_code_is_none_elsewhere(anna):
    shown = anna.sign_in()
    assert (anna.signed_in(shown, FAR), anna.signed_in(shown, NEAR)) == (None, "anna")


def test_where_a_password_is_enough_it_is_so_from_elsewhere_too(tmp_path):
    with account_site(tmp_path, AccessRules(remote="password")) as site:
        site.has("anna")
        assert site.signed_in(site.sign_in(origin=FAR), FAR) == "anna"


def test_at_home_a_code_may_be_left_out_where_the_settings_say_so(tmp_path):
    with account_site(tmp_path, AccessRules(second_factor="remote")) as site:
        site.has("anna")
        with_app(site)
        site.sign_in(origin=NEAR)
        with pytest.raises(CodeNeeded):
            site.sign_in(origin=FAR)


def test_without_a_local_network_everybody_is_elsewhere(tmp_path):
    with account_site(tmp_path, AccessRules(Networks())) as site:
        site.has("anna")
        with pytest.raises(NotFromThere):
            site.sign_in(origin=NEAR)


@pytest.mark.parametrize("role", Role)
def test_every_role_can_sign_in(site, role):
    site.has("somebody", role)
    assert site.signed_in(site.sign_in("somebody")) == "somebody"
