"""Settings by forms: the one changed line of the file, refusals at their field, and no secret."""

import pytest
from playwright.sync_api import expect

from tests.webui.api.painted_site import painted_site
from tests.webui.api.test_settings import SECRETIVE, SITE, change, changed


@pytest.fixture
def served(tmp_path, start):
    """Return a site whose flow can be changed, and the server of its page."""
    (tmp_path / "oppleo.yaml").write_text(SITE)
    (tmp_path / "secrets.yaml").write_text("mail_password: pa55-word\nprowl_key: other-word\n")
    (tmp_path / "secrets.yaml").chmod(0o600)
    with painted_site(tmp_path, SECRETIVE) as site:
        site.settings = tmp_path / "oppleo.yaml"
        parts = {"site": site.facts, "deploying": site.deploying}
        yield site, start(site.house.runtime, **parts, levers=None)


def opened(open_page, server, show="hardware"):
    page = open_page(server, f"settings?show={show}")
    expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
    return page


def unfold(page, name):
    page.locator("summary").filter(has_text=name).first.click()


def option(page, at):
    return page.locator(f'[data-setting="{at}"]')


def field(page, at):
    return option(page, at).locator("input, select, textarea")


def save(page):
    page.get_by_role("button", name="Look at it and save").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()


def test_a_setting_that_is_changed_by_its_form_is_the_one_changed_line(
    served, open_page, shoot, accessible
):
    site, server = served
    before = site.lines
    page = opened(open_page, server)
    unfold(page, "evse-switch")
    expect(option(page, "evse.pin")).to_contain_text("Oppleo: pinEvseSwitch")
    accessible(page)
    field(page, "evse.pin").fill("17")
    shoot(page, "settings")
    page.get_by_role("button", name="Look at it and save").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("pre")).to_contain_text("+    pin: 17")
    expect(dialog).to_contain_text("Restarts for it: evse.")
    accessible(page)
    shoot(page, "settings-review")
    assert site.lines == before
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved; it runs so now.")).to_be_visible()
    assert changed(before, site.lines) == (["    pin: 5"], ["    pin: 17"])
    expect(page.get_by_role("button", name="Look at it and save")).to_have_count(0)


def test_a_wrong_value_is_refused_at_its_field_and_nothing_is_saved(served, open_page, refusals):
    refusals.append("422")
    site, server = served
    before = site.lines
    page = opened(open_page, server)
    unfold(page, "modbus-meter")
    field(page, "meter.every").fill("often")
    page.get_by_role("button", name="Look at it and save").click()
    expect(option(page, "meter.every").get_by_role("alert")).to_contain_text("often")
    expect(page.get_by_text("Not saved: look at the fields that say why.")).to_be_visible()
    assert site.lines == before


def test_of_a_secret_the_page_has_its_name_alone(served, open_page):
    site, server = served
    page = opened(open_page, server, "network")
    unfold(page, "mail-server")
    password = field(page, "mail.password")
    expect(password).to_have_value("mail_password")
    assert "pa55-word" not in page.content()
    password.select_option("prowl_key")
    save(page)
    expect(page.get_by_text("Saved; it runs so now.")).to_be_visible()
    assert "password: !secret prowl_key" in site.file.read_text()


def test_what_two_people_change_is_shown_field_by_field(served, open_page, refusals):
    refusals.append("412")
    site, server = served
    page = opened(open_page, server)
    unfold(page, "evse-switch")
    field(page, "evse.pin").fill("18")
    unfold(page, "buzzer")
    field(page, "buzzer.pin").fill("22")
    assert change(site, ("evse", "pin", "5", "17"))[0] == 200
    page.get_by_role("button", name="Look at it and save").click()
    theirs = option(page, "evse.pin").get_by_role("alert")
    expect(theirs).to_contain_text("Somebody else has changed this meanwhile, to: 17")
    expect(option(page, "buzzer.pin").get_by_role("alert")).to_have_count(0)
    theirs.get_by_role("button", name="Leave it so").click()
    expect(field(page, "evse.pin")).to_have_value("17")
    save(page)
    expect(page.get_by_text("Saved; it runs so now.")).to_be_visible()
    assert {"    pin: 17", "    pin: 22"} <= set(site.lines)


def test_a_setting_is_found_by_the_name_that_oppleo_gave_it(served, open_page):
    _, server = served
    page = opened(open_page, server)
    page.get_by_label("Find a setting").fill("baudrate")
    expect(option(page, "rs485.baud")).to_be_visible()
    page.get_by_label("Find a setting").fill("chargerTariff")
    expect(page.get_by_role("link", name="is on the page of tariffs")).to_be_visible()


def test_a_setting_of_the_site_counts_from_the_next_start_on(served, open_page):
    site, server = served
    page = opened(open_page, server, "network")
    unfold(page, "The page")
    field(page, "site.web.port").fill("9000")
    save(page)
    expect(page.get_by_text("It counts when it starts anew.")).to_be_visible()
    assert site.settings.read_text() == SITE.replace("port: 8080 ", "port: 9000 ")


def test_what_is_taken_back_to_its_default_leaves_the_file(served, open_page):
    site, server = served
    page = opened(open_page, server)
    unfold(page, "buzzer")
    page.get_by_role("button", name="Back to the default: Pin").click()
    save(page)
    expect(page.get_by_text("Saved; it runs so now.")).to_be_visible()
    assert "    pin: 23" not in site.lines


def test_a_test_is_sent_by_what_tells_people_something(served, open_page):
    site, server = served
    page = opened(open_page, server, "notifications")
    unfold(page, "prowl")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("Given to push;")).to_be_visible()
    site.house.run_for(5)
    web = site.house.runtime.node("push").context.connection("web")
    assert [one.form["event"] for one in web.would_have_sent] == ["A test"]
