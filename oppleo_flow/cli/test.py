"""`oppleo-flow test`: run the tests that stand in flows; nothing outside is touched."""

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from oppleo_flow.charging.calendar_rules import SiteCalendars
from oppleo_flow.cli.command import UsageError, add_variables
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.flow_files import Surroundings, folder_of, is_file, variables_of
from oppleo_flow.cli.folder import SETTINGS, default_folder
from oppleo_flow.cli.site import Site
from oppleo_flow.flowfile import CheckResult, Finding, Place
from oppleo_flow.flowfile.cases import FlowTest
from oppleo_flow.immutable import immutable
from oppleo_flow.testing.flow_run import Verdict, run_tests
from oppleo_flow.testing.junit import FlowVerdicts, junit_xml
from oppleo_flow.testing.stage import Setting

EXAMPLES = (
    ("test garage", "run the tests of every flow of a site"),
    ("test flows/charge-point.yaml -k meter", "run those whose name has `meter` in it"),
    ("test --verbose --junit tests.xml", "name each test, and write what a CI server reads"),
)


_EXPLAINED = """\
Run the tests that stand in flows, and in their subflows.  Each runs in virtual time, in a simulated
world with a ledger of its own, which knows the cards `family` and `office`; nothing outside is
touched, and no secret is needed.

  tests:
    - name: a known card switches on
      at: 2026-01-15T23:30:00+01:00      # of the first step, by which the flow has run for half a
                                         # minute; default: 2026-01-15T12:00:00+00:00
      timezone: Europe/Amsterdam         # of the site; default: that of this one
      vars: {evse_pin: 17}               # variables of the flow with another value
      stub: {authorise: {accepted: {label: family}}}   # outputs and payloads, or off
      given:                             # what the ledger knows; without it the price is 0.35
        cards: {family: {valid_until: 2026-01-15, energy_wh: 10000}}
        prices: [{from: 2026-01-01, per_kwh: 0.40, off_peak: 0.30, calendar: dal}]
      ignore: [led]                      # nodes whose messages need not be expected
      do:
        - send: {rfid: {uid: 04A1B2C3}}  # what leaves an output: node, node.port or in.port
        - expect: {evse: {on: true}, session.started: {label: family}}
        - advance: 11h

what a test does:
  send, stub         a field that is not given is as in the example of its type, a moment is now;
                     `type: MeterUnknown` says which of several types is meant
  inject             {offpeak.once: {allowed: on}}: what reaches an input, wired or not
  advance            nothing else moves time
  fail               {meter: timeout}: each handler and timer of the node raises, until
                     {meter: off}; also missing, device, service, service-timeout, store, payload
                     and error
  restart            stop the runtime and start it again, after a while if one is given
  set_clock          let the wall clock jump
  plug_in, unplug    the car; plug_in: 20% says how full its battery is
  swipe              a card: family, office, stranger, visitor; {card: family, hold: 2s}
  silence, break, cut, shine, doubt
                     silence: meter; break: evse, or reader; cut: power; shine: sun;
                     doubt: clock; {meter: off} and the like end it

what a test expects:
  expect             the next message at a node, a node.input or a node.output: the first one since
                     the first step that no `expect` has taken.  It must have these fields; a list
                     expects several in a row.  Numbers by value, or {above: 5, at_most: 7}
  expect_none        no message there that no `expect` has taken
  expect_error       the next failure of a node: a name, {meter: timeout} or {meter: {message: …}}
  expect_state       how it is now: a level {meter.reading: {…}}; a node {meter: {status: …, fault:
                     meter-silent, safe: yes}} and its state; the world {world: {car: {…}}}

what may be given:
  cards              of the pocket, as the ledger knows them: enabled, valid_from, valid_until,
                     driver, vehicle, plate, cost_centre, energy_wh, duration
  enrol              a label: the next card that is unknown or disabled is enrolled under it
  prices             versions, in place of 0.35: from, and per_kwh or components: {energy:
                     0.15/0.08} with vat, or market; a calendar of the site, or its rules

Expectations that stand together are all looked at; the test ends at the first step after one that
was not met.  A message at a node with a safe level, and a failure that the test has not brought
about, must be expected.
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = _EXPLAINED
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="flow files, and folders of a site or of flows (default: $OPPLEO_SITE, else this "
        "folder)",
    )
    parser.add_argument("-k", metavar="TEXT", dest="like", help="only tests with TEXT in the name")
    parser.add_argument("--verbose", action="store_true", help="name the tests that pass, too")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write JUnit XML to a file, too")
    add_variables(parser)


@immutable
class StandInSecrets:
    """Secrets for tests, which reach nobody: every name has a value."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return nothing: there is no file."""
        return ()

    def get(self, name: str) -> SecretStr:
        """Return something in the place of a secret."""
        return SecretStr(f"no-{name}-in-tests")

    def remedy(self, name: str) -> str:
        """Return nothing: none is missing."""
        return ""


