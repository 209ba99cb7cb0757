"""The ledger of a site, for the commands that look into it."""

import argparse
from contextlib import suppress
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oppleo_flow.charging.month import YEARS, Month
from oppleo_flow.cli.command import UsageError, add_site_option
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.site import Site
from oppleo_flow.store import StoreLocation, open_ledger

if TYPE_CHECKING:
    from oppleo_flow.reports import SiteStatements
    from oppleo_flow.store import Ledger


def add_ledger_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which ledger is meant."""
    add_site_option(parser)
    parser.add_argument(
        "--simulate", action="store_true", help="the ledger of the simulation, not the real one"
    )


def site_of(args: argparse.Namespace) -> Site:
    """Return the site that a command line means."""
    return Site.load(site_folder(args.site), simulate=args.simulate)


def ledger_of(site: Site, *, read_only: bool = False) -> "Ledger":
    """Return the open ledger of a site."""
    return open_ledger(site.service(StoreLocation), site.charge_point, read_only=read_only)


def zone_of(site: Site) -> ZoneInfo:
    """Return the site's time zone."""
    return ZoneInfo(site.timezone)


def statements_of(site: Site) -> "SiteStatements":
    """Return how a site asks for its statements."""
    # Not at the top: the page asks for it long after the start.
    from oppleo_flow.reports import SiteStatements  # noqa: PLC0415

    return SiteStatements(
        folder=site.folder,
        ledger=site.ledger,
        charge_point=site.charge_point,
        zone=zone_of(site),
        currency=site.currency,
        language=site.language,
        facts=site.settings.statement,
        simulated=site.simulate,
    )


def month_of(text: str, command: str, *, option: str = "--month") -> Month:
    """Return the month that an option names.

    Raises:
        UsageError: It is no month such as 2026-01.
    """
    try:
        return Month.parse(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}", command) from None


def day_of(text: str, option: str, command: str) -> date:
    """Return the day that an option names.

    Raises:
        UsageError: It is no day, or none of our time.
    """
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if day.year in YEARS:
            return day
    raise UsageError(f"{option}: a day such as 2026-01-31 is needed, got {text!r}", command)


def midnight(day: date, site: Site) -> datetime:
    """Return the moment at which a day begins at a site."""
    return datetime.combine(day, time(), zone_of(site))
