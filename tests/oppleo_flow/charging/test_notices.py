"""What people are told, in words."""

import pytest

from oppleo_flow.charging.notices import notification
from oppleo_flow.payloads import (
    Beep,
    Failure,
    Notification,
    Payload,
    ReportWritten,
    SessionBilled,
    SessionEnded,
)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param(
            Notification("a", "b", priority=2),
            Notification("a", "b", priority=2),
            id="a notification goes as it is",
        ),
        pytest.param(
            SessionEnded.sample(energy_wh=None, label="guest", reason="unplugged"),
            Notification("Charged unknown energy", "guest: 2 h 00 min, ended by unplugged"),
            id="unknown energy is called unknown",
        ),
        pytest.param(
            SessionBilled.sample(),
            Notification("Charged 10.0 kWh, EUR 3.50", "family: 1 h 00 min"),
            id="what a session costs",
        ),
        pytest.param(
            SessionBilled.sample(amount=None),
            Notification("Charged 10.0 kWh, price unknown", "family: 1 h 00 min"),
            id="a price that is not known is not nothing",
        ),
        pytest.param(
            ReportWritten.sample(sessions=1, energy_wh=49),
            Notification("Statement 2026-01", "1 session, 0.0 kWh, EUR 10.50"),
            id="one session is not plural",
        ),
        pytest.param(
            Failure.sample(node="led", error="DeviceError", message="no pin"),
            Notification("Failure of led", "DeviceError: no pin", priority=1),
            id="a failure has high priority",
        ),
    ],
)
def test_a_payload_in_words(payload: Payload, expected: Notification) -> None:
    assert notification(payload) == expected


def test_nobody_is_told_of_a_beep() -> None:
    with pytest.raises(TypeError, match=r"^no notification is made of a Beep$"):
        notification(Beep.sample())
