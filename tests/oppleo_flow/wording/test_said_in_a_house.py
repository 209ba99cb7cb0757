"""What the nodes of the shipped flow tell while much goes wrong has words in Dutch too."""

import re

from oppleo_flow.devices.meter_trouble import MeterTrouble
from oppleo_flow.wording.said import said_in
from tests.webui.api.painted_site import painted_site

# What is the same in both languages: figures with their unit, and nothing.
FIGURES = re.compile(r"[\d.,]* ?(W, [\d.]+ kWh)?|open")
ENGLISH = re.compile(r"\b(the|that|with|for|and|not|waits|check|while|needs|would)\b")


def told(site):
    for node in site.house.runtime.snapshot().nodes:
        yield node.status_text
        yield node.made_safe or ""
        yield from (one.text for one in (*node.past_statuses, *node.faults, *node.past_faults))
        yield from (getattr(one.value, "reason", "") for one in node.levels.values())


def test_a_day_with_every_trouble_of_a_meter_is_told_in_dutch(tmp_path):
    heard = set()
    with painted_site(tmp_path) as site:
        site.house.world.swipe("family")
        for trouble in MeterTrouble:
            site.house.world.trouble_meter(trouble)
            site.house.run_for(120)
            heard |= set(told(site))
            site.house.world.trouble_meter(None)
            site.house.run_for(60)
    dutch = said_in("nl")
    words = {text for text in heard if not FIGURES.fullmatch(text)}
    assert len(words) > 30
    assert sorted(text for text in words if ENGLISH.search(dutch(text))) == []
