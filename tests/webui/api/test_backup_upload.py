"""A backup of an old machine comes in from the page: whole, for its owner, or not at all."""

import json

import pytest

from oppleo_flow.clock import SystemClock
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.audit import AuditLog
from oppleo_flow.store.backup.making import make_backup
from tests.oppleo_flow.store.backup.sites import asked_of, make_site
from tests.webui.paper_machine import PaperMachine
from webui.ports import SiteFacts

ADDRESS = "/api/v1/backups/taken-in"
FILE = {"Content_Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """Return a backup of the machine that is replaced, of another charge point."""
    places = make_site(tmp_path_factory.mktemp("old"))
    made = make_backup(asked_of(places, charge_point="carport"))
    return (places.folder / "backups" / made.file.rpartition("/")[2]).read_bytes()


@pytest.fixture
def machine(tmp_path):
    return PaperMachine(tmp_path)


@pytest.fixture
def audit(tmp_path):
    return AuditLog(tmp_path / "audit.sqlite", SystemClock(), simulated=False)


@pytest.fixture
def ask(make_client, machine, audit):
    (machine.folder / "oppleo.yaml").write_text("name: garage\n", encoding="utf-8")
    with open_ledger(StoreLocation(machine.ledger), "garage") as ledger:
        site = SiteFacts(books=lambda: ledger, charge_point="garage", machine=machine)
        yield make_client(site=site, audit=audit)


def send(ask, content, name="old.tar.gz", **headers):
    return ask.ask("POST", f"{ADDRESS}?name={name}", content, FILE | headers)


def test_the_old_ones_backup_is_taken_in_listed_and_put_in_the_sites_place(ask, machine, old):
    room = ask.get(f"{ADDRESS}/room?name=old.tar.gz&size={len(old)}")
    assert (room.status, room.json) == (200, {"name": "old.tar.gz"})
    taken = send(ask, old)
    name = "backup-carport-20260115T120000Z.tar.gz"
    assert (taken.status, taken.json) == (
        201,
        {"name": name, "size": len(old), "encrypted": False},
    )
    noted = ask.get("/api/v1/audit").json["deeds"][0]
    assert (noted["what"], noted["about"].rpartition("/")[2]) == ("backup", f"{name}: taken in")
    ask.post("/api/v1/backups")
    shown = ask.get("/api/v1/backups").json["items"]
    assert [one["taken_in"] for one in shown] == [False, True]
    assert shown[1]["name"] == name
    assert ask.post(f"/api/v1/backups/{name}/verify").json["charge_point"] == "carport"
    assert ask.post(f"/api/v1/backups/{name}/restore").status == 202
    assert machine.asked == [f"restore {name}"]
    assert ask.ask("DELETE", f"/api/v1/backups/{name}").json == {"name": name}
    assert [one["taken_in"] for one in ask.get("/api/v1/backups").json["items"]] == [False]


def test_what_is_none_is_refused_and_leaves_nothing(ask, machine, old):
    found = send(ask, b"PK" + old, "holiday.zip")
    assert (found.status, found.json["detail"]) == (
        409,
        "holiday.zip: is no backup of oppleo-flow; choose one that it made",
    )
    cut = send(ask, old[:-9])
    assert (cut.status, cut.json["code"]) == (409, "refused")
    assert cut.json["detail"].startswith("old.tar.gz: is damaged: ")
    assert list((machine.folder / "backups/taken-in").iterdir()) == []
    assert ask.get("/api/v1/backups").json["items"] == []


def test_half_of_it_is_said_to_be_half(ask, machine, old):
    found = send(ask, old[:5000], Content_Length=str(len(old)))
    assert (found.status, found.json["detail"]) == (
        409,
        f"old.tar.gz: only 5000 of {len(old)} bytes came; send it again",
    )
    assert list((machine.folder / "backups/taken-in").iterdir()) == []


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        pytest.param({"Content_Type": "application/json"}, 415, "not-a-file", id="no file"),
        pytest.param({"Content_Length": None}, 411, "no-length", id="no length"),
        pytest.param({"Content_Length": "99999999999"}, 409, "refused", id="too large"),
    ],
)
def test_what_cannot_be_taken_is_not_read(ask, old, headers, status, code):
    found = send(ask, old, **headers)
    assert (found.status, found.json["code"]) == (status, code)


def test_what_is_too_large_is_refused_before_it_is_sent(ask):
    found = ask.get(f"{ADDRESS}/room?name=big.tar.gz&size=3000000000")
    assert (found.status, found.json["detail"]) == (
        409,
        "big.tar.gz: a backup has 1 to 2147483648 bytes, got 3000000000; "
        "at the machine itself `oppleo-flow db restore` takes a larger one",
    )


def test_it_is_described_as_a_file(client):
    paths = json.loads(client.get("/api/v1/openapi.json").body)["paths"]
    made = paths[ADDRESS]["post"]
    assert made["requestBody"] == {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
    assert (made["x-right"], made["x-sure"]) == ("administer", True)
