"""How what a test wants is compared with what there is."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from oppleo_flow import Record
from oppleo_flow.flowfile.wants import (
    Alike,
    Anything,
    Between,
    Equal,
    Fields,
    Holds,
    Items,
    Want,
)
from oppleo_flow.payloads import EvseSignal, MeterReading, MeterUnknown, SwitchRequest

ON = SwitchRequest(on=True, reason="session of 'family'")
READING = MeterReading.sample()


@dataclass(frozen=True)
class Trip:
    way: tuple[SwitchRequest, ...]


@pytest.mark.parametrize(
    ("want", "got", "misfits"),
    [
        pytest.param(Anything(), None, [], id="anything, even nothing"),
        pytest.param(Equal(5), 5.0, [], id="a number by its value"),
        pytest.param(Equal(0.1), Decimal("0.1"), [], id="a number by its value, whatever its type"),
        pytest.param(Equal(0.3), 0.1 + 0.2, [], id="a number that is as good as the same"),
        pytest.param(Equal(1), True, [""], id="a truth is no number"),
        pytest.param(Equal(5), "5", [""], id="a text is no number"),
        pytest.param(Equal((1.0, 2.0)), (1, 2), [], id="a list by its items"),
        pytest.param(Equal((1.0,)), (1, 2), [""], id="a list that is longer"),
        pytest.param(Equal(ON), ON, [], id="a whole payload"),
        pytest.param(Equal(None), None, [], id="nothing"),
        pytest.param(Alike("5", plain=True), 5, [], id="a number as a flow writes it"),
        pytest.param(Alike("05", plain=True), 5, [""], id="a text that is no number"),
        pytest.param(Alike("off", plain=True), False, [], id="a truth as a flow writes it"),
        pytest.param(Alike("null", plain=True), None, [], id="nothing as a flow writes it"),
        pytest.param(Alike("null", plain=False), None, [""], id="the word null in quotes"),
        pytest.param(Alike("error", plain=True), EvseSignal.ERROR, [], id="a word of a few"),
        pytest.param(Between(above=5, below=7), 6.0, [], id="within limits"),
        pytest.param(Between(above=5), 5, [""], id="at a limit that is not included"),
        pytest.param(Between(at_least=5, at_most=5), 5, [], id="at limits that are included"),
        pytest.param(Between(above=0), True, [""], id="a truth within no limits"),
        pytest.param(Between(above=0), None, [""], id="nothing within no limits"),
        pytest.param(Holds("a"), ("b", "a"), [], id="one of a list"),
        pytest.param(Holds("a"), (), [""], id="none of a list"),
        pytest.param(Items((Equal(1), Equal(2))), [1, 3], ["[1]"], id="the item that differs"),
        pytest.param(Items((Equal(1),)), [1, 1], [""], id="too many items"),
        pytest.param(Items((Equal(1),)), 1, [""], id="no list"),
        pytest.param(Fields({SwitchRequest: {"on": Equal(True)}}), ON, [], id="a part of it"),
        pytest.param(Fields({SwitchRequest: {"on": Equal(False), "reason": Equal("x")}}), ON,
                     ["on", "reason"], id="each field that differs"),
        pytest.param(Fields({SwitchRequest: {}}), READING, [""], id="a payload of another type"),
        pytest.param(Fields({None: {"power_w": Equal(11_040)}}), READING, [], id="of any type"),
        pytest.param(Fields({None: {"power_w": Equal(0)}}), MeterUnknown.sample(), ["power_w"],
                     id="a field that is not there"),
        pytest.param(Fields({None: {"a": Fields({None: {"b": Equal(1)}})}}),
                     Record.of({"a": {"b": 2}}), ["a.b"], id="the way to a field within"),
        pytest.param(Fields({Trip: {"way": Items((Fields({None: {"on": Equal(False)}}),))}}),
                     Trip((ON,)), ["way[0].on"], id="the way through a list"),
    ],
)  # fmt: skip
def test_what_differs_is_named(want: Want, got: Any, misfits: list[str]) -> None:
    assert list(want.misfits(got)) == misfits
