"""What the ledger keeps of a session's price: slices, written once with the end of the session."""

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from alembic import command
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.payloads import (
    MarketPrice,
    MarketPrices,
    MeterReading,
    SessionEnded,
    SessionLatched,
    SessionSettled,
    SessionStarted,
)
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.store.database import sqlite_engine
from oppleo_flow.store.migrate import alembic_config
from tests.oppleo_flow.charging.prices import DUAL, DYNAMIC, FLAT

EDGE = datetime(2026, 1, 15, 22, 0, tzinfo=UTC)  # 23:00 in Amsterdam
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
SERIAL = "19001234"
STARTED = SessionStarted.sample(started_at=EDGE - HOUR, meter_start_wh=1_000)
ENDED = SessionEnded.sample(
    started_at=EDGE - HOUR,
    ended_at=EDGE + HOUR,
    meter_start_wh=1_000,
    meter_end_wh=9_000,
    energy_wh=8_000,
)
ID = STARTED.session_id


def reading(at: datetime, energy_wh: int, **more) -> MeterReading:
    return MeterReading.sample(time=at, energy_import_wh=energy_wh, **more)


NEAR = (reading(EDGE - 5 * SECOND, 4_000), reading(EDGE + 5 * SECOND, 4_030))


def charged(ledger: Ledger, *readings: MeterReading, ended: SessionEnded = ENDED) -> None:
    ledger.sessions.record(STARTED)
    ledger.readings.record(readings)
    ledger.sessions.record(ended)


def told(ledger: Ledger) -> list[tuple]:
    (session,) = ledger.sessions.latest(1)
    return [(one.energy_wh, one.kind, one.per_kwh, one.estimated) for one in session.slices]


def kept(location: StoreLocation) -> list[tuple]:
    with closing(sqlite3.connect(location.path)) as connection:
        query = "SELECT start_wh, end_wh, kind, per_kwh, estimated FROM slices ORDER BY number"
        return connection.execute(query).fetchall()


def test_a_session_of_a_flat_price_has_one_slice(ledger, location):
    ledger.prices.add(FLAT)
    charged(ledger)
    assert told(ledger) == [(8_000, "flat", Decimal("0.35"), False)]
    assert kept(location) == [(1_000, 9_000, "flat", "0.35", 0)]
    assert ledger.sessions.latest(1)[0].amount == Decimal("2.80")


def test_energy_is_cut_where_the_off_peak_hours_begin(ledger):
    """D14 of the original: one flat price, so that a dual tariff cannot be billed."""
    ledger.prices.add(DUAL)
    charged(ledger, *NEAR)
    assert told(ledger) == [
        (3_015, "peak", Decimal("0.363"), False),
        (4_985, "off-peak", Decimal("0.2783"), False),
    ]
    (session,) = ledger.sessions.latest(1)
    # 1.094445 and 1.3873255, rounded once, together.
    assert (session.amount, session.flags) == (Decimal("2.48"), ())


def test_a_session_over_a_change_of_the_price_pays_each_for_its_time(ledger):
    """D14 of the original: no history of prices, and one price for all of a session."""
    ledger.prices.add(FLAT)
    ledger.prices.add(PriceVersion(UUID(int=9), EDGE, Decimal("0.5"), "EUR"))
    charged(ledger, *NEAR)
    assert told(ledger) == [
        (3_015, "flat", Decimal("0.35"), False),
        (4_985, "flat", Decimal("0.5"), False),
    ]
    assert ledger.sessions.latest(1)[0].price == FLAT


def test_without_readings_near_the_edge_the_share_is_estimated_and_says_so(ledger):
    ledger.prices.add(DUAL)
    charged(ledger)
    assert [(energy, estimated) for energy, _, _, estimated in told(ledger)] == [
        (4_000, True),
        (4_000, True),
    ]
    assert ledger.sessions.latest(1)[0].flags == ("estimated",)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"serial": "other"}, id="a meter with another number"),
        pytest.param({"meter": "house", "serial": "other"}, id="the meter of the house"),
    ],
)
def test_readings_of_another_meter_cut_nothing(ledger, other):
    ledger.prices.add(DUAL)
    charged(ledger, *NEAR, reading(EDGE, 8_888, **other))
    assert told(ledger)[0][0] == 3_015


