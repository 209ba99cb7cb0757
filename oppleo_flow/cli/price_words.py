"""The prices that a command line tells: `0.40 --off-peak 0.30 --calendar dal`."""

import argparse
from decimal import Decimal, InvalidOperation

from oppleo_flow.charging.calendar_rules import CalendarRules
from oppleo_flow.charging.tariff import Component, Tariff
from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.site import Site

_WHOLE = "price"
_COMMAND = "prices"


def add_tariff_options(parser: argparse.ArgumentParser) -> None:
    """Add what makes a price that is not flat."""
    parser.add_argument(
        "price", metavar="PRICE", nargs="?", help="per kWh, VAT included, with a point: 0.35"
    )
    parser.add_argument("--off-peak", metavar="PRICE", help="in the hours of --calendar")
    parser.add_argument(
        "--calendar", metavar="NAME", help="which off-peak hours, of oppleo.yaml's `calendars:`"
    )
    parser.add_argument(
        "--component",
        metavar="NAME=PRICE[/OFF-PEAK]",
        action="append",
        default=[],
        help="in place of PRICE: a part of it, without VAT; may be repeated",
    )
    parser.add_argument("--vat", metavar="PERCENT", help="VAT on the components")
    parser.add_argument(
        "--market", metavar="SOURCE", help="add the prices of a `price-source` of this name"
    )


def tariff_of(args: argparse.Namespace, site: Site) -> Tariff | None:
    """Return the tariff that a command line tells; None for a flat price.

    Raises:
        UsageError: It tells none that can be.
    """
    if args.price is not None and args.component:
        raise UsageError("PRICE is the whole price, --component a part of it; give one", _COMMAND)
    if args.price is not None and (args.vat or args.market):
        option = "--vat" if args.vat else "--market"
        raise UsageError(f"{option} goes with --component; PRICE has VAT in it", _COMMAND)
    if args.price is None and not (args.component or args.market):
        raise UsageError("PRICE, --component or --market is needed", _COMMAND)
    if args.price is not None and args.off_peak is None and args.calendar is None:
        return None
    try:
        return Tariff(
            components=_components(args),
            vat_percent=_number(args.vat or "0"),
            calendar=None if args.calendar is None else _calendar(args.calendar, site),
            source=args.market,
        )
    except ValueError as error:
        raise UsageError(str(error), _COMMAND) from None


def _components(args: argparse.Namespace) -> tuple[Component, ...]:
    if args.price is not None:
        off_peak = None if args.off_peak is None else _number(args.off_peak)
        return (Component(_WHOLE, _number(args.price), off_peak),)
    if args.off_peak is not None:
        raise ValueError("--off-peak goes with PRICE; a component is written energy=0.15/0.08")
    return tuple(_component(text) for text in args.component)


def _component(text: str) -> Component:
    name, sign, prices = text.partition("=")
    if not (name and sign):
        raise ValueError(f"--component: NAME=PRICE is needed, got {text!r}")
    per_kwh, both, off_peak = prices.partition("/")
    return Component(name, _number(per_kwh), _number(off_peak) if both else None)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"a number such as 0.35 is needed, got {text!r}") from None


def _calendar(name: str, site: Site) -> CalendarRules:
    """Return the calendar as it is now, with its zone: a price goes by that for good."""
    calendars = site.settings.calendars
    if name not in calendars:
        known = ", ".join(calendars) or "none"
        raise ValueError(f"--calendar: oppleo.yaml has no calendar {name!r}; known: {known}")
    return CalendarRules.model_validate(calendars[name].written(site.timezone))
