import pytest

from nodes.hardware.buzzer import Buzzer
from oppleo_flow.node import Claim, SafePin
from oppleo_flow.payloads import Beep, Rejected, SessionEnded, SessionStarted
from tests.nodes.hardware.hardware import HardwareBench


def heard(bench, seconds=0.6):
    """Return the moments, to 10 ms, at which the sound changed."""
    changes, before = [], False
    bench.advance(0.005)  # between the moments: their sums are not exact
    for step in range(int(seconds / 0.01)):
        now = bench.world.snapshot()["buzzer"]
        if now is not before:
            changes.append(step * 10)
            before = now
        bench.advance(0.01)
    return changes


def buzzer(**options):
    return HardwareBench(Buzzer, {"gpio": "pins", **options})


@pytest.mark.parametrize(
    ("payload", "changes_ms"),
    [
        pytest.param(Beep("ok"), [0, 100], id="ok is one beep of 100 ms"),
        pytest.param(Beep("error"), [0, 100, 150, 250], id="error is two, 50 ms apart"),
        pytest.param(SessionStarted.sample(), [0, 100], id="a session that begins is one"),
        pytest.param(SessionEnded.sample(), [0, 100], id="a session that ends is one"),
        pytest.param(Rejected.sample(), [0, 100, 150, 250], id="a refused card is two"),
    ],
)
def test_each_payload_has_its_pattern(payload, changes_ms):
    with buzzer() as bench:
        bench.send(payload)

        assert heard(bench) == changes_ms


def test_a_new_pattern_takes_the_place_of_the_old_one():
    with buzzer() as bench:
        bench.send(Beep("error"))
        bench.advance(0.12)
        bench.send(Beep("ok"))

        assert heard(bench) == [0, 100]


def test_it_falls_silent_at_once_when_the_flow_stops():
    with buzzer() as bench:
        bench.send(Beep("error"))

    assert bench.world.snapshot()["buzzer"] is False


@pytest.mark.parametrize(("active_low", "silent"), [(False, 0), (True, 100)])
def test_the_polarity_is_a_setting(active_low, silent):
    with buzzer(active_low=active_low) as bench:
        bench.advance(0)
        before = bench.world.snapshot()["pins"]["23"]["percent"]
        bench.send(Beep("ok"))
        during = bench.world.snapshot()["pins"]["23"]["percent"]

    assert (before, during) == (silent, 100 - silent)


def test_its_pin_is_claimed_and_silenced_by_the_guardian():
    config = buzzer(pin=4).node.config

    assert Buzzer.claims(config) == [Claim("GPIO 4")]
    assert Buzzer.safe_pins(config, "silent") == [SafePin(4, high=False, within="pins")]


@pytest.mark.parametrize(
    ("options", "payload", "changes_ms"),
    [
        pytest.param(
            {"ok": {"beeps": 2, "on": "50ms", "pause": "150ms"}},
            SessionStarted.sample(),
            [0, 50, 200, 250],
            id="another pattern for yes",
        ),
        pytest.param(
            {"error": {"beeps": 1, "on": "300ms"}},
            Rejected.sample(),
            [0, 300],
            id="another pattern for no",
        ),
        pytest.param({"ended": "none"}, SessionEnded.sample(), [], id="no sound for an end"),
        pytest.param(
            {"ended": "error"},
            SessionEnded.sample(),
            [0, 100, 150, 250],
            id="another sound for an end",
        ),
    ],
)
def test_patterns_and_what_has_them_are_settings(options, payload, changes_ms):
    with buzzer(**options) as bench:
        bench.send(payload)

        assert heard(bench) == changes_ms


NIGHT = [{"days": "daily", "from": "22:00", "to": "07:00"}]


@pytest.mark.parametrize(
    ("hours", "payload", "options", "sounds"),
    [
        # The bench begins at noon UTC: 13:00 in Amsterdam.
        pytest.param(8.9, Beep("ok"), {}, True, id="before the quiet hours"),
        pytest.param(9, Beep("ok"), {}, False, id="at ten in the evening"),
        pytest.param(11.5, Beep("ok"), {}, False, id="after midnight"),
        pytest.param(17.9, Beep("ok"), {}, False, id="before seven"),
        pytest.param(18, Beep("ok"), {}, True, id="at seven in the morning"),
        pytest.param(11.5, Rejected.sample(), {}, False, id="an error is silent, too"),
        pytest.param(
            11.5, Rejected.sample(), {"errors_when_quiet": True}, True, id="unless it may sound"
        ),
        pytest.param(
            11.5, Beep("ok"), {"errors_when_quiet": True}, False, id="and only an error may"
        ),
        pytest.param(9, Beep("ok"), {"timezone": "UTC"}, True, id="in another zone"),
    ],
)
def test_it_is_silent_in_the_quiet_hours(hours, payload, options, sounds):
    with buzzer(quiet=NIGHT, **{"timezone": "Europe/Amsterdam", **options}) as bench:
        bench.advance(hours * 3600)
        bench.send(payload)

        assert bool(heard(bench)) is sounds


def test_no_hour_is_quiet_while_nobody_knows_the_time():
    with buzzer(quiet=[{"days": "daily", "from": "00:00", "to": "24:00"}]) as bench:
        bench.send(Beep("ok"))
        silent = heard(bench)
        bench.world.doubt_clock(True)
        bench.send(Beep("ok"))

        assert (silent, heard(bench)) == ([], [0, 100])


def test_a_refused_sound_does_not_end_the_one_before():
    with buzzer(ended="none") as bench:
        bench.send(Beep("error"))
        bench.send(SessionEnded.sample())

        assert heard(bench) == [0, 100, 150, 250]
