"""What a run says on the console that it was started from, as long as there is one."""

import logging
from typing import TextIO

_LOG = logging.getLogger(__name__)


def say(text: str, file: TextIO) -> None:
    """Write a line; that nobody reads it any more ends nothing, least of all a charge."""
    try:
        print(text, file=file, flush=True)
    except OSError as error:
        _LOG.info("nobody reads the console: %s", error.strerror)
