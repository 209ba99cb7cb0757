"""What happened is kept for the page, in words, and nothing twice."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from oppleo_flow.payloads import (
    CardSeen,
    Notification,
    Rejected,
    SessionBilled,
    SessionEnded,
    SessionStarted,
)
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.testing.full_disk import fill, make_room
from webui.noticing import Noticing
from webui.ports import SiteFacts

BEGAN = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


class Heard:
    """What is written of what a flow does while it is listened to."""

    def __init__(self, runtime, ledger, **facts):
        self.runtime, self.ledger = runtime, ledger
        self.site = SiteFacts(books=lambda: ledger, timezone="Europe/Amsterdam", **facts)

    def while_(self, happens):
        noticing = Noticing(self.runtime, self.site).start()
        happens()
        noticing.close()
        newest = [one for one in reversed(self.ledger.told.newest()) if one.node == "page"]
        return [(one.event, one.title, one.text) for one in newest]


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "garage") as ledger:
        yield ledger


@pytest.fixture
def heard(runtime, ledger):
    return Heard(runtime, ledger)


def test_a_session_and_a_card_that_is_refused_are_told(heard, runtime):
    def happens():
        runtime.send("session", "started", SessionStarted.sample(started_at=BEGAN))
        runtime.send("authorise", "rejected", Rejected("DEADBEEF", "unknown"))
        runtime.send("session", "ended", SessionEnded.sample())

    assert heard.while_(happens) == [
        ("session-started", "Session of family", "Began on 15 January 2026, 13:00."),
        ("card-rejected", "Card refused", "DEADBEEF: nobody knows this card."),
        ("session-ended", "Charged 10.0 kWh", "family: 2 h 00 min, ended with the card."),
    ]


def test_where_a_ledger_bills_the_end_is_told_once_with_its_price(make_runtime, ledger):
    runtime = make_runtime(("session", "charge-session"), ("ledger", "ledger"))

    def happens():
        runtime.send("session", "ended", SessionEnded.sample())
        runtime.send("ledger", "billed", SessionBilled.sample(amount=Decimal("3.50")))

    told = Heard(runtime, ledger).while_(happens)
    assert [title for _, title, _ in told] == ["Charged 10.0 kWh, €3.50"]


def test_a_fault_is_told_and_that_it_is_over(heard, runtime):
    def happens():
        runtime.fault("meter", "unit 1: no answer", code="meter-silent")
        runtime.clear("meter")

    assert [title for _, title, _ in heard.while_(happens)] == [
        "The meter is silent",
        "Over: The meter is silent",
    ]


def test_a_fault_that_is_open_already_is_told(heard, runtime):
    runtime.fault("evse", "GPIO 5: reads high", code="not-safe")
    assert heard.while_(lambda: None) == [("fault", "Fault: evse", "GPIO 5: reads high")]


def test_the_same_again_within_minutes_is_told_once(heard, runtime):
    def happens():
        for _ in range(5):
            runtime.send("authorise", "rejected", Rejected("DEADBEEF", "unknown"))

    assert len(heard.while_(happens)) == 1


def test_what_a_node_has_to_say_is_told_unless_it_only_passes_it_on(make_runtime, ledger):
    runtime = make_runtime(("reminder", "plug-reminder"), ("owner", "recipient"))

    def happens():
        runtime.send("reminder", "out", Notification("Plug in", "It is ten"))
        runtime.send("owner", "out", Notification("Plug in", "It is ten"))
        runtime.send("reminder", "out", CardSeen.sample())

    assert Heard(runtime, ledger).while_(happens) == [("message", "Plug in", "It is ten")]


def test_it_is_told_in_the_language_of_the_site(runtime, ledger):
    dutch = Heard(runtime, ledger, language="nl")

    def happens():
        runtime.send("authorise", "rejected", Rejected("DEADBEEF", "unknown"))

    assert [title for _, title, _ in dutch.while_(happens)] == ["Pas geweigerd"]


def test_a_ledger_that_cannot_be_written_is_said_once_and_it_goes_on(
    heard, runtime, ledger, tmp_path, caplog
):
    ledger.told.newest()  # so that the file is there
    fill(tmp_path / "ledger.sqlite")

    def happens():
        for number in range(3):
            runtime.send("authorise", "rejected", Rejected(f"0{number}", "unknown"))

    assert heard.while_(happens) == []
    assert len([one for one in caplog.records if "cannot be kept" in one.message]) == 1
    make_room(tmp_path / "ledger.sqlite")
