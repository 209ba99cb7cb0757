import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from oppleo_flow.errors import ConfigError, StoreError
from oppleo_flow.store.backup.making import make_backup
from oppleo_flow.store.backup.request import Share, ShareAddress, check_address
from oppleo_flow.store.backup.smb import SmbTarget
from tests.oppleo_flow.store.backup.sites import NOON, asked_of
from tests.oppleo_flow.store.backup.smb_server import PASSWORD, USER, shared

SIGNED_IN = Share(USER, PASSWORD)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return the folder that is shared."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def share(folder: Path) -> Iterator[str]:
    """Return the address of a share of a real server."""
    with shared(folder) as address:
        yield address


def test_a_copy_on_a_share_is_whole_and_kept_to_the_same_number(places, share, folder):
    (folder / "garage").mkdir()
    (folder / "garage/holiday.jpg").write_text("another's")
    for day in range(3):
        made = make_backup(
            asked_of(
                places,
                keep=2,
                copy_to=(f"{share}/garage/",),
                share=SIGNED_IN,
                created_at=NOON + timedelta(days=day),
            )
        )

    assert sorted(path.name for path in (folder / "garage").iterdir()) == [
        "backup-garage-20260116T120000Z.tar.gz",
        "backup-garage-20260117T120000Z.tar.gz",
        "holiday.jpg",
    ]
    assert made.copies == (f"{share}/garage/backup-garage-20260117T120000Z.tar.gz",)
    copy = folder / "garage/backup-garage-20260117T120000Z.tar.gz"
    assert copy.read_bytes() == Path(made.file).read_bytes()


def test_what_a_killed_run_left_on_a_share_does_not_stand_in_the_way(places, share, folder):
    (folder / ".backup-garage-20260115T120000Z.tar.gz.part").write_text("half")
    made = make_backup(asked_of(places, copy_to=(share,), share=SIGNED_IN))
    assert made.copies == (f"{share}/backup-garage-20260115T120000Z.tar.gz",)
    assert [path.name for path in folder.glob(".*")] == []


@pytest.mark.parametrize(
    ("end", "user", "message"),
    [
        pytest.param(
            "",
            Share(USER, "strawberry"),
            "does not let 'pi' in: the user or the password is wrong",
            id="a wrong password",
        ),
        pytest.param(
            "/none/at/all", SIGNED_IN, "has no such share or folder", id="a folder that is missing"
        ),
    ],
)
def test_a_copy_that_fails_is_told_and_the_backup_stays(places, share, end, user, message):
    with pytest.raises(StoreError) as error:
        make_backup(asked_of(places, copy_to=(f"{share}{end}",), share=user))
    (file,) = (places.folder / "backups").iterdir()
    assert str(error.value) == f"{file}: is made, but not copied: {share}{end}: {message}"


def test_a_share_that_is_missing_is_told(places, share):
    other = share.replace("BACKUPS", "OTHER")
    with pytest.raises(StoreError) as error:
        make_backup(asked_of(places, copy_to=(other,), share=SIGNED_IN))
    assert str(error.value).endswith(
        f"is made, but not copied: {other}: has no such share or folder"
    )


def test_a_server_that_is_away_is_told(places):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        away = f"smb://127.0.0.1:{nobody.getsockname()[1]}/BACKUPS"
    with pytest.raises(StoreError) as error:
        make_backup(asked_of(places, copy_to=(away,), share=SIGNED_IN))
    assert str(error.value).endswith(
        f"is made, but not copied: {away}: cannot be reached; "
        "check the address, and that the machine is on"
    )


def test_without_the_package_it_is_said_which_one_is_needed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "smbclient", None)
    with pytest.raises(StoreError) as error, SmbTarget.signed_in("smb://nas/b", SIGNED_IN):
        pass
    assert str(error.value) == (
        "smb://nas/b: shares need the package smbprotocol; "
        "install it with `pip install 'oppleo-flow[backup]'`"
    )


def test_an_address_names_server_port_share_and_folder():
    assert ShareAddress.parse("smb://nas.local/Back%20ups/garage/") == ShareAddress(
        "smb://nas.local/Back%20ups/garage", "nas.local", 445, "\\\\nas.local\\Back ups\\garage"
    )
    assert ShareAddress.parse("smb://10.0.0.2:4450/b").port == 4450


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (text, f"an address such as smb://server/share/folder is needed, got {text!r}")
        for text in ("smb://", "smb:///share", "smb://nas", "smb://nas:one/share")
    ]
    + [
        (text, f"a folder, or smb://server/share/folder, is needed, got {text!r}")
        for text in ("", "https://nas/share")
    ]
    + [
        (
            "smb://pi:raspberry@nas/share",
            "the address of a share has no user or password in it; give them apart",
        )
    ],
)
def test_what_is_no_address_is_refused_and_a_password_in_it_not_repeated(text, message):
    with pytest.raises(ConfigError) as error:
        check_address(text)
    assert str(error.value) == message


def test_what_a_request_shows_of_itself_has_no_secrets(places):
    shown = repr(asked_of(places, passphrase="open sesame", share=SIGNED_IN))
    assert "sesame" not in shown
    assert PASSWORD not in shown
