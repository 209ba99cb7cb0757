"""What a source distribution and a wheel carry."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.house.sources import PACKAGES, ROOT
from webui.frontend import build_page

BUILD = "import sys; from webui.frontend import backend; print(backend.{hook}(sys.argv[1]))"


def run_hook(hook: str, checkout: Path, into: Path) -> Path:
    """Call a hook of the packaging backend as pip does; return the file that it made."""
    into.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUILD.format(hook=hook), str(into)],
        cwd=checkout,
        env={"PYTHONPATH": str(checkout), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return into / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this checkout, with the page that is built here."""
    if not build_page.is_current():
        pytest.skip("the page is not built; `make test` builds it")
    checkout = tmp_path_factory.mktemp("checkout") / "c"
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if files.returncode:
        pytest.skip("not a git checkout")
    page = [str(file.relative_to(ROOT)) for file in build_page.PAGE.rglob("*")]
    for name in [*files.stdout.split("\0"), *page]:
        source, target = ROOT / name, checkout / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    return checkout


@pytest.fixture(scope="module")
def unpacked(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that a source distribution unpacks to."""
    folder = tmp_path_factory.mktemp("sdist")
    archive = run_hook("build_sdist", checkout, folder / "dist")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def test_a_wheel_made_from_the_source_distribution_carries_all_that_the_packages_hold(
    checkout: Path, unpacked: Path, tmp_path: Path
) -> None:
    wheel = run_hook("build_wheel", unpacked, tmp_path / "dist")
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert carried == set(files_of(checkout, *PACKAGES))


def test_a_source_distribution_carries_all_that_its_tests_need(
    checkout: Path, unpacked: Path
) -> None:
    folders = ["tests", "flows", "schemas", "examples", "webui/frontend"]

    assert set(files_of(checkout, *folders)) <= set(files_of(unpacked, *folders))


def files_of(root: Path, *folders: str) -> list[str]:
    """Return the files in `folders` that belong to an installation or a source distribution."""
    names = [
        file.relative_to(root).as_posix()
        for folder in folders
        for file in (root / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]
    inside = folders[0] in PACKAGES
    return [name for name in names if not (inside and name.startswith("webui/frontend/"))]
