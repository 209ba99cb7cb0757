"""The log of a running site: files of a limited size, and what matters on the terminal."""

import logging
import logging.handlers
import time
from pathlib import Path

from oppleo_flow.cli.command import PROGRAM
from oppleo_flow.cli.site_config import LogSettings

_LINE = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s"


class _TerminalLine(logging.Formatter):
    """One line, and never a traceback: that is in the file."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message alone."""
        return f"{PROGRAM}: {record.getMessage()}"


def start_log(folder: Path, settings: LogSettings) -> Path:
    """Write what is logged from now on into files in `folder`; return the newest.

    Warnings go to stderr too.  Times are UTC.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "oppleo-flow.log"
    lines = logging.Formatter(_LINE, "%Y-%m-%dT%H:%M:%S")
    lines.converter = time.gmtime
    file = logging.handlers.RotatingFileHandler(
        path, maxBytes=settings.size_kb * 1000, backupCount=settings.keep, encoding="utf-8"
    )
    file.setFormatter(lines)
    terminal = logging.StreamHandler()
    terminal.setFormatter(_TerminalLine())
    terminal.setLevel(logging.WARNING)
    # What ends a command is logged with its traceback, and printed as one line by `main` itself.
    terminal.addFilter(lambda record: record.name != "oppleo_flow.cli")
    root = logging.getLogger()
    root.addHandler(file)
    root.addHandler(terminal)
    root.setLevel(settings.level.upper())
    return path
