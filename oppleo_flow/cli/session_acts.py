"""What the command line does with a session: correct it, and start or end one without a card."""

import argparse
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import UsageError, add_site_option
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.running import Running
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import add_ledger_options, ledger_of, zone_of
from oppleo_flow.clock import SystemClock
from oppleo_flow.errors import Refused
from oppleo_flow.store import Ledger
from oppleo_flow.store.audit import this_user

_NAMES = ("label", "driver", "vehicle", "plate", "cost_centre")


def declare_correct(actions: Any) -> None:
    """Add the arguments of `correct`."""
    parser = actions.add_parser("correct", help="say what was different; the original stays")
    parser.add_argument("session", metavar="ID", help="of the session, or how it begins")
    _add_reason(parser)
    parser.add_argument("--start", metavar="TIME", help="such as 2026-01-15T13:00, by local clock")
    parser.add_argument("--end", metavar="TIME")
    parser.add_argument("--start-kwh", metavar="KWH", help="the meter's register at its start")
    parser.add_argument("--end-kwh", metavar="KWH", help="the meter's register at its end")
    parser.add_argument("--kwh", metavar="KWH", help="its energy, where a register is unknown")
    parser.add_argument("--odometer-km", metavar="KM", help="the vehicle's, when it began")
    for name in _NAMES:
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="NAME")
    void = parser.add_mutually_exclusive_group()
    void.add_argument("--void", action="store_true", default=None, help="take it off the bill")
    void.add_argument("--not-void", dest="void", action="store_false", help="put it back on")
    add_ledger_options(parser)


def declare_join(actions: Any) -> None:
    """Add the arguments of `join`."""
    parser = actions.add_parser("join", help="make two sessions one, that followed on each other")
    parser.add_argument("first", metavar="ID", help="of the earlier one, or how it begins")
    parser.add_argument("second", metavar="ID", help="of the later one; it becomes void")
    _add_reason(parser)
    add_ledger_options(parser)


def _add_reason(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--why", required=True, help="the reason, for the record")
    parser.add_argument("--who", help="who says so (default: the user of this machine)")


def declare_control(actions: Any) -> None:
    """Add the arguments of `start` and `stop`."""
    start = actions.add_parser("start", help="let a token charge, without its card")
    start.add_argument("token", metavar="TOKEN", help="its label or its UID")
    stop = actions.add_parser("stop", help="end the session that is under way")
    stop.add_argument("token", metavar="TOKEN", nargs="?", help="whose, of several")
    for parser in (start, stop):
        parser.add_argument("--at", metavar="NODE", help="which `authorise` is asked, of several")
        add_site_option(parser)
        parser.set_defaults(simulate=False)


def correct(site: Site, args: argparse.Namespace) -> int:
    """Correct a session, and say what it is then."""
    zone = zone_of(site)
    changes = Changes(
        void=args.void,
        started_at=_time(args.start, "--start", zone),
        ended_at=_time(args.end, "--end", zone),
        meter_start_wh=_wh(args.start_kwh, "--start-kwh"),
        meter_end_wh=_wh(args.end_kwh, "--end-kwh"),
        energy_wh=_wh(args.kwh, "--kwh"),
        odometer_km=_km(args.odometer_km),
        **{name: getattr(args, name) for name in _NAMES},
    )
    who = args.who or this_user()
    with ledger_of(site) as ledger:
        session_id = _find(ledger, args.session)
        now = SystemClock().now()
        after = ledger.corrections.add(session_id, changes, who=who, why=args.why, now=now)
    said = ", ".join(changes.said)
    note(site, "correction", f"session {session_id}: {said}", args.why)
    print(_in_words(after))
    return OK


def join(site: Site, args: argparse.Namespace) -> int:
    """Make two sessions one, and say what it is then."""
    with ledger_of(site) as ledger:
        first, second = _find(ledger, args.first), _find(ledger, args.second)
        now, who = SystemClock().now(), args.who or this_user()
        after = ledger.corrections.join(first, second, who=who, why=args.why, now=now)
    note(site, "correction", f"session {second}: joined to {first}", args.why)
    print(_in_words(after))
    return OK


def _in_words(after: SessionRecord) -> str:
    energy = "unknown energy" if after.energy_wh is None else f"{after.energy_wh / 1000:.3f} kWh"
    void = ", void" if after.void else ""
    amount = "?" if after.amount is None else after.amount
    return f"{after.session_id}: {after.label}, {energy}, {amount}{void}"


def control(site: Site, args: argparse.Namespace) -> int:
    """Present a token at the running charge point, without a card."""
    said_of = {"at": args.at, "token": args.token}
    asked = {name: text for name, text in said_of.items() if text is not None}
    said = Running(site.folder).ask("POST", f"/sessions/{args.action}", asked)
    verb = "to charge" if args.action == "start" else "to end its session"
    print(f"{said['label']!r} asks {verb}; `oppleo-flow sessions` tells what came of it")
    return OK


def _find(ledger: Ledger, text: str) -> UUID:
    """Return the one session whose id begins so."""
    wanted = text.replace("-", "").lower()
    found = [one for one in ledger.sessions.ids() if wanted and one.hex.startswith(wanted)]
    if not found:
        raise Refused(f"no session {text!r} is known; see `oppleo-flow sessions`")
    if len(found) > 1:
        raise Refused(f"{text!r} means {len(found)} sessions; give more of the id")
    return found[0]


def _time(text: str | None, option: str, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option}: a time such as 2026-01-15T13:00 is needed, got {text!r}", "sessions"
        ) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _wh(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    try:
        energy_wh = Decimal(text) * 1000
    except InvalidOperation:
        energy_wh = Decimal("NaN")
    if not energy_wh.is_finite() or energy_wh < 0 or energy_wh != int(energy_wh):
        raise UsageError(
            f"{option}: kWh to at most three decimals are needed, got {text!r}", "sessions"
        )
    return int(energy_wh)


def _km(text: str | None) -> int | None:
    if text is not None and not (text.isascii() and text.isdigit()):
        raise UsageError(f"--odometer-km: whole km are needed, got {text!r}", "sessions")
    return None if text is None else int(text)
