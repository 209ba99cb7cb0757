"""What proves who somebody is: passwords, codes of an app, and random texts kept as hashes."""

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from oppleo_flow.errors import Refused
from oppleo_flow.passwords import hash_password, verify

_AT_ONCE: Final = 2
_LONGEST_WAIT_S: Final = 3.0
_STEP_S: Final = 30
_DRIFT: Final = (-1, 0, 1)
_DIGITS: Final = 6
_RECOVERY_CODES: Final = 10


class Busy(Refused):
    """As many passwords are being checked as may be, and more wait."""

    def __init__(self) -> None:
        super().__init__("too many passwords are being checked; try again in a moment")


class Passwords:
    """Makes and checks texts that prove passwords, at most two at a time: each takes memory.

    To check one takes as long whether there is such a user or not, and whatever form the text of
    it has: one of each form in use is gone through.  Legal from any thread.
    """

    def __init__(self, longest_wait_s: float = _LONGEST_WAIT_S) -> None:
        self._longest_wait_s = longest_wait_s
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._decoy: str | None = None

    def hash(self, password: str) -> str:
        """Return the text to keep of a password.

        Raises:
            Busy: Too many wait.
        """
        self._take_turn()
        try:
            return hash_password(password)
        finally:
            self._turns.release()

    def proves(self, password: str, kept: str | None, others: Iterable[str]) -> bool:
        """Return whether a password is that of a text; `others` are texts of other users.

        Raises:
            Busy: Too many wait.
        """
        self._take_turn()
        try:
            forms = {_form(one): one for one in (self._of_nobody(), *others)}
            if kept is not None:
                forms.pop(_form(kept), None)
            for decoy in forms.values():
                verify(password, decoy)
            return kept is not None and verify(password, kept)
        finally:
            self._turns.release()

    def _take_turn(self) -> None:
        if not self._turns.acquire(timeout=self._longest_wait_s):
            raise Busy

    def _of_nobody(self) -> str:
        """Return a text that no password proves."""
        with self._lock:
            if self._decoy is None:
                self._decoy = hash_password(secrets.token_urlsafe())
            return self._decoy


def _form(kept: str) -> str:
    """Return what decides how long a text takes to check: how it was made, without the rest."""
    return kept.rpartition("$")[0].rpartition("$")[0]


def step_of_code(secret: str, code: str, now: datetime) -> int | None:
    """Return the step of time that a code of an app is of: this one, or one before or after.

    How long it takes does not depend on how much of it is right.  RFC 6238.
    """
    import pyotp  # noqa: PLC0415  (only who has a second factor needs it)

    totp = pyotp.TOTP(secret)
    given = "".join(code.split()).encode()
    step, found = int(now.timestamp()) // _STEP_S, None
    for drift in _DRIFT:
        expected = totp.at((step + drift) * _STEP_S).encode()
        if hmac.compare_digest(expected, given):
            found = step + drift
    return found


def is_app_code(code: str) -> bool:
    """Return whether a code is one of an app, by its form; others stand in for the app."""
    digits = "".join(code.split())
    return len(digits) == _DIGITS and digits.isdecimal() and digits.isascii()


def new_totp_secret() -> str:
    """Return a new secret for an app, in base32."""
    import pyotp  # noqa: PLC0415  (only who has a second factor needs it)

    return pyotp.random_base32()


def totp_uri(secret: str, name: str, site: str) -> str:
    """Return the text that an app takes a secret from."""
    import pyotp  # noqa: PLC0415  (only who has a second factor needs it)

    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=site)


def qr_code(text: str) -> str:
    """Return a text as an SVG of a QR code."""
    import segno  # noqa: PLC0415  (only who sets up a second factor needs it)

    drawn = segno.make(text, error="m")
    return str(drawn.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True))


def new_recovery_codes() -> list[str]:
    """Return codes that stand in for an app: 80 random bits each, easy to write down."""
    codes = []
    for _ in range(_RECOVERY_CODES):
        text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
        codes.append("-".join(text[at : at + 4] for at in range(0, len(text), 4)))
    return codes


def new_token(kind: str) -> str:
    """Return a random text of 256 bits that somebody can ask with."""
    return f"{kind}_{secrets.token_urlsafe(32)}"


def hash_of(token: str) -> str:
    """Return what is kept of a random text.

    It is too long to guess, so that a quick hash will do.
    """
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def hash_of_code(code: str) -> str:
    """Return what is kept of a recovery code, however it is written."""
    return hash_of("".join(letter for letter in code.lower() if letter.isalnum()))


def csrf_token_of(session_id: str) -> str:
    """Return what a page must show besides its cookie to change something."""
    return hmac.new(session_id.encode(), b"csrf", hashlib.sha256).hexdigest()


def is_same(one: str, other: str) -> bool:
    """Return whether two texts are the same; how long it takes does not tell how much of it is."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
