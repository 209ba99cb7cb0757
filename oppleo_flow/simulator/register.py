"""The register of the simulated meter, kept in a file: a meter does not forget what it counted."""

import sys
from pathlib import Path

from oppleo_flow.errors import ConfigError


class KeptRegister:
    """A number of Wh in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._said = False

    def read(self, new_wh: float) -> float:
        """Return what was kept; `new_wh` for a meter that has just been bought.

        Raises:
            ConfigError: The file cannot be read, or holds something else.
        """
        try:
            return float(self._path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return new_wh
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{self._path}: the simulated meter's register cannot be read: {error}; "
                "delete the file to begin with a new meter"
            ) from error

    def keep(self, energy_wh: float) -> None:
        """Keep a number if that can be done now; say it once when it cannot, on stderr."""
        try:
            self.write(energy_wh)
        except OSError as error:
            if not self._said:
                sys.stderr.write(
                    f"simulator: {self._path}: the simulated meter's register cannot be kept: "
                    f"{error.strerror}; tried again every few seconds\n"
                )
            self._said = True
        else:
            self._said = False

    def write(self, energy_wh: float) -> None:
        """Keep a number; a crash half-way leaves the old one."""
        draft = self._path.with_suffix(".new")
        draft.write_text(repr(energy_wh), encoding="ascii")
        draft.replace(self._path)
