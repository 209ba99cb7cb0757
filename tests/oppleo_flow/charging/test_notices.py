"""What people are told, in words, in both languages."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from oppleo_flow.charging.notices import Notices, Told
from oppleo_flow.flow_events import FlowStarted, FlowStopping, NodeChanged
from oppleo_flow.payloads import (
    BackupMade,
    Failure,
    Notification,
    Rejected,
    RejectReason,
    ReportWritten,
    SessionBilled,
    SessionEnded,
    SessionStarted,
)
from oppleo_flow.wording import LANGUAGES, wording

ZONE = ZoneInfo("Europe/Amsterdam")
SESSION = "00000000-0000-4000-8000-000000000001"


def notices(language: str) -> Notices:
    return Notices(wording(language), ZONE, "garage")


@pytest.mark.parametrize(
    ("payload", "english", "dutch"),
    [
        pytest.param(
            SessionStarted.sample(),
            ("Session of family", "Began on 15 January 2026, 13:00."),
            ("Laadsessie van family", "Begonnen op 15 januari 2026, 13:00."),
            id="a session begins, by the local clock",
        ),
        pytest.param(
            SessionStarted.sample(clock_uncertain=True),
            (
                "Session of family",
                "Began just now; the clock of the charge point is not right yet.",
            ),
            (
                "Laadsessie van family",
                "Zojuist begonnen; de klok van het laadpunt staat nog niet goed.",
            ),
            id="a session begins by a clock that is not right",
        ),
        pytest.param(
            SessionEnded.sample(),
            ("Charged 10.0 kWh", "family: 2 h 00 min, ended with the card."),
            ("Geladen: 10,0 kWh", "family: 2 u 00 min, beëindigd met de pas."),
            id="a session ends",
        ),
        pytest.param(
            SessionEnded.sample(energy_wh=None, reason="thunder"),
            ("Charged unknown energy", "family: 2 h 00 min, ended: thunder."),
            ("Geladen: onbekende hoeveelheid", "family: 2 u 00 min, beëindigd: thunder."),
            id="unknown energy is called unknown",
        ),
        pytest.param(
            SessionBilled.sample(),
            ("Charged 10.0 kWh, €3.50", "family: 1 h 00 min."),
            ("Geladen: 10,0 kWh, € 3,50", "family: 1 u 00 min."),
            id="what a session costs",
        ),
        pytest.param(
            SessionBilled.sample(amount=None),
            ("Charged 10.0 kWh, price unknown", "family: 1 h 00 min."),
            ("Geladen: 10,0 kWh, prijs onbekend", "family: 1 u 00 min."),
            id="a price that is not known is not nothing",
        ),
        pytest.param(
            Rejected(uid="DEADBEEF", reason="expired"),
            ("Card refused", "DEADBEEF: this card is not valid any more."),
            ("Pas geweigerd", "DEADBEEF: deze pas is verlopen."),
            id="a card that is refused",
        ),
        pytest.param(
            ReportWritten.sample(sessions=1, energy_wh=49),
            ("Statement of January 2026", "1 session, 0.0 kWh, €10.50."),
            ("Overzicht van januari 2026", "1 sessie, 0,0 kWh, € 10,50."),
            id="a statement of one session",
        ),
        pytest.param(
            ReportWritten.sample(energy_unknown=2),
            (
                "Statement of January 2026",
                "3 sessions, 30.0 kWh, €10.50. The energy of 2 sessions is unknown.",
            ),
            (
                "Overzicht van januari 2026",
                "3 sessies, 30,0 kWh, € 10,50. Van 2 sessies is de energie onbekend.",
            ),
            id="a statement that leaves energy out",
        ),
        pytest.param(
            ReportWritten.sample(price_unknown=1),
            (
                "Statement of January 2026",
                "3 sessions, 30.0 kWh, €10.50. "
                "The price of 1 session is unknown: it is not in the amount.",
            ),
            (
                "Overzicht van januari 2026",
                "3 sessies, 30,0 kWh, € 10,50. "
                "Van 1 sessie is de prijs onbekend: die zit niet in het bedrag.",
            ),
            id="a statement that leaves money out",
        ),
        pytest.param(
            ReportWritten.sample(number="garage-202601-2", version=3, selection=("family", "van")),
            (
                "Statement of January 2026: family, van",
                "Number garage-202601-2, version 3. 3 sessions, 30.0 kWh, €10.50.",
            ),
            (
                "Overzicht van januari 2026: family, van",
                "Nummer garage-202601-2, versie 3. 3 sessies, 30,0 kWh, € 10,50.",
            ),
            id="a statement with a number, of some sessions only",
        ),
        pytest.param(
            Failure.sample(node="led", error="DeviceError", message="no pin"),
            ("Failure: led", "DeviceError: no pin"),
            ("Mislukt: led", "DeviceError: no pin"),
            id="a failure",
        ),
        pytest.param(
            NodeChanged.sample(code="meter-silent"),
            ("The meter is silent", "unit 1: no answer"),
            ("De meter antwoordt niet", "adres 1: geen antwoord"),
            id="a meter that is silent",
        ),
        pytest.param(
            NodeChanged.sample(node="rfid", code="reader-silent"),
            ("Fault: rfid", "unit 1: no answer"),
            ("Storing: rfid", "adres 1: geen antwoord"),
            id="a fault",
        ),
        pytest.param(
            FlowStarted.sample(),
            ("garage has started", "On 15 January 2026, 13:00."),
            ("garage is gestart", "Op 15 januari 2026, 13:00."),
            id="a start",
        ),
        pytest.param(
            FlowStopping.sample(),
            ("garage stops", "On 15 January 2026, 13:00."),
            ("garage stopt", "Op 15 januari 2026, 13:00."),
            id="a stop",
        ),
    ],
)
def test_a_payload_in_words(payload: Told, english: object, dutch: object) -> None:
    told = [notices(language).of(payload) for language in ("en", "nl")]

    assert [(note.title, note.text) for note in told if note] == [english, dutch]


@pytest.mark.parametrize(
    ("payload", "event", "key", "priority", "state"),
    [
        pytest.param(
            SessionStarted.sample(), "session-started", f"start:{SESSION}", 0, None, id="a start"
        ),
        pytest.param(
            SessionEnded.sample(), "session-ended", f"end:{SESSION}", 0, None, id="an end"
        ),
        pytest.param(
            SessionBilled.sample(), "session-ended", f"bill:{SESSION}", 0, None, id="a bill"
        ),
        pytest.param(Rejected.sample(), "card-rejected", "card:DEADBEEF", 0, None, id="a card"),
        pytest.param(ReportWritten.sample(), "statement-ready", "", 0, None, id="a statement"),
        pytest.param(
            Failure.sample(), "fault", "failure:meter:DeviceTimeout", 1, None, id="a failure"
        ),
        pytest.param(NodeChanged.sample(), "fault", "meter.no-answer", 1, "raised", id="a fault"),
        pytest.param(
            NodeChanged.sample(kind="clear"),
            *("fault", "meter.no-answer", 0, "cleared"),
            id="the end of a fault",
        ),
        pytest.param(
            NodeChanged.sample(code="meter-silent"),
            *("meter-silent", "meter.meter-silent", 1, "raised"),
            id="a meter that is silent",
        ),
        pytest.param(
            NodeChanged.sample(node="backup", code="backup-failed"),
            *("backup", "backup.backup-failed", 1, "raised"),
            id="a backup that failed",
        ),
        pytest.param(
            NodeChanged.sample(node="backup", code="backup-failed", kind="clear"),
            *("backup", "backup.backup-failed", 0, "cleared"),
            id="one that succeeds after it",
        ),
        pytest.param(
            BackupMade.sample(),
            *("backup", f"backup:{BackupMade.sample().sha256}", 0, None),
            id="a backup",
        ),
        pytest.param(FlowStarted.sample(), "process", "", 0, None, id="the program"),
    ],
)
def test_a_notification_says_what_it_is_about(
    payload: Told, event: str, key: str, priority: int, state: str | None
) -> None:
    note = notices("en").of(payload)

    assert note is not None
    assert (note.event, note.key, note.priority, note.state) == (event, key, priority, state)


@pytest.mark.parametrize(
    ("language", "title", "text"),
    [
        ("en", "Backup made", "b.tar.gz, 1.5 MB, verified; 2 copies."),
        ("nl", "Back-up gemaakt", "b.tar.gz, 1,5 MB, gecontroleerd; 2 kopieën."),
    ],
)
def test_a_backup_tells_its_size_and_copies(language: str, title: str, text: str) -> None:
    made = BackupMade.sample(file="backups/b.tar.gz", size=1_460_000, copies=("a", "b"))

    note = notices(language).of(made)

    assert note is not None
    assert (note.title, note.text) == (title, text)


def test_a_statement_comes_with_its_files() -> None:
    note = notices("en").of(ReportWritten.sample(files=("a.pdf", "a.xlsx")))

    assert note is not None
    assert note.files == ("a.pdf", "a.xlsx")


def test_a_notification_goes_as_it_is() -> None:
    note = Notification("a", "b", priority=2)

    assert notices("nl").of(note) is note


@pytest.mark.parametrize("kind", ["status", "safe"])
def test_nobody_is_told_of_what_is_no_fault(kind: str) -> None:
    assert notices("en").of(NodeChanged.sample(kind=kind)) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", get_args(RejectReason))
def test_every_reason_to_refuse_a_card_has_words(language: str, reason: RejectReason) -> None:
    note = notices(language).of(Rejected(uid="DEADBEEF", reason=reason))

    assert note is not None
    assert reason not in note.text.split(": ")[1] or reason in ("unknown", "disabled", "expired")


def test_what_is_over_says_how_long_it_lasted() -> None:
    raised = notices("en").of(NodeChanged.sample(code="meter-silent"))
    assert raised is not None

    over = notices("nl").over(raised, timedelta(minutes=65))

    assert (over.title, over.text, over.priority, over.state) == (
        "Opgelost: The meter is silent",
        "Het duurde 1 u 05 min. Het was: unit 1: no answer",
        0,
        "cleared",
    )


def test_a_digest_has_a_line_each_and_the_files_of_all() -> None:
    at = datetime(2026, 1, 15, 1, 30, tzinfo=UTC)
    held = [
        (at, Notification("A", "one", files=("x",))),
        (at, Notification("B", "two", 1, files=("x", "y"))),
    ]

    assert notices("nl").digest(held, left_out=7) == Notification(
        "9 berichten", "02:30 A: one\n02:30 B: two\nNog 7.", 1, files=("x", "y")
    )
