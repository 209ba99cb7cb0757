"""The routes of the program, its log and its backups, with a machine that does nothing itself."""

import tarfile
from datetime import UTC, datetime
from threading import Thread

import pytest

from oppleo_flow.payloads import SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger
from tests.webui.paper_machine import PaperMachine
from webui.ports import SiteFacts

LINES = """\
2026-01-15T12:00:00.000Z INFO    oppleo_flow.cli: the site starts
2026-01-15T12:00:01.000Z WARNING oppleo_flow.node.meter: no answer from unit 1
2026-01-15T12:00:02.000Z ERROR   oppleo_flow.node.meter: it failed
Traceback (most recent call last):
ValueError: no
"""


@pytest.fixture
def machine(tmp_path):
    return PaperMachine(tmp_path)


@pytest.fixture
def ledger(machine):
    with open_ledger(StoreLocation(machine.ledger), "garage") as ledger:
        yield ledger


@pytest.fixture
def ask(make_client, machine, ledger):
    (machine.folder / "oppleo.yaml").write_text("name: garage\n", encoding="utf-8")
    site = SiteFacts(books=lambda: ledger, charge_point="garage", machine=machine)
    return make_client(site=site)


def test_the_system_tells_its_versions_and_how_it_is(ask):
    found = ask.get("/api/v1/system").json
    assert found["versions"] == {"oppleo-flow": "1.2.3", "Python": "3.11"}
    assert found["counts"]["faults"] == 0
    assert found["vitals"]["memory_bytes"] > 1_000_000
    assert found["vitals"]["disk_free_bytes"] <= found["vitals"]["disk_bytes"]


@pytest.mark.parametrize(
    ("path", "asked"),
    [("restart", "restart"), ("reboot", "reboot"), ("shut-down", "shut down")],
)
def test_what_acts_on_the_machine_is_asked_of_it(ask, machine, path, asked):
    found = ask.post(f"/api/v1/system/{path}")
    assert (found.status, found.json) == (202, {"asked": path})
    assert machine.asked == [asked]


def test_what_the_system_refuses_is_said_with_what_to_do_instead(ask, machine):
    machine.refuses = "not allowed here: access denied; at the machine itself run `sudo reboot`"
    found = ask.post("/api/v1/system/reboot")
    assert (found.status, found.json["detail"]) == (409, machine.refuses)


def test_nothing_starts_anew_while_a_session_is_open(ask, ledger, machine):
    ledger.sessions.record(SessionStarted.sample())
    for path in ("restart", "reboot", "shut-down"):
        found = ask.post(f"/api/v1/system/{path}")
        assert (found.status, found.json["detail"]) == (
            409,
            "a session is open; end it first, so that nothing of it is lost",
        )
    assert machine.asked == []


def test_nothing_starts_anew_while_a_backup_is_made_or_taken_in(ask, machine):
    said = []

    def ask_meanwhile():
        found = ask.post("/api/v1/system/restart")
        said.append((found.status, found.json["detail"]))

    def in_another_thread():
        other = Thread(target=ask_meanwhile)
        other.start()
        other.join()

    name = ask.post("/api/v1/backups").json["name"]
    machine.while_restoring = in_another_thread
    assert ask.post(f"/api/v1/backups/{name}/restore").status == 202
    assert said == [(409, "a backup is being made; wait for it")]
    assert machine.asked == [f"restore {name}"]


def test_the_newest_version_is_told_and_nothing_is_installed(ask):
    assert ask.post("/api/v1/system/newest").json == {
        "version": "1.2.3",
        "newest": "1.3.0",
        "is_newest": False,
    }


def test_what_it_is_made_with_is_told(ask):
    found = ask.get("/api/v1/system/about").json
    assert found == {"packages": [{"name": "bottle", "version": "0.13", "licence": "MIT"}]}


def test_diagnostics_have_no_secret_in_them(make_client, machine, ledger, runtime):
    machine.log_file.write_text(LINES.replace("no answer", "hunter2"), encoding="utf-8")
    site = SiteFacts(
        books=lambda: ledger,
        machine=machine,
        redact=lambda text: text.replace("hunter2", "***"),
    )
    runtime.say("meter", "warn", "hunter2 was wrong")
    found = make_client(site=site).get("/api/v1/system/diagnostics")
    assert found.headers["Content-Disposition"].startswith(
        'attachment; filename="oppleo-flow-diagnostics-'
    )
    assert "hunter2" not in found.body.decode()
    told = found.json
    assert told["doctor"] == machine.diagnosis()
    assert told["log"][1]["text"] == "*** from unit 1"
    assert told["nodes"][0]["id"] == "rfid"