def test_of_two_meters_that_do_not_tell_their_number_neither_is_believed(ledger):
    ledger.prices.add(DUAL)
    ledger.sessions.record(STARTED.with_(meter_serial=None))
    for meter in ("meter", "house"):
        ledger.readings.record([reading(EDGE, 4_444, meter=meter, serial=None)])
    ledger.sessions.record(ENDED)
    assert [estimated for *_, estimated in told(ledger)] == [True, True]


def test_what_was_used_before_a_late_register_is_in_no_slice(ledger):
    ledger.prices.add(DUAL)
    begun = STARTED.with_(meter_start_wh=None, meter_start_quality="unknown", meter_serial=None)
    ledger.sessions.record(begun)
    late = SessionLatched.sample(
        latched_at=EDGE + HOUR / 2, meter_start_wh=1_000, meter_serial=SERIAL
    )
    ledger.sessions.record(late)
    ledger.sessions.record(ENDED)
    assert told(ledger) == [(8_000, "off-peak", Decimal("0.2783"), False)]


def test_a_session_whose_end_register_came_late_has_its_slices_then(ledger, location):
    ledger.prices.add(DUAL)
    silent = {"meter_end_wh": None, "meter_end_quality": "unknown", "energy_wh": None}
    charged(ledger, *NEAR, ended=ENDED.with_(**silent))
    assert kept(location) == []
    settled = SessionSettled.sample(
        session_id=ID, settled_at=EDGE + 2 * HOUR, meter_end_wh=9_000, energy_wh=8_000
    )
    ledger.sessions.record(settled)
    assert [energy for energy, *_ in told(ledger)] == [3_015, 4_985]
    assert len(kept(location)) == 2


def test_an_unknown_energy_has_no_slices_and_no_amount(ledger, location):
    ledger.prices.add(DUAL)
    charged(ledger, ended=ENDED.with_(meter_end_wh=None, energy_wh=None))
    assert (told(ledger), kept(location)) == ([], [])
    assert ledger.sessions.latest(1)[0].amount is None


def test_a_price_once_kept_stays_whatever_is_entered_afterwards(ledger):
    ledger.prices.add(DUAL)
    charged(ledger, *NEAR)
    before = ledger.sessions.latest(1)
    ledger.prices.add(PriceVersion(UUID(int=9), EDGE - HOUR / 2, Decimal("9"), "EUR"))
    assert ledger.sessions.latest(1) == before


def test_a_price_that_is_entered_late_counts_for_what_has_none(ledger, location):
    charged(ledger, *NEAR)
    assert ledger.sessions.latest(1)[0].amount is None
    assert kept(location) == []
    ledger.prices.add(DUAL)
    assert ledger.sessions.latest(1)[0].amount == Decimal("2.48")


def test_a_correction_of_a_register_cuts_the_energy_anew(ledger):
    ledger.prices.add(DUAL)
    charged(ledger, *NEAR)
    before = ledger.sessions.latest(1)[0]
    ledger.corrections.add(
        ID, Changes(meter_end_wh=8_000), who="Anna", why="read by eye", now=EDGE + 9 * HOUR
    )
    after = ledger.sessions.latest(1)[0]
    assert [one.energy_wh for one in after.slices] == [3_015, 3_985]
    assert after.original == before


def test_an_energy_that_somebody_tells_is_shared_out_by_time(ledger):
    ledger.prices.add(DUAL)
    charged(ledger, *NEAR, ended=ENDED.with_(meter_end_wh=None, energy_wh=None))
    ledger.corrections.add(
        ID, Changes(energy_wh=6_000), who="Anna", why="by the car", now=EDGE + 9 * HOUR
    )
    assert [(energy, estimated) for energy, _, _, estimated in told(ledger)] == [
        (3_000, True),
        (3_000, True),
    ]


