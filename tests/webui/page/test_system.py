"""The system page: over a machine that notes what it is asked, real backups and a real log."""

import re
import tarfile
from functools import partial

import pytest
from playwright.sync_api import expect

from oppleo_flow.cli.secrets import keep_secret, secrets_of
from oppleo_flow.clock import SystemClock
from oppleo_flow.flowfile import CheckSettings, check_file
from oppleo_flow.payloads import MeterReading
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.audit import AuditLog
from oppleo_flow.store.backup.making import make_backup
from oppleo_flow.store.backup.restoring import restore
from tests.oppleo_flow.store.backup.sites import asked_of, make_site
from tests.webui import graphs
from tests.webui.page.seeing import card
from tests.webui.paper_machine import PaperMachine
from webui.ports import SiteFacts

COPIED = """\
flow: copied
format: 1
nodes:
  nightly: {type: schedule, each: day, at: 03:30}
  backup: {type: backup, from: nightly, copy_to: [disk, not mounted]}
"""
LINES = """\
2026-01-15T12:00:00.000Z INFO    oppleo_flow.cli: the site starts
2026-01-15T12:00:01.000Z WARNING oppleo_flow.node.meter: no answer from unit 1
"""


@pytest.fixture
def machine(tmp_path):
    machine = PaperMachine(tmp_path / "garage")
    machine.folder.mkdir()
    machine.log_file.write_text(LINES, encoding="utf-8")
    (machine.folder / "oppleo.yaml").write_text("name: garage\n", encoding="utf-8")
    return machine


@pytest.fixture
def ledger(machine):
    with open_ledger(StoreLocation(machine.ledger), "garage") as ledger:
        ledger.readings.record([MeterReading.sample(energy_import_wh=4711)])
        yield ledger


@pytest.fixture
def audit(tmp_path):
    return AuditLog(tmp_path / "audit.sqlite", SystemClock(), simulated=False)


@pytest.fixture
def system(start, open_page, machine, ledger, audit):
    """Return the page of a site with that machine."""
    secrets = machine.folder / "secrets.yaml"
    secrets.write_text("prowl_key: old  # mine\n", encoding="utf-8")
    secrets.chmod(0o600)
    site = SiteFacts(
        books=lambda: ledger,
        charge_point="garage",
        machine=machine,
        secrets=lambda: [one.as_json() for one in secrets_of(machine.folder)[0]],
        keep_secret=partial(keep_secret, machine.folder),
    )
    server = start(site=site, audit=audit)
    page = open_page(server, "system")
    expect(page.get_by_role("heading", name="System", exact=True)).to_be_visible()
    return page


def agree(page, name):
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def test_it_says_what_runs_and_how_it_is(system):
    condition = card(system, "Condition")
    expect(condition).to_contain_text("1.2.3")
    expect(condition).to_contain_text("No open faults")
    expect(condition).to_contain_text(re.compile(r"\d+ (MB|GB|TB) free of"))


def test_a_backup_is_made_and_restored_elsewhere_equal_to_the_ledger(system, machine, tmp_path):
    backups = card(system, "Backups")
    expect(backups.get_by_text("There is no backup yet")).to_be_visible()
    backups.get_by_role("button", name="Back up now").click()
    expect(backups.get_by_text("The last was verified")).to_be_visible()
    backups.get_by_role("button", name="Verify").click()
    expect(system.get_by_text("is whole")).to_be_visible()
    with system.expect_download() as told:
        backups.get_by_role("button", name="Download").click()
    file = tmp_path / told.value.suggested_filename
    told.value.save_as(file)
    assert tarfile.is_tarfile(file)
    restore(file, "", tmp_path / "elsewhere", now=SystemClock().now())
    again = next((tmp_path / "elsewhere").rglob("ledger.sqlite"))
    with open_ledger(StoreLocation(again), "garage") as ledger:
        assert ledger.readings.latest("meter").energy_import_wh == 4711


