"""The page of statements, over a real ledger: preview, files, issuing, the archive and history."""

import csv
import re
import subprocess
from datetime import timedelta
from uuid import UUID

import openpyxl
import pytest
from playwright.sync_api import expect

from oppleo_flow.charging.correction import Changes
from oppleo_flow.clock import SystemClock
from oppleo_flow.store import StoreLocation, open_ledger
from tests.webui.api.kept_books import NOW, site_of
from tests.webui.page.seeing import card


@pytest.fixture
def reports_page(start, open_page, kept_site, audit):
    """Return what opens the page of a site with that ledger, at a query."""
    server = start(site=kept_site, audit=audit)

    def reports_page(query="?period=2026-01", **settings):
        page = open_page(server, f"reports{query}", **settings)
        expect(page.get_by_role("heading", name="Statements")).to_be_visible()
        return page

    return reports_page


def test_a_month_is_previewed_with_its_lines_sums_and_the_meter(reports_page, accessible, shoot):
    page = reports_page()
    preview = card(page, "January 2026")
    expect(preview.get_by_text("€0.90")).to_be_visible()
    lines = preview.get_by_role("table")
    expect(lines.get_by_role("row")).to_have_count(3)
    expect(lines.get_by_text("<script>alert(1)</script>, <b>bus</b>")).to_be_visible()
    expect(preview.get_by_text("on no session")).to_be_visible()
    expect(card(page, "History").get_by_text("February 2026")).to_be_visible()
    accessible(page)
    shoot(page, "reports")


def test_it_is_of_whom_one_chooses_and_the_address_keeps_it(reports_page):
    page = reports_page()
    page.get_by_role("combobox", name="Driver").select_option("Anna")
    preview = card(page, "January 2026")
    expect(preview.get_by_text("€0.30").first).to_be_visible()
    expect(preview.get_by_role("table").get_by_role("row")).to_have_count(2)
    page.reload()
    expect(page.get_by_role("combobox", name="Driver")).to_have_value("Anna")
    page.get_by_role("combobox", name="Period").select_option("days")
    page.get_by_label("First day").fill("2026-01-16")
    expect(page).to_have_url(re.compile("period=2026-01-16_"))
    expect(page.get_by_label("First day")).to_have_value("2026-01-16")


def test_a_month_that_is_not_over_says_so_and_cannot_be_issued(reports_page):
    # That of a day from now: it is not over by the clock of any place, nor soon.
    soon = SystemClock().now() + timedelta(days=1)
    page = reports_page(f"?period={soon:%Y-%m}")
    expect(page.get_by_text("The period is not over")).to_be_visible()
    expect(page.get_by_role("button", name="Issue", exact=True)).to_be_disabled()


def saved(page, name):
    with page.expect_download() as found:
        page.get_by_role("button", name=name).click()
    return found.value


def test_a_preview_is_saved_in_all_three_formats(reports_page, tmp_path):
    page = reports_page("?period=2026-01&language=nl")
    expect(card(page, "January 2026").get_by_text("€0.90")).to_be_visible()
    file = saved(page, "Download the preview: Excel")
    assert file.suggested_filename == "preview-2026-01.nl.xlsx"
    file.save_as(tmp_path / "it.xlsx")
    cells = {
        cell.value
        for row in openpyxl.load_workbook(tmp_path / "it.xlsx").active.iter_rows()
        for cell in row
    }
    assert "<script>alert(1)</script>" in cells
    file = saved(page, "Download the preview: CSV")
    file.save_as(tmp_path / "it.csv")
    with (tmp_path / "it.csv").open(encoding="utf-8", newline="") as lines:
        assert [row["amount"] for row in csv.DictReader(lines)] == ["0.30", "0.60"]
    file = saved(page, "Download the preview: PDF")
    file.save_as(tmp_path / "it.pdf")
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "it.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()
    assert "Voorbeeld" in text
    assert "0,90" in text


