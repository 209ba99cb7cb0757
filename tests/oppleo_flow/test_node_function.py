"""A decorated function as a node."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from oppleo_flow import Example, Seconds, node
from oppleo_flow.errors import NodeFileError
from oppleo_flow.node_spec import read_node
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.testing import run_node

EXAMPLES = [Example(send=0.5, expect={"out": 500.0})]


@node("kw-to-w", icon="ruler", examples=EXAMPLES)
def kw_to_w(kw: float, *, factor: Annotated[float, Field(gt=0)] = 1000, wait: Seconds = 0) -> float:
    """Turn a power in kW into W."""
    return kw * factor + wait


@node("power")
def power(reading: MeterReading | MeterUnknown) -> float | None:
    """Return the power that a meter tells."""
    return reading.power_w if isinstance(reading, MeterReading) else None


@node("needs")
def needs(value: int, *, more: int) -> int:
    """Add an option that must be given."""
    return value + more


def test_the_annotations_are_the_ports_and_the_options() -> None:
    spec = read_node(kw_to_w)

    assert {name: port.type for name, port in spec.inputs.items()} == {"in": float}
    assert {name: port.type for name, port in spec.outputs.items()} == {"out": float}
    assert list(spec.config.model_fields) == ["factor", "wait"]
    assert (kw_to_w.icon, kw_to_w.examples) == ("ruler", tuple(EXAMPLES))


@pytest.mark.parametrize(
    ("config", "out"),
    [
        pytest.param({}, [2000.0], id="options have their defaults"),
        pytest.param({"factor": "10", "wait": "1m"}, [80.0], id="and are read as their type"),
    ],
)
def test_the_function_is_called_with_its_options(config: dict[str, Any], out: list[float]) -> None:
    assert run_node(kw_to_w, config, 2.0).out == out


def test_none_lets_nothing_out() -> None:
    run = run_node(power, {}, MeterUnknown.sample(), MeterReading.sample())

    assert run.out == [11040.0]


def test_an_option_out_of_range_is_refused() -> None:
    with pytest.raises(ValidationError, match="Input should be greater than 0"):
        read_node(kw_to_w).config.model_validate({"factor": "-1"})


def test_an_option_without_a_default_must_be_given() -> None:
    with pytest.raises(ValidationError, match="Field required"):
        read_node(needs).config.model_validate({})


def two(a: int, b: int) -> int:
    return a + b


def no_type(a) -> int:  # type: ignore[no-untyped-def]
    return int(a)


def no_return(a: int):  # type: ignore[no-untyped-def]
    return a


def none() -> int:
    return 0


@pytest.mark.parametrize("function", [two, no_type, no_return, none])
def test_a_function_that_is_no_step_is_refused_at_its_line(function: Callable[..., Any]) -> None:
    with pytest.raises(NodeFileError) as refused:
        node("broken")(function)

    assert str(refused.value) == (
        f"{__file__}:{function.__code__.co_firstlineno}: {function.__name__}: "
        "one annotated input and an annotated return are needed"
    )
