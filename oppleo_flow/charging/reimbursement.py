"""What may be reimbursed of a session, beside what it really cost, by the rules of a country.

A profile is data with dates: the rules in a sentence, and the prices that somebody published, each
with its period and its source.  For a day that no figure covers the price is unknown; it is never
taken from another period.

Rounding: energy times price, rounded once, half up, to cents.  A session counts for the day on
which it ended, by the local clock, as it does for its statement.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from oppleo_flow.charging.tariff import total
from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from oppleo_flow.charging.record import SessionRecord

Basis = Literal["own-price", "agreed-price", "published-price"]
_FOLDER: Final = Path(__file__).with_name("reimbursement_profiles")


@immutable
class Figure:
    """A price that was published for [since, until); `region` is "" where it is the country's."""

    since: date
    until: date
    per_kwh: Decimal
    source: str
    dated: date
    region: str = ""

    def covers(self, day: date, region: str) -> bool:
        """Return whether it holds on a day in a region."""
        return self.region == region and self.since <= day < self.until


@immutable
class Profile:
    """The rules of one country, by their code; the first of `bases` is the usual one.

    `country` and `rules` are in each language that people are told in.
    """

    code: str
    country: Mapping[str, str]
    currency: str
    rules: Mapping[str, str]
    source: str
    dated: date
    bases: tuple[Basis, ...]
    figures: tuple[Figure, ...] = ()

    @property
    def regions(self) -> tuple[str, ...]:
        """Return the regions that have figures of their own."""
        return tuple(dict.fromkeys(one.region for one in self.figures if one.region))


@immutable
class Reimbursement:
    """By what is reimbursed."""

    profile: Profile
    basis: Basis
    region: str = ""
    agreed_per_kwh: Decimal | None = None

    @classmethod
    def of(
        cls,
        profile: Profile,
        *,
        basis: Basis | None = None,
        region: str | None = None,
        agreed_per_kwh: Decimal | None = None,
        own: Sequence[Figure] = (),
    ) -> Self:
        """Return how a profile reimburses; what is not said is as is usual there.

        `own` are figures that the site gives: on their days they count, and not the profile's.

        Raises:
            ConfigError: The profile has no such basis or region, or something is missing.
        """
        place = f"profile {profile.code!r}"
        chosen = basis or _usual(profile, agreed_per_kwh)
        if chosen not in profile.bases:
            known = ", ".join(profile.bases)
            raise ConfigError(f"{place}: basis: one of {known} is needed, got {chosen!r}")
        if chosen == "agreed-price" and agreed_per_kwh is None:
            raise ConfigError(f"{place}: an agreed price is needed; set agreed_per_kwh")
        if chosen == "published-price" and profile.regions and region not in profile.regions:
            known = ", ".join(profile.regions)
            raise ConfigError(f"{place}: region: one of {known} is needed, got {region!r}")
        if region is not None and not profile.regions:
            raise ConfigError(f"{place}: has no regions, got {region!r}; leave region out")
        if own and chosen != "published-price":
            raise ConfigError(f"{place}: figures: are for basis published-price, got {chosen!r}")
        by_region = region if chosen == "published-price" and region else ""
        agreed = agreed_per_kwh if chosen == "agreed-price" else None
        here = tuple(replace(one, region=by_region) for one in own)
        return cls(replace(profile, figures=(*here, *profile.figures)), chosen, by_region, agreed)

    def check_currency(self, currency: str) -> None:
        """Refuse to reimburse by prices in other money than sessions cost.

        Raises:
            ConfigError: They are in another currency.
        """
        profile = self.profile
        if self.basis != "own-price" and profile.currency != currency:
            raise ConfigError(
                f"profile {profile.code!r}: reimburses by prices in {profile.currency}, and "
                f"sessions cost {currency} here; take another profile, or another basis"
            )

    def figure(self, day: date) -> Figure | None:
        """Return the published price of a day; None when the table has none."""
        found = (one for one in self.profile.figures if one.covers(day, self.region))
        return next(found, None)

    def known_until(self, day: date) -> date | None:
        """Return the end of the published prices before a day; None when there are none before."""
        ends = [
            one.until
            for one in self.profile.figures
            if one.region == self.region and one.until <= day
        ]
        return max(ends, default=None)

    def per_kwh(self, day: date) -> Decimal | None:
        """Return what a kWh of a day is reimbursed by; None: unknown, or by what it cost."""
        if self.basis == "agreed-price":
            return self.agreed_per_kwh
        figure = self.figure(day) if self.basis == "published-price" else None
        return None if figure is None else figure.per_kwh

    def covers(self, day: date) -> bool:
        """Return whether it is known what is reimbursed of a day."""
        return self.basis == "own-price" or self.per_kwh(day) is not None

    def of_session(self, session: "SessionRecord", zone: ZoneInfo) -> Decimal | None:
        """Return what is reimbursed of a session; None when that is not known."""
        if session.void:
            return Decimal("0.00")
        if self.basis == "own-price":
            return session.amount
        if session.energy_wh is None or session.ended_at is None:
            return None
        return total([(session.energy_wh, self.per_kwh(session.ended_at.astimezone(zone).date()))])


def _usual(profile: Profile, agreed_per_kwh: Decimal | None) -> Basis:
    """Return what is usual: by the agreed price where there is one and the rules know such."""
    if agreed_per_kwh is not None and "agreed-price" in profile.bases:
        return "agreed-price"
    return profile.bases[0]


def profile_codes() -> list[str]:
    """Return the codes of the profiles that there are."""
    return sorted(file.stem for file in _FOLDER.glob("*.yaml"))


@functools.cache
def profile_of(code: str) -> Profile:
    """Return the profile of a code.

    Raises:
        ConfigError: There is none.
    """
    if code not in profile_codes():
        known = ", ".join(profile_codes())
        raise ConfigError(f"profile: one of {known} is needed, got {code!r}")
    # Not at the top: only a statement has a use for it.
    import yaml  # noqa: PLC0415

    text = (_FOLDER / f"{code}.yaml").read_text(encoding="utf-8")
    return _profile(code, yaml.load(text, Loader=yaml.CSafeLoader))


def _profile(code: str, data: Mapping[str, Any]) -> Profile:
    figures = tuple(
        Figure(
            since=one["since"],
            until=one["until"],
            per_kwh=Decimal(str(per_kwh)),
            source=one["source"],
            dated=one["dated"],
            region=region,
        )
        for one in data.get("figures", ())
        for region, per_kwh in one["per_kwh"].items()
    )
    return Profile(
        code=code,
        country=data["country"],
        currency=data["currency"],
        rules=data["rules"],
        source=data["source"],
        dated=data["dated"],
        bases=tuple(data["bases"]),
        figures=figures,
    )
