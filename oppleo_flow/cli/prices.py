"""`oppleo-flow prices`: what a kWh costs, and from when."""

import argparse
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import uuid4

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.charging.tariff_words import components_of, price_of
from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.price_words import add_tariff_options, tariff_of
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
from oppleo_flow.wording import wording

EXAMPLES = (
    ("prices list", "all prices with the moment each holds from"),
    ("prices set 0.35", "0.35 per kWh from now on, in the site's currency"),
    ("prices set 0.41 --from 2027-01-01", "from the beginning of that day at the site"),
    ("prices set 0.40 --off-peak 0.30 --calendar dal", "two prices; the hours are in oppleo.yaml"),
    (
        "prices set --component energy=0.15/0.08 --component tax=0.10 --vat 21 --calendar dal",
        "the same from its components, which a statement tells",
    ),
    (
        "prices set --market day-ahead --component tax=0.12 --vat 21",
        "a price that changes by the hour, from the `price-source` node of that name",
    ),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="all prices")
    add = actions.add_parser("set", help="a price from a moment on; the past does not change")
    add_tariff_options(add)
    add.add_argument("--from", dest="since", metavar="YYYY-MM-DD", help="the day (default: now)")
    for action in (show, add):
        add_ledger_options(action)


def run(args: argparse.Namespace) -> int:
    """List the prices, or add one."""
    site = site_of(args)
    if args.action == "set":
        _set(site, args)
    else:
        print(_listing(site))
    return OK


def _set(site: Site, args: argparse.Namespace) -> None:
    day = None if args.since is None else day_of(args.since, "--from", "prices")
    since = SystemClock().now() if day is None else midnight(day, site)
    tariff = tariff_of(args, site)
    version = (
        _flat(args.price, since, site)
        if tariff is None
        else PriceVersion.of(uuid4(), since, tariff, site.settings.currency)
    )
    with ledger_of(site) as ledger:
        ledger.prices.add(version)
    done = f"{_price(version)} per kWh from {_moment(version, site)} on"
    note(site, "price", done)
    print(done)


def _flat(price: str, since: datetime, site: Site) -> PriceVersion:
    try:
        return PriceVersion(uuid4(), since, Decimal(price), site.settings.currency)
    except (InvalidOperation, ValueError):
        raise UsageError(f"a price such as 0.35 is needed, got {price!r}", "prices") from None


def _listing(site: Site) -> str:
    with ledger_of(site, read_only=True) as ledger:
        versions = ledger.prices.all()
    rows = [
        (_moment(one, site), _price(one), components_of(one, wording("en"))) for one in versions
    ]
    if not any(one.tariff for one in versions):
        return table(("from", "per kWh"), [row[:2] for row in rows], right=("per kWh",))
    return table(("from", "per kWh", "made up of"), rows)


def _price(version: PriceVersion) -> str:
    price = version.price_per_kwh if version.tariff is None else price_of(version, wording("en"))
    return f"{price} {version.currency}"


def _moment(version: PriceVersion, site: Site) -> str:
    """Return a price's moment in the site's time; a midnight as the day alone."""
    local = version.valid_from.astimezone(zone_of(site))
    return f"{local:%Y-%m-%d}" if local == midnight(local.date(), site) else f"{local:%F %T}"
