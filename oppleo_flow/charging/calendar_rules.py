"""A calendar as a person writes it: in a node's options, or under `calendars:` in `oppleo.yaml`.

```yaml
calendars:
  dal:
    open:
      - {days: mon-fri, from: 23:00, to: 07:00}
      - {days: "sat,sun", from: 00:00, to: 24:00}
    holidays: [nl-off-peak, 12-31]
```
"""

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    model_validator,
)

from oppleo_flow.charging.calendar import (
    WEEKDAYS,
    Calendar,
    Window,
    parse_days,
    parse_time_of_day,
)
from oppleo_flow.charging.holidays import parse_holidays, together
from oppleo_flow.charging.public_holidays import PublicHolidays
from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable
from oppleo_flow.options import SITE_NAMES, NodeConfig, TimeZone

_NONE = "none"


def _days(value: object) -> object:
    return parse_days(value) if isinstance(value, str) else value


def _days_text(days: frozenset[int]) -> str:
    return ",".join(WEEKDAYS[day] for day in sorted(days))


def _minute(value: object) -> object:
    return parse_time_of_day(str(value))


def _minute_text(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _rules(value: object) -> object:
    """Return a single rule as a list of one, and `none` as an empty one."""
    if value == _NONE:
        return ()
    return (value,) if isinstance(value, str) else value


def _known_rule(text: str) -> str:
    parse_holidays(text)
    return text


def _of_the_site(name: str, info: ValidationInfo) -> str:
    ask = (info.context or {}).get(SITE_NAMES)
    known = None if ask is None else ask("calendars")
    if known is not None and name not in known:
        raise ValueError(unknown_calendar(name, known))
    return name


CalendarName = Annotated[str, AfterValidator(_of_the_site)]
"""The name of a calendar of the site."""

MinuteOfDay = Annotated[
    int,
    BeforeValidator(_minute, json_schema_input_type=str),
    PlainSerializer(_minute_text),
]
"""A minute of the local day; a flow writes `07:00`, or `24:00` for its end."""

HolidayRule = Annotated[str, AfterValidator(_known_rule)]
"""A rule such as `nl-off-peak`, `12-31`, `2026-05-15` or `easter+1`."""

HolidayRules = Annotated[
    tuple[HolidayRule, ...],
    BeforeValidator(_rules, json_schema_input_type=str | tuple[str, ...]),
]
"""One rule or a list of them; `none` for no day."""


class OpenWindow(NodeConfig):
    """One weekly window in which a calendar is open."""

    days: Annotated[
        frozenset[int],
        BeforeValidator(_days, json_schema_input_type=str),
        PlainSerializer(_days_text),
    ] = Field(description="Weekdays, such as mon-fri, sat,sun or daily.")
    start: MinuteOfDay = Field(
        validation_alias="from",
        serialization_alias="from",
        description="Local time at which it opens, such as 23:00.",
    )
    stop: MinuteOfDay = Field(
        validation_alias="to",
        serialization_alias="to",
        description="Local time at which it shuts, such as 07:00; 24:00.",
    )

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        self.window()
        return self

    def window(self) -> Window:
        """Return the window of the calendar."""
        return Window(self.days, self.start, self.stop)


class CalendarRules(NodeConfig):
    """When a calendar is open: weekly windows, and days on which it is open all day."""

    timezone: TimeZone | None = Field(
        None, description="Zone of the local clock; default: the site's."
    )
    open: tuple[OpenWindow, ...] = Field((), description="When it is open, week by week.")
    holidays: HolidayRules = Field(
        (),
        description="Days on which it is open all day: nl-off-peak, 12-31, 2026-05-15, easter+1, "
        "one or a list; none.",
    )
    public_holidays: tuple[PublicHolidays, ...] = Field(
        (), description="More such days: holidays of a country, by name."
    )

    def calendar(self, zone: str) -> Calendar:
        """Return the calendar; `zone` is the site's, for rules that name none."""
        rules = [parse_holidays(text) for text in self.holidays]
        rules += [country.rule() for country in self.public_holidays]
        windows = tuple(item.window() for item in self.open)
        return Calendar(ZoneInfo(self.timezone or zone), windows, together(rules))

    def written(self, zone: str) -> dict[str, Any]:
        """Return it as plain data that says the same anywhere, with its zone."""
        return {"timezone": zone} | self.model_dump(
            mode="json", by_alias=True, exclude_defaults=True
        )


@immutable
class SiteCalendars:
    """The calendars of a site by name, a service that nodes ask for."""

    rules: Mapping[str, CalendarRules] = field(default_factory=dict)

    def named(self, name: str) -> CalendarRules:
        """Return a calendar's rules.

        Raises:
            ConfigError: The site has none of this name.
        """
        if name not in self.rules:
            raise ConfigError(unknown_calendar(name, self.rules))
        return self.rules[name]


def unknown_calendar(name: str, known: Collection[str]) -> str:
    """Return what to say of a calendar that is not there."""
    have = ", ".join(sorted(known)) or "none"
    return f"no calendar {name!r} under `calendars:` in oppleo.yaml; known: {have}"
