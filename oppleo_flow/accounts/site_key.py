"""The key of a site, by which the secrets of second factors are sealed in its ledger.

It is in a file of its own beside the ledger, that only who runs the site can read: a ledger, or a
backup of it, that somebody else gets hold of does not tell the codes of anybody's app.  (A text
sealed with the password instead could be opened at a sign-in only, and a session that asks for a
code again has no password at hand.)  A backup has the key only if it is encrypted; without it,
second factors are set up anew.
"""

import base64
import binascii
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from oppleo_flow.errors import StoreError

NAME: Final = "account.key"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class SiteKey:
    """Seals short texts; `path` is made when something is sealed first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def seal(self, text: str, about: str) -> str:
        """Return a text that only this key opens, and only as what it is about.

        Raises:
            StoreError: The key cannot be read, or written.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._key()).encrypt(nonce, text.encode(), about.encode())
        return base64.b64encode(nonce + sealed).decode()

    def unseal(self, sealed: str, about: str) -> str:
        """Return what was sealed.

        Raises:
            StoreError: It was sealed with another key, or as something else.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        try:
            raw = base64.b64decode(sealed, validate=True)
            nonce, text = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
            return AESGCM(self._key()).decrypt(nonce, text, about.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise StoreError(
                f"{self._path}: is not the key that a second factor of this ledger was sealed "
                "with; put the right one back, or use `oppleo-flow users disable-2fa`"
            ) from error

    def _key(self) -> bytes:
        try:
            with suppress(FileExistsError):
                self._make()
            key = base64.b64decode(self._path.read_bytes().strip(), validate=True)
        except (OSError, binascii.Error) as error:
            why = getattr(error, "strerror", None) or "it holds something else"
            raise StoreError(f"{self._path}: the key cannot be read: {why}") from error
        if len(key) != _KEY_BYTES:
            raise StoreError(f"{self._path}: the key cannot be read: it holds something else")
        return key

    def _make(self) -> None:
        if self._path.exists():
            return
        # Whole before it has its name: another process may look at the same moment.
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}.new")
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, self._path)  # unlike a rename, it takes nobody's place
        finally:
            draft.unlink()
