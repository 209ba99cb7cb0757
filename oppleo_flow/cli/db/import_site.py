"""The site that an import goes into: one that is there, a new one, or, to try it, a copy."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from oppleo_flow.cli.folder import SETTINGS, locked, site_folder
from oppleo_flow.cli.settings_file import parse_settings
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.templates import template, write_new
from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable
from oppleo_flow.oppleo_import.devices import current_device
from oppleo_flow.oppleo_import.importing import charger_of, devices_of
from oppleo_flow.oppleo_import.ini import OppleoIni
from oppleo_flow.oppleo_import.report import ImportReport
from oppleo_flow.oppleo_import.site_draft import SiteSource, draft
from oppleo_flow.oppleo_import.site_flow import FLOW
from oppleo_flow.oppleo_import.site_hours import TABLE as HOURS
from oppleo_flow.oppleo_import.source import Source
from oppleo_flow.store.database_copy import copy_database

USUAL_ZONE = "Europe/Amsterdam"
"""Where the clock of an Oppleo mostly is: its pages are in Dutch alone."""


@immutable
class Target:
    """The site to import into; `files` are those that were made for it."""

    site: Site
    files: tuple[Path, ...] = ()


@immutable
class Wanted:
    """What the command line says of the site."""

    folder: str | None
    timezone: str | None
    dry_run: bool
    yearly_feasts: bool


@contextmanager
def target(
    wanted: Wanted, source: Source, ini: OppleoIni | None, report: ImportReport
) -> Iterator[Target]:
    """Give the site, which nobody else runs meanwhile; a new one is made from Oppleo's settings.

    With `dry_run` it is one that is gone afterwards, with a copy of the ledger.

    Raises:
        ConfigError: No site is named, or the settings that would be made cannot be.
        Refused: It runs, or files are in the way of a new one.
    """
    with ExitStack() as stack:
        folder = _folder(wanted)
        is_new = not (folder / SETTINGS).is_file()
        if wanted.dry_run:
            copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oppleo-import-")))
            if not is_new:
                _copy_site(Site.load(folder), copy)
            folder = copy
        files = _make(folder, _source(wanted, source, ini), report) if is_new else ()
        if not is_new:
            report.leave(
                "settings and flow",
                "the site has its own; a new folder (`--site`) gets them as they were in Oppleo",
            )
        site = Site.load(folder)
        stack.enter_context(locked(folder))
        yield Target(site, tuple(files))


def _folder(wanted: Wanted) -> Path:
    """Return the folder that is meant; one that is no site yet must be named."""
    if wanted.folder is None:
        return site_folder(None)
    return Path(wanted.folder).resolve()


def _source(wanted: Wanted, source: Source, ini: OppleoIni | None) -> SiteSource:
    charger, devices = charger_of(source), devices_of(source)
    current = current_device(devices, charger.get("charger_id") or "")
    return SiteSource(
        charger=charger,
        device=devices.get(current, {}),
        off_peak=list(source.rows(HOURS)),
        ini=ini,
        timezone=wanted.timezone or USUAL_ZONE,
        yearly_feasts=wanted.yearly_feasts,
    )


def _make(folder: Path, source: SiteSource, report: ImportReport) -> list[Path]:
    """Write the files of a new site, and return them."""
    made = draft(source, report)
    settings, secrets = folder / SETTINGS, folder / "secrets.yaml"
    _, findings = parse_settings(made.settings, str(settings))
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise ConfigError(errors[0].message)
    flow = folder / "flows" / f"{FLOW}.yaml"
    texts = {
        settings: made.settings,
        flow: made.flow,
        secrets: made.secrets,
        folder / ".gitignore": template("site/gitignore"),
    }
    write_new(texts, private=frozenset({secrets}))
    for name in ("nodes", "reports"):
        (folder / name).mkdir(exist_ok=True)
    return [settings, flow, secrets]


def _copy_site(site: Site, folder: Path) -> None:
    shutil.copy(site.folder / SETTINGS, folder)
    copied = Site.load(folder)
    if site.ledger.exists():
        copied.ledger.parent.mkdir(parents=True)
        copy_database(site.ledger, copied.ledger)
