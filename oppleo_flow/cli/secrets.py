"""`oppleo-flow secrets`: which there are, who uses them, and a new value.  None is ever printed."""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import PROGRAM, UsageError, add_site_option
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.flow_files import SECRETS
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.table import table
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.files import FLOWS, SUBFLOWS
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.flowfile.secret_file import with_secret
from oppleo_flow.flowfile.secret_uses import SecretUse, secret_uses
from oppleo_flow.flowfile.secrets import SiteSecrets
from oppleo_flow.immutable import immutable

EXAMPLES = (
    ("secrets list", "each secret, where its value comes from, and which nodes use it"),
    ("secrets set prowl_key", "ask for a value, without showing it, and put it into secrets.yaml"),
    ("secrets set prowl_key < key.txt", "from a file: the first line of it"),
    ("secrets unset prowl_key", "take it out of secrets.yaml"),
)


@immutable
class Secret:
    """A secret as it may be shown: `source` is None where it has no value."""

    name: str
    source: str | None
    uses: Sequence[SecretUse]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON data, which has no value in it."""
        uses = [{"file": use.file, "line": use.line, "option": use.option} for use in self.uses]
        return {"name": self.name, "from": self.source, "uses": uses}


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="all that flows use or secrets.yaml has")
    show.add_argument("--json", action="store_true", help="print JSON")
    change = actions.add_parser("set", help="give one a value, from standard input")
    remove = actions.add_parser("unset", help="take one away")
    for action in (change, remove):
        action.add_argument("name", metavar="NAME", help="as `!secret NAME` in a flow has it")
    for action in (show, change, remove):
        add_site_option(action)


def run(args: argparse.Namespace) -> int:
    """List the secrets, or change one."""
    folder = site_folder(args.site)
    if args.action == "list":
        found, wrong = secrets_of(folder)
        data = [secret.as_json() for secret in found]
        print(json.dumps(data, indent=2) if args.json else _listing(found))
        for line in wrong:
            print(f"{PROGRAM}: {line}", file=sys.stderr)
        return FAILED if wrong or any(one.source is None for one in found) else OK
    keep_secret(folder, args.name, _asked(args.name) if args.action == "set" else None)
    done = "set" if args.action == "set" else "unset"
    note(Site.load(folder), "secret", f"{args.name} {done}")
    print(f"{args.name}: {done}; a flow that runs takes it in with `{PROGRAM} deploy`")
    return OK


def keep_secret(folder: Path, name: str, value: str | None) -> None:
    """Give a secret of a site a value; None takes it out of `secrets.yaml`.

    Raises:
        ConfigError: The file is wrong already, or the name cannot be one.
        Refused: The file cannot be changed safely.
    """
    file = folder / SECRETS
    _write_private(file, with_secret(_text(file), name, value, str(file)))


def secrets_of(
    folder: Path, uses_of: Callable[[str, str], Sequence[SecretUse]] = secret_uses
) -> tuple[list[Secret], list[str]]:
    """Return the secrets of a site by name, and what is wrong with its `secrets.yaml`.

    `uses_of` tells where the text of a file of some name takes secrets.
    """
    source = SiteSecrets(folder / SECRETS, os.environ)
    uses: dict[str, list[SecretUse]] = {name: [] for name in source.names}
    for file in [*sorted((folder / FLOWS).glob("*.yaml")), *sorted((folder / SUBFLOWS).glob("*"))]:
        text = read_text(file)
        if isinstance(text, str):
            for use in uses_of(text, str(file.relative_to(folder))):
                uses.setdefault(use.name, []).append(use)
    found = [Secret(name, source.source_of(name), uses[name]) for name in sorted(uses)]
    return found, [finding.headline() for finding in source.findings]


def _listing(found: Sequence[Secret]) -> str:
    rows = []
    for secret in found:
        places = [f"{use.option} ({use.file}:{use.line})" for use in secret.uses]
        rows.append((secret.name, secret.source or "missing", (places or ["nobody"])[0]))
        rows += [("", "", place) for place in places[1:]]
    return table(("name", "from", "used by"), rows)


def _asked(name: str) -> str:
    """Return the value that is typed, unseen, or comes from standard input."""
    if sys.stdin.isatty():
        value = getpass.getpass(f"value of {name}: ")
    else:
        value = sys.stdin.readline().rstrip("\r\n")
    if not value:
        raise UsageError("a value is needed, got an empty line", "secrets")
    return value


def _text(file: Path) -> str:
    if not file.exists():
        return ""
    text = read_text(file)
    if not isinstance(text, str):
        raise ConfigError(text.headline())
    return text


def _write_private(file: Path, text: str) -> None:
    """Put a text into a file that only its owner may read; a crash half-way leaves the old one."""
    file = file.resolve()
    draft = file.with_name(f".{file.name}.{os.getpid()}.new")  # not that of another writer
    draft.unlink(missing_ok=True)
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="utf-8", newline="") as opened:
        if file.exists():
            owner = file.stat()
            with suppress(PermissionError):  # only root may give a file to somebody else
                os.fchown(number, owner.st_uid, owner.st_gid)
        os.fchmod(number, 0o600)
        opened.write(text)
        opened.flush()
        os.fsync(number)
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
