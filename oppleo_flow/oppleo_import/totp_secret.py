"""The secret of a second factor as Oppleo keeps it: sealed with the login password.

It is base64 of an initial vector of 16 bytes and of AES-256-CBC with PKCS#7 padding; the key is the
SHA-256 of the password, what is sealed the secret in base32.  So it can be taken over at the moment
when its owner types the password, and at no other.
"""

import base64
import binascii
import hashlib
import re
from typing import Final

from oppleo_flow.errors import ConfigError, PayloadError

_BLOCK_BYTES: Final = 16
_BASE32: Final = re.compile(r"[A-Z2-7]{16,}=*")


def unsealed_secret(sealed: str, password: str) -> str:
    """Return the secret of a second factor, in base32.

    Raises:
        PayloadError: It was sealed with another password, or is no such text.
        ConfigError: The library that unseals it is not there.
    """
    try:
        # Not at the top: only who has a second factor from Oppleo needs it, once.
        from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415
            Cipher,
            algorithms,
            modes,
        )
    except ImportError as error:
        raise ConfigError(
            "second factor: the library cryptography is needed to unseal it; "
            "`pip install 'oppleo-flow[backup]'` brings it"
        ) from error
    try:
        raw = base64.b64decode(sealed, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) < 2 * _BLOCK_BYTES or len(raw) % _BLOCK_BYTES:
        raise PayloadError("second factor: is not in the form in which Oppleo seals it")
    key = hashlib.sha256(password.encode()).digest()
    decryptor = Cipher(algorithms.AES(key), modes.CBC(raw[:_BLOCK_BYTES])).decryptor()
    padded = decryptor.update(raw[_BLOCK_BYTES:]) + decryptor.finalize()
    secret = _unpadded(padded)
    if secret is None or not _BASE32.fullmatch(secret):
        raise PayloadError("second factor: was sealed with another password")
    return secret


def _unpadded(padded: bytes) -> str | None:
    """Return a text without its padding of PKCS#7; None where there is none."""
    count = padded[-1]
    if not 1 <= count <= _BLOCK_BYTES or padded[-count:] != bytes([count]) * count:
        return None
    try:
        return padded[:-count].decode("ascii")
    except UnicodeDecodeError:
        return None
