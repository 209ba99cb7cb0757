"""Where the site's ledger is, and what a connection must have to be used as one."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from oppleo_flow.store.ledger import Ledger


@dataclass(slots=True)
class Written:
    """How often a ledger was written to by this process, and how many bytes of values.

    A memory card wears by the page: of a short value a whole one, at least, is written.
    """

    commits: int = 0
    value_bytes: int = 0


@immutable
class StoreLocation:
    """The file of the site's ledger; a service of the site.

    `lasting` is false where nothing outlives the process, as in a simulation in virtual time: then
    nothing waits for the disk, and readings are written an hour at a time.  `written` counts.
    """

    path: Path
    lasting: bool = True
    written: Written = field(default_factory=Written, compare=False)


class LedgerConnection(ABC):
    """A connection that has the ledger open: what `store: Ref[LedgerConnection]` names."""

    @property
    @abstractmethod
    def ledger(self) -> "Ledger":
        """Return the open ledger."""
