"""Who lives in a simulated house: its cars and their habits, its cards, its guests, its bad luck.

A scenario is a YAML file, checked as a flow is, each finding at its place.  Times of day are on the
site's local clock.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from oppleo_flow.charging.calendar import parse_days
from oppleo_flow.flowfile.findings import Finding, Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.option_check import OptionCheck, Subject, path_text
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Mark, Scalar, Value, YamlList, YamlMap
from oppleo_flow.options import Seconds, Share, TimeOfDay

BUILT_IN: Final = Path(__file__).with_name("two_cars.yaml")

Kwh = Annotated[float, Field(gt=0, le=1000)]
Price = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=6)]
_UID = re.compile("[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20}")


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )


def _days(value: object) -> object:
    return parse_days(value) if isinstance(value, str) else value


class Habit(_Part):
    """When a car is away on some days of the week."""

    days: Annotated[frozenset[int], BeforeValidator(_days)] = Field(
        description="Days such as mon-fri, sat,sun or daily."
    )
    leaves: TimeOfDay = Field(description="When it leaves.")
    back: TimeOfDay = Field(description="When it is back, on the same day.")
    jitter: Seconds = Field(
        "15m",
        validate_default=True,
        description="How much earlier or later it may leave or return.",
    )
    uses_kwh: Kwh = Field(description="What it uses on the way; a fifth more or less.")
    chance: Share = Field(
        "100%", validate_default=True, le=1, description="How likely it is to leave on such a day."
    )

    @model_validator(mode="after")
    def _comes_back(self) -> Self:
        if self.back <= self.leaves:
            raise ValueError(f"back must be later than leaves, {self.leaves:%H:%M}")
        return self


class CarSettings(_Part):
    """A car of the household."""

    card: str = Field(description="The card that its driver swipes.")
    battery_kwh: Kwh = Field(description="What its battery holds.")
    charger_kw: float = Field(11.0, gt=0, le=50, description="What its charger draws.")
    phases: Literal[1, 2, 3] = Field(3, description="On how many phases.")
    efficiency: Share = Field(
        "90%", validate_default=True, gt=0, le=1, description="What of it reaches the battery."
    )
    charge: Share = Field(
        "50%", validate_default=True, le=1, description="How full the battery is at the beginning."
    )
    plugs_in_below: Share = Field(
        "80%",
        validate_default=True,
        le=1,
        description="How full it may be for its driver to plug it in all the same.",
    )
    week: tuple[Habit, ...] = Field((), description="When it is away; the first that fits a day.")


def _uid(text: str) -> str:
    if not _UID.fullmatch(text):
        raise ValueError("4, 7 or 10 bytes in capitals such as 04A1B2C3 are needed")
    return text


class CardSettings(_Part):
    """A card in somebody's pocket."""

    uid: Annotated[str, AfterValidator(_uid)] = Field(description="Its UID: 4, 7 or 10 bytes.")
    known: bool = Field(True, description="Whether the ledger knows it, and it may charge.")


class GuestSettings(_Part):
    """Somebody who holds a card to the reader now and then."""

    card: str = Field(description="The card.")
    per_month: float = Field(gt=0, le=1000, description="How often in 30 days, about.")
    between: tuple[TimeOfDay, TimeOfDay] = Field(
        ("10:00", "20:00"), validate_default=True, description="The hours in which it happens."
    )


class FaultRate(_Part):
    """Something that breaks now and then and recovers by itself."""

    per_month: float = Field(ge=0, le=1000, description="How often in 30 days, about.")
    lasts: tuple[Seconds, Seconds] = Field(description="At least and at most how long.")

    @model_validator(mode="after")
    def _shortest_first(self) -> Self:
        if self.lasts[0] > self.lasts[1]:
            raise ValueError("lasts: the shorter time comes first")
        return self


class FaultSettings(_Part):
    """What breaks in this house, by chance."""

    meter_silent: FaultRate | None = Field(default=None, description="The meter does not answer.")
    reader_dead: FaultRate | None = Field(
        default=None, description="The card reader does not answer."
    )
    evse_error: FaultRate | None = Field(
        default=None, description="The SmartEVSE has a hard error."
    )
    power_cut: FaultRate | None = Field(default=None, description="The mains fail, for everything.")
    program_down: FaultRate | None = Field(
        default=None, description="The program does not run; the mains stay."
    )
    disk_full: FaultRate | None = Field(
        default=None, description="The disk has no room for the ledger."
    )
    car_flaps: FaultRate | None = Field(
        default=None, description="The plug has a loose contact: in and out, again and again."
    )


