"""Copies of backups in other places, as the page lists and deletes them."""

from urllib.parse import quote

import pytest

from oppleo_flow.flowfile import CheckSettings, check_file
from tests.oppleo_flow.store.backup.smb_server import PASSWORD, USER, shared
from tests.webui import graphs
from tests.webui.paper_machine import PaperMachine
from webui.ports import SiteFacts

FLOW = """\
flow: copied
format: 1
nodes:
  nightly: {{type: schedule, each: day, at: 03:30}}
  backup:
    {{type: backup, from: nightly, copy_to: {copy_to}, smb_user: {user}, smb_password: {password}}}
"""
NAMES = [f"backup-garage-2026011{day}T120000Z.tar.gz" for day in (7, 6)]
COPIES = "/api/v1/backups/copies"


@pytest.fixture
def machine(tmp_path):
    return PaperMachine(tmp_path)


@pytest.fixture
def copied_to(make_client, machine, runtime):
    """Return what asks a site whose backups are copied to some places."""

    def copied_to(*places):
        file = machine.folder / "copied.yaml"
        text = FLOW.format(copy_to=f"[{', '.join(places)}]", user=USER, password=PASSWORD)
        file.write_text(text)
        runtime.graph = check_file(file, graphs.registry(), CheckSettings()).graph
        return make_client(site=SiteFacts(charge_point="garage", machine=machine))

    return copied_to


def fill(folder):
    folder.mkdir()
    for name in (*NAMES, "holiday.jpg", "backup-other-20260116T120000Z.tar.gz"):
        (folder / name).write_bytes(b"x")
    return folder


def delete(ask, place, name):
    return ask.ask("DELETE", f"{COPIES}/{name}?place={quote(place, safe='')}")


def test_the_copies_of_each_place_are_told_and_what_is_in_the_way(copied_to, tmp_path):
    fill(tmp_path / "disk")
    ask = copied_to("disk", str(tmp_path / "not mounted"))
    disk, gone = ask.get(COPIES).json["places"]
    assert disk == {
        "place": "disk",
        "trouble": "",
        "items": [
            {"name": NAMES[0], "made_at": "2026-01-17T12:00:00+00:00", "encrypted": False},
            {"name": NAMES[1], "made_at": "2026-01-16T12:00:00+00:00", "encrypted": False},
        ],
    }
    assert (gone["items"], gone["trouble"].endswith(": No such file or directory")) == ([], True)


def test_a_copy_is_deleted_but_not_the_last_one_and_nothing_of_anybody_else(copied_to, tmp_path):
    disk = fill(tmp_path / "disk")
    ask = copied_to("disk")
    assert delete(ask, "disk", NAMES[1]).json == {"place": "disk", "name": NAMES[1]}
    assert not (disk / NAMES[1]).exists()
    assert "is the only copy in disk" in delete(ask, "disk", NAMES[0]).json["detail"]
    assert delete(ask, "disk", NAMES[1]).status == 503
    for place, name in (("disk", "holiday.jpg"), ("..", NAMES[0]), ("elsewhere", NAMES[0])):
        assert delete(ask, place, name).json["code"] == "no-such-backup"
    assert {path.name for path in disk.iterdir()} >= {NAMES[0], "holiday.jpg"}


def test_on_a_share_it_is_the_same_and_the_password_is_told_to_nobody(copied_to, tmp_path):
    folder = fill(tmp_path / "shared")
    with shared(folder) as share:
        ask = copied_to(share)
        (place,) = ask.get(COPIES).json["places"]
        assert [one["name"] for one in place["items"]] == NAMES
        assert delete(ask, share, NAMES[0]).status == 200
        assert not (folder / NAMES[0]).exists()
    (place,) = ask.get(COPIES).json["places"]
    assert "cannot be reached" in place["trouble"]
    assert PASSWORD not in place["trouble"]


def test_what_is_simulated_is_copied_nowhere(copied_to, machine, tmp_path):
    fill(tmp_path / "disk")
    machine.simulated = True
    assert copied_to("disk").get(COPIES).json == {"places": []}
