"""The token on the console, with which the first account is made from a browser."""

import base64
import secrets
import threading
from typing import Final

from oppleo_flow.accounts.proving import is_same
from oppleo_flow.accounts.tries import Tries
from oppleo_flow.clock import Clock

HOLDS_S: Final = 3600.0
_FREE: Final = 5
_BYTES: Final = 10


class FirstRun:
    """A token that holds for an hour, and once.  Legal from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until_s = clock.monotonic() + HOLDS_S
        self._tries = Tries(clock, free=_FREE)
        self._lock = threading.Lock()
        self._used = False
        text = base64.b32encode(secrets.token_bytes(_BYTES)).decode().lower()
        self.token: Final = "-".join(text[at : at + 4] for at in range(0, len(text), 4))

    @property
    def holds(self) -> bool:
        """Return whether an account can still be made with it."""
        return not self._used and self._clock.monotonic() < self._until_s

    def take(self, given: str) -> bool:
        """Return whether this is the token; it is used then.

        Raises:
            TooManyTries: It is too early for another try.
        """
        self._tries.begin("")
        given = "".join(letter for letter in given.lower() if letter.isalnum())
        right = is_same(given, self.token.replace("-", ""))
        with self._lock:
            taken = right and self.holds
            self._used = self._used or taken
        return taken

    def give_back(self) -> None:
        """Let the token hold again: no account came of it."""
        with self._lock:
            self._used = False
        self._tries.succeeded("")
