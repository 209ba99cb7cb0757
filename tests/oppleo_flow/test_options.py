"""Settings: what the text of a flow file becomes, and what is refused in which words."""

from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from oppleo_flow.options import (
    Bytes,
    FieldPath,
    NodeConfig,
    PortName,
    ScalarText,
    Seconds,
    Share,
    TimeOfDay,
    TimeZone,
    parse_seconds,
)


class Sample(NodeConfig):
    hold: Seconds = 1.0
    power_w: float = 0.0


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(Seconds, "500ms", 0.5, id="milliseconds"),
        pytest.param(Seconds, "10s", 10.0, id="seconds"),
        pytest.param(Seconds, "1h30m", 5400.0, id="hours and minutes"),
        pytest.param(Seconds, "1.5h", 5400.0, id="a fraction"),
        pytest.param(Seconds, "1h 30m", 5400.0, id="with a space"),
        pytest.param(Seconds, "2d", 172800.0, id="days"),
        pytest.param(Seconds, 2, 2.0, id="a number from code is seconds"),
        pytest.param(Bytes, "50MB", 50_000_000, id="a size"),
        pytest.param(Bytes, "2 GB", 2_000_000_000, id="a size with a space"),
        pytest.param(Share, "1%", 0.01, id="a percentage"),
        pytest.param(Share, "12.5 %", 0.125, id="a percentage with a point and a space"),
        pytest.param(Share, 0.5, 0.5, id="a number from code is a share"),
        pytest.param(TimeZone, "Europe/Amsterdam", "Europe/Amsterdam", id="a time zone"),
        pytest.param(TimeOfDay, "06:00", time(6), id="a time of day"),
        pytest.param(TimeOfDay, "6:00", time(6), id="without a zero in front"),
        pytest.param(TimeOfDay, "23:59:30", time(23, 59, 30), id="with seconds"),
        pytest.param(TimeOfDay, time(6), time(6), id="a time from code"),
        pytest.param(ScalarText, "0412", "0412", id="text stays as it is"),
        pytest.param(ScalarText, True, "true", id="a truth as a flow file has it"),
        pytest.param(ScalarText, None, "null", id="nothing as a flow file has it"),
        pytest.param(ScalarText, 1.5, "1.5", id="a number as text"),
        pytest.param(FieldPath, "car.soc", "car.soc", id="a field inside"),
        pytest.param(PortName, "too_high", "too_high", id="a port"),
    ],
)
def test_a_setting_is_read(kind: Any, text: object, value: object) -> None:
    assert TypeAdapter(kind).validate_python(text) == value


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        pytest.param(
            Seconds,
            "10",
            "Value error, a duration such as 500ms, 10s, 5m, 1h30m or 2d is needed",
            id="a bare number could be minutes",
        ),
        pytest.param(
            Seconds,
            "-5s",
            "Value error, a duration such as 500ms, 10s, 5m, 1h30m or 2d is needed",
            id="no time before now",
        ),
        pytest.param(Seconds, -1, "Input should be greater than or equal to 0", id="nor from code"),
        pytest.param(
            Share, "1", "Value error, a percentage such as 1% is needed", id="a bare share"
        ),
        pytest.param(
            TimeZone,
            "Amsterdam",
            "Value error, an IANA time zone such as Europe/Amsterdam is needed",
            id="a city is no zone",
        ),
        pytest.param(
            TimeZone,
            "Europe",
            "Value error, an IANA time zone such as Europe/Amsterdam is needed",
            id="a folder of zones is no zone",
        ),
        pytest.param(
            TimeZone,
            "../etc/passwd",
            "Value error, an IANA time zone such as Europe/Amsterdam is needed",
            id="a path is no zone",
        ),
        pytest.param(TimeZone, 5, "Input should be a valid string", id="a number is no zone"),
        pytest.param(TimeZone, None, "Input should be a valid string", id="nothing is no zone"),
        *(
            pytest.param(
                TimeOfDay, text, "Value error, a time of day such as 06:00 is needed", id=repr(text)
            )
            for text in ("24:00", "6", "06:60", "06.00", 360)
        ),
        *(
            pytest.param(
                FieldPath,
                text,
                "Value error, the name of a field is needed, such as power_w or car.soc",
                id=f"field {text!r}",
            )
            for text in ("", "a b", "a..b", "__class__", "a.__class__", "a.")
        ),
        *(
            pytest.param(
                PortName,
                text,
                "Value error, a port's name is small letters, digits and _, and not `error`",
                id=f"port {text!r}",
            )
            for text in ("", "A", "a.b", "9", "error")
        ),
    ],
)
def test_a_setting_is_refused(kind: Any, text: object, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(text)
    assert [error["msg"] for error in refused.value.errors()] == [message]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"hlod": "1s"}, "Extra inputs are not permitted", id="an unknown option"),
        pytest.param({"power_w": "nan"}, "Input should be a finite number", id="not a number"),
        pytest.param({"power_w": "inf"}, "Input should be a finite number", id="no end"),
    ],
)
def test_settings_are_strict(settings: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Sample.model_validate(settings)
    assert [error["msg"] for error in refused.value.errors()] == [message]


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="Instance is frozen"):
        Sample().hold = 5.0


@given(
    st.tuples(*[st.integers(0, 999)] * 4).filter(any),
    st.sampled_from(["", " "]),
)
def test_a_duration_is_the_sum_of_its_parts(parts: tuple[int, ...], space: str) -> None:
    text = space.join(f"{n}{unit}" for n, unit in zip(parts, ("d", "h", "m", "s"), strict=True))
    days, hours, minutes, seconds = parts

    assert parse_seconds(text) == days * 86400 + hours * 3600 + minutes * 60 + seconds


def test_the_schema_of_a_duration_takes_text_and_names_the_unit() -> None:
    schema = Sample.model_json_schema()["properties"]["hold"]

    assert (schema["type"], schema["unit"], schema["examples"]) == (
        "string",
        "s",
        ["10s", "500ms", "1h30m"],
    )
