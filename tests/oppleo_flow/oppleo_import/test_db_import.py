"""`oppleo-flow db import-oppleo`, as an owner of Oppleo uses it in an evening."""

import csv
import io
import json
import os
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.folder import locked
from tests.oppleo_flow.oppleo_import.caveats import PLANTS

INI = """\
; Oppleo's own file
[Oppleo]
database_url = {url}
log_level = error
evse_switch = True
evse_led_reader = True
buzzer = True
oppleo_led = True
mfrc522_rfid_reader = True
prowl_enabled = True
prowl_api_key = 0123456789abcdef
mqtt_outbound_enabled = True
mqtt_host = 192.168.1.5
mqtt_username = oppleo
mqtt_password = 100% secret
"""


@pytest.fixture
def ini(oppleo, tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "oppleo.ini"
    path.write_text(INI.format(url=oppleo.url))
    return path


def run(capsys, *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(words)) == code
    shown = capsys.readouterr()
    return shown.out + shown.err


def content(folder: Path) -> dict[Path, bytes]:
    """Return what is in all files, but for what SQLite has beside one while it is read."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path: path.read_bytes()
        for path in files
        if path.suffix not in (".sqlite-shm", ".sqlite-wal")
    }


def remarks(house: Path) -> list[dict[str, str]]:
    files = sorted((house / "reports").glob("oppleo-import-*.csv"))
    with files[0].open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_who_is_called_like_a_formula_is_none_in_the_remarks(oppleo, ini, tmp_path, capsys):
    oppleo.add("users", username="=1+1", password="plain", enabled_2fa=False)
    run(capsys, "db", "import-oppleo", str(ini), "--site", "house")
    rows = [one["row"] for one in remarks(tmp_path / "house") if one["table"] == "users"]
    assert rows == ["admin", "'=1+1"]


def test_an_evening_with_oppleo_ends_with_a_site_that_passes_the_check(
    oppleo, ini, tmp_path, capsys
):
    oppleo.add_day()
    shown = run(capsys, "db", "import-oppleo", str(ini), "--site", "house")
    assert "the last four make the first: nothing is lost, nothing is there twice" in shown
    assert shown.splitlines()[-1] == f"next:  oppleo-flow check {tmp_path}/house"
    assert run(capsys, "check", "house") == "2 files checked: no errors\n"
    assert "family" in run(capsys, "sessions", "--site", "house", "--month", "2023-05")
    assert "19892716500" in run(capsys, "tokens", "list", "--site", "house")
    assert "none: set one" in run(capsys, "users", "list", "--site", "house")
    assert "0.35 EUR" in run(capsys, "prices", "list", "--site", "house")
    run(capsys, "report", "--site", "house", "--month", "2023-05", "--format", "csv")
    assert "taken over from Oppleo: postgresql://127.0.0.1:" in run(
        capsys, "audit", "--site", "house"
    )


def test_after_all_caveats_the_ledger_is_in_order_and_its_statements_can_be_made(
    oppleo, ini, tmp_path, capsys
):
    for place in PLANTS.values():
        place(oppleo)
    run(capsys, "db", "import-oppleo", str(ini), "--site", "house")
    shown = run(capsys, "db", "check", "--site", "house")
    assert "in order" in shown, shown
    shown = run(capsys, "report", "--site", "house", "--month", "2023-06", "--format", "csv")
    assert "6 of unknown energy, not in the sums" in shown


def test_secrets_are_for_the_owners_eyes_and_nowhere_else(oppleo, ini, tmp_path, capsys):
    shown = run(capsys, "db", "import-oppleo", str(ini), "--site", "house")
    house = tmp_path / "house"
    assert (house / "secrets.yaml").stat().st_mode & 0o777 == 0o600
    for secret in ("0123456789abcdef", "100% secret", "s3cret", "in-clear"):
        assert secret not in shown
        for file in (path for path in house.rglob("*") if path.is_file()):
            if file.name != "secrets.yaml":
                assert secret.encode() not in file.read_bytes(), file


def test_each_row_that_is_not_as_it_was_has_a_line_with_what_stood_in_it(
    oppleo, ini, tmp_path, capsys
):
    oppleo.add_session(0.0, 12_040.0, km=123)
    run(capsys, "db", "import-oppleo", str(ini), "--site", "house")
    (line,) = [one for one in remarks(tmp_path / "house") if one["table"] == "charge_session"]
    assert (line["row"], line["verdict"], line["code"]) == (
        *("1", "flagged"),
        "start-register-missing",
    )
    assert json.loads(line["original"])["km"] == "123"


def test_a_second_import_changes_nothing_and_leaves_the_settings_alone(
    oppleo, ini, tmp_path, capsys
):
    oppleo.add_day()
    run(capsys, "db", "import-oppleo", str(ini), "--site", "house")
    flow = tmp_path / "house" / "flows" / "oppleo.yaml"
    flow.write_text(flow.read_text() + "# mine\n")
    data = json.loads(run(capsys, "db", "import-oppleo", str(ini), "--site", "house", "--json"))
    assert flow.read_text().endswith("# mine\n")
    assert {name: [*rows] for name, rows in data["rows"].items()} == {
        name: ["same"] for name in ("charge_session", "energy_device_measures", "rfid", "users")
    }
    assert data["reconciled"] is True
    assert data["not_taken"] == [
        {
            "what": "settings and flow",
            "why": "the site has its own; a new folder (`--site`) gets them as they were in Oppleo",
        }
    ]


@pytest.mark.parametrize("there", [False, True], ids=["a new site", "one that is there"])
def test_a_dry_run_says_the_same_and_writes_nothing(oppleo, ini, tmp_path, capsys, there):
    words = ["db", "import-oppleo", str(ini), "--site", "house", "--json"]
    oppleo.add_day()
    if there:
        run(capsys, *words)
        oppleo.add_session(12_033.0, 12_040.0, start_time="2023-06-01 20:00:00")
    before = content(tmp_path)
    dry = json.loads(run(capsys, *words, "--dry-run", "--remarks", "remarks.csv"))
    (tmp_path / "remarks.csv").unlink()
    assert content(tmp_path) == before
    wet = json.loads(run(capsys, *words))
    for data in (dry, wet):
        del data["dry_run"], data["files"]
    assert dry == wet


def test_a_site_that_runs_is_not_touched(oppleo, ini, tmp_path, capsys):
    run(capsys, "db", "import-oppleo", str(ini), "--site", "house")
    with locked(tmp_path / "house"):
        shown = run(capsys, "db", "import-oppleo", str(ini), "--site", "house", code=3)
    assert shown == (
        f"oppleo-flow: {tmp_path}/house: runs already, as process {os.getpid()}; "
        "stop that one first\n"
    )


def test_a_new_site_has_to_be_named(oppleo, ini, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("OPPLEO_SITE", raising=False)
    shown = run(capsys, "db", "import-oppleo", str(ini), code=2)
    assert shown.startswith(f"oppleo-flow: {tmp_path}: not a site folder, it has no oppleo.yaml")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--timezone", "Mars/Olympus"],
            "--timezone: an IANA name such as Europe/Amsterdam is needed, got 'Mars/Olympus'",
        ),
        (["--meter", "oud"], "--meter: DEVICE=NAME is needed, got 'oud'"),
    ],
)
def test_what_cannot_be_understood_is_said(oppleo, ini, capsys, words, message):
    shown = run(capsys, "db", "import-oppleo", str(ini), "--site", "house", *words, code=2)
    assert shown == f"oppleo-flow: {message}; see `oppleo-flow db import-oppleo --help`\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_says_how_far_it_is(oppleo, ini, capsys, monkeypatch):
    oppleo.add_day()
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    assert main(["db", "import-oppleo", str(ini), "--site", "house"]) == 0
    assert "\renergy_device_measures: 4 rows " in shown.getvalue()
    assert shown.getvalue().endswith("\r\x1b[K")


def test_times_are_those_of_the_zone_that_is_said(oppleo, ini, capsys):
    oppleo.add_day()
    run(capsys, "db", "import-oppleo", str(ini), "--site", "house", "--timezone", "UTC")
    shown = run(capsys, "sessions", "--site", "house", "--month", "2023-05", "--format", "json")
    assert "2023-05-01T20:00:00" in shown


def test_an_import_that_fails_leaves_no_half_of_a_file_and_can_be_made_again(
    oppleo, ini, tmp_path, capsys
):
    oppleo.add_day()
    oppleo.execute("ALTER TABLE users ADD COLUMN broken bytea")
    oppleo.execute("UPDATE users SET username = ''")
    words = ["db", "import-oppleo", str(ini), "--site", "house"]
    shown = run(capsys, *words, "--meter", "none=x", code=2)
    assert shown == "oppleo-flow: no energy device 'none' in Oppleo; it has: laadpaal_noord\n"
    assert list((tmp_path / "house" / "reports").iterdir()) == []
    run(capsys, *words)
