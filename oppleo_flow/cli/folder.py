"""Where a site is, and who runs it.  The standard library only: the guardian uses this."""

import fcntl
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oppleo_flow.cli.command import PROGRAM
from oppleo_flow.errors import ConfigError, Refused

SETTINGS = "oppleo.yaml"
RESTORE_JOURNAL = ".oppleo/restore.json"  # there while the parts of a backup are being moved


def default_folder() -> Path:
    """Return the folder that is meant when none is named: `$OPPLEO_SITE`, else this one."""
    return Path(os.environ.get("OPPLEO_SITE") or ".")


def site_folder(argument: str | None) -> Path:
    """Return the site folder that a command line means, as an absolute path.

    Raises:
        ConfigError: It is not one.
        Refused: A backup has been put back in its place by half.
    """
    folder = Path(argument) if argument else default_folder()
    if (folder / RESTORE_JOURNAL).exists():
        raise Refused(
            f"{folder.resolve()}: a restore was interrupted; "
            f"finish it by the same `{PROGRAM} db restore` again"
        )
    if not (folder / SETTINGS).is_file():
        raise ConfigError(
            f"{folder.resolve()}: not a site folder, it has no {SETTINGS}; "
            f"make one with `{PROGRAM} init {shlex.quote(str(folder))}`"
        )
    return folder.resolve()


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold the lock of a site, a file descriptor: only one process may run it.

    Raises:
        Refused: Another process holds it.
        ConfigError: The site has something else where its folder of state belongs.
    """
    path = folder / ".oppleo" / "lock"
    try:
        path.parent.mkdir(exist_ok=True)
    except FileExistsError:
        raise ConfigError(
            f"{path.parent}: a folder is needed here, for what the site remembers, "
            "and this is none; move it away"
        ) from None
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Refused(
                f"{folder}: runs already, as process {file.read().strip()}; stop that one first"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file.fileno()
