"""What an import reads from: the tables of an Oppleo database, wherever they are."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final, Self

from oppleo_flow.errors import ConfigError
from oppleo_flow.oppleo_import.cells import Row

Cells = tuple[str | None, ...]
"""The values of one row, in the order in which they were asked for."""

NEEDED: Final = ("charger_config", "charge_session", "rfid")
"""Tables that every Oppleo database has."""


class Source(ABC):
    """An Oppleo database, or a dump of one; a context manager.

    `place` is what messages call it, without a password.
    """

    place: str

    @abstractmethod
    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table; none when there is no such table.

        Raises:
            StoreError: It cannot be read.
        """

    @abstractmethod
    def cells(self, table: str, columns: Sequence[str]) -> Iterator[Cells]:
        """Yield some columns of all rows, in the order of their numbers where they have such.

        Raises:
            StoreError: It cannot be read.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""

    def rows(self, table: str) -> Iterator[Row]:
        """Yield the rows of a table, whole; none when there is no such table.

        Raises:
            StoreError: It cannot be read.
        """
        columns = self.columns(table)
        if columns:
            for cells in self.cells(table, columns):
                yield dict(zip(columns, cells, strict=True))

    def check(self) -> None:
        """Refuse what is no Oppleo database.

        Raises:
            ConfigError: A table is missing.
            StoreError: It cannot be read.
        """
        for table in NEEDED:
            if not self.columns(table):
                raise ConfigError(
                    f"{self.place}: is no database of Oppleo, it has no table {table!r}; "
                    "name that one, its dump, or Oppleo's oppleo.ini"
                )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
