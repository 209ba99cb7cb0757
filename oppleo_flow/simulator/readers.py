"""The card readers of the simulated world, and the cards that are held to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from oppleo_flow.errors import ConfigError, DeviceError


@dataclass(frozen=True, slots=True)
class Card:
    """A card in the pocket; `known` when the demo's ledger should know it."""

    name: str
    uid: str
    known: bool


POCKET = (
    Card("family", "04A1B2C3", known=True),
    Card("office", "04E1D2C3B4A596", known=True),
    Card("stranger", "DEADBEEF", known=False),
    Card("visitor", "0499AABBCCDD80", known=False),
)


class Readers:
    """Which card lies on which reader, by bus and chip select, and until when."""

    def __init__(self, cards: Sequence[Card]) -> None:
        self.cards = tuple(cards)
        self._held: dict[str, tuple[Card, float]] = {}
        self._dead: set[str] = set()

    @property
    def next_event_s(self) -> float | None:
        """Return when a card leaves a reader next."""
        return min((until_s for _, until_s in self._held.values()), default=None)

    def hold(self, card: str, reader: str, until_s: float) -> None:
        """Hold a card of the pocket, by name or UID, to a reader."""
        found = next((c for c in self.cards if card in (c.name, c.uid)), None)
        if found is None:
            names = ", ".join(c.name for c in self.cards)
            raise ConfigError(f"no card {card!r} in the pocket; there are: {names}")
        self._held[reader] = (found, until_s)

    def take_away(self, at_s: float) -> bool:
        """Take away each card whose time is over; return whether there was one."""
        over = [reader for reader, (_, until_s) in self._held.items() if until_s <= at_s]
        for reader in over:
            del self._held[reader]
        return bool(over)

    def set_dead(self, reader: str, dead: bool) -> None:
        """Let a reader die, or recover."""
        (self._dead.add if dead else self._dead.discard)(reader)

    def card_on(self, reader: str | None) -> Card | None:
        """Return the card on a reader."""
        held = None if reader is None else self._held.get(reader)
        return held[0] if held else None

    def uid_on(self, reader: str | None) -> bytes | None:
        """Return the UID of the card on a reader, as the reader tells it.

        Raises:
            DeviceError: The reader is dead.
        """
        if reader in self._dead:
            raise DeviceError("RC522: no answer")
        card = self.card_on(reader)
        return bytes.fromhex(card.uid) if card else None
