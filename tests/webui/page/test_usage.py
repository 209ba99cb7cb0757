"""The usage page, over a real ledger with a year of readings."""

import csv
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store import StoreLocation, open_ledger
from tests.webui.page.seeing import card
from webui.ports import SiteFacts

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SITE = ZoneInfo("Europe/Amsterdam")


@pytest.fixture(scope="module")
def now():
    return datetime.now(UTC).replace(microsecond=0)


def kept(now):
    """Yield 400 days of a quarter-hour, but the last two by the minute, with a silent hour."""
    register_wh = 120_000
    times = [now - 400 * DAY + number * 15 * MINUTE for number in range(398 * 96)]
    times += [now - 2 * DAY + number * MINUTE for number in range(2 * 24 * 60 + 1)]
    silent = (now - 10 * 60 * MINUTE, now - 9 * 60 * MINUTE)
    for time in times:
        if silent[0] < time < silent[1]:
            continue
        charges = time.hour < 4
        register_wh += 40 if charges else 1
        yield MeterReading.sample(
            time=time,
            energy_import_wh=register_wh,
            power_w=10_800.0 if charges else 120.0,
            current_phases_a=(16.0, 15.6, 15.8) if charges else (0.5, 0.1, 0.1),
        )
    yield MeterUnknown("meter", silent[0] + MINUTE, "no answer from unit 1")


@pytest.fixture(scope="module")
def ledger_file(tmp_path_factory, now):
    path = tmp_path_factory.mktemp("site") / "ledger.sqlite"
    with open_ledger(StoreLocation(path), "garage") as ledger:
        ledger.readings.record(list(kept(now)))
    return path


@pytest.fixture
def ledger(ledger_file):
    with open_ledger(StoreLocation(ledger_file), "garage") as ledger:
        yield ledger


@pytest.fixture
def facts(ledger, ledger_file):
    """Return the site with that ledger."""
    return SiteFacts(
        books=lambda: ledger,
        ledger_file=ledger_file,
        charge_point="garage",
        timezone=SITE.key,
    )


@pytest.fixture
def usage(start, open_page, facts):
    """Return what opens the page of that site, at a query."""
    server = start(site=facts)

    def usage(query="", **settings):
        page = open_page(server, f"usage{query}", **settings)
        expect(page.get_by_role("heading", name="Usage")).to_be_visible()
        return page

    return usage


def noon_a_month_ago(now):
    """Return a time of the site's clock that has readings, and that it never shows twice."""
    return (now - 30 * DAY).astimezone(SITE).replace(hour=12, minute=30, second=0)


def written(page, at):
    """Return a day as the browser writes it: it shortens September in a way of its own."""
    return page.evaluate(
        "([at, timeZone]) => "
        "new Date(at).toLocaleDateString('en-GB', {dateStyle: 'medium', timeZone})",
        [at.isoformat(), SITE.key],
    )


def plot(page, title="Power"):
    return page.get_by_role("img", name=title, exact=True).locator(".u-over")


def test_a_year_is_zoomed_to_a_day_and_becomes_finer(usage):
    page = usage("?range=year")
    graphs = card(page, "Graphs")
    expect(graphs.get_by_text("in parts of 6 hours")).to_be_visible()
    expect(graphs.get_by_text("zoom in to see it")).to_be_visible()
    box = plot(page).bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.90, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.93, middle, steps=4)
    page.mouse.up()
    expect(graphs.get_by_text(re.compile("by the hour|in parts of 30 minutes"))).to_be_visible()
    expect(page.get_by_role("img", name="Current per phase")).to_be_visible()
    zoom = page.get_by_role("group", name="Zoom: Power")
    for _ in range(4):
        zoom.get_by_role("button", name="Zoom in").click()
    expect(graphs.get_by_text("each reading")).to_be_visible()
    zoom.get_by_role("button", name="Show all").click()
    expect(graphs.get_by_text("in parts of 6 hours")).to_be_visible()


def test_keys_zoom_as_well(usage):
    page = usage("?range=week")
    before = page.locator("[data-part=shown]").inner_text()
    graph = page.get_by_role("img", name="Power", exact=True)
    expect(graph.locator("canvas")).to_be_visible()
    graph.focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-part=shown]")).not_to_have_text(before)
    page.keyboard.press("Escape")
    expect(page.locator("[data-part=shown]")).to_have_text(before)


def test_a_silent_meter_is_a_gap_and_says_why(usage):
    page = usage("?range=12h")
    graphs = card(page, "Graphs")
    graphs.get_by_text("The meter was not heard once: a gap in the graphs").click()
    expect(graphs.get_by_text("no answer from unit 1")).to_be_visible()
    graphs.get_by_text("As a table").first.click()
    graphs.get_by_role("button", name="Show more").click()
    expect(graphs.get_by_role("cell", name="unknown").first).to_be_attached()


