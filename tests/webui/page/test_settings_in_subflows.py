"""What stands in subflows, by forms: one for all uses, and the way to what each has of its own."""

import pytest
from playwright.sync_api import expect

from tests.webui.api.painted_site import painted_site
from tests.webui.api.test_calendar_in_subflows import GATED
from tests.webui.api.test_settings import changed
from tests.webui.api.test_settings_in_subflows import TWO
from tests.webui.page.seeing import card
from tests.webui.page.seen_site import DUTCH
from tests.webui.page.test_settings import field, opened, option, save, unfold


@pytest.fixture
def served(tmp_path, start):
    """Return a site with two charge points of one subflow, and the server of its page."""
    with painted_site(tmp_path, TWO) as site:
        parts = {"site": site.facts, "deploying": site.deploying}
        yield site, start(site.house.runtime, **parts, levers=None)


def test_a_setting_in_a_subflow_is_one_line_that_counts_for_each_use(
    served, open_page, shoot, accessible
):
    site, server = served
    before = site.lines
    page = opened(open_page, server, "charge-point")
    unfold(page, "charge-point: share")
    expect(
        page.get_by_text("used 2 times (left, right): a change counts for all of them")
    ).to_be_visible()
    field(page, "flow:charge-point.share.turn").fill("3h")
    accessible(page)
    shoot(page, "settings-subflow")
    page.get_by_role("button", name="Look at it and save").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Restarts for it: left.share, right.share.")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved; it runs so now.")).to_be_visible()
    assert changed(before, site.lines) == (["        turn: 2h"], ["        turn: 3h"])


def test_what_each_use_has_of_its_own_is_led_to_and_changed_there(served, open_page, shoot):
    site, server = served
    before = site.lines
    page = opened(open_page, server)
    unfold(page, "charge-point: meter")
    unit = option(page, "flow:charge-point.meter.unit_id")
    expect(unit.get_by_role("listitem")).to_have_text(["Set at left 1", "Set at right 2"])
    expect(unit.locator("input")).to_have_count(0)
    shoot(page, "settings-parameter")
    unit.get_by_role("link", name="Set at right").click()
    expect(field(page, "right.unit")).to_be_focused()
    expect(field(page, "right.unit")).to_be_in_viewport()
    field(page, "right.unit").fill("7")
    save(page)
    expect(page.get_by_text("Saved; it runs so now.")).to_be_visible()
    assert changed(before, site.lines) == (["    unit: 2"], ["    unit: 7"])
    page.reload()
    expect(field(page, "right.unit")).to_have_value("7")


def test_who_searches_and_follows_the_way_to_a_use_gets_there(served, open_page):
    _, server = served
    page = opened(open_page, server)
    page.get_by_label("Find a setting").fill("modbus unit")
    option(page, "flow:charge-point.meter.unit_id").get_by_role("link", name="left").click()
    expect(field(page, "left.unit")).to_be_focused()


def test_it_is_told_in_dutch(served, open_page):
    _, server = served
    page = open_page(server, "settings?show=hardware", script=DUTCH)
    unfold(page, "charge-point: meter")
    expect(
        page.get_by_text("2 keer wordt gebruikt (left, right): een wijziging telt voor allemaal")
    ).to_be_visible()
    expect(page.get_by_role("link", name="Ingesteld bij left").first).to_be_visible()


def test_the_hours_of_a_subflow_are_painted_once_and_each_use_has_its_switch(
    tmp_path, start, open_page, shoot, accessible, refusals
):
    refusals.append("404")  # this site keeps no prices
    with painted_site(tmp_path, GATED) as site:
        before = site.lines
        server = start(site.house.runtime, site=site.facts, deploying=site.deploying, levers=None)
        page = open_page(server, "tariffs")
        expect(card(page, "Off-peak hours")).to_contain_text(
            "They stand in a subflow: a change counts for left.offpeak, right.offpeak."
        )
        accessible(page)
        shoot(page, "tariffs-subflow")
        page.get_by_role("switch", name="right.offpeak").check()
        expect(page.get_by_role("status").filter(has_text="version 2")).to_be_visible()
        expect(page.get_by_role("switch", name="right.offpeak")).to_be_checked()
        expect(page.get_by_role("switch", name="left.offpeak")).not_to_be_checked()
        assert changed(before, site.lines) == ([], ["    offpeak_only: on"])
