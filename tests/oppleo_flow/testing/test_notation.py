"""Payloads in the notation of a flow's tests."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from oppleo_flow import Record
from oppleo_flow.payloads import EvseSignal, EvseState, MeterReading, ReportWritten, SwitchRequest
from oppleo_flow.testing.notation import clock_time, shown

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        pytest.param(SwitchRequest(on=True, reason="session of 'family'"),
                     """SwitchRequest {on: true, reason: "session of 'family'"}""",
                     id="a payload with its type, text in quotes where it needs them"),
        pytest.param(EvseState(EvseSignal.CHARGING, NOON),
                     "EvseState {signal: charging, since: 2026-07-15T14:00:00+02:00, "
                     "confidence: 1.0, plugged: null}",
                     id="a word of a few, a moment in the zone of the site"),
        pytest.param(Record.of({"a": [1, {"b": None}], "c": ""}), '{a: [1, {b: null}], c: ""}',
                     id="a record without a type"),
        pytest.param((UUID(int=1), Decimal("0.35")), "[00000000-0000-0000-0000-000000000001, 0.35]",
                     id="a list of other things"),
        pytest.param(12.5, "12.5", id="a number"),
        pytest.param("a: b", '"a: b"', id="a text that would be a map"),
    ],
)  # fmt: skip
def test_a_payload_is_written_as_a_flow_would(payload: Any, text: str) -> None:
    assert shown(payload, AMSTERDAM) == text


def test_what_is_long_is_cut() -> None:
    text = shown(ReportWritten.sample(files=("x" * 50,) * 9), AMSTERDAM)
    assert (len(text), text[-1], text[:14]) == (200, "…", "ReportWritten ")


def test_a_nested_payload_is_a_map() -> None:
    text = shown([MeterReading.sample()], AMSTERDAM)
    assert text.startswith("[{meter: meter, time: 2026-01-15T13:00:00+01:00,")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(NOON, "Wed 14:00:00", id="the day and the local time"),
        pytest.param(NOON.replace(microsecond=250_000), "Wed 14:00:00.250", id="the milliseconds"),
    ],
)
def test_a_moment_is_a_local_time(moment: datetime, text: str) -> None:
    assert clock_time(moment, AMSTERDAM) == text
