"""The options that every node has, whatever its type."""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from oppleo_flow.flowfile.graph import InboxFull, InboxPolicy, OnError, WhenBusy, WhenBusyDo
from oppleo_flow.options import (
    Bytes,
    NodeConfig,
    RateText,
    Seconds,
    notation,
    parse_rate,
    parse_seconds,
)

_FIELD = r"[A-Za-z_][A-Za-z0-9_]*"
_WHEN_BUSY_PATTERN = (
    rf"^(queue|(restart|drop|parallel ([2-9]|[1-5][0-9]|6[0-4]))( per {_FIELD}(\.{_FIELD})*)?)$"
)
_WHEN_BUSY = re.compile(
    rf"(?:(?P<do>queue|restart|drop)|parallel (?P<at_once>[2-9]|[1-5][0-9]|6[0-4]))"
    rf"(?: per (?P<per>{_FIELD}(?:\.{_FIELD})*))?"
)
_DO: Final[Mapping[str | None, WhenBusyDo]] = {
    "queue": "queue",
    "restart": "restart",
    "drop": "drop",
    None: "parallel",
}
_RANGE = re.compile(r"\s*(\S+?)\s*(?:\.\.\s*(\S+)\s*)?")
_SPAN = r"[0-9.]+(ms|s|m|h|d)[0-9.mshd]*"
_BackoffText = notation(rf"^\s*{_SPAN}(\s*\.\.\s*{_SPAN})?\s*$", "1s..30s", "5s")


def parse_backoff(value: object) -> object:
    """Return `1s..30s` as (1.0, 30.0), and `5s` as (5.0, 5.0).

    Raises:
        ValueError: It is another text.
    """
    if not isinstance(value, str):
        return value
    found = _RANGE.fullmatch(value)
    if found is None:
        raise ValueError("a duration, or two such as 1s..30s, is needed")
    first, last = found.groups()
    return parse_seconds(first), parse_seconds(last or first)


def parse_when_busy(text: str) -> WhenBusy:
    """Return what `parallel 4 per uid` means.

    Raises:
        ValueError: It is another text, or `queue` with a field.
    """
    found = _WHEN_BUSY.fullmatch(text)
    if found is None:
        raise ValueError(
            "queue, restart, drop or a number at once such as 'parallel 4' is needed, "
            "with 'per' and a field after it where messages are told apart"
        )
    do, per = _DO[found["do"]], found["per"]
    if do == "queue" and per is not None:
        raise ValueError("queue keeps the order of all messages, so 'per' means nothing with it")
    return WhenBusy(do, per, int(found["at_once"] or 1))


def _when_busy(text: str) -> str:
    parse_when_busy(text)
    return text


class OnErrorOptions(NodeConfig):
    """What follows a handler that raised."""

    retry: int = Field(default=0, ge=0, le=1000, description="How many more times it is tried.")
    backoff: Annotated[
        tuple[float, float], BeforeValidator(parse_backoff, json_schema_input_type=_BackoffText)
    ] = Field(default=(1.0, 30.0), description="The wait before the first and before the last try.")
    then: str = Field(
        default="fault",
        min_length=1,
        description="`fault`, `drop`, `dead-letter`, `stop-flow`, or an output of the node.",
    )

    @model_validator(mode="after")
    def _backoff_grows(self) -> Self:
        first, last = self.backoff
        if not 0 < first <= last:
            raise ValueError("backoff: the second time must not be shorter than the first, nor 0")
        return self

    def made(self) -> OnError:
        """Return them as the engine takes them."""
        return OnError(self.retry, *self.backoff, self.then)


class InboxOptions(NodeConfig):
    """How many messages wait in front of an input, and what happens to one too many."""

    size: int = Field(100, ge=1, le=100_000, description="How many messages may wait.")
    full: InboxFull = Field("drop-oldest", description="What happens to one too many.")
    disk: Bytes = Field(
        default="50MB",
        validate_default=True,
        ge=10_000,
        le=10_000_000_000,
        description="How much may wait on disk with `full: spool`.",
    )

    def made(self) -> InboxPolicy:
        """Return them as the engine takes them."""
        return InboxPolicy(self.size, self.full, self.disk)


class NodeOptions(NodeConfig):
    """The options that every node has; `type`, `from` and `inbox` are read apart."""

    version: int | None = Field(
        None, ge=1, description="Version of its type that its options are for; the first if none."
    )
    doc: str = Field("", description="What people call it, and what it is for.")
    disabled: bool = Field(False, description="It is checked and not run.")
    on_error: OnErrorOptions = Field(
        default_factory=OnErrorOptions, description="What follows a handler that raised."
    )
    when_busy: Annotated[str, AfterValidator(_when_busy)] = Field(
        "queue",
        description="What a message does while another is under way: `queue`, `restart`, `drop` or "
        "`parallel 4`; but for `queue` also `per` a field, as in `restart per uid`.",
        json_schema_extra={"pattern": _WHEN_BUSY_PATTERN},
    )
    keep: Literal["durable"] | None = Field(
        None, description="`durable`: its state survives a restart."
    )
    log: Literal["debug", "info", "warning", "error"] | None = Field(
        None, description="The least of its log that is written; the site's when it is not given."
    )
    safe: str | None = Field(None, description="The level it goes to when it cannot be trusted.")
    stale_after: Seconds | None = Field(
        None, description="How long a level input may be stale before it goes to its safe level."
    )
    at_most: Annotated[
        tuple[int, float] | None,
        BeforeValidator(parse_rate, json_schema_input_type=RateText | None),
    ] = Field(None, description="How many messages it takes in a time, such as `6/h`.")


class ConnectionOptions(NodeConfig):
    """The options that every connection has; `type` is read apart."""

    version: int | None = Field(
        None, ge=1, description="Version of its type that its options are for; the first if none."
    )
    simulate: bool = Field(False, description="Its simulated twin is used instead.")
