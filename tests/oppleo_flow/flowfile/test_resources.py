from abc import ABC, abstractmethod
from typing import Protocol

import pytest

from oppleo_flow.flowfile.resources import is_a

SITE = """\
flow: f
format: 1
connections:
  gpio: {type: chip}
  rs485: {type: bus, port: /dev/ttyUSB0}
nodes:
  c: {type: card}
  a: {type: authorise, from: c}
  s: {type: session, from: {token: a.accepted, meter: m}}
  m: {type: meter, bus: rs485}
  r: {type: relay, from: s.request, pin: 5, safe: off, stale_after: 9s}
"""  # the next line is 12


@pytest.mark.parametrize(
    ("more", "findings"),
    [
        pytest.param("  n: {type: meter, bus: rs484}\n",
                     ["12:25: n: 'bus': there is no connection 'rs484'; did you mean 'rs485'?"],
                     id="an unknown connection"),
        pytest.param("  n: {type: meter, bus: gpio, unit: 5}\n",
                     ["12:25: n: 'bus' needs a SerialBus, and 'gpio' is a chip; 'rs485' would fit"],
                     id="a connection of another kind"),
        pytest.param("  n: {type: meter, bus: gpio, unit: x}\n",
                     ["12:25: n: 'bus' needs a SerialBus, and 'gpio' is a chip; 'rs485' would fit",
                      "12:37: n: 'unit' must be a whole number, got 'x'"],
                     id="a connection of another kind beside a bad option"),
        pytest.param("  n: {type: relay, from: s.request, pin: 5, safe: off, stale_after: 9s}\n",
                     ["12:42: n: GPIO 5 is already used by 'r' (f.yaml:11:42); choose another"],
                     id="a pin that is taken"),
        pytest.param("  n: {type: meter, bus: rs485}\n",
                     ["12:3: n: unit 1 is already used by 'm' (f.yaml:10:3); choose another"],
                     id="an address that is taken"),
        pytest.param("  n: {type: two-pins, left: 7, right: 7}\n",
                     ["12:3: n: GPIO 7 is already used here; choose another"],
                     id="a pin that one node takes twice"),
        pytest.param("  n: {type: two-pins, left: 7, right: 8, bus: one}\n"
                     "  o: {type: two-pins, left: 7, right: 9, bus: one}\n", [],
                     id="a pin that two share as parts of one bus"),
        pytest.param("  n: {type: two-pins, left: 7, right: 8, bus: one}\n"
                     "  o: {type: two-pins, left: 7, right: 9, bus: two}\n",
                     ["13:29: o: GPIO 7 is already used by 'n' (f.yaml:12:29); choose another"],
                     id="a pin of two buses"),
        pytest.param("  n: {type: meter, bus: rs485, disabled: on}\n", [],
                     id="a node that does not run takes nothing"),
    ],
)  # fmt: skip
def test_connections_and_claims_are_checked(headlines, more: str, findings: list[str]) -> None:
    assert headlines(SITE + more) == findings


def test_two_connections_cannot_hold_the_same_port(headlines) -> None:
    told = headlines(SITE.replace("nodes:", "  two: {type: bus, port: /dev/ttyUSB0}\nnodes:"))
    assert told == [
        "6:3: warning: two: no node uses the connection 'two'; remove it",
        "6:26: two: port /dev/ttyUSB0 is already used by 'rs485' (f.yaml:5:28); choose another",
    ]


def test_the_same_address_on_another_bus_is_another_address(headlines) -> None:
    two = SITE.replace("nodes:", "  two: {type: bus, port: /dev/ttyUSB1}\nnodes:")
    assert headlines(f"{two}  n: {{type: meter, bus: two}}\n") == []


def test_a_default_that_names_no_connection_is_told_at_the_node(headlines) -> None:
    told = headlines(SITE.replace("  gpio: {type: chip}\n", ""))
    assert told == [
        "10:3: r: 'chip': there is no connection 'gpio'; connections: rs485",
    ]


class Followed(Protocol):
    """A protocol that is not checked at run time."""

    def work(self) -> None: ...


class Named(Followed):
    def work(self) -> None: ...


class Base(ABC):
    """A base that a class may be registered with."""

    @abstractmethod
    def work(self) -> None: ...


@pytest.mark.parametrize(
    ("cls", "kind", "fits"),
    [
        pytest.param(Named, Followed, True, id="a protocol that it names"),
        pytest.param(int, Followed, False, id="a protocol that it does not name"),
        pytest.param(bool, int, True, id="a base class"),
        pytest.param(int, Base, False, id="another class"),
    ],
)
def test_a_connection_fits_where_its_class_does(cls, kind, fits: bool) -> None:
    assert is_a(cls, kind) is fits
