"""Let a message pass only when something has changed.

```yaml
changed:
  type: filter
  from: meter
  field: power_w
  by: meter               # each meter by itself
  deadband: 10            # W
  percent: 1%
  max_silence: 15m
```

A value is compared with the last one that **passed**, so a slow drift cannot slip by in small
steps. Without `deadband` any difference counts. With it a number passes when it differs by more
than that; with `percent` too, by more than that share of the last value or the deadband, whichever
is more: near zero a percentage is nothing, and the deadband holds.

**What is not there.** A message whose field is missing or empty always passes, and so does the next
value after it: nothing can be said about its change, and a filter must not lose what it does not
understand. The status says so.

Without `field` the whole payload is compared. A `MeterReading` has a time in it and is never equal
to another; name a field.

Memory is of this run, or with `keep: durable` survives a restart.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Self, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from oppleo_flow import Example, Instant, Node, NodeConfig, PayloadError, Seconds, Share
from oppleo_flow.fields import field_reader
from oppleo_flow.immutable import immutable
from oppleo_flow.options import FieldPath
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.state import AnyPayload

T = TypeVar("T")


@immutable
class Passed:
    """The last value that passed, and when, if somebody wants to know."""

    value: AnyPayload
    at: Instant | None


def _no_percentage(value: object) -> object:
    if isinstance(value, str) and value.endswith("%"):
        raise ValueError(
            f"a number in the field's own unit is needed; write `percent: {value}` too"
        )
    return value


class FilterConfig(NodeConfig):
    """Settings of a `filter` node."""

    field: FieldPath | None = Field(None, description="Field to compare; none: the whole payload.")
    by: FieldPath | None = Field(
        None, description="Field that tells messages apart: each of its values has its own memory."
    )
    deadband: Annotated[float, BeforeValidator(_no_percentage)] | None = Field(
        None, ge=0, description="A number passes when it differs by more, in the field's own unit."
    )
    percent: Share | None = Field(
        None, description="… or by more than this share of the last value, if that is more."
    )
    max_silence: Seconds | None = Field(
        None, description="A message passes anyway when none has passed for so long."
    )
    max_keys: int = Field(
        1000, ge=1, description="Values of `by` to remember; past that the oldest is forgotten."
    )

    @model_validator(mode="after")
    def _a_percentage_needs_a_floor(self) -> Self:
        if self.percent is not None and self.deadband is None:
            raise ValueError(
                "percent needs a deadband beside it, such as `deadband: 10`: "
                "near zero a percentage is nothing"
            )
        return self


class Filter(Node[FilterConfig]):
    """Let a message pass only when something has changed.

    Input:
        Any payload.

    Output:
        The same payload, or nothing.

    Raises:
        PayloadError: There is a `deadband` and the value is not a number.

    Source:
        None.
    """

    type_name = "filter"
    icon = "filter"
    passed: Mapping[str, Passed] | None = None
    examples = [
        Example(
            config={"field": "power_w", "deadband": "50"},
            send=[MeterReading.sample(power_w=float(w)) for w in (1000, 1040, 1080)],
            expect={
                "out": [MeterReading.sample(power_w=1000.0), MeterReading.sample(power_w=1080.0)]
            },
            doc="Compared with the last that passed.",
        ),
        Example(
            config={"field": "power_w"},
            send=[MeterReading.sample(), MeterReading.sample(), MeterUnknown.sample()],
            expect={"out": [MeterReading.sample(), MeterUnknown.sample()]},
            doc="What has no such field always passes.",
        ),
    ]

    def start(self) -> None:
        """Prepare the reading and the comparing."""
        c = self.config
        self._value = field_reader(c.field)
        self._key = None if c.by is None else field_reader(c.by)
        self._same = _equal if c.deadband is None else _within(c.deadband, c.percent or 0.0)
        self._numbers = c.deadband is not None
        self._lacking = False

    def on_message(self, payload: T) -> T | None:
        """Return the payload if it has changed."""
        value = self._value(payload)
        key = "" if self._key is None else str(self._key(payload))
        if value is None:
            self._forget(key, payload)
            return payload
        if self._lacking:
            self._lacking = False
            self.status("ok", "")
        if self._numbers and not _is_number(value):
            raise PayloadError(f"deadband: a number is needed, got {value!r}")
        last = None if self.passed is None else self.passed.get(key)
        if last is not None and self._same(value, last.value) and not self._silent_since(last):
            return None
        self._remember(key, value)
        return payload

    def _silent_since(self, last: Passed) -> bool:
        limit_s = self.config.max_silence
        return limit_s is not None and last.at is not None and self.clock.since(last.at) >= limit_s

    def _remember(self, key: str, value: Any) -> None:
        kept = {k: entry for k, entry in (self.passed or {}).items() if k != key}
        if len(kept) >= self.config.max_keys:
            del kept[next(iter(kept))]
        at = None if self.config.max_silence is None else self.clock.instant()
        self.passed = {**kept, key: Passed(value, at)}

    def _forget(self, key: str, payload: object) -> None:
        self.passed = {k: entry for k, entry in (self.passed or {}).items() if k != key}
        if not self._lacking:
            self._lacking = True
            self.status("warn", f"{type(payload).__name__} has no {self.config.field}: passed on")


def _equal(value: Any, last: Any) -> bool:
    return bool(value == last)


def _within(deadband: float, share: float) -> Callable[[Any, Any], bool]:
    """Return whether two numbers differ by no more than the deadband; NaN always differs."""

    def same(value: Any, last: Any) -> bool:
        if not _is_number(last):
            return False
        before = float(last)
        return abs(float(value) - before) <= max(deadband, share * abs(before))

    return same


def _is_number(value: object) -> bool:
    kind = type(value)  # a truth is no number, though Python calls it an int
    return kind is float or kind is int or kind is Decimal