# -- market prices ---------------------------------------------------------------------------------


def hours(*prices: str | None, first: datetime = EDGE - HOUR) -> MarketPrices:
    slots = tuple(
        MarketPrice(first + n * HOUR, first + (n + 1) * HOUR, Decimal(price))
        for n, price in enumerate(prices)
        if price is not None
    )
    return MarketPrices("day-ahead", "EUR", slots)


def test_a_dynamic_session_pays_the_price_of_each_hour(ledger):
    ledger.prices.add(DYNAMIC)
    assert ledger.market.record(hours("0.10", "0.20")) == 2
    charged(ledger, *NEAR)
    assert told(ledger) == [
        (3_015, "dynamic", Decimal("0.242"), False),
        (4_985, "dynamic", Decimal("0.363"), False),
    ]


def test_an_hour_without_a_price_leaves_the_amount_unknown_until_it_is_told(ledger, location):
    ledger.prices.add(DYNAMIC)
    ledger.market.record(hours("0.10"))
    charged(ledger, *NEAR)
    (session,) = ledger.sessions.latest(1)
    assert (session.amount, session.flags) == (None, ("price-unknown",))
    assert kept(location) == []
    ledger.market.record(hours("0.20", first=EDGE))
    assert ledger.sessions.latest(1)[0].amount == Decimal("2.54")


def test_a_session_that_began_before_the_first_price_is_not_billed_by_a_guess(ledger, location):
    later = replace(FLAT, valid_from=EDGE)
    ledger.prices.add(later)
    charged(ledger, *NEAR)
    (session,) = ledger.sessions.latest(1)
    assert (session.amount, session.flags) == (None, ("price-unknown",))
    assert [(one.energy_wh, one.per_kwh) for one in session.slices] == [
        (3_015, None),
        (4_985, later.price_per_kwh),
    ]
    assert kept(location) == []
    ledger.prices.add(replace(FLAT, price_version_id=UUID(int=77), valid_from=EDGE - 2 * HOUR))
    assert ledger.sessions.latest(1)[0].flags == ()


@pytest.mark.parametrize("seed", range(3))
def test_readings_that_say_nothing_new_change_no_slice(ledger, seed):
    """What is left out is equal to what is kept: the bill is the same to the Wh."""
    chance = random.Random(seed)
    ledger.prices.add(DUAL)
    charging_from, until = (chance.randint(-3600, 3600) for _ in range(2))
    said, energy_wh = [], 1_000
    for second in range(-3600, 3601, 10):
        energy_wh += chance.randint(0, 30) if charging_from <= second < until else 0
        said.append(reading(EDGE + second * SECOND, energy_wh, power_w=float(energy_wh % 7)))
    ended = ENDED.with_(meter_end_wh=energy_wh, energy_wh=energy_wh - 1_000)
    slices = []
    for keep in ("changed", "all"):
        ledger.readings.observe([one.with_(meter=keep, serial=keep) for one in said], keep=keep)
        session_id = UUID(int=seed * 2 + len(slices) + 1)
        what = {"session_id": session_id}
        ledger.sessions.record(STARTED.with_(**what, meter_serial=keep))
        ledger.sessions.record(ended.with_(**what))
        slices.append(ledger.sessions.get(session_id).slices)
    assert slices[0] == slices[1]
    assert sum(one.energy_wh for one in slices[0]) == energy_wh - 1_000
    left = [
        len(ledger.readings.between(keep, EDGE - HOUR, EDGE + HOUR)) for keep in ("changed", "all")
    ]
    assert left[0] <= left[1] == 720


