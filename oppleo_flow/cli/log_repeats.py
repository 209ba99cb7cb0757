"""Lines of the log that say the same again and again: once, and then how many more there were."""

import logging
from collections.abc import Sequence
from typing import Final

from oppleo_flow.clock import Clock

WITHIN_S: Final = 60.0
_MOST: Final = 200
_Key = tuple[str, int, str, str]


class _Said:
    """A line that was written, since when, and how often it came again."""

    __slots__ = ("again", "record", "since_s")

    def __init__(self, record: logging.LogRecord, since_s: float) -> None:
        self.record = record
        self.since_s = since_s
        self.again = 0


class Repeats(logging.Handler):
    """Passes lines on to other handlers; of what comes again within a minute only the number.

    The number is told with the first line after that minute, or by `tell`.  What is logged for
    debugging was asked for, and is passed on whole.
    """

    def __init__(self, targets: Sequence[logging.Handler], clock: Clock) -> None:
        super().__init__()
        self._targets = targets
        self._clock = clock
        self._said: dict[_Key, _Said] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a line on, unless the same was said a short time ago."""
        if record.levelno < logging.INFO:
            self._pass_on(record)
            return
        self._tell(self._clock.monotonic() - WITHIN_S)
        key = _key(record)
        said = self._said.get(key)
        if said is not None:
            said.again += 1
            return
        if len(self._said) >= _MOST:
            self._over(next(iter(self._said)))
        self._said[key] = _Said(record, self._clock.monotonic())
        self._pass_on(record)

    def tell(self) -> None:
        """Say of what came again how often, once its minute is over.  Legal from any thread."""
        self.acquire()
        try:
            self._tell(self._clock.monotonic() - WITHIN_S)
        finally:
            self.release()

    def close(self) -> None:
        """Say of all that came again how often, and close the other handlers."""
        for key in list(self._said):
            self._over(key)
        for target in self._targets:
            target.close()
        super().close()

    def _tell(self, until_s: float) -> None:
        for key, said in list(self._said.items()):
            if said.since_s > until_s:
                return  # those behind are younger
            if self._over(key):  # it goes on: it is told of again, but not said again
                self._said[key] = _Said(said.record, self._clock.monotonic())

    def _over(self, key: _Key) -> bool:
        """Forget a line; return whether it came again, which is told."""
        said = self._said.pop(key)
        if not said.again:
            return False
        passed_s = self._clock.monotonic() - said.since_s
        text = f"{said.record.getMessage()} … {said.again} more in {passed_s:.0f} s"
        self._pass_on(
            logging.makeLogRecord(
                {
                    "name": said.record.name,
                    "levelno": said.record.levelno,
                    "levelname": said.record.levelname,
                    "msg": text,
                }
            )
        )
        return True

    def _pass_on(self, record: logging.LogRecord) -> None:
        for target in self._targets:
            if record.levelno >= target.level:
                target.handle(record)


def _key(record: logging.LogRecord) -> _Key:
    raised = repr(record.exc_info[1]) if record.exc_info else ""
    return record.name, record.levelno, record.getMessage(), raised
