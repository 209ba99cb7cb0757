"""The files that `init` and `new-node` write from, and how they are written: never over others."""

import os
import string
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from oppleo_flow.errors import Refused

STARTERS = ("charge-point", "raspberry-pi", "meter-logger")


def template(name: str, /, **values: str) -> str:
    """Return the text of a template with `values` in place of its `$names`."""
    return string.Template(_read(name)).substitute(values)


def starter(name: str) -> str:
    """Return the text of a starter flow."""
    return _read(f"{name}.yaml")


def _read(name: str) -> str:
    return resources.files(__package__).joinpath("starters", name).read_text(encoding="utf-8")


def write_new(texts: Mapping[Path, str], private: frozenset[Path] = frozenset()) -> None:
    """Write files that are not there yet, those in `private` for the owner's eyes only.

    Raises:
        Refused: One of them exists; then none was written.
    """
    for path in texts:
        if os.path.lexists(path):
            raise Refused(f"{path}: exists already and is not overwritten")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o600 if path in private else 0o644
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