def test_the_log_is_told_by_its_level_and_goes_on_where_it_ended(ask, machine):
    machine.log_file.write_text(LINES, encoding="utf-8")
    found = ask.get("/api/v1/log?level=warning").json
    assert [(one["level"], one["logger"], one["text"]) for one in found["lines"]] == [
        ("warning", "oppleo_flow.node.meter", "no answer from unit 1"),
        (
            "error",
            "oppleo_flow.node.meter",
            "it failed\nTraceback (most recent call last):\nValueError: no",
        ),
    ]
    assert ask.get(f"/api/v1/log?after={found['offset']}").json["lines"] == []
    with machine.log_file.open("a", encoding="utf-8") as log:
        log.write('{"time": "t", "level": "info", "logger": "x", "message": "as JSON"}\nhalf a')
    later = ask.get(f"/api/v1/log?after={found['offset']}").json
    assert [one["text"] for one in later["lines"]] == ["as JSON"]
    assert len(ask.get("/api/v1/log?limit=2").json["lines"]) == 2


def test_a_log_that_was_begun_anew_is_read_anew(ask, machine):
    machine.log_file.write_text(LINES, encoding="utf-8")
    assert len(ask.get("/api/v1/log?after=100000").json["lines"]) == 3


def test_the_log_is_downloaded_as_it_is(ask, machine):
    machine.log_file.write_text(LINES, encoding="utf-8")
    found = ask.get("/api/v1/log/download")
    assert (found.body.decode(), found.headers["Content-Type"]) == (
        LINES,
        "text/plain; charset=utf-8",
    )


def test_a_backup_is_made_verified_downloaded_restored_and_deleted(ask, machine):
    made = ask.post("/api/v1/backups")
    assert (made.status, made.json["encrypted"]) == (201, False)
    name = made.json["name"]
    shown = ask.get("/api/v1/backups").json
    assert [one["name"] for one in shown["items"]] == [name]
    assert abs(datetime.fromisoformat(shown["last"]) - datetime.now(UTC)).total_seconds() < 100
    verified = ask.post(f"/api/v1/backups/{name}/verify").json
    assert (verified["charge_point"], verified["members"]) == ("garage", made.json["members"])
    file = ask.get(f"/api/v1/backups/{name}/file")
    (machine.folder / "got.tar.gz").write_bytes(file.body)
    with tarfile.open(machine.folder / "got.tar.gz") as archive:
        assert "manifest.json" in archive.getnames()
    assert ask.post(f"/api/v1/backups/{name}/restore").status == 202
    assert machine.asked == [f"restore {name}"]
    only = ask.ask("DELETE", f"/api/v1/backups/{name}")
    assert (only.status, only.json["detail"].partition(": ")[2]) == (
        409,
        "is the only backup; make a new one first",
    )
    ask.post("/api/v1/backups")
    assert ask.ask("DELETE", f"/api/v1/backups/{name}").json == {"name": name}


def test_a_backup_with_a_passphrase_is_encrypted_and_opens_with_it_only(ask):
    made = ask.post("/api/v1/backups", {"passphrase": "correct horse"}).json
    assert made["encrypted"]
    verify = f"/api/v1/backups/{made['name']}/verify"
    assert ask.post(verify, {"passphrase": "correct horse"}).status == 200
    assert ask.post(verify, {"passphrase": "wrong horse"}).status == 503


def test_a_damaged_backup_is_said_to_be_one(ask, machine):
    name = ask.post("/api/v1/backups").json["name"]
    file = machine.folder / "backups" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    found = ask.post(f"/api/v1/backups/{name}/verify")
    assert found.status == 503
    assert "damaged" in found.json["detail"]


@pytest.mark.parametrize("name", ["..%2Fledger.sqlite", "ledger.sqlite", "backup-other.tar.gz"])
def test_no_other_file_is_taken_for_a_backup(ask, machine, name):
    (machine.folder / "backups").mkdir()
    found = ask.ask("DELETE", f"/api/v1/backups/{name}")
    assert found.status == 404
    assert machine.ledger.exists()


def test_a_short_passphrase_is_refused(ask):
    found = ask.post("/api/v1/backups", {"passphrase": "short"})
    assert (found.status, found.json["detail"]) == (
        422,
        "passphrase: at least 8 characters are needed",
    )


def test_where_there_is_no_machine_nothing_is_made_up(make_client):
    client = make_client()
    assert client.get("/api/v1/system").json["versions"] == {}
    assert client.get("/api/v1/log").json["code"] == "no-log"
    assert client.get("/api/v1/backups").json["code"] == "no-machine"
    assert client.post("/api/v1/system/restart").json["code"] == "no-machine"
