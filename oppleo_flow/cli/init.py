"""`oppleo-flow init`: a site folder to start from."""

import argparse
import json
import re
import shlex
from pathlib import Path

import tzlocal

from oppleo_flow.cli.command import PROGRAM, UsageError
from oppleo_flow.cli.demo import seed
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.folder import SETTINGS
from oppleo_flow.cli.settings_file import parse_settings
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.templates import STARTERS, starter, template, write_new
from oppleo_flow.clock import SystemClock

EXAMPLES = (
    ("init garage --simulated", "a charge point on simulated hardware; needs nothing but this"),
    ("init garage", "a Raspberry Pi with a SmartEVSE, a kWh meter and a card reader"),
    ("init house --starter meter-logger", "a kWh meter whose readings are kept, and no more"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("site", metavar="SITE", help="the folder to make")
    parser.add_argument(
        "--simulated", action="store_true", help="simulated hardware, and a card that may charge"
    )
    parser.add_argument(
        "--starter",
        choices=STARTERS,
        help="which of the starter flows `run` starts (default: charge-point with --simulated, "
        "else raspberry-pi); all are written",
    )
    parser.add_argument("--id", help="the charge point's id (default: the folder's name)")
    parser.add_argument("--name", help="what people call it (default: its id)")
    parser.add_argument("--timezone", help="an IANA time zone (default: this machine's)")
    parser.add_argument("--currency", default="EUR", help="ISO 4217 code (default: EUR)")


def run(args: argparse.Namespace) -> int:
    """Write the folder and say what to do next."""
    folder = Path(args.site)
    flow = args.starter or ("charge-point" if args.simulated else "raspberry-pi")
    identity = args.id or _slug(folder.resolve().name)
    settings = template(
        "site/oppleo.yaml",
        id=identity,
        name=json.dumps(args.name or identity, ensure_ascii=False),
        timezone=args.timezone or _timezone(),
        currency=args.currency,
        flow=flow,
        simulate="true" if args.simulated else "false",
    )
    _, findings = parse_settings(settings, str(folder / SETTINGS))
    if findings:
        raise UsageError(findings[0].message, "init")
    secrets = folder / "secrets.yaml"
    texts = {
        folder / SETTINGS: settings,
        secrets: template("site/secrets.yaml"),
        folder / ".gitignore": template("site/gitignore"),
        **{folder / "flows" / f"{name}.yaml": starter(name) for name in STARTERS},
    }
    write_new(texts, private=frozenset({secrets}))
    for name in ("nodes", "reports"):
        (folder / name).mkdir(exist_ok=True)
    print(f"{folder}: a site with the flow {flow!r}; its settings stand in {SETTINGS}")
    if args.simulated:
        print(seed(Site.load(folder), SystemClock()))
    print(f"next:  {PROGRAM} run {shlex.quote(str(folder))}")
    return OK


def _slug(name: str) -> str:
    """Return a folder's name as an id."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_") or "charge-point"


def _timezone() -> str:
    """Return this machine's time zone."""
    name = tzlocal.get_localzone_name()
    if not name:
        raise UsageError("this machine does not know its time zone; say `--timezone`", "init")
    return name
