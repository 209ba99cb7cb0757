"""`email` to a real mail server on this machine: what it gets, and what is known of it after."""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nodes.network.mail_server import MailServerConnection
from nodes.notify.email import Email, EmailConfig
from oppleo_flow import Ref
from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.smtp import SmtpServer
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.payloads import Failure, Notification, ReportWritten, SessionBilled
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.testing.bench import Bench, BenchSite, Run
from tests.nodes.notify.post_office import HANGS_UP, IS_SLOW, PostOffice, post_office

ME, PAYROLL = "me@example.org", "payroll@example.com"
NOTE = Notification("Charged", "10.0 kWh for 'family'")
AGAIN = OnError(retry=3, backoff_min_s=30.0, backoff_max_s=3600.0, then="dead-letter")


class RealMail(MailServerConnection):
    """The real server, also where all else is simulated."""

    type_name = "real-mail"

    def open(self) -> None:
        self._server = SmtpServer(self._account)


def told(
    office: PostOffice,
    *payloads: Any,
    folder: Path | None = None,
    server: dict[str, Any] | None = None,
    services: dict[type, Any] | None = None,
    on_error: OnError = AGAIN,
    **config: Any,
) -> Run:
    account = {"host": "127.0.0.1", "port": office.port, "security": "none", "sender": ME}
    site = BenchSite(folder=folder or Path.cwd(), services=services or {})
    bench = Bench(
        Email,
        {"mail": "mail", "to": ME} | config,
        connections={"mail": (RealMail, account | (server or {}))},
        on_error=on_error,
        site=site,
    )
    with bench:
        for payload in payloads:
            bench.send(payload)
        bench.advance(7200.0)
        return bench.run()


