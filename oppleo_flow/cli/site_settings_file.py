"""The file `oppleo.yaml` of a site that runs, as the page looks at it and changes it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from oppleo_flow.cli.folder import SETTINGS
from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.cli.text_file import alone_in, write_text
from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.whole_file import writing

if TYPE_CHECKING:
    from oppleo_flow.flowfile import Finding


class SiteSettingsFile:
    """The settings of a site; what it started with is what stands in the file when this is made."""

    name = SETTINGS

    def __init__(self, folder: Path) -> None:
        self._path = folder / SETTINGS
        self._started_with: str | None = None
        self._started_with = self.text() if self._path.exists() else None

    @property
    def model(self) -> type[BaseModel]:
        """Return what it may say."""
        return SiteSettings

    @property
    def start_needed(self) -> bool:
        """Return whether it says something else than what the program started with."""
        return self._started_with is not None and self.text() != self._started_with

    def text(self) -> str:
        """Return what stands in it.

        Raises:
            StoreError: It cannot be read.
        """
        try:
            return self._path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{self._path}: cannot be read: {error}") from error

    def check(self, text: str) -> "tuple[Finding, ...]":
        """Return what a check finds in a text for it."""
        # Not at the top: what reads YAML costs start-up time, and few change a setting.
        from oppleo_flow.cli.settings_file import parse_settings  # noqa: PLC0415

        return parse_settings(text, str(self._path))[1]

    def save(self, text: str, before: str) -> None:
        """Put a text in the place of the one `before`.

        Raises:
            Refused: It holds another one by now.
            StoreError: It cannot be written.
        """
        with writing(self._path), alone_in(self._path.parent):
            if self.text() != before:
                raise Refused(f"{self._path.name}: was changed meanwhile; look at it again")
            write_text(self._path, text)
