"""The site's ledger: its cards, sessions, readings and prices, in one SQLite file.

```yaml
connections:
  store: {type: site-store}
```

It has no settings: every site has one ledger, in its folder below `.oppleo/`. A simulated site has
one of its own, so that a simulation never ends up on a statement.

A ledger of an older version is brought up to date when it is opened.
"""

from oppleo_flow import Connection, NodeConfig
from oppleo_flow.errors import StoreError
from oppleo_flow.store import Ledger, LedgerConnection, StoreLocation, open_ledger
from oppleo_flow.store.revision import HEAD


class SiteStoreConfig(NodeConfig):
    """Settings of a `site-store` connection: none."""


class SiteStore(Connection[SiteStoreConfig], LedgerConnection):
    """The open ledger of the site."""

    type_name = "site-store"
    icon = "database"
    parallel = True  # so that a card is looked up while a write waits for another program
    _ledger: Ledger | None = None
    _writes = False

    def open(self) -> None:
        """Open the ledger; raises `StoreError` when it cannot be used."""
        location = self.site.service(StoreLocation)
        self._ledger = open_ledger(location, self.site.charge_point)
        self._writes = True

    def close(self) -> None:
        """Let go of the file."""
        if self._ledger is not None:
            if self._writes:
                self._ledger.let_outbox_go()
            self._ledger.close()
            self._ledger = None
            self._writes = False

    def probe(self) -> str:
        """Read the ledger as it is; one that the first run has yet to make is no error."""
        location = self.site.service(StoreLocation)
        if not location.path.exists():
            return f"{location.path}: is not there yet; the first run makes it"
        self._ledger = open_ledger(location, self.site.charge_point, read_only=True)
        return f"revision {HEAD}, {len(self._ledger.tokens.all())} cards"

    @property
    def ledger(self) -> Ledger:
        """Return the open ledger.

        Raises:
            StoreError: The connection is not open.
        """
        if self._ledger is None:
            raise StoreError(f"connection {self.name!r}: is not open")
        return self._ledger
