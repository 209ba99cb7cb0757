"""The registers of the simulated meters, kept in files: a meter does not forget what it counted."""

import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

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


class KeptRegisters:
    """The register of each charge point; `path` is the file of the first, None: none is kept."""

    def __init__(self, path: Path | None, new_wh: float) -> None:
        self._path = path
        self._new_wh = new_wh
        self._files: dict[str, KeptRegister] = {}

    def first(self) -> float:
        """Return what the register of the first charge point shows.

        Raises:
            ConfigError: Its file cannot be read.
        """
        return self._new_wh if self._path is None else KeptRegister(self._path).read(self._new_wh)

    def of(self, name: str) -> float:
        """Return what the register of another charge point shows.

        Raises:
            ConfigError: Its file cannot be read.
        """
        if self._path is None:
            return self._new_wh
        file = self._path.with_name(f"{self._path.name}-{quote(name, safe='')}")
        self._files[name] = KeptRegister(file)
        return self._files[name].read(self._new_wh)

    def keep(self, registers_wh: Mapping[str, float]) -> None:
        """Keep what they show, the first of them as the first one's."""
        if self._path is None:
            return
        for number, (name, energy_wh) in enumerate(registers_wh.items()):
            if not number:
                self._files.setdefault(name, KeptRegister(self._path))
            if name in self._files:
                self._files[name].keep(energy_wh)
