import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.session_filter import SORTS, SessionFilter
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.clock import Instant
from oppleo_flow.payloads import Attribution, SessionEnded, SessionStarted
from oppleo_flow.store import open_ledger
from oppleo_flow.store.database import Database, sqlite_engine
from oppleo_flow.store.session_list import SessionList, Sums

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(days=40)
PRICE = PriceVersion(UUID(int=99), NOON - timedelta(days=1), Decimal("0.30"), "EUR")


def visit(ledger, number, *, ends=True, **facts):
    """Let the `number`-th session take place, on a day of its own; return its id."""
    since = NOON + timedelta(days=number)
    start_wh = 1_000_000 * number
    begun = {
        "session_id": UUID(int=number),
        "started_at": since,
        "meter_start_wh": start_wh,
        **facts,
    }
    ledger.sessions.record(SessionStarted.sample(**begun))
    if ends:
        begun.pop("attribution", None)
        energy_wh = 1_000 * number
        until = {"ended_at": since + timedelta(hours=2), "meter_end_wh": start_wh + energy_wh}
        ledger.sessions.record(SessionEnded.sample(**begun, **until, energy_wh=energy_wh))
    return begun["session_id"]


@pytest.fixture
def visits(ledger):
    """Three sessions that are over, of two drivers, and one that is open."""
    ledger.prices.add(PRICE)
    anna = Attribution(driver="Anna", vehicle="van", plate="AB-1", cost_centre="Sales")
    visit(ledger, 1, label="blue", attribution=anna)
    visit(ledger, 2, label="red", attribution=Attribution(driver="Ben"))
    visit(ledger, 3, label="Blue two", attribution=anna)
    visit(ledger, 4, label="red", ends=False)
    return ledger.session_list


def numbers(page):
    return [one.session_id.int for one in page.items]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param(SessionFilter(), [4, 3, 2, 1], id="all, the newest first"),
        pytest.param(SessionFilter(card="red"), [4, 2], id="of a card"),
        pytest.param(SessionFilter(driver="Anna"), [3, 1], id="of a driver"),
        pytest.param(SessionFilter(driver=""), [], id="of nobody"),
        pytest.param(SessionFilter(vehicle="van", card="blue"), [1], id="of a vehicle and a card"),
        pytest.param(SessionFilter(cost_centre="Sales"), [3, 1], id="of a cost centre"),
        pytest.param(SessionFilter(state="open"), [4], id="open"),
        pytest.param(SessionFilter(state="closed"), [3, 2, 1], id="closed"),
        pytest.param(SessionFilter(state="void"), [], id="void"),
        pytest.param(SessionFilter(state="flagged"), [], id="flagged"),
        pytest.param(SessionFilter(text="BLUE ab-1"), [3, 1], id="by two words in any case"),
        pytest.param(SessionFilter(text="%"), [], id="a sign that a database reads"),
        pytest.param(SessionFilter(text="0000-000000000002"), [2], id="by a part of the id"),
        pytest.param(SessionFilter(text="000000000002 red"), [2], id="by its id and a name"),
        pytest.param(SessionFilter(text="0002"), [], id="by digits that are in many ids"),
        pytest.param(
            SessionFilter(since=NOON + timedelta(days=2), until=NOON + timedelta(days=3)),
            [2],
            id="of a time, without its end",
        ),
    ],
)
def test_a_filter_takes_those_that_fit(visits, wanted, found):
    page = visits.page(wanted)
    assert numbers(page) == found
    assert page.sums.sessions == len(found)


@pytest.mark.parametrize(
    ("sort", "descending", "found"),
    [
        ("started_at", False, [1, 2, 3, 4]),
        ("ended_at", True, [4, 3, 2, 1]),
        ("ended_at", False, [1, 2, 3, 4]),
        ("label", False, [3, 1, 2, 4]),
        ("label", True, [4, 2, 1, 3]),
        ("energy", True, [3, 2, 1, 4]),
        ("energy", False, [1, 2, 3, 4]),
        ("amount", True, [3, 2, 1, 4]),
    ],
)
def test_the_order_is_the_one_asked_for_and_what_is_unknown_comes_last(
    visits, sort, descending, found
):
    assert sort in SORTS
    page = visits.page(SessionFilter(), sort=sort, descending=descending)
    assert numbers(page) == found


