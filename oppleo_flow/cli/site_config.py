"""The settings of a site: what `oppleo.yaml` may say."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oppleo_flow.charging.calendar_rules import CalendarRules
from oppleo_flow.charging.statement_settings import NO_FACTS, StatementFacts
from oppleo_flow.cli.web_settings import WebSettings
from oppleo_flow.options import Bytes, Seconds, TimeZone
from oppleo_flow.wording import Language


class _Settings(BaseModel):
    # Deferred: a start whose settings were checked before has no use for a validator.
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, defer_build=True)


def _name(text: str) -> str:
    if not re.fullmatch("[a-z0-9][a-z0-9_-]*", text):
        raise ValueError("small letters, digits, - and _ are needed")
    return text


class ChargePointSettings(_Settings):
    """Who this charge point is."""

    id: Annotated[str, AfterValidator(_name)] = Field(
        max_length=100,
        description="Its key in the ledger and on statements; keep it for good.",
    )
    name: str = Field(min_length=1, max_length=100, description="What people call it.")


class LogSettings(_Settings):
    """What is written to `.oppleo/log/`."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is written down."
    )
    format: Literal["text", "json"] = Field(
        default="text", description="Lines for people, or a JSON object on each for programs."
    )
    size_kb: int = Field(
        default=512, ge=16, le=1_000_000, description="The size of one file, in kB."
    )
    keep: int = Field(default=5, ge=1, le=1000, description="How many older files are kept.")


class WatchSettings(_Settings):
    """What is noticed by itself while the site runs."""

    code: bool = Field(
        default=True,
        description="Take in the site's own nodes when their files change and are good.",
    )
    flows: bool = Field(
        default=True, description="Say when a file of the flow was changed and not deployed."
    )
    every: Seconds = Field(
        default="2s",
        validate_default=True,
        ge=0.1,
        le=3600,
        description="How often to look; a change is one when two looks see the same.",
    )


class DurableWireSettings(_Settings):
    """How much may wait where a wire is durable."""

    disk: Bytes = Field(
        default="50MB",
        validate_default=True,
        ge=1_000_000,
        le=1_000_000_000_000,
        description="How much of each may wait on disk; then its producer's handlers fail.",
    )


def _currency(code: str) -> str:
    if not re.fullmatch("[A-Z]{3}", code):
        raise ValueError("a code of three capitals such as EUR is needed")
    return code


def _known_format(number: int) -> int:
    if number != 1:
        raise ValueError("this version of the program reads format 1 only")
    return number


class SiteSettings(_Settings):
    """The whole of `oppleo.yaml`."""

    format: Annotated[int, AfterValidator(_known_format)] = Field(
        description="The version of this file's form; 1."
    )
    charge_point: ChargePointSettings = Field(description="Who this charge point is.")
    timezone: TimeZone = Field(description="The IANA zone of its days, hours and months.")
    currency: Annotated[str, AfterValidator(_currency)] = Field(
        description="The ISO 4217 code of the money."
    )
    language: Language = Field(
        default="en", description="Of statements, e-mails and notices: `en` or `nl`."
    )
    flow: Annotated[str, AfterValidator(_name)] = Field(
        description="Which file of `flows/`, without `.yaml`, `run` starts.",
    )
    calendars: dict[Annotated[str, AfterValidator(_name)], CalendarRules] = Field(
        default_factory=dict,
        description="Off-peak hours by name, for gates and for prices alike.",
    )
    wh_per_km: int | None = Field(
        default=None,
        ge=50,
        le=2000,
        description="What the car needs, so that the page can say energy in km too.",
    )
    statement: StatementFacts = Field(
        default=NO_FACTS,
        description="What statements say of the site: who charges, who pays, by which rules.",
    )
    simulate: bool = Field(
        default=False,
        description="Simulated hardware and a ledger of its own instead of the real ones.",
    )
    web: WebSettings = Field(
        default_factory=WebSettings, description="Where the page is served, and to whom."
    )
    log: LogSettings = Field(default_factory=LogSettings, description="What is written down.")
    watch: WatchSettings = Field(
        default_factory=WatchSettings, description="What is noticed while the site runs."
    )
    durable_wires: DurableWireSettings = Field(
        default_factory=DurableWireSettings, description="How much may wait on durable wires."
    )