def test_the_backup_of_an_old_machine_is_taken_in_and_what_is_none_is_refused(
    system, refusals, tmp_path, accessible, shoot
):
    refusals.append("409")
    old = tmp_path / "old"
    made = make_backup(asked_of(make_site(old), charge_point="carport")).file
    holiday = tmp_path / "holiday.zip"
    holiday.write_bytes(b"PK")
    backups = card(system, "Backups")
    file = backups.get_by_label("A backup of another machine")
    file.set_input_files(holiday)
    backups.get_by_role("button", name="Take in", exact=True).click()
    expect(system.get_by_text("holiday.zip: is no backup of oppleo-flow")).to_be_visible()
    expect(backups.get_by_text("There is no backup yet")).to_be_visible()
    file.set_input_files(made)
    backups.get_by_role("button", name="Take in", exact=True).click()
    name = "backup-carport-20260115T120000Z.tar.gz"
    expect(system.get_by_text(f"{name} is whole, and taken in")).to_be_visible()
    expect(backups.get_by_text("taken in", exact=True)).to_be_visible()
    accessible(system)
    shoot(system, "system-taken-in")
    backups.get_by_role("button", name="Restore").click()
    agree(system, "Restore")
    expect(system.get_by_text("It starts anew with the backup")).to_be_visible()


def test_a_backup_is_put_back_or_deleted_only_after_a_question(system, machine):
    backups = card(system, "Backups")
    for count in (1, 2):
        backups.get_by_role("button", name="Back up now").click()
        expect(backups.get_by_role("button", name="Verify")).to_have_count(count)
    backups.get_by_role("button", name="Restore").first.click()
    agree(system, "Cancel")
    assert machine.asked == []
    backups.get_by_role("button", name="Restore").first.click()
    agree(system, "Restore")
    expect(system.get_by_text("It starts anew with the backup")).to_be_visible()
    assert [one.split()[0] for one in machine.asked] == ["restore"]
    backups.get_by_role("button", name="Delete").last.click()
    agree(system, "Delete")
    expect(backups.get_by_role("button", name="Verify")).to_have_count(1)


def test_copies_elsewhere_are_listed_deleted_and_what_does_not_answer_says_so(
    start, open_page, machine, ledger, audit, runtime, shoot, accessible
):
    file = machine.folder / "copied.yaml"
    file.write_text(COPIED)
    runtime.graph = check_file(file, graphs.registry(), CheckSettings()).graph
    (machine.folder / "disk").mkdir()
    for day in (6, 7):
        (machine.folder / f"disk/backup-garage-2026011{day}T120000Z.tar.gz.age").touch()
    site = SiteFacts(books=lambda: ledger, charge_point="garage", machine=machine)
    page = open_page(start(site=site, audit=audit), "system")
    backups = card(page, "Backups")
    backups.get_by_role("button", name="Look which there are").click()
    oldest = "backup-garage-20260116T120000Z.tar.gz.age"
    expect(backups.get_by_text(oldest)).to_be_visible()
    expect(backups.get_by_text("No such file or directory")).to_be_visible()
    accessible(page)
    shoot(page, "system-copies")
    backups.get_by_role("button", name=f"Delete the copy {oldest}").click()
    agree(page, "Delete")
    expect(backups.get_by_text(oldest)).to_have_count(0)
    assert [path.name[14:22] for path in (machine.folder / "disk").iterdir()] == ["20260117"]


def test_an_encrypted_backup_is_put_back_with_its_passphrase(system, machine, shoot, accessible):
    backups = card(system, "Backups")
    backups.get_by_label("Passphrase").fill("correct horse battery")
    backups.get_by_role("button", name="Back up now").click()
    expect(backups.get_by_text("encrypted", exact=True)).to_be_visible()
    backups.get_by_role("button", name="Restore").click()
    asking = system.get_by_role("dialog", name="Put this backup in the site's place?")
    field = asking.get_by_label("This backup is encrypted")
    accessible(system)
    shoot(system, "system-restore-encrypted")
    field.fill("never sent")
    asking.get_by_role("button", name="Cancel").click()
    assert machine.asked == []
    backups.get_by_role("button", name="Restore").click()
    expect(field).to_have_value("")
    field.fill("correct horse battery")
    asking.get_by_role("button", name="Restore").click()
    expect(system.get_by_text("It starts anew with the backup")).to_be_visible()
    assert [one.partition(" with ")[2] for one in machine.asked] == ["'correct horse battery'"]


