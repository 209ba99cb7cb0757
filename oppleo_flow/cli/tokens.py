"""`oppleo-flow tokens`: the cards that may charge."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from oppleo_flow.charging.tokens import Token, legacy_id
from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import add_ledger_options, day_of, ledger_of, site_of
from oppleo_flow.cli.table import table
from oppleo_flow.clock import SystemClock
from oppleo_flow.errors import Refused
from oppleo_flow.store import Ledger

EXAMPLES = (
    ("tokens list", "all cards, those too that were swiped and refused"),
    ("tokens add 04A1B2C3 --label family", "let a card charge"),
    ("tokens enable 04A1B2C3 --label guest", "let a card charge that was swiped and refused"),
    ("tokens disable family", "let a card charge no more; it may still end its session"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="all cards")
    add = actions.add_parser("add", help="let a card charge")
    add.add_argument("card", metavar="UID", help="the card's UID in hex, as the reader shows it")
    enable = actions.add_parser("enable", help="let a known card charge again")
    disable = actions.add_parser("disable", help="let a known card charge no more")
    for action in (enable, disable):
        action.add_argument("card", metavar="CARD", help="its UID, its label or Oppleo's number")
    for action in (add, enable):
        action.add_argument("--label", help="what people call it")
        action.add_argument("--from", dest="since", metavar="DAY", help="its first valid day")
        action.add_argument("--until", metavar="DAY", help="its last valid day")
    for action in (show, add, enable, disable):
        add_ledger_options(action)


def run(args: argparse.Namespace) -> int:
    """List the cards, or change one."""
    site = site_of(args)
    with ledger_of(site, read_only=args.action == "list") as ledger:
        if args.action == "list":
            print(_listing(ledger))
        elif args.action == "add":
            _add(site, ledger, args)
        else:
            _switch(site, ledger, args)
    return OK


def _add(site: Site, ledger: Ledger, args: argparse.Namespace) -> None:
    try:
        uid = bytes.fromhex(args.card.replace(":", ""))
        number = legacy_id(uid)
    except ValueError:
        raise UsageError(
            f"a UID of 4, 7 or 10 bytes in hex is needed, such as 04A1B2C3, got {args.card!r}",
            "tokens",
        ) from None
    if not args.label:
        raise UsageError("say with --label what people call the card", "tokens")
    token = _valid(Token(uuid4(), uid.hex().upper(), number, args.label, enabled=True), args)
    ledger.tokens.add(token, SystemClock().now())
    note(site, "token", f"{token.uid} {token.label!r} may charge", _days(token))
    print(f"{token.uid} {token.label!r} may charge")


def _switch(site: Site, ledger: Ledger, args: argparse.Namespace) -> None:
    token = _find(ledger.tokens.all(), args.card)
    if args.action == "disable":
        ledger.tokens.change(replace(token, enabled=False))
        done = f"{token.uid or token.legacy_id} {token.label!r} may charge no more"
        note(site, "token", done)
        print(done)
        return
    label = args.label or token.label
    if not label:
        raise UsageError("this card has no label yet; say with --label what it is", "tokens")
    token = _valid(replace(token, enabled=True, label=label), args)
    ledger.tokens.change(token)
    done = f"{token.uid or token.legacy_id} {token.label!r} may charge"
    note(site, "token", done, _days(token))
    print(done)


def _days(token: Token) -> str:
    """Return from when until when a card is valid, as far as that is said."""
    parts = (("from", token.valid_from), ("until", token.valid_until))
    return " ".join(f"{word} {day}" for word, day in parts if day is not None)


def _find(tokens: Sequence[Token], card: str) -> Token:
    """Return the one token that a UID, a label or Oppleo's number means."""
    uid = card.replace(":", "").upper()
    found = [token for token in tokens if token.uid == uid]
    found = found or [token for token in tokens if card in (token.label, token.legacy_id)]
    if not found:
        raise Refused(f"no card {card!r} is known; see `oppleo-flow tokens list`")
    if len(found) > 1:
        uids = ", ".join(str(token.uid or token.legacy_id) for token in found)
        raise Refused(f"{card!r} means {len(found)} cards ({uids}); say which by its UID")
    return found[0]


def _valid(token: Token, args: argparse.Namespace) -> Token:
    """Return the token with the days that the command line says."""
    since = day_of(args.since, "--from", "tokens") if args.since else token.valid_from
    until = day_of(args.until, "--until", "tokens") if args.until else token.valid_until
    try:
        return replace(token, valid_from=since, valid_until=until)
    except ValueError:
        raise UsageError(f"--until: {until} is before the first day, {since}", "tokens") from None


def _listing(ledger: Ledger) -> str:
    refused = ledger.tokens.refused_at()
    rows = [
        (
            token.uid or "",
            token.legacy_id,
            token.label,
            "may charge" if token.enabled else "may not",
            str(token.valid_from or ""),
            str(token.valid_until or ""),
            f"{refused[token.token_id]:%F %TZ}" if token.token_id in refused else "",
        )
        for token in ledger.tokens.all()
    ]
    heading = ("uid", "oppleo", "label", "state", "from", "until", "last refused")
    return table(heading, rows)
