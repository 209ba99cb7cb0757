"""Show what comes in, as the node's status and in the log.

Nothing goes out: wire it beside whatever you want to watch. The status always shows the last
message; the log gets at most one line every `every`, and says how many it left out. Long payloads
are shortened.
"""

import reprlib
import sys
from itertools import islice

from pydantic import Field

from oppleo_flow import Example, Instant, Node, NodeConfig, Record, Seconds
from oppleo_flow.fields import field_reader
from oppleo_flow.options import FieldPath
from oppleo_flow.payloads import MeterReading

_ITEMS = 50
_DEPTH = 6


class _Shortened(reprlib.Repr):
    """Writes a payload without looking at all of a big one."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.maxlevel = _DEPTH
        self.maxstring = self.maxlong = length
        self.maxother = sys.maxsize  # is written as a whole anyway, and then cut at its end
        self.maxdict = self.maxlist = self.maxtuple = _ITEMS

    # reprlib finds the method by the name of the type.
    def repr_Record(self, record: Record, level: int) -> str:  # noqa: N802
        """Return a record in the order of its fields."""
        if level <= 0:
            return "{…}"
        parts = [
            f"{self.repr1(key, level - 1)}: {self.repr1(value, level - 1)}"
            for key, value in islice(record.items(), _ITEMS)
        ]
        return f"{{{', '.join(parts)}{', …' if len(record) > _ITEMS else ''}}}"


class DebugConfig(NodeConfig):
    """Settings of a `debug` node."""

    field: FieldPath | None = Field(None, description="Field to show; none: the whole payload.")
    every: Seconds = Field(
        "1s", validate_default=True, description="At most one line in the log in so long."
    )
    max_length: int = Field(
        200, ge=20, le=10_000, description="Characters after which a payload is shortened."
    )


class Debug(Node[DebugConfig]):
    """Show what comes in, as the node's status and in the log.

    Input:
        Any payload.

    Output:
        None.

    Raises:
        Nothing.

    Source:
        None.
    """

    type_name = "debug"
    icon = "bug"
    examples = [Example(config={"field": "power_w"}, send=MeterReading.sample())]

    def start(self) -> None:
        """Prepare the shortening."""
        self._read = field_reader(self.config.field)
        self._logged_at: Instant | None = None
        self._left_out = 0
        self._shorten = _Shortened(self.config.max_length)

    def on_message(self, payload: object) -> None:
        """Show the payload."""
        text = self._text(payload)
        self.status("ok", text)
        if self._logged_at is not None and self.clock.since(self._logged_at) < self.config.every:
            self._left_out += 1
            return
        left_out = f" ({self._left_out} before it not logged)" if self._left_out else ""
        self.log.info("%s%s", text, left_out)
        self._logged_at = self.clock.instant()
        self._left_out = 0

    def _text(self, payload: object) -> str:
        """Return the payload in one line of at most `max_length` characters."""
        text = self._shorten.repr(self._read(payload))
        length = self.config.max_length
        return text if len(text) <= length else f"{text[: length - 1]}…"
