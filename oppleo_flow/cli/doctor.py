"""`oppleo-flow doctor`: is this machine, and this site, fit to run?  It changes nothing."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from oppleo_flow.cli import machine_health, profile_health, site_health
from oppleo_flow.cli.access_health import access
from oppleo_flow.cli.backup_health import backups
from oppleo_flow.cli.command import PROGRAM, add_site
from oppleo_flow.cli.diagnosis import Diagnosis, bad, number, well, worth_a_look
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.folder import RESTORE_JOURNAL, SETTINGS, default_folder
from oppleo_flow.cli.running import Running
from oppleo_flow.cli.settings_file import check_settings
from oppleo_flow.cli.site import Site
from oppleo_flow.clock import SystemClock
from oppleo_flow.errors import Refused, ServiceError

EXAMPLES = (
    ("doctor garage", "each thing that a run depends on, with a remedy for what is not well"),
    ("doctor --json", "for a program"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_site(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Look at everything and print it; what is bad makes the exit code."""
    folder = (Path(args.site) if args.site else default_folder()).resolve()
    found = list(_examined(folder))
    if args.json:
        print(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    else:
        print("\n".join(map(str, found)))
        counts = {level: sum(one.level == level for one in found) for level in ("bad", "warn")}
        print(f"{len(found)} looked at: {counts['bad']} bad, {counts['warn']} worth a look")
    return FAILED if any(one.level == "bad" for one in found) else OK


def _examined(folder: Path) -> Iterator[Diagnosis]:
    yield machine_health.program()
    yield machine_health.user()
    yield machine_health.clock(SystemClock().now())
    if (folder / RESTORE_JOURNAL).exists():
        yield bad("site", f"a restore into {folder} was interrupted", "do the same restore again")
        return
    if not (folder / SETTINGS).is_file():
        yield bad("site", f"{folder} has no {SETTINGS}", f"{PROGRAM} init {folder}")
        return
    yield machine_health.disk(folder)
    settings, findings = check_settings(folder / SETTINGS)
    if settings is None:
        yield bad("settings", findings[0].headline(), f"{PROGRAM} check {folder}")
        return
    yield well("settings", f"{SETTINGS} has no errors")
    site = Site(folder, settings)
    yield from site_health.folders(folder)
    yield from site_health.secrets(folder)
    yield from access(site, SystemClock().now())
    result, told = site_health.flow(site)
    yield from told
    if result.graph is not None:
        yield from machine_health.devices(result.graph.connections.values())
    yield from site_health.stores(site)
    today = profile_health.day_at(settings, SystemClock().now())
    reimbursed = profile_health.diagnosis(settings, today)
    if reimbursed is not None:
        yield reimbursed
    backup = backups(site, SystemClock().now())
    if backup is not None:
        yield backup
    process = site_health.runs_as(folder)
    if process is None:
        yield machine_health.port(settings.web.host, settings.web.port)
    else:
        yield _running(folder, process)


def _running(folder: Path, process: int) -> Diagnosis:
    """Return how the runtime of a site says that it is."""
    try:
        running = Running(folder)
        faults = running.get("/faults")["open"]
    except (Refused, ServiceError) as error:
        return bad("runtime", f"process {process} does not answer: {error}", "see its log")
    text = f"process {process} answers at {running.url}"
    if faults:
        first = faults[0]
        told = f"{text}, with {number(len(faults), 'fault')}: {first['node']}: {first['text']}"
        return worth_a_look("runtime", told, "see the page, or `/ready`")
    return well("runtime", f"{text}, without faults")
