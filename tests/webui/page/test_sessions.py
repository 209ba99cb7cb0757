"""The sessions page, over a real ledger: filter, one session, its correction, and files."""

import csv
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import openpyxl
import pytest
from playwright.sync_api import expect

from nodes.charging.authorise import Authorise
from oppleo_flow.accounts.rights import Role
from oppleo_flow.charging.tokens import card_token
from oppleo_flow.payloads import MeterReading, SessionEnded, SessionStarted, SessionStatus
from oppleo_flow.testing.by_hand import graph_of, plan
from tests.oppleo_flow.charging.prices import DUAL
from tests.oppleo_flow.store.test_session_list import visit
from tests.webui.api.kept_books import NOON, end_of_last
from tests.webui.page.seeing import card
from tests.webui.page.site_with_accounts import SiteWithAccounts, sign_in

CARD = SessionStarted.sample().token_id
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
PHONE = {"width": 390, "height": 844}
FIRST = f"sessions/{UUID(int=1)}"


@pytest.fixture
def sessions_page(start, open_page, kept_site, audit):
    """Return what opens the page of a site with that ledger, at a path."""
    server = start(site=kept_site, audit=audit)

    def sessions_page(path="sessions", **settings):
        return open_page(server, path, **settings)

    return sessions_page


def labels(page):
    return page.locator("tbody tr td:first-child .label:not([aria-hidden])")


def test_all_sessions_are_listed_the_newest_first(sessions_page, accessible, shoot):
    page = sessions_page()
    expect(labels(page)).to_have_text(["=1+1", "blue", "<script>alert(1)</script>", "blue"])
    expect(page.get_by_text("4 sessions")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="1 to 4 of 4")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Filter").click()
    accessible(page)
    shoot(page, "sessions")


def test_a_list_is_filtered_and_sorted_by_keyboard_and_the_address_keeps_it(sessions_page):
    page = sessions_page()
    page.get_by_role("button", name="Energy").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Energy")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(labels(page)).to_have_text(["blue", "<script>alert(1)</script>", "blue", "=1+1"])
    page.get_by_role("searchbox", name="Search").focus()
    page.keyboard.type("VAN sales")
    expect(labels(page)).to_have_text(["blue", "blue", "=1+1"])
    page.get_by_role("button", name="Filter").focus()
    page.keyboard.press("Enter")
    state = page.get_by_role("combobox", name="State")
    state.focus()
    state.select_option("closed")
    expect(labels(page)).to_have_text(["blue", "blue"])
    expect(page).to_have_url(re.compile("text=VAN.sales.*state=closed|state=closed.*text=VAN"))
    page.reload()
    expect(labels(page)).to_have_text(["blue", "blue"])
    page.get_by_role("button", name="Show all").click()
    expect(labels(page)).to_have_count(4)


def test_on_a_phone_a_list_is_sorted_by_a_choice_of_what_and_which_way(
    sessions_page, accessible, shoot
):
    page = sessions_page(viewport=PHONE, has_touch=True)
    sorting = page.get_by_role("combobox", name="Sort by")
    expect(sorting.locator("option:checked")).to_have_text("Started, newest first")
    sorting.select_option("Energy, highest first")
    expect(labels(page)).to_have_text(["blue", "<script>alert(1)</script>", "blue", "=1+1"])
    expect(page).to_have_url(re.compile("sort=energy&order=desc"))
    sorting.select_option("Card, A to Z")
    expect(labels(page)).to_have_text(["<script>alert(1)</script>", "=1+1", "blue", "blue"])
    page.reload()
    expect(sorting.locator("option:checked")).to_have_text("Card, A to Z")
    expect(labels(page)).to_have_text(["<script>alert(1)</script>", "=1+1", "blue", "blue"])
    accessible(page)
    shoot(page, "sessions-sorted")
    sorting.focus()
    page.keyboard.press("ArrowDown")
    expect(labels(page)).to_have_text(["blue", "blue", "=1+1", "<script>alert(1)</script>"])
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(sorting).to_be_hidden()  # a desk has the heads of the columns
    head = page.get_by_role("columnheader", name="Card")
    expect(head).to_have_attribute("aria-sort", "descending")


def test_a_list_that_begins_further_on_is_sorted_from_its_beginning(sessions_page, books):
    for number in range(100, 160):
        visit(books.ledger, number, label=f"card {number}")
    page = sessions_page("sessions?offset=25", viewport=PHONE)
    expect(page.get_by_text("26 to 50 of 64")).to_be_visible()
    page.get_by_role("combobox", name="Sort by").select_option("Started, oldest first")
    expect(page.get_by_text("1 to 25 of 64")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?sort=started_at&order=asc$"))


def test_many_sessions_are_turned_page_by_page(sessions_page, books):
    for number in range(100, 160):
        visit(books.ledger, number, label=f"card {number}")
    page = sessions_page("sessions?sort=started_at&order=desc")
    expect(page.get_by_text("1 to 25 of 64")).to_be_visible()
    page.get_by_role("button", name="Further").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("26 to 50 of 64")).to_be_visible()
    page.go_back()


