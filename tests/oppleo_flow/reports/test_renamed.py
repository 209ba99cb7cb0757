"""Statements of somebody, or of a card, that has another name since it was issued."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.issued import Change
from oppleo_flow.charging.selection import Selection
from oppleo_flow.charging.tokens import card_token
from oppleo_flow.payloads import NOBODY, Attribution, SessionEnded, SessionStarted
from oppleo_flow.reports import ReportRequest
from oppleo_flow.reports.archive import Archive
from oppleo_flow.reports.build import report
from oppleo_flow.store import Ledger
from tests.oppleo_flow.reports.issuing import NOON, ledger_of, request_in

FAMILY, WORK = UUID(int=71), UUID(int=72)


@pytest.fixture
def wanted(tmp_path: Path) -> ReportRequest:
    return replace(request_in(tmp_path), formats=("csv",))


@pytest.fixture
def ledger(wanted: ReportRequest):
    with ledger_of(wanted) as opened:
        opened.accounts.add("driver", "Anna")
        opened.accounts.add("vehicle", "van")
        opened.accounts.add("cost-centre", "4711")
        for token_id, uid, label in ((FAMILY, "04A1B2C3", "family"), (WORK, "04D4E5F6", "work")):
            opened.tokens.add(card_token(token_id, uid, label), NOON)
        charge(opened, 1, FAMILY, "family", Attribution("Anna", "van", None, "4711"))
        charge(opened, 2, WORK, "work")
        yield opened


def charge(
    ledger: Ledger, number: int, token_id: UUID, label: str, of: Attribution = NOBODY
) -> None:
    """Record a session of January, an hour and 4 kWh long."""
    at = NOON + timedelta(days=number)
    session = {"session_id": UUID(int=number), "token_id": token_id, "label": label}
    session |= {"started_at": at, "meter_start_wh": 2_000_000 + number * 4_000}
    ledger.sessions.record(SessionStarted.sample(**session, attribution=of))
    end_wh = session["meter_start_wh"] + 4_000
    ended = {"ended_at": at + timedelta(hours=1), "meter_end_wh": end_wh, "energy_wh": 4_000}
    ledger.sessions.record(SessionEnded.sample(**session, **ended))


def issued(wanted: ReportRequest, **selection: str) -> tuple[str | None, int | None, int]:
    written = report(replace(wanted, selection=Selection(**selection)))
    return written.number, written.version, written.sessions


@pytest.mark.parametrize(
    ("purpose", "kind", "before"),
    [
        ("driver", "driver", "Anna"),
        ("vehicle", "vehicle", "van"),
        ("cost_centre", "cost-centre", "4711"),
    ],
)
def test_the_statement_of_somebody_renamed_is_a_new_version_of_the_same_number(
    ledger, wanted, purpose, kind, before
):
    assert issued(wanted, **{purpose: before}) == ("cp-202601", 1, 1)
    ledger.accounts.rename(kind, before, "another")
    assert issued(wanted, **{purpose: "another"}) == ("cp-202601", 2, 1)
    assert issued(wanted, **{purpose: before}) == ("cp-202601", 2, 1)
    one, two = ledger.statements.all()
    assert dict(two.selection.said) == {purpose: "another"}
    assert (two.replaces, two.change) == (one.content_hash, Change(facts=("statement",)))
    archive = Archive(wanted.issue.archive, ledger)
    assert {file.verdict for each in (one, two) for file in archive.verify(each)} == {"sound"}


def test_the_statement_of_a_card_with_another_label_is_a_new_version_of_the_same_number(
    ledger, wanted
):
    assert issued(wanted, card="family") == ("cp-202601", 1, 1)
    ledger.tokens.change(replace(ledger.tokens.get(FAMILY), label="Anna's card"))
    assert issued(wanted, card="Anna's card") == ("cp-202601", 2, 1)
    assert issued(wanted, card="family") == ("cp-202601", 2, 1)


def test_a_card_that_takes_over_a_label_takes_over_neither_sessions_nor_a_number(ledger, wanted):
    assert issued(wanted, card="family") == ("cp-202601", 1, 1)
    ledger.tokens.change(replace(ledger.tokens.get(FAMILY), label="Anna's card"))
    ledger.tokens.change(replace(ledger.tokens.get(WORK), label="family"))
    assert issued(wanted, card="family") == ("cp-202601-2", 1, 1)
    assert issued(wanted, card="Anna's card") == ("cp-202601", 2, 1)
    first = {
        one.session_id: one for one in ledger.sessions.between(*wanted.period.bounds(wanted.zone))
    }
    assert first[UUID(int=1)].label == "family"


def test_a_session_that_was_corrected_to_another_card_is_that_cards(ledger, wanted):
    told = {"who": "Anna", "why": "the wrong card", "now": wanted.created_at}
    ledger.corrections.add(UUID(int=1), Changes(label="work"), **told)
    ledger.tokens.change(replace(ledger.tokens.get(FAMILY), label="Anna's card"))
    assert issued(wanted, card="work") == ("cp-202601", 1, 2)


def test_a_version_of_before_cards_were_kept_is_found_by_its_label(ledger, wanted):
    assert issued(wanted, card="family") == ("cp-202601", 1, 1)
    forget_cards(wanted)
    ledger.tokens.change(replace(ledger.tokens.get(FAMILY), label="Anna's card"))
    assert issued(wanted, card="Anna's card") == ("cp-202601", 2, 1)


def forget_cards(wanted: ReportRequest) -> None:
    """Leave the ledger's statements as an earlier version of the program wrote them."""
    with sqlite3.connect(wanted.ledger) as connection:
        connection.execute("UPDATE statements SET cards = NULL")
    connection.close()
