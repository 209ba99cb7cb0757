import http.server
import sys
import threading
from contextlib import closing

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.machine import SiteMachine
from oppleo_flow.cli.newest import newest_version
from oppleo_flow.cli.power import SHUT_DOWN, command_machine
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.wanted_restore import WISH, do_wanted, want
from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.payloads import MeterReading
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.backup.restoring import STAGING, unpacked, write_journal


@pytest.fixture
def used(site):
    """Return a site whose ledger has a reading."""
    location = StoreLocation(site / ".oppleo/ledger.sqlite")
    with open_ledger(location, Site.load(site).charge_point) as ledger:
        ledger.readings.record([MeterReading.sample(energy_import_wh=77)])
    return site


def readings(site):
    location = StoreLocation(site / ".oppleo/ledger.sqlite")
    with closing(open_ledger(location, Site.load(site).charge_point)) as ledger:
        return [one.energy_import_wh for one in [ledger.readings.latest("meter")] if one]


def machine_of(site, start_anew=None):
    return SiteMachine(Site.load(site), site / "oppleo-flow.log", start_anew)


@pytest.fixture
def whole(tmp_path, capsys):
    """Return a site with a flow."""
    assert main(["init", str(tmp_path / "whole"), "--simulated"]) == 0
    capsys.readouterr()
    return tmp_path / "whole"


def test_a_restart_is_asked_for_once_the_answer_is_out(whole):
    asked = threading.Event()
    machine_of(whole, asked.set).restart()
    assert asked.wait(20)


def test_a_restart_into_settings_that_are_wrong_is_refused(whole):
    asked = threading.Event()
    machine, file = machine_of(whole, asked.set), whole / "oppleo.yaml"
    file.write_text(f"{file.read_text()}\nnonsense: 1\n")
    with pytest.raises(Refused, match=r"it would not start again: .*nonsense"):
        machine.restart()
    assert not asked.is_set()


def test_what_takes_too_long_to_look_at_is_refused_with_what_to_do(whole):
    asked = threading.Event()
    machine = SiteMachine(Site.load(whole), whole / "x.log", asked.set, longest_s=0.001)
    for what, look in (("check", machine.restart), ("doctor", machine.diagnosis)):
        with pytest.raises(Refused) as refusal:
            look()
        assert str(refusal.value) == (
            f"`oppleo-flow {what}` takes longer than 0.001 s; the machine is busy, try again later"
        )
    assert not asked.is_set()


def test_a_restore_that_cannot_be_written_down_is_not_begun(site):
    (site / WISH).mkdir(parents=True)
    with pytest.raises(StoreError, match=r"restore-wanted\.json: cannot be written: "):
        want(site, site / "backups/any.tar")


def test_without_a_guardian_there_is_no_restart(site):
    with pytest.raises(Refused) as refusal:
        machine_of(site).restart()
    assert str(refusal.value) == (
        "nobody would start the program again; start it with `oppleo-flow run`"
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        pytest.param(
            (sys.executable, "-c", "import sys; sys.exit('Access denied')", "reboot"),
            "not allowed here: Access denied; at the machine itself run `sudo ",
            id="a command that the system denies",
        ),
        pytest.param(
            ("no-such-command-here", "reboot"),
            "this machine has no 'no-such-command-here'; at the machine itself run "
            "`sudo no-such-command-here reboot`",
            id="a machine without such a command",
        ),
        pytest.param(
            (sys.executable, "-c", "raise SystemExit(5)"),
            "not allowed here: ended with 5; ",
            id="a command that says nothing",
        ),
    ],
)
def test_a_machine_that_does_not_obey_is_said_with_what_to_do_instead(command, said):
    with pytest.raises(Refused) as refusal:
        command_machine(command)
    assert str(refusal.value).startswith(said)


def test_a_machine_that_obeys_says_nothing():
    command_machine((sys.executable, "-c", ""))
    assert "--no-ask-password" in SHUT_DOWN  # or it would wait for somebody at a terminal


def test_the_newest_version_is_asked_for_only_where_the_settings_allow_it(site):
    with pytest.raises(Refused) as refusal:
        machine_of(site).newest_version()
    assert str(refusal.value) == (
        "the settings do not allow it; set web.update_check in oppleo.yaml"
    )


