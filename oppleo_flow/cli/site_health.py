"""How a site is: its settings, folders, secrets, flows, ledger and state."""

import fcntl
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from oppleo_flow.cli.command import PROGRAM
from oppleo_flow.cli.diagnosis import Diagnosis, bad, number, well, worth_a_look
from oppleo_flow.cli.flow_files import SECRETS, Surroundings
from oppleo_flow.cli.secrets import secrets_of
from oppleo_flow.cli.site import Site
from oppleo_flow.flowfile import CheckResult
from oppleo_flow.store.revision import HEAD, REVISIONS

_OTHERS = 0o077


def runs_as(folder: Path) -> int | None:
    """Return the process that runs a site, 0 where it cannot be told; None when nothing does."""
    try:
        with (folder / ".oppleo" / "lock").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                said = file.read().strip()
                return int(said) if said.isdigit() else 0
    except OSError:
        pass
    return None


def folders(folder: Path) -> Iterator[Diagnosis]:
    """Yield whether what is written can be written."""
    own = folder / ".oppleo"
    for path in (folder, own, own / "log", own / "history"):
        if path.exists() and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            yield bad("folder", f"{path} cannot be written", f"sudo chown $USER {path}")
            return
    yield well("folder", f"{folder} can be written")


def secrets(folder: Path) -> Iterator[Diagnosis]:
    """Yield how the secrets are: none is missing, none is for everybody to read."""
    file = folder / SECRETS
    found, wrong = secrets_of(folder)
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & _OTHERS:
        yield bad("secrets", f"others can read {file}", f"chmod 600 {file}")
        return
    for line in wrong:
        yield bad("secrets", line, "mend the file")
    missing = [secret for secret in found if secret.source is None]
    for secret in missing:
        use = secret.uses[0]
        text = f"{secret.name!r} has no value, and {use.option} ({use.file}:{use.line}) needs one"
        yield bad("secrets", text, f"{PROGRAM} secrets set {secret.name}")
    for secret in found:
        if not secret.uses:
            text = f"{secret.name!r} is used by nobody"
            yield worth_a_look("secrets", text, f"{PROGRAM} secrets unset {secret.name}")
    if not missing and not wrong:
        yield well("secrets", f"{len(found)} known, none missing")


def flow(site: Site) -> tuple[CheckResult, list[Diagnosis]]:
    """Return the check of the flow that the site runs, and what there is to say of it."""
    around = Surroundings.of(site.folder, {}, simulate=site.simulate)
    result = around.check(site.flow)
    name = site.flow.relative_to(site.folder)
    errors, warnings = len(result.errors), len(result.warnings)
    told = []
    if errors:
        told.append(
            bad("flow", f"{name} has {number(errors, 'error')}", f"{PROGRAM} check {site.flow}")
        )
    elif warnings:
        told.append(
            worth_a_look(
                "flow", f"{name} has {number(warnings, 'warning')}", f"{PROGRAM} check {site.flow}"
            )
        )
    else:
        told.append(well("flow", f"{name} has no errors"))
    for file, fault in around.registry.drop_in_faults().items():
        told.append(worth_a_look("nodes", f"{file.name}: {fault}", f"mend {file}"))
    return result, told


def stores(site: Site) -> Iterator[Diagnosis]:
    """Yield how the files are in which the site keeps what must not be lost."""
    yield _ledger(site.ledger)
    for what, path in (("state", site.state), ("audit", site.audit)):
        if path.exists():
            yield _whole(what, path)


def _ledger(path: Path) -> Diagnosis:
    if not path.exists():
        return well("ledger", f"{path} is not there yet; the first run makes it")
    sound = _whole("ledger", path)
    if sound.level != "ok":
        return sound
    try:
        revision = str(_asked(path, "SELECT version_num FROM alembic_version"))
    except sqlite3.Error:
        return bad("ledger", f"{path} is a database, but not a ledger", "move it away")
    if revision == HEAD:
        return well("ledger", f"{path} has revision {revision}")
    if revision in REVISIONS:
        remedy = f"back it up; `{PROGRAM} run` brings it up to date"
        return worth_a_look("ledger", f"{path} has revision {revision}, not {HEAD}", remedy)
    remedy = f"install the version of {PROGRAM} that made it"
    return bad("ledger", f"{path} has revision {revision}, newer than {HEAD}", remedy)


def _whole(what: str, path: Path) -> Diagnosis:
    """Return whether a database is one, and in order."""
    remedy = "restore it from a backup, or move it away"
    try:
        said = _asked(path, "PRAGMA quick_check(1)")
    except sqlite3.Error as error:
        return bad(what, f"{path} cannot be read: {error}", remedy)
    if said != "ok":
        return bad(what, f"{path} is damaged: {said}", remedy)
    return well(what, f"{path} is in order")


def _asked(path: Path, question: str) -> object:
    db = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=5)
    try:
        row = db.execute(question).fetchone()
        return None if row is None else row[0]
    finally:
        db.close()
