"""A statement that is mailed from the page: to a real mail server, by the flow that runs."""

import pytest
from playwright.sync_api import expect

from oppleo_flow.charging.statement_settings import NO_FACTS, StatementFacts
from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile import CheckSettings, SiteSecrets, check_text
from oppleo_flow.registry import Registry
from oppleo_flow.store import StoreLocation
from oppleo_flow.testing.bench import BenchSite
from tests.house.sources import ROOT
from tests.nodes.notify.post_office import post_office
from tests.webui.api.asking_as import DRIVER, OPERATOR, As
from tests.webui.api.kept_books import NOW
from tests.webui.page.seeing import card
from tests.webui.page.seen_site import DUTCH

EXAMPLE = (ROOT / "examples/statements.yaml").read_text(encoding="utf-8")
TRIES_S = 7200.0


class Letters:
    """The flow of `examples/statements.yaml` over that ledger, and the office that it mails by."""

    def __init__(self, folder, books, office):
        server = f"host: 127.0.0.1\n    port: {office.port}\n    security: none"
        text = EXAMPLE.replace("host: smtp.example.org", server)
        settings = CheckSettings(secrets=SiteSecrets(folder / "secrets.yaml", {}))
        graph = check_text(text, "statements.yaml", Registry.installed(), settings).graph
        services = {StoreLocation: books.location, StatementFacts: NO_FACTS}
        site = BenchSite(folder=folder, charge_point="cp", services=services)
        site.simulate = False
        self.office = office
        self.runtime = Runtime(
            graph, clock=VirtualClock(NOW), site=site, state_path=folder / "state.sqlite"
        )

    def arrived(self):
        """Return to whom each letter went, once all had time to; with their subjects."""
        self.runtime.run_for(TRIES_S)
        subjects = [str(one["Subject"]) for one in self.office.taken]
        return list(zip((to for _, to in self.office.envelopes), subjects, strict=True))


@pytest.fixture
def office():
    with post_office() as office:
        yield office


@pytest.fixture
def letters(tmp_path, books, office):
    letters = Letters(tmp_path, books, office)
    letters.runtime.start()
    yield letters
    letters.runtime.stop()


@pytest.fixture
def reports_page(letters, start, open_page, kept_site, audit):
    def reports_page(query="?period=2026-01", who=OPERATOR, **settings):
        parts = {"site": kept_site, "audit": audit, "levers": None, "access": As(who)}
        return open_page(start(letters.runtime, **parts), f"reports{query}", **settings)

    return reports_page


def issue(page):
    page.get_by_role("button", name="Issue", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Issue").click()
    expect(page.get_by_text("Issued as cp-202601, version 1.")).to_be_visible()


def files(page):
    card(page, "Issued").get_by_role("button", name="Files of cp-202601 version 1").click()
    return page.get_by_role("dialog")


def test_a_statement_is_sent_to_payroll_with_its_files(
    reports_page, letters, audit, tmp_path, shoot, accessible
):
    page = reports_page()
    issue(page)
    dialog = files(page)
    send = dialog.get_by_role("button", name="Send to payroll@example.com")
    expect(send).to_be_visible()
    accessible(page)
    shoot(page, "reports-send")
    send.click()
    said = page.get_by_role("status").filter(has_text="On its way to payroll@example.com.")
    said.get_by_role("button", name="Hide this message").click()  # it is not behind the dialog
    expect(said).to_have_count(0)
    assert letters.arrived() == [(("payroll@example.com",), "Overzicht van januari 2026")]
    (letter,) = letters.office.taken
    names = {
        file.get_filename(): file.get_payload(decode=True) for file in letter.iter_attachments()
    }
    assert "cp-202601-v1.pdf" in names
    for name, body in names.items():
        (kept,) = (tmp_path / "reports").rglob(name)
        assert kept.read_bytes() == body
    deeds = [(deed.what, deed.about, deed.details) for deed in audit.deeds()]
    assert ("send", "statement cp-202601 v1", "payroll@example.com") in deeds


def test_a_statement_of_somebody_is_sent_to_their_own_address_alone(reports_page, letters, books):
    books.ledger.accounts.add("driver", "Anna")
    books.ledger.accounts.set_email("driver", "Anna", "anna@example.org")
    page = reports_page("?period=2026-01&driver=Anna")
    issue(page)
    dialog = files(page)
    dialog.get_by_role("button", name="Send to anna@example.org").click()
    expect(page.get_by_text("On its way to anna@example.org.")).to_be_visible()
    ((to, _),) = letters.arrived()
    assert to == ("anna@example.org",)


def test_a_statement_that_was_altered_is_refused_and_nothing_is_sent(
    reports_page, letters, tmp_path, refusals
):
    refusals.append("409")
    page = reports_page()
    issue(page)
    dialog = files(page)
    expect(dialog.get_by_role("button", name="Send to payroll@example.com")).to_be_visible()
    (file,) = (tmp_path / "reports" / "archive").glob("*.csv")
    file.chmod(0o644)
    file.write_text("1,000 kWh")
    dialog.get_by_role("button", name="Send to payroll@example.com").click()
    expect(page.get_by_text("was altered since it was issued")).to_be_visible()
    assert letters.arrived() == []


def test_a_letter_that_the_server_does_not_take_at_once_is_sent_again(
    reports_page, letters, office
):
    office.answers = ["451 try later", "451 try later", "250 taken"]
    page = reports_page()
    issue(page)
    files(page).get_by_role("button", name="Send to payroll@example.com").click()
    expect(page.get_by_text("On its way to payroll@example.com.")).to_be_visible()
    assert [to for to, _ in letters.arrived()] == [("payroll@example.com",)]


def test_a_driver_sends_nothing(reports_page, books, letters):
    page = reports_page()
    page.get_by_role("combobox", name="Driver").select_option("Anna")
    expect(card(page, "January 2026").get_by_text("€0.30").first).to_be_visible()
    issue(page)
    page = reports_page(who=DRIVER)
    dialog = files(page)
    expect(dialog.get_by_text("as issued")).to_have_count(4)
    expect(dialog.get_by_role("button", name="Send to")).to_have_count(0)


def test_it_is_sent_in_dutch(reports_page, letters, shoot):
    page = reports_page(script=DUTCH)
    page.get_by_role("button", name="Uitgeven", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Uitgeven").click()
    card(page, "Uitgegeven").get_by_role("button", name="Bestanden van cp-202601").click()
    send = page.get_by_role("dialog").get_by_role("button", name="Sturen aan payroll@")
    send.click()
    expect(page.get_by_text("Onderweg naar payroll@example.com.")).to_be_visible()
    assert len(letters.arrived()) == 1
