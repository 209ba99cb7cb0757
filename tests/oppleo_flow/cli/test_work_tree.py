"""A site whose owner keeps it in git."""

import shutil
import subprocess

import pytest

from oppleo_flow.cli.work_tree import told_by_git

ME = ("-c", "user.name=owner", "-c", "user.email=owner@example.org")


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return a folder with a flow, in no work tree of anybody."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "garage.yaml").write_text("flow: garage\n")
    return tmp_path


def git(site, *words):
    subprocess.run(["git", "-C", str(site), *ME, *words], check=True, capture_output=True)


def test_where_there_is_no_work_tree_there_is_nothing_to_tell(site):
    assert told_by_git(site) is None


def test_where_there_is_no_git_there_is_nothing_to_tell(site, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert told_by_git(site) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_last_commit_is_told_and_whether_the_flows_differ_from_it(site):
    git(site, "init")
    assert told_by_git(site) is None  # nothing was ever committed
    git(site, "add", "flows")
    git(site, "commit", "-m", "Charge by night")
    said = told_by_git(site)
    assert said.endswith(" Charge by night; nothing has changed since")
    (site / "oppleo.yaml").write_text("format: 1\n")
    assert told_by_git(site) == said
    (site / "flows" / "garage.yaml").write_text("flow: house\n")
    assert told_by_git(site).endswith(" Charge by night; changes are not committed")
