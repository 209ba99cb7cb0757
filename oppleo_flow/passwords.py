"""Passwords, of which only a text is kept that proves one and does not tell it.

New ones are Argon2id.  Those that come from Oppleo are in the form of Werkzeug, PBKDF2 or scrypt:
they are accepted, and `needs_rehash` says that a new text is due as soon as the password is known,
at the next sign-in.
"""

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Final

from oppleo_flow.errors import ConfigError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_ARGON2 = "$argon2id$"
_WERKZEUG = re.compile(
    r"(?:pbkdf2:(?P<digest>sha1|sha224|sha256|sha384|sha512):(?P<rounds>[0-9]{1,8})"
    r"|scrypt:(?P<n>[0-9]{1,7}):(?P<r>[0-9]{1,3}):(?P<p>[0-9]{1,3}))"
    r"\$(?P<salt>[^$]+)\$(?P<proof>[0-9a-f]+)"
)
_MOST_ROUNDS: Final = 10_000_000
_MOST_MEMORY_BYTES: Final = 256 * 1024 * 1024
_MOST_PASSES: Final = 100
_SHORTEST: Final = 8
_LONGEST: Final = 1024


def check_new_password(password: str) -> None:
    """Refuse what is no password to begin with.

    Raises:
        ConfigError: It is too short, or too long to be one, or no text.
    """
    if not _is_text(password):
        raise ConfigError("password: has a character that is none; type another")
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise ConfigError(
            f"password: {_SHORTEST} to {_LONGEST} characters are needed, got {len(password)}"
        )


def hash_password(password: str) -> str:
    """Return the text to keep of a password; another one each time."""
    return _hasher().hash(password)


def is_known_form(kept: str) -> bool:
    """Return whether a kept text can prove any password at all."""
    return _is_argon2(kept) or _werkzeug(kept) is not None


def verify(password: str, kept: str) -> bool:
    """Return whether a password is the one that a text was made from.

    How long it takes does not depend on how much of it is right.  A text in no known form proves
    no password.
    """
    if len(password) > _LONGEST or not _is_text(password):
        return False
    if _is_argon2(kept):
        return _verify_argon2(password, kept)
    found = _werkzeug(kept)
    if found is None:
        return False
    proof = bytes.fromhex(found["proof"])
    return hmac.compare_digest(_derived(password, found, len(proof)), proof)


def needs_rehash(kept: str) -> bool:
    """Return whether a new text is due as soon as the password is known."""
    if not _is_argon2(kept):
        return True
    return _hasher().check_needs_rehash(kept)


def _hasher() -> "PasswordHasher":
    """Return what makes new texts: as OWASP advises where memory is scarce, as on a small Pi."""
    from argon2 import PasswordHasher  # noqa: PLC0415  (only who signs in needs it)

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def _is_text(password: str) -> bool:
    """Return whether it can be encoded; JSON and terminals can tell of half a character."""
    return not any("\ud800" <= sign <= "\udfff" for sign in password)


def _is_argon2(kept: str) -> bool:
    """Return whether a text is one of Argon2id that does not take a machine down."""
    if not kept.startswith(_ARGON2) or not kept.isascii():
        return False
    from argon2 import extract_parameters  # noqa: PLC0415  (only who signs in needs it)
    from argon2.exceptions import InvalidHashError  # noqa: PLC0415

    try:
        found = extract_parameters(kept)
    except InvalidHashError:
        return False
    fits = found.memory_cost * 1024 <= _MOST_MEMORY_BYTES and found.time_cost <= _MOST_PASSES
    return fits and found.hash_len > 0


def _verify_argon2(password: str, kept: str) -> bool:
    from argon2.exceptions import (  # noqa: PLC0415
        InvalidHashError,
        VerificationError,
    )

    try:
        return _hasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _werkzeug(kept: str) -> "re.Match[str] | None":
    """Return the parts of a text of Werkzeug; None for one that would take a machine down."""
    found = _WERKZEUG.fullmatch(kept)
    if found is None or len(found["proof"]) % 2:
        return None
    if found["rounds"] is not None:
        return found if 0 < int(found["rounds"]) <= _MOST_ROUNDS else None
    n, r, p = (int(found[name]) for name in "nrp")
    fits = n > 1 and n & (n - 1) == 0 and r > 0 and p > 0 and _memory(n, r, p) < _MOST_MEMORY_BYTES
    return found if fits else None


def _derived(password: str, found: "re.Match[str]", length: int) -> bytes:
    secret, salt = password.encode(), found["salt"].encode()
    if found["rounds"] is not None:
        return hashlib.pbkdf2_hmac(found["digest"], secret, salt, int(found["rounds"]), length)
    n, r, p = (int(found[name]) for name in "nrp")
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=_memory(n, r, p), dklen=length)


def _memory(n: int, r: int, p: int) -> int:
    """Return how many bytes scrypt takes, and a little more."""
    return 132 * n * r * p
