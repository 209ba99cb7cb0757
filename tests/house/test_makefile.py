"""What `make` says on a machine that lacks something."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.sources import ROOT

NEEDED = "oppleo_flow needs Python 3.11 or newer; none of python3 "


@pytest.mark.parametrize("old", [False, True], ids=["no Python", "a Python that is too old"])
def test_without_a_python_that_will_do_it_says_which_is_needed(tmp_path: Path, old: bool) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make")
    (commands / "make").symlink_to(make)
    (commands / "sh").symlink_to("/bin/sh")
    if old:
        python = commands / "python3"
        python.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        python.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)

    done = subprocess.run(
        ["make", ".venv/.made"],
        cwd=tmp_path,
        env={"PATH": str(commands)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(NEEDED)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "bin"]
