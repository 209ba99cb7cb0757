"""`oppleo-flow prices`: what a kWh costs, and from when."""

import argparse
from decimal import Decimal, InvalidOperation
from uuid import uuid4

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.cli.audit import note
from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import (
    add_ledger_options,
    day_of,
    ledger_of,
    midnight,
    site_of,
    zone_of,
)
from oppleo_flow.cli.table import table
from oppleo_flow.clock import SystemClock

EXAMPLES = (
    ("prices list", "all prices with the moment each holds from"),
    ("prices set 0.35", "0.35 per kWh from now on, in the site's currency"),
    ("prices set 0.41 --from 2027-01-01", "from the beginning of that day at the site"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="all prices")
    add = actions.add_parser("set", help="a price from a moment on; the past does not change")
    add.add_argument("price", metavar="PRICE", help="per kWh, with a point: 0.35")
    add.add_argument("--from", dest="since", metavar="YYYY-MM-DD", help="the day (default: now)")
    for action in (show, add):
        add_ledger_options(action)


def run(args: argparse.Namespace) -> int:
    """List the prices, or add one."""
    site = site_of(args)
    if args.action == "set":
        _set(site, args.price, args.since)
    else:
        print(_listing(site))
    return OK


def _set(site: Site, price: str, since: str | None) -> None:
    day = None if since is None else day_of(since, "--from", "prices")
    try:
        version = PriceVersion(
            price_version_id=uuid4(),
            valid_from=SystemClock().now() if day is None else midnight(day, site),
            price_per_kwh=Decimal(price),
            currency=site.settings.currency,
        )
    except (InvalidOperation, ValueError):
        raise UsageError(f"a price such as 0.35 is needed, got {price!r}", "prices") from None
    with ledger_of(site) as ledger:
        ledger.prices.add(version)
    done = f"{_price(version)} per kWh from {_moment(version, site)} on"
    note(site, "price", done)
    print(done)


def _listing(site: Site) -> str:
    with ledger_of(site, read_only=True) as ledger:
        versions = ledger.prices.all()
    rows = [(_moment(version, site), _price(version)) for version in versions]
    return table(("from", "per kWh"), rows, right=("per kWh",))


def _price(version: PriceVersion) -> str:
    return f"{version.price_per_kwh} {version.currency}"


def _moment(version: PriceVersion, site: Site) -> str:
    """Return a price's moment in the site's time; a midnight as the day alone."""
    local = version.valid_from.astimezone(zone_of(site))
    return f"{local:%Y-%m-%d}" if local == midnight(local.date(), site) else f"{local:%F %T}"
