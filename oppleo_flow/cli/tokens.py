"""`oppleo-flow tokens`: the cards that may charge."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from oppleo_flow.charging.tokens import Enrolment, Token, TokenUse, card_token, virtual_token
from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import UsageError, whole_number
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import add_ledger_options, ledger_of, site_of, zone_of
from oppleo_flow.cli.table import table
from oppleo_flow.cli.token_options import (
    add_token_options,
    limits_text,
    purpose,
    with_options,
)
from oppleo_flow.clock import SystemClock
from oppleo_flow.errors import Refused
from oppleo_flow.store import Ledger

EXAMPLES = (
    ("tokens list", "all cards, those too that were swiped and refused"),
    ("tokens add 04A1B2C3 --label family", "let a card charge"),
    ("tokens add 584190412223 --label anna", "let a card charge by the number that Oppleo has"),
    ("tokens enable 04A1B2C3 --label guest", "let a card charge that was swiped and refused"),
    ("tokens disable family", "let a card charge no more; it may still end its session"),
    ("tokens remove guest", "forget a card that never charged; any other is retired"),
    ("tokens retire guest", "keep a card for its sessions alone; `restore` takes it back"),
    ("tokens list --retired", "those too that are retired"),
    ("tokens enrol --label guest", "let the next unknown card charge; swipe it within two minutes"),
    ("tokens add --virtual --label page", "let somebody charge from the page, without a card"),
    ("tokens change guest --max-kwh 20 --max-time 4h", "limit each of its sessions"),
    ("tokens change family --driver Anna --vehicle ioniq", "say what its sessions are for"),
)
_ENROL_S = 120


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="all cards")
    add = actions.add_parser("add", help="let a card charge")
    add.add_argument(
        "card",
        metavar="UID",
        nargs="?",
        help="the card's UID in hex, as the reader shows it, or Oppleo's number of it",
    )
    add.add_argument("--virtual", action="store_true", help="no card: it is used on the page")
    enable = actions.add_parser("enable", help="let a known card charge again")
    change = actions.add_parser("change", help="change what is known of a card")
    disable = actions.add_parser("disable", help="let a known card charge no more")
    remove = actions.add_parser("remove", help="forget a card that has no session")
    retire = actions.add_parser("retire", help="keep a card for its sessions alone")
    restore = actions.add_parser("restore", help="let a card be one again that was retired")
    for action in (enable, change, disable, remove, retire, restore):
        action.add_argument("card", metavar="CARD", help="its UID, its label or Oppleo's number")
    for action in (add, enable, change):
        add_token_options(action)
    enrol = actions.add_parser("enrol", help="let the next unknown card that is swiped charge")
    enrol.add_argument("--label", help="what people call it")
    enrol.add_argument(
        "--seconds",
        type=whole_number,
        default=_ENROL_S,
        help=f"how long to wait (default: {_ENROL_S})",
    )
    enrol.add_argument("--stop", action="store_true", help="wait for no card any more")
    show.add_argument("--retired", action="store_true", help="those too that are retired")
    for action in (show, add, enable, change, disable, remove, retire, restore, enrol):
        add_ledger_options(action)


def run(args: argparse.Namespace) -> int:
    """List the cards, or change one."""
    site = site_of(args)
    with ledger_of(site, read_only=args.action == "list") as ledger:
        if args.action == "list":
            print(_listing(ledger, retired=args.retired))
        elif args.action == "add":
            _add(site, ledger, args)
        elif args.action == "enrol":
            _enrol(site, ledger, args)
        elif args.action == "remove":
            _remove(site, ledger, args)
        elif args.action in ("retire", "restore"):
            _retire(site, ledger, args)
        else:
            _switch(site, ledger, args)
    return OK


def _add(site: Site, ledger: Ledger, args: argparse.Namespace) -> None:
    if not args.label:
        raise UsageError("say with --label what people call the card", "tokens")
    if args.virtual == bool(args.card):
        raise UsageError("either a UID or --virtual is needed", "tokens")
    try:
        made = (
            virtual_token(uuid4(), args.label)
            if args.virtual
            else card_token(uuid4(), args.card, args.label)
        )
    except ValueError as error:
        raise UsageError(str(error), "tokens") from None
    token = with_options(made, args)
    ledger.tokens.add(token, SystemClock().now())
    done = f"{token.uid or token.legacy_id} {token.label!r} may charge"
    note(site, "token", done, _details(token))
    print(done)


def _enrol(site: Site, ledger: Ledger, args: argparse.Namespace) -> None:
    if args.stop:
        ledger.enrolments.disarm()
        print("no card is waited for")
        return
    if not args.label or not 1 <= args.seconds <= 3600:
        raise UsageError(
            "say with --label what people call the card, and at most an hour", "tokens"
        )
    now = SystemClock().now()
    until = now + timedelta(seconds=args.seconds)
    ledger.enrolments.arm(Enrolment(args.label, now, until))
    note(site, "token", f"the next unknown card becomes {args.label!r}")
    print(
        f"the next unknown card that is swiped before {until.astimezone(zone_of(site)):%T} "
        f"becomes {args.label!r}"
    )


def _remove(site: Site, ledger: Ledger, args: argparse.Namespace) -> None:
    token = _find(ledger.tokens.all(), args.card)
    ledger.tokens.remove(token.token_id)
    done = f"{token.uid or token.legacy_id} {token.label!r} is known no more"
    note(site, "token", done)
    print(done)


def _retire(site: Site, ledger: Ledger, args: argparse.Namespace) -> None:
    token = _find(ledger.tokens.all(), args.card)
    if args.action == "retire":
        token, what = token.retired(SystemClock().now()), "is retired"
    else:
        token, what = token.restored(), "is back; `enable` lets it charge"
    ledger.tokens.change(token)
    name = f"{token.uid or token.legacy_id} {token.label!r}"
    note(site, "token", f"{name} {what.partition(';')[0]}")
    print(f"{name} {what}")


def _switch(site: Site, ledger: Ledger, args: argparse.Namespace) -> None:
    before = token = _find(ledger.tokens.all(), args.card)
    if args.action == "disable":
        ledger.tokens.change(replace(token, enabled=False))
        done = f"{token.uid or token.legacy_id} {token.label!r} may charge no more"
        note(site, "token", done)
        print(done)
        return
    if args.action == "enable" and token.retired_at is not None:
        token = token.restored()
    label = args.label or token.label
    enabled = token.enabled or args.action == "enable"
    if enabled and not label:
        raise UsageError("this card has no label yet; say with --label what it is", "tokens")
    token = with_options(replace(token, enabled=enabled, label=label), args)
    if args.action == "change" and token == before:
        raise UsageError(
            "nothing would change; say what is another, such as --label", "tokens change"
        )
    ledger.tokens.change(token)
    done = f"{token.uid or token.legacy_id} {token.label!r} {_may(token)}"
    note(site, "token", done, _details(token))
    print(done)


def _may(token: Token) -> str:
    return "may charge" if token.enabled else "may not charge"


def _details(token: Token) -> str:
    """Return what is said of a card besides who it is."""
    parts = (("from", token.valid_from), ("until", token.valid_until))
    days = " ".join(f"{word} {day}" for word, day in parts if day is not None)
    return "; ".join(text for text in (days, purpose(token), limits_text(token)) if text)


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


def _listing(ledger: Ledger, *, retired: bool) -> str:
    refused, uses = ledger.tokens.refused_at(), ledger.tokens.uses()
    rows = [
        (
            token.uid or "",
            token.legacy_id,
            token.label,
            _state(token),
            str(token.valid_from or ""),
            str(token.valid_until or ""),
            purpose(token),
            limits_text(token),
            f"{refused[token.token_id]:%F %TZ}" if token.token_id in refused else "",
            *_used(uses.get(token.token_id)),
        )
        for token in ledger.tokens.all()
        if retired or token.retired_at is None
    ]
    heading = ("uid", "oppleo", "label", "state", "from", "until", "for", "at most", "last refused")
    return table((*heading, "last used", "sessions"), rows, right=("sessions",))


def _state(token: Token) -> str:
    if token.retired_at is not None:
        return "retired"
    return "may charge" if token.enabled else "may not"


def _used(use: TokenUse | None) -> tuple[str, str]:
    """Return when the last session of a token began, and how many it has."""
    if use is None or not use.sessions:
        return "", ""
    last = "" if use.last_used_at is None else f"{use.last_used_at:%F %TZ}"
    return last, str(use.sessions)
