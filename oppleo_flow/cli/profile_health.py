"""Whether it is known by what a site reimburses: published prices hold for a time only."""

import re
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from oppleo_flow.cli.diagnosis import Diagnosis, well, worth_a_look
from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.flowfile import Finding, Place

_REMEDY = "install a newer version of oppleo-flow, or choose another `basis`"
_LINE = re.compile(r"[\s{,]profile\s*:")


def day_at(settings: SiteSettings, now: datetime) -> date:
    """Return the day that it is by the clock of a site, which prices and statements go by."""
    return now.astimezone(ZoneInfo(settings.timezone)).date()


def uncovered(settings: SiteSettings, day: date) -> str:
    """Return what is missing to reimburse what is charged on a day; "" when nothing is."""
    by = settings.statement.reimbursement()
    if by is None or by.covers(day):
        return ""
    where = f"{by.profile.code!r}, {by.region}" if by.region else f"{by.profile.code!r}"
    return (
        f"profile {where}: no price is known for {day.isoformat()}, so statements say that what "
        "may be reimbursed is unknown"
    )


def finding(settings: SiteSettings, file: Path, day: date) -> Finding | None:
    """Return what is missing, at the line of the profile; None when nothing is."""
    text = uncovered(settings, day)
    if not text:
        return None
    lines = file.read_text(encoding="utf-8").splitlines()
    at = next((number for number, line in enumerate(lines, 1) if _LINE.search(f" {line}")), 1)
    return Finding("out-of-date", "warning", Place(str(file), at, 1), f"{text}; {_REMEDY}")


def diagnosis(settings: SiteSettings, day: date) -> Diagnosis | None:
    """Return whether something is missing; None of a site that reimburses by no rules."""
    if settings.statement.profile is None:
        return None
    text = uncovered(settings, day)
    if text:
        return worth_a_look("statement", text, _REMEDY)
    return well("statement", f"what may be reimbursed by {settings.statement.profile!r} is known")