def test_pages_follow_on_each_other_and_the_sums_are_of_all(visits):
    pages = [visits.page(SessionFilter(), offset=at, limit=3) for at in (0, 3, 6)]
    assert [numbers(page) for page in pages] == [[4, 3, 2], [1], []]
    assert {page.sums for page in pages} == {Sums(4, 6_000, Decimal("1.80"), 1)}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("descending", [False, True], ids=["the least first", "the most first"])
def test_many_are_listed_as_few_are(location, sort, descending):
    with open_ledger(location, "cp") as ledger:
        ledger.prices.add(PRICE)
        for number in range(1, 7):
            who = Attribution(driver="Anna" if number % 2 else "Ben")
            visit(ledger, number, label=f"card {number % 3}", attribution=who, ends=number < 6)
        few = ledger.session_list
        database = Database(sqlite_engine(location.path), "ledger", "cp")
        many = SessionList(database, few=0)
        wanted = [
            *(SessionFilter(driver="Anna"), SessionFilter(driver="Anna", card="card 1")),
            *(
                SessionFilter(text="card"),
                SessionFilter(text="nobody"),
                SessionFilter(state="open"),
            ),
        ]
        for one in wanted:
            for offset in range(5):
                how = {"sort": sort, "descending": descending, "offset": offset, "limit": 2}
                assert few.page(one, **how) == many.page(one, **how)
        database.close()


def test_a_correction_counts_at_once(ledger, visits):
    assert numbers(visits.page(SessionFilter(driver="Ben"))) == [2]
    changes = Changes(driver="Anna", label="green", meter_end_wh=2_000_500)
    ledger.corrections.add(UUID(int=2), changes, who="Zoë", why="her day", now=NOW)
    assert numbers(visits.page(SessionFilter(driver="Ben"))) == []
    assert numbers(visits.page(SessionFilter(driver="Anna", state="flagged"))) == [2]
    assert visits.page(SessionFilter(text="green")).sums == Sums(1, 500, Decimal("0.15"))
    ledger.corrections.add(UUID(int=2), Changes(void=True), who="Zoë", why="a test", now=NOW)
    assert visits.page(SessionFilter(state="void")).sums == Sums(1, 0, Decimal("0.00"))
    assert numbers(visits.page(SessionFilter(state="closed"))) == [3, 1]


def test_who_was_renamed_has_the_sessions_of_their_former_name_too(ledger, visits):
    ledger.accounts.add("driver", "Anna")
    ledger.accounts.rename("driver", "Anna", "Ann")
    changes = Changes(driver="Ann")
    ledger.corrections.add(UUID(int=2), changes, who="Otto", why="it was hers", now=NOW)
    assert numbers(visits.page(SessionFilter(driver="Ann"))) == [3, 2, 1]


def test_a_session_whose_end_was_lost_is_closed_by_the_next_one(ledger, visits):
    assert numbers(visits.page(SessionFilter(state="open"))) == [4]
    visit(ledger, 5, label="blue", ends=False)
    assert numbers(visits.page(SessionFilter(state="open"))) == [5]


def test_a_price_that_is_entered_late_counts(ledger):
    visit(ledger, 1)
    assert ledger.session_list.page(SessionFilter()).sums == Sums(1, 1_000, Decimal("0.00"), 1)
    assert numbers(ledger.session_list.page(SessionFilter(state="flagged"))) == [1]
    ledger.prices.add(PRICE)
    assert ledger.session_list.page(SessionFilter()).sums == Sums(1, 1_000, Decimal("0.30"))
    assert numbers(ledger.session_list.page(SessionFilter(state="flagged"))) == []


def test_a_price_that_is_entered_for_the_past_after_another_counts_too(ledger):
    session_id = visit(ledger, 1)
    ledger.prices.add(PRICE)
    ledger.session_list.page(SessionFilter())
    nearer = NOON + timedelta(hours=12)
    ledger.prices.add(PriceVersion(UUID(int=98), nearer, Decimal("0.40"), "EUR"))
    page = ledger.session_list.page(SessionFilter())
    assert ledger.sessions.get(session_id).amount == Decimal("0.40")
    assert page.sums.total == Decimal("0.40")


