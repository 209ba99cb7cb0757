"""What a simulated SmartEVSE says on the network, and what may be wrong with it there."""

import json

import pytest

from oppleo_flow.devices.network_trouble import EvseFace, NetworkTrouble, network_trouble
from oppleo_flow.devices.smart_evse import EvseFacts
from oppleo_flow.devices.world import Wiring
from oppleo_flow.errors import ConfigError
from tests.oppleo_flow.devices.worlds import still_world


@pytest.mark.parametrize("trouble", [None, *NetworkTrouble])
def test_a_face_survives_json(trouble: NetworkTrouble | None) -> None:
    for facts in (EvseFacts(), EvseFacts(current_phases_a=(1.0, 2.0), odd=("a", "b"))):
        face = EvseFace(facts, trouble)
        assert EvseFace.from_json(json.loads(json.dumps(face.to_json()))) == face


def test_a_trouble_has_a_name() -> None:
    assert (network_trouble("away"), network_trouble(None)) == (NetworkTrouble.AWAY, None)
    with pytest.raises(ConfigError) as refused:
        network_trouble("gone")

    assert str(refused.value) == (
        "no trouble 'gone' of the network; there are: away, silent, html, wrong-types, negative, "
        "broken, elsewhere, frozen, deaf"
    )


@pytest.mark.parametrize(
    ("command", "value"), [("mode", "fast"), ("override", "-60"), ("reboot", "now")]
)
def test_what_is_no_command_is_refused(command: str, value: str) -> None:
    world = still_world(wiring=Wiring(network=("evse",)))
    with pytest.raises(ConfigError) as refused:
        world.command_evse("evse", command, value)

    assert str(refused.value) == f"a SmartEVSE: {command}: no such command, got {value!r}"
