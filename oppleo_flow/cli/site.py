"""A site: its settings, its folders, and what its nodes may ask of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from oppleo_flow.cli.folder import SETTINGS
from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.findings import Finding, Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.option_check import OptionCheck, Subject
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.tree import Mark, YamlMap
from oppleo_flow.store.location import StoreLocation

T = TypeVar("T")


class SettingsError(ConfigError):
    """`oppleo.yaml` is wrong; `findings` has all of it, the message the first."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        more = len(self.findings) - 1
        rest = f" (and {more} more; `oppleo-flow check` shows all)" if more else ""
        super().__init__(self.findings[0].headline() + rest)


class Site:
    """A site folder with its settings; what the engine, the nodes and the commands know of it.

    A simulated site keeps everything it writes apart from the real one's.
    """

    def __init__(self, folder: Path, settings: SiteSettings, *, simulate: bool = False) -> None:
        self.folder = folder
        self.settings = settings
        self.simulate = simulate or settings.simulate
        self._services: dict[type, Any] = {StoreLocation: StoreLocation(self.ledger)}

    @classmethod
    def load(cls, folder: Path, *, simulate: bool = False) -> "Site":
        """Return the site in a folder.

        Raises:
            SettingsError: Its `oppleo.yaml` is wrong.
        """
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
    def state_folder(self) -> Path:
        """Return where this site keeps what it remembers."""
        own = self.folder / ".oppleo"
        return own / "simulated" if self.simulate else own

    @property
    def state(self) -> Path:
        """Return the file of the flow's durable state."""
        return self.state_folder / "state.sqlite"

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


def read_settings(path: Path) -> SiteSettings:
    """Return what an `oppleo.yaml` says.

    Raises:
        SettingsError: Something in it is wrong.
    """
    settings, findings = check_settings(path)
    if settings is None:
        raise SettingsError(findings)
    return settings


def check_settings(path: Path) -> tuple[SiteSettings | None, tuple[Finding, ...]]:
    """Return the settings that a file says, if it is right, and what was found in it."""
    text = read_text(path)
    if isinstance(text, Finding):
        return None, (text,)
    return parse_settings(text, str(path))


def parse_settings(text: str, file: str) -> tuple[SiteSettings | None, tuple[Finding, ...]]:
    """Return the settings that a text says, if it is right, and what was found in it."""
    report = Report(file, split_lines(text))
    root = parse(text, report)
    settings = None
    if isinstance(root, YamlMap):
        settings = OptionCheck(report).check(SiteSettings, root, Subject(root.start, SETTINGS))
    elif not report.has_errors:
        at = root.start if root else Mark(0, 0)
        report.error("wrong-shape", at, "a map of settings is needed here")
    return None if report.has_errors else settings, report.findings()
