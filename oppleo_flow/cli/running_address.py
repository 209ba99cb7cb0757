"""Where the commands of a site find its running runtime.

A runtime writes its address into the site, for `--port` and port 0 make it another than the
settings say; and beside it a key, another one at each start, by which a command proves that it may
read what belongs to who runs the site.
"""

import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_LOG = logging.getLogger(__name__)


def address_file(folder: Path) -> Path:
    """Return where a runtime of a site writes its address."""
    return folder / ".oppleo" / "address"


def key_file(folder: Path) -> Path:
    """Return where it writes the key of its commands."""
    return folder / ".oppleo" / "command.key"


def new_command_key() -> str:
    """Return what commands are to prove themselves with, until the next start."""
    return f"command_{secrets.token_urlsafe(32)}"


@contextmanager
def address_of(
    folder: Path, url: str, *, key: str | None = None, certificate: Path | None = None
) -> Iterator[Callable[[str], None]]:
    """Let commands find the runtime that answers at an address, while it does.

    They prove themselves with `key`, and know it by its `certificate`, if it has one.  Gives a
    function that says another address.
    """
    path, key_path = address_file(folder), key_file(folder)

    def say(url: str) -> None:
        said = url if certificate is None else f"{url}\n{certificate}"
        path.write_text(f"{said}\n", encoding="utf-8")

    try:
        if key is not None:
            _write_for_owner(key_path, f"{key}\n")
        say(url)
    except OSError as error:
        _LOG.warning("commands will not find this runtime: %s: %s", path, error.strerror)
    try:
        yield say
    finally:
        path.unlink(missing_ok=True)
        key_path.unlink(missing_ok=True)


def _write_for_owner(path: Path, text: str) -> None:
    """Write a file that nobody else may read, not even for a moment."""
    path.unlink(missing_ok=True)
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(text)
