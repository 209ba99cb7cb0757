"""What the command line says of a token: its days, what its sessions are for, and their limits."""

import argparse
import re
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import TypeAdapter, ValidationError

from oppleo_flow.charging.tokens import Token
from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.site_ledger import day_of
from oppleo_flow.options import Seconds

_NONE = "none"


def add_token_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say more of a token than which it is."""
    parser.add_argument("--label", help="what people call it")
    parser.add_argument("--from", dest="since", metavar="DAY", help="its first valid day")
    parser.add_argument("--until", metavar="DAY", help="its last valid day")
    for kind in ("driver", "vehicle", "cost-centre"):
        parser.add_argument(f"--{kind}", metavar="NAME", help="that its sessions are for, or none")
    parser.add_argument("--max-kwh", metavar="KWH", help="of one session, or none")
    parser.add_argument("--max-time", metavar="TIME", help="of one session, such as 4h, or none")


def with_options(token: Token, args: argparse.Namespace) -> Token:
    """Return the token with what the command line says of it.

    Raises:
        UsageError: A day or a limit is none, or the last day is before the first.
    """
    since = day_of(args.since, "--from", "tokens") if args.since else token.valid_from
    until = day_of(args.until, "--until", "tokens") if args.until else token.valid_until
    try:
        token = replace(token, valid_from=since, valid_until=until)
    except ValueError:
        raise UsageError(f"--until: {until} is before the first day, {since}", "tokens") from None
    names: dict[str, Any] = {}
    for kind in ("driver", "vehicle", "cost_centre"):
        said = getattr(args, kind)
        if said is not None:
            names[kind] = None if said == _NONE else said
    limits = token.limits
    if args.max_kwh is not None:
        limits = replace(limits, energy_wh=_energy_wh(args.max_kwh))
    if args.max_time is not None:
        limits = replace(limits, duration_s=_duration_s(args.max_time))
    return replace(token, **names, limits=limits)


def _energy_wh(text: str) -> int | None:
    if text == _NONE:
        return None
    try:
        energy_wh = Decimal(text) * 1000
    except InvalidOperation:
        energy_wh = Decimal(0)
    if not energy_wh.is_finite() or energy_wh < 1 or energy_wh != int(energy_wh):
        raise UsageError(f"--max-kwh: a number such as 20 or 7.5 is needed, got {text!r}", "tokens")
    return int(energy_wh)


def _duration_s(text: str) -> int | None:
    if text == _NONE:
        return None
    try:
        seconds = TypeAdapter(Seconds).validate_python(text)
    except ValidationError:
        seconds = 0.0
    if seconds < 1 or not re.search("[a-z]$", text):
        raise UsageError(f"--max-time: a time such as 4h or 90m is needed, got {text!r}", "tokens")
    return int(seconds)


def purpose(token: Token) -> str:
    """Return what a token's sessions are for, in words."""
    return ", ".join(name for name in (token.driver, token.vehicle, token.cost_centre) if name)


def limits_text(token: Token) -> str:
    """Return what one of a token's sessions may take, in words."""
    parts = []
    if token.limits.energy_wh is not None:
        parts.append(f"{Decimal(token.limits.energy_wh) / 1000:f} kWh")
    if token.limits.duration_s is not None:
        hours, minutes = divmod(token.limits.duration_s // 60, 60)
        parts.append(f"{hours}:{minutes:02} h")
    return ", ".join(parts)
