"""The page of the cards, on the shipped flow in a simulated house."""

import re

import pytest
from playwright.sync_api import expect

from tests.webui.api.asking_as import DRIVER, OPERATOR, VIEWER
from tests.webui.page.seen_site import DUTCH, SCRIPT, seen_site


@pytest.fixture
def viewer(tmp_path, start, open_page):
    with seen_site(tmp_path, start, open_page, OPERATOR, levers=True) as viewer:
        yield viewer


def row(page, name):
    return page.get_by_role("row").filter(has_text=name)


def test_a_card_is_enrolled_by_swiping_it_now_and_then_charges(viewer, shoot, accessible):
    page = viewer.open("cards", OPERATOR)
    page.get_by_role("button", name="Swipe a card now").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("guest")
    accessible(page)
    dialog.get_by_role("button", name="Then swipe it").click()
    expect(dialog).to_contain_text("Hold the card for “guest” to the reader now")
    shoot(page, "cards-enrol")
    viewer.swipe("stranger")
    expect(dialog).to_contain_text("guest may charge now")
    expect(dialog).to_contain_text("DE:AD:BE:EF")
    assert viewer.site.ledger.sessions.open() is None
    dialog.get_by_role("link", name="Look at it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("guest")
    viewer.swipe("stranger")
    assert viewer.site.ledger.sessions.open().label == "guest"
    page.reload()
    under_way = page.get_by_role("link", name="one is under way")
    expect(under_way).to_be_visible()
    beside = page.locator("dt").get_by_text("Sessions", exact=True).bounding_box()
    link = under_way.bounding_box()
    assert abs(beside["y"] + beside["height"] / 2 - link["y"] - link["height"] / 2) < 3


def test_where_all_is_simulated_a_card_is_taken_from_the_simulated_pocket(viewer):
    page = viewer.open("cards", OPERATOR)
    page.get_by_role("button", name="Swipe a card now").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("guest")
    dialog.get_by_role("button", name="Then swipe it").click()
    pocket = dialog.get_by_role("group", name="Simulated: hold one of these to the reader")
    with page.expect_response("**/api/v1/simulator/swipe"):
        pocket.get_by_role("button", name="stranger").click()
    viewer.site.house.run_for(5)
    expect(dialog).to_contain_text("guest may charge now")


def test_who_goes_away_waits_for_no_card_any_more(viewer):
    page = viewer.open("cards", OPERATOR)
    page.get_by_role("button", name="Swipe a card now").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("guest")
    dialog.get_by_role("button", name="Then swipe it").click()
    expect(dialog).to_contain_text("Hold the card for “guest”")
    with page.expect_response("**/enrolment/stop"):
        dialog.get_by_role("button", name="Close").click()
    viewer.swipe("stranger")
    (card,) = [one for one in viewer.site.ledger.tokens.all() if one.uid == "DEADBEEF"]
    assert (card.label, card.enabled) == ("", False)


def test_a_card_that_was_refused_is_named_and_charges(viewer):
    page = viewer.open("cards", OPERATOR)
    expect(row(page, "family")).to_be_visible()
    viewer.swipe("stranger")
    page.get_by_role("button", name="Name it: DE:AD:BE:EF").click()
    page.get_by_role("dialog").get_by_label("Name").fill("visitor")
    page.get_by_role("button", name="Let it charge").click()
    expect(row(page, "visitor")).to_contain_text("may charge")
    viewer.swipe("stranger")
    assert viewer.site.ledger.sessions.open().label == "visitor"


def test_a_card_that_is_blocked_is_refused_from_then_on(viewer):
    page = viewer.open("cards", OPERATOR)
    page.get_by_role("link", name="family").click()
    page.get_by_role("button", name="Block").click()
    page.get_by_role("dialog").get_by_role("button", name="Block").click()
    expect(page.get_by_text("family is blocked.")).to_be_visible()
    viewer.swipe("family")
    assert viewer.site.ledger.sessions.open() is None
    page.get_by_role("button", name="Unblock").click()
    expect(page.get_by_text("family may charge again.")).to_be_visible()
    viewer.swipe("family")
    assert viewer.site.ledger.sessions.open().label == "family"


def test_a_card_is_for_a_driver_a_vehicle_and_a_time(viewer, shoot, accessible, refusals):
    refusals.append("422")
    page = viewer.open("cards?show=drivers", OPERATOR)
    page.get_by_role("button", name="Add a driver").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Anna")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("button", name="Change Anna")).to_be_visible()
    page.get_by_role("link", name="Vehicles").click()
    page.get_by_role("button", name="Add a vehicle").click()
    dialog = page.get_by_role("dialog")
    for label, value in (
        ("Name", "ioniq"),
        ("Make", "Hyundai"),
        ("Model", "Ioniq 5"),
        ("Licence plate", "X-123-Y"),
        ("VIN", "123"),
    ):
        dialog.get_by_label(label).fill(value)
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("17 digits and capitals")
    dialog.get_by_label("VIN").fill("kmhc851jflu049623")
    dialog.get_by_role("button", name="Add").click()
    expect(page.get_by_text("X-123-Y")).to_be_visible()
    accessible(page)
    shoot(page, "cards-vehicles")
    page.get_by_role("link", name="Cost centres").click()
    page.get_by_role("button", name="Add a cost centre").click()
    dialog.get_by_label("Name").fill("sales")
    dialog.get_by_role("button", name="Add").click()
    expect(page.get_by_role("button", name="Change sales")).to_be_visible()
    page.get_by_role("link", name="Cards", exact=True).last.click()
    page.get_by_role("link", name="family").click()
    page.get_by_label("Driver").select_option("Anna")
    page.get_by_label("Cost centre").select_option("sales")
    page.get_by_label("Vehicle").select_option("ioniq")
    page.get_by_label("Last day").fill("2026-12-31")
    page.get_by_label("At most, each session").fill("7.5")
    page.get_by_label("For at most").fill("4")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("family is changed.")).to_be_visible()
    (card,) = [one for one in viewer.site.ledger.tokens.all() if one.label == "family"]
    assert (card.driver, card.vehicle, str(card.valid_until)) == ("Anna", "ioniq", "2026-12-31")
    assert card.cost_centre == "sales"
    assert (card.limits.energy_wh, card.limits.duration_s) == (7500, 4 * 3600)
    accessible(page)
    shoot(page, "card")


def test_somebody_is_renamed_and_past_sessions_keep_the_name(viewer):
    viewer.site.ledger.accounts.add("driver", "Anna")
    viewer.site.ask("PATCH", "tokens/family", {"driver": "Anna"})
    viewer.swipe("family")
    page = viewer.open("cards?show=drivers", OPERATOR)
    page.get_by_role("button", name="Change Anna").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Anna B/C")
    expect(dialog).to_contain_text("issued statements keep the old name")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Before: Anna")).to_be_visible()
    assert viewer.site.ledger.sessions.open().attribution.driver == "Anna"
    page.get_by_role("button", name="Change Anna B/C").click()
    expect(page.get_by_role("dialog")).to_contain_text("A card is for this")


def test_who_has_sessions_and_no_card_is_retired_and_told_why_not_forgotten(viewer):
    viewer.site.ledger.accounts.add("driver", "Anna")
    viewer.site.ask("PATCH", "tokens/family", {"driver": "Anna"})
    viewer.swipe("family")
    viewer.swipe("family")
    viewer.site.ask("PATCH", "tokens/family", {"driver": None})
    page = viewer.open("cards?show=drivers", OPERATOR)
    page.get_by_role("button", name="Change Anna").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It has sessions, so it is kept.")
    expect(dialog.get_by_role("button", name="Delete")).to_have_count(0)
    dialog.get_by_role("button", name="Retire").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("listitem").filter(has_text="Anna")).to_contain_text("retired")


def test_a_card_with_sessions_is_retired_and_one_without_is_deleted(viewer):
    viewer.swipe("family")
    viewer.swipe("family")
    page = viewer.open("cards", OPERATOR)
    page.get_by_role("link", name="family").click()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    page.get_by_role("button", name="Retire").click()
    page.get_by_role("dialog").get_by_role("button", name="Retire").click()
    expect(page.get_by_role("button", name="Restore")).to_be_visible()
    page.get_by_role("link", name="Cards").last.click()
    expect(row(page, "office")).to_be_visible()
    expect(row(page, "family")).to_have_count(0)
    page.get_by_role("link", name="office").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile("/cards$"))
    assert "office" not in [one.label for one in viewer.site.ledger.tokens.all()]


def test_script_in_a_name_shows_as_text(viewer):
    page = viewer.open("cards", OPERATOR)
    page.get_by_role("button", name="Enter a number").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(SCRIPT)
    dialog.get_by_label("Number").fill("04:11:22:33")
    dialog.get_by_role("button", name="Add").click()
    page.get_by_role("link", name=SCRIPT).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SCRIPT)
    page.goto(f"{viewer.server.url}cards?show=vehicles")
    page.get_by_role("button", name="Add a vehicle").click()
    page.get_by_role("dialog").get_by_label("Name").fill(SCRIPT)
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("listitem").filter(has_text=SCRIPT)).to_be_visible()
    assert "broken" not in page.title()


def test_what_is_no_card_is_said_in_its_form(viewer, refusals):
    refusals.append("422")
    page = viewer.open("cards", OPERATOR)
    page.get_by_role("button", name="Enter a number").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("x")
    dialog.get_by_label("Number").fill("no card")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("a UID of 4, 7 or 10 bytes in hex")


def test_each_role_sees_what_it_may(viewer, shoot, refusals):
    refusals.append("404")
    viewer.site.ledger.accounts.add("driver", "Anna")
    viewer.site.ask("PATCH", "tokens/office", {"driver": "Anna"})
    page = viewer.open("cards", VIEWER)
    expect(row(page, "family")).to_be_visible()
    expect(page.get_by_role("button", name="Swipe a card now")).to_have_count(0)
    page = viewer.open("cards", DRIVER)
    expect(row(page, "office")).to_be_visible()
    expect(row(page, "family")).to_have_count(0)
    expect(page.get_by_role("link", name="Vehicles")).to_have_count(0)
    shoot(page, "cards-driver")
    (other,) = [one for one in viewer.site.ledger.tokens.all() if one.label == "family"]
    page.goto(f"{viewer.server.url}cards/{other.token_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such card")


def test_the_cards_look_well_in_both_languages(viewer, shoot, accessible):
    viewer.swipe("stranger")
    viewer.site.ask("PATCH", "tokens/office", {"enabled": False})
    page = viewer.open("cards", OPERATOR)
    expect(row(page, "family")).to_be_visible()
    accessible(page)
    shoot(page, "cards")
    page = viewer.open("cards", OPERATOR, script=DUTCH)
    expect(page.get_by_role("heading", level=1)).to_have_text("Laadpassen")
    shoot(page, "cards-nl")
