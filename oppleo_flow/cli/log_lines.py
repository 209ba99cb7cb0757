"""The forms of a line of the log: text, JSON, for a terminal, and for the system's journal."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from oppleo_flow.cli.command import PROGRAM

Redact = Callable[[str], str]
_TEXT: Final = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s"
_SECONDS: Final = "%Y-%m-%dT%H:%M:%S"
_ABOUT: Final = (("oppleo_flow.node.", "node"), ("oppleo_flow.connection.", "connection"))
_PRIORITIES: Final = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG_PRIORITY: Final = 7


class TextLine(logging.Formatter):
    """Time in UTC, level, who says it, and what; a traceback follows."""

    converter = staticmethod(time.gmtime)

    def __init__(self, redact: Redact) -> None:
        super().__init__(_TEXT, _SECONDS)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without the values of secrets."""
        return self._redact(super().format(record))


class JsonLine(logging.Formatter):
    """One object for each line; what a node or a connection says names it."""

    converter = staticmethod(time.gmtime)

    def __init__(self, redact: Redact) -> None:
        super().__init__(datefmt=_SECONDS)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the object as one line, without the values of secrets."""
        said: dict[str, str] = {
            "time": f"{self.formatTime(record, _SECONDS)}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        for prefix, key in _ABOUT:
            if record.name.startswith(prefix):
                said[key] = record.name.removeprefix(prefix)
        said["message"] = record.getMessage()
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps({key: self._redact(text) for key, text in said.items()})


class TerminalLine(logging.Formatter):
    """One line, and never a traceback: that is in the file."""

    def __init__(self, redact: Redact) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the message alone."""
        return self._redact(f"{PROGRAM}: {record.getMessage()}")


class JournalLine(logging.Formatter):
    """What the system's journal reads a line's priority from; time and program it adds itself."""

    def __init__(self, inner: JsonLine | None, redact: Redact) -> None:
        super().__init__()
        self._inner = inner
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return each line of the message with its priority in front."""
        if self._inner is not None:
            text = self._inner.format(record)
        else:
            text = self._redact(record.getMessage())
        priority = _priority(record.levelno)
        return "\n".join(f"<{priority}>{line}" for line in text.splitlines() or [""])


def _priority(level: int) -> int:
    """Return what syslog calls a level of Python's."""
    return next((found for least, found in _PRIORITIES if level >= least), _DEBUG_PRIORITY)


def is_journal(device_and_inode: tuple[int, int], environ: Mapping[str, str]) -> bool:
    """Return whether a stream is the journal: systemd names the stream that it has made."""
    device, inode = device_and_inode
    return environ.get("JOURNAL_STREAM") == f"{device}:{inode}"
