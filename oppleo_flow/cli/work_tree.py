"""What git knows of a site's flows, where its owner keeps them in a work tree."""

import subprocess
from pathlib import Path

from oppleo_flow.flowfile.files import FLOWS, SUBFLOWS

_TIMEOUT_S = 10.0


def told_by_git(folder: Path) -> str | None:
    """Return the last commit of the flows, and whether they differ from it.

    None where there is no git, no work tree or no commit.
    """
    names = [name for name in (FLOWS, SUBFLOWS) if (folder / name).is_dir()]
    commit = _git(folder, "log", "-1", "--format=%h %s", "--", *names)
    if not commit:
        return None
    changed = _git(folder, "status", "--porcelain", "--", *names)
    state = "changes are not committed" if changed else "nothing has changed since"
    return f"git: {commit.strip()}; {state}"


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "--no-optional-locks", *words],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
