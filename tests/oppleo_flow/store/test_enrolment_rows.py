from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from oppleo_flow.charging.tokens import Enrolment
from oppleo_flow.errors import Refused
from oppleo_flow.store import open_ledger
from tests.oppleo_flow.store.test_session_rows import NOON

MINUTE = timedelta(minutes=1)
ARMED = Enrolment("guest", NOON, NOON + MINUTE)


def test_one_card_is_enrolled_and_no_other(ledger):
    ledger.enrolments.arm(ARMED)
    token = ledger.enrolments.enrol("DEADBEEF", "956397711138", NOON)
    assert (token.uid, token.label, token.enabled) == ("DEADBEEF", "guest", True)
    assert ledger.tokens.all() == [token]
    assert ledger.enrolments.enrol("04D4E5F6", "1", NOON) is None
    assert ledger.enrolments.armed(NOON) is None


def test_a_card_that_was_refused_before_is_the_same_token(ledger):
    ledger.tokens.note_refused("DEADBEEF", "956397711138", NOON)
    (before,) = ledger.tokens.all()
    ledger.enrolments.arm(ARMED)
    token = ledger.enrolments.enrol("DEADBEEF", "956397711138", NOON)
    assert ledger.tokens.all() == [replace(before, label="guest", enabled=True)] == [token]


def test_it_expires_and_can_be_taken_back_and_armed_anew(ledger):
    ledger.enrolments.arm(ARMED)
    assert ledger.enrolments.armed(NOON + MINUTE) is None
    assert ledger.enrolments.enrol("DEADBEEF", "1", NOON + MINUTE) is None
    later = Enrolment("office", NOON, NOON + 2 * MINUTE)
    ledger.enrolments.arm(later)
    assert ledger.enrolments.armed(NOON) == later
    ledger.enrolments.disarm()
    assert ledger.enrolments.armed(NOON) is None


def test_a_card_has_a_label(ledger):
    with pytest.raises(Refused) as error:
        ledger.enrolments.arm(replace(ARMED, label=" "))
    assert str(error.value) == ("a card is enrolled under a label; say what people call it")


def test_of_cards_at_two_readers_at_once_one_is_enrolled(location):
    with open_ledger(location, "cp") as ledger:
        ledger.enrolments.arm(ARMED)

        def swipe(number: int):
            return ledger.enrolments.enrol(f"0000000{number}", str(number), NOON)

        with ThreadPoolExecutor(4) as pool:
            enrolled = [one for one in pool.map(swipe, range(8)) if one is not None]
        assert ledger.tokens.all() == enrolled
        assert len(enrolled) == 1
