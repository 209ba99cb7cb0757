import pytest

from oppleo_flow.devices.libraries import installing


@pytest.mark.parametrize(
    ("libraries", "commands"),
    [
        pytest.param(["RPi"], "`pip install rpi-lgpio`", id="one that is called otherwise"),
        pytest.param(["RPi.GPIO", "lgpio"], "`pip install rpi-lgpio`", id="two that one brings"),
        pytest.param(["mfrc522"], "`pip install --no-deps mfrc522`", id="one that brings too much"),
        pytest.param(
            ["mfrc522", "spidev", "RPi"],
            "`pip install spidev rpi-lgpio` and `pip install --no-deps mfrc522`",
            id="all of a card reader",
        ),
    ],
)
def test_what_is_missing_is_installed_by_commands_that_can_be_copied(libraries, commands):
    assert installing(libraries) == commands
