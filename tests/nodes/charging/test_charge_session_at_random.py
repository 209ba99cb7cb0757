"""Whatever happens, and in whatever order: no energy is made up, counted twice, or lost."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.testing.bench import NOON
from tests.nodes.charging.charging_world import ChargingWorld

CARD = st.sampled_from(["family", "guest"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("swipe"), CARD),
        st.tuples(st.just("ask"), CARD, st.sampled_from(["start", "end"])),
        st.tuples(st.just("silence"), st.booleans()),
        st.tuples(st.just("plug"), st.booleans()),
        st.tuples(st.just("wait"), st.sampled_from([0.5, 3.0, 10.0, 65.0, 300.0, 2000.0])),
        st.tuples(st.just("restart"), st.sampled_from([0.5, 30.0, 7200.0]), st.booleans()),
    ),
    max_size=14,
)
CONFIGS = [
    pytest.param({}, id="as it is shipped"),
    pytest.param({"on_unplug": "keep"}, id="sessions are kept"),
    pytest.param(
        {"on_unplug": "keep", "auto_session": True, "auto_session_after": "5m"},
        id="each visit is a session",
    ),
]
BLIND = {"meter_silent": "charge"}


def live(world: ChargingWorld, steps) -> None:
    for what, *arguments in steps:
        if what == "restart":
            world.restart(arguments[0], killed=arguments[1])
        elif what == "ask":
            world.swipe(*arguments)
        else:
            getattr(world, what)(*arguments)
    world.come_to_rest()


def sessions_of(ledger):
    return ledger.sessions.between(NOON - timedelta(days=1), NOON + timedelta(days=3650))


def written(folder: Path, journal, times: int):
    with open_ledger(StoreLocation(folder / f"{times}.sqlite", lasting=False), "bench") as ledger:
        for _ in range(times):
            for event in journal:
                ledger.sessions.record(event)
        return sessions_of(ledger)


def check(world: ChargingWorld, folder: Path):
    """Check what holds of every history; return its sessions."""
    open_now = 0
    for event in world.journal:
        open_now += isinstance(event, SessionStarted) - isinstance(event, SessionEnded)
        assert open_now in (0, 1)
    found = written(folder, world.journal, 1)
    assert written(folder, world.journal, 2) == found
    known = [one for one in found if one.energy_wh is not None]
    for one in known:
        assert one.energy_wh == one.meter_end_wh - one.meter_start_wh >= 0
    for before, after in pairwise(known):
        assert before.meter_end_wh <= after.meter_start_wh
        assert before.ended_at <= after.started_at
    assert sum(one.energy_wh for one in known) <= world.counted_wh
    assert not any(one.is_open for one in found)
    return found


AS_IT_COMES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("config", CONFIGS)
@AS_IT_COMES
@given(steps=STEPS)
def test_every_watt_hour_that_the_meter_counted_is_in_one_session(config, steps):
    """Oppleo D1, D3 and D7: failed reads became 0, bills were negative, or the whole register."""
    with TemporaryDirectory() as name:
        world = ChargingWorld(Path(name), **config)
        live(world, steps)
        found = check(world, Path(name))
        assert sum(one.energy_wh or 0 for one in found) == world.counted_wh


@AS_IT_COMES
@given(steps=STEPS)
def test_where_cars_charge_blind_no_session_has_more_than_was_counted(steps):
    with TemporaryDirectory() as name:
        world = ChargingWorld(Path(name), **BLIND)
        live(world, steps)
        check(world, Path(name))
