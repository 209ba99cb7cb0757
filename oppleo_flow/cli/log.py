"""The log of a running site: files of a limited size, and what matters on the terminal.

Where stderr is the journal of systemd, all of it goes there, each line with its priority.
"""

import logging
import logging.handlers
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from oppleo_flow.cli.log_lines import JournalLine, JsonLine, TerminalLine, TextLine, is_journal
from oppleo_flow.cli.log_repeats import Repeats
from oppleo_flow.cli.site_config import LogSettings
from oppleo_flow.clock import Clock
from oppleo_flow.redaction import Redaction


class Log:
    """What is logged from now on goes into files in `folder`, the newest of which is `file`.

    Warnings go to stderr too, unless nobody wants them there.  Times are UTC.
    """

    def __init__(
        self,
        folder: Path,
        settings: LogSettings,
        *,
        clock: Clock,
        redaction: Redaction | None = None,
        environ: Mapping[str, str] = os.environ,
        warns: bool = True,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "oppleo-flow.log"
        self.redaction = redaction or Redaction()
        redact = self.redaction.redacted
        file = logging.handlers.RotatingFileHandler(
            self.file, maxBytes=settings.size_kb * 1000, backupCount=settings.keep, encoding="utf-8"
        )
        json_lines = JsonLine(redact) if settings.format == "json" else None
        file.setFormatter(json_lines or TextLine(redact))
        terminal = logging.StreamHandler()
        if _stderr_is_journal(environ):
            terminal.setFormatter(JournalLine(json_lines, redact))
        elif json_lines is not None and not sys.stderr.isatty():
            terminal.setFormatter(json_lines)
            terminal.setLevel(logging.WARNING)
        else:
            terminal.setFormatter(TerminalLine(redact))
            terminal.setLevel(logging.WARNING)
        # What ends a command is logged with its traceback, printed as one line by `main` itself.
        terminal.addFilter(lambda record: record.name != "oppleo_flow.cli")
        self._repeats = Repeats([file, terminal] if warns else [file], clock)
        root = logging.getLogger()
        root.addHandler(self._repeats)
        root.setLevel(settings.level.upper())

    def tell_repeats(self) -> None:
        """Say of lines that came again how often, also when nothing else is logged."""
        self._repeats.tell()


def _stderr_is_journal(environ: Mapping[str, str]) -> bool:
    if "JOURNAL_STREAM" not in environ:
        return False
    found = os.fstat(sys.stderr.fileno())
    return is_journal((found.st_dev, found.st_ino), environ)