def test_one_session_shows_its_graph_slices_registers_and_what_its_remarks_mean(
    sessions_page, books, accessible, shoot
):
    page = sessions_page(FIRST)
    expect(page.get_by_role("heading", name="blue")).to_be_visible()
    expect(card(page, "In short").get_by_text("1.00 kWh")).to_be_visible()
    expect(card(page, "In short").get_by_text("€0.30")).to_be_visible()
    record = card(page, "What is known of it")
    expect(record.get_by_text("1,020.000 kWh (measured)")).to_be_visible()
    expect(record.get_by_text("van, AB-123-C")).to_be_visible()
    expect(page.get_by_role("img", name="Power during the session")).to_be_visible()
    accessible(page)
    shoot(page, "session")


def test_a_session_over_the_edge_of_the_off_peak_hours_shows_what_each_part_cost(
    sessions_page, books
):
    edge = datetime(2026, 1, 21, 22, tzinfo=UTC)  # 23:00 in Amsterdam
    books.ledger.prices.add(replace(DUAL, valid_from=edge - 12 * HOUR))
    facts = {"session_id": UUID(int=5), "started_at": edge - HOUR, "meter_start_wh": 2_000_000}
    books.ledger.sessions.record(SessionStarted.sample(**facts))
    books.ledger.readings.record([
        MeterReading.sample(time=edge + seconds * SECOND, energy_import_wh=2_003_000)
        for seconds in (-5, 5)
    ])  # fmt: skip
    until = {"ended_at": edge + HOUR, "meter_end_wh": 2_008_000, "energy_wh": 8_000}
    books.ledger.sessions.record(SessionEnded.sample(**facts, **until, interrupted=True))
    page = sessions_page(f"sessions/{UUID(int=5)}")
    parts = card(page, "What it is made of")
    expect(parts.get_by_role("listitem")).to_contain_text([
        re.compile(r"Peak.*22:00 – .*23:00.*3\.00 kWh.*€0\.363/kWh", re.DOTALL),
        re.compile(r"Off-peak.*23:00 – .*00:00.*5\.00 kWh.*€0\.2783/kWh", re.DOTALL),
    ])  # fmt: skip
    expect(parts).to_contain_text("63 % was off-peak.")
    expect(page.get_by_role("main")).to_contain_text("The charge point was off for a part of it")


def test_a_correction_from_the_page_is_in_the_ledger_and_in_the_audit(
    sessions_page, books, audit, accessible, shoot
):
    page = sessions_page(FIRST)
    expect(page.locator("canvas").first).to_be_visible()  # all of the session has come
    page.get_by_role("button", name="Correct").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Meter at the end").fill("1020,5")
    dialog.get_by_label("Vehicle").fill("<i>bus</i>")
    dialog.get_by_role("button", name="Show what it would be").click()
    expect(dialog.get_by_text("0.50 kWh")).to_be_visible()
    assert books.ledger.corrections.of(UUID(int=1)) == []
    accessible(page)
    shoot(page, "session-correct")
    expect(dialog.get_by_role("button", name="Keep the correction")).to_be_disabled()
    dialog.get_by_label("Reason").fill("<script>read</script> by eye")
    dialog.get_by_role("button", name="Keep the correction").click()
    expect(page.get_by_text("The correction is kept.")).to_be_visible()
    corrections = card(page, "Corrections")
    expect(corrections.get_by_text("“<script>read</script> by eye”")).to_be_visible()
    expect(corrections.get_by_text("Vehicle: <i>bus</i>")).to_be_visible()
    expect(corrections.get_by_text("Recorded at first: blue")).to_be_visible()
    (kept,) = books.ledger.corrections.of(UUID(int=1))
    assert (kept.changes.meter_end_wh, kept.changes.vehicle) == (1_020_500, "<i>bus</i>")
    (deed,) = audit.deeds()
    assert (deed.what, deed.details) == ("correction", "<script>read</script> by eye")
    accessible(page)
    shoot(page, "session-corrected")


def test_of_a_time_that_the_clock_showed_twice_one_is_chosen(sessions_page, books, refusals):
    refusals.append(422)
    page = sessions_page(FIRST)
    expect(page.locator("canvas").first).to_be_visible()  # all of the session has come
    page.get_by_role("button", name="Correct").click()
    dialog = page.get_by_role("dialog")
    which = dialog.get_by_label("Which of the two")
    dialog.get_by_label("Started").fill("2025-10-26T03:30:00")
    expect(which).to_have_count(0)
    dialog.get_by_label("Started").fill("2025-10-26T02:30:00")
    expect(which).to_be_visible()
    dialog.get_by_role("button", name="Show what it would be").click()
    expect(dialog.get_by_role("alert")).to_contain_text("showed it twice")
    which.select_option("26 Oct 2025, 02:30:00 GMT+1")
    dialog.get_by_role("button", name="Show what it would be").click()
    dialog.get_by_label("Reason").fill("by the log of the car")
    dialog.get_by_role("button", name="Keep the correction").click()
    expect(page.get_by_text("The correction is kept.")).to_be_visible()
    (kept,) = books.ledger.corrections.of(UUID(int=1))
    assert kept.changes.started_at == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


