from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.charging.meters import MeterFacts, MeterSegment
from oppleo_flow.errors import Refused

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PLATE = MeterFacts("Eastron", "SDM630", "19001234", mid=True, calibration_year=2019)
OLD = MeterSegment("meter", NOON, PLATE, first_wh=100)
NEW = MeterSegment("meter", NOON + DAY, replace(PLATE, serial="24001234"), first_wh=7)


def test_a_meter_comes_back_as_it_was_added(ledger):
    bare = MeterSegment("house", NOON, MeterFacts())
    ledger.meters.add(OLD)
    ledger.meters.add(bare)
    assert ledger.meters.all() == [bare, OLD]
    assert ledger.meters.of("meter") == [OLD]


def test_what_is_known_of_a_meter_can_be_changed(ledger):
    ledger.meters.add(OLD)
    told = replace(PLATE, calibration_year=2020, register="total")
    ledger.meters.change("meter", told)
    assert ledger.meters.of("meter") == [replace(OLD, facts=told)]


def test_an_exchange_closes_one_with_its_last_register_and_opens_another_with_its_first(ledger):
    ledger.meters.add(OLD)
    closed = replace(OLD, until=NOON + DAY, last_wh=8_123_400)
    assert ledger.meters.exchange(8_123_400, NEW) == closed
    assert ledger.meters.of("meter") == [closed, NEW]
    assert ledger.meters.at("meter", NOON + DAY - timedelta(seconds=1)) == closed
    assert ledger.meters.at("meter", NOON + DAY) == NEW
    assert ledger.meters.at("meter", NOON - DAY) is None


@pytest.mark.parametrize(
    ("act", "message"),
    [
        pytest.param(
            lambda meters: meters.add(NEW),
            "meter 'meter': is known already; change it, or exchange it for another",
            id="twice",
        ),
        pytest.param(
            lambda meters: meters.change("house", PLATE),
            "meter 'house': is not known; add it with `oppleo-flow meters add`",
            id="one that nobody knows",
        ),
        pytest.param(
            lambda meters: meters.exchange(1, replace(NEW, since=NOON)),
            "meter 'meter': is there since 2026-01-15T12:00:00+00:00, "
            "got an exchange at 2026-01-15T12:00:00+00:00",
            id="before it was there",
        ),
        pytest.param(
            lambda meters: meters.exchange(1, replace(NEW, facts=PLATE)),
            "meter 'meter': serial: is '19001234' already, so it is the same one",
            id="for itself",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(ledger, act, message):
    ledger.meters.add(OLD)
    with pytest.raises(Refused) as error:
        act(ledger.meters)
    assert str(error.value) == message
    assert ledger.meters.all() == [OLD]
