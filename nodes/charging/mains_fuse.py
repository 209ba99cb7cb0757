"""The mains fuse that several charge points share.

```yaml
connections:
  mains: {type: mains-fuse, limit_a: 25}
```

It is no device: it is what `mains-share` nodes ask before a charge point may have power. `limit_a`
is what all of them together may draw on each phase; leave room for the rest of the house.
"""

from collections.abc import Callable

from pydantic import Field

from oppleo_flow import Connection, NodeConfig
from oppleo_flow.charging.mains import MainsFuse, Shares


class MainsFuseConfig(NodeConfig):
    """Settings of a `mains-fuse` connection."""

    limit_a: float = Field(
        gt=0, le=250, description="What all charge points may draw together, per phase, in ampere."
    )


class MainsFuseConnection(Connection[MainsFuseConfig], MainsFuse):
    """The mains fuse that several charge points share."""

    type_name = "mains-fuse"
    icon = "plug"

    def open(self) -> None:
        """Begin with nobody."""
        self._shares = Shares(self.config.limit_a)
        self._calls: dict[str, Callable[[], object]] = {}

    @property
    def shares(self) -> Shares:
        """Return who holds how much."""
        return self._shares

    def announce(self, who: str, call: Callable[[], object]) -> None:
        """Have `call` called whenever something has changed."""
        self._calls[who] = call

    def leave(self, who: str) -> None:
        """Forget a charge point, and let the others have what it held."""
        self._calls.pop(who, None)
        self._shares.release(who)
        self.changed()

    def changed(self) -> None:
        """Tell everybody that something has changed."""
        for call in list(self._calls.values()):
            call()
