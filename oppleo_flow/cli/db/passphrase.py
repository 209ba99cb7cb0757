"""Where the passphrase of a backup comes from: a file, a secret of the site, or who types it."""

import argparse
import getpass
import os
import sys
from pathlib import Path

from oppleo_flow.cli.command import PROGRAM, UsageError
from oppleo_flow.cli.flow_files import SECRETS
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.secrets import SiteSecrets


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which file has the passphrase."""
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        type=Path,
        help="the passphrase is the first line of a file",
    )


def secret(folder: Path, name: str) -> str:
    """Return the value of a secret of a site.

    Raises:
        ConfigError: It has none.
    """
    secrets = SiteSecrets(folder / SECRETS, os.environ)
    found = secrets.get(name)
    for finding in secrets.findings:
        raise ConfigError(finding.headline())
    if found is None:
        raise ConfigError(
            f"{folder / SECRETS}: has no secret {name!r}; `{PROGRAM} secrets set {name}` adds it"
        )
    return found.get_secret_value()


def from_file(path: Path) -> str:
    """Return the first line of a file.

    Raises:
        ConfigError: It cannot be read, or has none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: a text is needed for a passphrase") from error
    if not lines or not lines[0]:
        raise ConfigError(f"{path}: its first line is empty, and a passphrase is needed")
    return lines[0]


def typed(why: str) -> str:
    """Return what is typed, unseen, or the first line of standard input.

    Raises:
        UsageError: It is nothing.
    """
    asked = sys.stdin.isatty()
    text = getpass.getpass(f"passphrase of {why}: ") if asked else sys.stdin.readline()
    if not text.rstrip("\r\n"):
        raise UsageError("a passphrase is needed, got an empty line", "db")
    return text.rstrip("\r\n")
