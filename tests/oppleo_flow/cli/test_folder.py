import os
import subprocess
import sys

import pytest

from oppleo_flow.cli.folder import default_folder, locked, site_folder
from oppleo_flow.errors import ConfigError, Refused


def test_the_site_that_is_named_is_the_site(tmp_path, monkeypatch):
    (tmp_path / "oppleo.yaml").touch()
    monkeypatch.chdir(tmp_path.parent)
    assert site_folder(tmp_path.name) == tmp_path


def test_without_a_name_the_environment_says_which_site(tmp_path, monkeypatch):
    (tmp_path / "oppleo.yaml").touch()
    monkeypatch.setenv("OPPLEO_SITE", str(tmp_path))
    assert site_folder(None) == tmp_path


def test_without_either_it_is_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "oppleo.yaml").touch()
    monkeypatch.delenv("OPPLEO_SITE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert site_folder(None) == tmp_path
    assert default_folder().resolve() == tmp_path


def test_a_folder_without_settings_is_refused_with_the_command_that_makes_one(tmp_path):
    folder = tmp_path / "my garage"
    with pytest.raises(ConfigError) as error:
        site_folder(str(folder))
    assert str(error.value) == (
        f"{folder}: not a site folder, it has no oppleo.yaml; "
        f"make one with `oppleo-flow init '{folder}'`"
    )


def test_a_second_lock_is_refused_and_names_the_process(tmp_path):
    program = (
        "import sys; from pathlib import Path; from oppleo_flow.cli.folder import locked\n"
        "with locked(Path(sys.argv[1])):\n    print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(Refused) as error, locked(tmp_path):
            pass
        other.stdin.close()
    assert (
        str(error.value) == f"{tmp_path}: runs already, as process {other.pid}; stop that one first"
    )


def test_a_file_where_the_folder_of_state_belongs_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / ".oppleo").touch()
    with pytest.raises(ConfigError) as error, locked(tmp_path):
        pass
    assert str(error.value) == (
        f"{tmp_path}/.oppleo: a folder is needed here, for what the site remembers, "
        "and this is none; move it away"
    )


def test_a_lock_that_was_let_go_can_be_taken_again(tmp_path):
    for _ in range(2):
        with locked(tmp_path):
            assert (tmp_path / ".oppleo" / "lock").read_text() == f"{os.getpid()}\n"
