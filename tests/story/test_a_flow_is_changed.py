"""The flow is changed while it runs: by a file and a command, with the car at the charge point."""

import os
import signal
from pathlib import Path

BUZZER = "    gpio: pins\n    pin: 23\n"
SWITCH = "    gpio: pins\n    pin: 5\n"


def runtime_of(guardian):
    return int(Path(f"/proc/{guardian}/task/{guardian}/children").read_text().split()[0])


def close_the_switch(point):
    point.wait_until(lambda: point.level("session", "status"), "the session said how it is")
    point.pull("swipe", card="family")
    point.wait_until(lambda: (point.level("evse", "state") or {}).get("on"), "the switch closed")


def change(site, old, new):
    flow = site / "flows" / "charge-point.yaml"
    text = flow.read_text()
    assert text.count(old) == 1
    flow.write_text(text.replace(old, new))


def edges(point, pin):
    return point.world()["pins"][str(pin)]["edges"]


def test_the_switch_makes_no_edge_when_the_buzzer_is_changed(start, site, command):
    point = start()
    close_the_switch(point)
    before = edges(point, 5)
    change(site, BUZZER, f"{BUZZER}    active_low: on\n")
    preview = command("deploy", "--preview", "--site", str(site))
    assert preview.stdout == (
        "restarts: buzzer: other options: active_low\nkeeps its level: evse\nkeeps its level: led\n"
    )
    done = command("deploy", "--site", str(site))
    assert (done.returncode, done.stdout) == (0, f"version 2 runs\n{preview.stdout}")
    assert edges(point, 5) == before
    assert not point.pin_is_high(5)


def test_the_guardian_knows_the_pins_of_the_version_that_was_deployed(start, site, command):
    point = start()
    change(site, SWITCH, SWITCH.replace("5", "26"))
    assert command("deploy", "--site", str(site)).returncode == 0
    close_the_switch(point)
    assert not point.pin_is_high(26)
    os.kill(runtime_of(point.process.pid), signal.SIGKILL)
    point.read_output_until("pins are safe")
    assert point.pin_is_high_by_socket(26)
