"""`oppleo-flow meters`: which kWh meters there are and were, and their registers then."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import get_args

from oppleo_flow.charging.meters import EnergyRegister, MeterFacts, MeterSegment
from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import UsageError, whole_number
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import add_ledger_options, ledger_of, site_of, zone_of
from oppleo_flow.cli.table import table
from oppleo_flow.clock import SystemClock
from oppleo_flow.store import Ledger

EXAMPLES = (
    ("meters list", "all meters that are and were there, with their first and last register"),
    ("meters add meter --make Eastron --model SDM630 --mid", "what the plate says of one"),
    ("meters change meter --calibrated 2024", "what is found out later"),
    (
        "meters exchange meter --serial 24001234 --last-kwh 8123.4 --first-kwh 0.1",
        "close it with its last register, and open the one that took its place",
    ),
)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="all of them")
    add = actions.add_parser("add", help="make one known")
    change = actions.add_parser("change", help="change what is known of one")
    exchange = actions.add_parser("exchange", help="put another one in its place")
    for action in (add, change, exchange):
        action.add_argument("name", metavar="NAME", help="of the node that reads it")
        _add_facts(action)
    for action in (add, exchange):
        action.add_argument(
            "--first-kwh", type=_wh, help="its register then (default: what it said first)"
        )
        action.add_argument(
            "--at", type=_moment, help="when it was put there, such as 2026-03-01T14:30"
        )
    exchange.add_argument(
        "--last-kwh", type=_wh, help="the old one's register (default: what it said last)"
    )
    for action in (show, add, change, exchange):
        add_ledger_options(action)


def _add_facts(action: argparse.ArgumentParser) -> None:
    action.add_argument("--make", help="who made it")
    action.add_argument("--model", help="its type")
    action.add_argument("--serial", help="its serial number")
    action.add_argument(
        "--mid", action=argparse.BooleanOptionalAction, help="whether it is MID approved"
    )
    action.add_argument("--calibrated", metavar="YEAR", type=whole_number, help="the year of that")
    action.add_argument(
        "--register", choices=get_args(EnergyRegister), help="what it bills by (default: import)"
    )


def run(args: argparse.Namespace) -> int:
    """List the meters, or change one."""
    site = site_of(args)
    with ledger_of(site, read_only=args.action == "list") as ledger:
        if args.action == "list":
            print(_listing(site, ledger))
            return OK
        act = {"add": _add, "change": _change, "exchange": _exchange}[args.action]
        done = act(site, ledger, args)
    note(site, "meter", done)
    print(done)
    return OK


def _add(site: Site, ledger: Ledger, args: argparse.Namespace) -> str:
    segment = _new(site, ledger, args)
    ledger.meters.add(segment)
    return f"meter {args.name!r} is known, {_from(site, segment)}"


def _change(site: Site, ledger: Ledger, args: argparse.Namespace) -> str:
    del site
    known = ledger.meters.of(args.name)
    before = known[-1].facts if known else MeterFacts()
    facts = _facts(args, before)
    if known and facts == before:
        raise UsageError(
            "nothing would change; say what is another, such as --model", "meters change"
        )
    ledger.meters.change(args.name, facts)
    return f"meter {args.name!r} is {_words(facts)}"


def _exchange(site: Site, ledger: Ledger, args: argparse.Namespace) -> str:
    if args.serial is None and args.at is None:
        raise UsageError("--serial or --at: say which one it is, or when", "meters exchange")
    new = _new(site, ledger, args)
    last_wh = args.last_kwh
    if last_wh is None:
        last = ledger.readings.latest(args.name, before=new.since)
        last_wh = None if last is None else last.energy_import_wh
    old = ledger.meters.exchange(last_wh, new)
    return (
        f"meter {args.name!r}: {_words(old.facts)} ended at {_kwh(last_wh)}, "
        f"{_words(new.facts)} is known, {_from(site, new)}"
    )


def _new(site: Site, ledger: Ledger, args: argparse.Namespace) -> MeterSegment:
    """Return the meter that a command line puts in a place; what it does not say the ledger may."""
    facts = _facts(args, MeterFacts())
    told: datetime | None = args.at
    if told is not None and told.tzinfo is None:
        told = told.replace(tzinfo=zone_of(site))
    first = ledger.readings.first(args.name, told or _EVER, serial=facts.serial)
    if first is None and told is None and args.action == "exchange":
        raise UsageError("--at: say when; it has not been read yet", "meters exchange")
    since = told or (SystemClock().now() if first is None else first.time)
    first_wh = args.first_kwh
    if first_wh is None and first is not None:
        first_wh = first.energy_import_wh
    return MeterSegment(args.name, since, facts, first_wh)


def _facts(args: argparse.Namespace, before: MeterFacts) -> MeterFacts:
    told = {
        "make": args.make,
        "model": args.model,
        "serial": args.serial,
        "mid": args.mid,
        "calibration_year": args.calibrated,
        "register": args.register,
    }
    return replace(before, **{name: value for name, value in told.items() if value is not None})


def _words(facts: MeterFacts) -> str:
    words = [facts.make, facts.model, facts.serial and f"no. {facts.serial}"]
    return " ".join(word for word in words if word) or "one of which nothing is told"


def _from(site: Site, segment: MeterSegment) -> str:
    since = segment.since.astimezone(zone_of(site))
    return f"from {since:%F %T} on, first at {_kwh(segment.first_wh)}"


def _kwh(energy_wh: int | None) -> str:
    return "an unknown register" if energy_wh is None else f"{Decimal(energy_wh) / 1000:.3f} kWh"


def _wh(text: str) -> int:
    try:
        wh = Decimal(text) * 1000
    except InvalidOperation:
        wh = Decimal(-1)
    if not (wh.is_finite() and wh >= 0 and wh == int(wh)):
        raise argparse.ArgumentTypeError(f"kWh such as 8123.456 are needed, got {text!r}")
    return int(wh)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"a time such as 2026-03-01T14:30 is needed, got {text!r}"
        ) from None


def _listing(site: Site, ledger: Ledger) -> str:
    zone = zone_of(site)

    def local(at: datetime | None) -> str:
        return "" if at is None else f"{at.astimezone(zone):%F %T}"

    def rows() -> Iterator[tuple[str, ...]]:
        for one in ledger.meters.all():
            facts = one.facts
            yield (
                one.name,
                *(facts.make or "", facts.model or "", facts.serial or ""),
                {True: "MID", False: "no MID", None: ""}[facts.mid],
                str(facts.calibration_year or ""),
                facts.register,
                *(local(one.since), "" if one.first_wh is None else _kwh(one.first_wh)),
                *(local(one.until), "" if one.last_wh is None else _kwh(one.last_wh)),
            )

    heading = (
        *("name", "make", "model", "serial", "mid", "calibrated", "register"),
        *("from", "first", "until", "last"),
    )
    return table(heading, list(rows()))
