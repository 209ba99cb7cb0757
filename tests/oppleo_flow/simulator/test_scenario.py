from datetime import time

import pytest

from oppleo_flow.simulator.scenario import BUILT_IN, parse_scenario, read_scenario

SMALL = """\
scenario: small
format: 1
cards:
  family: {uid: 04A1B2C3}
  stranger: {uid: DEADBEEF, known: false}
cars:
  kona:
    card: family
    battery_kwh: 64
    week:
      - {days: mon-fri, leaves: 07:40, back: 17:50, uses_kwh: 14}
guests:
  - {card: stranger, per_month: 2}
faults: {meter_silent: {per_month: 2, lasts: [2m, 20m]}}
events:
  - {at: 2026-03-03T18:00, plug_in: kona}
"""


def test_the_built_in_scenario_is_right():
    scenario, findings = read_scenario(BUILT_IN)

    assert findings == ()
    assert sorted(scenario.cars) == ["commuter", "errands"]


def test_what_a_scenario_leaves_out_has_a_default():
    scenario, findings = parse_scenario(SMALL, "home.yaml")
    kona = scenario.cars["kona"]

    assert findings == ()
    assert scenario.price_per_kwh is None
    assert scenario.awake == (time(6, 30), time(23))
    assert (kona.charger_kw, kona.phases, kona.efficiency, kona.charge) == (11.0, 3, 0.9, 0.5)
    assert (kona.week[0].days, kona.week[0].jitter) == (frozenset(range(5)), 900.0)
    assert scenario.events[0].what == "plug_in"


@pytest.mark.parametrize(
    ("right", "wrong", "headline"),
    [
        pytest.param(
            "card: family",
            "card: famly",
            "home.yaml:8:11: 'cars.kona.card' names no card, got 'famly'; did you mean 'family'?",
            id="the card of a car",
        ),
        pytest.param(
            "{card: stranger,",
            "{card: nobody,",
            "home.yaml:13:12: 'guests[0].card' names no card, got 'nobody'; "
            "cards: family, stranger",
            id="the card of a guest",
        ),
        pytest.param(
            "plug_in: kona",
            "plug_in: ionic",
            "home.yaml:16:37: 'events[0].plug_in' names no car, got 'ionic'; cars: kona",
            id="the car of an event",
        ),
        pytest.param(
            "plug_in: kona",
            "plugin: kona",
            "home.yaml:16:28: 'plugin' is not an option of a scenario in 'events[0]'; "
            "did you mean 'plug_in'?",
            id="a slip in the name of an event",
        ),
        pytest.param(
            "2026-03-03T18:00",
            "18:00",
            "home.yaml:16:10: 'events[0].at' must be a time such as 2026-01-31T12:00:00+01:00, "
            "got '18:00'",
            id="an event without a day",
        ),
        pytest.param(
            "plug_in: kona",
            "plug_in: kona, swipe: family",
            "home.yaml:16:5: 'events[0]': one thing happens at a time, "
            "not plug_in and swipe, got a map",
            id="two things in one event",
        ),
        pytest.param(
            ", plug_in: kona",
            "",
            "home.yaml:16:5: 'events[0]': nothing happens; add one of plug_in, plug_out, swipe, "
            "price_per_kwh, meter_silent, reader_dead, evse_error, power_cut, "
            "program_down, disk_full, car_flaps",
            id="an event in which nothing happens",
        ),
        pytest.param(
            "battery_kwh: 64",
            "battery_kwh: 64kWh",
            "home.yaml:9:18: 'cars.kona.battery_kwh' must be a number, got '64kWh'",
            id="a unit where a number belongs",
        ),
        pytest.param(
            "back: 17:50",
            "back: 07:10",
            "home.yaml:11:9: 'cars.kona.week[0]': back must be later than leaves, 07:40, got a map",
            id="a car that is back before it leaves",
        ),
        pytest.param(
            "mon-fri",
            "weekdays",
            "home.yaml:11:16: 'cars.kona.week[0].days': weekdays such as mon-fri, sat,sun or daily "
            "are needed, got 'weekdays'",
            id="days that are none",
        ),
        pytest.param(
            "uid: 04A1B2C3",
            "uid: 04a1b2c3",
            "home.yaml:4:17: 'cards.family.uid': 4, 7 or 10 bytes in capitals such as 04A1B2C3 "
            "are needed, got '04a1b2c3'",
            id="a UID in small letters",
        ),
        pytest.param(
            "[2m, 20m]",
            "[20m, 2m]",
            "home.yaml:14:24: 'faults.meter_silent': lasts: the shorter time comes first, "
            "got a map",
            id="times the wrong way round",
        ),
        pytest.param(
            "format: 1",
            "format: 2",
            "home.yaml:2:9: 'format': this version of the program reads format 1 only, got 2",
            id="another format",
        ),
    ],
)
def test_a_mistake_is_a_finding_at_its_place(right, wrong, headline):
    assert SMALL.count(right) == 1
    scenario, findings = parse_scenario(SMALL.replace(right, wrong), "home.yaml")

    assert [finding.headline() for finding in findings] == [headline]
    assert scenario is None


def test_all_mistakes_are_told_at_once():
    text = SMALL.replace("card: family", "card: famly").replace("uses_kwh: 14", "uses: 14")
    _, findings = parse_scenario(text, "home.yaml")

    assert [(finding.place.line, finding.code) for finding in findings] == [
        (8, "option-value"),
        (11, "unknown-option"),
    ]


@pytest.mark.parametrize("text", ["", "[a, b]", "just text"], ids=["nothing", "a list", "text"])
def test_what_is_no_map_is_no_scenario(text):
    scenario, (finding,) = parse_scenario(text, "home.yaml")

    assert scenario is None
    assert finding.headline() == (
        "home.yaml:1:1: a map with 'scenario', 'cards' and 'cars' is needed here"
    )


def test_a_file_that_is_not_there_is_a_finding(tmp_path):
    scenario, (finding,) = read_scenario(tmp_path / "home.yaml")

    assert scenario is None
    assert finding.headline() == (
        f"{tmp_path}/home.yaml:1:1: the file cannot be read: no such file or directory"
    )