@pytest.mark.parametrize(
    ("button", "asked"),
    [
        ("Restart the program", "restart"),
        ("Reboot the machine", "reboot"),
        ("Switch the machine off", "shut down"),
    ],
)
def test_it_starts_anew_only_after_a_question(system, machine, button, asked):
    card(system, "Start anew").get_by_role("button", name=button).click()
    agree(system, button)
    expect(system.get_by_text(re.compile("It starts anew|It switches off"))).to_be_visible()
    assert machine.asked == [asked]


def test_the_newest_version_is_looked_for_when_somebody_asks(system):
    anew = card(system, "Start anew")
    anew.get_by_role("button", name="Look for a newer version").click()
    expect(anew.get_by_text("1.3.0 is there; 1.2.3 runs.")).to_be_visible()


def test_the_log_goes_on_while_one_looks_and_is_filtered(system, machine):
    log = card(system, "Log")
    expect(log.get_by_text("no answer from unit 1")).to_be_visible()
    with machine.log_file.open("a", encoding="utf-8") as file:
        file.write("2026-01-15T12:00:02.000Z ERROR   oppleo_flow.node.meter: it <b>failed</b>\n")
    expect(log.get_by_text("it <b>failed</b>")).to_be_visible()
    log.get_by_label("At least").select_option("error")
    expect(log.get_by_text("the site starts")).to_have_count(0)
    expect(log.get_by_text("it <b>failed</b>")).to_be_visible()


def test_a_node_is_made_to_write_more(system, runtime):
    card(system, "How much each node writes").get_by_label("meter").select_option("debug")
    expect(system.get_by_text("meter writes debug from now on")).to_be_visible()
    assert runtime.log_levels.levels["meter"] == "debug"


def test_a_secret_gets_a_new_value_that_no_page_ever_shows(system, machine, audit, accessible):
    secrets = card(system, "Secrets")
    expect(secrets).to_contain_text("prowl_key")
    secrets.get_by_role("button", name="Change prowl_key").click()
    dialog = system.get_by_role("dialog", name="Change prowl_key")
    dialog.get_by_label("New value").fill("hunter2")
    accessible(system)
    dialog.get_by_role("button", name="Save").click()
    expect(system.get_by_text("prowl_key has a new value.")).to_be_visible()
    secrets.get_by_role("button", name="Add a secret").click()
    dialog = system.get_by_role("dialog", name="Add a secret")
    dialog.get_by_label("Name").fill("mqtt_password")
    dialog.get_by_label("New value").fill("hunter3")
    dialog.get_by_role("button", name="Save").click()
    expect(secrets.get_by_role("button", name="Change mqtt_password")).to_be_visible()
    assert (machine.folder / "secrets.yaml").read_text() == (
        'prowl_key: "hunter2"  # mine\nmqtt_password: "hunter3"\n'
    )
    assert "hunter" not in system.content() + str(audit.deeds())


def test_who_did_what_is_found_by_words(system, audit):
    card(system, "Backups").get_by_role("button", name="Back up now").click()
    expect(system.get_by_text("is made and verified")).to_be_visible()
    audit.note("page", "deploy", "version 2", "why: <i>new</i>")
    system.reload()
    deeds = card(system, "Who did what")
    expect(deeds.get_by_text("version 2")).to_be_visible()
    deeds.get_by_label("Filter").fill("backup page")
    expect(deeds.get_by_text("version 2")).to_have_count(0)
    expect(deeds.locator("li")).to_have_count(1)


def test_what_changed_and_what_it_is_made_with_are_there(system):
    about = card(system, "Help")
    about.get_by_text("What changed").click()
    expect(about.get_by_text("What changes for those who run or extend")).to_be_visible()
    about.get_by_text("Made with", exact=True).click()
    expect(about.get_by_text(re.compile("^bottle "))).to_be_visible()
    expect(about.get_by_text(re.compile("^uplot "))).to_be_visible()
    with system.expect_download() as told:
        about.get_by_role("link", name="Download diagnostics").click()
    assert told.value.suggested_filename.startswith("oppleo-flow-diagnostics-")


def test_it_can_be_used_by_everybody_and_is_seen(system, shoot, accessible):
    card(system, "Backups").get_by_role("button", name="Back up now").click()
    expect(card(system, "Backups").get_by_role("button", name="Verify")).to_be_visible()
    expect(system.get_by_text("is made and verified")).to_be_visible()
    accessible(system)
    shoot(system, "system")
