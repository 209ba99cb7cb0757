"""The flow `examples/grid-alarm.yaml`, with its drop-in, on a simulated house."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.testing.house import House

EXAMPLES = Path(__file__).parents[2] / "examples"
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
TEXT = (EXAMPLES / "grid-alarm.yaml").read_text(encoding="utf-8")
LIMIT = "limit_w: 17000"  # more than one car draws


def charge(house: House) -> None:
    """Plug the car in and give it access."""
    house.world.drive_pin(5, high=False)
    house.world.plug_in(charge_percent=20)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    assert LIMIT in TEXT
    text = TEXT.replace(LIMIT, "limit_w: 5000")
    with House(text, tmp_path, NOON, nodes=EXAMPLES / "nodes") as made:
        yield made


def test_the_flow_is_without_findings_as_it_stands(tmp_path: Path) -> None:
    house = House(TEXT, tmp_path, NOON, nodes=EXAMPLES / "nodes")
    assert (house.findings, list(house.graph.nodes)) == (
        (),
        ["meter", "known", "alarm", "buzzer", "blind"],
    )


def test_a_quiet_house_is_quiet(house: House) -> None:
    house.run_for(60.0)

    assert (house.look("alarm").status_text, house.look("buzzer").received) == ("0 W", 0)


def test_it_beeps_when_the_load_stays_above_the_limit(house: House) -> None:
    charge(house)
    house.run_for(120.0)

    assert house.look("alarm").status_text == "over the limit"
    assert house.look("buzzer").received > 0


def test_a_silent_meter_is_no_alarm_and_is_seen(house: House) -> None:
    charge(house)
    house.world.silence_meter(True)
    house.run_for(120.0)

    assert house.look("buzzer").received == 0
    assert house.look("blind").status_text.startswith("MeterUnknown(meter='meter', ")
