import pytest

from oppleo_flow.cli import main
from oppleo_flow.registry import Registry

TYPES = [*Registry(["nodes"]).nodes(), *Registry(["nodes"]).connections()]
DOOR_BELL = '''\
"""Ring when somebody is there.

Needs a door.
"""

from typing import Literal

from pydantic import Field

from oppleo_flow import Actuator, Example, Level, NodeConfig, Out, Ref, Seconds
from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.payloads import Beep, Tick


class DoorBellConfig(NodeConfig):
    """Settings."""

    gpio: Ref[GpioChip] = Field(description="Pins of the bell.")
    pin: int = Field(4, ge=0, le=27, description="BCM number.")
    hold: Seconds = Field("2s", validate_default=True, description="How long it rings.")
    tune: Literal["ding", "dong"] | None = Field(None, description="What it plays.")
    loud: bool = Field(False, description="Louder.")
    guests: list[str] = Field(default=["Zoë"], description="Who may ring.")


class DoorBell(Actuator[DoorBellConfig]):
    """Ring."""

    type_name = "door-bell"
    safe_levels = ("silent",)
    optional_inputs = frozenset({"mute"})
    rang: Out[Tick]
    ringing: Level[bool]
    examples = [
        Example(
            config={"gpio": "pins", "pin": 4},
            send=[Beep(pattern="error"), Beep(pattern="ok")],
            expect={"rang": Tick.sample()},
            advance=2.0,
            doc="It rings once.",
        )
    ]

    def on_message(self, beep: Beep) -> None:
        """Ring."""

    def on_mute(self, tick: Tick) -> None:
        """Be quiet."""

    def go_safe(self, reason: str) -> None:
        """Be quiet."""
'''


@pytest.fixture
def door_bell(site):
    (site / "nodes").mkdir()
    file = site / "nodes" / "door_bell.py"
    file.write_text(DOOR_BELL)
    return file


def test_every_type_is_listed_once_with_its_first_line(site, capsys):
    assert main(["nodes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[0] for line in lines if line.startswith("  ")) == sorted(TYPES)
    told = [line.split(maxsplit=1) for line in lines]
    assert ["evse-switch", "Switch a SmartEVSE on and off: the wire to its terminal SW."] in told
    assert ["gpio", "Connection: The pins of a Raspberry Pi."] in told
    categories = [line for line in lines if not line.startswith(" ")]
    assert categories == ["charging", "flow", "hardware", "network", "notify", "storage"]


def test_a_sites_own_nodes_are_listed_too(site, door_bell, capsys):
    assert main(["nodes"]) == 0
    assert "\ndrop-in\n  door-bell " in capsys.readouterr().out


def test_a_node_file_that_cannot_be_used_is_named_and_the_rest_is_listed(site, door_bell, capsys):
    door_bell.write_text("import nowhere_at_all\n")
    assert main(["nodes"]) == 1
    shown = capsys.readouterr()
    assert "  evse-switch " in shown.out
    assert shown.err == (
        f"oppleo-flow: {door_bell}:1: ModuleNotFoundError: No module named 'nowhere_at_all'\n"
    )


def test_a_type_is_explained_with_options_ports_and_examples(site, door_bell, capsys):
    assert main(["nodes", "door-bell"]) == 0
    assert (
        capsys.readouterr().out
        == f"""\
door-bell  (drop-in)

Ring when somebody is there.

Needs a door.

options
  gpio: name of a GpioChip connection; required
      Pins of the bell.
  pin: whole number, >= 0, <= 27; default 4
      BCM number.
  hold: duration, such as 10s; default 2s
      How long it rings.
  tune: ding | dong; optional
      What it plays.
  loud: true | false; default false
      Louder.
  guests: list of text; default ["Zoë"]
      Who may ring.
  safe: silent; required
      The level on stop, fault, stale input and exit.

inputs
  in: Beep
  mute: Tick; may stay unwired

outputs
  rang: Tick; events
  ringing: bool; a level, whose last value holds
  error: Failure; events

examples
  # It rings once.
  type: door-bell
  gpio: pins
  pin: 4
    sent: Beep {{pattern: error}}, then Beep
    later: 2 s
    leaves `rang`: Tick

file: {door_bell}
"""
    )


@pytest.mark.parametrize("type_name", TYPES)
def test_every_built_in_type_can_be_explained(site, type_name, capsys):
    assert main(["nodes", type_name]) == 0
    assert capsys.readouterr().out.startswith(f"{type_name}  (")


def test_a_type_that_does_not_exist_is_refused_with_the_one_that_was_meant(site, capsys):
    assert main(["nodes", "evse-swich"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: unknown node type 'evse-swich'; did you mean 'evse-switch'?\n"
    )
