"""The holidays of a country, by the package `holidays`, of which only those named count.

A public holiday is not by that an off-peak day: Good Friday is none for a Spanish supplier.  So a
tariff owns its list.  Names are those of the country's own language, which no translation changes.

The package is the optional extra `oppleo-flow[holidays]`, imported where a calendar names a
country.
"""

import difflib
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from oppleo_flow.charging.holidays import Holidays
from oppleo_flow.options import NodeConfig

if TYPE_CHECKING:
    from types import ModuleType

_SEEN = range(2020, 2041)
"""A name counts as known if the package has it in one of these years."""
_SEPARATOR = "; "  # how the package joins the names of two holidays on one day


class PublicHolidays(NodeConfig):
    """Some holidays of a country, by name."""

    country: str = Field(
        pattern=r"^[A-Z]{2}$", description="ISO 3166 code of the country, such as DE."
    )
    subdivision: str | None = Field(
        None, description="Code of the part of the country, such as NW, where it has its own."
    )
    names: tuple[str, ...] = Field(
        min_length=1,
        description="Which of its holidays count, in the country's own language.",
    )

    @model_validator(mode="after")
    def _are_known(self) -> Self:
        known = {name for year in _SEEN for name in self._named(year).values()}
        for name in self.names:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                advice = f"did you mean {close[0]!r}?" if close else _choices(known)
                raise ValueError(f"{self._place} has no holiday {name!r}; {advice}")
        return self

    def rule(self) -> Holidays:
        """Return the rule for the days that count."""
        allowed = set(self.names)

        def days(year: int) -> Mapping[date, str]:
            return {day: name for day, name in self._named(year).items() if name in allowed}

        return days

    @property
    def _place(self) -> str:
        return self.country if self.subdivision is None else f"{self.country}-{self.subdivision}"

    def _named(self, year: int) -> dict[date, str]:
        """Return every holiday of a year; of two on one day one that counts, if there is one."""
        found: dict[date, str] = {}
        for day, joined in self._all(year).items():
            names = joined.split(_SEPARATOR)
            found[day] = next((name for name in names if name in self.names), names[0])
        return found

    def _all(self, year: int) -> Mapping[date, str]:
        package: Any = _package()
        try:
            country = getattr(package, self.country)
        except AttributeError:
            raise ValueError(f"the package holidays does not know {self.country!r}") from None
        if self.subdivision is not None and self.subdivision not in country.subdivisions:
            known = ", ".join(country.subdivisions) or "none"
            raise ValueError(f"{self.country} has no part {self.subdivision!r}; known: {known}")
        language = country.default_language
        days: Mapping[date, str] = country(years=year, subdiv=self.subdivision, language=language)
        return days


def _package() -> "ModuleType":
    try:
        import holidays  # noqa: PLC0415  (optional, and slow to import)
    except ImportError:
        raise ValueError(
            "the package holidays is not installed; `pip install 'oppleo-flow[holidays]'`, "
            "or write the days as rules such as easter-2 or 10-03"
        ) from None
    return holidays


def _choices(known: set[str]) -> str:
    return "known: " + ", ".join(sorted(known))