class Event(_Part):
    """One thing that happens at one moment, besides all that follows from habits and luck."""

    at: datetime = Field(description="Local, such as 2026-03-03T18:00; or with an offset.")
    plug_in: str | None = Field(
        default=None, description="The car that comes home and is plugged in."
    )
    plug_out: str | None = Field(
        default=None, description="The car that is unplugged, and left so."
    )
    swipe: str | None = Field(default=None, description="The card that is held to the reader.")
    price_per_kwh: Price | None = Field(default=None, description="The price from now on.")
    meter_silent: Seconds | None = Field(
        default=None, description="How long the meter does not answer."
    )
    reader_dead: Seconds | None = Field(
        default=None, description="How long the reader does not answer."
    )
    evse_error: Seconds | None = Field(
        default=None, description="How long the SmartEVSE has an error."
    )
    power_cut: Seconds | None = Field(default=None, description="How long there are no mains.")
    program_down: Seconds | None = Field(
        default=None, description="How long the program does not run."
    )
    disk_full: Seconds | None = Field(
        default=None, description="How long the disk has no room for the ledger."
    )
    car_flaps: Seconds | None = Field(
        default=None, description="How long the plug has a loose contact."
    )

    @property
    def what(self) -> str:
        """Return the name of the one thing that happens; empty when nothing does."""
        return next(iter(self.model_fields_set - {"at"}), "")

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        said = sorted(self.model_fields_set - {"at"})
        if len(said) > 1:
            raise ValueError(f"one thing happens at a time, not {' and '.join(said)}")
        return self


def _known_format(number: int) -> int:
    if number != 1:
        raise ValueError("this version of the program reads format 1 only")
    return number


class Scenario(_Part):
    """A household and what befalls it."""

    scenario: str = Field(min_length=1, max_length=100, description="Its name.")
    format: Annotated[int, AfterValidator(_known_format)] = Field(
        description="The version of this file's form; 1."
    )
    doc: str = Field("", description="What it is about.")
    price_per_kwh: Price | None = Field(
        default=None, description="The price; none: it is not known."
    )
    awake: tuple[TimeOfDay, TimeOfDay] = Field(
        ("06:30", "23:00"),
        validate_default=True,
        description="The hours in which somebody goes and swaps the plug.",
    )
    cards: dict[str, CardSettings] = Field(description="The cards, by name.")
    cars: dict[str, CarSettings] = Field(description="The cars, by name.")
    guests: tuple[GuestSettings, ...] = Field((), description="Who else swipes a card.")
    faults: FaultSettings = Field(
        default_factory=FaultSettings, description="What breaks by chance."
    )
    events: tuple[Event, ...] = Field((), description="What happens on a certain day.")


def read_scenario(path: Path) -> tuple[Scenario | None, tuple[Finding, ...]]:
    """Return the scenario in a file, if it is right, and what was found in it."""
    text = read_text(path)
    if isinstance(text, Finding):
        return None, (text,)
    return parse_scenario(text, str(path))


def parse_scenario(text: str, file: str) -> tuple[Scenario | None, tuple[Finding, ...]]:
    """Return the scenario that a text describes, if it is right, and what was found in it."""
    report = Report(file, split_lines(text))
    root = parse(text, report)
    scenario = None
    if isinstance(root, YamlMap):
        scenario = OptionCheck(report).check(Scenario, root, Subject(root.start, "a scenario"))
        _check_names(root, report)
        if scenario is not None:
            _check_events(scenario, root, report)
    elif not report.has_errors:
        at = root.start if root else Mark(0, 0)
        report.error("wrong-shape", at, "a map with 'scenario', 'cards' and 'cars' is needed here")
    return None if report.has_errors else scenario, report.findings()


def _check_names(root: YamlMap, report: Report) -> None:
    """Report every name of a card or a car that there is none of."""
    for kind, path, name in _names(root):
        known = root.get(kind)
        if isinstance(known, YamlMap) and name.text not in known.entries and not name.unreadable:
            what = kind.removesuffix("s")
            advice = hint(name.text, known.entries, what=kind)
            message = f"{path_text(path)!r} names no {what}, got {name.text!r}{advice}"
            report.error("option-value", name.start, message)


def _check_events(scenario: Scenario, root: YamlMap, report: Report) -> None:
    """Report each event in which nothing happens."""
    known = ", ".join(name for name in Event.model_fields if name != "at")
    for event, (number, item) in zip(scenario.events, _parts(root.get("events")), strict=True):
        if not event.what:
            message = f"'events[{number}]': nothing happens; add one of {known}"
            report.error("missing-option", item.start, message)


def _names(root: YamlMap) -> Iterator[tuple[str, tuple[str | int, ...], Scalar]]:
    """Yield each use of a name: what it names, where it stands, and the name."""
    for car, settings in _parts(root.get("cars")):
        yield from _named(settings, "cards", ("cars", car, "card"))
    for number, guest in _parts(root.get("guests")):
        yield from _named(guest, "cards", ("guests", number, "card"))
    for number, event in _parts(root.get("events")):
        yield from _named(event, "cards", ("events", number, "swipe"))
        yield from _named(event, "cars", ("events", number, "plug_in"))
        yield from _named(event, "cars", ("events", number, "plug_out"))


def _parts(value: Value | None) -> Iterator[tuple[str | int, Value]]:
    if isinstance(value, YamlMap):
        yield from ((name, entry.value) for name, entry in value.entries.items())
    elif isinstance(value, YamlList):
        yield from enumerate(value.items)


def _named(
    value: Value, kind: str, path: tuple[str | int, ...]
) -> Iterator[tuple[str, tuple[str | int, ...], Scalar]]:
    name = value.get(str(path[-1])) if isinstance(value, YamlMap) else None
    if isinstance(name, Scalar):
        yield kind, path, name
