"""Asking the package index for the newest version, as pip is set to ask it."""

import re
import subprocess
import sys
from typing import Final

from oppleo_flow.child import child_environment
from oppleo_flow.errors import Refused

_LONGEST_S: Final = 20.0
_VERSION: Final = re.compile(r"^oppleo-flow \(([^)\s]+)\)", re.MULTILINE)


def newest_version(package: str = "oppleo-flow") -> str:
    """Return the newest version that the package index has.

    Raises:
        Refused: Nobody answers, or pip is not there to ask.
    """
    command = [sys.executable, "-m", "pip", "index", "versions", package]
    options = ["--disable-pip-version-check", "--no-input", "--retries", "0", "--timeout", "8"]
    try:
        done = subprocess.run(
            [*command, *options],
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            errors="replace",
            timeout=_LONGEST_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused("the package index does not answer; is this machine online?") from error
    if "No module named pip" in done.stderr:
        raise Refused("there is no pip here to ask the package index with")
    found = _VERSION.search(done.stdout)
    if done.returncode != 0 or found is None:
        raise Refused(
            "the package index did not tell a version: this machine is offline, or "
            f"{package} is not there"
        )
    return found[1]
