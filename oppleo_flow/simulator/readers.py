"""The card readers of the simulated world, and the cards that are held to them."""

from collections.abc import Sequence

from oppleo_flow.devices.reader_trouble import ReaderFace, ReaderTrouble
from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable


@immutable
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
        self._troubles: dict[str, ReaderTrouble | None] = {}

    @property
    def next_event_s(self) -> float | None:
        """Return when a card leaves a reader next."""
        return min((until_s for _, until_s in self._held.values()), default=None)

    def hold(self, card: str, reader: str, until_s: float) -> None:
        """Hold a card of the pocket, by name or UID, to a reader.

        Raises:
            ConfigError: There is no such card in the pocket.
        """
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

    def set_trouble(self, reader: str, trouble: ReaderTrouble | None) -> None:
        """Let something be wrong with a reader, or nothing."""
        self._troubles[reader] = trouble

    def card_on(self, reader: str | None) -> Card | None:
        """Return the card on a reader."""
        held = None if reader is None else self._held.get(reader)
        return held[0] if held else None

    def face(self, reader: str | None) -> ReaderFace:
        """Return what a reader finds."""
        card = self.card_on(reader)
        uid = bytes.fromhex(card.uid) if card else None
        return ReaderFace(uid, None if reader is None else self._troubles.get(reader))
