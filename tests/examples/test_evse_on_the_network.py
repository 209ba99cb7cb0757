"""The flow `examples/evse-on-the-network.yaml`, as it is and with the alternatives it names."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from oppleo_flow.testing.house import House

FLOW = Path(__file__).parents[2] / "examples" / "evse-on-the-network.yaml"
TEXT = FLOW.read_text(encoding="utf-8")
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ASKED = "evse_network: {type: smart-evse, http: web, url: $(evse_url)}"
HEARD = "evse_network: {type: smart-evse, mqtt: broker, prefix: SmartEVSE-1234}"
WEB = "  web: {type: http-client, timeout: 3s}\n"
BROKER = "  broker: {type: mqtt-broker, host: 192.168.1.5}\n"
WIRE = """    type: evse-switch
    from: session.request
    gpio: pins
    safe: off
    stale_after: 90s
"""
NETWORK = """    type: smart-evse-access
    from: session.request
    http: web
    url: $(evse_url)
    safe: off
    stale_after: 90s
    fails_open: accepted
"""


def with_changes(*changes: tuple[str, str]) -> str:
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def test_its_own_tests_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(FLOW)]) == 0
    assert capsys.readouterr().out == "4 passed, 0 failed\n"


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        with_changes(
            (ASKED, HEARD), (WEB, BROKER), ("\nvars:\n  evse_url: http://192.168.1.20\n", "")
        ),
        with_changes((WIRE, NETWORK)),
    ],
    ids=["a wire, and REST", "a wire, and MQTT", "no wire, and REST"],
)
def test_a_swipe_charges_and_another_ends_it(text: str, tmp_path: Path) -> None:
    with House(text, tmp_path, NOON) as house:
        house.world.plug_in(40.0)
        house.swipe("family")
        house.run_for(60)
        assert house.world.snapshot()["car"]["power_w"] == 11_040.0
        assert house.level("evse_network", "state").signal.value == "charging"
        assert house.look("cross_check").status_text == "they agree"

        house.swipe("family")
        house.run_for(60)
        assert house.world.snapshot()["car"]["power_w"] == 0.0
        assert house.world.snapshot()["evse"]["access"] is False
        assert house.look("cross_check").status_text == "they agree"
        assert house.faults() == []


def test_access_over_the_network_must_say_that_it_fails_open(tmp_path: Path) -> None:
    text = with_changes((WIRE, NETWORK.replace("    fails_open: accepted\n", "")))
    with pytest.raises(ValueError, match="fails_open") as refused:
        House(text, tmp_path, NOON)

    assert "add 'fails_open: accepted' if that is safe here" in str(refused.value)
