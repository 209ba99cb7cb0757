"""A site: its settings, its folders, and what its nodes may ask of it."""

from pathlib import Path
from typing import Any, TypeVar

from oppleo_flow.charging.calendar_rules import SiteCalendars
from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.cli.folder import SETTINGS
from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.devices.frames import Frames
from oppleo_flow.errors import ConfigError
from oppleo_flow.store.location import StoreLocation

T = TypeVar("T")


class Site:
    """A site folder with its settings; what the engine, the nodes and the commands know of it.

    A simulated site keeps everything it writes apart from the real one's.
    """

    def __init__(self, folder: Path, settings: SiteSettings, *, simulate: bool = False) -> None:
        self.folder = folder
        self.settings = settings
        self.simulate = simulate or settings.simulate
        self._services: dict[type, Any] = {
            StoreLocation: StoreLocation(self.ledger),
            Frames: Frames(),
            SiteCalendars: SiteCalendars(settings.calendars),
            StatementFacts: settings.statement,
        }

    @classmethod
    def load(cls, folder: Path, *, simulate: bool = False) -> "Site":
        """Return the site in a folder.

        Raises:
            SettingsError: Its `oppleo.yaml` is wrong.
        """
        # Not at the top: a start whose files are as they were does without reading them again.
        from oppleo_flow.cli.settings_file import read_settings  # noqa: PLC0415

        return cls(folder, read_settings(folder / SETTINGS), simulate=simulate)

    @property
    def charge_point(self) -> str:
        """Return the charge point's id, as it stands in the ledger."""
        return self.settings.charge_point.id

    @property
    def timezone(self) -> str:
        """Return the name of the IANA zone in which the site's days, hours and months begin."""
        return self.settings.timezone

    @property
    def currency(self) -> str:
        """Return the ISO 4217 code of the site's money."""
        return self.settings.currency

    @property
    def language(self) -> str:
        """Return the language of what people read."""
        return self.settings.language

    @property
    def state_folder(self) -> Path:
        """Return where this site keeps what it remembers."""
        own = self.folder / ".oppleo"
        return own / "simulated" if self.simulate else own

    @property
    def state(self) -> Path:
        """Return the file of the flow's durable state."""
        return self.state_folder / "state.sqlite"

    @property
    def audit(self) -> Path:
        """Return the file that notes who did what; of what is real and simulated alike."""
        return self.folder / ".oppleo" / "audit.sqlite"

    @property
    def ledger(self) -> Path:
        """Return the file of the ledger."""
        return self.state_folder / "ledger.sqlite"

    @property
    def flow(self) -> Path:
        """Return the file of the flow that the settings name."""
        return self.folder / "flows" / f"{self.settings.flow}.yaml"

    def provide(self, kind: type[T], service: T) -> None:
        """Make a service known to nodes and connections."""
        self._services[kind] = service

    def service(self, kind: type[T]) -> T:
        """Return the site's service of a kind.

        Raises:
            ConfigError: The site has no such service.
        """
        try:
            found: T = self._services[kind]
        except KeyError:
            raise ConfigError(f"{self.folder}: this site has no {kind.__name__}") from None
        return found