def test_the_table_goes_to_a_time_and_on_from_there(usage, now):
    page = usage()
    readings = card(page, "Readings")
    expect(readings.locator("tbody tr")).to_have_count(25)
    expect(readings.locator("thead th").last).to_have_text("kWh per phase")
    expect(readings.locator("tbody tr").first.locator("td").last).to_have_text(
        "411.5 · 411.5 · 411.5"
    )
    at = noon_a_month_ago(now)
    readings.get_by_label("Go to a time").fill(f"{at:%Y-%m-%dT%H:%M}")
    readings.get_by_role("button", name="Go", exact=True).click()
    row = readings.locator("tr[aria-current=true]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(written(page, at))
    first = readings.locator("tbody tr th").first.inner_text()
    readings.get_by_role("button", name="Older").click()
    expect(readings.locator("tbody tr th").first).not_to_have_text(first)
    readings.get_by_role("button", name="Newest").click()
    expect(readings.get_by_role("button", name="Newer")).to_be_disabled()


def test_a_time_is_that_of_the_site_wherever_its_page_is_looked_at(usage, now):
    page = usage(timezone_id="Asia/Kolkata")
    readings = card(page, "Readings")
    expect(readings.locator("tbody tr")).to_have_count(25)
    at = noon_a_month_ago(now)
    readings.get_by_label("Go to a time").fill(f"{at:%Y-%m-%dT%H:%M}")
    readings.get_by_role("button", name="Go", exact=True).click()
    row = readings.locator("tr[aria-current=true]")
    expect(row).to_contain_text(f"{written(page, at)}, {at:%H}:")
    export = card(page, "Readings as a file")
    export.get_by_label("From").fill(f"{at:%Y-%m-%dT%H:%M}")
    export.get_by_label("Until").fill(f"{at + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    with page.expect_download() as told:
        export.get_by_role("button", name="Download").click()
    asked = parse_qs(urlsplit(told.value.url).query)
    assert asked["since"] == [at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")]


def test_new_readings_are_counted_and_drawn_at_the_right_edge(usage, ledger, runtime, now):
    page = usage("?range=6h")
    readings = card(page, "Readings")
    expect(readings.locator("tbody tr")).to_have_count(25)
    new = [
        MeterReading.sample(
            time=datetime.now(UTC) + number * timedelta(seconds=1), energy_import_wh=900_000
        )
        for number in range(3)
    ]
    ledger.readings.record(new)
    runtime.set("meter", "reading", new[-1])
    readings.get_by_role("button", name="3 new").click()
    expect(readings.get_by_role("button", name="3 new")).to_have_count(0)
    expect(readings.locator("tbody tr").first).to_contain_text("900.00 kWh")


def test_the_month_of_the_first_reading_says_from_when_on_it_counts(usage):
    page = usage()
    history = card(page, "By month and year")
    history.get_by_role("group", name="Years").get_by_role("button").first.click()
    expect(history.get_by_text("nobody knows what was before").first).to_be_visible()


def test_all_readings_of_a_time_are_downloaded(usage, tmp_path):
    page = usage("?range=24h")
    expect(card(page, "Graphs").get_by_text("each reading")).to_be_visible()
    export = card(page, "Readings as a file")
    with page.expect_download() as told:
        export.get_by_role("button", name="Download").click()
    told.value.save_as(tmp_path / "readings.csv")
    text = (tmp_path / "readings.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    asked = parse_qs(urlsplit(told.value.url).query)
    since, until = (datetime.fromisoformat(asked[end][0]) for end in ("since", "until"))
    # One each minute but in the silent hour; a day on which a clock is changed may be offered long.
    assert 1300 < len(rows) <= (until - since) / MINUTE
    assert rows[0]["energy_import_wh"].isdigit()
    export.get_by_label("As", exact=True).select_option("xlsx")
    with page.expect_download() as told:
        export.get_by_role("button", name="Download").click()
    assert told.value.suggested_filename.endswith(".xlsx")


def test_a_time_that_the_clock_shows_twice_is_downloaded_with_both_of_them(usage):
    page = usage("?range=24h")
    expect(card(page, "Graphs").get_by_text("each reading")).to_be_visible()
    export = card(page, "Readings as a file")
    export.get_by_label("From").fill("2025-10-26T02:30")
    export.get_by_label("Until").fill("2025-10-26T02:10")  # forty minutes later
    with page.expect_download() as told:
        export.get_by_role("button", name="Download").click()
    asked = parse_qs(urlsplit(told.value.url).query)
    assert (asked["since"], asked["until"]) == (
        ["2025-10-26T00:30:00.000Z"],
        ["2025-10-26T01:10:00.000Z"],
    )


def test_what_is_typed_stays_while_the_words_of_the_graphs_come(start, open_page, facts):
    page, held = open_page(start(site=facts)), []

    def hold(route):
        held.append(route)

    page.route("**/assets/chart-*.js", hold)
    page.get_by_role("link", name="Usage").first.click()
    expect(plot(page)).to_be_visible()
    export = card(page, "Readings as a file")
    export.get_by_label("From").fill("2026-01-02T00:00")
    assert held
    for words in held:
        words.continue_()
    expect(page.get_by_role("button", name="Zoom in").first).to_be_visible()
    expect(export.get_by_label("From")).to_have_value("2026-01-02T00:00")


def test_a_time_that_ends_before_it_begins_is_refused_in_words(usage):
    page = usage("?range=24h")
    export = card(page, "Readings as a file")
    export.get_by_label("From").fill("2026-01-02T00:00")
    export.get_by_label("Until").fill("2026-01-01T00:00")
    export.get_by_label("As", exact=True).select_option("xlsx")
    export.get_by_role("button", name="Download").click()
    expect(export.get_by_role("alert")).to_contain_text("The end must be after the beginning.")


def test_the_page_of_a_site_whose_meter_was_never_read_says_so(start, open_page, tmp_path):
    with open_ledger(StoreLocation(tmp_path / "empty.sqlite"), "garage") as ledger:
        server = start(site=SiteFacts(books=lambda: ledger))
        page = open_page(server, "usage")
        expect(page.get_by_text("No meter has been read yet")).to_be_visible()


def test_it_can_be_used_by_everybody_and_is_seen(usage, shoot, accessible):
    page = usage("?range=week")
    expect(card(page, "Graphs").get_by_text("in parts of 15 minutes")).to_be_visible()
    card(page, "Graphs").get_by_text("As a table").first.click()
    accessible(page)
    card(page, "Graphs").get_by_text("As a table").first.click()
    shoot(page, "usage")
