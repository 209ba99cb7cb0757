"""Passwords, of which no more than two are checked at a time, and what programs and apps show."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from oppleo_flow.accounts.proving import (
    Busy,
    Passwords,
    csrf_token_of,
    hash_of,
    hash_of_code,
    new_recovery_codes,
    new_token,
    qr_code,
)

PATIENCE_S = 20.0


class Checking:
    """Stands where a password is checked: in pairs, and counts how many are there at once."""

    def __init__(self):
        self._two = threading.Barrier(2)
        self._lock = threading.Lock()
        self._there = 0
        self.most = 0

    def __call__(self, password, kept):
        with self._lock:
            self._there += 1
            self.most = max(self.most, self._there)
        self._two.wait(PATIENCE_S)
        with self._lock:
            self._there -= 1
        return False


def test_no_more_than_two_passwords_are_checked_at_a_time(monkeypatch):
    passwords, checking = Passwords(), Checking()
    kept = passwords.hash("correct horse")
    monkeypatch.setattr("oppleo_flow.accounts.proving.verify", checking)
    with ThreadPoolExecutor(8) as asking:
        asked = [asking.submit(passwords.proves, "wrong", kept, [kept]) for _ in range(8)]
        assert not any(one.result(PATIENCE_S) for one in asked)
    assert checking.most == 2


def test_who_would_wait_too_long_is_told_to_come_back(monkeypatch):
    passwords, both = Passwords(longest_wait_s=0.0), threading.Barrier(3)
    release = threading.Event()

    def check(password, kept):
        both.wait(PATIENCE_S)
        return not release.wait(PATIENCE_S)

    kept = passwords.hash("correct horse")
    monkeypatch.setattr("oppleo_flow.accounts.proving.verify", check)
    with ThreadPoolExecutor(2) as asking:
        asked = [asking.submit(passwords.proves, "wrong", kept, [kept]) for _ in range(2)]
        both.wait(PATIENCE_S)
        with pytest.raises(Busy) as error:
            passwords.proves("correct horse", kept, [kept])
        release.set()
        assert [one.result(PATIENCE_S) for one in asked] == [False, False]
    assert str(error.value) == "too many passwords are being checked; try again in a moment"


def test_recovery_codes_are_many_different_and_easy_to_write_down():
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", code) for code in codes)
    assert hash_of_code(codes[0]) == hash_of_code(codes[0].upper().replace("-", " "))


def test_what_is_shown_says_what_it_is_and_cannot_be_guessed():
    shown = {new_token("token") for _ in range(100)}
    assert len(shown) == 100
    assert all(re.fullmatch(r"token_[\w-]{43}", one) for one in shown)


def test_the_token_of_a_page_is_of_its_session_and_does_not_tell_it():
    one, other = new_token("session"), new_token("session")
    assert csrf_token_of(one) == csrf_token_of(one)
    assert len({csrf_token_of(one), csrf_token_of(other), hash_of(one), one}) == 4


def test_a_qr_code_is_a_picture_without_script_or_style():
    drawn = qr_code("otpauth://totp/Garage:anna?secret=JBSWY3DPEHPK3PXP")
    assert drawn.startswith("<svg")
    assert "script" not in drawn
    assert "style" not in drawn
