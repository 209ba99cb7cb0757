import shutil
from pathlib import Path

import pytest

SETTINGS = """\
format: 1
charge_point: {id: garage, name: In the garage}
timezone: Europe/Amsterdam
currency: EUR
flow: charge-point
"""


@pytest.fixture
def site(tmp_path, monkeypatch) -> Path:
    """Return a site folder with settings and no more; it is the current folder."""
    (tmp_path / "oppleo.yaml").write_text(SETTINGS)
    monkeypatch.delenv("OPPLEO_SITE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    """Let argparse break its lines at the same place everywhere."""
    monkeypatch.setenv("COLUMNS", "100")
    assert shutil.get_terminal_size().columns == 100
