"""What a site says of its statements: under `statement:` in `oppleo.yaml`.

```yaml
statement:
  employee: Anna de Vries
  employer: Acme BV
  address: Kerkstraat 1, 3511 AB Utrecht
  profile: nl
  agreed_per_kwh: 0.32
```
"""

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from oppleo_flow.charging.reimbursement import Basis, Figure, Reimbursement, profile_of
from oppleo_flow.errors import ConfigError
from oppleo_flow.options import NodeConfig

NUMBER: Final = "{charge_point}-{period}"
"""How a statement is numbered unless the site says otherwise."""
_NUMBER = re.compile(r"(?:[A-Za-z0-9._-]|\{charge_point\}|\{period\})+")
_EAN = re.compile(r"[0-9]{18}")


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text) or text.count("{period}") != 1 or text.startswith("."):
        raise ValueError(
            "letters, digits, '.', '-', '_', and {period} once are needed, such as 00000{period}; "
            "{charge_point} may be in it"
        )
    return text


def _ean(text: str) -> str:
    digits = text.replace(" ", "")
    if not _EAN.fullmatch(digits):
        raise ValueError("the 18 digits of the connection are needed")
    return digits


def _profile(code: str) -> str:
    try:
        return profile_of(code).code
    except ConfigError as error:
        raise ValueError(str(error)) from None


Text = Annotated[str, Field(min_length=1, max_length=200)]
ProfileCode = Annotated[str, AfterValidator(_profile)]


class OwnFigure(NodeConfig):
    """A published price that the site itself tells, for days that its profile does not know."""

    since: date = Field(description="The first day of it.")
    until: date = Field(description="The day after its last one.")
    per_kwh: Decimal = Field(gt=0, lt=10, decimal_places=6, description="Price of a kWh.")
    source: Text = Field(description="Who published it, for those who read the statement.")

    @model_validator(mode="after")
    def _has_a_day(self) -> Self:
        if self.until <= self.since:
            raise ValueError(f"until: a day after {self.since} is needed, got {self.until}")
        return self

    def as_figure(self) -> Figure:
        """Return it as the profiles have theirs."""
        return Figure(self.since, self.until, self.per_kwh, self.source, dated=self.since)


class StatementFacts(NodeConfig):
    """What every statement of a site says of it, and by which rules it reimburses."""

    number: Annotated[str, AfterValidator(_number)] = Field(
        default=NUMBER,
        max_length=60,
        description="How statements are numbered: {period} is 202601 for January 2026. Oppleo's "
        "receipt prefix 00000 is 00000{period}.",
    )
    employee: Text | None = Field(default=None, description="Who charges and is reimbursed.")
    employer: Text | None = Field(default=None, description="Who reimburses.")
    cost_centre: Text | None = Field(default=None, description="Whose budget it is, if it is one.")
    location: Text | None = Field(default=None, description="Where the charger is, in a word.")
    address: Text | None = Field(default=None, description="Its address.")
    ean: Annotated[str, AfterValidator(_ean)] | None = Field(
        default=None, description="The EAN of the grid connection, 18 digits."
    )
    charger_serial: Text | None = Field(default=None, description="The charger's serial number.")
    profile: ProfileCode | None = Field(
        default=None, description="By whose rules may be reimbursed: nl, de or be."
    )
    region: Text | None = Field(
        default=None, description="Which region's figures count, where a profile has several."
    )
    basis: Basis | None = Field(
        default=None,
        description="What is reimbursed by: own-price (the real cost), agreed-price or "
        "published-price; default: as is usual in the profile.",
    )
    agreed_per_kwh: Decimal | None = Field(
        default=None, gt=0, lt=10, decimal_places=6, description="The price that was agreed on."
    )
    figures: tuple[OwnFigure, ...] = Field(
        default=(),
        description="Published prices of your region for days that the profile does not know yet.",
    )

    @model_validator(mode="after")
    def _fits_its_profile(self) -> Self:
        """Refuse what says how to reimburse and does not fit together."""
        in_order = sorted(self.figures, key=lambda one: one.since)
        for one, following in pairwise(in_order):
            if following.since < one.until:
                raise ValueError(f"figures: two of them cover {following.since}")
        if self.profile is None:
            return self
        try:
            self.reimbursement()
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return self

    def reimbursement(self, profile: str | None = None) -> Reimbursement | None:
        """Return how is reimbursed, by another profile if one is named; None by none.

        Raises:
            ConfigError: What the site says does not fit the profile.
        """
        code = profile or self.profile
        if code is None:
            return None
        same = self.profile is None or profile in (None, self.profile)
        return Reimbursement.of(
            profile_of(code),
            basis=self.basis if same else None,
            region=self.region if same else None,
            agreed_per_kwh=self.agreed_per_kwh,
            own=[one.as_figure() for one in self.figures] if same else (),
        )


NO_FACTS: Final = StatementFacts.model_construct()
"""Of a site that says nothing."""
