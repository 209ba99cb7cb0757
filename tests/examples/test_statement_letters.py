"""From the schedule of `examples/statements.yaml` to letters on a mail server, in virtual time.

The server is a real one, and each statement is made by the real process of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile import CheckSettings, SiteSecrets, check_text
from oppleo_flow.payloads import Attribution, SessionEnded, SessionStarted
from oppleo_flow.registry import Registry
from tests.nodes.notify.post_office import post_office
from tests.nodes.store_site import ledger_in, site_in

TEXT = (Path(__file__).parents[2] / "examples/statements.yaml").read_text(encoding="utf-8")
LAST_DAY = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
DAY_S = 86_400.0


@contextmanager
def running(folder: Path, port: int, clock: VirtualClock) -> Iterator[Runtime]:
    """Run the example as a real site would, but for where its mail server is."""
    server = f"host: 127.0.0.1\n    port: {port}\n    security: none"
    text = TEXT.replace("host: smtp.example.org", server)
    settings = CheckSettings(secrets=SiteSecrets(folder / "secrets.yaml", {}))
    checked = check_text(text, "statements.yaml", Registry.installed(), settings)
    assert checked.graph is not None
    site = site_in(folder)
    site.simulate = False
    runtime = Runtime(checked.graph, clock=clock, site=site, state_path=folder / "state.sqlite")
    runtime.start()
    try:
        yield runtime
    finally:
        runtime.stop()


def charge(folder: Path) -> None:
    """Let the company car charge on the fifteenth of January."""
    with ledger_in(folder) as ledger:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        ledger.prices.add(PriceVersion(UUID(int=1), since, Decimal("0.35"), "EUR"))
        ledger.accounts.add("vehicle", "Kangoo", plate="AB-123-C")
        ledger.sessions.record(SessionStarted.sample(attribution=Attribution(vehicle="Kangoo")))
        ledger.sessions.record(SessionEnded.sample())


def said(letter: EmailMessage) -> tuple[str, str]:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(letter["Subject"]), str(body.get_content())


def test_on_the_first_of_the_month_payroll_has_a_letter_with_the_pdf(tmp_path: Path) -> None:
    charge(tmp_path)
    with post_office() as office, running(tmp_path, office.port, VirtualClock(LAST_DAY)) as runtime:
        runtime.run_for(DAY_S)
    (letter,) = office.taken
    subject, text = said(letter)
    assert (subject, "€ 3,50." in text) == ("Overzicht van januari 2026: Kangoo", True)
    (pdf,) = letter.iter_attachments()
    assert str(pdf.get_filename()).endswith(".nl.pdf")
    (kept,) = (tmp_path / "reports").rglob("*-v1.nl.pdf")
    assert pdf.get_payload(decode=True) == kept.read_bytes()
    assert office.envelopes == [("garage@example.org", ("payroll@example.com",))]


def test_after_months_without_mains_each_month_has_its_letter_in_order(tmp_path: Path) -> None:
    charge(tmp_path)
    clock = VirtualClock(LAST_DAY)
    with post_office() as office:
        with running(tmp_path, office.port, clock) as runtime:
            runtime.run_for(DAY_S)
        clock.advance_to(clock.monotonic() + timedelta(days=100).total_seconds())
        with running(tmp_path, office.port, clock) as runtime:
            runtime.run_for(DAY_S)
    assert [said(letter)[0] for letter in office.taken] == [
        f"Overzicht van {month} 2026: Kangoo" for month in ("januari", "februari", "maart", "april")
    ]


def test_a_letter_that_is_not_taken_is_sent_again_and_issued_once(tmp_path: Path) -> None:
    charge(tmp_path)
    with (
        post_office("451 try later", "451 try later", "250 taken") as office,
        running(tmp_path, office.port, VirtualClock(LAST_DAY)) as runtime,
    ):
        runtime.run_for(DAY_S)
    assert len(office.taken) == 1
    with ledger_in(tmp_path) as ledger:
        numbers = [(one.number, one.version) for one in ledger.statements.all()]
    assert sorted(numbers) == [("bench-202601", 1), ("bench-202601-2", 1)]