def issue(page):
    page.get_by_role("button", name="Issue", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Issue").click()


def test_a_statement_is_issued_kept_and_issued_again_after_a_correction(
    reports_page, books, audit, tmp_path, accessible, shoot
):
    page = reports_page()
    issue(page)
    expect(page.get_by_text("Issued as cp-202601, version 1.")).to_be_visible()
    issued = card(page, "Issued")
    expect(issued.get_by_text("cp-202601")).to_be_visible()
    (deed,) = audit.deeds()
    assert (deed.what, deed.about) == ("issue", "statement cp-202601 v1")
    changes = Changes(meter_end_wh=1_020_500)
    books.ledger.corrections.add(UUID(int=1), changes, who="Otto", why="by eye", now=NOW)
    page.reload()
    expect(card(page, "January 2026").get_by_text("€0.75")).to_be_visible()
    issue(page)
    expect(page.get_by_text("Issued as cp-202601, version 2.")).to_be_visible()
    expect(issued.get_by_text("replaced")).to_have_count(1)
    page.get_by_role("button", name="Files of cp-202601 version 2").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("as issued")).to_have_count(4)
    expect(dialog.get_by_text("sessions were changed")).to_be_visible()
    expect(dialog.get_by_text("No mail server is in the flow")).to_be_visible()
    accessible(page)
    shoot(page, "reports-version")
    with page.expect_download() as found:
        dialog.get_by_role("button", name="Save cp-202601-v2.csv").click()
    found.value.save_as(tmp_path / "issued.csv")
    with (tmp_path / "issued.csv").open(encoding="utf-8", newline="") as lines:
        assert [row["amount"] for row in csv.DictReader(lines)] == ["0.15", "0.60"]


def test_a_month_without_a_session_says_so_and_what_a_statement_of_it_holds(
    reports_page, tmp_path, accessible, shoot
):
    page = reports_page("?period=2026-04")
    preview = card(page, "April 2026")
    expect(preview.get_by_text("Nothing was charged in April 2026")).to_be_visible()
    expect(
        preview.get_by_text("A statement of it has no lines and comes to nothing")
    ).to_be_visible()
    expect(preview.get_by_text("Total", exact=True)).to_have_count(0)
    accessible(page)
    shoot(page, "reports-empty")
    file = saved(page, "Download the preview: CSV")
    file.save_as(tmp_path / "it.csv")
    with (tmp_path / "it.csv").open(encoding="utf-8", newline="") as lines:
        assert list(csv.DictReader(lines)) == []
    page.get_by_role("button", name="Issue", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The statement of April 2026 says that nothing was charged.")
    dialog.get_by_role("button", name="Issue").click()
    expect(page.get_by_text("Issued as cp-202604, version 1.")).to_be_visible()


def test_no_month_is_offered_that_was_before_the_first(reports_page):
    page = reports_page()
    months = page.get_by_role("combobox", name="Month")
    expect(months.locator("option").last).to_have_text("January 2026")
    page.get_by_role("combobox", name="Period").select_option("year")
    expect(page.get_by_role("combobox", name="Year").locator("option").last).to_have_text("2026")


def test_where_nothing_was_charged_yet_only_this_month_is_offered(start, open_page, tmp_path):
    location = StoreLocation(tmp_path / "new.sqlite")
    with open_ledger(location, "cp") as ledger:
        page = open_page(start(site=site_of(ledger, location, tmp_path, SystemClock())), "reports")
        expect(page.get_by_role("combobox", name="Month").locator("option")).to_have_count(1)
        expect(page.get_by_text("Nothing has been charged yet in")).to_be_visible()
        expect(page.get_by_role("button", name="Issue", exact=True)).to_be_disabled()


def test_history_leads_to_the_statement_of_a_month(reports_page):
    page = reports_page()
    history = card(page, "History")
    history.get_by_role("button", name="February 2026").click()
    expect(card(page, "February 2026").get_by_text("€0.90").first).to_be_visible()
    history.get_by_role("button", name="2026", exact=True).click()
    expect(card(page, "2026").get_by_text("€1.80").first).to_be_visible()


def test_all_of_it_is_there_in_dutch(reports_page, shoot):
    page = reports_page()
    page.evaluate("localStorage.setItem('language', 'nl')")
    page.reload()
    expect(page.get_by_role("heading", name="Laadoverzichten")).to_be_visible()
    expect(card(page, "januari 2026").get_by_text("€ 0,90")).to_be_visible()
    shoot(page, "reports-dutch")
