import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.errors import ConfigError
from oppleo_flow.passwords import (
    check_new_password,
    hash_password,
    is_known_form,
    needs_rehash,
    verify,
)

PASSWORD = "s3cret ünï"


def pbkdf2(password: str, rounds: int, digest: str = "sha256", salt: str = "qQ3xY8Zr") -> str:
    proof = hashlib.pbkdf2_hmac(digest, password.encode(), salt.encode(), rounds).hex()
    return f"pbkdf2:{digest}:{rounds}${salt}${proof}"


def scrypt(password: str, salt: str = "hG7pLw2sKe9vBn4t") -> str:
    proof = hashlib.scrypt(
        password.encode(), salt=salt.encode(), n=32768, r=8, p=1, maxmem=132 * 32768 * 8
    ).hex()
    return f"scrypt:32768:8:1${salt}${proof}"


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(pbkdf2(PASSWORD, 150_000), id="PBKDF2 of Werkzeug 0.15 to 1"),
        pytest.param(pbkdf2(PASSWORD, 260_000), id="PBKDF2 of Werkzeug 2"),
        pytest.param(pbkdf2(PASSWORD, 1000, "sha512"), id="PBKDF2 with another digest"),
        pytest.param(scrypt(PASSWORD), id="scrypt of Werkzeug 2.3 and later"),
    ],
)
def test_a_password_of_oppleo_is_accepted_and_due_for_a_new_text(kept):
    assert is_known_form(kept)
    assert verify(PASSWORD, kept)
    assert not verify(PASSWORD + " ", kept)
    assert not verify("", kept)
    assert needs_rehash(kept)


def test_a_new_text_is_argon2id_another_one_each_time_and_not_due():
    kept = hash_password(PASSWORD)
    assert kept.startswith("$argon2id$")
    assert hash_password(PASSWORD) != kept
    assert PASSWORD not in kept
    assert verify(PASSWORD, kept)
    assert not verify("another", kept)
    assert not needs_rehash(kept)


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param("", id="nothing"),
        pytest.param("admin", id="the password itself"),
        pytest.param("plain$$admin", id="the password, as Werkzeug once could"),
        pytest.param("sha1$salt$0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33", id="one round of SHA-1"),
        pytest.param("pbkdf2:sha256:99999999$salt$00", id="PBKDF2 that takes minutes"),
        pytest.param("pbkdf2:sha256:0$salt$00", id="PBKDF2 without a round"),
        pytest.param("pbkdf2:md5:1000$salt$00", id="PBKDF2 with a broken digest"),
        pytest.param("pbkdf2:sha256:1000$salt$0", id="half a byte"),
        pytest.param("scrypt:1048576:8:1$salt$00", id="scrypt that takes a gigabyte"),
        pytest.param("scrypt:1000:8:1$salt$00", id="scrypt of no power of two"),
        pytest.param("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$", id="a text of Argon2 that was cut"),
        pytest.param("$argon2id$é", id="a text of Argon2 that is not ASCII"),
        pytest.param(
            "$argon2id$v=19$m=8388608,t=3,p=4$c2FsdHNhbHQ$ZGVmZGVmZGVmZGVm",
            id="Argon2 that takes eight gigabytes",
        ),
        pytest.param(
            "$argon2id$v=19$m=65536,t=9999999,p=4$c2FsdHNhbHQ$ZGVmZGVmZGVmZGVm",
            id="Argon2 that takes days",
        ),
    ],
)
def test_a_text_in_no_known_form_proves_no_password(kept):
    assert not is_known_form(kept)
    assert not verify("admin", kept)
    assert not verify("", kept)
    assert needs_rehash(kept)


@pytest.mark.parametrize(
    "kept", [hash_password(PASSWORD), pbkdf2(PASSWORD, 10)], ids=["Argon2", "PBKDF2"]
)
def test_what_is_no_text_is_no_password(kept):
    assert not verify(f"\udcff{PASSWORD}", kept)
    with pytest.raises(ConfigError) as error:
        check_new_password(f"\udcff{PASSWORD}")
    assert str(error.value) == "password: has a character that is none; type another"


@given(st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=20)
def test_only_the_password_itself_is_accepted(password, other):
    kept = pbkdf2(password, 10)
    assert verify(password, kept)
    assert verify(other, kept) == (other == password)


def test_an_endless_password_costs_nothing():
    assert not verify("x" * 100_000, pbkdf2("x", 10))


@pytest.mark.parametrize("length", [0, 7, 1025])
def test_a_new_password_has_a_length(length):
    with pytest.raises(ConfigError) as error:
        check_new_password("x" * length)
    assert str(error.value) == f"password: 8 to 1024 characters are needed, got {length}"


def test_a_password_of_eight_characters_will_do():
    check_new_password("12345678")
