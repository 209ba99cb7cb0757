"""What stands with marks in the starters, to tell the owner, is right when they are taken away."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.cli.templates import starter
from oppleo_flow.testing.house import House

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
LATE = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)
FLOWS = ["charge-point", "raspberry-pi"]


def telling(name: str) -> str:
    """Return a starter that tells its owner."""
    text = starter(name)
    begin = text.index("  # owner:\n")
    end = text.index("then: dead-letter}\n", begin)
    shown = text[:begin] + re.sub(r"(?m)^  # ", "  ", text[begin:end]) + text[end:]
    store = "  store: {type: site-store}\n"
    return shown.replace(store, f"{store}  web: {{type: http-client}}\n")


def pushed(home: House) -> list[str]:
    web = home.runtime.node("push").context.connection("web")
    return [one.form["event"] for one in web.would_have_sent]  # type: ignore[attr-defined]


def house(name: str, folder: Path, start: datetime) -> House:
    return House(telling(name), folder, start, secrets={"prowl_key": "0" * 40})


@pytest.mark.parametrize("name", FLOWS)
def test_the_owner_is_told_of_a_session_a_card_and_a_fault(name: str, tmp_path: Path) -> None:
    with house(name, tmp_path, NOON) as home:
        home.run_for(60)
        home.swipe("stranger")
        home.swipe("family")
        home.run_for(60)
        home.swipe("family")
        home.world.silence_meter(True)
        home.run_for(120)
        home.world.silence_meter(False)
        home.run_for(60)

        assert [one for one in home.findings if one.severity == "error"] == []
        assert pushed(home) == [
            "house has started",
            "Card refused",
            "Charged 0.0 kWh, price unknown",
            "The meter is silent",
            "Over: The meter is silent",
        ]


def test_at_night_only_the_fault_is_told(tmp_path: Path) -> None:
    with house("charge-point", tmp_path, LATE) as home:
        home.run_for(60)
        home.swipe("stranger")
        home.world.silence_meter(True)
        home.run_for(120)

        assert pushed(home) == ["The meter is silent"]
        assert "held" in home.look("owner").status_text
