"""Where the site's ledger is, and what a connection must have to be used as one."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oppleo_flow.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """The file of the site's ledger; a service of the site.

    `lasting` is false where nothing outlives the process, as in a simulation in virtual time: then
    nothing waits for the disk, and readings are written an hour at a time.
    """

    path: Path
    lasting: bool = True


class LedgerConnection(ABC):
    """A connection that has the ledger open: what `store: Ref[LedgerConnection]` names."""

    @property
    @abstractmethod
    def ledger(self) -> "Ledger":
        """Return the open ledger."""
