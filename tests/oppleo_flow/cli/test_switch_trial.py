"""The trial of the switch, before a SmartEVSE that does not do as it should."""

from dataclasses import replace
from queue import SimpleQueue

import pytest

from oppleo_flow.cli.flow_files import Surroundings
from oppleo_flow.cli.flow_part import part_of
from oppleo_flow.cli.switch_trial import try_switch
from oppleo_flow.cli.trial_kinds import subject_of
from oppleo_flow.cli.trial_stage import Stage
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.world import SiteWiring, Wiring, World
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.testing import BenchSite
from tests.oppleo_flow.cli.hardware_site import FLOW

WIRE = (
    "the wire to the terminal SW, the common ground, and the menu Switch of the SmartEVSE: "
    "Access S, the switch that follows a level"
)


def tried(world, folder, *, watched=True):
    """Return the verdict of a trial, what was said, and the pin afterwards."""
    graph = Surroundings.of(folder, {}, simulate=True).check(FLOW).graph
    subject = subject_of(graph, "evse-switch", None)
    if not watched:
        subject = replace(subject, witness=None)
    site = BenchSite(folder=folder, services={World: world})
    runtime = Runtime(part_of(graph, subject.nodes), clock=SystemClock(), site=site)
    runtime.start()
    said = []
    try:
        assert runtime.wait_settled(20.0)
        verdict = try_switch(Stage(runtime, subject, 0.1, SimpleQueue(), world, said.append))
    finally:
        runtime.stop()
    return verdict, said, world.snapshot()["pins"]["5"]


def wired(**wiring):
    return SimulatedWorld(SystemClock(), wiring=SiteWiring({"evse": Wiring(**wiring)}))


@pytest.mark.parametrize(
    ("world", "text", "check"),
    [
        pytest.param(
            {"evse_switch": 26},
            "the pin closes, and the SmartEVSE does not follow in 5 s",
            WIRE,
            id="the wire is at another pin",
        ),
        pytest.param(
            {"evse_switch_active_low": False},
            "the SmartEVSE shows standby though the switch is open",
            f"{WIRE}; `active_low` of the switch",
            id="the stage between inverts",
        ),
    ],
)
def test_a_smartevse_that_does_not_follow_is_told_with_what_to_check(tmp_path, world, text, check):
    verdict, _, pin = tried(wired(**world), tmp_path)
    assert (verdict.good, verdict.text, verdict.check) == (False, text, check)
    assert pin["percent"] == 100


def test_a_smartevse_with_an_error_is_not_tried(tmp_path):
    world = wired()
    world.break_evse(True)
    verdict, said, pin = tried(world, tmp_path)
    assert (verdict.good, verdict.text) == (
        False,
        "not tried, because the SmartEVSE has an error",
    )
    assert said == ["open: the SmartEVSE shows error"]
    assert pin["edges"] == 0


def test_an_led_line_that_makes_no_sense_is_for_its_own_trial(tmp_path):
    verdict, _, pin = tried(wired(evse_led_active_low=True), tmp_path)
    assert not verdict.good
    assert pin["edges"] == 0


def test_where_nobody_reads_the_led_the_pin_is_all_there_is_to_tell(tmp_path):
    verdict, said, pin = tried(wired(), tmp_path, watched=False)
    assert said == ["closed: GPIO 5 reads back low", "open: GPIO 5 reads back high"]
    assert verdict.good
    assert verdict.text == (
        "the pin closes and opens; no one node of the flow reads the LED of this SmartEVSE"
    )
    assert (pin["percent"], pin["edges"]) == (100, 2)
