"""Files encrypted with a passphrase in the age format, in pieces: https://age-encryption.org/v1.

It is the format of a known tool, so that a backup can be read without this program: `age -d`.  The
passphrase is stretched by scrypt.  Each piece of 64 KiB is sealed by ChaCha20-Poly1305 with its
number and whether it is the last, so that none can be changed, left out, moved or cut off.
"""

import base64
import hashlib
import hmac
import io
import os
from typing import IO, TYPE_CHECKING, Final

from oppleo_flow.errors import StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

ENDING: Final = ".age"
PIECE: Final = 64 * 1024
_INTRO: Final = b"age-encryption.org/v1\n"
_LABEL: Final = b"age-encryption.org/v1/scrypt"
_TAG: Final = 16
_KEY, _SALT, _NONCE = 16, 16, 16
_WORK: Final = 16  # 2 to the power of it: 64 MiB, under a second on a Raspberry Pi
_MOST_WORK: Final = 20  # what others ask for may be more, but not without end
_LONGEST_HEADER_LINE: Final = 200
_WORDS: Final = 4


class WrongPassphrase(StoreError):
    """A file cannot be opened with this passphrase."""


class Sealed(io.RawIOBase):
    """Encrypts what is written to it; nothing is readable before it is closed."""

    def __init__(self, file: IO[bytes], passphrase: str, *, work: int = _WORK) -> None:
        super().__init__()
        key, salt, nonce = os.urandom(_KEY), os.urandom(_SALT), os.urandom(_NONCE)
        wrapped = _cipher(_stretched(passphrase, salt, work)).encrypt(bytes(12), key, None)
        header = _INTRO + b"-> scrypt %b %d\n%b\n---" % (_text(salt), work, _text(wrapped))
        file.write(header + b" " + _text(_mac(key, header)) + b"\n" + nonce)
        self._file = file
        self._cipher = _cipher(_derived(key, nonce, b"payload"))
        self._number = 0
        self._waiting = bytearray()

    def writable(self) -> bool:
        """Return that it is written to."""
        return True

    def write(self, content: object) -> int:
        """Take more of the content."""
        more = memoryview(content)  # type: ignore[arg-type]  # what has bytes, as `RawIOBase` has it
        self._waiting += more
        # A full piece waits too: it may be the last.
        while len(self._waiting) > PIECE:
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return more.nbytes

    def finish(self) -> None:
        """Write the last piece; without it the file is none."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), piece, None))
        self._number += 1


class Unsealed(io.RawIOBase):
    """Reads what was encrypted; nothing that was changed is ever given out.

    `place` is what messages call the file.

    Raises:
        WrongPassphrase: The passphrase is another.
        StoreError: The file is not one of these, or was changed.
    """

    def __init__(self, file: IO[bytes], passphrase: str, place: str) -> None:
        super().__init__()
        self._file = file
        self._place = place
        key = self._opened_key(passphrase)
        nonce = self._exactly(_NONCE)
        self._cipher = _cipher(_derived(key, nonce, b"payload"))
        self._number = 0
        self._ahead = file.read(PIECE + _TAG)
        self._ready = b""
        self._done = False

    def readable(self) -> bool:
        """Return that it is read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer with what comes next; 0 at the end."""
        room = memoryview(buffer)  # type: ignore[arg-type]  # what has bytes, as `RawIOBase` has it
        while not self._ready and not self._done:
            self._ready = self._next()
        given = self._ready[: room.nbytes]
        room[: len(given)] = given
        self._ready = self._ready[len(given) :]
        return len(given)

    def _next(self) -> bytes:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  (few backups need it)

        piece, self._ahead = self._ahead, self._file.read(PIECE + _TAG)
        self._done = not self._ahead
        try:
            opened = self._cipher.decrypt(_nonce(self._number, self._done), piece, None)
        except (InvalidTag, ValueError):
            raise self._changed() from None
        if not opened and self._number:  # an empty last piece is only there when it is the first
            raise self._changed()
        self._number += 1
        return opened

    def _opened_key(self, passphrase: str) -> bytes:
        """Return the file's own key, from its header."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  (few backups need it)

        header, recipient = self._line(), self._line()
        if header != _INTRO:
            raise StoreError(f"{self._place}: is not an encrypted backup")
        words = recipient.split()
        if len(words) != _WORDS or words[:2] != [b"->", b"scrypt"] or not words[3].isdigit():
            raise StoreError(f"{self._place}: is not encrypted with a passphrase")
        work = int(words[3])
        if not 0 < work <= _MOST_WORK:
            raise StoreError(f"{self._place}: asks for too much work to open it, got 2^{work}")
        body, ending = self._line(), self._line()
        header += recipient + body + b"---"
        cipher = _cipher(_stretched(passphrase, self._bytes(words[2]), work))
        try:
            key = cipher.decrypt(bytes(12), self._bytes(body.strip()), None)
        except InvalidTag:
            raise WrongPassphrase(f"{self._place}: cannot be opened with this passphrase") from None
        if not hmac.compare_digest(ending, b"--- %b\n" % _text(_mac(key, header))):
            raise self._changed()
        return key

    def _line(self) -> bytes:
        return self._file.readline(_LONGEST_HEADER_LINE)

    def _exactly(self, count: int) -> bytes:
        found = self._file.read(count)
        if len(found) != count:
            raise self._changed()
        return found

    def _bytes(self, text: bytes) -> bytes:
        try:
            return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
        except ValueError:
            raise self._changed() from None

    def _changed(self) -> StoreError:
        return StoreError(
            f"{self._place}: was changed or cut off since it was written; use another backup"
        )


def is_sealed(start: bytes) -> bool:
    """Return whether a file that begins so is encrypted."""
    return start.startswith(_INTRO)


def _cipher(key: bytes) -> "ChaCha20Poly1305":
    try:
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415
            ChaCha20Poly1305,
        )
    except ImportError:
        raise StoreError(
            "encrypted backups need the package cryptography; "
            "install it with `pip install 'oppleo-flow[backup]'`"
        ) from None
    return ChaCha20Poly1305(key)


def _stretched(passphrase: str, salt: bytes, work: int) -> bytes:
    return hashlib.scrypt(
        passphrase.encode(),
        salt=_LABEL + salt,
        n=2**work,
        r=8,
        p=1,
        dklen=32,
        maxmem=128 * 8 * (2**work + 64),
    )


def _derived(key: bytes, salt: bytes, label: bytes) -> bytes:
    """Return a key made of another, by HKDF with SHA-256: one block of it is enough."""
    extracted = hmac.digest(salt or bytes(32), key, "sha256")
    return hmac.digest(extracted, label + b"\x01", "sha256")


def _mac(key: bytes, header: bytes) -> bytes:
    return hmac.digest(_derived(key, b"", b"header"), header, "sha256")


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _text(content: bytes) -> bytes:
    return base64.b64encode(content).rstrip(b"=")
