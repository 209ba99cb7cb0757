"""`oppleo-flow simulate`: weeks of a household on a flow, on simulated hardware, in seconds."""

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from oppleo_flow.charging.calendar_rules import SiteCalendars
from oppleo_flow.cli.command import UsageError, add_variables, whole_number
from oppleo_flow.cli.exit_codes import FAILED, OK, USAGE
from oppleo_flow.cli.flow_files import Surroundings, add_target, flow_of, variables_of
from oppleo_flow.cli.folder import SETTINGS
from oppleo_flow.cli.progress import working
from oppleo_flow.cli.simulated_meter import compare
from oppleo_flow.cli.simulated_month import SimulatedMonth
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import day_of
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile import Finding, Graph
from oppleo_flow.simulator.chance import Period
from oppleo_flow.simulator.household import Household, moment
from oppleo_flow.simulator.readers import Card
from oppleo_flow.simulator.scenario import BUILT_IN, Scenario, read_scenario
from oppleo_flow.testing.house import SimulatedHouse

_MOST_DAYS = 3660
_ZONE, _CURRENCY = "Europe/Amsterdam", "EUR"
EXAMPLES = (
    ("simulate garage --from 2026-03-01 --days 31", "a month of two cars on the flow of this site"),
    (
        "simulate flows/charge-point.yaml --from 2026-03-01 --set meter_every=10s",
        "on one flow, five times as fast: its meter is read every 10 s, not every 2 s",
    ),
    ("simulate --print-scenario > my.yaml", "the built-in household, to be changed"),
    (
        "simulate garage --from 2026-10-01 --scenario my.yaml --seed 7 --json",
        "another household and other luck; the figures for a program",
    ),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_target(parser)
    parser.add_argument(
        "--from", dest="first", metavar="DATE", help="the first day, YYYY-MM-DD; is needed"
    )
    parser.add_argument(
        "--days", metavar="N", type=whole_number, default=31, help="how many (default: 31)"
    )
    parser.add_argument(
        "--scenario", metavar="FILE", type=Path, help="the household (default: the built-in one)"
    )
    parser.add_argument(
        "--seed", metavar="N", type=whole_number, default=1, help="what chance goes by (default: 1)"
    )
    add_variables(parser)
    parser.add_argument("--json", action="store_true", help="the figures for a program")
    parser.add_argument(
        "--keep", metavar="FOLDER", type=Path, help="keep ledger and statements in a new folder"
    )
    parser.add_argument(
        "--print-scenario", action="store_true", help="print the built-in household, and no more"
    )


def run(args: argparse.Namespace) -> int:
    """Simulate, and print what came of it; fail when ledger and meter do not agree."""
    if args.print_scenario:
        print(BUILT_IN.read_text(encoding="utf-8"), end="")
        return OK
    folder, file = flow_of(args.target)
    period, currency, calendars = _when_and_where(args, folder)
    around = Surroundings.of(folder, variables_of(args.variables, "simulate"), simulate=True)
    checked = around.check(file)
    scenario, findings = read_scenario(args.scenario or BUILT_IN)
    if checked.graph is None or scenario is None:
        _print_findings([*checked.errors, *findings])
        return USAGE
    _tell_what_does_not_happen(scenario, period)
    with _folder(args.keep) as kept, working(f"simulating {period.days} days"):
        month = _simulate(checked.graph, scenario, args.seed, period, currency, kept, calendars)
    print(json.dumps(month.as_json(), indent=2, ensure_ascii=False) if args.json else month)
    return OK if month.meter.agrees else FAILED


def _when_and_where(args: argparse.Namespace, folder: Path) -> tuple[Period, str, SiteCalendars]:
    """Return the days in the site's zone, the site's currency and its calendars."""
    if args.first is None:
        raise UsageError("--from: a day such as 2026-03-01 is needed", "simulate")
    if not 1 <= args.days <= _MOST_DAYS:
        raise UsageError(f"--days: 1 to {_MOST_DAYS} is needed, got {args.days}", "simulate")
    zone, currency, calendars = _ZONE, _CURRENCY, SiteCalendars()
    if (folder / SETTINGS).is_file():
        site = Site.load(folder)
        zone, currency = site.timezone, site.currency
        calendars = site.service(SiteCalendars)
    first = day_of(args.first, "--from", "simulate")
    return Period(first, args.days, ZoneInfo(zone)), currency, calendars


def _simulate(
    graph: Graph,
    scenario: Scenario,
    seed: int,
    period: Period,
    currency: str,
    folder: Path,
    calendars: SiteCalendars,
) -> SimulatedMonth:
    # What goes wrong is part of the result; nobody reads a log of it.
    logging.getLogger("oppleo_flow").addHandler(logging.NullHandler())
    house = SimulatedHouse(
        graph,
        folder,
        period.begin,
        timezone=period.zone.key,
        currency=currency,
        cards=[Card(name, card.uid, card.known) for name, card in scenario.cards.items()],
        price_per_kwh=scenario.price_per_kwh,
        calendars=calendars,
    )
    with house:
        Household(scenario, seed, period, house).play()
        faults = house.faults()
    with house.open_ledger() as ledger:
        sessions = ledger.sessions.between(period.begin, period.end)
        meter = compare(ledger, sessions, house.register_at, period.begin, period.end)
    return SimulatedMonth(
        graph.name, scenario.scenario, seed, period, currency, sessions, faults, meter
    )


def _tell_what_does_not_happen(scenario: Scenario, period: Period) -> None:
    for number, event in enumerate(scenario.events):
        if not period.begin <= moment(event, period) < period.end:
            _say(f"events[{number}] ({event.at:%F %H:%M}) is not in the simulated time")


def _print_findings(findings: Sequence[Finding]) -> None:
    print("\n\n".join(finding.render() for finding in findings), file=sys.stderr)


def _say(text: str) -> None:
    print(f"scenario: {text}", file=sys.stderr)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Give the folder of the simulation; without `keep` it is gone afterwards."""
    if keep is None:
        with TemporaryDirectory(prefix="oppleo-simulate-") as folder:
            yield Path(folder)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise Refused(f"{keep}: is there already; --keep needs a new or an empty folder")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep
