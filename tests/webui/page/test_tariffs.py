"""The page of off-peak hours and prices, on the shipped flow in a simulated house."""

from datetime import timedelta
from decimal import Decimal
from difflib import ndiff

import pytest
from playwright.sync_api import expect

from oppleo_flow.payloads import MarketPrice, MarketPrices
from tests.webui.api.asking_as import EDITOR, OPERATOR
from tests.webui.api.painted_site import NOON, SHIPPED, site_by_dal
from tests.webui.page.seen_site import DUTCH, SCRIPT, seen_site, served

SUNDAY = "      - {days: sun, from: 00:00, to: 24:00}"
WEEKEND = '      - {days: "sat,sun", from: 00:00, to: 24:00}'
SUNDAY_ALONE = SHIPPED.read_text().replace(WEEKEND, SUNDAY)


@pytest.fixture
def see(tmp_path, start, open_page):
    """Return what serves a flow and opens its page of tariffs."""
    opened = []

    def see(text=None, who=EDITOR, **settings):
        held = seen_site(tmp_path, start, open_page, who, text)
        opened.append(held)
        viewer = held.__enter__()
        page = viewer.open("tariffs", who, **settings)
        expect(page.get_by_role("heading", level=2, name="Off-peak hours")).to_be_visible()
        return viewer, page

    yield see
    for held in opened:
        held.__exit__(None, None, None)


def cell(page, day, start):
    return page.get_by_role("gridcell", name=f"{day} {start} to")


def touch(page, first, last):
    """Draw a finger from one cell to another."""
    session = page.context.new_cdp_session(page)
    at = [cell.bounding_box() for cell in (first, last)]
    points = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + 6} for box in at]
    for kind, where in (("Start", points[:1]), ("Move", points[1:]), ("End", [])):
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": where})


def saved(page, version=2):
    expect(page.get_by_text(f"Saved; version {version} runs.")).to_be_visible()


def changed(before, after):
    """Return the lines that went and the lines that came."""
    lines = list(ndiff(before, after))
    return [one[2:] for one in lines if one[:2] == "- "], [
        one[2:] for one in lines if one[:2] == "+ "
    ]


def test_saturday_is_painted_by_mouse_and_stands_in_the_one_changed_line(see, shoot, accessible):
    viewer, page = see(SUNDAY_ALONE)
    before = viewer.site.lines
    page.get_by_role("button", name="Change the hours").click()
    cell(page, "Saturday", "00:00").hover()
    page.mouse.down()
    cell(page, "Saturday", "12:00").hover()
    cell(page, "Saturday", "23:30").hover()
    page.mouse.up()
    accessible(page)
    shoot(page, "tariffs-painting")
    page.get_by_role("button", name="Save the hours").click()
    saved(page)
    assert changed(before, viewer.site.lines) == ([SUNDAY], [WEEKEND])
    expect(cell(page, "Saturday", "12:00")).to_have_attribute("aria-selected", "true")


def test_a_calendar_of_the_site_is_painted_into_its_own_file(tmp_path, start, open_page):
    with site_by_dal(tmp_path) as site:
        page = served(site, start, open_page, EDITOR).open("tariffs", EDITOR)
        before = site.settings.read_text().splitlines()
        page.get_by_role("button", name="Change the hours").click()
        cell(page, "Saturday", "00:00").hover()
        page.mouse.down()
        cell(page, "Saturday", "23:30").hover()
        page.mouse.up()
        page.get_by_role("button", name="Save the hours").click()
        expect(page.get_by_text("Saved; it holds from the next start.")).to_be_visible()
        expect(cell(page, "Saturday", "12:00")).to_have_attribute("aria-selected", "true")
        assert changed(before, site.settings.read_text().splitlines()) == ([SUNDAY], [WEEKEND])


