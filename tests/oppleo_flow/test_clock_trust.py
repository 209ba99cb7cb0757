from collections.abc import Callable
from pathlib import Path

import pytest

from oppleo_flow.clock import SystemClock
from oppleo_flow.clock_trust import ClockSigns, kernel_in_step

NOW_S = 1_768_478_400.0


def machine(
    folder: Path, *, in_step: bool | None = False, marker: bool = False, **clocks: str
) -> ClockSigns:
    """Return the signs of a machine; each hardware clock is `hctosys since_epoch`."""
    if marker:
        (folder / "synchronized").touch()
    for name, shown in clocks.items():
        clock = folder / "rtc" / name
        clock.mkdir(parents=True)
        set_it, shows = shown.split()
        (clock / "hctosys").write_text(f"{set_it}\n")
        (clock / "since_epoch").write_text(f"{shows}\n")
    return ClockSigns(lambda: in_step, folder / "synchronized", folder / "rtc")


def empty_rtc(folder: Path) -> None:
    (folder / "rtc").mkdir(exist_ok=True)


@pytest.mark.parametrize(
    ("signs", "trusted"),
    [
        pytest.param({"in_step": True}, True, id="the kernel is kept in step"),
        pytest.param({"marker": True}, True, id="systemd has told it the time"),
        pytest.param({}, False, id="a Pi 4 before the network has told it the time"),
        pytest.param({"rtc0": f"1 {NOW_S + 2:.0f}"}, True, id="a hardware clock that agrees"),
        pytest.param({"rtc0": "1 86400"}, False, id="a hardware clock whose battery was empty"),
        pytest.param({"rtc0": f"0 {NOW_S:.0f}"}, False, id="a hardware clock that nobody asked"),
        pytest.param({"in_step": None}, None, id="a kernel that cannot be asked"),
    ],
)
def test_a_clock_is_known_to_be_right_if_something_has_told_it_the_time(tmp_path, signs, trusted):
    """D11 of the original: no clock sanity check at boot without RTC."""
    empty_rtc(tmp_path)
    assert machine(tmp_path, **signs).trusted(NOW_S) is trusted


def test_a_machine_that_does_not_let_us_look_cannot_tell(tmp_path):
    assert machine(tmp_path).trusted(NOW_S) is None


def test_a_hardware_clock_that_cannot_be_read_has_told_nothing(tmp_path):
    (tmp_path / "rtc" / "rtc0").mkdir(parents=True)
    assert machine(tmp_path).trusted(NOW_S) is False


def test_the_kernel_answers_here_or_cannot_be_asked():
    assert kernel_in_step() in (True, False, None)


class ClockOf(SystemClock):
    """The clock of a machine whose signs a test gives; time stands still."""

    def __init__(self, look: Callable[[], bool | None]) -> None:
        self.looks = 0
        self.at_s = 0.0

        def counted() -> bool | None:
            self.looks += 1
            return look()

        self._signs = ClockSigns(counted, Path("/none"), Path("/"))

    def monotonic(self) -> float:
        return self.at_s


def test_a_clock_that_is_not_known_is_looked_at_again_and_one_that_is_not():
    known = False
    clock = ClockOf(lambda: known)
    assert clock.instant().trusted is False
    known = True
    assert clock.instant().trusted is False
    clock.at_s = 5.0
    assert clock.instant().trusted is True
    known = False
    clock.at_s = 1000.0
    assert (clock.instant().trusted, clock.looks) == (True, 2)