def test_a_session_is_found_at_its_right_time_once_that_is_known(ledger):
    wrong = NOON - timedelta(days=300)
    stamp = Instant("boot", 60.0, wrong, trusted=False)
    facts = {"started_at": wrong, "stamp": stamp, "clock_uncertain": True}
    ledger.sessions.record(SessionStarted.sample(**facts))
    this_year = SessionFilter(since=datetime(2026, 1, 1, tzinfo=UTC))
    assert ledger.session_list.page(this_year).sums.sessions == 0
    ledger.clock.date(Instant("boot", 120.0, NOON, trusted=True))
    (found,) = ledger.session_list.page(this_year).items
    assert found.started_at == NOON - timedelta(seconds=60)


def test_the_sums_of_several_times_are_those_of_what_ended_in_each(visits):
    days = [NOON + timedelta(days=day) for day in (0, 2, 5, 9)]
    nothing = Sums(0, 0, Decimal("0.00"))
    assert visits.sums_between(days) == [
        Sums(1, 1_000, Decimal("0.30")),
        Sums(2, 5_000, Decimal("1.50")),
        nothing,
    ]
    bens = visits.sums_between(days, "Ben")
    assert [one.sessions for one in bens] == [0, 1, 0]
    assert visits.sums_between(days, "nobody") == [nothing] * 3
    ended = NOON + timedelta(days=1, hours=2)
    at_the_edge = visits.sums_between([ended - timedelta(days=1), ended, NOON + timedelta(days=2)])
    assert [one.sessions for one in at_the_edge] == [0, 1]
    assert visits.first_end(SessionFilter()) == NOON + timedelta(days=1, hours=2)
    assert visits.first_end(SessionFilter(driver="Ben")) == NOON + timedelta(days=2, hours=2)


def test_the_names_are_those_that_sessions_bear(visits):
    names = visits.names()
    assert names == (["Blue two", "blue", "red"], ["Anna", "Ben"], ["van"], ["Sales"])
    assert visits.names(driver="Ben") == (["red"], ["Ben"], [], [])


def test_what_was_written_past_the_index_is_found_by_the_next_process(location):
    with open_ledger(location, "cp") as ledger:
        visit(ledger, 1)
        assert numbers(ledger.session_list.page(SessionFilter())) == [1]
    with sqlite3.connect(location.path) as connection:
        connection.execute("DELETE FROM session_index")
        connection.execute("DELETE FROM session_stale")
    connection.close()
    with open_ledger(location, "cp") as ledger:
        assert numbers(ledger.session_list.page(SessionFilter())) == [1]


def test_an_end_that_was_written_past_the_index_is_found_by_the_next_process(location):
    with open_ledger(location, "cp") as ledger:
        visit(ledger, 1, ends=False)
        assert numbers(ledger.session_list.page(SessionFilter(state="open"))) == [1]
        visit(ledger, 1)
    with sqlite3.connect(location.path) as connection:
        connection.execute("DELETE FROM session_stale")
    connection.close()
    with open_ledger(location, "cp") as ledger:
        assert numbers(ledger.session_list.page(SessionFilter(state="open"))) == []


def test_who_waits_to_write_gets_a_turn_while_many_sessions_are_looked_at_first(location):
    rests = []

    def rest(seconds):
        rests.append(seconds)
        with sqlite3.connect(location.path, timeout=0) as other:
            other.execute("BEGIN IMMEDIATE")
        other.close()

    with open_ledger(location, "cp") as ledger:
        for number in range(1, 6):
            visit(ledger, number)
        database = Database(sqlite_engine(location.path), "ledger", "cp")
        sessions = SessionList(database, at_once=2, rest=rest)
        assert sessions.page(SessionFilter()).sums.sessions == 5
        database.close()
    assert len(rests) == 2
    assert min(rests) > 0


def test_all_of_them_come_one_by_one_for_an_export(visits):
    visits.page(SessionFilter())
    found = visits.each(SessionFilter(state="closed"), sort="energy", descending=False, at_once=2)
    assert [one.session_id.int for one in found] == [1, 2, 3]