class Index(http.server.BaseHTTPRequestHandler):
    """A package index that knows one program."""

    def do_GET(self):
        files = ("1.2.0", "1.10.0")
        links = "".join(
            f'<a href="oppleo_flow-{one}-py3-none-any.whl">oppleo_flow-{one}-py3-none-any.whl</a>'
            for one in files
        )
        self.send_response(200 if self.path == "/oppleo-flow/" else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<!doctype html><html><body>{links}</body></html>".encode())

    def log_message(self, *_):
        """Say nothing."""


def test_the_newest_version_is_the_one_that_the_index_of_pip_has(monkeypatch):
    pytest.importorskip("pip")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/")
        try:
            assert newest_version() == "1.10.0"
        finally:
            server.shutdown()
            thread.join()


def test_a_machine_that_is_offline_says_so(monkeypatch):
    pytest.importorskip("pip")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    with pytest.raises(Refused) as refusal:
        newest_version()
    assert str(refusal.value) == (
        "the package index did not tell a version: this machine is offline, or oppleo-flow is "
        "not there"
    )


def test_each_package_that_it_is_made_with_tells_its_licence(site):
    pytest.importorskip("bottle")
    found = {one["name"]: one for one in machine_of(site).licences()}
    assert "MIT" in found["bottle"]["licence"]
    assert all(one["version"] for one in found.values())


@pytest.mark.parametrize("passphrase", ["", "correct horse battery"], ids=["open", "encrypted"])
def test_a_restore_that_was_asked_for_is_done_at_the_next_start(used, tmp_path, capsys, passphrase):
    backup = backed_up(used, tmp_path, passphrase)
    location = StoreLocation(used / ".oppleo/ledger.sqlite")
    with open_ledger(location, Site.load(used).charge_point) as ledger:
        ledger.readings.record([MeterReading.sample(meter="since", energy_import_wh=99)])
    started = threading.Event()
    machine_of(used, started.set).restore(backup, passphrase)
    assert started.wait(20)
    assert last_of(used, "since") == 99  # the site goes on as it is until then
    assert all(passphrase.encode() not in kept for kept in state_of(used)) or not passphrase
    (used / "oppleo.yaml").write_text("broken: [\n")
    told = do_wanted(used)
    assert told is not None
    assert told.startswith(f"restored {backup.name}, of ")
    assert (readings(used), last_of(used, "since")) == ([77], None)
    assert last_of(used / told.rpartition(" is in ")[2], "since") == 99
    assert do_wanted(used) is None
    assert not list((used / ".oppleo").glob("restore*"))
    capsys.readouterr()


def test_a_restore_that_was_cut_off_in_the_middle_is_finished(used, tmp_path):
    backup = backed_up(used, tmp_path)
    (used / "oppleo.yaml").write_text("changed: since\n")
    staging = used / STAGING
    manifest = unpacked(backup, "", staging)
    write_journal(used, staging, manifest, "", force=True, now=manifest.created_at)
    want(used, backup)  # as the one who was cut off had it
    told = do_wanted(used)
    assert told is not None
    assert told.startswith("restored a backup, of ")
    assert readings(used) == [77]
    assert "changed" not in (used / "oppleo.yaml").read_text()


def test_a_restore_that_fails_is_not_tried_for_ever_and_changes_nothing(used):
    want(used, used / "backups/gone.tar.gz")
    told = do_wanted(used)
    assert told is not None
    assert told.startswith("the restore failed: ")
    assert not (used / WISH).exists()
    assert readings(used) == [77]


@pytest.mark.parametrize(
    ("given", "kind", "why"),
    [
        ("", Refused, "is encrypted; its passphrase is needed"),
        ("wrong horse", StoreError, "passphrase"),
    ],
    ids=["none", "another"],
)
def test_without_its_passphrase_an_encrypted_backup_changes_nothing(
    used, tmp_path, given, kind, why
):
    backup = backed_up(used, tmp_path, "correct horse battery")
    with pytest.raises(kind, match=why):
        machine_of(used, pytest.fail).restore(backup, given)
    assert do_wanted(used) is None
    assert not list((used / ".oppleo").glob("restore*"))


def test_a_damaged_backup_is_not_put_in_anybodys_place(used, tmp_path):
    backup = backed_up(used, tmp_path)
    backup.write_bytes(backup.read_bytes()[:-100])
    with pytest.raises(StoreError, match=r"damaged|cut short|incomplete"):
        machine_of(used, pytest.fail).restore(backup, "")
    assert not list((used / ".oppleo").glob("restore*"))


def backed_up(site, tmp_path, passphrase=""):
    """Return a backup of a site."""
    words = ["db", "backup"]
    if passphrase:
        (tmp_path / "passphrase").write_text(passphrase)
        words += ["--encrypt", "--passphrase-file", str(tmp_path / "passphrase")]
    assert main(words) == 0
    return next((site / "backups").iterdir())


def last_of(folder, meter):
    """Return the last register of a meter; None when there is none."""
    location = StoreLocation(folder / ".oppleo/ledger.sqlite")
    with open_ledger(location, "garage") as ledger:
        found = ledger.readings.latest(meter)
    return found and found.energy_import_wh


def state_of(site):
    """Yield what stands in the files of a site's state."""
    for path in (site / ".oppleo").rglob("*"):
        if path.is_file():
            yield path.read_bytes()
