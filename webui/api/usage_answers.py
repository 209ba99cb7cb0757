"""What is answered about what the meters said."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from webui.answers import Moment


class MeterSpanAnswer(TypedDict):
    """A meter, and when its first and its newest reading were."""

    meter: str
    first: Moment
    newest: Moment


class MeterSpansAnswer(TypedDict):
    """The meters that have readings."""

    items: list[MeterSpanAnswer]
    total: int
    timezone: str


class SilenceAnswer(TypedDict):
    """A time in which nothing is known of a meter; `until` is null while it lasts."""

    since: Moment
    until: Moment | None
    reason: str


class GraphAnswer(TypedDict):
    """A graph, by columns; `times` are seconds since 1970, and null is a gap.

    `slot_s` is how long each point is for; it is null where each point is a reading.  `known_s` is
    how much of that is known, `register_wh` the meter's register where it begins.
    """

    meter: str
    slot_s: int | None
    times: Sequence[float]
    power_w: Sequence[float | None]
    min_w: Sequence[float | None]
    max_w: Sequence[float | None]
    register_wh: Sequence[int | None]
    energy_wh: Sequence[int | None]
    known_s: Sequence[float]
    silences: list[SilenceAnswer]


class PhasesAnswer(TypedDict):
    """The currents, by columns; one reading in `every_s` seconds, or each where that is null.

    `times` is null of a time so long that single readings say nothing of it; of a phase that the
    meter does not measure there is no column.
    """

    meter: str
    every_s: int | None
    times: Sequence[float] | None
    current_phases_a: list[Sequence[float | None]]


class ReadingAnswer(TypedDict):
    """What a meter said; the phases are those that it measures, or counts apart."""

    time: Moment
    energy_import_wh: int
    energy_phases_wh: Sequence[int]
    power_w: float
    power_phases_w: Sequence[float]
    voltage_phases_v: Sequence[float]
    current_phases_a: Sequence[float]
    frequency_hz: float | None
    serial: str | None


class ReadingsAnswer(TypedDict):
    """A page of readings, the newest first, and whether there are newer and older ones."""

    meter: str
    items: list[ReadingAnswer]
    newer: bool
    older: bool


class NewReadingsAnswer(TypedDict):
    """How many readings there are after a moment, up to `most`."""

    meter: str
    count: int
    most: int


class UsedAnswer(TypedDict):
    """The energy of a month or a year; null where nothing is known.

    `whole` is whether it is all of it; else `since` and `until` say of which part, where that is
    known, and `exchanged` that another meter took this one's place.
    """

    period: str
    energy_wh: int | None
    whole: bool
    since: Moment | None
    until: Moment | None
    exchanged: bool


class HistoryAnswer(TypedDict):
    """What a meter counted by months and years, the oldest first."""

    meter: str
    timezone: str
    months: list[UsedAnswer]
    years: list[UsedAnswer]
