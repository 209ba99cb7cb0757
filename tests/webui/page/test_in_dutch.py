"""What the server says, on a page for somebody whose browser asks for Dutch."""

import pytest
from playwright.sync_api import expect

from oppleo_flow import SystemClock
from oppleo_flow.accounts.rights import RIGHTS, Role
from oppleo_flow.store.audit import AuditLog
from tests.webui.page.seen_site import seen_site
from webui.asking import By, Who

ADMIN = Who("Ada", Role.ADMIN, None, RIGHTS[Role.ADMIN], By.COOKIE)
DUTCH = {"locale": "nl-NL"}


@pytest.fixture
def viewer(tmp_path, start, open_page):
    with seen_site(tmp_path, start, open_page, ADMIN) as viewer:
        viewer.site.house.run_for(30)
        yield viewer


def part(page, id_):
    return page.get_by_role("listitem").filter(has=page.get_by_text(id_, exact=True))


def test_a_form_says_in_dutch_why_it_is_refused(viewer, refusals):
    refusals.append("409")
    page = viewer.open("cards?show=drivers", ADMIN, **DUTCH)
    for _ in range(2):
        page.get_by_role("button", name="Bestuurder toevoegen").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Naam").fill("Anna")
        dialog.get_by_role("button", name="Toevoegen").click()
        expect(page.get_by_text("Anna").first).to_be_visible()
    alert = page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_contain_text("bestuurder 'Anna': is al bekend")


def test_a_device_says_in_dutch_how_it_is_and_what_is_wrong(viewer):
    page = viewer.open("devices", ADMIN, **DUTCH)
    expect(part(page, "rfid")).to_contain_text("wacht op een pas")
    viewer.site.house.world.silence_meter(True)
    viewer.site.house.run_for(60)
    meter = part(page, "meter")
    expect(meter).to_contain_text("De meter antwoordt niet")
    meter.get_by_text("In eigen woorden").click()
    expect(meter).to_contain_text("geen antwoord bij het lezen van input-register")
    expect(meter).to_contain_text("controleer of de meter spanning heeft")


def test_every_node_says_in_dutch_how_it_is(viewer, refusals):
    refusals.append("404")  # this site has neither backups nor a log
    page = viewer.open("system", ADMIN, **DUTCH)
    page.locator("summary").filter(has_text="Alle nodes").click()
    expect(page.get_by_role("row").filter(has_text="rfid-reader")).to_contain_text(
        "wacht op een pas"
    )
    expect(page.get_by_role("row").filter(has_text="charge-alarm")).to_contain_text("geen alarm")


def test_settings_have_dutch_names_say_in_dutch_what_they_are_for_and_are_found_by_it(viewer):
    page = viewer.open("settings?show=hardware", ADMIN, **DUTCH)
    expect(page.get_by_role("main")).to_contain_text("Schakelt een SmartEVSE aan en uit")
    page.get_by_label("Zoek een instelling").fill("rusttijd")
    option = page.locator('[data-setting="evse.dwell"]')
    expect(option).to_contain_text("Rusttijd")
    expect(option).to_contain_text("Hoe lang hij minstens uit blijft nadat hij aan was.")


def test_a_setting_that_cannot_be_is_refused_in_dutch_at_its_field(viewer, refusals):
    refusals.append("422")
    page = viewer.open("settings?show=hardware", ADMIN, **DUTCH)
    page.locator("summary").filter(has_text="evse-switch").first.click()
    option = page.locator('[data-setting="evse.pin"]')
    option.locator("input").fill("99")
    page.get_by_role("button", name="Bekijken en opslaan").click()
    expect(option.get_by_role("alert")).to_contain_text("mag hoogstens 27 zijn, niet 99")


def test_who_did_what_is_told_in_dutch(tmp_path, start, open_page, refusals):
    refusals.append("404")  # this site has neither backups nor a log
    audit = AuditLog(tmp_path / "audit.sqlite", SystemClock(), simulated=False)
    audit.note("ada", "token", "04A1 'family' is known")
    page = open_page(start(audit=audit), "system", **DUTCH)
    deeds = page.get_by_role("listitem").filter(has_text="04A1")
    expect(deeds).to_contain_text("laadpas 04A1 'family' is bekend")