def test_what_cannot_be_is_said_before_anything_is_kept(sessions_page, books, refusals):
    refusals.append(409)
    page = sessions_page(FIRST)
    expect(page.locator("canvas").first).to_be_visible()  # all of the session has come
    page.get_by_role("button", name="Correct").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Meter at the end").fill("1")
    dialog.get_by_role("button", name="Show what it would be").click()
    expect(dialog.get_by_role("alert")).to_contain_text("no meter counts backwards")
    assert books.ledger.corrections.of(UUID(int=1)) == []


def test_a_session_is_made_void_with_a_reason(sessions_page, books):
    page = sessions_page(FIRST)
    expect(page.locator("canvas").first).to_be_visible()  # all of the session has come
    page.get_by_role("button", name="Make void").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Show what it would be").click()
    dialog.get_by_label("Reason").fill("a test")
    dialog.get_by_role("button", name="Keep the correction").click()
    expect(page.get_by_text("it is on no bill")).to_be_visible()
    assert books.ledger.sessions.get(UUID(int=1)).void


def test_an_open_session_is_stopped_after_a_question(sessions_page, runtime, books):
    sent = []
    runtime.graph = graph_of({"authorise": plan(Authorise, {"store": "db"})})
    runtime.inject = lambda node, port, payload: sent.append((node, payload.wish))
    books.ledger.tokens.add(card_token(CARD, "04A1B2C3", "=1+1"), NOON)
    page = sessions_page(f"sessions/{UUID(int=4)}")
    expect(card(page, "How it went")).to_contain_text("No reading of this session is kept yet.")
    page.get_by_role("button", name="End this session").click()
    page.get_by_role("dialog").get_by_role("button", name="End this session").click()
    expect(page.get_by_text("Asked to end the session of “=1+1”")).to_be_visible()
    assert sent == [("authorise", "end")]


def test_a_row_changes_while_the_page_is_open(sessions_page, runtime, books):
    runtime.set("session", "status", status(energy_wh=1500))
    page = sessions_page()
    row = page.get_by_role("row").filter(has_text="=1+1")
    expect(row.get_by_text("1.50 kWh")).to_be_visible()
    runtime.set("session", "status", status(energy_wh=2500))
    expect(row.get_by_text("2.50 kWh")).to_be_visible()
    books.ledger.sessions.record(end_of_last())
    runtime.set("session", "status", SessionStatus(phase="idle"))
    expect(row.get_by_text("Under way")).to_have_count(0)
    expect(row.get_by_text("4.00 kWh")).to_be_visible()


def status(**fields):
    session = {"session_id": UUID(int=4), "label": "=1+1", "started_at": NOON}
    return SessionStatus(phase="charging", **session, **fields)


def saved(page, name):
    with page.expect_download() as found:
        page.get_by_role("button", name=name).click()
    return found.value


def test_what_is_shown_is_saved_in_all_three_formats(sessions_page, tmp_path):
    page = sessions_page("sessions?driver=Anna&state=closed")
    expect(labels(page)).to_have_count(2)
    file = saved(page, "These sessions as a file: Excel")
    assert re.fullmatch(r"sessions-cp-\d{4}-\d\d-\d\d\.xlsx", file.suggested_filename)
    file.save_as(tmp_path / "it.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "it.xlsx").active
    assert sheet.max_row == 3
    file = saved(page, "These sessions as a file: CSV")
    file.save_as(tmp_path / "it.csv")
    with (tmp_path / "it.csv").open(encoding="utf-8", newline="") as lines:
        assert [row["card"] for row in csv.DictReader(lines)] == ["blue", "blue"]
    file = saved(page, "These sessions as a file: PDF")
    file.save_as(tmp_path / "it.pdf")
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "it.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()
    assert "Charging sessions cp" in text
    assert text.count("blue") == 2


def test_a_driver_sees_their_own_alone_also_by_guessing(start, open_page, kept_site, tmp_path):
    people = SiteWithAccounts(tmp_path / "people")
    people.add(Role.DRIVER, driver="Anna")
    server = start(access=people.access, site=kept_site)
    page = open_page(server)
    sign_in(page, "Anna")
    expect(page.get_by_role("heading", name="Sign in")).to_have_count(0)
    page.goto(f"{server.url}sessions")
    expect(page.get_by_text("Your own sessions.")).to_be_visible()
    expect(labels(page)).to_have_text(["=1+1", "blue", "blue"])
    page.goto(f"{server.url}{FIRST}")
    expect(page.get_by_role("heading", name="blue")).to_be_visible()
    expect(page.get_by_role("button", name="Correct")).to_have_count(0)