def test_saturday_is_painted_by_keyboard_and_stands_in_the_one_changed_line(see):
    viewer, page = see(SUNDAY_ALONE)
    before = viewer.site.lines
    page.get_by_role("button", name="Change the hours").press("Enter")
    cell(page, "Monday", "00:00").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(cell(page, "Saturday", "00:00")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+End")
    expect(cell(page, "Saturday", "23:30")).to_be_focused()
    page.get_by_role("button", name="Save the hours").press("Enter")
    saved(page)
    assert changed(before, viewer.site.lines) == ([SUNDAY], [WEEKEND])


def test_a_finger_paints_a_part_of_two_days_and_a_days_name_all_of_one(see):
    viewer, page = see(has_touch=True, viewport={"width": 390, "height": 844})
    before = viewer.site.lines
    page.get_by_role("button", name="Change the hours").tap()
    page.get_by_role("button", name="all of Sunday").tap()
    cell(page, "Tuesday", "14:00").scroll_into_view_if_needed()
    touch(page, cell(page, "Tuesday", "13:00"), cell(page, "Wednesday", "14:30"))
    expect(cell(page, "Wednesday", "14:30")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Save the hours").click()
    saved(page)
    assert changed(before, viewer.site.lines) == (
        [WEEKEND],
        [
            '      - {days: "sat", from: 00:00, to: 24:00}',
            '      - {days: "tue,wed", from: 13:00, to: 15:00}',
        ],
    )


def test_who_paints_and_cancels_changes_nothing(see):
    viewer, page = see()
    before = viewer.site.lines
    page.get_by_role("button", name="Change the hours").click()
    expect(page.get_by_role("button", name="Save the hours")).to_be_disabled()
    page.get_by_role("button", name="all of Monday").click()
    page.get_by_role("button", name="Cancel").click()
    expect(cell(page, "Monday", "12:00")).to_have_attribute("aria-selected", "false")
    assert viewer.site.lines == before


def test_what_was_painted_while_another_changed_the_flow_is_refused(see, refusals):
    refusals.append("412")
    viewer, page = see()
    page.get_by_role("button", name="Change the hours").click()
    page.get_by_role("button", name="all of Monday").click()
    viewer.site.ask("PUT", "gates/offpeak", {"revision": viewer.site.revision, "enabled": True})
    before = viewer.site.lines
    page.get_by_role("button", name="Save the hours").click()
    expect(page.get_by_text("the flow was changed meanwhile")).to_be_visible()
    assert viewer.site.lines == before
    page.get_by_role("button", name="Save the hours").click()
    saved(page, version=3)


def test_the_car_waits_for_off_peak_hours_when_the_switch_says_so(see):
    viewer, page = see()
    before = viewer.site.lines
    page.get_by_role("switch", name="Off-peak hours only").click()
    saved(page)
    assert changed(before, viewer.site.lines)[1] == [
        "  offpeak_only: on                    # on: charge within the off-peak hours only"
    ]
    viewer.swipe("family")
    assert not viewer.site.level("evse", "state").on


def test_holidays_are_listed_with_their_dates_for_two_years(see):
    _, page = see()
    holidays = page.locator(".card.holidays")
    expect(holidays).to_contain_text("Holidays of Dutch suppliers")
    for date, name in (
        ("Mon 6 April", "Easter Monday"),
        ("Mon 27 April", "King’s Day"),
        ("Thu 14 May", "Ascension Day"),
        ("Mon 29 March", "Easter Monday"),
        ("Sat 1 January", "New Year’s Day"),
    ):
        day = holidays.get_by_role("listitem").filter(has_text=date)
        expect(day).to_contain_text(name)


def test_a_holiday_is_added_once_yearly_or_with_easter_and_taken_away(see, accessible):
    viewer, page = see()
    holidays = page.locator(".card.holidays")
    for kind, label, value in (
        ("Every year", "Day", "2026-12-31"),
        ("Once", "Day", "2026-05-15"),
        ("Moves with Easter", "Feast", "Good Friday"),
    ):
        holidays.get_by_role("button", name="Add a day").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Which day").select_option(kind)
        field = dialog.get_by_label(label, exact=False).last
        field.select_option(value) if label == "Feast" else field.fill(value)
        dialog.get_by_role("button", name="Add").click()
        expect(dialog).to_have_count(0)
    rules = "[nl-off-peak, 12-31, 2026-05-15, easter-2]"
    (line,) = [one for one in viewer.site.lines if one.startswith("    holidays:")]
    assert rules in line
    expect(holidays.get_by_role("listitem").filter(has_text="Fri 26 March")).to_contain_text(
        "Good Friday"
    )
    holidays.get_by_role("button", name="Take away: Holidays of Dutch suppliers").click()
    expect(holidays).not_to_contain_text("Ascension Day")
    accessible(page)
    (line,) = [one for one in viewer.site.lines if one.startswith("    holidays:")]
    assert "[12-31, 2026-05-15, easter-2]" in line


def test_a_price_from_next_month_is_added_and_taken_back(see, shoot, accessible):
    viewer, page = see()
    prices = page.locator(".card.prices")
    prices.get_by_role("button", name="Add a price").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("From").fill("")
    dialog.get_by_label("Price", exact=True).fill("0,35")
    dialog.get_by_role("button", name="Add a price").click()
    expect(prices).to_contain_text("€0.35")
    prices.get_by_role("button", name="Add a price").click()
    expect(dialog.get_by_label("From")).not_to_have_value("")
    dialog.get_by_label("From").fill("2026-02-01")
    dialog.get_by_label("Kind of price").select_option("Peak and off-peak")
    dialog.get_by_label("Peak", exact=True).fill("0.4125")
    dialog.get_by_label("Off-peak", exact=True).fill("0.30")
    accessible(page)
    shoot(page, "tariffs-new-price")
    dialog.get_by_role("button", name="Add a price").click()
    expect(prices).to_contain_text("peak €0.4125, off-peak €0.30")
    expect(prices).to_contain_text("from 1 Feb 2026")
    versions = viewer.site.ledger.prices.all()
    assert [one.price_per_kwh for one in versions] == [Decimal("0.35"), Decimal("0.4125")]
    shoot(page, "tariffs")
    prices.get_by_role("button", name="Take back").click()
    dialog.get_by_role("button", name="Take back").click()
    expect(prices).not_to_contain_text("€0.4125")
    expect(prices.get_by_role("button", name="Take back")).to_have_count(0)


def test_a_price_of_parts_shows_script_as_text_and_says_whose_sessions_it_covers(see):
    viewer, page = see()
    prices = page.locator(".card.prices")
    prices.get_by_role("button", name="Add a price").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("From").fill("")
    dialog.get_by_label("Kind of price").select_option("Made up of parts")
    dialog.get_by_label("Name, such as").fill(SCRIPT)
    dialog.get_by_label("Without VAT").fill("0.25")
    dialog.get_by_role("button", name="Add a price").click()
    expect(prices).to_contain_text(SCRIPT)
    expect(prices).to_contain_text("€0.3025")
    viewer.site.house.world.plug_in()
    viewer.swipe("family")
    viewer.site.house.run_for(600)
    viewer.swipe("family")
    viewer.site.house.run_for(60)
    page.reload()
    expect(prices.get_by_role("link", name="1 session costs by it")).to_be_visible()
    assert "broken" not in page.title()


def test_market_prices_are_shown_as_the_flow_was_told_them(see, tmp_path, accessible):
    (tmp_path / "prices.csv").write_text("start,price\n2026-01-15T12:00Z,0.08\n")
    node = "nodes:\n  market: {type: price-source, file: prices.csv, format: csv, length: 1h}\n\n"
    viewer, page = see(SHIPPED.read_text().replace("nodes:\n", node, 1))
    slot = MarketPrice(NOON, NOON + timedelta(hours=1), Decimal("0.08"))
    viewer.site.ledger.market.record(MarketPrices("day-ahead", "EUR", (slot,)))
    page.reload()
    market = page.get_by_role("region", name="Market price, day-ahead")
    expect(market).to_contain_text("€0.08")
    accessible(page)


def test_who_may_not_edit_sees_all_and_changes_nothing(see):
    _, page = see(who=OPERATOR)
    expect(page.get_by_role("switch", name="Off-peak hours only")).to_be_disabled()
    for name in ("Change the hours", "Add a day", "Add a price"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_the_page_speaks_dutch(tmp_path, start, open_page, shoot, accessible):
    with seen_site(tmp_path, start, open_page, EDITOR) as viewer:
        page = viewer.open("tariffs", EDITOR, script=DUTCH)
        expect(page.get_by_text("Koningsdag").first).to_be_visible()
        accessible(page)
        shoot(page, "tariffs-nl")