def run(args: argparse.Namespace) -> int:
    """Run the tests; print the failures, and how many passed."""
    # Who has no handler for it gets every warning of a node on stderr.
    logging.getLogger("oppleo_flow").addHandler(logging.NullHandler())
    variables = variables_of(args.variables, "test")
    found: list[FlowVerdicts] = []
    wanted = _Wanted(args.like)
    for flow in _flows(args.paths):
        found.append(_tested(flow, _Checks(flow, variables), wanted, args))
    if args.like is not None and not any(one.verdicts or one.errors for one in found):
        raise UsageError(f"-k: no test has {args.like!r} in its name", "test")
    if args.junit is not None:
        args.junit.write_text(junit_xml(found), encoding="utf-8")
    passed = sum(verdict.passed for one in found for verdict in one.verdicts)
    failed = sum(not verdict.passed for one in found for verdict in one.verdicts)
    broken = sum(bool(one.errors) for one in found)
    cannot = f", {broken} flow{'s'[: broken != 1]} with errors" if broken else ""
    print(f"{passed} passed, {failed} failed{cannot}")
    return FAILED if failed or broken else OK


class _Checks:
    """Checks one flow, for any values of its variables; each only once."""

    def __init__(self, flow: Path, variables: Mapping[str, str]) -> None:
        self._flow = flow
        self._variables = variables
        self._done: dict[frozenset[tuple[str, str]], CheckResult] = {}

    def __call__(self, variables: Mapping[str, str]) -> CheckResult:
        """Return what a check finds when these variables have these values."""
        key = frozenset(variables.items())
        if key not in self._done:
            self._done[key] = Surroundings.of(
                folder_of(self._flow),
                {**self._variables, **variables},
                simulate=True,
                secrets=StandInSecrets(),
            ).check(self._flow)
        return self._done[key]


class _Wanted:
    """Which tests are to be run: those with a name like that, and each once.

    Those of a shared subflow are met with every flow that uses it.
    """

    def __init__(self, like: str | None) -> None:
        self._like = (like or "").lower()
        self._met: set[Place] = set()

    def __call__(self, test: FlowTest) -> bool:
        """Return whether a test that is met is to be run."""
        new = test.place not in self._met
        self._met.add(test.place)
        return new and self._like in test.name.lower()


def _tested(flow: Path, check: _Checks, wanted: _Wanted, args: argparse.Namespace) -> FlowVerdicts:
    """Run the tests of one flow that are wanted, and tell of each as it comes."""
    errors = check({}).errors
    if errors:
        print("\n\n".join(error.render() for error in errors), end="\n\n")
        return FlowVerdicts(str(flow), (), tuple(error.headline() for error in errors))
    verdicts = []
    for verdict in run_tests(check, wanted, setting_of(flow)):
        _tell(flow, verdict, verbose=args.verbose)
        verdicts.append(verdict)
    return FlowVerdicts(str(flow), tuple(verdicts))


def _tell(flow: Path, verdict: Verdict, *, verbose: bool) -> None:
    if not verdict.passed:
        print(verdict.render(), end="\n\n")
    elif verbose:
        print(f"{flow}: {verdict.test.name}: passed in {verdict.took_s:.2f} s")


def _flows(paths: Sequence[str]) -> list[Path]:
    """Return the flow files that a command line means, each once, in order."""
    found: dict[Path, None] = {}
    for path in paths or [str(default_folder())]:
        if is_file(path):
            found[Path(path)] = None
            continue
        folder = Path(path)
        inner = folder / "flows"
        flows = sorted((inner if inner.is_dir() else folder).glob("*.yaml"))
        flows = [flow for flow in flows if flow.name not in (SETTINGS, "secrets.yaml")]
        if not flows:
            raise UsageError(f"{path}: there is no flow here", "test")
        found.update(dict.fromkeys(flows))
    return list(found)


def setting_of(flow: Path) -> Setting:
    """Return what the site of a flow says of itself; where there is none, what is usual."""
    folder = folder_of(flow)
    if not (folder / SETTINGS).is_file():
        return Setting()
    site = Site.load(folder)
    calendars = site.service(SiteCalendars)
    return Setting(site.charge_point, site.timezone, site.currency, calendars, site.language)
