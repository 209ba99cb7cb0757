"""Why a charge point is as it is."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from oppleo_flow.charging.why import (
    Broken,
    Held,
    PastSession,
    Reason,
    Seen,
    Why,
    public,
    why,
)
from oppleo_flow.payloads import (
    EvseReport,
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    OffPeak,
    SessionStatus,
    SwitchRequest,
    SwitchState,
)

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=7)
EVENING = NOW.replace(hour=22)
IDLE = SessionStatus("idle")
OPEN = SessionStatus("ready", UUID(int=1), "family", SINCE, 1200)
ON, OFF = SwitchRequest(True, "session of 'family'"), SwitchRequest(False, "no session")
CLOSED, OPENED = SwitchState(True, "session of 'family'"), SwitchState(False, "no session")
FLOWS = MeterReading.sample(power_w=11_040.0)
RESTS = MeterReading.sample(power_w=12.0)
SILENT = MeterUnknown("meter", SINCE, "unit 1: no answer")
WAITS = SwitchRequest(False, "session of 'family' waits for the meter")
PEAK, PEAK_ONCE = OffPeak(False, EVENING), OffPeak(False, EVENING, once=True)


def evse(signal, **more):
    return EvseState(signal, SINCE, **more)


def session(signal=None, **more):
    """Return what is seen while a session is open and the switch is on."""
    state = None if signal is None else evse(signal)
    given = {"evse": state, "meter": RESTS, "switch": CLOSED, "wanted": ON, "asked": ON}
    return Seen(OPEN, **(given | more))


def idle(signal, **more):
    given = {"evse": evse(signal), "switch": OPENED, "wanted": OFF, "asked": OFF}
    return Seen(IDLE, **(given | more))


def held(kind, text="is full", **more):
    asked = SwitchRequest(False, text)
    return session(
        EvseSignal.ACCESS_OFF, switch=OPENED, asked=asked, held=Held("gate", kind, text), **more
    )


OF_SILENCE = Reason("meter-silent", {"since": SINCE, "text": "unit 1: no answer"})


@pytest.mark.parametrize(
    ("seen", "state", "reasons"),
    [
        pytest.param(Seen(), "unknown", [Reason("starting")], id="nothing has been said yet"),
        pytest.param(
            Seen(evse=evse(EvseSignal.STANDBY)),
            "unknown",
            [Reason("free", {"since": SINCE}), Reason("starting")],
            id="whether a session is open has not been said yet",
        ),
        pytest.param(
            idle(EvseSignal.STANDBY), "free", [Reason("free", {"since": SINCE})], id="nobody there"
        ),
        pytest.param(
            idle(EvseSignal.ACCESS_OFF),
            "free",
            [Reason("free-unseen", {"since": SINCE})],
            id="a charger without access cannot tell whether a car is there",
        ),
        pytest.param(
            idle(EvseSignal.ACCESS_OFF, evse=evse(EvseSignal.ACCESS_OFF, plugged=True)),
            "connected",
            [Reason("no-card", {"since": SINCE})],
            id="unless it knows by itself",
        ),
        pytest.param(
            idle(EvseSignal.CONNECTED),
            "connected",
            [Reason("no-card", {"since": SINCE})],
            id="a car without a card",
        ),
        pytest.param(
            held("offpeak-gate", hours=PEAK),
            "waiting",
            [Reason("off-peak", {"node": "gate", "until": EVENING})],
            id="waits for off-peak",
        ),
        pytest.param(
            held("offpeak-gate", hours=OffPeak(False, EVENING, time_known=False)),
            "waiting",
            [Reason("time-unknown", {"node": "gate"})],
            id="nobody knows the time, so nobody knows whether it is off-peak",
        ),
        pytest.param(
            session(EvseSignal.CHARGING, meter=FLOWS, hours=PEAK_ONCE),
            "charging",
            [Reason("charging", {"since": SINCE}), Reason("peak-once", {"until": EVENING})],
            id="charges at peak once",
        ),
        pytest.param(
            held("mains-share", "waits for the mains, 25 A: left 16 A"),
            "waiting",
            [
                Reason(
                    "mains-share", {"node": "gate", "text": "waits for the mains, 25 A: left 16 A"}
                )
            ],
            id="another charge point has the fuse",
        ),
        pytest.param(
            held("mains-share", "its meter is silent: …", meter=SILENT),
            "waiting",
            [OF_SILENCE],
            id="who shares a fuse is switched off while its meter is silent",
        ),
        pytest.param(
            held("solar-gate", "no sun"),
            "waiting",
            [Reason("held", {"node": "gate", "text": "no sun"})],
            id="a node of the site's own says itself why",
        ),
        pytest.param(
            session(EvseSignal.ACCESS_OFF, meter=SILENT, switch=OPENED, wanted=WAITS, asked=WAITS),
            "waiting",
            [OF_SILENCE],
            id="a session waits for a meter that is silent",
        ),
        pytest.param(
            session(EvseSignal.ACCESS_OFF, meter=None, switch=OPENED, wanted=WAITS, asked=WAITS),
            "waiting",
            [Reason("meter-not-read")],
            id="or that has not been read yet",
        ),
        pytest.param(
            session(EvseSignal.ACCESS_OFF, meter=SILENT, switch=OPENED, made_safe="stale: in"),
            "waiting",
            [OF_SILENCE],
            id="the switch opened because the meter is silent",
        ),
        pytest.param(
            session(EvseSignal.ACCESS_OFF, switch=OPENED, made_safe="stale: no fresh input"),
            "waiting",
            [Reason("held-safe", {"text": "stale: no fresh input"})],
            id="the switch is at its safe level for another reason",
        ),
        pytest.param(
            session(EvseSignal.CHARGING, meter=SILENT),
            "charging",
            [Reason("charging", {"since": SINCE}), OF_SILENCE],
            id="it charges on, and the meter is silent",
        ),
        pytest.param(
            session(
                EvseSignal.ACCESS_OFF,
                switch=SwitchState(False, "waits until it was off for 30 s: session of 'family'"),
            ),
            "waiting",
            [
                Reason(
                    "switch-waits",
                    {"text": "waits until it was off for 30 s: session of 'family'"},
                ),
            ],
            id="the switch was on just now",
        ),
        pytest.param(
            session(EvseSignal.ACCESS_OFF),
            "waiting",
            [Reason("no-access", {"since": SINCE})],
            id="the switch is on and the charger dark",
        ),
        pytest.param(
            session(
                EvseSignal.ACCESS_OFF,
                switch=OPENED,
                made_safe="fault: …",
                broken=Broken("evse", "too-many-switchings", "switched on 100 times", SINCE),
            ),
            "error",
            [
                Reason(
                    "switch-fault",
                    {
                        "node": "evse",
                        "fault": "too-many-switchings",
                        "text": "switched on 100 times",
                        "since": SINCE,
                    },
                )
            ],
            id="the switch is broken",
        ),
        pytest.param(
            session(EvseSignal.ERROR),
            "error",
            [Reason("evse-error", {"since": SINCE})],
            id="the charger reports an error in a session",
        ),
        pytest.param(
            idle(EvseSignal.ERROR),
            "error",
            [Reason("evse-error", {"since": SINCE})],
            id="or without one",
        ),
        pytest.param(
            session(EvseSignal.WAITING),
            "waiting",
            [Reason("evse-waits", {"since": SINCE})],
            id="the charger itself waits",
        ),
        pytest.param(
            session(EvseSignal.STANDBY),
            "ready",
            [Reason("no-car", {"since": SINCE})],
            id="a session without a car",
        ),
        pytest.param(
            session(EvseSignal.CONNECTED),
            "ready",
            [Reason("car-takes-nothing", {"since": SINCE})],
            id="the car takes no current",
        ),
        pytest.param(
            session(EvseSignal.CHARGING),
            "charging",
            [Reason("car-takes-nothing", {"since": SINCE})],
            id="the car may charge, and the meter shows that it takes nothing",
        ),
        pytest.param(
            session(EvseSignal.CHARGING_SOLAR, meter=FLOWS),
            "charging",
            [Reason("solar", {"since": SINCE})],
            id="charging on sun",
        ),
        pytest.param(
            session(EvseSignal.CHARGING, meter=FLOWS, report=EvseReport(NOW, override_current_a=8)),
            "charging",
            [Reason("charging", {"since": SINCE}), Reason("current-limited", {"current_a": 8})],
            id="the current is limited",
        ),
        pytest.param(
            session(evse=EvseUnknown(SINCE, "the line is silent")),
            "unknown",
            [Reason("evse-unknown", {"since": SINCE, "text": "the line is silent"})],
            id="the charger cannot be read",
        ),
        pytest.param(
            idle(EvseSignal.STANDBY, last=PastSession(SINCE, "energy-limit")),
            "free",
            [Reason("free", {"since": SINCE}), Reason("limit-energy", {"at": SINCE})],
            id="the last session ended by its limit of energy",
        ),
        pytest.param(
            idle(EvseSignal.STANDBY, last=PastSession(SINCE, "time-limit")),
            "free",
            [Reason("free", {"since": SINCE}), Reason("limit-time", {"at": SINCE})],
            id="or of time",
        ),
        pytest.param(
            idle(EvseSignal.STANDBY, last=PastSession(NOW - timedelta(days=2), "time-limit")),
            "free",
            [Reason("free", {"since": SINCE})],
            id="which is no news two days later",
        ),
        pytest.param(
            Seen(IDLE, has_evse=False),
            "free",
            [Reason("free-unseen")],
            id="where nothing reads the charger, no session is all that is known",
        ),
        pytest.param(
            session(meter=FLOWS, has_evse=False),
            "charging",
            [Reason("charging")],
            id="and the meter shows that a car charges",
        ),
        pytest.param(
            session(has_evse=False),
            "ready",
            [Reason("car-takes-nothing")],
            id="or that none does",
        ),
        pytest.param(
            session(meter=SILENT, has_evse=False),
            "unknown",
            [OF_SILENCE],
            id="if it is silent, nobody knows",
        ),
    ],
)
def test_a_charge_point_says_how_it_is_and_why(seen, state, reasons):
    assert why(seen, NOW) == Why(state, tuple(reasons))


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("free", "free"),
        ("connected", "occupied"),
        ("ready", "occupied"),
        ("waiting", "occupied"),
        ("charging", "charging"),
        ("error", "error"),
        ("unknown", "unknown"),
    ],
)
def test_everybody_may_know_whether_it_is_free_and_no_more(state, shown):
    assert public(state) == shown
