import shutil
from pathlib import Path

import pytest

from oppleo_flow.store.backup.making import make_backup
from oppleo_flow.store.backup.site_files import SitePlaces
from tests.oppleo_flow.store.backup.sites import asked_of, make_site


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> SitePlaces:
    """Return the places of a site with a session in its ledger, that nobody changes."""
    return make_site(tmp_path_factory.mktemp("once") / "site")


@pytest.fixture
def places(made_once: SitePlaces, tmp_path: Path) -> SitePlaces:
    """Return the places of such a site, to be changed."""
    # Without the note of the backups that other tests may have made of it by now.
    noted = shutil.ignore_patterns("last-backup.json")
    shutil.copytree(made_once.folder, tmp_path / "site", ignore=noted)
    return SitePlaces.of(tmp_path / "site", simulated=False)


@pytest.fixture(scope="session")
def backup(made_once: SitePlaces, tmp_path_factory) -> Path:
    """Return an encrypted backup of the site, with all that it has."""
    folder = tmp_path_factory.mktemp("encrypted")
    asked = asked_of(made_once, folder=folder, passphrase="open sesame")
    return Path(make_backup(asked).file)


@pytest.fixture(scope="session")
def plain(made_once: SitePlaces, tmp_path_factory) -> Path:
    """Return a backup of the site that is not encrypted, and has no secrets."""
    folder = tmp_path_factory.mktemp("plain")
    return Path(make_backup(asked_of(made_once, folder=folder)).file)


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """Return a folder on another disk, as it were."""
    folder = tmp_path / "away"
    folder.mkdir()
    return folder
