"""What may be wrong with a card reader or what lies on it, for the simulated ones."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from oppleo_flow.devices.rfid import FieldFault, ReaderFault
from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable


class ReaderTrouble(StrEnum):
    """What may be wrong with a simulated reader or its wires, or with what lies on it."""

    DEAD = "dead"  # without power: every register reads 0x00
    LOOSE_WIRE = "loose-wire"  # MISO is off: every register reads 0xFF
    OTHER_CHIP = "other-chip"
    NOISE = "noise"  # what is read has nothing to do with what is there
    WRONG_CHECK_BYTE = "wrong-check-byte"  # no number arrives whole
    TWO_CARDS = "two-cards"  # whatever is held there, another card is with it


@immutable
class ReaderFace:
    """What a simulated reader finds: the UID of the card there, and what is wrong."""

    uid: bytes | None = None
    trouble: ReaderTrouble | None = None

    def read(self) -> bytes | None:
        """Return the UID as a reader tells it.

        Raises:
            ReaderFault: What is wrong.
        """
        if self.trouble is None:
            return self.uid
        kind, code, text = _FAULTS[self.trouble]
        if kind is FieldFault and self.uid is None:
            return None
        raise kind(code, f"RC522: {text}")


_FAULTS: Mapping[ReaderTrouble, tuple[type[ReaderFault], str, str]] = MappingProxyType(
    {
        ReaderTrouble.DEAD: (ReaderFault, "reader-silent", "no answer"),
        ReaderTrouble.LOOSE_WIRE: (ReaderFault, "reader-silent", "no answer"),
        ReaderTrouble.OTHER_CHIP: (ReaderFault, "reader-unknown-chip", "no such chip"),
        ReaderTrouble.NOISE: (ReaderFault, "reader-nonsense", "does not keep what is written"),
        ReaderTrouble.WRONG_CHECK_BYTE: (FieldFault, "card-unreadable", "a card cannot be read"),
        ReaderTrouble.TWO_CARDS: (FieldFault, "two-cards", "two cards at once"),
    }
)


def reader_trouble(name: str | None) -> ReaderTrouble | None:
    """Return the trouble of that name; None for none.

    Raises:
        ConfigError: There is no such trouble.
    """
    if name is None:
        return None
    if name not in {*ReaderTrouble}:
        known = ", ".join(ReaderTrouble)
        raise ConfigError(f"no trouble {name!r} of a reader; there are: {known}")
    return ReaderTrouble(name)
