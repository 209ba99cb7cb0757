"""What the API takes and tells of calendars and of the gates that go by them."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from webui.answers import Moment
from webui.reading import Nothing

Minute = Annotated[int, Field(ge=0, le=1440)]
Revision = Annotated[
    str, Field(min_length=1, max_length=100, description="Of the calendar that this began with.")
]


class Paint(Nothing):
    """What of a calendar becomes another; what is left out stays as it is."""

    revision: Revision
    week: list[list[tuple[Minute, Minute]]] | None = Field(
        None,
        min_length=7,
        max_length=7,
        strict=False,
        description="The open parts of each weekday, Monday first, in minutes.",
    )
    holidays: list[Annotated[str, Field(min_length=1, max_length=40)]] | None = Field(
        None, max_length=100, description="The rules of days on which it is open all day."
    )


class Shut(Nothing):
    """Whether a gate ever shuts."""

    revision: Revision
    enabled: bool


class RuleAnswer(TypedDict):
    """A rule that names holidays, as it is written, and of which kind it is."""

    rule: str
    kind: Literal["list", "easter", "yearly", "once"]


class CountryAnswer(TypedDict):
    """Holidays of a country."""

    country: str
    subdivision: str | None
    names: list[str]


class HolidayAnswer(TypedDict):
    """A day on which a calendar is open all day; `rule` says which names it, "" a country."""

    day: str
    name: str
    rule: str


class GateAnswer(TypedDict):
    """A gate, and the calendar that it goes by; `variable` says whether it shuts, if one does.

    `counts_for` are the gates that shut or do not together, as those of all uses of a subflow.
    """

    node: str
    calendar: str
    enabled: bool
    variable: str | None
    editable: bool
    counts_for: list[str]


class CalendarAnswer(TypedDict):
    """A calendar: the open parts of its week in minutes, and its holidays for two years ahead.

    `file` is where it stands; `node` in which gate of the flow, None where it is the site's, whose
    changes run from the next start on: `pending` until then.  `counts_for` are the gates whose text
    it is: there are several where a subflow has several uses.  `revision` is what a change begins
    with; None: it cannot be changed from here.
    `open_now` and `until` say what it is now, and until when.
    """

    name: str
    node: str | None
    counts_for: list[str]
    file: str
    revision: str | None
    pending: bool
    timezone: str
    week: list[list[tuple[int, int]]]
    rules: list[RuleAnswer]
    countries: list[CountryAnswer]
    holidays: list[HolidayAnswer]
    open_now: bool
    until: Moment | None


class CalendarsAnswer(TypedDict):
    """The calendars and the gates of a site; `revision` is that of the flow which runs."""

    revision: str | None
    items: list[CalendarAnswer]
    gates: list[GateAnswer]


class PaintedAnswer(CalendarsAnswer):
    """What there is after a change; `version` is that of the flow which runs then.

    It is None where the settings of the site were changed.
    """

    version: int | None
    diff: str