def plain(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def html(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def test_a_notification_is_a_letter_with_the_headers_that_it_must_have() -> None:
    with post_office() as office:
        run = told(office, NOTE, to=[ME, PAYROLL], server={"sender_name": "Garage – links"})

    (letter,) = office.taken
    assert (office.envelopes, run.failures, run.status) == (
        [(ME, (ME, PAYROLL))],
        [],
        "sent: Charged",
    )
    assert {name: letter[name] for name in ("From", "To", "Subject", "Date")} == {
        "From": f"Garage – links <{ME}>",
        "To": f"{ME}, {PAYROLL}",
        "Subject": "Charged",
        "Date": "Thu, 15 Jan 2026 12:00:00 +0000",
    }
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.org>")
    assert plain(letter) == "10.0 kWh for 'family'\n"


def test_the_html_says_the_same_and_means_nothing_by_it() -> None:
    with post_office() as office:
        told(office, Notification("a <b>", "x < y & z\nnext\n\nlast"))

    page = html(office.taken[0])
    assert "<h2>a &lt;b&gt;</h2><p>x &lt; y &amp; z<br>next</p><p>last</p>" in page
    assert '<html lang="en">' in page


def test_a_letter_is_in_the_language_of_its_reader() -> None:
    with post_office() as office:
        told(office, SessionBilled.sample(), language="nl")

    (letter,) = office.taken
    assert (letter["Subject"], plain(letter), letter["Content-Language"]) == (
        "Geladen: 10,0 kWh, € 3,50",
        "family: 1 u 00 min.\n",
        "nl",
    )


def test_a_line_that_begins_with_a_dot_arrives_as_it_is() -> None:
    with post_office() as office:
        told(office, Notification("Dots", ".\n..\n.end"))

    assert plain(office.taken[0]) == ".\n..\n.end\n"


@pytest.mark.parametrize(
    "title",
    ["a\nBcc: all@example.com", "a\r\nX-Mine: yes", "a\r\n\r\n<b>", "a\x0bX: 1", "a\u2028X: 1"],
)
def test_no_title_begins_a_header_of_its_own(title: str) -> None:
    with post_office() as office:
        run = told(office, Notification(title, "text"))

    (letter,) = office.taken
    assert run.failures == []
    assert (letter["Bcc"], letter["X-Mine"], letter["X"]) == (None, None, None)
    assert "\n" not in letter["Subject"]
    assert plain(letter) == "text\n"


def test_the_files_of_a_statement_go_along(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "statement.pdf").write_bytes(b"%PDF \x00\xff")
    (tmp_path / "reports" / "overzicht é.csv").write_text("a;b\r\n")
    report = ReportWritten.sample(files=("reports/statement.pdf", "reports/overzicht é.csv"))
    with post_office() as office:
        told(office, report, folder=tmp_path)

    pdf, csv = office.taken[0].iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type(), pdf.get_content()) == (
        "statement.pdf",
        "application/pdf",
        b"%PDF \x00\xff",
    )
    assert (csv.get_filename(), csv.get_content_type()) == ("overzicht é.csv", "text/csv")


def test_a_file_that_cannot_go_along_is_said(tmp_path: Path) -> None:
    with (tmp_path / "big.pdf").open("wb") as big:
        big.truncate(15_000_001)
    report = ReportWritten.sample(files=("gone.pdf", "big.pdf"))
    with post_office() as office:
        told(office, report, folder=tmp_path)

    (letter,) = office.taken
    assert list(letter.iter_attachments()) == []
    assert plain(letter).splitlines()[2:] == [
        "Could not be attached: gone.pdf (No such file or directory).",
        "",
        "Too large to be attached: big.pdf.",
    ]


def test_no_file_but_a_document_leaves_the_machine(tmp_path: Path) -> None:
    (tmp_path / "secrets.yaml").write_text("prowl_key: pa55word\n")
    note = NOTE.with_(files=("secrets.yaml", "/etc/hostname"))
    with post_office() as office:
        told(office, note, folder=tmp_path)

    (letter,) = office.taken
    assert list(letter.iter_attachments()) == []
    assert "Not attached, for it is no PDF, XLSX or CSV: secrets.yaml." in plain(letter)


def test_no_file_goes_along_where_that_is_not_wanted(tmp_path: Path) -> None:
    (tmp_path / "statement.pdf").write_bytes(b"%PDF")
    with post_office() as office:
        told(office, ReportWritten.sample(files=("statement.pdf",)), folder=tmp_path, attach=False)

    assert list(office.taken[0].iter_attachments()) == []


def test_an_answer_that_is_lost_is_tried_again_as_the_same_letter(tmp_path: Path) -> None:
    location = StoreLocation(tmp_path / "ledger.sqlite", lasting=False)
    with post_office(HANGS_UP, "250 taken") as office:
        run = told(office, NOTE, services={StoreLocation: location})

    first, second = office.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert (first["Date"], run.failures, run.status) == (second["Date"], [], "sent: Charged")
    with open_ledger(location, "bench") as ledger:
        (once,) = ledger.told.newest()
    assert (once.result, once.tries, once.title) == ("sent", 2, "Charged")


def test_where_every_answer_is_lost_it_says_that_it_does_not_know(tmp_path: Path) -> None:
    location = StoreLocation(tmp_path / "ledger.sqlite", lasting=False)
    with post_office(HANGS_UP) as office:
        run = told(office, NOTE, services={StoreLocation: location})

    (failure,) = run.failures
    assert failure.error == "ServiceTimeout"
    assert failure.message == (
        f"127.0.0.1:{office.port}: no answer after the whole message was sent "
        "(the connection broke); whether it was taken is not known"
    )
    with open_ledger(location, "bench") as ledger:
        (once,) = ledger.told.newest()
    assert (once.result, once.error, once.tries) == ("unknown", failure.message, 4)


def test_a_server_that_is_slow_with_its_answer_leaves_it_unknown_too() -> None:
    with post_office(IS_SLOW, "250 taken") as office:
        run = told(office, NOTE, server={"timeout": "1s"})

    assert (len(office.taken), run.failures, run.status) == (1, [], "sent: Charged")


def test_a_server_that_never_answers_a_letter_leaves_it_unknown_and_says_why() -> None:
    with post_office(IS_SLOW) as office:
        run = told(office, NOTE, server={"timeout": "1s"}, on_error=OnError(then="dead-letter"))

    (failure,) = run.failures
    assert (failure.error, "(no answer in time); whether it was taken" in failure.message) == (
        "ServiceTimeout",
        True,
    )


def test_two_letters_have_two_numbers() -> None:
    with post_office() as office:
        told(office, NOTE, NOTE, NOTE.with_(text="another"))

    assert len({letter["Message-ID"] for letter in office.taken}) == 3


def test_who_does_not_know_us_yet_gets_the_letter_later() -> None:
    with post_office(to={ME: ["451 come back in a minute", "250 known"]}) as office:
        run = told(office, NOTE)

    assert (len(office.taken), run.failures, run.faults) == (1, [], {})


def test_who_has_the_letter_does_not_get_it_again_for_who_has_not() -> None:
    with post_office(to={PAYROLL: ["451 later", "250 known"]}) as office:
        run = told(office, NOTE, to=[ME, PAYROLL])

    assert [to for _, to in office.envelopes] == [(ME,), (PAYROLL,)]
    assert (run.failures, run.faults) == ([], {})


def test_an_address_that_is_refused_keeps_nobody_else_from_the_letter() -> None:
    with post_office(to={PAYROLL: ["550 no such mailbox"]}) as office:
        run = told(office, NOTE, to=[ME, PAYROLL])

    assert [to for _, to in office.envelopes] == [(ME,)]
    assert run.failures == []
    assert run.faults == {"address-refused": f"not taken for {PAYROLL}: 550 no such mailbox"}


def test_a_letter_that_nobody_may_get_is_a_dead_letter_at_once() -> None:
    with post_office(to={ME: ["550 no such mailbox"]}) as office:
        run = told(office, NOTE)

    assert office.taken == []
    assert [(one.error, one.message) for one in run.failures] == [
        ("ServiceRefused", f"not taken for {ME}: 550 no such mailbox")
    ]
    assert set(run.faults) == {"refused", "address-refused"}


@pytest.mark.parametrize(
    ("answer", "error", "what"),
    [
        pytest.param("554 no spam", "ServiceRefused", "554 no spam", id="for good"),
        pytest.param("452 disk full", "ServiceError", "452 disk full", id="for now"),
    ],
)
def test_a_letter_that_is_not_taken_says_what_the_server_said(
    answer: str, error: str, what: str
) -> None:
    with post_office(answer) as office:
        run = told(office, NOTE)

    place = f"127.0.0.1:{office.port}"
    assert [(one.error, one.message) for one in run.failures] == [
        (error, f"{place}: does not take this message: {what}")
    ]


def test_a_server_that_is_away_is_tried_again() -> None:
    with post_office() as office:
        pass  # it has gone
    run = told(office, NOTE)

    assert [one.message for one in run.failures] == [
        f"127.0.0.1:{office.port}: cannot be reached: Connection refused"
    ]


def test_it_does_not_tell_of_its_own_failure() -> None:
    with post_office() as office:
        told(office, Failure.sample(node="node"))

    assert office.taken == []


def test_simulated_nothing_is_sent_and_the_letter_is_remembered() -> None:
    account = {"host": "smtp.example.org", "sender": ME}
    connections = {"mail": (MailServerConnection, account)}
    clock = VirtualClock(datetime(2026, 1, 15, 12, tzinfo=UTC))
    config = {"mail": "mail", "to": ME}
    with Bench(Email, config, connections=connections, clock=clock) as bench:
        bench.send(NOTE)
        mail: MailServerConnection = bench.node.use(Ref("mail"))

        assert [letter["Subject"] for letter in mail.would_have_sent] == ["Charged"]
        assert bench.run().status == "simulated, not sent: Charged"


@pytest.mark.parametrize(
    "address",
    [
        *("", "me", "me@", "@example.org", "me@example.org\nBcc: you@example.org"),
        *("Me <me@example.org>", "me@example.org,you@example.org", "me you@example.org"),
        *(".me@example.org", "m..e@example.org", "mé@example.org", "me@-example.org"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        EmailConfig(mail="mail", to=address)


def test_a_statement_that_is_addressed_to_a_driver_goes_to_their_own_address_alone(
    tmp_path: Path,
) -> None:
    (tmp_path / "statement.pdf").write_bytes(b"%PDF")
    location = StoreLocation(tmp_path / "ledger.sqlite")
    with open_ledger(location, "bench") as ledger:
        ledger.accounts.add("driver", "Anna")
        ledger.accounts.set_email("driver", "Anna", "anna@example.org")
    own = ReportWritten.sample(files=("statement.pdf",), addressed_to=("driver", "Anna"))
    whole = ReportWritten.sample(files=("statement.pdf",))
    with post_office() as office:
        told(office, own, whole, folder=tmp_path, services={StoreLocation: location}, to=PAYROLL)

    assert [to for _, to in office.envelopes] == [("anna@example.org",), (PAYROLL,)]
    assert [letter["To"] for letter in office.taken] == ["anna@example.org", PAYROLL]
    assert [part.get_filename() for part in office.taken[0].iter_attachments()] == ["statement.pdf"]


def test_what_is_addressed_to_somebody_without_an_address_is_sent_to_nobody(tmp_path: Path) -> None:
    location = StoreLocation(tmp_path / "ledger.sqlite")
    with open_ledger(location, "bench") as ledger:
        ledger.accounts.add("driver", "Anna")
    own = ReportWritten.sample(addressed_to=("driver", "Anna"))
    with post_office() as office:
        run = told(office, own, folder=tmp_path, services={StoreLocation: location})

    assert office.taken == []
    assert [failure.message for failure in run.failures] == [
        "driver 'Anna': has no e-mail address; nobody gets this"
    ]
