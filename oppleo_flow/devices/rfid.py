"""Card readers: what nodes may ask of them, what may be wrong, and when a card counts as new."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from oppleo_flow.errors import DeviceError


class ReaderFault(DeviceError):
    """Something is wrong with a reader; `code` is the fault that it is."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        super().__init__(text)


class FieldFault(ReaderFault):
    """The reader works, and what lies on it cannot be read as one card."""


class CardReader(ABC):
    """A card reader that is asked now and then."""

    @abstractmethod
    def poll(self) -> bytes | None:
        """Return the UID of the card in the field, 4, 7 or 10 bytes; None when there is none.

        Raises:
            FieldFault: There is something, and no card that can be read.
            ReaderFault: The reader does not answer, or answers nonsense.
            DeviceError: It cannot be asked.
        """

    def announce(self, call: Callable[[], object]) -> bool:
        """Ask to be called whenever a poll may find something new.

        Return whether this reader does so; one that does not has to be polled.
        """
        return False

    def test_itself(self) -> None:
        """Find out whether the reader still works, as far as that disturbs nobody.

        Raises:
            ReaderFault: It does not.
        """
        self.describe()

    def describe(self) -> str:
        """Return what the reader says of itself.

        Raises:
            DeviceError: The reader does not answer.
        """
        return "answers"

    @abstractmethod
    def close(self) -> None:
        """Let go of the reader."""


class Presence:
    """Which card is new: one that is held to the reader is one swipe, however long.

    A card is gone when `misses` polls in a row found nothing and it was last seen `debounce_s` ago.
    """

    def __init__(self, *, misses: int, debounce_s: float) -> None:
        self._most_misses = misses
        self._debounce_s = debounce_s
        self._present: bytes | None = None
        self._seen_at_s = 0.0
        self._misses = 0

    def new_card(self, uid: bytes | None, at_s: float) -> bytes | None:
        """Take what a poll found at a monotonic time; return the UID if that card has just come."""
        if uid is None:
            self._misses += 1
            return None
        away_s = at_s - self._seen_at_s
        gone = self._misses >= self._most_misses and away_s >= self._debounce_s
        same = uid == self._present and not gone
        self._present, self._seen_at_s, self._misses = uid, at_s, 0
        return None if same else uid

    def unreadable(self, at_s: float) -> None:
        """Take that something lies there which cannot be read: the card may be among it."""
        if self._misses < self._most_misses:
            self._seen_at_s, self._misses = at_s, 0
