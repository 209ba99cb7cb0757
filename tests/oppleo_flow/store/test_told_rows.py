"""What people were told is written down, once each, and the newest are kept."""

from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.charging.told import ToldOnce
from oppleo_flow.store import open_ledger
from oppleo_flow.store.told_rows import KEPT

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def once(number: int = 1, **values: object) -> ToldOnce:
    facts = {
        "node": "push",
        "told_id": f"id-{number}",
        "at": NOON + timedelta(seconds=number),
        "event": "fault",
        "priority": 1,
        "title": "Fault: meter",
        "text": "no answer",
        "result": "sent",
    }
    return ToldOnce(**(facts | values))


@pytest.fixture
def told(location):
    with open_ledger(location, "cp") as ledger:
        yield ledger.told


def test_what_was_told_is_found_again_the_newest_first(told):
    told.record(once(1))
    told.record(once(2, result="failed", error="Connection refused"))

    assert told.newest() == [once(2, result="failed", error="Connection refused"), once(1)]


def test_another_try_of_the_same_takes_the_first_s_place_and_is_counted(told):
    told.record(once(1, result="unknown", error="no answer in 10 s"))
    told.record(once(1, at=NOON + timedelta(hours=1)))

    assert told.newest() == [once(1, at=NOON + timedelta(hours=1), tries=2)]


def test_the_same_message_of_two_nodes_is_two(told):
    told.record(once(1))
    told.record(once(1, node="mail"))

    assert len(told.newest()) == 2


def test_only_the_newest_are_kept(told):
    for number in range(KEPT + 5):
        told.record(once(number))

    kept = told.newest(2 * KEPT)

    assert (len(kept), kept[-1].told_id) == (KEPT, "id-5")


def test_a_charge_point_sees_its_own_only(location, told):
    told.record(once(1))
    with open_ledger(location, "cp") as same:
        assert len(same.told.newest()) == 1
