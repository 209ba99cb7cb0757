"""The flow `examples/two-charge-points.yaml`: two instances of one subflow, on one Pi."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from oppleo_flow.testing.house import House

FLOW = Path(__file__).parents[2] / "examples" / "two-charge-points.yaml"
NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)


@pytest.fixture
def house(tmp_path):
    with House(FLOW.read_text(), tmp_path, NOON) as home:
        yield home


def low(home: House, pin: int) -> bool:
    return not home.world.read_pin(pin)


def test_its_own_tests_pass(capsys):
    assert main(["test", str(FLOW)]) == 0
    assert capsys.readouterr().out == "4 passed, 0 failed\n"


def test_each_place_drives_a_pin_of_its_own(house):
    assert (low(house, 5), low(house, 17)) == (False, False)
    house.swipe("family")
    assert (low(house, 5), low(house, 17)) == (True, False)
    house.swipe("office")
    assert (low(house, 5), low(house, 17)) == (True, True)


def test_each_place_reads_a_meter_of_its_own(house):
    serials = [house.level(node, "reading").serial for node in ("left.meter", "right.meter")]
    assert len({*serials}) == 2