def test_an_hour_in_which_nothing_was_used_needs_no_price(ledger):
    ledger.prices.add(DYNAMIC)
    ledger.market.record(hours("0.10"))
    charged(ledger, reading(EDGE - 5 * SECOND, 9_000), reading(EDGE + 5 * SECOND, 9_000))
    assert ledger.sessions.latest(1)[0].amount == Decimal("1.94")


def test_a_market_price_once_told_stays(ledger):
    ledger.market.record(hours("0.10", "0.20"))
    assert ledger.market.record(hours("0.50", "0.60", "0.70")) == 1
    found = ledger.market.between("day-ahead", "EUR", EDGE - HOUR, EDGE + 2 * HOUR)
    assert [slot.per_kwh for slot in found] == [Decimal("0.10"), Decimal("0.20"), Decimal("0.70")]
    assert ledger.market.between("day-ahead", "SEK", EDGE - HOUR, EDGE + HOUR) == []
    assert ledger.market.between("other", "EUR", EDGE - HOUR, EDGE + HOUR) == []
    assert ledger.market.record(MarketPrices("day-ahead", "EUR", ())) == 0


# -- what was there before -------------------------------------------------------------------------


def test_what_was_billed_before_there_were_slices_stays_as_it_was(location):
    """An older ledger billed all of a session at the price of its start."""
    with open_ledger(location, "cp") as ledger:
        ledger.prices.add(FLAT)
        charged(ledger)
        before = ledger.sessions.latest(1)
    engine = sqlite_engine(location.path)
    command.downgrade(alembic_config(engine), "0002")
    engine.dispose()
    with open_ledger(location, "cp") as ledger:
        assert ledger.sessions.latest(1) == before
        assert len(kept(location)) == 1
        # A price for its last hour, entered now, changes nothing.
        ledger.prices.add(PriceVersion(UUID(int=9), EDGE, Decimal("9"), "EUR"))
        assert ledger.sessions.latest(1) == before


# -- the same journal again ------------------------------------------------------------------------


def journal(seed: int) -> list:
    """Return what a few random sessions told the ledger, in its order."""
    chance = random.Random(seed)
    at, register, told = EDGE - 40 * HOUR, 1_000, []
    for number in range(1, chance.randrange(2, 5)):
        session_id, begun, first = UUID(int=number), at, register
        told.append(STARTED.with_(session_id=session_id, started_at=begun, meter_start_wh=first))
        for _ in range(chance.randrange(1, 12)):
            at += chance.randrange(5, 3_000) * SECOND
            register += chance.randrange(0, 2_000)
            told.append(reading(at, register))
        told.append(
            ENDED.with_(
                session_id=session_id,
                started_at=begun,
                ended_at=at + SECOND,
                meter_start_wh=first,
                meter_end_wh=register,
                energy_wh=register - first,
            )
        )
        at += chance.randrange(1, 20_000) * SECOND
    return told


def replay(ledger: Ledger, events: list) -> None:
    for event in events:
        if isinstance(event, MeterReading):
            ledger.readings.record([event])
        else:
            ledger.sessions.record(event)


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**63), st.sampled_from([FLAT, DUAL, DYNAMIC]), st.integers(0, 40))
def test_a_journal_that_is_replayed_gives_the_same_ledger(seed, price, most):
    """At least once is enough: a wire that tells everything again from anywhere changes nothing."""
    events = journal(seed)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        with open_ledger(StoreLocation(path, lasting=False), "cp") as ledger:
            ledger.prices.add(price)
            ledger.market.record(hours(*["0.1", "0.2", None] * 20, first=EDGE - 44 * HOUR))
            replay(ledger, events)
            sessions = ledger.sessions.latest(10)
        before = dump(path)
        with open_ledger(StoreLocation(path, lasting=False), "cp") as ledger:
            replay(ledger, events[:most] + events)
            assert ledger.sessions.latest(10) == sessions
        assert dump(path) == before
    for session in sessions:
        assert sum(one.energy_wh for one in session.slices) == session.energy_wh
